"""Commands and their results on one AT line; everything that is not a reply is an unsolicited result code (URC).

    dialogue = Dialogue(stream, profile, log)
    # tasks: dialogue.read(), dialogue.work()
    lines = await dialogue.command("AT+CSQ", "+CSQ:")

Commands wait in a queue by rank; one worker task carries each out to its final result or time-out. A caller that is
cancelled leaves its command to the worker, so a late reply is never taken for the reply of the next command. After a
time-out the line is suspect: before the next command the worker leaves a stuck prompt (ESC, CR) and puts a fence, a
query with a reply of its own, behind which no old result can be left (results come in the order of commands).

    queued -> sent -> (prompt -> data written [-> committed]) -> OK | error | time-out | reset

A payment takes the line by `hold(True)`. Then the command under way is cut short:

    a message before its Ctrl-Z     broken off at once (ESC, fence), ends as ModemError "preempted"
    a message after its Ctrl-Z      may take profile.yield_s more, then one fence; a result before the fence's reply counts
    any other but the payment's     may take 2 s more

So the line is free after at most profile.yield_s and one fence (8 s + 0.2 s on a modem that answers). A modem that
answers no more makes the payment's command fail after profile.yield_s and three tries of the fence (8 s + 6.3 s); then
every command fails at once until the keeper has brought the modem back.
"""

import asyncio
import time

from micropython import const

from .errors import ModemError, ModemReset, ModemTimeout
from .job import NORMAL, PAYMENT, SETUP, SMS, Job
from .listener import Listener

_QUEUE_LIMIT = const(12)
_QUIET_MS = const(1000)  # silence after which nothing belongs to what came before
_GAP_MS = const(20)  # between a final result and the next command
_SOFT_MS = const(300)  # how long a final result may stay away after `+IP ERROR`
_FENCE_MS = const(2000)
_ESCAPE_MS = const(100)  # from ESC to the next command
_BACKLOG_MS = const(300)  # for the results of fences that were answered late
_BRIEF_S = const(2)  # for a command under way when a payment wants the line
_DRAIN_S = const(10)
# each has a reply that no other has; they take turns, so that a late reply of one does not pass for the next one's
_FENCES = (("AT+CSQ", "+CSQ:"), ("AT+CMEE?", "+CMEE:"), ("AT+IPR?", "+IPR:"))


def _after(ms: int):
    return time.ticks_add(time.ticks_ms(), ms)


