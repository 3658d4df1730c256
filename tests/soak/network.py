"""A modem and a phone network for the soak, in MicroPython: AT dialogue in the manner of a SIM7600, faults by chance.

    air = Air(chance, say, now)
    line = Line(chance, air, say)         # the stream for modem.Modem
    asyncio.create_task(line.run())

say(text): one line a fact: "D <time> <number> <reference> <part> <parts> <text in hex>" what a
phone got, "R <fault>" what went
wrong. The text is taken out of the PDU by this file's own reading of 3GPP 23.040, not by the terminal's.
"""

import asyncio
import time
from binascii import hexlify, unhexlify

_OK = "\r\nOK\r\n"
_REPLIES = (
    ("AT+CSQ", "+CSQ: 21,99"),
    ("AT+CMEE?", "+CMEE: 1"),
    ("AT+IPR?", "+IPR: 115200"),
    ("AT+CPIN?", "+CPIN: READY"),
    ("AT+CGMM", "SIMCOM_SIM7600CE"),
    ("AT+CGMR", "+CGMR: LE20B03SIM7600M22"),
    ("AT+CIMI", "460001234567890"),
    ("AT+COPS?", '+COPS: 0,0,"NETWORK",7'),
    ("AT+CNMI=?", "+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)"),
    ("AT+CPMS=?", '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")'),
    ("AT+CPMS?", '+CPMS: "SM",0,50,"SM",0,50,"SM",0,50'),
    ("AT+CPMS=", "+CPMS: 0,50,0,50,0,50"),
    ("AT+CSCA?", '+CSCA: "+8613800100500",145'),
)


class Chance:
    """Numbers by a seed, the same on every machine (the generator of 1988 by Park and Miller)."""

    def __init__(self, seed):
        self._state = seed % 2147483646 + 1

    def below(self, count):
        """Return an integer from 0 to count - 1."""
        self._state = self._state * 16807 % 2147483647
        return self._state % count

    def of_thousand(self, *weights):
        """Return the index of the weight that is drawn, len(weights) when none is."""
        drawn = self.below(1000)
        for i, weight in enumerate(weights):
            drawn -= weight
            if drawn < 0:
                return i
        return len(weights)


