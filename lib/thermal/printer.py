"""A printer on a serial line: asks before it prints, confirms what was printed, says where it stopped."""

import asyncio
import time

from micropython import const

from . import layout, status

_STRAY_BYTES = const(256)  # unusable bytes borne while waiting for one answer
_PATIENCE = const(3)  # times that a healthy but silent head is waited for
_QUIET_MS = const(5)
_READ_BYTES = const(16)


class PrinterError(Exception):
    """kind: "paper", "cover", "error", "no answer". line: index of the first line not known to be printed, or None."""

    def __init__(self, kind: str, line=None):
        super().__init__("printer: " + kind if line is None else f"printer: {kind} at line {line}")
        self.kind = kind
        self.line = line


class Printer:
    """One printer. stream: asyncio stream (read, write, drain). profile: see profile.py. encode: str → bytes of GBK."""

    def __init__(self, stream, profile: dict, encode):
        self._stream = stream
        self._profile = profile
        self._encode = encode
        self._answers = status.Answers()
        self._lock = asyncio.Lock()
        self._realtime = None
        self._roll = 0
        self._owed = 0  # GS r 1 requests without an answer yet
        self._pending_ms = 0  # printing time of what is not confirmed

    async def status(self) -> dict:
        """Ask for the state: {"paper_out", "near_end", "cover", "error"} → bool.

        Waits until a slip in work is done. Raises PrinterError("no answer"): silence is never "ok".
        """
        async with self._lock:
            return await self._status()

    async def print(self, lines, start: int = 0, progress=None) -> None:
        """Print lines[start:] of a layout.

        progress: called with the index of the first line not yet confirmed, after every confirmed block.
        Raises PrinterError with `line` set: call again with start=error.line to continue the slip. Rows whose fate is
        unknown are then printed again: a row may appear twice but is never missing.
        Raises ValueError for a line that is not one; those before it may have been printed.
        """
        async with self._lock:
            line = start
            try:
                await self._begin()
                for block, duration, line_after in self._blocks(lines, start):
                    await self._send(block, duration)
                    line = line_after
                    if progress is not None:
                        progress(line)
            except PrinterError as error:
                raise PrinterError(error.kind, line) from None

    def _blocks(self, lines, start):
        """Iterate over (bytes, milliseconds, index of the first line not complete after them)."""
        block = bytearray()
        busy = 0
        for index in range(start, len(lines)):
            for data, duration in layout.rows(lines[index], self._profile, self._encode):
                if block and len(block) + len(data) > self._profile["block"]:
                    yield block, busy, index
                    block = bytearray()
                    busy = 0
                block.extend(data)
                busy += duration
        if block:
            yield block, busy, len(lines)

    async def _begin(self):
        self._answers.reset()
        if self._profile["status"]:
            await self._check()
        if self._owed:
            # answers to a slip that broke off come now that the head prints again, or were lost with its buffer
            await self._await_roll(self._profile["answer_ms"] + self._pending_ms)
            self._owed = 0
        self._pending_ms = 0
        # confirmed on its own: an answer that comes later still is used up here and cannot count for a line
        await self._send(layout.start(self._profile), 0)

    async def _check(self):
        flags = await self._status()
        # an open cover reads as paper out too: name what the operator has to do first
        for flag, kind in (("cover", "cover"), ("paper_out", "paper"), ("error", "error")):
            if flags[flag]:
                raise PrinterError(kind)

    async def _send(self, block, duration):
        size = self._profile["block"]
        view = memoryview(block)
        for at in range(0, len(view), size):
            self._stream.write(view[at : at + size])
            await self._stream.drain()
        self._pending_ms += duration
        if self._profile["confirm"]:
            await self._confirm()
            return
        if not self._profile["flow"]:
            await asyncio.sleep(self._pending_ms / 1000)
        self._pending_ms = 0
        if self._profile["status"]:
            await self._check()

    async def _confirm(self):
        """Return when the head has worked off everything sent."""
        await self._discard()
        await self._ask_roll()
        owed = self._owed
        for _ in range(_PATIENCE):
            if await self._await_roll(self._profile["answer_ms"] + 2 * self._pending_ms):
                break
            if self._profile["status"]:
                await self._check()
        else:
            if self._owed == owed:
                raise PrinterError("no answer")
            self._owed = 0  # the head was off in between and forgot the earlier request
        if self._roll & status.ROLL_OUT:
            raise PrinterError("paper")
        self._pending_ms = 0

    async def _status(self):
        flags = status.clear_flags()
        for request in self._profile["status"]:
            await self._discard()
            self._realtime = None
            self._stream.write(bytes((0x10, 0x04, request)))
            await self._stream.drain()
            byte = await self._await_realtime(self._profile["answer_ms"])
            for asked, bits, flag in status.FLAGS:
                if asked == request and byte & bits:
                    flags[flag] = True
        if self._profile["status"]:
            return flags
        if not self._profile["confirm"]:
            raise PrinterError("no answer")
        await self._discard()
        await self._ask_roll()
        if not await self._await_roll(self._profile["answer_ms"] + 2 * self._pending_ms):
            raise PrinterError("no answer")
        flags["paper_out"] = bool(self._roll & status.ROLL_OUT)
        flags["near_end"] = bool(self._roll & status.ROLL_NEAR_END)
        return flags

    async def _ask_roll(self):
        self._owed += 1
        self._stream.write(b"\x1dr\x01")
        await self._stream.drain()

    async def _await_roll(self, patience_ms):
        deadline = time.ticks_add(time.ticks_ms(), patience_ms)
        stray = 0
        while self._owed and stray < _STRAY_BYTES:
            count = await self._read(time.ticks_diff(deadline, time.ticks_ms()))
            if not count:
                return False
            stray += count
        return not self._owed

    async def _await_realtime(self, patience_ms):
        deadline = time.ticks_add(time.ticks_ms(), patience_ms)
        stray = 0
        while self._realtime is None and stray < _STRAY_BYTES:
            count = await self._read(time.ticks_diff(deadline, time.ticks_ms()))
            if not count:
                break
            stray += count
        if self._realtime is None:
            raise PrinterError("no answer")
        return self._realtime

    async def _discard(self):
        """Take in what came before a question, so that it cannot pass for the answer."""
        stray = 0
        while stray < _STRAY_BYTES:
            count = await self._read(_QUIET_MS)
            if not count:
                return
            stray += count

    async def _read(self, patience_ms):
        """Take in what has come; returns the number of bytes, 0 after patience_ms of silence."""
        if patience_ms <= 0:
            return 0
        try:
            data = await asyncio.wait_for(self._stream.read(_READ_BYTES), patience_ms / 1000)
        except asyncio.TimeoutError:
            return 0
        if not data:
            raise PrinterError("no answer")  # the line is closed
        for byte in data:
            answer = self._answers.feed(byte)
            if answer == status.REALTIME:
                self._realtime = byte
            elif answer == status.ROLL and self._owed:
                self._owed -= 1
                self._roll = byte
        return len(data)
