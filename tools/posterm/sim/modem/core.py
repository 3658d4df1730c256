"""The modem itself: power, the command line, unsolicited codes and injected faults.

States: off --start/power_on--> booting --boot seconds--> on --reboot--> booting, --power_off--> off.
One task reads command lines and carries them out one after the other; while it waits at a prompt, unsolicited codes
are held back, otherwise they appear at any moment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.general import General
from posterm.sim.modem.line import Line
from posterm.sim.modem.masking import shown_line
from posterm.sim.modem.messages import Messages
from posterm.sim.modem.network import Network
from posterm.sim.modem.phone import MessageCentre
from posterm.sim.modem.results import (
    CME_TEXTS,
    CmeFailure,
    CmsFailure,
    Command,
    Failure,
    NoAnswer,
    parse_command,
    split_line,
)
from posterm.sim.modem.sockets import Sockets
from posterm.sim.modem.typed import Typed

LINE_LIMIT = 560  # characters of one command line
HELD_LIMIT = 64  # unsolicited lines held back while a prompt is open

FAULT_POINTS = (
    "prompt",  # the prompt of AT+CMGS has been shown
    "cmgs_before_send",  # Ctrl-Z taken, nothing sent
    "cmgs_before_ack",  # message sent, +CMGS not yet said
    "cipopen",  # before connecting
    "cipsend",  # before the prompt of AT+CIPSEND
    "cipsend_sent",  # payload handed to the host, no OK yet
    "ciprxget",  # data asked for, not given
)


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class ModemSim:
    """A modem of the SIM7600 family, without any transport.

    write: takes the bytes meant for the terminal.
    connect: `async (host, port) -> (reader, writer)`, asyncio's streams or look-alikes.
    now: wall clock, a datetime (naive ones are local time of `config.zone`).
    log: takes (mark, text) of the masked dialogue.
    sms_log: takes each message a phone received, as a dict with the number in full.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        connect: Callable[[str, int], Awaitable[tuple]] | None = None,
        config: ModemConfig | None = None,
        now: Callable[[], datetime] | None = None,
        log: Callable[[str, str], None] | None = None,
        sms_log: Callable[[dict], None] | None = None,
    ):
        self.config = config or ModemConfig()
        self.now = now or _utc_now
        self.line = Line(write, log)
        self.state = "off"
        self.boots = 0
        self.sim_ready = False
        self.sms_ready = False
        self.echo = self.config.echo
        self.cmee = self.config.cmee
        self.general = General(self)
        self.network = Network(self)
        self.messages = Messages(self)
        self.sockets = Sockets(self, connect or asyncio.open_connection)
        self.centre = MessageCentre(self.config, self.now, self.messages.receive, sms_log)
        self._commands = {
            **self.general.commands,
            **self.network.commands,
            **self.messages.commands,
            **self.sockets.commands,
        }
        self._faults: dict[str, tuple[str, int]] = {}
        self._typed = Typed(self.line.note)
        self._prompting = False
        self._held: list[tuple[bytes, str | None]] = []
        self._tasks: set[asyncio.Task] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._boot_task: asyncio.Task | None = None

    # power

    def start(self) -> None:
        """Switch on. Needs a running loop."""
        self.power_on()

    def power_on(self) -> None:
        """Begin to boot unless already on."""
        if self.state == "off":
            self._boot_task = asyncio.get_running_loop().create_task(self._boot())

    def power_off(self) -> None:
        """Cut the power: sockets, pending commands and settings are lost, stored messages stay."""
        self.state = "off"
        self.sim_ready = self.sms_ready = False
        self.echo, self.cmee = self.config.echo, self.config.cmee
        for task in list(self._tasks):
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._boot_task is not None:
            self._boot_task.cancel()
        self._tasks.clear()
        self._timers.clear()
        self._typed.clear()
        self._held.clear()
        self._prompting = False
        self.line.cut()
        self.line.note("!", "power off")
        for part in (self.general, self.network, self.messages, self.sockets):
            part.reset()

    def reboot(self) -> None:
        """Restart at once, as after a brown-out or AT+CRESET."""
        self.power_off()
        self.power_on()

    def close(self) -> None:
        """End every task and timer, those of the network included."""
        self.power_off()
        self.centre.close()

    async def _boot(self) -> None:
        self.state = "booting"
        self.boots += 1
        await asyncio.sleep(self.config.boot)
        self.state = "on"
        self.spawn(self._serve())
        for banner in self.config.banners:
            self.urc(banner)
        await asyncio.sleep(self.config.sim_delay)
        if self.config.sim == "absent":
            self.urc("+CPIN: SIM REMOVED")
        elif self.config.sim == "pin":
            self.urc("+CPIN: SIM PIN")
        else:
            self.sim_unlocked()

    def sim_unlocked(self) -> None:
        """The SIM can be used from now on: announce it, then messages, then the network."""
        self.sim_ready = True
        self.urc("+CPIN: READY")
        self.later(self.config.sms_delay, self._sms_done)
        self.later(self.config.registration_delay, self.network.attach)

    def _sms_done(self) -> None:
        self.sms_ready = True
        self.urc("SMS DONE")
        self.later(self.config.sim_delay, self.urc, "PB DONE")
        self.centre.flush()

    # time and tasks that end with the power

    def spawn(self, coroutine) -> asyncio.Task:
        """Run a coroutine until it ends or the modem loses power."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def later(self, delay: float, call: Callable, *arguments) -> None:
        """Call after `delay` seconds unless the modem loses power before."""

        def due():
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers.add(timer)

    # towards the terminal

    def urc(self, text: str, shown: str | None = None) -> None:
        """Send an unsolicited line; held back while a prompt waits for data."""
        self.urc_bytes(b"\r\n" + text.encode("latin-1", "replace") + b"\r\n", shown)

    def urc_bytes(self, data: bytes, shown: str | None = None) -> None:
        """Send an unsolicited block as it stands."""
        if self.state != "on":
            return
        if self._prompting:
            if len(self._held) < HELD_LIMIT:
                self._held.append((data, shown))
            return
        self.line.send(data, shown)

    def _answer(self, text: str | bytes) -> None:
        if isinstance(text, bytes):  # header line and payload: the payload must not be logged
            head = text.partition(b"\r\n")[0]
            self.line.send(b"\r\n" + text + b"\r\n", f"{head.decode('latin-1')} <payload>")
        else:
            self.line.send(b"\r\n" + text.encode("latin-1", "replace") + b"\r\n")

    # from the terminal

    def feed(self, data: bytes) -> None:
        """Take bytes the terminal sent. Nothing listens while the modem is off or boots."""
        if self.state == "on":
            self._typed.feed(data)

    async def read_message(self, prompt: bytes, point: str = "") -> bytes | None:
        """Show a prompt and return what is typed up to Ctrl-Z, None after ESC or too long a wait.

        A fault may strike at `point`, once the prompt is shown.
        """
        return await self._prompt(prompt, self._typed.message, point)

    async def read_payload(self, prompt: bytes, size: int | None) -> bytes | None:
        """Show a prompt and return exactly `size` bytes, or without a size what comes before Ctrl-Z."""
        if size is None:
            return await self.read_message(prompt)
        return await self._prompt(prompt, lambda: self._typed.payload(size))

    async def _prompt(self, prompt: bytes, read: Callable[[], Awaitable], point: str = "") -> bytes | None:
        self._typed.clear()  # what came before the prompt is not data
        self._prompting = True
        self.line.send(prompt)
        try:
            await self.passing(point)
            return await asyncio.wait_for(read(), self.config.data_timeout)
        except asyncio.TimeoutError:
            self._typed.clear()
            return None
        finally:
            self._prompting = False

    async def _serve(self) -> None:
        while True:
            raw = await self._typed.line()
            text = "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F)
            start = text.upper().find("AT")
            commands = self._parse(text[start + 2 :]) if start >= 0 else []
            known = bool(commands) and all(command.name in self._commands for command in commands)
            if raw.strip():
                self.line.note(">", shown_line(raw, known or text.upper() == "AT"))
            if self.echo and raw:
                self.line.send(raw + b"\r", shown="<echo>")
            if start < 0:
                continue
            await self._carry_out(commands, too_long=len(raw) > LINE_LIMIT)
            held, self._held = self._held, []
            for data, shown in held:
                self.line.send(data, shown)

    @staticmethod
    def _parse(line: str) -> list[Command]:
        return [command for part in split_line(line) for command in parse_command(part)]

    async def _carry_out(self, commands: list[Command], too_long: bool) -> None:
        await asyncio.sleep(self.config.latency)
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
        except Failure as failure:
            for text in failure.info:
                self._answer(text)
            self._answer(self._final(failure))
        else:
            self._answer("OK")

    def _final(self, failure: Failure) -> str:
        if isinstance(failure, CmsFailure):
            return f"+CMS ERROR: {failure.code}"
        if isinstance(failure, CmeFailure) and self.cmee:
            reason = str(failure.code) if self.cmee == 1 else CME_TEXTS.get(failure.code, "unknown")
            return f"+CME ERROR: {reason}"
        return "ERROR"

    # faults

    def fault_on(self, point: str, action: str, count: int = 1) -> None:
        """Do `action` ("reboot" or "silence") the `count`-th time the modem comes by `point`, once."""
        if point not in FAULT_POINTS:
            raise ValueError(f"no such point; choose one of {', '.join(FAULT_POINTS)}")
        if action not in ("reboot", "silence") or count < 1:
            raise ValueError("a fault reboots or silences, at a count of 1 or more")
        self._faults[point] = (action, count)

    def has_fault(self, point: str) -> bool:
        """True when a fault waits at `point`."""
        return point in self._faults

    async def passing(self, point: str) -> None:
        """Commands call this where a fault may strike."""
        action, count = self._faults.get(point, ("", 0))
        if not action:
            return
        if count > 1:
            self._faults[point] = (action, count - 1)
            return
        del self._faults[point]
        self.line.note("!", f"{action} at {point}")
        if action == "silence":
            raise NoAnswer
        self.reboot()
        await asyncio.Event().wait()  # this task has just been cancelled with the power