class Air:
    """The network: takes submissions, delivers their parts to phones, writes reports."""

    def __init__(self, chance, say, now):
        self._chance = chance
        self._say = say
        self._now = now
        self._reference = 0
        self.busy = 0  # submissions whose fate is still to come
        self.calm = False
        self.service = True
        self.line = None

    def restarted(self):
        """The modem counts from the beginning again."""
        self._reference = 0

    def submit(self, pdu):
        """Take an SMS-SUBMIT with its empty service centre in front; return the reference."""
        first = pdu[1]
        digits = pdu[3]
        octets = pdu[5 : 5 + (digits + 1) // 2]
        number = "".join(["%d%d" % (octet & 15, octet >> 4) for octet in octets])[:digits]
        at = 5 + len(octets) + 2
        validity = _seconds(pdu[at])
        text = pdu[at + 2 :]
        place = (0, 1, 1)
        if first & 0x40:
            place = (text[3], text[5], text[4])
            text = text[text[0] + 1 :]
        reference = self._reference
        self._reference = (reference + 1) & 0xFF
        self.busy += 1
        asyncio.create_task(self._carry(number, place, text, reference, validity, self._now()))
        return reference

    async def _carry(self, number, place, text, reference, validity, at):
        chance = self._chance
        fate = 3 if self.calm else chance.of_thousand(40, 25, 15)
        delay = 1 + chance.below(20)
        status = 0
        if fate == 0:  # the phone is off for some hours
            await asyncio.sleep(2)
            self._report(number, reference, at, 0x30)
            delay = 3600 + chance.below(18000)
        elif fate == 1:
            delay = 600 + chance.below(4000)
            status = 0x62
        elif fate == 2:
            status = 0x41
        if delay > validity:
            delay = validity
            status = 0x46
        await asyncio.sleep(delay)
        if not status:
            self._say("D %d %s %d %d %d %s" % ((self._now(), number) + place + (hexlify(text).decode(),)))
        self.busy -= 1
        kind = 2 if self.calm else chance.of_thousand(30, 30)
        if kind == 0:
            self._say("R report lost")
            return
        for _ in range(2 if kind == 1 else 1):
            await self._deliver(number, reference, at, status)
            await asyncio.sleep(3)

    async def _deliver(self, number, reference, at, status):
        for _ in range(40):
            if self._report(number, reference, at, status):
                return
            await asyncio.sleep(300)
        self._say("R report expired")

    def _report(self, number, reference, at, status):
        return self.service and self.line.tell_report(self.report(number, reference, at, status))

    def report(self, number, reference, at, status):
        """An SMS-STATUS-REPORT (3GPP 23.040 §9.2.2.3), the recipient in either form."""
        kind = 0x81
        if self._chance.below(2):
            number = "86" + number
            kind = 0x91
        digits = number + "F" * (len(number) % 2)
        address = "%02X%02X%s" % (len(number), kind, _swapped(digits))
        return "00" + "06%02X" % reference + address + _stamp(at) + _stamp(self._now()) + "%02X" % status


class Line:
    """The serial line with the modem behind it."""

    def __init__(self, chance, air, say):
        self._chance = chance
        self._air = air
        self._say = say
        self._in = b""
        self._out = b""
        self._written = asyncio.Event()
        self._readable = asyncio.Event()
        self._on = True
        self._echo = True
        self.commits = 0
        air.line = self

    # the terminal's side

    async def read(self, size):
        while not self._out:
            self._readable.clear()
            await self._readable.wait()
        data = self._out[:size]
        self._out = self._out[size:]
        return data

    def write(self, data):
        if self._on:
            self._in = (self._in + bytes(data))[-600:]
            self._written.set()

    async def drain(self):
        await asyncio.sleep(0)

    # the modem's side

    def put(self, text):
        data = text.encode()
        if not self._air.calm and self._chance.of_thousand(1) == 0:
            at = self._chance.below(len(data))
            data = data[:at] + data[at + 1 :]
            self._say("R byte lost")
        self._out = (self._out + data)[-4000:]
        self._readable.set()

    def tell_report(self, pdu):
        """Give a report to the terminal if the modem is on."""
        if self._on:
            self.put("\r\n+CDS: %d\r\n%s\r\n" % (len(pdu) // 2 - 1, pdu))
        return self._on

    def tell_service(self):
        if self._on:
            self.put("\r\n+CREG: %d\r\n" % (1 if self._air.service else 2))

    async def run(self):
        """Answer for ever."""
        while True:
            line, _ = await self._until(b"\r")
            text = line.replace(b"\x1b", b"").decode().strip()
            if not text.startswith("AT"):
                continue
            if self._echo:
                self.put(text + "\r")
            await asyncio.sleep(0.01)
            if text.startswith("AT+CMGS="):
                await self._message(int(text[8:]))
            else:
                self._reply(text)

    async def _until(self, ends):
        while True:
            for i in range(len(self._in)):
                if self._in[i : i + 1] in ends:
                    found = self._in[:i], self._in[i]
                    self._in = self._in[i + 1 :]
                    return found
            self._written.clear()
            await self._written.wait()

    def _reply(self, text):
        if text == "ATE0":
            self._echo = False
        if text == "AT+CREG?":
            self.put("\r\n+CREG: 2,%d\r\n%s" % (1 if self._air.service else 2, _OK))
            return
        for command, reply in _REPLIES:
            if text.startswith(command):
                self.put("\r\n%s\r\n%s" % (reply, _OK))
                return
        self.put(_OK)

    async def _message(self, length):
        self.put("\r\n> ")
        data, end = await self._until((b"\x1a", b"\x1b"))
        if end == 0x1B:
            self.put(_OK)
            return
        self.commits += 1
        pdu = unhexlify(data.strip())
        if len(pdu) != length + 1:
            self.put("\r\n+CMS ERROR: 304\r\n")
            return
        await asyncio.sleep(1 + self._chance.below(20) / 10)
        if not self._air.service:
            self.put("\r\n+CMS ERROR: 331\r\n")
            return
        fault = 8 if self._air.calm else self._chance.of_thousand(30, 10, 10, 10, 8, 8, 8, 30)
        if fault == 0:
            self._say("R CMS 38")
            self.put("\r\n+CMS ERROR: 38\r\n")
        elif fault == 1 or fault == 2:
            self._say("R CMS 500, " + ("gone" if fault == 1 else "lost"))
            if fault == 1:
                self._air.submit(pdu)
            self.put("\r\n+CMS ERROR: 500\r\n")
        elif fault == 3 or fault == 4:
            self._say("R silence, " + ("gone" if fault == 3 else "lost"))
            if fault == 3:
                self._air.submit(pdu)
        elif fault == 5 or fault == 6:
            self._say("R restart, " + ("gone" if fault == 5 else "lost"))
            if fault == 5:
                self._air.submit(pdu)
            await self._restart()
        else:
            reference = self._air.submit(pdu)
            await asyncio.sleep(0.5)
            if fault == 7:
                # the network was faster than the modem; it says so once more later
                self._say("R early report")
                await asyncio.sleep(25)
            self.put("\r\n+CMGS: %d\r\n%s" % (reference, _OK))

    async def _restart(self):
        self._on = False
        self._out = self._in = b""
        await asyncio.sleep(15)
        self._echo = True
        self._air.restarted()
        self._on = True
        self.put("\r\nRDY\r\n\r\n+CPIN: READY\r\n")
        await asyncio.sleep(5)
        self.put("\r\nSMS DONE\r\n\r\nPB DONE\r\n")


def _seconds(value):
    if value < 144:
        return (value + 1) * 300
    return 43200 + (value - 143) * 1800 if value < 168 else (value - 166) * 86400


def _swapped(digits):
    return "".join([digits[i + 1] + digits[i] for i in range(0, len(digits), 2)])


def _stamp(seconds):
    t = time.gmtime(seconds + time.OFFSET)
    return _swapped("%02d%02d%02d%02d%02d%02d" % (t[0] % 100, t[1], t[2], t[3], t[4], t[5])) + "23"
