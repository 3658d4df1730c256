"""lib/modem on CPython and MicroPython: parser splits, start, TCP, SMS and a restart against a modem in memory."""

import asyncio
import time

import micropython  # noqa: F401 - gives CPython time.ticks_*

from modem import Modem, ModemReset, ModemTimeout, Parser, SmsRejected, family, mask
from modem.power import Power

CHECKS = 0


def check(condition, what):
    global CHECKS
    assert condition, what
    CHECKS += 1


class Line:
    """The terminal's end: what it writes goes to `modem`, what the modem says is read here."""

    def __init__(self):
        self.data = b""
        self.news = asyncio.Event()
        self.modem = None

    async def read(self, n):
        while not self.data:
            self.news.clear()
            await self.news.wait()
        # small pieces, so that every reply is cut somewhere
        n = min(n, 7)
        piece, self.data = self.data[:n], self.data[n:]
        return piece

    def write(self, data):
        self.modem.hear(bytes(data))

    async def drain(self):
        await asyncio.sleep(0)

    def say(self, data):
        self.data += data
        self.news.set()


class TinyModem:
    REPLIES = {
        "AT+CSQ": "+CSQ:17,99",
        "AT+CMEE?": "+CMEE: 1",
        "AT+IPR?": "+IPR: 115200",
        "AT+CGMM": "SIMCOM_SIM7600CE",
        "AT+CGMR": "+CGMR: LE20B04",
        "AT+CIMI": "460001234567890",
        "AT+CNUM": '+CNUM: ,"+8613800138000",145',
        "AT+CNMI=?": "+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)",
        "AT+CPMS=?": '+CPMS: ("ME","SM"),("ME","SM"),("ME","SM")',
        "AT+CPIN?": "+CPIN: READY",
        "AT+CREG?": "+CREG: 0,5",
        "AT+CPMS?": '+CPMS: "SM",0,4,"SM",0,4,"SM",0,4',
        'AT+CPMS="SM"': "+CPMS: 0,4,0,4,0,4",
        "AT+COPS?": '+COPS: 0,0,"TEST",7',
        "AT+CCLK?": '+CCLK: "26/03/04,05:06:07+32"',
    }
    AFTER = {
        "AT+NETOPEN": "+NETOPEN: 0",
        'AT+CIPOPEN=0,"TCP","host.example",7000': "+CIPOPEN: 0,0",
        "AT+CIPCLOSE=0": "+CIPCLOSE: 0,0",
    }

    def __init__(self, line):
        self.line = line
        self.text = b""
        self.need = 0
        self.message = False
        self.host = b""
        self.mute = False
        self.hold = False
        self.messages = []

    def say(self, text):
        self.line.say(b"\r\n" + text.encode() + b"\r\n")

    def hear(self, data):
        for at in range(len(data)):
            byte = data[at : at + 1]
            if self.need:
                self.text += byte
                if len(self.text) == self.need:
                    self.host = bytes(reversed(self.text))  # the host answers with the same bytes turned round
                    self.say("OK")
                    self.say("+CIPSEND: 0,{},{}".format(self.need, self.need))  # noqa: UP032
                    self.say("+CIPRXGET: 1,0")
                    self.need, self.text = 0, b""
            elif self.message and byte in b"\x1a\x1b":
                if byte == b"\x1a":
                    self.messages.append(self.text)
                    self.say("+CDS: 25")
                    self.say("079119890400202306400C91197909913764511090718384225110907183252200")
                    self.say("+CMGS: 64")
                self.say("OK")
                self.message, self.text = False, b""
            elif byte == b"\r" and not self.message:
                text, self.text = self.text.decode().strip("\x1b"), b""
                if text:
                    self.obey(text)
            else:
                self.text += byte

    def obey(self, text):
        if self.mute:
            return
        if text.startswith("AT+CMGS="):
            self.message = True
            if not self.hold:
                self.line.say(b"\r\n> ")
        elif text.startswith("AT+CIPSEND="):
            self.need = int(text.split(",")[1])
            self.line.say(b"\r\n>")
        elif text.startswith("AT+CIPRXGET=2,0,"):
            n = int(text.split(",")[2])
            got, self.host = self.host[:n], self.host[n:]
            if got:
                head = "\r\n+CIPRXGET: 2,0,{},{}\r\n".format(len(got), len(self.host))  # noqa: UP032
                self.line.say(head.encode() + got + b"\r\n\r\nOK\r\n")
            else:
                self.say("+IP ERROR: No data")
                self.say("ERROR")
        else:
            if text in self.REPLIES:
                self.say(self.REPLIES[text])
            self.say("OK")
            if text in self.AFTER:
                self.say(self.AFTER[text])


