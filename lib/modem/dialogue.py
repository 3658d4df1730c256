"""Commands and their results on one AT line; everything that is not a reply is an unsolicited result code (URC).

    dialogue = Dialogue(stream, profile)
    dialogue.urcs["+CREG"] = on_creg          # on_creg(text, pdu or None)
    # tasks: dialogue.read(), dialogue.work()
    lines = await dialogue.command("AT+CSQ", "+CSQ:")

Commands wait in a queue by rank; one worker task carries each out to its final result or time-out. A caller that is
cancelled leaves its command to the worker, so a late reply is never taken for the reply of the next command. After a
time-out the line is suspect: before the next command the worker leaves a stuck prompt (ESC, CR) and puts a fence, a
query with a reply of its own, behind which no old result can be left (results come in the order of commands).

    queued -> sent -> (prompt -> data written [-> committed]) -> OK | error | time-out | reset
"""

import asyncio
import time

from micropython import const

from .errors import CommandError, ModemError, ModemReset, ModemTimeout
from .job import NORMAL, SMS, Job, final_result
from .parser import GARBAGE, LINE, PDU, PROMPT, RAW, Parser
from .trace import Trace

_QUEUE_LIMIT = const(12)
_DEAF_MS = const(50)  # first pause of the reader when the line gives nothing
_DEAF_MAX_MS = const(1000)
_LINES_LIMIT = const(24)
_GAP_MS = const(20)  # between a final result and the next command
_SOFT_MS = const(300)  # how long a final result may stay away after `+IP ERROR`
_FENCE_S = const(2)
_FENCE_TRIES = const(3)
_FENCES = (("AT+CSQ", "+CSQ:"), ("AT+CMGF?", "+CMGF:"))


