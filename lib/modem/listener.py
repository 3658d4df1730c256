"""The reader of the AT line: what the modem says goes to the command under way or to the handler of its code.

listener.urcs["+CREG"] = on_creg          # on_creg(text, pdu or None), for lines that are no reply
# task: listener.read()
"""

import asyncio
import time

from micropython import const

from .errors import CommandError
from .job import final_result
from .parser import GARBAGE, LINE, PROMPT, RAW, Parser
from .trace import Trace

_DEAF_MS = const(50)  # first pause of the reader when the line gives nothing
_DEAF_MAX_MS = const(1000)
_LINES_LIMIT = const(24)


def head_of(text: str) -> str:
    """Of a line: what stands before the colon, or all of it; "," for SIM800's lines such as `0, CLOSED`."""
    if text[1:2] == "," and text[0].isdigit():
        return ","
    at = text.find(":")
    return text if at < 0 else text[:at]


class Listener:
    def __init__(self, stream, profile, log):
        self._stream = stream
        self._profile = profile
        self._log = log
        self._parser = Parser(profile.raw, profile.pdu)
        self._routed = None  # the command that takes replies now
        self._late = None  # a message whose result did not come in time; it may come until the fence has its reply
        self._last_final = None
        self._heard = time.ticks_ms()  # when the line gave something last
        self.trace = Trace()
        self.urcs = {}
        self.on_echo = None  # called when the modem echoes although it was told not to
        self.on_trouble = None  # on_trouble(reason), after the mark in the trace
        self.line_error = None  # the last fault of the line that was reported; cleared once the modem is ready

    def adopt(self, profile) -> None:
        """The modem's family became known."""
        self._profile = profile
        self._parser.learn(profile.raw, profile.pdu)

    def trouble(self, reason: str) -> None:
        """Mark it in the trace and tell it."""
        self.trace.add("!", reason)
        if self.on_trouble is not None:
            self.on_trouble(reason)

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
                    self._log("line", fault)
                data = b""
            if not data:
                await asyncio.sleep(pause / 1000)  # the line is closed or broken; it may come back
                pause = min(2 * pause, _DEAF_MAX_MS)
                continue
            pause = _DEAF_MS
            self._heard = time.ticks_ms()
            for kind, text, payload in self._parser.feed(data):
                job = self._routed
                if job is not None and job.finished:
                    job = None
                if kind == LINE:
                    self._line(job, text)
                else:
                    self._take(job, kind, text, payload)

    def _take(self, job, kind: int, text: str, payload) -> None:
        if kind == PROMPT:
            self.trace.add("<", "<prompt>")
            if job is not None and job.data is not None:
                job.prompted = True
                job.wake.set()
        elif kind == GARBAGE:
            self.trace.add("<", "<garbage>")
            self._log("garbage", "")
            self.trouble("garbage")
        elif kind == RAW:
            self.trace.add("<", text)
            self.trace.add("<", f"<{len(payload)} bytes>")
            if job is not None and job.sink is not None:
                job.lines.append(text)
                job.sink(text, payload)
        else:
            self.trace.add("<", text)
            self.trace.add("<", f"<PDU of {len(payload)}>")
            if job is not None and job.takes(text, False):
                job.lines.append(text)
                job.lines.append(payload)
            else:
                handler = self.urcs.get(head_of(text))
                if handler is not None:
                    handler(text, payload)

    def _line(self, job, text: str) -> None:
        head = head_of(text)
        if self._late is not None and self._settles(text):
            self.trace.add("<", text)
            return
        if job is not None and job.finals is not None and job.finals(text):
            self.trace.add("<", text)
            job.lines.append(text)
            self._last_final = time.ticks_ms()
            job.fail(None)
            return
        final = final_result(text, job is not None and job.text[:3] == "ATD")
        if final is not None:
            self.trace.add("<", text)
            if job is None or (job.fence and not job.lines):
                return  # the late result of an earlier command
            self._last_final = time.ticks_ms()
            kind, code = final
            job.fail(None if kind == "OK" else CommandError(job.name, code, kind))
        elif job is not None and job.finals is not None and job.finals(text):
            self.trace.add("<", text)
            self._last_final = time.ticks_ms()
            job.lines.append(text)
            job.fail(None)
        elif job is not None and job.takes(text, head in self.urcs):
            self.trace.add("<", text)
            if len(job.lines) < _LINES_LIMIT:
                job.lines.append(text)
        elif job is not None and text == job.text:
            if self.on_echo is not None and not job.fence:
                self.on_echo()
        elif job is not None and head == self._profile.soft_error:
            self.trace.add("<", text)
            job.soft = CommandError(job.name, None, "IP")
            job.wake.set()
        else:
            # a line of unknown form may be a piece of somebody's message
            handler = self.urcs.get(head)
            if handler is None and text[0] not in "+*" and len(text) > 5 and text not in self._profile.banners:
                self.trace.add("<", f"<text of {len(text)}>")
                return
            self.trace.add("<", text)
            if handler is not None:
                handler(text, None)

    def _settles(self, text: str) -> bool:
        """Whether the line is the result that a message is still waiting for."""
        if self._late.takes(text, False):
            self._late.lines.append(text)
            return True
        final = final_result(text)
        if final is None or final[0] != "CMS":
            return False
        self._late.fail(CommandError(self._late.name, final[1], "CMS"))
        return True
