"""State of the panel: what the LCD shows, what it showed, and what the keypad and reader send."""

import asyncio
import json
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable

ROWS, COLUMNS = 4, 16
KEYS = (*"0123456789", "CANCEL", "CLEAR", "ENTER", "MENU", "UP", "DOWN")
BEEPS = ("key", "ok", "error")
FRAME_LIMIT = 1000
PROBLEM_LIMIT = 1000
LINE_LIMIT = 4096  # bytes of one JSON line
TRACK2_LIMIT = 37
KEY_PAUSE = 0.03  # seconds between keys, as a quick finger
_TRACK2 = set("0123456789=")


def cells(text: str) -> int:
    """Width on the LCD in half-width cells: Chinese and full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class PanelSim:
    """One panel. write: takes bytes for the firmware; now: seconds, any origin, stamps frames."""

    def __init__(
        self, write: Callable[[bytes], object] = lambda _data: None, now: Callable[[], float] = time.monotonic
    ):
        self.write = write
        self._now = now
        self._start = now()
        self._buffer = bytearray()
        self._skipping = False
        self._changed = asyncio.Event()
        self.screen = [""] * ROWS
        self.frames: deque[dict] = deque(maxlen=FRAME_LIMIT)
        self.beeps: deque[dict] = deque(maxlen=FRAME_LIMIT)
        self.problems: list[dict] = []
        self.shown = 0  # frames since the start, also those that left the history

    def _stamp(self) -> float:
        return round(self._now() - self._start, 3)

    def _problem(self, name: str, text: str) -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append({"name": name, "text": text, "time": self._stamp()})

    # from the firmware

    def feed(self, data: bytes) -> None:
        """Take bytes from the firmware; complete lines take effect."""
        for byte_line in data.splitlines(keepends=True):
            self._buffer += byte_line
            ended = byte_line.endswith(b"\n")
            if len(self._buffer) > LINE_LIMIT:
                self._buffer.clear()
                if not self._skipping:
                    self._problem("line_too_long", f"a line is longer than {LINE_LIMIT} bytes")
                self._skipping = True
            if ended:
                line = bytes(self._buffer).strip()
                self._buffer.clear()
                if line and not self._skipping:
                    self._take(line)
                self._skipping = False

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._problem("not_json", "a line is not JSON")
            return
        if not isinstance(message, dict):
            self._problem("not_an_object", "a line is no JSON object")
            return
        for name, value in message.items():
            if name == "lcd":
                self._show(value)
            elif name == "beep":
                self._beep(value)
            else:
                self._problem("unknown", "a line asks for neither lcd nor beep")

    def _show(self, rows: object) -> None:
        if not isinstance(rows, list) or len(rows) != ROWS or not all(isinstance(row, str) for row in rows):
            self._problem("rows", f"the LCD takes a list of {ROWS} texts")
            return
        for number, row in enumerate(rows, 1):
            if (width := cells(row)) > COLUMNS:
                self._problem("too_wide", f"row {number} needs {width} cells, the LCD has {COLUMNS}: {row!r}")
            if any(unicodedata.category(char) == "Cc" for char in row):
                self._problem("control_character", f"row {number} holds a control character")
        self.screen = list(rows)
        self.shown += 1
        self.frames.append({"number": self.shown, "time": self._stamp(), "rows": list(rows)})
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _beep(self, tone: object) -> None:
        if tone not in BEEPS:
            self._problem("beep", f"the buzzer knows {', '.join(BEEPS)}")
            return
        self.beeps.append({"time": self._stamp(), "beep": tone})

    # to the firmware

    def _send(self, message: dict) -> None:
        self.write(json.dumps(message).encode() + b"\n")

    def press(self, key: str) -> None:
        """Send one key. Raises ValueError, which does not repeat what was asked for."""
        if key not in KEYS:
            raise ValueError(f"no such key; there are {' '.join(KEYS)}")
        self._send({"key": key})

    async def press_all(self, keys: Iterable[str], pause: float = KEY_PAUSE) -> int:
        """Send keys with a pause in seconds after each; all are checked first. Returns how many were sent."""
        wanted = list(keys)
        if not all(key in KEYS for key in wanted):
            raise ValueError(f"no such key; there are {' '.join(KEYS)}")
        for key in wanted:
            self.press(key)
            await asyncio.sleep(pause)
        return len(wanted)

    def swipe(self, track2: str) -> None:
        """Send a magnetic card's track 2, `=` or `D` as separator. Raises ValueError without its content."""
        track2 = track2.replace("D", "=")
        if not 0 < len(track2) <= TRACK2_LIMIT or not set(track2) <= _TRACK2:
            raise ValueError(f"track 2 has 1 to {TRACK2_LIMIT} digits and a separator")
        self._send({"swipe": track2})

    # for tests

    def contains(self, text: str) -> bool:
        return any(text in row for row in self.screen) or text in "".join(self.screen)

    async def wait_frame(self) -> None:
        """Return when the next frame is shown."""
        await self._changed.wait()

    async def wait(self, texts: str | list[str], timeout: float, after: int = 0) -> str:
        """Return the first of `texts` the screen holds, now or within `timeout` seconds.

        after: number of a frame; only screens shown later count. Raises ValueError by time-out, naming the screen.
        """
        wanted = [texts] if isinstance(texts, str) else list(texts)

        async def found() -> str:
            while True:
                if self.shown > after or not after:
                    for text in wanted:
                        if self.contains(text):
                            return text
                await self._changed.wait()

        try:
            return await asyncio.wait_for(found(), timeout)
        except asyncio.TimeoutError:
            names = " or ".join(wanted)
            raise ValueError(f"{names} did not appear within {timeout:g} s; the screen shows {self.screen}") from None