class Dialogue:
    def __init__(self, stream, profile, log=None):
        self._stream = stream
        self._profile = profile
        self._log = log
        self._parser = Parser(profile.raw, profile.pdu)
        self._queue = []
        self._queued = asyncio.Event()
        self._current = None  # what the worker is at
        self._routed = None  # what takes replies now
        self._suspect = None  # text of the command whose result may still come
        self._fill = 0  # octets that a prompt without an escape may still wait for
        self._last_final = None
        self.trace = Trace()
        self.urcs = {}
        self.on_silent = None  # called when the modem does not even pass a fence
        self.on_echo = None  # called when the modem echoes although it was told not to
        self.line_error = None  # the last fault of the line that was reported; cleared once the modem is ready
        self.online = False  # the modem answers and has its basic settings
        self.held = False  # a payment holds the line: no job of rank SMS is started

    # ---- for callers

    async def command(self, text: str, *prefixes, timeout=5, rank: int = NORMAL, setup: bool = False) -> list:
        """Return the lines of the reply. `timeout`: s from when it is the command's turn. `setup`: also while not
        online. Raises CommandError, ModemTimeout, ModemReset, ModemError."""
        job = await self.perform(Job(text, prefixes, timeout, rank), setup)
        return job.lines

    async def fence(self) -> bool:
        """Whether the modem answers; afterwards nothing of earlier commands is left on the line."""
        self._suspect = self._suspect or ""
        try:
            await self.perform(Job(""), True)
        except ModemTimeout:
            return False
        return True

    async def perform(self, job, setup: bool = False):
        """Queue the job, wait for its end, return it or raise its error."""
        if not (setup or self.online):
            raise ModemError("no answer")
        if len(self._queue) >= _QUEUE_LIMIT:
            raise ModemError("busy")
        at = len(self._queue)
        while at and self._queue[at - 1].rank > job.rank:
            at -= 1
        self._queue.insert(at, job)
        self._queued.set()
        try:
            await job.done.wait()
        finally:
            job.abandoned = True
            if job in self._queue:
                self._queue.remove(job)
        if job.error is not None:
            raise job.error
        return job

    def hold(self, held: bool) -> None:
        self.held = held
        self._queued.set()

    def fail_all(self) -> None:
        """The modem restarted: every command fails at once with ModemReset."""
        if self._current is not None:
            self._current.fail(ModemReset())
        if self._routed is not None:
            self._routed.fail(ModemReset())
        for job in self._queue:
            job.fail(ModemReset())
            job.done.set()
        self._queue = []
        self._parser.reset()

    # ---- the reader task

    async def read(self) -> None:
        """Task: bytes to events, for ever."""
        pause = _DEAF_MS
        while True:
            try:
                data = await self._stream.read(256)
            except OSError as error:
                fault = "read error " + str(error)
                if fault != self.line_error:
                    self.line_error = fault
                    self._report("line", fault)
                data = b""
            if not data:
                await asyncio.sleep(pause / 1000)  # the line is closed or broken; it may come back
                pause = min(2 * pause, _DEAF_MAX_MS)
                continue
            pause = _DEAF_MS
            for kind, text, payload in self._parser.feed(data):
                self._take(kind, text, payload)

    def _take(self, kind: int, text: str, payload) -> None:
        job = self._routed
        if job is not None and job.finished:
            job = None
        if kind == LINE:
            self._line(job, text)
        elif kind == PROMPT:
            if job is not None and job.data is not None:
                job.prompted = True
                job.wake.set()
        elif kind == GARBAGE:
            self.trace.add("<", "<garbage>")
            self._report("garbage", "")
        elif kind == RAW:
            self.trace.add("<", f"{text} <{len(payload)} bytes>")
            if job is not None and job.sink is not None:
                job.lines.append(text)
                job.sink(text, payload)
        elif kind == PDU:
            self.trace.add("<", text)
            self.trace.add("<", f"<PDU of {len(payload)}>")
            if job is not None and job.takes(text, False):
                job.lines.append(text)
                job.lines.append(payload)
            else:
                self._urc(text, payload)

    def _line(self, job, text: str) -> None:
        handler_known = self._head(text) in self.urcs
        if job is None:
            self._note_line(text, handler_known)
            if final_result(text) is None:
                self._urc(text, None)
            return
        final = final_result(text, job.text[:3] == "ATD")
        if final is not None:
            self.trace.add("<", text)
            if job.fence and not job.lines:
                return  # the late result of an earlier command
            self._last_final = time.ticks_ms()
            kind, code = final
            job.fail(None if kind == "OK" else CommandError(job.name, code, kind))
        elif job.takes(text, handler_known):
            self.trace.add("<", text)
            if len(job.lines) < _LINES_LIMIT:
                job.lines.append(text)
        elif text == job.text:
            if self.on_echo is not None and not job.fence:
                self.on_echo()
        elif self._head(text) == self._profile.soft_error:
            self.trace.add("<", text)
            job.soft = CommandError(job.name, None, "IP")
            job.wake.set()
        else:
            self._note_line(text, handler_known)
            self._urc(text, None)

    def _head(self, text: str) -> str:
        return text[: text.find(":")] if ":" in text else text

    def _note_line(self, text: str, known: bool) -> None:
        # a line of unknown form may be a piece of somebody's message
        self.trace.add("<", text if known or text[0] in "+*" or len(text) < 6 else f"<text of {len(text)}>")

    def _urc(self, text: str, pdu) -> None:
        handler = self.urcs.get(self._head(text))
        if handler is not None:
            handler(text, pdu)

    def _report(self, event: str, detail: str) -> None:
        if self._log is not None:
            self._log(event, detail)

    # ---- the worker task

    async def work(self) -> None:
        """Task: carry out the queued jobs one by one, for ever."""
        while True:
            job = self._next()
            if job is None:
                self._queued.clear()
                await self._queued.wait()
                continue
            self._current = job
            try:
                await self._execute(job)
            except OSError:
                self._suspect = job.text
                job.fail(ModemError("line"))
            finally:
                self._routed = self._current = None
                job.fail(ModemReset())  # no effect unless this task was cancelled in the middle
                job.done.set()

    def _next(self):
        for at, job in enumerate(self._queue):
            if not (self.held and job.rank == SMS):
                return self._queue.pop(at)
        return None

    async def _execute(self, job) -> None:
        if self._suspect is not None and not await self._pass_fence(job):
            if not job.finished:
                job.fail(ModemTimeout(job.name))
                self.online = False
                self.fail_all()
                if self.on_silent is not None:
                    self.on_silent()
            return
        if not job.text:
            job.fail(None)
        if job.finished or job.abandoned:
            return
        await self._send_command(job)
        end = time.ticks_add(time.ticks_ms(), int(job.timeout * 1000))
        if job.data is not None and not (await self._prompt(job) and await self._payload(job)):
            return
        if not await self._until(job, False, end):
            if job.soft is not None:
                job.fail(job.soft)
            else:
                self.trace.add("<", "<time-out>")
                self._report("time-out", job.name)
                job.fail(ModemTimeout(job.name))
            self._suspect = job.text

    async def _send_command(self, job) -> None:
        if self._last_final is not None:
            wait = _GAP_MS - time.ticks_diff(time.ticks_ms(), self._last_final)
            await asyncio.sleep(max(wait, 0) / 1000)
            self._last_final = None
        if job.finished:
            return
        self._routed = job
        self.trace.add(">", job.text)
        await self._write(job.text.encode() + b"\r")

    async def _write(self, data) -> None:
        self._stream.write(data)
        try:
            await asyncio.wait_for(self._stream.drain(), 10)
        except asyncio.TimeoutError:
            raise OSError(110) from None  # ETIMEDOUT: flow control holds the line

    async def _until(self, job, prompt: bool, end) -> bool:
        """Wait for the final result (or the prompt). `end`: ticks in ms. False: it did not come."""
        while not (job.finished or (prompt and job.prompted)):
            left = time.ticks_diff(end, time.ticks_ms())
            if job.soft is not None and left > _SOFT_MS:
                end = time.ticks_add(time.ticks_ms(), _SOFT_MS)
                left = _SOFT_MS
            if left <= 0:
                return False
            job.wake.clear()
            try:
                await asyncio.wait_for(job.wake.wait(), left / 1000)
            except asyncio.TimeoutError:
                return job.finished or (prompt and job.prompted)
        return True

    async def _prompt(self, job) -> bool:
        seconds = self._profile.prompt_s
        if not await self._until(job, True, time.ticks_add(time.ticks_ms(), seconds * 1000)):
            self._abort(job, job.soft or ModemTimeout(job.name))
            return False
        if job.finished:
            return False
        if job.abandoned:
            self._abort(job, ModemTimeout(job.name))
            return False
        return True

    async def _payload(self, job) -> bool:
        self.trace.add(">", f"<{len(job.data)} bytes>")
        if job.before_write is not None:
            job.before_write()
        await self._write(job.data)
        if job.commit is None:
            return True
        if job.finished:
            return False
        if job.abandoned:
            self._abort(job, ModemTimeout(job.name))
            return False
        if job.before_commit is not None:
            try:
                job.before_commit()
            except Exception as error:  # noqa: BLE001 - the caller's refusal, whatever it is, goes back to the caller
                self._abort(job, error)
                return False
        job.committed = True
        await self._write(job.commit)
        return True

    def _abort(self, job, error) -> None:
        # the fence before the next command sends ESC; nothing written after the prompt has been accepted yet
        self._suspect = job.text
        self._fill = 0 if job.commit else len(job.data)
        job.fail(error)

    async def _pass_fence(self, owner) -> bool:
        """Make sure that the modem answers and that no old result is left."""
        first = 1 if self._suspect == _FENCES[0][0] else 0
        for attempt in range(_FENCE_TRIES):
            self._parser.reset()
            text, prefix = _FENCES[(first + attempt) % 2]
            job = Job(text, (prefix,))
            job.fence = True
            # ESC leaves the prompt of a message, CR ends what the modem may have in its line buffer
            await self._write(b"\x1b\r")
            await asyncio.sleep(0.1)
            if owner.finished:
                return False
            await self._send_command(job)
            if await self._until(job, False, time.ticks_add(time.ticks_ms(), _FENCE_S * 1000)) and job.lines:
                self._routed = None
                self._suspect = None
                self._fill = 0
                return not owner.finished
            self._routed = None
            if owner.finished:
                return False
            if self._fill:
                # some take ESC as data and want the full number of octets; that connection is given up anyway
                await self._write(b"\r" * self._fill)
                self._fill = 0
        return False
