"""Open questions: a notice asked, and the answer of exactly the person who was asked is looked for.

    asked = Questions(storage + "/questions", protect, reveal, now, log)
    asked.open("000001.000012-c", "13812345678", "large", 86400)
    outcome, key, checks = asked.answer("+8613812345678", "yes", None, when, sequence)

What becomes of a question:

    open ──yes──> yes ──a "no" after it──> check
      │ └──no───> no ───a "yes" after it─> check
      ├──unclear, or several open──> unclear ──yes, no──> as above
      │                                 └──end──> check
      └──end──> unanswered
    Before the end of an open or unclear one it is asked again, once.

An answer counts for a question of that number, sent in its time, and only when it is the one open or the message
names its slip. What comes after the end is noted and changes nothing. Money is never concerned.

A row of the file: [key, kind, number (encrypted), opened, expires, state, asked again, message that settled it, due, late].
Borrowed for one piece of work (ondemand.py): all that lasts is in the file.
"""

from binascii import hexlify, unhexlify

from micropython import const

from terminal.ondemand import borrowed

_KEY = const(0)
_NUMBER = const(2)
_OPENED = const(3)
_EXPIRES = const(4)
_STATE = const(5)
_AGAIN = const(6)
_SEQUENCE = const(7)
_DUE = const(8)
_LATE = const(9)
_FIELDS = const(10)

_MAX_ROWS = const(16)
_MAX_KEY = const(26)  # the key of the notice that asks again is 6 longer
_SKEW = const(900)  # seconds that the network's clock may be behind ours
_LATER = const(600)  # seconds until an unclear answer is asked about
_SPAN = const(86400)  # longest time for an answer when it is asked again
_WAITING = ("open", "unclear")
_FAR = const(0x3FFFFFFF)


