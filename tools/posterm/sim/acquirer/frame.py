"""Frames on the link: 2-byte length, TPDU (5), header (6), message. ISO 8583 starts after these.

Everything that arrives is hostile: sizes are bounded before memory is taken, waiting ends by time-out.
"""

import asyncio
from dataclasses import dataclass

TPDU_BYTES = 5
HEADER_BYTES = 6
MAX_FRAME = 2048
MIN_FRAME = TPDU_BYTES + HEADER_BYTES + 2 + 8


class FrameError(ValueError):
    """The bytes are no frame; `name` is a word for logs."""

    def __init__(self, name: str, text: str):
        super().__init__(text)
        self.name = name


@dataclass(frozen=True)
class Frame:
    tpdu: bytes
    header: bytes
    message: bytes

    def answer(self, message: bytes, handling: int = 0) -> bytes:
        """Wrap an answer: TPDU addresses swapped, the host's wish in the header's fourth digit group.

        handling: 0 none, 1 download parameters, 2 upload status, 3 sign in again, 4 CA keys, 5 IC parameters,
        6 software update.
        """
        tpdu = self.tpdu[:1] + self.tpdu[3:5] + self.tpdu[1:3]
        header = bytearray(self.header)
        header[2] = (header[2] & 0xF0) | handling
        body = tpdu + bytes(header) + message
        return len(body).to_bytes(2, "big") + body


def split(body: bytes) -> Frame:
    """Take a frame without its length apart. Raises FrameError."""
    if len(body) < MIN_FRAME:
        raise FrameError("frame_too_short", f"a frame of {len(body)} bytes holds no message")
    if body[0] != 0x60:
        raise FrameError("tpdu", "the TPDU does not start with 60")
    head = TPDU_BYTES + HEADER_BYTES
    return Frame(body[:TPDU_BYTES], body[TPDU_BYTES:head], body[head:])


async def read_body(reader, idle: float, inside: float) -> bytes | None:
    """Return the next frame without its length, or None when the terminal closed the link between frames.

    idle: seconds to wait for a frame to begin; inside: seconds a begun frame may take. Raises FrameError.
    """
    try:
        first = await asyncio.wait_for(reader.readexactly(1), idle)
    except asyncio.IncompleteReadError:
        return None
    except asyncio.TimeoutError:
        raise FrameError("idle", f"nothing came for {idle:g} s") from None
    try:
        return await asyncio.wait_for(_read_rest(reader, first), inside)
    except asyncio.IncompleteReadError:
        raise FrameError("frame_cut", "the link closed inside a frame") from None
    except asyncio.TimeoutError:
        raise FrameError("frame_timeout", f"a frame took longer than {inside:g} s") from None


async def _read_rest(reader, first: bytes) -> bytes:
    size = int.from_bytes(first + await reader.readexactly(1), "big")
    if size > MAX_FRAME:
        raise FrameError("frame_too_long", f"a frame claims {size} bytes, {MAX_FRAME} are allowed")
    if size < MIN_FRAME:
        raise FrameError("frame_too_short", f"a frame claims {size} bytes, the least is {MIN_FRAME}")
    return await reader.readexactly(size)
