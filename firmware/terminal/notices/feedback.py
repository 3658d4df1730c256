"""What customers wrote about the shop: the latest 50, at most 200 characters each, without numbers that say too much.

    kept = Feedback(storage + "/feedback")
    kept.store(sequence, when, "138****5678", "很好")

Borrowed for one piece of work (ondemand.py): all that lasts is in a journal of its own.
"""

import json

from micropython import const

import journal
from terminal.security import mask

_MAX = const(50)
_SPARE = const(14)  # more of them before the oldest go
_MAX_TEXT = const(200)
_RUN = const(9)  # digits: as mask.scrub() counts
_GROUPING = " -./"


class Feedback:
    """directory: of the journal, made when missing. Raises OSError when it cannot be read."""

    def __init__(self, directory: str):
        self._journal = journal.Journal(directory)

    def store(self, sequence: int, when: int, number: str, text: str) -> None:
        """Store a text once. sequence: the message's. number: masked. Raises OSError."""
        known = []
        for place, _, payload in self._journal.replay():
            known.append(place)
            if json.loads(payload)[0] == sequence:
                return
        if len(known) >= _MAX + _SPARE:
            first = known[1 - _MAX]
            self._journal.compact(lambda place, kind, payload: place >= first)
        record = [sequence, when, number, scrubbed(text)]
        self._journal.append("feedback", json.dumps(record).encode())
        self._journal.close()

    def entries(self) -> list:
        """Return the latest [sequence, when in seconds, masked number, text], oldest first, at most 50."""
        found = []
        for _, _, payload in self._journal.replay():
            if len(found) == _MAX:
                found.pop(0)
            found.append(json.loads(payload))
        return found


def scrubbed(text: str) -> str:
    """Return the first 200 characters in half width, runs of 9 or more digits masked, also when they come in groups."""
    text = "".join([_half_width(text[i : i + 1]) for i in range(min(len(text), _MAX_TEXT))])
    out = []  # of slices: MicroPython keeps each different character that an index or a loop makes, for ever
    start = 0
    while start < len(text):
        # a run of digits with at most one separator between two of them
        end = start
        digits = []
        while end < len(text):
            c = text[end : end + 1]
            if _is_digit(c):
                digits.append(c)
            elif not digits or c not in _GROUPING or not _is_digit(text[end + 1 : end + 2]):
                break
            end += 1
        if len(digits) >= _RUN:
            out.extend(digits)  # joined, so that scrub() sees them as one
        else:
            out.append(text[start : end + 1])
            end += 1
        start = end
    return mask.scrub("".join(out))


def _is_digit(c):
    return "0" <= c <= "9" and len(c) == 1


def _half_width(c):
    code = ord(c)
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    return " " if code < 0x20 or 0x7F <= code < 0xA0 or code == 0x3000 else c