class Dialogue(Listener):
    def __init__(self, stream, profile, log):
        Listener.__init__(self, stream, profile, log)
        self._queue = []
        self._queued = asyncio.Event()
        self._current = None  # what the worker is at
        self._suspect = None  # text of the command whose result may still come
        self._fill = 0  # octets that a prompt without an escape may still wait for
        self._turn = 0  # of the fences
        self.set_baudrate = getattr(stream, "set_baudrate", None)
        self.on_silent = None  # called when the modem does not even pass a fence
        self.online = False  # the modem answers and has its basic settings
        self.held = False  # a payment holds the line: no job of rank SMS is started

    # ---- for callers

    async def command(self, text: str, *prefixes, timeout=5, rank: int = NORMAL) -> list:
        """Return the lines of the reply. `timeout`: s from when it is the command's turn. Raises CommandError,
        ModemTimeout, ModemReset, ModemError."""
        job = await self.perform(Job(text, prefixes, timeout, rank))
        return job.lines

    async def fence(self, tries: int = 3) -> bool:
        """Whether the modem answers; afterwards nothing of earlier commands is left on the line."""
        self._suspect = self._suspect or ""
        job = Job("", rank=SETUP)
        job.tries = tries
        try:
            await self.perform(job)
        except ModemTimeout:
            return False
        return True

    async def perform(self, job):
        """Queue the job, wait for its end, return it or raise its error."""
        if not (self.online or job.rank == SETUP):
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
        """A payment takes the line, or gives it back."""
        if held and not self.held and self._current is not None:
            self._cut_short(self._current)
        self.held = held
        self._queued.set()

    def _cut_short(self, job) -> None:
        if job.rank in (PAYMENT, SETUP) or job.finished:
            return
        if job.commit and not job.committed:
            self._suspect = job.text
            self._fill = 0
            self.trace.add("!", "preempted")
            job.fail(ModemError("preempted"))
            return
        seconds = self._profile.yield_s if job.committed else _BRIEF_S
        job.timeout = min(job.timeout, seconds)  # if it waits behind a fence
        end = _after(seconds * 1000)
        if job.end is not None and time.ticks_diff(job.end, end) > 0:
            job.end = end
            job.wake.set()

    def fail_all(self, error=None) -> None:
        """The modem restarted or is given up: every command fails at once with `error`, ModemReset by default."""
        error = error or ModemReset()
        if self._current is not None:
            self._current.fail(error)
        if self._routed is not None:
            self._routed.fail(error)
        for job in self._queue:
            job.fail(error)
            job.done.set()
        self._queue = []
        self._parser.reset()

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
                self._routed = self._current = self._late = None
                job.fail(ModemReset())  # no effect unless this task was cancelled in the middle
                job.done.set()

    def _next(self):
        for at, job in enumerate(self._queue):
            if not (self.held and job.rank == SMS):
                return self._queue.pop(at)
        return None

    async def _execute(self, job) -> None:
        if self._suspect is not None and not await self._pass_fence(job):
            return
        if not job.text:
            job.fail(None)
        if job.finished or job.abandoned:
            return
        job.end = _after(int((self._profile.prompt_s if job.commit else job.timeout) * 1000))
        await self._send_command(job)
        if job.data is not None and not (await self._prompt(job) and await self._payload(job)):
            return
        if not await self._until(job, False):
            await self._overdue(job)

    async def _overdue(self, job) -> None:
        self._suspect = job.text
        if job.soft is not None:
            job.fail(job.soft)
            return
        self._log("time-out", job.name)
        self.trouble("time-out")
        if job.committed:
            # not yet in doubt: its result may come before the fence's reply
            self._late = job
            await self._pass_fence(job)
            self._late = None
        job.fail(ModemTimeout(job.name))

    def _silence(self, job) -> None:
        job.fail(ModemTimeout(job.name))
        self.online = False
        self.fail_all(ModemError("no answer"))
        if self.on_silent is not None:
            self.on_silent()

    async def _send_command(self, job) -> None:
        if self._last_final is not None:
            wait = _GAP_MS - time.ticks_diff(time.ticks_ms(), self._last_final)
            await asyncio.sleep(max(wait, 0) / 1000)
            self._last_final = None
        if job.finished:
            return
        if time.ticks_diff(time.ticks_ms(), self._heard) > _QUIET_MS:
            # what an announcement promised does not come any more, and must not be taken for the reply
            self._parser.reset()
        self._routed = job
        self.trace.add(">", job.text)
        await self._write(job.text.encode() + b"\r")

    async def _write(self, data) -> None:
        self._stream.write(data)
        try:
            await asyncio.wait_for(self._stream.drain(), _DRAIN_S)
        except asyncio.TimeoutError:
            raise OSError(110) from None  # ETIMEDOUT: flow control holds the line

    async def _until(self, job, prompt: bool) -> bool:
        """Wait for the final result (or the prompt) of `job` until its end. False: it did not come."""
        while not (job.finished or (prompt and job.prompted)):
            left = time.ticks_diff(job.end, time.ticks_ms())
            if job.soft is not None and left > _SOFT_MS:
                left = _SOFT_MS
                job.end = _after(left)
            if left <= 0:
                return False
            job.wake.clear()
            try:
                await asyncio.wait_for(job.wake.wait(), left / 1000)
            except asyncio.TimeoutError:
                pass
        return True

    async def _prompt(self, job) -> bool:
        if not job.commit:
            end = job.end
            job.end = _after(self._profile.prompt_s * 1000)
        came = await self._until(job, True)
        if not came or (job.abandoned and not job.finished):
            self._abort(job, job.soft or ModemTimeout(job.name))
        if not job.commit:
            job.end = end
        return not job.finished

    async def _payload(self, job) -> bool:
        self.trace.add(">", f"<{len(job.data)} hex>" if job.commit else f"<{len(job.data)} bytes>")
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
        job.end = _after(int(job.timeout * 1000))
        self.trace.add(">", "<CTRL-Z>")
        await self._write(job.commit)
        return True

    def _abort(self, job, error) -> None:
        # the fence before the next command sends ESC; nothing written after the prompt has been accepted yet
        self._suspect = job.text
        self._fill = 0 if job.commit else len(job.data)
        job.fail(error)

    async def _pass_fence(self, owner) -> bool:
        """Make sure that the modem answers and that no old result is left. False: it does not, or `owner` ended."""
        for attempt in range(owner.tries):
            self._parser.reset()
            if _FENCES[self._turn][0] == self._suspect:
                self._turn = (self._turn + 1) % 3
            text, prefix = _FENCES[self._turn]
            self._turn = (self._turn + 1) % 3
            job = Job(text, (prefix,))
            job.fence = True
            # ESC leaves the prompt of a message, CR ends what the modem may have in its line buffer
            self.trace.add(">", "<ESC>")
            await self._write(b"\x1b\r")
            await asyncio.sleep(_ESCAPE_MS / 1000)
            if owner.finished:
                return False
            job.end = _after(_FENCE_MS)
            await self._send_command(job)
            passed = await self._until(job, False) and job.lines
            if passed and attempt:
                await asyncio.sleep(_BACKLOG_MS / 1000)
            self._routed = None
            if passed:
                self._suspect = None
                self._fill = 0
                return not owner.finished
            if owner.finished:
                return False
            if self._fill:
                # some take ESC as data and want the full number of octets; that connection is given up anyway
                await self._write(b"\r" * self._fill)
                self._fill = 0
        self._silence(owner)
        return False
