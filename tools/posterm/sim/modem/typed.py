"""What the terminal typed and the modem has not yet dealt with."""

import asyncio
from collections.abc import Callable

INPUT_LIMIT = 8192  # bytes waiting for the command task; more are lost, as in the modem's UART
ESCAPE = 0x1B


class Typed:
    """Bytes in arrival order, taken as command lines, as a message up to Ctrl-Z, or as a counted payload.

    note: called with (mark, text) for the dialogue log; payload is only ever counted.
    """

    def __init__(self, note: Callable[[str, str], None]):
        self._note = note
        self._buffer = bytearray()
        self._arrived = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """Take bytes from the line."""
        self._buffer += data[: INPUT_LIMIT - len(self._buffer)]
        self._arrived.set()

    def clear(self) -> None:
        """Forget what was typed."""
        self._buffer.clear()

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    async def line(self) -> bytes:
        """Return the next line, without its carriage return."""
        while True:
            end = self._buffer.find(b"\r")
            if end >= 0:
                return self._take(end + 1)[:-1]
            if len(self._buffer) >= INPUT_LIMIT:
                self.clear()
            await self._more()

    async def message(self) -> bytes | None:
        """Return what comes before Ctrl-Z, None when ESC comes first."""
        while True:
            ends = [place for place in map(self._buffer.find, (b"\x1a", b"\x1b")) if place >= 0]
            if ends:
                data = self._take(min(ends) + 1)
                escaped = data[-1] == ESCAPE
                self._note(">", "<escape>" if escaped else f"<{len(data) - 1} bytes>")
                return None if escaped else data[:-1]
            await self._more()

    async def payload(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._buffer) < size:
            await self._more()
        self._note(">", f"<{size} bytes>")
        return self._take(size)
