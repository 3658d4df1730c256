"""Keeps the modem usable: synchronise, set up, wait for SIM, SMS and network, look after it, start again.

    start: no answer -> sim -> sms -> registration -> ready (poll) -+
      ^                                                             |
      +-------- reset seen, or no answer (then power) --------------+

One task, `Keeper.run()`; it ends only by cancellation.
"""

import asyncio
import time

from micropython import const

from .errors import CommandError, ModemError, ModemReset, ModemTimeout
from .job import ANY, DIGITS

_RETRY_S = const(2)
_REST_S = const(30)  # longest pause before a new start
_RESWEEP = const(20)  # polls until messages that nobody took are offered again
_SIM_GONE = (10, 11, 12, 13, 15, 310, 311, 312, 313, 316)
REGISTERED = (1, 5, 6, 7, 9, 10)  # 3GPP 27.007 §7.2: home, roaming, SMS only, CSFB not preferred


def registration(text: str):
    """The state in a `+CREG:` line, URC or answer to a query, or None. Quotes may be missing. 3GPP 27.007 §7.2.

    URC: stat[,lac,ci[,act]]; query: n,stat[,lac,ci[,act]].
    """
    fields = [field.strip() for field in text[text.find(":") + 1 :].split(",")]
    query = len(fields) in (2, 5) or (len(fields) == 4 and fields[1].isdigit() and len(fields[1]) <= 2)
    stat = fields[1] if query else fields[0]
    return int(stat) if stat.isdigit() and len(stat) <= 2 else None


