"""Frames over the modem's socket: length, TPDU, header, message.

One connection for one exchange: a late answer to an earlier request can never be taken for the answer to this one.
"""

import asyncio
import time
from binascii import unhexlify

from micropython import const

import modem as modem_lib
from terminal.acquirer.errors import NoAnswer, NotSent

_FRAME_MAX = const(1400)  # octets, far above any answer in the field table
_PREFIX = const(11)  # TPDU 5 + header 6
_READY_SECONDS = const(10)
_CONNECT_SECONDS = const(30)
_SEND_SECONDS = const(30)


class Link:
    """Args: `modem` (connect), `settings` (host, port, tpdu, header, host_timeout), `log(event, detail)`, `beat` called
    at the start of each exchange, which ends within host_timeout and about a minute for the modem."""

    def __init__(self, modem, settings, log, beat):
        self._beat = beat
        self._modem = modem
        self._settings = settings
        self._log = log
        self.handling = "0"  # what the host asked for in its last header

    async def exchange(self, message):
        """Send `message` (MTI to last field) and return the answer's message as a memoryview.

        Raises NotSent when nothing left the terminal, NoAnswer otherwise.
        """
        self._beat()
        s = self._settings
        frame = bytearray(2 + _PREFIX + len(message))
        size = len(frame) - 2
        frame[0] = size >> 8
        frame[1] = size & 0xFF
        frame[2:7] = unhexlify(s["tpdu"])
        frame[7:13] = unhexlify(s["header"])
        frame[13:] = message
        await self._modem_up()
        try:
            connection = await self._modem.connect(s["host"], s["port"], _CONNECT_SECONDS)
        except (modem_lib.ModemError, asyncio.TimeoutError, OSError) as e:
            self._log("host.unreachable", _reason(e))
            raise NotSent("no connection") from None
        try:
            return await self._converse(connection, frame)
        finally:
            connection.close()  # told to the modem while the answer is dealt with

    async def _modem_up(self):
        """Give a modem that has just been switched on, or restarted, a moment; then try all the same, because trouble
        with SMS must not stop a payment."""
        if not self._modem.ready:
            try:
                await self._modem.wait_ready(_READY_SECONDS)
            except modem_lib.ModemError as e:
                self._log("host.modem", e.reason)

    async def _converse(self, connection, frame):
        started = time.ticks_ms()
        try:
            connection.write(frame)
            await asyncio.wait_for(connection.drain(), _SEND_SECONDS)
            head = await self._read(connection, 2, started)
            size = head[0] << 8 | head[1]
            if not _PREFIX + 10 <= size <= _FRAME_MAX:
                raise NoAnswer("frame length")
            answer = await self._read(connection, size, started)
        except (modem_lib.ModemError, asyncio.TimeoutError, OSError) as e:
            reason = _reason(e)
            self._log("host.lost", reason)
            if not connection.sent_any:
                raise NotSent(reason) from None
            raise NoAnswer(reason) from None
        except NoAnswer as e:
            self._log("host.lost", e.reason)
            raise
        self.handling = "%x" % (answer[7] & 0x0F)
        return memoryview(answer)[_PREFIX:]

    async def _read(self, connection, size, started):
        left = self._settings["host_timeout"] * 1000 - time.ticks_diff(time.ticks_ms(), started)
        try:
            return await asyncio.wait_for(connection.readexactly(size), max(left, 1) / 1000)
        except asyncio.TimeoutError:
            raise NoAnswer("time-out") from None


def _reason(e):
    if isinstance(e, asyncio.TimeoutError):
        return "time-out"
    return getattr(e, "reason", None) or type(e).__name__
