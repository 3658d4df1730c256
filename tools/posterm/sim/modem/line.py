"""The wire towards the terminal, with the ways a bad wire behaves."""

import asyncio
import random
from collections.abc import Callable

from posterm.sim.modem.masking import masked


class Line:
    """Bytes out, in order; may be muted, or slowed down to a few bytes at a time.

    write: where bytes go. log: called with (mark, text) for each thing sent, already masked.
    """

    def __init__(self, write: Callable[[bytes], object], log: Callable[[str, str], None] | None = None):
        self._write = write
        self._log = log
        self._muted_until = 0.0
        self._size = 0
        self._gap = 0.0
        self._queue = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def note(self, mark: str, text: str) -> None:
        """Add an entry to the dialogue log."""
        if self._log is not None:
            self._log(mark, text)

    def send(self, data: bytes, shown: str | None = None) -> None:
        """Send bytes; `shown` replaces them in the log (default: the masked text)."""
        if asyncio.get_running_loop().time() < self._muted_until:
            self.note("!", f"muted <{len(data)} bytes>")
            return
        self.note("<", masked(data.decode("latin-1").strip()) if shown is None else shown)
        if self._size or self._queue:
            self._queue += data
            if self._timer is None:
                self._drip()
        else:
            self._write(data)

    def _drip(self) -> None:
        self._timer = None
        size = self._size or len(self._queue)
        if not self._queue:
            return
        self._write(bytes(self._queue[:size]))
        del self._queue[:size]
        if self._queue:
            self._timer = asyncio.get_running_loop().call_later(self._gap, self._drip)

    def mute(self, seconds: float) -> None:
        """Lose everything sent during the next `seconds`."""
        self._muted_until = asyncio.get_running_loop().time() + seconds

    def dribble(self, size: int, gap: float) -> None:
        """Send at most `size` bytes every `gap` seconds; size 0 ends it."""
        self._size, self._gap = size, gap

    def garbage(self, count: int, seed: int) -> None:
        """Send `count` random bytes, the same for the same seed."""
        self.send(random.Random(seed).randbytes(count), shown=f"<{count} random bytes>")

    def cut(self) -> None:
        """Forget what waits to be sent: the power is gone."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
