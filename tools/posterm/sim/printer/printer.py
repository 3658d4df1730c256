"""The printer around the head: input buffer, paper, cover, status answers, speed.

States and what they do: paper out or cover open → nothing more is printed, bytes wait in a buffer of 4 KB (mode "keep")
or are lost (mode "lose"), status is still answered; mute → no status answer at all.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from posterm.sim.printer.head import Head
from posterm.sim.printer.paper import ROW_DOTS, Feed, Item, Line, Slip
from posterm.sim.printer.parser import Command, Parser

BUFFER_BYTES = 4096
PROBLEM_LIMIT = 1000
SLIP_LIMIT = 500
PAPER_STATES = ("ok", "near", "out")
WHEN_OUT = ("keep", "lose")
FIXED_BITS = 0x12  # set in every answer to DLE EOT


class PrinterSim:
    """One printer.

    write: takes status bytes for the terminal. on_slip: called with each finished slip.
    row_ms: time one dot row takes, 0 for at once; needs a running asyncio loop when above 0.
    tear_lines: a feed of so many lines, by feed commands, ends a slip as a cut does. qr: knows GS ( k.
    when_out: keep or lose what comes while it cannot print. now: seconds, any origin.
    """

    def __init__(
        self,
        write: Callable[[bytes], object] = lambda _data: None,
        on_slip: Callable[[Slip], object] = lambda _slip: None,
        *,
        row_ms: float = 0.0,
        tear_lines: float = 3.0,
        qr: bool = True,
        when_out: str = "keep",
        chinese_after_reset: bool = True,
        now: Callable[[], float] = time.monotonic,
    ):
        if when_out not in WHEN_OUT:
            raise ValueError(f"when_out is one of {', '.join(WHEN_OUT)}")
        self.write = write
        self.on_slip = on_slip
        self.row_ms = row_ms
        self.tear_lines = tear_lines
        self.when_out = when_out
        self._now = now
        self._parser = Parser(qr)
        self._head = Head(self._emit, self.problem, chinese_after_reset)
        self._queue: deque[Command] = deque()
        self._queued = 0
        self._busy_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._auto_status = False
        self.mute = False
        self.lost = 0  # bytes that found no room
        self._changed = asyncio.Event()
        self.clear()
        self._paper, self._cover_open = "ok", False
        self._lines_left: int | None = None

    # what has been printed

    def clear(self) -> None:
        """Forget slips, raw bytes and problems; state and buffer stay."""
        self.slips: list[Slip] = [Slip(1)]
        self.problems: list[dict] = []
        self.raw = bytearray()
        self.lines_printed = 0

    @property
    def slip(self) -> Slip:
        """The slip that is being printed."""
        return self.slips[-1]

    def finished(self) -> list[Slip]:
        return [slip for slip in self.slips if slip.ended]

    def text(self) -> str:
        """Text of everything printed, in order."""
        return "".join(slip.text() for slip in self.slips)

    def problem(self, name: str, text: str) -> None:
        """Record something a real printer would have got wrong."""
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append({"name": name, "text": text})

    async def wait_slip(self, count: int, timeout: float) -> Slip:
        """Return the finished slip with this number, 1 for the first. Raises ValueError by time-out."""

        async def ready() -> Slip:
            while len(self.finished()) < count:
                await self._changed.wait()
            return self.finished()[count - 1]

        try:
            return await asyncio.wait_for(ready(), timeout)
        except asyncio.TimeoutError:
            raise ValueError(f"slip {count} is not finished within {timeout:g} s") from None

    # states

    @property
    def paper(self) -> str:
        return self._paper

    def set_paper(self, state: str, out_after: int | None = None) -> None:
        """ok, near or out; out_after: lines that still get printed before the paper ends. Raises ValueError."""
        if state not in PAPER_STATES:
            raise ValueError(f"paper is one of {', '.join(PAPER_STATES)}")
        self._paper = state
        self._lines_left = out_after
        if out_after is not None and out_after <= 0:
            self._paper = "out"
        self._state_changed()

    def set_cover(self, is_open: bool) -> None:
        self._cover_open = is_open
        self._state_changed()

    def set_qr(self, known: bool) -> None:
        """Whether the head knows GS ( or prints it as text."""
        self._parser.qr = known

    def status(self) -> dict:
        return {
            "paper": self._paper,
            "out_after": self._lines_left,
            "cover": "open" if self._cover_open else "closed",
            "mute": self.mute,
            "when_out": self.when_out,
            "row_ms": self.row_ms,
            "buffered": self._queued + self._parser.pending,
            "lost": self.lost,
            "lines": self.lines_printed,
            "slips": len(self.finished()),
            "problems": len(self.problems),
        }

    @property
    def stopped(self) -> bool:
        return self._paper == "out" or self._cover_open

    def _state_changed(self) -> None:
        if self._auto_status:
            self._answer(self._auto_status_bytes())
        if self.stopped:
            if self.when_out == "lose":
                self._lose()
            return
        self._pump()

    def _lose(self) -> None:
        self.lost += self._queued + self._parser.pending
        self._queue.clear()
        self._queued = 0
        self._parser.clear()

    # bytes in

    def feed(self, data: bytes) -> None:
        """Take bytes from the terminal."""
        self.raw += data
        if self.stopped and self.when_out == "lose":
            self._lose_but_status(data)
            return
        if self.stopped or self.row_ms:
            room = max(0, BUFFER_BYTES - self._queued - self._parser.pending)
            if len(data) > room:
                self.lost += len(data) - room
                self.problem("overflow", f"{len(data) - room} bytes came while the buffer was full and are lost")
                data = data[:room]
        for command in self._parser.feed(data):
            self._accept(command)
        self._pump()

    def _accept(self, command: Command) -> None:
        if command.name == "realtime_status":
            self._answer_realtime(command.data[0])
        else:
            self._queue.append(command)
            self._queued += len(command.raw)

    def _lose_but_status(self, data: bytes) -> None:
        for command in self._parser.feed(data):
            if command.name == "realtime_status":
                self._answer_realtime(command.data[0])
            else:
                self.lost += len(command.raw)

    def _pump(self) -> None:
        """Print what waits, as far as paper and time allow."""
        while self._queue and not self.stopped:
            if self.row_ms and (wait := self._busy_until - self._now()) > 0:
                if self._timer is None:
                    self._timer = asyncio.get_running_loop().call_later(wait, self._resume)
                return
            command = self._queue.popleft()
            self._queued -= len(command.raw)
            self._execute(command)
        if self.stopped and self.when_out == "lose":
            self._lose()

    def _resume(self) -> None:
        self._timer = None
        self._pump()

    def close(self) -> None:
        """Stop the timer of slow printing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _execute(self, command: Command) -> None:
        self.slip.raw += command.raw
        if command.name == "cut":
            self._head.finish_line()
            self._end_slip("cut")
        elif command.name == "status":
            self._answer_status(command.data[0])
        elif command.name == "auto_status":
            self._auto_status = bool(command.data[0])
            if self._auto_status:
                self._answer(self._auto_status_bytes())
        elif command.name == "identify":
            self._answer(b"\x02" if command.data[0] in (1, 49) else b"_POSTERM SIM\0")
        elif not self._head.run(command):
            self.problem("unknown", f"no command starts with {command.raw.hex(' ').upper()}")

    # paper

    def _emit(self, item: Item) -> None:
        self.slip.items.append(item)
        if self.row_ms:
            self._busy_until = max(self._busy_until, self._now()) + item.advance * self.row_ms / 1000
        lines = 1 if isinstance(item, Line) else max(1, item.advance // ROW_DOTS)
        self.lines_printed += lines
        if self._lines_left is not None:
            self._lines_left -= lines
            if self._lines_left <= 0:
                self._lines_left, self._paper = None, "out"
                if self._auto_status:
                    self._answer(self._auto_status_bytes())
        if isinstance(item, Feed) and self.slip.trailing_feed() >= self.tear_lines:
            self._end_slip("feed")

    def _end_slip(self, how: str) -> None:
        if self.slip.blank:
            self.slip.items.clear()  # a cut after the feed that already tore the slip
            return
        done = self.slip
        done.ended = how
        if len(self.slips) >= SLIP_LIMIT:
            del self.slips[0]
        self.slips.append(Slip(done.number + 1))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self.on_slip(done)

    # status

    def _answer(self, data: bytes) -> None:
        if not self.mute:
            self.write(data)

    def _answer_realtime(self, kind: int) -> None:
        """DLE EOT n: 1 printer, 2 why it is off line, 3 errors, 4 paper sensors."""
        out, near = self._paper == "out", self._paper in ("near", "out")
        bits = {
            1: 0x08 * self.stopped,
            2: 0x04 * self._cover_open | 0x20 * out,
            3: 0,
            4: 0x0C * near | 0x60 * out,
        }
        if kind not in bits:
            self.problem("status", f"DLE EOT {kind} asks for nothing known")
        else:
            self._answer(bytes([FIXED_BITS | bits[kind]]))

    def _sensor_bits(self) -> int:
        return 0x03 * (self._paper in ("near", "out")) | 0x0C * (self._paper == "out")

    def _answer_status(self, kind: int) -> None:
        """GS r n: 1 paper sensors, 2 drawer; comes in turn with what was to be printed."""
        if kind % 48 in (1, 2):
            self._answer(bytes([self._sensor_bits() if kind % 48 == 1 else 0]))
        else:
            self.problem("status", f"GS r {kind} asks for nothing known")

    def _auto_status_bytes(self) -> bytes:
        """The four bytes of GS a: state, errors, paper sensors, reserved."""
        first = 0x10 | 0x08 * self.stopped | 0x20 * self._cover_open
        return bytes([first, 0, self._sensor_bits(), 0x0F])
