"""How often somebody has been answered: limits for each number and for all, and what came in, counted by the day.

    tally = Tally(storage + "/requests", protect, reveal, now)
    if tally.spend("+8613812345678", "query", sequence, wrong=False): ...

The count is in flash before the answer is in the outbox, so that no restart gives a guesser another five tries.
Rows of the file: [day, {kind: count}] for the latest days, then [number (encrypted), day, hour, in the hour, in the day,
wrong, blocked until, helped on day, latest message, its verdict] for each of the latest numbers.
Borrowed for one piece of work (ondemand.py): all that lasts is in the file.
"""

from binascii import hexlify, unhexlify

from micropython import const

from terminal.ondemand import borrowed

_DAY = const(1)
_HOUR = const(2)
_IN_HOUR = const(3)
_IN_DAY = const(4)
_WRONG = const(5)
_BLOCKED = const(6)
_HELPED = const(7)
_SEQUENCE = const(8)
_VERDICT = const(9)

_MAX_DAYS = const(7)
_MAX_NUMBERS = const(32)
_PER_HOUR = const(5)
_PER_DAY = const(20)
_ALL_PER_DAY = const(60)
_MAX_WRONG = const(5)
_SECONDS = const(86400)


class Tally:
    """path: the file. protect, reveal, now: as for Incoming. The rows of other numbers pass by, they are not kept."""

    def __init__(self, path: str, protect, reveal, now):
        self._path = path
        self._protect = protect
        self._reveal = reveal
        self._now = now

    def blocked(self, number: str) -> bool:
        """Tell whether this number has guessed too often: it gets nothing for a day."""
        row = self._find(number)[1]
        return row is not None and self._is_blocked(row)

    def spend(self, number: str, kind: str, sequence: int, wrong: bool = False) -> bool:
        """Count a message and tell whether it may be answered.

        number: in one form always, see senders.phone. kind: for the statistics; of "help" there is one a day.
        sequence: the message's; a repeated one is not counted again and gets the same verdict. wrong: a slip number and
        card tail that fit nothing. Raises OSError: then nothing is counted and nothing must be answered.
        """
        days, row, place = self._find(number)
        if row is not None and row[_SEQUENCE] == sequence:
            return row[_VERDICT]
        now = self._now()
        day = now // _SECONDS
        if row is None and place is not None:
            row = [hexlify(self._protect(number.encode())).decode(), 0, 0, 0, 0, 0, 0, -1, -1, False]
        counts = self._today(days)
        allowed = row is not None and not self._is_blocked(row) and counts.get("answered", 0) < _ALL_PER_DAY
        if row is not None:
            if row[_DAY] != day:
                row[_DAY] = day
                row[_IN_DAY] = row[_WRONG] = 0
            if row[_HOUR] != now // 3600:
                row[_HOUR] = now // 3600
                row[_IN_HOUR] = 0
            allowed = allowed and row[_IN_HOUR] < _PER_HOUR and row[_IN_DAY] < _PER_DAY
            if kind == "help":
                allowed = allowed and row[_HELPED] != day
                row[_HELPED] = day
            row[_IN_HOUR] += allowed
            row[_IN_DAY] += allowed
            if wrong and row[_WRONG] < _MAX_WRONG:
                row[_WRONG] += 1
                if row[_WRONG] == _MAX_WRONG:
                    row[_BLOCKED] = now + _SECONDS
            row[_SEQUENCE] = sequence
            row[_VERDICT] = allowed
        for name in (kind, "answered" if allowed else "limited"):
            counts[name] = counts.get(name, 0) + 1
        self._store(days, row, place)
        return allowed

    def count(self, kind: str) -> None:
        """Count a message of this kind today. Raises OSError."""
        days = self._find("")[0]
        counts = self._today(days)
        counts[kind] = counts.get(kind, 0) + 1
        self._store(days, None, None)

    def figures(self) -> list:
        """Return [(days since 2000-01-01, {kind: count})], the latest last, at most 7."""
        return [(day, counts) for day, counts in self._find("")[0]]

    def _find(self, number):
        """Return (rows of the days, the number's row or None, place of that row or of one that may give way).

        The place is one behind the last while there is room, and None when all the numbers known are blocked: another
        one cannot be counted then, so it is not answered.
        """
        days = []
        found = None
        at = 0
        place = spare = None
        with borrowed("terminal.notices.rows") as rows:
            for row in rows.read(self._path):
                if len(row) == 2:
                    days.append(row)
                elif len(row) == 10:
                    if number and found is None and self._number(row) == number:
                        found = row
                        place = at
                    elif spare is None and not self._is_blocked(row):
                        spare = at
                    at += 1
        if found is None:
            place = at if at < _MAX_NUMBERS else spare
        return days, found, place

    def _number(self, row):
        try:
            return self._reveal(unhexlify(row[0])).decode()
        except ValueError:
            return ""

    def _is_blocked(self, row):
        # a clock that was set back blocks nobody for years
        return 0 <= row[_BLOCKED] - self._now() <= _SECONDS

    def _today(self, days):
        """Return today's counts, made when there are none; only the latest days stay."""
        day = self._now() // _SECONDS
        if not days or days[-1][0] != day:
            days[:] = [row for row in days if row[0] != day][1 - _MAX_DAYS :]
            days.append([day, {}])
        return days[-1][1]

    def _store(self, days, row, place):
        """Replace the file: `row` goes to the end, for the first one that may gives way; the one at `place` goes."""
        with borrowed("terminal.notices.rows") as rows:
            rows.write(self._path, self._all(rows, days, row, place))

    def _all(self, rows, days, row, place):
        yield from days
        at = 0
        for other in rows.read(self._path):
            if len(other) == 10:
                if at != place:
                    yield other
                at += 1
        if row is not None:
            yield row
