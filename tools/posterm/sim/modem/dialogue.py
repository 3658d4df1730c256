"""The command line: lines in, information and final results out, prompts, and what is said unasked.

One task reads command lines and carries them out one after the other; while it waits at a prompt, unsolicited codes
are held back, otherwise they appear at any moment.
"""

import asyncio
from collections.abc import Awaitable, Callable

from posterm.sim.modem.masking import shown_line
from posterm.sim.modem.results import (
    CME_TEXTS,
    CMS_TEXTS,
    CmeFailure,
    CmsFailure,
    Command,
    Ended,
    Failure,
    NoAnswer,
    parse_command,
    split_line,
)
from posterm.sim.modem.typed import Typed

LINE_LIMIT = 560  # characters of one command line
HELD_LIMIT = 64  # unsolicited lines held back while a prompt is open


class Dialogue:
    """Commands are looked up in `commands`: name -> coroutine that returns the information lines before OK.

    An information line that is bytes is a header line and its payload, which must not be logged.
    """

    def __init__(self, sim, commands: dict[str, Callable[[Command], Awaitable]]):
        self._sim = sim
        self._commands = commands
        self._typed = Typed(sim.line.note)
        self._prompting = False
        self._held: list[tuple[bytes, str | None]] = []
        self.reset()

    def reset(self) -> None:
        """After power on."""
        self.echo, self.cmee = self._sim.config.echo, self._sim.config.cmee
        self.deaf = False  # hangs: takes nothing, says nothing
        self._typed.clear()
        self._held.clear()
        self._prompting = False

    # towards the terminal

    def urc(self, text: str, shown: str | None = None) -> None:
        """Send an unsolicited line, or several; held back while a prompt waits for data."""
        self.urc_bytes(self._framed(text), shown)

    def urc_bytes(self, data: bytes, shown: str | None = None) -> None:
        """Send an unsolicited block as it stands."""
        if self.deaf:
            return
        if self._prompting:
            if len(self._held) < HELD_LIMIT:
                self._held.append((data, shown))
            return
        self._sim.line.send(data, shown)

    def _framed(self, text: str) -> bytes:
        return b"\r\n" + self._sim.config.variants.spaced(text).encode("latin-1", "replace") + b"\r\n"

    def _storm(self) -> None:
        for text in self._sim.faults.storm_lines():
            self.urc(text)

    def _answer(self, text: str | bytes) -> None:
        self._storm()
        if isinstance(text, bytes):
            head, _, payload = text.partition(b"\r\n")
            head = self._sim.config.variants.spaced(head.decode("latin-1"))
            self._sim.line.send(
                b"\r\n" + head.encode("latin-1") + b"\r\n" + payload + b"\r\n", shown=f"{head} <payload>"
            )
        else:
            self._sim.line.send(self._framed(text))

    # from the terminal

    def feed(self, data: bytes) -> None:
        """Take bytes the terminal sent."""
        if not self.deaf:
            self._typed.feed(data)

    async def read_message(self, prompt: bytes, point: str = "") -> bytes | None:
        """Show a prompt and return what is typed up to Ctrl-Z, None after ESC or too long a wait.

        A fault may strike at `point`, once the prompt is shown.
        """
        return await self._prompt(prompt, self._typed.message, point)

    async def read_payload(self, prompt: bytes, size: int | None, point: str = "") -> bytes | None:
        """Show a prompt and return exactly `size` bytes, or without a size what comes before Ctrl-Z."""
        if size is None:
            return await self.read_message(prompt, point)
        return await self._prompt(prompt, lambda: self._typed.payload(size), point)

    async def _prompt(self, prompt: bytes, read: Callable[[], Awaitable], point: str) -> bytes | None:
        variants = self._sim.config.variants
        if "prompt_line" in variants:
            prompt = b"\r\n>\r\n"
        elif "prompt_bare" in variants:
            prompt = b"\r\n>"
        self._typed.clear()  # what came before the prompt is not data
        self._storm()
        self._prompting = True
        self._sim.line.send(prompt)
        self._storm()  # these are held back
        try:
            await self._sim.faults.passing(point)
            return await asyncio.wait_for(read(), self._sim.config.data_timeout)
        except asyncio.TimeoutError:
            self._typed.clear()
            return None
        finally:
            self._prompting = False

    async def serve(self) -> None:
        """Carry out command lines until cancelled."""
        while True:
            raw = await self._typed.line()
            text = "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F)
            start = text.upper().find("AT")
            commands = self._parse(text[start + 2 :]) if start >= 0 else []
            known = bool(commands) and all(command.name in self._commands for command in commands)
            if raw.strip():
                self._sim.line.note(">", shown_line(raw, known or text.upper() == "AT"))
            if self.echo and raw:
                self._sim.line.send(raw + b"\r", shown="<echo>")
            if start < 0:
                continue
            await self._carry_out(commands, too_long=len(raw) > LINE_LIMIT)
            held, self._held = self._held, []
            for data, shown in held:
                self._sim.line.send(data, shown)

    @staticmethod
    def _parse(line: str) -> list[Command]:
        return [command for part in split_line(line) for command in parse_command(part)]

    async def _carry_out(self, commands: list[Command], too_long: bool) -> None:
        await asyncio.sleep(self._sim.config.latency)
        try:
            if too_long:
                raise Failure
            for command in commands:
                handler = self._commands.get(command.name)
                if handler is None:
                    raise Failure
                for text in await handler(command) or ():
                    self._answer(text)
        except NoAnswer:
            return
        except Ended as end:
            if end.text:
                self._answer(end.text)
        except Failure as failure:
            for text in failure.info:
                self._answer(text)
            self._answer(self._final(failure))
        else:
            self._answer("OK")

    def _final(self, failure: Failure) -> str:
        if isinstance(failure, CmsFailure):
            variants = self._sim.config.variants
            verbose = self.cmee == 2 and "cms_text" in variants
            reason = CMS_TEXTS.get(failure.code, "unknown error") if verbose else str(failure.code)
            return f"+CMS ERROR:{reason}" if "cms_no_space" in variants else f"+CMS ERROR: {reason}"
        if isinstance(failure, CmeFailure) and self.cmee:
            reason = str(failure.code) if self.cmee == 1 else CME_TEXTS.get(failure.code, "unknown")
            return f"+CME ERROR: {reason}"
        return "ERROR"
