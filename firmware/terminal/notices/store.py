"""The notices as the journal and the memory keep them; what is done with them is in course.py and outbox.py.

Records, each a JSON list:
    new     key, event, audience, created, encrypted number, parts, text, key of the notice it takes the place of or "",
            concatenation reference
    state   Entry.dump(): written when a part begins and when its result is known
    end     key, event, audience, masked number, state, cause, parts, created, sent, delivered, air, old, the parts

A notice of one part that is sent and reported takes 4 records: new, state (before Ctrl-Z), state (the reference), end.
Each further part takes 2 more: the result of a part is stored together with the beginning of the next one, and its
report. Of open notices "new" and the latest "state" are needed, of the latest 100 finished ones "new" and "end"; the
memory keeps a checksum of their keys only. When the medium is full, 12 finished ones have to do.
"""

import json
from binascii import crc32, unhexlify

from micropython import const

from terminal.security import mask

from . import entry as states
from .entry import Entry

MAX_OPEN = const(64)
_MAX_ENDED = const(100)
_MAX_ENDED_FULL = const(12)
_MAX_UNSTORED = const(8)
_MAX_TEXTS = const(4)  # texts kept in memory; others are read from the journal when their turn comes
_COMPACT_AT = const(200)  # records
_MAX_AGE = const(400 * 86400)  # seconds: more than that is a clock that was set, not an age
_TEXT = const(6)  # its place in a "new" record
_END_FIELDS = const(13)
_ENOSPC = const(28)


