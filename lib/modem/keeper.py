"""Keeps the modem usable: start it, set up SMS, look after signal and registration, start again.

    start (boot.py) -> watch: SMS set-up, network, stored messages -+
      ^                                                             |
      +-------- reset seen, or no answer (then power) --------------+

A payment needs SIM and network only, so SMS is set up beside them. One task, `Keeper.run()`; it ends only by
cancellation.
"""

import asyncio
import sys
import time

from micropython import const

from .boot import RETRY_S, Boot
from .errors import CommandError, ModemError, ModemReset, ModemTimeout
from .job import NORMAL, SETUP, SMS, Job
from .listener import head_of
from .readings import DENIED, signal

_REST_S = const(30)  # longest pause before a new start
_STEP_S = 0.1  # between two steps through the stored messages
_RESWEEP = const(20)  # polls until messages that nobody took are offered again
_NO_SMS = const(3)  # refusals of everything about SMS until it is believed
_ORDER_S = const(15)  # for commands that restart or switch off
_SIM_GONE = (10, 11, 12, 13, 15, 310, 311, 312, 313, 316)


def _believable(found) -> bool:
    """Whether what the memory gave is a finding of probe.py."""
    return (
        found.get("sms") is True
        and found.get("reports") in ("none", "direct", "stored")
        and isinstance(found.get("storage"), str)
        and isinstance(found.get("cnmi"), str)
        and found["cnmi"].replace(",", "").isdigit()
    )


