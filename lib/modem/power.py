"""Switches a modem on and off: pulses at PWRKEY and RESET, rest, supply, as long as its family wants them.

    power = Power(pwrkey, status=status)        # pins: pwrkey(1) presses the key, pwrkey(0) lets it go; status() reads
    await power.on(profile)

    supply off -> supply on -> key pressed on_ms -> booting -> on -> key pressed off_ms -> going down off_s -> off

A pin is a callable and logical: 1 is pressed, reset, supplied; a board whose transistor turns the level round gives a
pin that does the same (machine.Signal). Times are in the family's table, see profile.Profile.
"""

import asyncio
import time

from micropython import const

_SETTLE_MS = const(500)  # from supply to key, and after a reset pulse
_STATUS_S = const(12)  # longest time from the key to the status pin


class Power:
    """`status`: reads 1 while the modem is on; without it the modem is thought on after on() until off(). `reset`: pin of
    the modem's RESET input. `supply`: switch of its supply. Only one of on(), off(), reset() may run at a time."""

    def __init__(self, pwrkey, status=None, reset=None, supply=None):
        self._pwrkey = pwrkey
        self._status = status
        self._reset = reset
        self._supply = supply
        self._off_at = None  # ticks in ms when it was told to go off

    async def on(self, profile) -> None:
        """Switch on; nothing when the status pin says that it is on. Raises OSError when a pin cannot be set."""
        if self._supply is not None:
            self._supply(1)
            await asyncio.sleep(_SETTLE_MS / 1000)
        if self._status is not None and self._status():
            return
        if self._off_at is not None:
            # a key pressed too early is not heard
            gone = time.ticks_diff(time.ticks_ms(), self._off_at)
            if 0 <= gone < profile.off_s * 1000:
                await asyncio.sleep(profile.off_s - gone / 1000)
            self._off_at = None
        await self._press(self._pwrkey, profile.on_ms)
        await self._until(1, _STATUS_S)

    async def off(self, profile) -> None:
        """Switch off and wait until it is; nothing is pressed when the status pin says that it is off, because the same
        key would switch it on."""
        if self._status is None or self._status():
            await self._press(self._pwrkey, profile.off_ms)
            self._off_at = time.ticks_ms()
            if self._status is None:
                await asyncio.sleep(profile.off_s)
            else:
                await self._until(0, profile.off_s)
        if self._supply is not None:
            self._supply(0)
            self._off_at = time.ticks_ms()

    async def reset(self, profile) -> None:
        """Restart a modem that does not answer: by RESET, else by its supply, else by the key."""
        if self._reset is not None:
            await self._press(self._reset, profile.reset_ms)
            await asyncio.sleep(_SETTLE_MS / 1000)
            if self._status is None or self._status():
                return
            # it was off
        elif self._supply is not None:
            self._supply(0)
            await asyncio.sleep(profile.off_s)
            self._off_at = None
        else:
            await self.off(profile)
        await self.on(profile)

    async def _press(self, pin, ms: int) -> None:
        pin(1)
        try:
            await asyncio.sleep(ms / 1000)
        finally:
            pin(0)

    async def _until(self, wanted: int, seconds) -> None:
        if self._status is not None:
            end = time.ticks_add(time.ticks_ms(), int(seconds * 1000))
            while bool(self._status()) != bool(wanted):
                await asyncio.sleep(0.1)
                if time.ticks_diff(end, time.ticks_ms()) <= 0:
                    break