class Store:
    """The open notices in memory, the finished ones in the journal. See Outbox for the arguments."""

    def __init__(self, journal, protect, reveal, now, log):
        self._journal = journal
        self._protect = protect
        self._reveal = reveal
        self._now = now
        self._log = log
        self._open = []
        self._ended = []  # marks of the keys of the latest finished ones, oldest first
        self._unstored = []  # (end record, state sequence) of ends that the medium did not take yet
        self._unwritten = None  # the entry whose latest result waits for the record of its next part
        self._records = 0
        self._concat = 0  # the latest concatenation reference
        self.on_end = None
        self.stage = ""  # why the modem takes nothing at present
        replaced = []
        for sequence, kind, payload in journal.replay():
            self._records += 1
            try:
                self._restore(sequence, kind, json.loads(payload), replaced)
            except (ValueError, TypeError, IndexError, KeyError):
                log("notice.record", "unreadable: " + kind)
        if journal.damaged:
            log("notice.record", "%d damaged" % journal.damaged)
        for entry in list(self._open):
            age = self._age(entry.created)
            entry.born = -age if age >= 0 else 0
            begun = [part[states.AT] for part in entry.parts if part[states.STATE] != states.PENDING]
            age = self._age(min(begun)) if begun else 0
            entry.began = -age if age >= 0 else -states.WINDOW - 1
            try:
                entry.number = reveal(unhexlify(entry.number)).decode()
            except ValueError:
                entry.number = ""
                self.give_up(entry, "number")
            if entry.key in replaced:
                self.give_up(entry, "cancelled")

    @property
    def open_count(self) -> int:
        """How many notices are not finished (those that only wait for their report included)."""
        return len(self._open)

    def is_open(self, entry) -> bool:
        return entry in self._open

    def open_parts(self):
        """Iterate over (entry, index) of every part of the open notices."""
        for entry in self._open:
            for i in range(len(entry.parts)):
                yield entry, i

    def ended_parts(self):
        """Iterate over (masked number, reference, at) of the parts that finished notices sent; None: ended in doubt."""
        for record in self.ends():
            for old in record[11]:
                yield record[3], old[0], old[1]
            for part in record[12]:
                if part[states.STATE] == states.IN_DOUBT:
                    yield record[3], None, part[states.AT]
                elif part[states.REFERENCE] is not None:
                    yield record[3], part[states.REFERENCE], part[states.AT]

    def remembers(self, since) -> bool:
        """Tell whether no notice that was open at this time (wall clock), or later, has been forgotten. Raises OSError."""
        if len(self._ended) < _MAX_ENDED:
            return True
        for record in self.ends():
            if record[9]:
                return record[9] <= since  # delivered then: those before it in the journal ended no later
        return False

    def text(self, entry):
        """Return a notice's text, from memory or from the journal; None when it cannot be found."""
        if entry.text is not None:
            return entry.text
        for sequence, _, payload in self._journal.replay():
            if sequence == entry.sequence:
                return json.loads(payload)[_TEXT]
        return None

    def ends(self):
        """Iterate over the "end" records of the latest finished notices, oldest first. Raises OSError."""
        for _, payload in self.records("end"):
            try:
                record = json.loads(payload)
            except ValueError:
                continue
            if _is_end(record) and _mark(record[0]) in self._ended:
                yield record
        for record, _ in self._unstored:
            yield record

    def records(self, kind):
        """Iterate over (sequence, payload) of one kind; a compaction in between, which keeps sequences, is no harm."""
        after = 0
        while True:
            try:
                for sequence, found, payload in self._journal.replay():
                    if sequence > after:
                        after = sequence
                        if found == kind:
                            yield sequence, payload
                return
            except RuntimeError:
                continue

    def give_up(self, entry, cause: str) -> None:
        self._finish(entry, "failed", cause, 0)

    def tidy(self) -> None:
        """Store what could not be stored; compact the journal when it has grown, when that fails after some more."""
        try:
            while self._unstored:
                self._append("end", self._unstored[0][0])
                self._unstored.pop(0)
            if self._records >= max(_COMPACT_AT, 4 * (len(self._open) + len(self._ended))):
                self._compact()
        except OSError as error:
            self._records -= _COMPACT_AT // 4
            self._log("notice.storage", repr(error))

    def _age(self, since) -> int:
        """Return the seconds since then by the wall clock; -1 when that clock was set in between."""
        age = self._now() - since
        return age if 0 <= age <= _MAX_AGE else -1

    def _restore(self, sequence, kind, record, replaced):
        key = record[0]
        if kind == "new":
            _, event, audience, created, secret, count, text, replaces, concat = record
            self._concat = concat
            if replaces:
                replaced.append(replaces)
            if self._find(key) is None:
                # decrypted when all are read
                self._keep(Entry(sequence, concat, key, event, audience, created, secret, count, text))
        elif kind == "state":
            entry = self._find(key)
            if entry is not None:
                if record[2] != entry.concat:
                    self._concat = record[2]
                entry.load(record)
                entry.state_sequence = sequence
        elif kind == "end":
            if not _is_end(record):
                raise ValueError
            self._retire(key)
            if key in replaced:
                replaced.remove(key)

    def _keep(self, entry):
        texts = 0
        for other in self._open:
            texts += other.text is not None
            if (other.event, other.audience) == (entry.event, entry.audience):
                entry.event = other.event  # one object for all
                entry.audience = other.audience
        if texts >= _MAX_TEXTS:
            entry.text = None
        self._open.append(entry)

    def _retire(self, key):
        self._open = [entry for entry in self._open if entry.key != key]
        mark = _mark(key)
        if mark not in self._ended:
            if len(self._ended) >= _MAX_ENDED:
                self._ended.pop(0)
            self._ended.append(mark)

    def _find(self, key):
        for entry in self._open:
            if entry.key == key:
                return entry
        return None

    def _end(self, key):
        """Return a finished notice's record, None when there is none."""
        found = None
        if _mark(key) in self._ended:
            for record in self.ends():
                if record[0] == key:
                    found = record
        return found

    def _summary(self, entry, state, cause, delivered):
        return (
            entry.key,
            entry.event,
            entry.audience,
            mask.number(entry.number),
            state,
            cause,
            len(entry.parts),
            entry.created,
            entry.sent,
            delivered,
        )

    def _finish(self, entry, state, cause, delivered, stored_first=False):
        """End a notice. What has happened has happened, stored or not; stored_first: raise OSError instead."""
        if entry not in self._open:
            return
        summary = self._summary(entry, state, cause, delivered)
        record = list(summary) + [entry.air, entry.old, entry.parts]
        try:
            self._append("end", record)
        except OSError as error:
            if stored_first:
                raise
            self._log("notice.storage", repr(error))
            if len(self._unstored) >= _MAX_UNSTORED:
                # a restart reads its last stored state, and comes to the same end or to "in doubt"
                self._unstored.pop(0)
            self._unstored.append((record, entry.state_sequence))
        self._log("notice." + state, "%s %s" % (entry.key, cause) if cause else entry.key)
        self._retire(entry.key)
        if self.on_end is not None:
            try:
                self.on_end(summary, states.gone(entry.old, entry.parts))
            except OSError as error:
                self._log("notice.storage", repr(error))

    def _remember(self, entry):
        """Store what has happened already. Without room the stored "sending" stands: a restart finds it in doubt."""
        if entry not in self._open:
            return
        try:
            self._store(entry)
        except OSError as error:
            self._log("notice.storage", repr(error))

    def _store(self, entry):
        entry.state_sequence = self._append("state", entry.dump())
        if entry is self._unwritten:
            self._unwritten = None

    def _append(self, kind, record):
        payload = json.dumps(record).encode()
        try:
            sequence = self._journal.append(kind, payload)
        except OSError as error:
            # what is no longer needed goes, then once more
            if error.errno == _ENOSPC:
                self._ended = self._ended[-_MAX_ENDED_FULL:]
            self._compact()
            sequence = self._journal.append(kind, payload)
        self._records += 1
        return sequence

    def _compact(self):
        # no set of the sequences: it would be one piece of 1 KB when the heap is fullest
        kept = 0

        def keep(sequence, kind, payload):
            nonlocal kept
            needed = self._is_live(sequence)
            if not needed and kind != "state":
                # ["key", ...: no need to take the whole record apart
                needed = crc32(payload[2 : payload.find(b'"', 2)]) & 0x3FFFFFFF in self._ended
            kept += needed
            return needed

        self._journal.compact(keep)
        self._records = kept

    def _is_live(self, sequence):
        for entry in self._open:
            if sequence == entry.sequence or sequence == entry.state_sequence:
                return True
        return any(sequence == unstored for _, unstored in self._unstored)


def _mark(key):
    """A key as the memory keeps it: a small integer, also where those have 31 bits."""
    return crc32(key.encode()) & 0x3FFFFFFF


def _is_end(record):
    return isinstance(record, list) and len(record) == _END_FIELDS
