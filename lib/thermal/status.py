"""Bytes from the printer: recognised by their fixed bits, everything else dropped.

DLE EOT n answer    0xx1xx10    mask 0x93 gives 0x12
GS r 1 answer       0xx0xxxx    mask 0x90 gives 0x00
automatic status    0xx1xx00 and three bytes 0xx0xxxx; nobody asked for it, and its tail looks like GS r 1 answers
XON, XOFF, noise    anything else
"""

from micropython import const

REALTIME = const(1)
ROLL = const(2)

# (request of DLE EOT, bits, name of the flag); some heads set only one bit of a pair
FLAGS = (
    (4, 0x60, "paper_out"),
    (4, 0x0C, "near_end"),
    (2, 0x04, "cover"),
    (2, 0x20, "paper_out"),
    (2, 0x40, "error"),
)
ROLL_OUT = const(0x0C)
ROLL_NEAR_END = const(0x03)

_AUTOMATIC_TAIL = const(3)


def clear_flags() -> dict:
    """Every flag a status has, none set."""
    return {"paper_out": False, "near_end": False, "cover": False, "error": False}


class Answers:
    """Parser without a transport: feed(byte) returns REALTIME or ROLL when the byte is such an answer, else None."""

    def __init__(self):
        self._automatic = 0

    def reset(self) -> None:
        self._automatic = 0

    def feed(self, byte: int):
        if byte & 0x90 == 0:
            if self._automatic:
                self._automatic -= 1
                return None
            return ROLL
        self._automatic = _AUTOMATIC_TAIL if byte & 0x93 == 0x10 else 0
        return REALTIME if byte & 0x93 == 0x12 else None
