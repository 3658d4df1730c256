"""ESC/POS bytes to commands. Knows the lengths, not the meaning.

    Parser().feed(b"\\x1b!\\x08Hi\\n")   # → [Command("style", b"\\x08"), Command("text", b"Hi"), Command("lf")]

Chinese pairs need no attention here: their second byte is 0x40 or above and cannot start a command.
"""

from collections.abc import Callable
from dataclasses import dataclass

ESC, FS, GS, DLE, DC2 = 0x1B, 0x1C, 0x1D, 0x10, 0x12
MAX_DATA = 65536  # bytes one command may carry; more is taken for rubbish


@dataclass(frozen=True)
class Command:
    """name: see the tables below, `unknown` for what they lack; data: its parameters; raw: the bytes it came as."""

    name: str
    data: bytes = b""
    raw: bytes = b""


class _Incomplete(Exception):
    """More bytes are needed to know how long the command is."""


def _byte(buffer: bytes, at: int) -> int:
    if at >= len(buffer):
        raise _Incomplete
    return buffer[at]


def _word(buffer: bytes, at: int) -> int:
    return _byte(buffer, at) | _byte(buffer, at + 1) << 8


def _counted(buffer: bytes) -> int:
    """pL pH then that many bytes, after a 3-byte prefix such as GS ( k."""
    return 5 + _word(buffer, 3)


def _raster(buffer: bytes) -> int:
    """GS v 0 m xL xH yL yH: width in bytes, height in dots."""
    return 8 + _word(buffer, 4) * _word(buffer, 6)


def _bit_image(buffer: bytes) -> int:
    """ESC * m nL nH: columns of 8 or 24 dots."""
    return 5 + _word(buffer, 3) * (3 if _byte(buffer, 2) in (32, 33) else 1)


def _barcode(buffer: bytes) -> int:
    """GS k m: ended by zero below 65, counted from there on."""
    if _byte(buffer, 2) >= 65:
        return 4 + _byte(buffer, 3)
    end = buffer.find(b"\0", 3, 3 + 256)
    if end < 0:
        if len(buffer) > 3 + 256:
            return 3
        raise _Incomplete
    return end + 1


def _cut(buffer: bytes) -> int:
    """GS V m, with n when m is 65 or 66."""
    return 4 if _byte(buffer, 2) in (65, 66) else 3


def _tabs(buffer: bytes) -> int:
    """ESC D n1 … nk NUL."""
    end = buffer.find(b"\0", 2, 2 + 34)
    if end < 0:
        if len(buffer) > 2 + 34:
            return 2
        raise _Incomplete
    return end + 1


# lead byte: {second byte: (name, whole length or how to find it)}
_TABLES: dict[int, dict[int, tuple[str, int | Callable[[bytes], int]]]] = {
    ESC: {
        ord("@"): ("reset", 2), ord("!"): ("style", 3), ord("E"): ("bold", 3), ord("G"): ("bold", 3),
        ord("a"): ("align", 3), ord("d"): ("feed_lines", 3), ord("J"): ("feed_dots", 3),
        ord("2"): ("spacing_default", 2), ord("3"): ("spacing", 3), ord("7"): ("heat", 5),
        ord("-"): ("underline", 3), ord("M"): ("font", 3),
        ord("t"): ("code_page", 3), ord("R"): ("country", 3), ord(" "): ("gap", 3), ord("$"): ("column", 4),
        ord("\\"): ("column_relative", 4), ord("D"): ("tabs", _tabs), ord("{"): ("upside_down", 3),
        ord("V"): ("rotate", 3), ord("p"): ("drawer", 5), ord("B"): ("beep", 4), ord("*"): ("bit_image", _bit_image),
        ord("i"): ("cut", 2), ord("m"): ("cut", 2), ord("="): ("select", 3), ord("c"): ("panel", 4),
    },
    FS: {
        ord("&"): ("chinese_on", 2), ord("."): ("chinese_off", 2), ord("!"): ("chinese_style", 3),
        ord("-"): ("chinese_underline", 3), ord("W"): ("chinese_quad", 3), ord("S"): ("chinese_gap", 4),
        ord("C"): ("chinese_code", 3), ord("("): ("vendor", _counted),
    },
    GS: {
        ord("!"): ("size", 3), ord("V"): ("cut", _cut), ord("r"): ("status", 3), ord("a"): ("auto_status", 3),
        ord("k"): ("barcode", _barcode), ord("h"): ("barcode_height", 3), ord("w"): ("barcode_width", 3),
        ord("H"): ("barcode_text", 3), ord("f"): ("barcode_font", 3), ord("v"): ("raster", _raster),
        ord("B"): ("inverse", 3), ord("L"): ("margin", 4), ord("W"): ("area", 4), ord("I"): ("identify", 3),
        ord("("): ("vendor", _counted), ord("P"): ("units", 4),
    },
    DC2: {ord("#"): ("density", 3), ord("T"): ("self_test", 2)},
    DLE: {0x04: ("realtime_status", 3), 0x05: ("realtime_recover", 3), 0x14: ("realtime_pulse", 5)},
}  # fmt: skip
_SINGLES = {0x0A: "lf", 0x0D: "cr", 0x09: "tab", 0x0C: "form_feed", 0x18: "cancel"}


class Parser:
    """qr=False behaves like the cheap heads that do not know GS ( and print its bytes as text."""

    def __init__(self, qr: bool = True):
        self.qr = qr
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of a command that is not complete yet."""
        return len(self._buffer)

    def clear(self) -> None:
        self._buffer.clear()

    def feed(self, data: bytes) -> list[Command]:
        """Return the commands that are complete now."""
        self._buffer += data
        found, at = [], 0
        view = bytes(self._buffer)
        while at < len(view):
            try:
                command = self._next(view[at : at + MAX_DATA + 16])
            except _Incomplete:
                break
            found.append(command)
            at += len(command.raw)
        del self._buffer[:at]
        return found

    def _next(self, buffer: bytes) -> Command:
        first = buffer[0]
        if first >= 0x20:
            end = next((i for i, byte in enumerate(buffer) if byte < 0x20), len(buffer))
            return Command("text", buffer[:end], buffer[:end])
        if first in _SINGLES:
            return Command(_SINGLES[first], b"", buffer[:1])
        if first not in _TABLES:
            return Command("unknown", buffer[:1], buffer[:1])
        second = _byte(buffer, 1)
        entry = _TABLES[first].get(second)
        if entry is None or (first == GS and second == ord("(") and not self.qr):
            return Command("unknown", buffer[:2], buffer[:2])
        name, size = entry
        if callable(size):
            size = size(buffer)
            if size > MAX_DATA:
                return Command("unknown", buffer[:2], buffer[:2])
        if len(buffer) < size:
            raise _Incomplete
        return Command(name, buffer[2:size], buffer[:size])