class Questions:
    """At most 16 questions, the settled ones among them; the oldest settled one gives way, else the oldest.

    path: the file. protect, reveal, now, log: as for Incoming. Every change is in flash when the call returns; raises
    OSError when it cannot be, and nothing has changed then.
    """

    def __init__(self, path: str, protect, reveal, now, log):
        self._path = path
        self._protect = protect
        self._reveal = reveal
        self._now = now
        self._log = log

    def open(self, key: str, number: str, kind: str, seconds: int) -> bool:
        """Note that a notice asks. False when this key has asked already.

        key: the notice's, at most 26 characters; its slip number is the digits behind the last full stop.
        kind: what is asked, at most 16 characters. seconds: time for the answer. Raises ValueError for these limits.
        """
        if not 0 < len(key) <= _MAX_KEY or len(kind) > 16 or seconds <= 0:
            raise ValueError("question: key, kind or time out of range")
        states = [(row[_KEY], row[_STATE]) for row in self._rows()]
        if any(known == key for known, _ in states):
            return False
        gone = ""
        if len(states) >= _MAX_ROWS:
            settled = [known for known, state in states if state not in _WAITING]
            gone = settled[0] if settled else states[0][0]
            if not settled:
                self._log("question.dropped", gone)
        now = self._now()
        secret = hexlify(self._protect(number.encode())).decode()
        row = [key, kind, secret, now, now + seconds, "open", 0, 0, now + seconds, ""]
        self._store([row], gone)
        return True

    def answer(self, sender: str, verdict: str, slip, when: int, sequence: int) -> tuple:
        """Bind an answer. Return (outcome, key, list of (key, why) to be checked).

        verdict: "yes", "no", or "" for a text that is neither. slip: the slip number named, or None. when: the time of
        the message. sequence: the message's; a repeated one gives the same outcome.
        outcome: "yes", "no", "check" (it contradicts the first answer); "again" it does not say which one, and the
        customer must be told how; "unclear" it will be asked again; "late" it came after the end; "" nobody asked.
        key: of the question it is about. Why: "no", "contradiction", "several", "slip" (no such slip), "unclear".
        """
        with borrowed("terminal.notices.senders") as senders:
            mine = [row for row in self._rows() if senders.same(self._known(row), sender)]
        # a repeated message is about what it was about the first time
        mine = [row for row in mine if row[_SEQUENCE] == sequence] or mine
        in_time = [row for row in mine if row[_OPENED] - _SKEW <= when <= row[_EXPIRES]]
        if not in_time:
            return self._too_late(mine, verdict, slip)
        fitting = [row for row in in_time if row[_STATE] in _WAITING] or [
            row for row in in_time if row[_STATE] != "unanswered"
        ]
        if slip is not None:
            fitting = [row for row in in_time if voucher(row[_KEY]) == slip]
        elif not verdict:
            fitting = [row for row in fitting if row[_STATE] in _WAITING]
            return self._unclear(fitting, sequence)
        if len(fitting) != 1:
            return self._ambiguous(in_time, verdict, "several" if slip is None or fitting else "slip", sequence)
        row = fitting[0]
        if row[_STATE] in _WAITING:
            row[_STATE] = verdict
        elif row[_STATE] != verdict:
            row[_STATE] = "check"
        row[_SEQUENCE] = sequence
        self._store(fitting)
        state = row[_STATE]
        checks = [] if state == "yes" else [(row[_KEY], "no" if state == "no" else "contradiction")]
        self._log("question." + state, row[_KEY])
        return state, row[_KEY], checks

    def due(self) -> list:
        """Return (key, number, step) of what has come to an end, at most 16.

        step: "again" the customer is to be asked again, "check" nothing clear has come, "unanswered" nothing at all.
        The caller does what the step asks for, then calls moved().
        """
        now = self._now()
        found = []
        for row in self._rows():
            state = row[_STATE]
            if state in _WAITING and now >= _end(row):
                number = self._known(row)
                step = "check" if state == "unclear" else "unanswered"
                found.append((row[_KEY], number, step if row[_AGAIN] or not number else "again"))
        return found

    def moved(self, key: str, step: str) -> None:
        """A step of due() is done. Asked again, there is as much time for the answer as before, a day at most."""
        moved = [row for row in self._rows() if row[_KEY] == key and row[_STATE] in _WAITING]
        for row in moved:
            if step == "again":
                self._extend(row)
            else:
                row[_STATE] = step
            self._log("question." + step, key)
        self._store(moved)

    def next_due(self) -> int:
        """Return when due() wants to be called, seconds; far in the future when nothing waits."""
        soonest = _FAR
        for row in self._rows():
            if row[_STATE] in _WAITING:
                soonest = min(soonest, _end(row))
        return soonest

    def entries(self):
        """Iterate over (key, kind, state, opened, expires, late answer or ""), oldest first."""
        for key, kind, _, opened, expires, state, _, _, _, late in self._rows():
            yield key, kind, state, opened, expires, late

    def _too_late(self, mine, verdict, slip):
        ended = [row for row in mine if slip is None or voucher(row[_KEY]) == slip]
        if not verdict or not ended:
            return "", "", []
        row = ended[-1]
        row[_LATE] = verdict
        self._store([row])
        self._log("question.late", row[_KEY])
        return "late", row[_KEY], []

    def _unclear(self, fitting, sequence):
        checks = []
        for row in fitting:
            if row[_AGAIN]:
                checks.append((row[_KEY], "unclear"))
            elif row[_STATE] == "open":
                row[_DUE] = min(row[_DUE], self._now() + _LATER)
            row[_STATE] = "unclear"
            row[_SEQUENCE] = sequence
        if not fitting:
            return "", "", []
        self._store(fitting)
        self._log("question.unclear", fitting[-1][_KEY])
        return "unclear", fitting[-1][_KEY], checks

    def _ambiguous(self, in_time, verdict, why, sequence):
        """Which one is meant cannot be told: what it would change is to be checked. Told how now, it is asked again."""
        checks = []
        for row in in_time:
            row[_SEQUENCE] = sequence
            if row[_STATE] in _WAITING:
                if not row[_AGAIN]:
                    self._extend(row)
                row[_STATE] = "unclear"
            elif row[_STATE] in (verdict, "unanswered"):
                continue
            checks.append((row[_KEY], why))
        self._store(in_time)
        key = checks[-1][0] if checks else in_time[-1][_KEY]
        self._log("question.unclear", key)
        return "again", key, checks

    def _extend(self, row):
        now = self._now()
        span = min(row[_EXPIRES] - row[_OPENED], _SPAN)
        row[_AGAIN] = 1
        row[_EXPIRES] = max(row[_EXPIRES], now + span)

    def _known(self, row):
        try:
            return self._reveal(unhexlify(row[_NUMBER])).decode()
        except ValueError:
            self._log("question.record", "number unreadable: " + row[_KEY])
            return ""

    def _rows(self):
        with borrowed("terminal.notices.rows") as rows:
            for row in rows.read(self._path):
                if len(row) == _FIELDS:
                    yield row

    def _store(self, changed, gone=""):
        """Replace the rows that have the keys of these, or add them; leave out the one with the key `gone`."""
        with borrowed("terminal.notices.rows") as rows:
            rows.write(self._path, self._all(changed, gone))

    def _all(self, changed, gone):
        new = list(changed)
        for row in self._rows():
            for other in changed:
                if other[_KEY] == row[_KEY]:
                    row = other
                    new.remove(other)
            if row[_KEY] != gone:
                yield row
        yield from new


def _end(row):
    return row[_EXPIRES] + 1 if row[_AGAIN] else row[_DUE]


def voucher(key: str) -> int:
    """Return the slip number in a notice's key: 12 for "000001.000012-c"; -1 for a key without one."""
    digits = key.rpartition(".")[2].partition("-")[0]
    if not 0 < len(digits) <= 6 or not all("0" <= c <= "9" for c in digits):
        return -1
    return int(digits)