class Keeper(Boot):
    """`.sms`: True, False (this modem has none) or None (not yet)."""

    def __init__(self, modem, dialogue, inbox, power, memory, pin):
        Boot.__init__(self, modem, dialogue, power, memory, pin)
        self._inbox = inbox
        self._rest_s = 0  # the next pause before a new start
        self._told = None  # why it started again last, until it was ready
        self._gone = asyncio.Event()  # the modem said that it is off
        self._sms_by = 0  # ticks in ms: SMS should have been announced
        self._refusals = 0
        self._lost_at = None  # ticks in ms since when there is no network
        self.sms = None
        self.sms_ok = False  # announced since the last start
        dialogue.on_silent = self._on_silent
        dialogue.on_echo = self._on_echo
        inbox.on_news = self.wake
        self.listen(modem.profile)

    def listen(self, profile) -> None:
        """Take the family's lines."""
        urcs = self._dialogue.urcs
        for texts, handler in (
            (profile.hard_boot, self._on_boot),
            (profile.sms_ready, self._on_sms_ready),
            (profile.down, self._on_down),
            (profile.supply, self._on_supply),
            ((profile.sim_ready,), self._on_sim),
        ):
            for text in texts:
                urcs[head_of(text)] = handler

    # ---- signs from the reader; called between awaits

    def wake(self) -> None:
        self._alarm.set()

    def _on_boot(self, text: str, pdu=None) -> None:
        first = not self._restarted
        self.sim_ok = self.sms_ok = False
        self.sms = None
        self._fresh = self._sim_due = True
        self._restarted = True
        self._dialogue.online = False
        self._dialogue.fail_all()
        if first:
            if self._planned is None or time.ticks_diff(time.ticks_ms(), self._planned) > 0:
                self._modem.resets += 1
            self._modem.restarted()
        self._alarm.set()

    def _on_echo(self) -> None:
        if self.sim_ok:  # echo was off by then: the settings are gone
            self._on_boot("")

    def _on_sim(self, text: str, pdu) -> None:
        if text.endswith(" READY") and not text.endswith("NOT READY"):
            if self.sim_ok and not self._sim_due:
                self._on_boot(text)  # a SIM becomes ready once per start
            self._fresh = True
            self._sim_due = False
        elif self.sim_ok:
            self._on_boot(text)
        self._alarm.set()

    def _on_sms_ready(self, text: str, pdu) -> None:
        for ready in self._modem.profile.sms_ready:
            if text.startswith(ready):
                if self.sms_ok:
                    self._on_boot(text)
                self.sms_ok = True
                self._alarm.set()
                return

    def _on_supply(self, text: str, pdu) -> None:
        self._modem.supply_warnings += 1
        self._modem.log("supply", text)
        self._dialogue.trouble("supply")
        if text in self._modem.profile.down:
            self._on_down(text, pdu)

    def _on_down(self, text: str, pdu) -> None:
        self._gone.set()
        if not self.asleep:
            self._modem.log("off", text)
        self._dialogue.online = False
        self._dialogue.fail_all(ModemError("no answer"))
        self._on_silent()

    def _on_silent(self) -> None:
        self._silent = True
        self._alarm.set()

    # ---- on purpose

    async def restart(self) -> None:
        self.plan()
        if self.asleep:
            self.asleep = False
            self._alarm.set()
            return
        try:
            await self._dialogue.command(self._modem.profile.restart, timeout=_ORDER_S, rank=SETUP)
        except ModemReset:
            return  # so quick that no OK came
        except ModemError as error:
            if self._power is None:
                raise
            self._modem.log("restart", error.reason)
            await self._power_up()
        self.plan()
        self._on_boot("")

    async def power_down(self) -> None:
        profile = self._modem.profile
        self.asleep = True
        self._gone.clear()
        down = False
        if profile.power_off is not None:
            job = Job(profile.power_off, (), _ORDER_S, SETUP)
            job.finals = lambda text: text in profile.down  # some say only that
            try:
                await self._dialogue.perform(job)
                down = True
                if not job.lines:
                    await asyncio.wait_for(self._gone.wait(), profile.off_s)
            except ModemReset:
                down = True
            except ModemError as error:
                self._modem.log("power down", error.reason)
            except asyncio.TimeoutError:
                pass  # some say nothing
        if not down and self._power is not None:
            await self._switch(self._power.off)
        self._modem.lost()
        self._alarm.set()

    # ---- the task

    async def run(self) -> None:
        self.plan()  # modem and terminal may have been switched on together
        while True:
            try:
                while self.asleep:
                    self._alarm.clear()
                    await self._alarm.wait()
                await self._start()
                self._rest_s = 0
                self._told = self._dialogue.line_error = None
                await self._watch()
            except ModemReset:
                self._tell("restart", self.stage)
            except ModemError as error:
                self._tell("start again", error.reason)
                self._modem.lost()
                self._rest_s = max(self._rest_s, RETRY_S)
            self._dialogue.online = self.sim_ok = False
            self.stage = "no answer"
            self.sms = None
            await self._rest()

    def _tell(self, event: str, detail: str) -> None:
        if self._told != (event, detail):
            self._told = (event, detail)
            self._modem.log(event, detail)

    async def _rest(self) -> None:
        """Pause before a new start: none after one restart, longer each time until the modem becomes ready.

        A sign from the reader ends it, though not in the first seconds: a modem that talks nonsense, or a port that
        is gone, must not keep the processor busy."""
        seconds = self._rest_s
        self._rest_s = min(max(2 * seconds, 1), _REST_S)
        if not seconds:
            return
        self._alarm.clear()
        await asyncio.sleep(min(seconds, RETRY_S))
        if seconds > RETRY_S:
            try:
                await asyncio.wait_for(self._alarm.wait(), seconds - RETRY_S)
            except asyncio.TimeoutError:
                pass

    async def _watch(self) -> None:
        profile = self._modem.profile
        self._sms_by = time.ticks_add(time.ticks_ms(), profile.sms_boot_s * 1000)
        self._refusals = 0
        self._lost_at = None
        polls = 0
        looked = None
        while True:
            held = self._dialogue.held  # then the line belongs to a payment
            try:
                if self.sms is None and not held:
                    await self._sms()
                if not (held and self._modem.registered):
                    every = profile.poll_s if self._modem.registered else RETRY_S
                    if looked is None or time.ticks_diff(time.ticks_ms(), looked) >= every * 1000:
                        looked = time.ticks_ms()
                        polls += 1
                        if polls % _RESWEEP == 0 and self._inbox.kept:
                            self._inbox.sweep = True
                        await self._look()
                if self._inbox.pending and self.sms and not self._dialogue.held:
                    await self._inbox.work()
            except ModemTimeout:
                if self._silent or not await self._dialogue.fence():
                    raise ModemError("no answer") from None
            await self._network()
            if self._inbox.pending and self.sms and not self._dialogue.held:
                await self._pause(_STEP_S)
            elif looked is not None and self._modem.registered and self.sms is not None and not self._inbox.pending:
                left = profile.poll_s - time.ticks_diff(time.ticks_ms(), looked) / 1000
                await self._pause(max(left, 1))
            else:
                await self._pause(RETRY_S)

    async def _network(self) -> None:
        """Without network for too long: a new start by power; not when the network does not want this SIM."""
        modem = self._modem
        if self._planned is not None and time.ticks_diff(time.ticks_ms(), self._planned) > 0:
            self._planned = None  # before the ticks come round
        if modem.registered:
            self._lost_at = None
        elif self._lost_at is None or modem.registration == DENIED:
            self._lost_at = time.ticks_ms()
        elif time.ticks_diff(time.ticks_ms(), self._lost_at) > modem.profile.register_s * 1000:
            self._lost_at = time.ticks_ms()
            if self._power is not None:
                self._powered += 1
                await self._power_up()
                raise ModemError("not registered")

    async def _look(self) -> None:
        modem = self._modem
        try:
            for line in await self._ask("AT+CSQ", "+CSQ:", rank=NORMAL):
                modem.signal = signal(line)
            for line in await self._ask("AT+CREG?", "+CREG:", rank=NORMAL):
                modem.on_registration(line)
            if modem.operator is None and modem.registered and not self._dialogue.held:
                modem.operator = ""  # asked once; some modems refuse, some search for long
                for line in await self._ask("AT+COPS?", "+COPS:", timeout=30, rank=NORMAL):
                    fields = line.split('"')
                    modem.operator = fields[1][:24] if len(fields) > 2 else ""
        except CommandError as error:
            modem.log("query refused", str(error))

    # ---- SMS

    async def _sms(self) -> None:
        """One try to set it up; `.sms` stays None when the modem is not that far."""
        profile = self._modem.profile
        if self._fresh and not self.sms_ok and time.ticks_diff(self._sms_by, time.ticks_ms()) > 0:
            return
        self._fresh = False
        refused = []
        for text in ("AT+CMGF=0", "AT+CSMS=0", "AT+CPMS?"):
            try:
                await self._ask_sms(text, "+CPMS:")
            except CommandError as error:
                if error.code in _SIM_GONE:
                    raise ModemError("no sim") from error
                if error.code in profile.sms_busy:
                    return
                refused.append(error.command)
        if "CMGF" in refused:
            self._refusals += len(refused) == 3
            if self._refusals >= _NO_SMS:
                self.sms = False
                self._modem.log("no sms", self._modem.identity.get("model", ""))
                self._modem.sms_set_up({"sms": False})
            return
        for text in profile.sms_setup:
            await self._set(text, SMS)
        capabilities = await self._capabilities()
        if capabilities["reports"] == "none":
            self._modem.log("no reports", "CNMI")
        if capabilities["storage"]:
            name = capabilities["storage"]
            await self._set(f'AT+CPMS="{name}","{name}","{name}"', SMS)
        self._inbox.reset()
        self._planned = None  # it is up: another restart is a fault
        self.sms = True
        self._modem.sms_set_up(capabilities)

    async def _capabilities(self) -> dict:
        identity = self._modem.identity
        key = f"{identity['model']} {identity['firmware']} {identity['sim']}"
        memory = self._memory if identity["sim"] else None
        found = memory.load(key) if memory is not None else None
        if isinstance(found, dict) and _believable(found) and await self._set("AT+CNMI=" + found["cnmi"], SMS):
            return found
        # needed once for each SIM: imported for that and forgotten again
        from . import probe

        try:
            found = await probe.probe(self._ask_sms, self._modem.profile)
        finally:
            name = probe.__name__
            if sys.modules.pop(name, None) is not None:
                delattr(sys.modules[name.rpartition(".")[0]], "probe")
        if memory is not None and found["cnmi"]:
            memory.save(key, found)
        return found

    async def _ask_sms(self, text: str, *prefixes) -> list:
        # waits while a payment holds the line
        return await self._ask(text, *prefixes, rank=SMS)
