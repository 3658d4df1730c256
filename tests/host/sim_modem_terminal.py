"""A terminal's end of the simulated modem, in memory: types commands and collects lines."""

import asyncio
import socket
from datetime import datetime, timezone

import streams
import virtualclock
from posterm.sim.modem import ModemConfig, ModemSim

FINALS = ("OK", "ERROR", "+CME ERROR", "+CMS ERROR")
START = datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class Hosts:
    """Accepts every connection and keeps the far ends."""

    def __init__(self):
        self.ends = []
        self.dialled = []

    async def connect(self, host, port):
        self.dialled.append((host, port))
        errors = {"refused": ConnectionRefusedError(), "nowhere": socket.gaierror(), "unreachable": OSError()}
        if host in errors:
            raise errors[host]
        if host == "silent":
            await asyncio.sleep(3600)
        near, far = streams.pair()
        self.ends.append(far)
        return near, near


class Terminal:
    """Everything the modem says lands in `heard`; `lines()` splits it."""

    def __init__(self, config=None, connect=None):
        self.heard = bytearray()
        self.written = []
        self.log = []
        self.sim = ModemSim(self._hear, connect, config or ModemConfig(), now=self._now, log=self._note)
        self._event = asyncio.Event()

    def _now(self):
        return START

    def _note(self, mark, text):
        self.log.append(f"{mark} {text}")

    def _hear(self, data):
        self.heard += data
        self.written.append(bytes(data))
        self._event.set()

    def lines(self):
        whole = self.heard.decode("latin-1").rpartition("\r\n")[0]
        return [line for line in whole.split("\r\n") if line.strip()]

    async def more(self):
        """Wait until the modem says anything."""
        self._event.clear()
        await self._event.wait()

    async def until(self, wanted, seconds=60.0):
        """Wait until `wanted` (bytes) was heard, return and forget everything up to its line's end."""

        async def wait():
            while True:
                place = self.heard.find(wanted)
                if place >= 0:
                    if wanted.endswith((b">", b"> ", b"\r\n")):
                        return place + len(wanted)
                    end = self.heard.find(b"\r\n", place + len(wanted))
                    if end >= 0:
                        return end
                await self.more()

        end = await asyncio.wait_for(wait(), seconds)
        text = bytes(self.heard[:end])
        self.heard[:] = self.heard[end:]
        return text

    async def ready(self):
        self.sim.start()
        await self.until(self.sim.config.kind.ready[-1].encode())
        await asyncio.sleep(0.5)
        assert await self.command("ATE0") == ["ATE0\r", "OK"]
        self.heard.clear()
        return self

    async def command(self, text, seconds=60.0, final=FINALS):
        """Send a line, return all lines up to the final result, a line that begins with one of `final`."""
        self.sim.feed(text.encode() + b"\r")

        async def wait():
            while True:
                lines = self.lines()
                for count, line in enumerate(lines, 1):
                    if line.startswith(final):
                        self.heard.clear()
                        return lines[:count]
                await self.more()

        return await asyncio.wait_for(wait(), seconds)

    async def send_pdu(self, pdu, octets=None):
        """AT+CMGS with a PDU (bytes with SMSC octets); return the lines after the prompt."""
        length = len(pdu) - pdu[0] - 1 if octets is None else octets
        self.sim.feed(b"AT+CMGS=%d\r" % length)
        await self.until(b"\r\n> ")
        return await self.command(pdu.hex().upper() + "\x1a")


def with_hosts(script, config=None):
    """Run `await script(terminal, hosts)` with hosts that take every connection."""
    hosts = Hosts()
    return on_virtual_clock(lambda terminal: script(terminal, hosts), config, hosts.connect)


def on_virtual_clock(script, config=None, connect=None, limit=3600):
    """Run `await script(terminal)` with a modem that has booted and has echo off."""

    async def main():
        terminal = await Terminal(config, connect).ready()
        try:
            return await script(terminal)
        finally:
            terminal.sim.close()

    return virtualclock.run(main(), limit=limit)
