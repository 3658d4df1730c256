"""The wire between terminal and modem, with the ways a bad wire behaves."""

import asyncio
import random
from collections.abc import Callable

from posterm.sim.modem.masking import masked


class Losses:
    """Bytes lost in one direction: every n-th, or some at one place."""

    def __init__(self):
        self.lose()

    def lose(self, every: int = 0, after: int = 0, count: int = 0) -> None:
        """Lose each `every`-th byte (0: none), or `count` bytes once `after` more have passed."""
        if every == 1:
            raise ValueError("losing every byte is what `mute` and `hang` do")
        self._every, self._after, self._count = every, after, count
        self._passed = 0

    def passed(self, data: bytes) -> bytes:
        """Return what arrives of `data`."""
        if not (self._every or self._count):
            return data
        kept = bytearray()
        for byte in data:
            self._passed += 1
            if self._every and self._passed % self._every == 0:
                continue
            if self._count and self._passed > self._after:
                self._count -= 1
                continue
            kept.append(byte)
        return bytes(kept)


def _misread(data: bytes) -> bytes:
    """Return what a UART at the wrong speed makes of `data`: other bytes and another number of them, always the same."""
    draw = random.Random(len(data) + sum(data))
    return draw.randbytes(max(1, len(data) * draw.randrange(4, 13) // 8)) if data else data


class Line:
    """Bytes in both directions, in order; may be muted, slowed down, lose bytes, or run at the wrong speed.

    write: where bytes go. log: called with (mark, text) for each thing sent, already masked. speeds_differ: True while
    the two ends are set to different speeds.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        log: Callable[[str, str], None] | None = None,
        speeds_differ: Callable[[], bool] = lambda: False,
    ):
        self._write = write
        self._log = log
        self._speeds_differ = speeds_differ
        self.losses = {"to_terminal": Losses(), "to_modem": Losses()}
        self._muted_until = 0.0
        self._size = 0
        self._gap = 0.0
        self._queue = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def note(self, mark: str, text: str) -> None:
        """Add an entry to the dialogue log."""
        if self._log is not None:
            self._log(mark, text)

    def heard(self, data: bytes) -> bytes:
        """Return what reaches the modem of the bytes the terminal sent."""
        return self.losses["to_modem"].passed(_misread(data) if self._speeds_differ() else data)

    def send(self, data: bytes, shown: str | None = None) -> None:
        """Send bytes; `shown` replaces them in the log (default: the masked text)."""
        if asyncio.get_running_loop().time() < self._muted_until:
            self.note("!", f"muted <{len(data)} bytes>")
            return
        self.note("<", masked(data.decode("latin-1").strip()) if shown is None else shown)
        data = self.losses["to_terminal"].passed(_misread(data) if self._speeds_differ() else data)
        if self._size or self._queue:
            self._queue += data
            if self._timer is None:
                self._drip()
        elif data:
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