def test_parser():
    stream = b"\x00\r\n+CDS: 25\r\n\r\n07ab\r\n> +CIPRXGET: 2,0,6,0\r\n\r\nOK\r\n\r\nOK\r\n" + b"y" * 3000 + b"\nOK\n"

    profile = family("SIM7600")

    def cut(size):
        parser = Parser(raw=profile.raw, pdu=profile.pdu)
        events = []
        for at in range(0, len(stream), size):
            events += parser.feed(stream[at : at + size])
        return events

    whole = cut(len(stream))
    check([event[0] for event in whole] == [3, 1, 2, 0, 4, 0], "kinds of events")
    check(whole[2][2] == b"\r\nOK\r\n", "raw bytes")
    for size in (1, 2, 3, 5, 64):
        check(cut(size) == whole, "split")
    check(mask('"+8613800138000"') == '"+<13 digits>"', "mask")


class Memory:
    def __init__(self):
        self.kept = {}

    def load(self, key):
        return self.kept.get(key)

    def save(self, key, record):
        self.kept[key] = record


async def switching():
    """PWRKEY is held as long as the table says, and a modem that is on is left alone."""
    pulses = []
    state = [0]

    def key(level):
        pulses.append(level)
        state[0] ^= level

    power = Power(key, status=lambda: state[0])
    profile = family("SIM7600")
    start = time.ticks_ms()
    await power.on(profile)
    check(400 < time.ticks_diff(time.ticks_ms(), start) < 2500 and pulses == [1, 0], "key pressed")
    await power.on(profile)
    check(pulses == [1, 0], "key left alone")


async def scenario():
    line = Line()
    peer = line.modem = TinyModem(line)
    memory = Memory()
    modem = Modem(line, memory=memory)
    reports = []
    states = []
    modem.on_pdu = lambda kind, pdu: reports.append((kind, len(pdu)))
    modem.on_state = states.append
    running = asyncio.create_task(modem.run())
    await modem.wait_ready(20)
    await asyncio.sleep(0.3)
    check((modem.registration, modem.signal, modem.operator) == (5, 17, "TEST"), "state")
    check((modem.profile.name, modem.stage, modem.sms_ready) == ("SIM7600", "", True), "family and stage")
    check(modem.capabilities["reports"] == "direct" and len(modem.identity["sim"]) == 8, "capabilities")
    check(list(memory.kept.values()) == [modem.capabilities] and "46000" not in str(memory.kept), "memory")
    check(await modem.own_number() == "+8613800138000", "own number")
    check(await modem.clock() == (2026, 3, 4, 5, 6, 7), "clock")

    connection = await modem.connect("host.example", 7000, 5)
    request = b"\r\nOK\r\n> \x1b\x1a\x00" * 20
    connection.write(request)
    await connection.drain()
    answer = await connection.readexactly(len(request))
    check(answer == bytes(reversed(request)) and connection.sent_any, "bytes through TCP")
    waiting = asyncio.create_task(connection.read(10))
    await asyncio.sleep(0.1)
    waiting.cancel()
    try:
        await waiting
        check(False, "cancellation swallowed")
    except asyncio.CancelledError:
        check(True, "cancelled")
    connection.close()
    await connection.wait_closed()

    pdu = "0011000B911316325476F80000AA0AE8329BFD4697D9EC37"
    peer.hold = True

    async def submission():
        try:
            return await modem.send_pdu(pdu, 23)
        except SmsRejected as error:
            return error.code, error.reason

    broken = asyncio.create_task(submission())
    await asyncio.sleep(0.2)
    modem.claim()
    start = time.ticks_ms()
    check(await modem.command("AT+CSQ", "+CSQ:") == ["+CSQ: 17,99"], "payment's command")
    check(time.ticks_diff(time.ticks_ms(), start) < 1000, "payment first")
    check(await broken == (None, "preempted"), "preempted")
    modem.release()
    peer.hold = False

    check(await modem.send_pdu(pdu, 23) == 64, "reference")
    check(peer.messages == [pdu.encode()] and reports == [("CDS", 66)], "message and its report")
    try:
        await modem.send_pdu(pdu, 22)
        check(False, "wrong length accepted")
    except SmsRejected as error:
        check(error.code == 304, "wrong length")

    peer.mute = True
    try:
        await modem.command("AT+COPS?", timeout=0.3)
        check(False, "no time-out")
    except ModemTimeout as error:
        check(str(error) == "COPS: time-out", "time-out")
    peer.mute = False
    check(await modem.command("AT+CSQ", "+CSQ:") == ["+CSQ: 17,99"], "after a time-out")

    peer.mute = True
    pending = asyncio.create_task(modem.command("AT+COPS?", timeout=20))
    await asyncio.sleep(0.2)
    peer.mute = False
    start = time.ticks_ms()
    peer.say("RDY")
    peer.say("SMS DONE")
    try:
        await pending
        check(False, "restart not noticed")
    except ModemReset:
        check(time.ticks_diff(time.ticks_ms(), start) < 500, "restart")
    await modem.wait_ready(20)
    check([state for state in states if state != "sms ready"] == ["ready", "reset", "ready"], "states")
    check(modem.last_dialogue()[0].startswith("# posterm modem recording 1 SIMCOM"), "recording")
    check(pdu not in "".join(modem.last_dialogue()), "trace")
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        check(not modem.ready, "stopped")


test_parser()
asyncio.run(switching())
asyncio.run(scenario())
print("ok", CHECKS)
