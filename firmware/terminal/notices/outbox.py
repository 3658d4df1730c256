"""The notices that are on their way, kept in flash: no power cut loses one or sends one twice.

    box = Outbox(journal, protect, reveal, clock.seconds, log)
    box.queue("000012-c", "sale_approved", "customer", "13812345678", text)
    box.state("000012-c")       # ("queued", "", 0, 0)

What a notice goes through is drawn in entry.py; "in_doubt" and the causes are explained there.
"""

import asyncio
import json
import time
from binascii import hexlify, unhexlify

from micropython import const

import sms
from terminal.security import mask

from .entry import AT, CAUSE, DELIVERED, FAILED, IN_DOUBT, PENDING, REFERENCE, SENDING, SENT, STATE, TRIES, Entry

_TEXT = const(6)  # its place in a "new" record
_MAX_OPEN = const(64)
_MAX_DONE = const(12)  # enough to know a key again after a power cut; the journal keeps no more
_MAX_PARTS = const(4)
_MAX_TEXTS = const(8)  # texts kept in memory; others are read from the journal when their turn comes
_COMPACT_AT = const(200)  # records
_MAX_AGE = const(400 * 86400)  # seconds: more than that is a clock that was set, not an age


class OutboxFull(Exception):
    """No room for another notice; the payment is not concerned."""


