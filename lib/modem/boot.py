"""From a line that may be dead to a modem that takes commands and has a SIM.

answers (else other rates, else power) -> family -> settings -> SIM (PIN once) -> model, firmware, SIM fingerprint
"""

import asyncio
import time
from hashlib import sha256

from micropython import const

from .errors import CommandError, ModemError, ModemReset, ModemTimeout
from .families import family, family_of
from .job import ANY, DIGITS, NORMAL, SETUP

RETRY_S = const(2)
_RATES = (115200, 9600, 57600, 38400, 19200, 230400, 460800)
_PIN_TRIES = const(2)  # of the SIM's three, while it is unknown what became of the last one
_REFUSED = const(9)


def fingerprint(text: str) -> str:
    """8 hex digits that stand for a secret or private text."""
    return sha256(text.encode()).digest()[:4].hex()


class Boot:
    """The part of the keeper that runs once a start. `.stage`: "no answer", "no sim", "sim locked"; "" once past."""

    def __init__(self, modem, dialogue, power, memory, pin):
        self._modem = modem
        self._dialogue = dialogue
        self._power = power
        self._memory = memory
        self._pin = pin
        self._alarm = asyncio.Event()
        self._restarted = False
        self._silent = False
        self._fresh = False  # the modem came up under our eyes: it announces when SMS works
        self._sim_due = False  # the modem will still say that its SIM is ready, perhaps after it told it when asked
        self._switching = asyncio.Lock()
        self._powered = 0
        self._wait_s = modem.profile.boot_s
        self._planned = None  # ticks in ms until when a restart is expected
        self.stage = "no answer"
        self.asleep = False  # switched off on purpose
        self.sim_ok = False

    def plan(self) -> None:
        """A restart that comes now is no fault."""
        self._planned = time.ticks_add(time.ticks_ms(), self._modem.profile.boot_s * 1000)

    async def _start(self) -> None:
        modem = self._modem
        modem.initialised = False
        if not await self._answers():
            raise ModemError("no answer")
        self._restarted = self._silent = False
        if not modem.family_known:
            await self._choose()
        for text in modem.profile.setup:
            await self._set(text)
        self._dialogue.online = True
        self._powered = 0
        self._wait_s = modem.profile.boot_s
        await self._sim()
        await self._identify()
        self.stage = ""
        modem.initialised = True

    # ---- a modem that answers

    async def _answers(self) -> bool:
        self.stage = "no answer"
        for _ in range(2):
            if await self._dialogue.fence():
                return True
        if await self._find_rate():
            return True
        if self._power is None:
            await self._pause(RETRY_S)
            return False
        await self._power_up()
        end = time.ticks_add(time.ticks_ms(), self._wait_s * 1000)
        self._wait_s = min(2 * self._wait_s, self._modem.profile.power_rest_s)
        while time.ticks_diff(end, time.ticks_ms()) > 0:
            try:
                if await self._dialogue.fence():
                    return True
            except ModemReset:
                continue  # the banner of the start we wait for
            await asyncio.sleep(RETRY_S)
        return False

    async def _find_rate(self) -> bool:
        """Try the usual rates, if the line can change its own; leave both ends at the profile's."""
        change = self._dialogue.set_baudrate
        if change is None:
            return False
        wanted = self._modem.profile.baud
        for rate in _RATES:
            change(rate)
            if await self._dialogue.fence(1):
                if rate != wanted:
                    self._modem.log("baud", f"{rate / 1000:.1f} kbit/s")
                    if await self._set(f"AT+IPR={wanted}"):
                        change(wanted)
                    if not await self._dialogue.fence():
                        change(rate)
                        return await self._dialogue.fence()
                return True
        change(wanted)
        return False

    async def _power_up(self) -> None:
        reset = self._powered or self._modem.was_ready
        self._modem.log("power", "reset" if reset else "on")
        self.plan()
        await self._switch(self._power.reset if reset else self._power.on)
        self.plan()
        self._powered += 1
        self._fresh = self._sim_due = True

    async def _switch(self, way) -> None:
        async with self._switching:  # restart() may come while the keeper is at it
            try:
                await way(self._modem.profile)
            except OSError:
                self._modem.log("power", "failed")

    async def _choose(self) -> None:
        await self._set("ATE0")
        model = await self._word("AT+CGMM") or await self._word("ATI")
        name = family_of(model)
        if name is None:
            self._modem.log("modem.unknown", model or "no name")
            self._modem.adopt(family("SIM7600"), False)
        else:
            self._modem.adopt(family(name))

    # ---- asking

    async def _ask(self, text: str, *prefixes, timeout=9, rank=SETUP) -> list:
        return await self._dialogue.command(text, *prefixes, timeout=timeout, rank=rank)

    async def _set(self, text: str, rank=SETUP) -> bool:
        try:
            await self._ask(text, rank=rank)
        except CommandError as error:
            self._modem.log("setting refused", str(error))
            return False
        except ModemTimeout:
            if self._silent or rank != SETUP:
                raise
            return False
        return True

    async def _word(self, text: str) -> str:
        """The first line of the reply, without its head; "" when refused."""
        try:
            lines = await self._ask(text, ANY, DIGITS, "+CGM", "+CCID", "+QCCID", "+ICCID", "+CIMI")
        except CommandError:
            return ""
        return lines[0][lines[0].find(":") + 1 :].strip()[:60] if lines else ""

    async def _pause(self, seconds) -> None:
        """Sleep; a sign from the reader ends it, a restart raises."""
        if not (self._restarted or self._silent or self.asleep):
            try:
                await asyncio.wait_for(self._alarm.wait(), seconds)
            except asyncio.TimeoutError:
                pass
        self._alarm.clear()
        if self.asleep:
            raise ModemError("off")
        if self._restarted:
            raise ModemReset()
        if self._silent:
            raise ModemError("no answer")

    # ---- SIM

    async def _sim(self) -> None:
        self.stage = "no sim"
        told = None
        while True:
            code = None
            try:
                lines = await self._ask("AT+CPIN?", "+CPIN:", rank=NORMAL)
                state = lines[0][7:19].strip() if lines else "?"
            except CommandError as error:
                state = str(error)
                code = error.code
            if state == "READY":
                self.sim_ok = True
                return
            if code in (11, 12) or state[:4] in ("SIM ", "PH-S"):  # 3GPP 27.007 §8.3
                self.stage = "sim locked"
            else:
                self.stage = "no sim"
            if state != told:
                told = state
                self._modem.log("sim", state)
            if (state == "SIM PIN" or code == 11) and self._pin is not None:
                await self._unlock()
            await self._pause(RETRY_S)

    async def _unlock(self) -> None:
        """The SIM is lost after three wrong PINs: a try is written down before it is made."""
        pin = self._pin
        self._pin = None
        if not (pin.isdigit() and 4 <= len(pin) <= 8):
            self._modem.log("sim", "no pin")
            return
        mark = fingerprint(pin)[:2]  # enough to see that it was changed, too little to find it
        memory = self._memory
        record = (memory.load("pin") if memory is not None else None) or {}
        tries = record.get("tries", 0) if record.get("pin") == mark else 0
        if tries >= _PIN_TRIES:
            self._modem.log("sim", "pin not tried again")
            return
        if memory is not None:
            memory.save("pin", {"pin": mark, "tries": tries + 1})
        try:
            await self._ask(f"AT+CPIN={pin}", timeout=20, rank=NORMAL)
        except CommandError:
            tries = _REFUSED
            self._modem.log("sim", "pin refused")
        else:
            tries = 0
            self._sim_due = True
        if memory is not None:
            memory.save("pin", {"pin": mark, "tries": tries})

    async def _identify(self) -> None:
        identity = self._modem.identity
        for name, text in (("model", "AT+CGMM"), ("firmware", "AT+CGMR")):
            identity[name] = await self._word(text) or identity.get(name, "")
        number = await self._word("AT+CIMI")
        if not (number.isdigit() and 10 <= len(number) <= 15):
            number = (await self._word(self._modem.profile.iccid)).strip('"')
            if len(number) < 15:
                number = ""
        identity["sim"] = fingerprint(number) if number else ""