def signal(text: str):
    """0..31 from a `+CSQ:` line, or None when unknown. 100..191 is a TD-SCDMA level in dBm + 216."""
    digits = text[text.find(":") + 1 :].split(",")[0].strip()
    value = int(digits) if digits.isdigit() and len(digits) < 4 else 99
    if 100 <= value <= 191:
        return max(0, min(31, (value - 216 + 113) // 2))
    return value if value <= 31 else None


class Keeper:
    def __init__(self, modem, dialogue, inbox, profile, power):
        self._modem = modem
        self._dialogue = dialogue
        self._inbox = inbox
        self._profile = profile
        self._power = power
        self._alarm = asyncio.Event()
        self._restarted = False
        self._silent = False
        self._fresh = False  # the modem came up under our eyes: it announces when SMS works
        self._powered = 0
        self._wait_s = profile.boot_s
        self._rest_s = 0  # the next pause before a new start
        self._told = None  # why it started again last, until it was ready
        self.stage = "no answer"
        self.sim_ok = False
        self.sms_ok = False  # announced since the last start
        dialogue.on_silent = self._on_silent
        dialogue.on_echo = self._on_echo
        inbox.on_news = self._alarm.set
        for head in profile.hard_boot:
            dialogue.urcs[head] = self._on_boot
        for head in profile.sms_ready:
            dialogue.urcs[head] = self._on_sms_ready
        dialogue.urcs[profile.sim_ready] = self._on_sim

    # ---- signs from the reader; called between awaits

    def _on_boot(self, text: str, pdu=None) -> None:
        self.sim_ok = self.sms_ok = False
        self._fresh = True
        self._dialogue.online = False
        first = not self._restarted
        self._restarted = True
        self._dialogue.fail_all()
        if first:
            self._modem.restarted()
        self._alarm.set()

    def _on_echo(self) -> None:
        if self.sim_ok:  # echo was off by then: the settings are gone
            self._on_boot("")

    def _on_sim(self, text: str, pdu) -> None:
        if text.endswith(" READY"):
            if self.sim_ok:
                self._on_boot(text)  # a SIM becomes ready once per start
            self._fresh = True
        elif self.sim_ok:
            self._on_boot(text)
        self._alarm.set()

    def _on_sms_ready(self, text: str, pdu) -> None:
        if self.sms_ok:
            self._on_boot(text)
        self.sms_ok = True
        self._alarm.set()

    def _on_silent(self) -> None:
        self._silent = True
        self._alarm.set()

    # ---- the task

    async def run(self) -> None:
        while True:
            try:
                await self._start()
                self._rest_s = 0
                self._told = self._dialogue.line_error = None
                await self._watch()
            except ModemReset:
                self._tell("restart", self.stage)
            except ModemError as error:
                self._tell("start again", error.reason)
                self._modem.lost()
                self._rest_s = max(self._rest_s, _RETRY_S)
            self._dialogue.online = False
            self.sim_ok = False
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
        await asyncio.sleep(min(seconds, _RETRY_S))
        if seconds > _RETRY_S:
            try:
                await asyncio.wait_for(self._alarm.wait(), seconds - _RETRY_S)
            except asyncio.TimeoutError:
                pass

    async def _start(self) -> None:
        self._modem.initialised = False
        if not await self._answers():
            raise ModemError("no answer")
        self._restarted = self._silent = False
        for text in self._profile.setup:
            await self._set(text)
        self._dialogue.online = True
        self._powered = 0
        self._wait_s = self._profile.boot_s
        await self._sim()
        await self._identify()
        await self._sms()
        self._inbox.reset()
        self._modem.initialised = True
        await self._network()

    async def _answers(self) -> bool:
        self.stage = "no answer"
        for _ in range(2):
            if await self._dialogue.fence():
                return True
        if self._power is None:
            await self._pause(_RETRY_S)
            return False
        await self._power_up()
        end = time.ticks_add(time.ticks_ms(), self._wait_s * 1000)
        self._wait_s = min(2 * self._wait_s, 600)  # some families stand few power cycles a day
        while time.ticks_diff(end, time.ticks_ms()) > 0:
            try:
                if await self._dialogue.fence():
                    return True
            except ModemReset:
                continue  # the banner of the start we wait for
            await asyncio.sleep(_RETRY_S)
        return False

    async def _power_up(self) -> None:
        reset = self._powered or self._modem.was_ready
        self._modem.log("power", "reset" if reset else "on")
        try:
            await (self._power.reset() if reset else self._power.on())
        except OSError:
            self._modem.log("power", "failed")
        self._powered += 1
        self._fresh = True

    async def _ask(self, text: str, *prefixes, timeout=9) -> list:
        return await self._dialogue.command(text, *prefixes, timeout=timeout, setup=True)

    async def _set(self, text: str) -> bool:
        try:
            await self._ask(text)
        except CommandError as error:
            self._modem.log("setting refused", str(error))
            return False
        except ModemTimeout:
            if self._silent:
                raise
            return False
        return True

    async def _pause(self, seconds) -> None:
        """Sleep; a sign from the reader ends it, a restart raises."""
        if not (self._restarted or self._silent):
            try:
                await asyncio.wait_for(self._alarm.wait(), seconds)
            except asyncio.TimeoutError:
                pass
        self._alarm.clear()
        if self._restarted:
            raise ModemReset()
        if self._silent:
            raise ModemError("no answer")

    async def _sim(self) -> None:
        self.stage = "no sim"
        told = None
        while True:
            try:
                lines = await self._ask("AT+CPIN?", "+CPIN:")
                state = lines[0][7:19] if lines else "?"
            except CommandError as error:
                state = str(error)
            if state == "READY":
                self.sim_ok = True
                return
            if state != told:
                told = state
                self._modem.log("sim", state)
            await self._pause(_RETRY_S)

    async def _identify(self) -> None:
        for name, text in (("model", "AT+CGMM"), ("firmware", "AT+CGMR"), ("cnmi", "AT+CNMI=?")):
            try:
                lines = await self._ask(text, ANY, DIGITS, "+CGM", "+CNMI:")
            except CommandError:
                continue
            if lines:
                self._modem.identity[name] = lines[0][lines[0].find(":") + 1 :].strip()[:60]

    async def _sms(self) -> None:
        self.stage = "sms not ready"
        end = time.ticks_add(time.ticks_ms(), self._profile.sms_boot_s * 1000)
        while self._fresh and not self.sms_ok and time.ticks_diff(end, time.ticks_ms()) > 0:
            await self._pause(_RETRY_S)
        self._fresh = False
        while True:
            try:
                await self._ask("AT+CMGF=0")
                await self._ask("AT+CPMS?", "+CPMS:")
            except CommandError as error:
                if error.code in _SIM_GONE:
                    self.sim_ok = False
                    raise ModemError("no sim") from error
                if error.code in self._profile.sms_busy or error.command == "CMGF":
                    await self._look()  # payments need the network, not SMS
                    await self._pause(_RETRY_S)
                    continue
            break
        for text in self._profile.sms_setup:
            await self._set(text)
        for text in self._profile.report_routing:
            if await self._set(text):
                break
        else:
            self._modem.log("no reports", "CNMI")

    async def _network(self) -> None:
        self.stage = "not registered"
        end = time.ticks_add(time.ticks_ms(), self._profile.register_s * 1000)
        await self._look()
        while not self._modem.registered:
            await self._pause(_RETRY_S)
            await self._look()
            if self._power is not None and time.ticks_diff(end, time.ticks_ms()) <= 0:
                self._powered += 1
                await self._power_up()
                raise ModemError("not registered")
        self.stage = ""

    async def _look(self) -> None:
        modem = self._modem
        try:
            for line in await self._ask("AT+CSQ", "+CSQ:"):
                modem.signal = signal(line)
            for line in await self._ask("AT+CREG?", "+CREG:"):
                modem.on_registration(line)
            if modem.operator is None and modem.registered:
                modem.operator = ""  # asked once; some modems refuse, some search for long
                for line in await self._ask("AT+COPS?", "+COPS:", timeout=30):
                    fields = line.split('"')
                    modem.operator = fields[1][:24] if len(fields) > 2 else ""
        except CommandError as error:
            modem.log("query refused", str(error))
        except ModemTimeout:
            await self._still_there()

    async def _still_there(self) -> None:
        if not await self._dialogue.fence():
            raise ModemError("no answer")

    async def _watch(self) -> None:
        looked = time.ticks_ms()
        polls = 0
        while True:
            left = self._profile.poll_s * 1000 - time.ticks_diff(time.ticks_ms(), looked)
            await self._pause(max(left / 1000, 1))
            if self._dialogue.held:
                continue  # the line belongs to a payment
            try:
                if self._inbox.pending:
                    await self._inbox.work()
            except ModemTimeout:
                await self._still_there()
            if left <= 0:
                looked = time.ticks_ms()
                polls += 1
                if polls % _RESWEEP == 0 and self._inbox.kept:
                    self._inbox.sweep = True
                await self._look()