class Outbox:
    """The open notices (at most 64) and what became of the latest 12 others.

    journal: a Journal of its own. protect, reveal: encrypt and decrypt a recipient's number (bytes -> bytes; reveal
    raises ValueError when it was damaged). now() -> int: seconds since 2000-01-01 local time, may jump.
    log(event, detail): the event log. validity: seconds after which an unsent notice is dropped and a missing report is
    no longer waited for, at most 5 days.
    random() -> float in [0, 1): spreads retries by up to a fifth of the waiting time; None for no spread.
    """

    def __init__(self, journal, protect, reveal, now, log, validity: int = 86400, random=None):
        self._journal = journal
        self._protect = protect
        self._now = now
        self._log = log
        self._random = random
        self.validity = min(validity, 5 * 86400)
        self._open = []
        self._done = []  # what entries() gives, and the sequence of the record
        self._ticks = None
        self._uptime = 0
        self._records = 0
        self._changed = asyncio.Event()
        for sequence, kind, payload in journal.replay():
            self._records += 1
            try:
                self._restore(sequence, kind, json.loads(payload))
            except (ValueError, TypeError, IndexError, KeyError):
                log("notice.record", "unreadable: " + kind)
        if journal.damaged:
            log("notice.record", "%d damaged" % journal.damaged)
        for entry in list(self._open):
            age = now() - entry.created
            entry.born = -age if 0 <= age <= _MAX_AGE else 0
            try:
                entry.number = reveal(unhexlify(entry.number)).decode()
            except ValueError:
                entry.number = ""
                self.give_up(entry, "number")
        self.recover()

    # what the terminal asks

    @property
    def open_count(self) -> int:
        """How many notices are not finished (those that only wait for their report included)."""
        return len(self._open)

    def queue(self, key: str, event: str, audience: str, number: str, text: str) -> bool:
        """Store a notice; it is on the medium when this returns. A key is taken once: False when it is known already.

        key: at most 32 characters, such as "000012-c". number: 3 to 20 digits, the international form with "+" before
        them. text: at most 4 parts. Raises ValueError for these, OutboxFull when 64 notices are open, and OSError.
        """
        if self.state(key) is not None:
            return False
        if not 0 < len(key) <= 32 or len(event) > 32 or len(audience) > 16:
            raise ValueError("notice: key, event or audience too long")
        if not _is_number(number):
            raise ValueError("notice: the number has no 3 to 20 digits")
        count = sms.count(text)[2]
        if not 1 <= count <= _MAX_PARTS:
            raise ValueError("notice: the text needs %d parts" % count)
        if len(self._open) >= _MAX_OPEN:
            self._make_room()
        created = self._now()
        secret = hexlify(self._protect(number.encode())).decode()
        sequence = self._append("new", [key, event, audience, created, secret, count, text])
        entry = Entry(sequence, key, event, audience, created, number, count, text)
        entry.born = entry.due = self.uptime()
        self._keep(entry)
        self._log("notice.queued", "%s %s to %s" % (key, event, mask.number(number)))
        self._changed.set()
        return True

    def state(self, key: str):
        """Return (state, cause, sent, delivered) of a notice, the times on the wall clock or 0; None when unknown."""
        entry = self._find(key)
        if entry is not None:
            return entry.state(), entry.cause(), entry.sent, 0
        for done in self._done:
            if done[0] == key:
                return done[4], done[5], done[8], done[9]
        return None

    def entries(self):
        """Iterate over (key, event, audience, masked number, state, cause, parts, created, sent, delivered)."""
        for done in self._done:
            yield done[:10]
        for entry in self._open:
            yield self._summary(entry, entry.state(), entry.cause(), 0)

    def cancel(self, key: str) -> bool:
        """Give up a notice. False when it is unknown, finished, or a part of it is going out at this moment."""
        entry = self._find(key)
        if entry is None or entry.has(SENDING):
            return False
        self.give_up(entry, "cancelled")
        return True

    # what the sender does

    def recover(self) -> None:
        """Parts found in "sending" when nobody sends are in doubt: at start-up, and after the sender was stopped."""
        for entry in self._open:
            for part in entry.parts:
                if part[STATE] == SENDING:
                    part[STATE] = IN_DOUBT
                    self._log("notice.in_doubt", entry.key)

    def uptime(self):
        """Return seconds since the start, untouched by the wall clock. To be asked at least every 6 days."""
        if self._ticks is None:
            self._ticks = time.ticks_ms()
        elapsed = time.ticks_diff(time.ticks_ms(), self._ticks) // 1000
        self._ticks = time.ticks_add(self._ticks, elapsed * 1000)
        self._uptime += elapsed
        return self._uptime

    def wake(self) -> None:
        self._changed.set()

    async def wait(self, seconds) -> None:
        """Return after so many seconds, or at once when something was queued or settled since."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            pass
        self._changed.clear()

    def next(self):
        """Return (entry, seconds until it is due) of the next notice with a part to send, or (None, 0)."""
        first = None
        for entry in self._open:
            if entry.has(PENDING) and (first is None or entry.due < first.due):
                first = entry
        return first, 0 if first is None else max(0, first.due - self.uptime())

    def is_open(self, entry) -> bool:
        return entry in self._open

    def open_parts(self):
        """Iterate over (entry, index) of every part of the open notices."""
        for entry in self._open:
            for i in range(len(entry.parts)):
                yield entry, i

    def text(self, entry):
        """Return a notice's text, from memory or from the journal; None when it cannot be found."""
        if entry.text is not None:
            return entry.text
        for sequence, _, payload in self._journal.replay():
            if sequence == entry.sequence:
                return json.loads(payload)[_TEXT]
        return None

    def begin(self, entry, i) -> None:
        """Store that a part is being sent; only then may it leave. Raises OSError: then it must not."""
        part = entry.parts[i]
        before = list(part)
        part[STATE] = SENDING
        part[REFERENCE] = None
        part[CAUSE] = ""
        part[TRIES] += 1
        part[AT] = self._now()
        try:
            self._store(entry)
        except OSError:
            part[:] = before
            raise

    def accepted(self, entry, i, reference) -> None:
        """The network has taken a part, under this TP-MR."""
        part = entry.parts[i]
        part[STATE] = SENT
        part[REFERENCE] = reference
        part[CAUSE] = ""
        if not entry.has(PENDING):
            entry.text = None
            entry.sent = entry.sent or self._now()
            self._log("notice.sent", entry.key)
        self._remember(entry)

    def rejected(self, entry, i, code) -> None:
        """A part was refused for certain (CMS error `code`, None by the driver): try later, or give up for good."""
        self.postponed(entry, i, "modem" if code is None else "CMS %d" % code)

    def postponed(self, entry, i, cause: str) -> None:
        """A part has certainly not gone out: try again after the next waiting time, as long as that makes sense."""
        delay = entry.refuse(i, cause, self._random)
        if not delay:
            self.failed(entry, i, cause)
            return
        entry.due = self.uptime() + delay
        self._log("notice.retry", "%s %s, try %d, again in %d s" % (entry.key, cause, entry.parts[i][TRIES], delay))
        self._remember(entry)

    def doubt(self, entry, i) -> None:
        """A part may have gone out, or not."""
        entry.parts[i][STATE] = IN_DOUBT
        self._log("notice.in_doubt", entry.key)
        self._remember(entry)

    def carried(self, entry, i, reference) -> None:
        """A report says the network has the part and is still trying."""
        if entry.parts[i][STATE] == IN_DOUBT:
            self.accepted(entry, i, reference)

    def delivered(self, entry, i, reference) -> None:
        """A report says the part has arrived."""
        part = entry.parts[i]
        if part[STATE] == DELIVERED:
            return
        part[STATE] = DELIVERED
        part[REFERENCE] = reference
        part[CAUSE] = ""
        if all(part[STATE] == DELIVERED for part in entry.parts):
            entry.sent = entry.sent or part[AT]
            self._finish(entry, "delivered", "", self._now())
        else:
            self._remember(entry)

    def failed(self, entry, i, cause: str) -> None:
        """A part will not arrive, so the notice has failed. What has arrived stays so, whatever a late report says."""
        part = entry.parts[i]
        if part[STATE] != DELIVERED:
            part[STATE] = FAILED
            self._finish(entry, "failed", cause, 0)

    def give_up(self, entry, cause: str) -> None:
        self._finish(entry, "failed", cause, 0)

    def expire(self) -> None:
        """Finish what has waited longer than the validity."""
        limit = self.uptime() - self.validity
        for entry in [entry for entry in self._open if entry.born < limit]:
            state = entry.state()
            if state == "sent":
                self._finish(entry, "sent", "no report", 0)
            elif state == "in_doubt":
                self._finish(entry, "failed", "no report", 0)
            else:
                self._finish(entry, "failed", entry.cause() or "too late", 0)

    def tidy(self) -> None:
        """Compact the journal when it has grown; when that fails, again after it has grown some more."""
        if self._records >= max(_COMPACT_AT, 2 * (2 * len(self._open) + len(self._done))):
            try:
                self._compact()
            except OSError as error:
                self._records -= _COMPACT_AT // 4
                self._log("notice.storage", repr(error))

    # storage

    def _restore(self, sequence, kind, record):
        key = record[0]
        if kind == "new":
            if self._find(key) is None:
                _, event, audience, created, secret, count, text = record
                # decrypted when all are read
                self._keep(Entry(sequence, key, event, audience, created, secret, count, text))
        elif kind == "state":
            entry = self._find(key)
            _, sent, parts = record
            if entry is not None and len(parts) == len(entry.parts):
                entry.sent = sent
                entry.parts = [part[:] for part in parts]  # without the room to grow that a parser leaves
                entry.state_sequence = sequence
        elif kind == "end":
            self._retire(key, tuple(record) + (sequence,))

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

    def _retire(self, key, done):
        self._open = [entry for entry in self._open if entry.key != key]
        if len(self._done) >= _MAX_DONE:
            self._done.pop(0)
        self._done.append(done)

    def _find(self, key):
        for entry in self._open:
            if entry.key == key:
                return entry
        return None

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

    def _make_room(self):
        """The oldest notice that only waits for its report gives way."""
        for entry in self._open:
            if entry.state() == "sent":
                self._finish(entry, "sent", "no report", 0)
                return
        raise OutboxFull("%d notices wait to be sent: check SIM and signal, or cancel some" % len(self._open))

    def _finish(self, entry, state, cause, delivered):
        if entry not in self._open:
            return
        summary = self._summary(entry, state, cause, delivered)
        self._log("notice." + state, "%s %s" % (entry.key, cause) if cause else entry.key)
        sequence = 0
        try:
            sequence = self._append("end", summary)
        except OSError as error:
            # its last stored state stays true: the next start-up comes to the same end or to "in doubt"
            self._log("notice.storage", repr(error))
        self._retire(entry.key, summary + (sequence,))

    def _remember(self, entry):
        """Store what has happened already. Without room the stored "sending" stands: a restart finds it in doubt."""
        if entry not in self._open:
            return
        try:
            self._store(entry)
        except OSError as error:
            self._log("notice.storage", repr(error))

    def _store(self, entry):
        entry.state_sequence = self._append("state", [entry.key, entry.sent, entry.parts])

    def _append(self, kind, record):
        payload = json.dumps(record).encode()
        try:
            sequence = self._journal.append(kind, payload)
        except OSError:
            # most likely no room: what is no longer needed goes, then once more
            self._compact()
            sequence = self._journal.append(kind, payload)
        self._records += 1
        return sequence

    def _compact(self):
        live = {done[10] for done in self._done}
        for entry in self._open:
            live.add(entry.sequence)
            live.add(entry.state_sequence)
        self._journal.compact(lambda sequence, kind, payload: sequence in live)
        self._records = len(live)


def _is_number(number):
    digits = number[1:] if number[:1] == "+" else number
    return 3 <= len(digits) <= 20 and all("0" <= c <= "9" for c in digits)
