"""The notices that are on their way, kept in flash: no power cut loses one or sends one twice.

    box = Outbox(journal, protect, reveal, clock.seconds, log)
    box.queue("000012.000345-c", "sale_approved", "customer", "13812345678", text)
    box.state("000012.000345-c")       # ("queued", "", 0, 0)

What a notice goes through is drawn in entry.py; "in_doubt" and the causes are explained there. store.py says what is
written when: 4 records for a notice of one part.
"""

from binascii import hexlify

from micropython import const

import sms
from terminal.ondemand import borrowed
from terminal.security import mask

from .course import Course
from .entry import PENDING, SENDING, Entry
from .store import MAX_OPEN

_MAX_LOW = const(32)  # notices that may wait to be sent when an offer or a reply is to join them
_MAX_PARTS = const(4)
_PAST = "terminal.notices.past"


class OutboxFull(Exception):
    """No room for another notice; the payment is not concerned."""


class Outbox(Course):
    """The open notices (at most 64) and, in the journal, what became of the latest 100 others.

    journal: a Journal of its own. protect, reveal: encrypt and decrypt a recipient's number (bytes -> bytes; reveal
    raises ValueError when it was damaged). now() -> int: seconds since 2000-01-01 local time, may jump.
    log(event, detail): the event log. validity: seconds after which an unsent notice is dropped and a missing report is
    no longer waited for, at most 5 days.
    random() -> float in [0, 1): spreads retries by up to a fifth of the waiting time; None for no spread.

    on_end(summary, gone): called when a notice has ended, with what entries() gives and the parts the network took
    for it, repeats included; an OSError of its is logged.
    stage: set by the sender, why the modem takes nothing at present ("no sim"...), "" when it does.
    What asks for finished notices reads the journal and may raise OSError.
    """

    def queue(self, key: str, event: str, audience: str, number: str, text: str) -> bool:
        """Store a notice; it is on the medium when this returns. A key is taken once: False when it is known already.

        key: at most 32 printable ASCII characters, no quote or backslash, such as "000012.000345-c". number: 3 to 20
        digits, the international form with "+" before them. text: at most 4 parts. audience: "offer" and "reply" are
        sent after all others, and refused when 32 notices wait to be sent.
        Raises ValueError for these, OutboxFull when 64 notices are open and none only waits for its report, OSError.
        """
        if self.state(key) is not None:
            return False
        self.put(key, event, audience, number, text, None)
        return True

    def put(self, key, event, audience, number, text, replaced) -> None:
        """Store a notice under a key that is free; the open entry `replaced` (or None) ends by the same record."""
        if not 0 < len(key) <= 32 or len(event) > 32 or len(audience) > 16:
            raise ValueError("notice: key, event or audience too long")
        for character in key:
            if not " " <= character <= "~" or character in '"\\':
                raise ValueError("notice: character in the key")
        if not _is_number(number):
            raise ValueError("notice: the number has no 3 to 20 digits")
        count = sms.count(text)[2]
        if not 1 <= count <= _MAX_PARTS:
            raise ValueError("notice: the text needs %d parts" % count)
        created = self._now()
        secret = hexlify(self._protect(number.encode())).decode()
        concat = self._next_concat() if count > 1 else self._concat
        entry = Entry(0, concat, key, event, audience, created, number, count, text)
        if replaced is None:
            self._make_room(entry.low)
        other = "" if replaced is None else replaced.key
        sequence = self._append("new", [key, event, audience, created, secret, count, text, other, concat])
        entry.sequence = sequence
        entry.born = entry.due = self.uptime()
        if replaced is not None:
            self.give_up(replaced, "cancelled")
        self._keep(entry)
        self._log("notice.queued", "%s %s to %s" % (key, event, mask.number(number)))
        self.fresh = True
        self._changed.set()

    def state(self, key: str):
        """Return (state, cause, sent, delivered) of a notice, the times on the wall clock or 0; None when unknown."""
        entry = self._find(key)
        if entry is not None:
            return entry.state(), self.cause(entry), entry.sent, 0
        record = self._end(key)
        return None if record is None else (record[4], record[5], record[8], record[9])

    def cause(self, entry) -> str:
        """Return why an open notice has not gone or not arrived yet: the latest that is known."""
        return (self.stage if entry.has(PENDING) else "") or entry.cause()

    def entries(self, limit=None):
        """Iterate over the latest `limit` notices (None: all), finished ones first, newest last.

        Each is (key, event, audience, masked number, state, cause, parts, created, sent, delivered).
        """
        skip = 0 if limit is None else len(self._ended) + len(self._open) - limit
        if skip < len(self._ended):
            for record in self.ends():
                skip -= 1
                if skip < 0:
                    yield tuple(record[:10])
        for entry in list(self._open):
            skip -= 1
            if skip < 0:
                yield self._summary(entry, entry.state(), self.cause(entry), 0)

    def evidence(self, key: str):
        """Return what the doctor asks about one notice as a dict (see past.py); None when it is unknown."""
        with borrowed(_PAST) as past:
            return past.evidence(self, key)

    def history(self, days: int):
        """Iterate over the notices of the latest `days`: (event, audience, state, cause, gone, created, sent,
        delivered). gone: parts that the network took, repeats included, those in doubt too."""
        with borrowed(_PAST) as past:
            yield from past.history(self, days)

    def resend(self, key: str, number=None, force: bool = False) -> str:
        """Send a notice again, to `number` when given; return its new key: "~2" added, or the next of these.

        One that is still to be sent ends as "cancelled" by the same record, whatever the power does. One that the phone
        has, or may get yet, goes again only with `force`, which a person answers for.
        Raises ValueError with the reason when it is unknown or may arrive yet, or as queue() does.
        """
        with borrowed(_PAST) as past:
            return past.resend(self, key, number, force)

    def cancel(self, key: str) -> bool:
        """Give up a notice. False when it is unknown or finished, has gone, or is going out at this moment.

        Raises OSError when that cannot be stored; it stays open then.
        """
        entry = self._find(key)
        if entry is None or entry.has(SENDING) or entry.state() == "sent":
            return False
        self._finish(entry, "failed", "cancelled", 0, True)
        return True

    def _make_room(self, low):
        """The oldest notice that only waits for its report gives way; offers and replies leave room for the others."""
        oldest = None
        waiting = 0
        for entry in self._open:
            if entry.state() != "sent":
                waiting += 1
            elif oldest is None:
                oldest = entry
        if waiting >= (_MAX_LOW if low else MAX_OPEN):
            raise OutboxFull("%d notices wait to be sent: check SIM and signal, or cancel some" % waiting)
        if len(self._open) >= MAX_OPEN:
            self._finish(oldest, "sent", "no report", 0)


def _is_number(number):
    digits = number[1:] if number[:1] == "+" else number
    return 3 <= len(digits) <= 20 and all("0" <= c <= "9" for c in digits)
