"""The modem itself: power, boot, and its parts.

States: off --start/power_on--> booting --boot seconds--> on --reboot--> booting, --power_off--> off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from posterm.sim.modem import cipstart, netopen, qiopen
from posterm.sim.modem.centre import MessageCentre
from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.dialogue import Dialogue
from posterm.sim.modem.faults import Faults
from posterm.sim.modem.general import General
from posterm.sim.modem.line import Line
from posterm.sim.modem.messages import Messages
from posterm.sim.modem.network import Network

SOCKETS = {"netopen": netopen.Sockets, "cipstart": cipstart.Sockets, "qiopen": qiopen.Sockets}


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class ModemSim:
    """A modem of one of the FAMILIES, without any transport.

    write: takes the bytes meant for the terminal.
    connect: `async (host, port) -> (reader, writer)`, asyncio's streams or look-alikes.
    now: wall clock, a datetime (naive ones are local time of `config.zone`).
    log: takes (mark, text) of the masked dialogue.
    sms_log: takes each message a phone received, as a dict with the number in full.
    terminal_speed: tells the terminal's end of the line in baud; only asked when `config.baud` is set.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        connect: Callable[[str, int], Awaitable[tuple]] | None = None,
        config: ModemConfig | None = None,
        now: Callable[[], datetime] | None = None,
        log: Callable[[str, str], None] | None = None,
        sms_log: Callable[[dict], None] | None = None,
        terminal_speed: Callable[[], int] | None = None,
    ):
        self.config = config or ModemConfig()
        self.now = now or _utc_now
        self.speed = self.config.baud
        self._terminal_speed = terminal_speed
        self.line = Line(write, log, self._speeds_differ)
        self.state = "off"
        self.boots = 0
        self.booted_at = 0.0
        self.sim_ready = False
        self.sms_ready = False
        self.faults = Faults(self)
        self.general = General(self)
        self.network = Network(self)
        self.messages = Messages(self)
        self.sockets = SOCKETS[self.config.kind.sockets](self, connect or asyncio.open_connection)
        self.centre = MessageCentre(self.config, self.now, self.messages.receive, sms_log)
        self.dialogue = Dialogue(
            self,
            {
                **self.general.commands,
                **self.network.commands,
                **self.messages.commands,
                **self.sockets.commands,
            },
        )
        self.fault_on = self.faults.strike
        self._tasks: set[asyncio.Task] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._boot_task: asyncio.Task | None = None
        self._brown_outs = 0
        self._recovers = True
        self._recovery: asyncio.TimerHandle | None = None
        self.switch_variant("dribble", "dribble" in self.config.variants)

    def switch_variant(self, name: str, on: bool) -> None:
        """Switch a variant on or off. Raises ValueError for an unknown one."""
        self.config.variants.switch(name, on)
        if name == "dribble":
            self.line.dribble(int(on), 0.001)

    # power

    def start(self) -> None:
        """Switch on. Needs a running loop."""
        self.power_on()

    def power_on(self) -> None:
        """Begin to boot unless already on."""
        self._end_recovery()
        if self.state == "off":
            self._boot_task = asyncio.get_running_loop().create_task(self._boot())

    def power_off(self) -> None:
        """Cut the power: sockets, pending commands and settings are lost, stored messages stay."""
        self._end_recovery()
        self.state = "off"
        self.sim_ready = self.sms_ready = False
        for task in list(self._tasks):
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._boot_task is not None:
            self._boot_task.cancel()
        self._tasks.clear()
        self._timers.clear()
        self.line.cut()
        self.line.note("!", "power off")
        self.speed = self.config.baud
        for part in (self.dialogue, self.general, self.network, self.messages, self.sockets):
            part.reset()

    def power_down(self, word: str = "") -> None:
        """Switch off in order, with the family's last word."""
        if word:
            self.urc(word)
        self.power_off()

    def reboot(self) -> None:
        """Restart at once, as after a brown-out or AT+CRESET."""
        self.power_off()
        self.power_on()

    def close(self) -> None:
        """End every task and timer, those of the network included."""
        self.power_off()
        self.centre.close()

    def brown_out(self, times: int, recovers: bool = True) -> None:
        """The supply breaks down at each of the next `times` attaches to the network; then on again unless told not."""
        self._brown_outs, self._recovers = times, recovers

    def attaching(self) -> bool:
        """The transmitter draws its current now; False when the supply gives way."""
        if not self._brown_outs:
            return True
        self._brown_outs -= 1
        self.power_down("UNDER-VOLTAGE WARNNING" if self.config.family == "SIM800" else "")
        if self._recovers:
            self._recovery = asyncio.get_running_loop().call_later(self.config.brown_out_pause, self.power_on)
        return False

    def _end_recovery(self) -> None:
        if self._recovery is not None:
            self._recovery.cancel()
            self._recovery = None

    async def _boot(self) -> None:
        self.state = "booting"
        self.boots += 1
        await asyncio.sleep(self.config.boot)
        self.state = "on"
        self.booted_at = asyncio.get_running_loop().time()
        self.spawn(self.dialogue.serve())
        for banner in self.config.banners:
            self.urc(banner)
        await asyncio.sleep(self.config.sim_delay)
        if self.config.sim == "absent":
            self.urc(self.config.kind.no_sim)
        elif self.config.sim == "pin":
            self.urc("+CPIN: SIM PIN")
        else:
            self.sim_unlocked()

    def sim_unlocked(self) -> None:
        """The SIM can be used from now on: announce it, then messages, then the network."""
        self.sim_ready = True
        self.urc("+CPIN: READY")
        for index, word in enumerate(self.config.kind.ready):
            self.later(self.config.sms_delay + index * self.config.sim_delay, self._loaded, word)
        self.later(self.config.registration_delay, self.network.attach)

    def _loaded(self, word: str) -> None:
        messages = "SMS" in word
        if messages and "no_sms" in self.config.variants:
            return
        self.sms_ready |= messages
        self.urc(word)
        if messages:
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

    # the line

    def _speeds_differ(self) -> bool:
        return self._terminal_speed is not None and self.speed is not None and self._terminal_speed() != self.speed

    def feed(self, data: bytes) -> None:
        """Take bytes the terminal sent. Nothing listens while the modem is off or boots."""
        if self.state == "on":
            self.dialogue.feed(self.line.heard(data))

    def urc(self, text: str, shown: str | None = None) -> None:
        """Say an unsolicited line, or several."""
        if self.state == "on":
            self.dialogue.urc(text, shown)

    def urc_bytes(self, data: bytes, shown: str | None = None) -> None:
        """Say an unsolicited block as it stands."""
        if self.state == "on":
            self.dialogue.urc_bytes(data, shown)
