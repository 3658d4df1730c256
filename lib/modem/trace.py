"""Recorder of the last dialogue for the technician, with everything private taken out.

    trace = Trace()
    trace.add("<", '+CLIP: "13800138000",129')
    trace.lines()       # ['0 < +CLIP: "<11 digits>",129']

A recording can be played to a simulated modem. One line each, the time in ms since the first:

    0 > AT+CMGS=47          to the modem; payload as "<94 hex>", "<14 bytes>", "<ESC>", "<CTRL-Z>"
    312 < <prompt>          from the modem; payload as "<14 bytes>", "<PDU of 52>", lines of free text as "<text of 9>"
    120344 ! time-out       a mark: trouble
"""

import time

from micropython import const

_DIGITS = const(6)  # a run of so many digits could be a telephone number, a card or an IMEI
_HEX = const(8)  # a run of so many hex digits could be a PDU or a text in UCS2
_PRIVATE = ("AT+CPIN=", "AT+CPWD=", "AT+CLCK=", "AT+CGAUTH=", "AT+CSOCKAUTH=", "ATD", "AT+CMGW", "AT+CUSD=")


def command_name(text: str) -> str:
    """`AT+CIPOPEN=0,...` is "CIPOPEN"; a command without `+` gives its first letter only."""
    body = text[2:]
    if body[:1] not in ("+", "*", "^", "$"):
        return body[:1] or "AT"
    end = len(body)
    for mark in "=?":
        at = body.find(mark)
        if 0 <= at < end:
            end = at
    return body[1:end][:16]


def mask(text: str) -> str:
    """Replace runs that could be a number, a PDU or coded text by their length; spaces and hyphens do not end a run."""
    out = []
    start = at = 0
    size = len(text)
    while at < size:
        if text[at] not in "0123456789abcdefABCDEF":
            at += 1
            continue
        digits = 0
        letters = 0
        end = at
        scan = at
        while scan < size:
            char = text[scan]
            if char in "0123456789":
                digits += 1
                end = scan + 1
            elif char in "abcdefABCDEF":
                letters += 1
                end = scan + 1
            elif char not in " -":
                break
            scan += 1
        if digits >= _DIGITS or (digits and digits + letters >= _HEX):
            kind = "hex" if letters else "digits"
            out.append(text[start:at])
            out.append(f"<{digits + letters} {kind}>")
            start = end
        at = scan
    out.append(text[start:])
    return "".join(out)


class Trace:
    """A ring of `depth` lines of `width` characters at most (not counting time and direction)."""

    def __init__(self, depth: int = 40, width: int = 80):
        self._ring: list = [None] * depth
        self._at: list = [0] * depth  # ticks in ms
        self._width = width
        self._next = 0

    def add(self, direction: str, text: str) -> None:
        """`direction`: ">" to the modem, "<" from it, "!" for a mark. Masked when it is shown, because that takes time
        that the line may not have now."""
        if direction == ">":
            for head in _PRIVATE:
                if text.startswith(head):
                    text = head + "..."
        if len(text) > self._width:
            # masked before it is cut, so a cut run is never left looking short; longer lines lose their end
            text = mask(text[: 2 * self._width])[: self._width]
        at = self._next
        self._ring[at] = direction + " " + text
        self._at[at] = time.ticks_ms()
        self._next = (at + 1) % len(self._ring)

    def lines(self) -> list:
        """Oldest first."""
        depth = len(self._ring)
        lines: list = []
        for step in range(depth):
            at = (self._next + step) % depth
            text = self._ring[at]
            if text is not None:
                if not lines:
                    start = self._at[at]
                lines.append(f"{time.ticks_diff(self._at[at], start)} {mask(text)}")
        return lines
