"""The modem's TCP connections on the device's interpreter, in three dialects, against a modem in memory.

MICROPYPATH=lib:firmware:.frozen micropython -X heapsize=256K tests/target/modem_sockets_target.py
"""

import asyncio
import gc

import micropython  # noqa: F401 - gives CPython time.ticks_*

from modem import ConnectError, ModemReset, ModemTimeout, family
from modem.dialogue import Dialogue

HOSTILE = b"\x00\r\nOK\r\n> \x1a\x1b+CMTI: 1\r\n0, CLOSED\r\nSEND OK\r\n\xff"
ROUNDS = 3

checks = 0


def check(condition, what):
    global checks
    assert condition, what
    checks += 1


class Line:
    """The terminal's end; what is written goes to `modem`."""

    def __init__(self):
        self.data = b""
        self.news = asyncio.Event()
        self.modem = None

    async def read(self, n):
        while not self.data:
            self.news.clear()
            await self.news.wait()
        n = min(n, 61)  # so that every reply is cut somewhere
        piece, self.data = self.data[:n], self.data[n:]
        return piece

    def write(self, data):
        self.modem.hear(bytes(data))

    async def drain(self):
        await asyncio.sleep(0)


class Peer:
    """The host answers with the same bytes turned round. `words`: command head -> lines, "%d" is the number."""

    def __init__(self, line, words, raw):
        self.line = line
        self.words = words
        self.raw = raw
        self.text = b""
        self.need = 0
        self.number = 0
        self.waiting = {}
        self.mute = False

    def say(self, text):
        for line in text.split("|"):
            self.line.data += b"\r\n" + line.encode() + b"\r\n"
        self.line.news.set()

    def hear(self, data):
        for at in range(len(data)):
            byte = data[at : at + 1]
            if self.need or byte != b"\r":
                self.text += byte
                if self.need and len(self.text) == self.need:
                    turned = bytes(reversed(self.text))
                    self.waiting[self.number] = self.waiting.get(self.number, b"") + turned
                    size, self.need, self.text = self.need, 0, b""
                    sent = self.words["sent"]
                    self.say(sent.replace("%d", str(self.number)).replace("%s", str(size)))
                continue
            text, self.text = self.text.decode().strip("\x1b"), b""
            if text and not self.mute:
                self.obey(text)

    def obey(self, text):
        head, _, rest = text.partition("=")
        fields = rest.split(",")
        if head in ("AT+CIPSEND", "AT+QISEND"):
            self.number, self.need = int(fields[0]), int(fields[1])
            self.line.data += b"\r\n> "
            self.line.news.set()
        elif head == "AT+QIRD" or (head == "AT+CIPRXGET" and fields[0] == "2"):
            self.fetch(int(fields[-2]), int(fields[-1]))
        else:
            number = fields[1] if head == "AT+QIOPEN" else fields[0]
            if "refused" in text:
                head = "refused"
            self.say(self.words.get(head, "OK").replace("%d", number))

    def fetch(self, number, size):
        waiting = self.waiting.get(number, b"")
        got, self.waiting[number] = waiting[:size], waiting[size:]
        if not got:
            self.say(self.words["empty"])
            return
        line = self.raw.replace("%d", str(number)).replace("%g", str(len(got)))
        line = line.replace("%l", str(len(waiting) - len(got)))
        self.line.data += b"\r\n" + line.encode() + b"\r\n" + got + b"\r\n\r\nOK\r\n"
        self.line.news.set()


FENCES = {"AT+CSQ": "+CSQ: 9,99|OK", "AT+CMEE?": "+CMEE: 1|OK", "AT+CMGF?": "+CMGF: 0|OK"}
FAMILIES = (
    (
        "SIM7600",
        "+CIPRXGET: 2,%d,%g,%l",
        {
            "AT+NETOPEN": "OK|+NETOPEN: 0",
            "AT+CIPOPEN": "+CIPOPEN: %d,0|OK",
            "refused": "OK|+CIPOPEN: %d,11",
            "AT+CIPCLOSE": "OK|+CIPCLOSE: %d,0",
            "sent": "OK|+CIPSEND: %d,%s,%s|+CIPRXGET: 1,%d",
            "empty": "+IP ERROR: No data|ERROR",
        },
        "+IPCLOSE: 0,1",
    ),
    (
        "SIM800",
        "+CIPRXGET: 2,%d,%g,%l",
        {
            "AT+CIPSHUT": "SHUT OK",
            "AT+CIFSR": "10.0.0.2",
            "AT+CIPSTART": "OK|%d, CONNECT OK",
            "refused": "OK|%d, CONNECT FAIL",
            "AT+CIPSTATUS": "OK|STATE: IP PROCESSING",
            "AT+CIPCLOSE": "%d, CLOSE OK",
            "sent": "%d, SEND OK|+CIPRXGET: 1,%d",
            "empty": "+CIPRXGET: 2,0,0,0|OK",
        },
        "0, CLOSED",
    ),
    (
        "EC200",
        "+QIRD: %g",
        {
            "AT+QIOPEN": "OK|+QIOPEN: %d,0",
            "refused": "OK|+QIOPEN: %d,565",
            "sent": 'SEND OK|+QIURC: "recv",%d',
            "empty": "+QIRD: 0|OK",
        },
        '+QIURC: "closed",0',
    ),
)


async def fails(work, kind):
    try:
        await work
    except kind as error:
        return error
    raise AssertionError("no error")


async def converse(name, raw, words, closed):
    line = Line()
    words.update(FENCES)
    peer = line.modem = Peer(line, words, raw)
    profile = family(name)
    profile.prompt_s = 1
    dialogue = Dialogue(line, profile, lambda event, detail: None)
    link = profile.link(dialogue, profile, lambda event, detail: None)
    dialogue.online = True
    tasks = [asyncio.create_task(dialogue.read()), asyncio.create_task(dialogue.work())]

    first = await link.connect("host.example", 7000, 5)
    second = await link.connect("host.example", 7000, 5)
    check((first.number, second.number) == (0, 1) and not first.sent_any, "two connections")
    error = await fails(link.connect("refused", 1, 5), ConnectError)
    check(error.reason in ("name not found", "connect failed"), "reason")
    for _ in range(ROUNDS):
        for connection, message in ((first, HOSTILE * 60), (second, b"2" * 300)):
            connection.write(message)
            await asyncio.wait_for(connection.drain(), 5)
        wanted = bytes(reversed((HOSTILE * 60)[:1460]))
        check(await asyncio.wait_for(first.readexactly(2), 5) == wanted[:2], "head")
        check(await asyncio.wait_for(first.readexactly(1458), 5) == wanted[2:], "bytes through TCP")
        check(await asyncio.wait_for(second.readexactly(300), 5) == b"2" * 300, "the other's bytes")
        rest = len(HOSTILE * 60) - 1460
        check(len(await asyncio.wait_for(first.readexactly(rest), 5)) == rest, "second piece")
    check(first.sent_any, "sent")
    try:
        first.write(bytes(5000))
        check(False, "no bound")
    except ConnectError:
        check(True, "bound")

    # a cancelled read loses nothing
    waiting = asyncio.create_task(second.read(10))
    await asyncio.sleep(0.05)
    waiting.cancel()
    try:
        await waiting
        check(False, "cancellation swallowed")
    except asyncio.CancelledError:
        check(True, "cancelled")
    second.write(b"abc")
    await second.drain()
    check(await asyncio.wait_for(second.readexactly(3), 5) == b"cba", "after a cancelled read")

    # a cancelled drain breaks the connection; what had not left will not
    peer.mute = True
    second.write(b"PAY")
    await fails(asyncio.wait_for(second.drain(), 0.1), asyncio.TimeoutError)
    peer.mute = False
    await fails(second.drain(), ConnectError)
    second.close()
    await asyncio.wait_for(second.wait_closed(), 20)
    check(not second.connected, "closed")

    # what came before the peer's end is read
    first.write(b"last")
    await first.drain()
    peer.say(closed)
    await asyncio.sleep(0.05)
    check(not first.connected and await first.read(9) == b"tsal" and await first.read(9) == b"", "end")
    first.close()
    await first.wait_closed()

    # a restart ends everything
    third = await link.connect("host.example", 7000, 5)
    waiting = asyncio.create_task(third.read(1))
    await asyncio.sleep(0.05)
    dialogue.fail_all()
    link.reset()
    await fails(waiting, ModemReset)
    words["AT+CIPOPEN"] = words["AT+CIPSTART"] = words["AT+QIOPEN"] = "OK"
    await fails(link.connect("host.example", 7000, 0.3), ModemTimeout)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    for entry in FAMILIES:
        await converse(*entry)
        gc.collect()


asyncio.run(main())
print("ok", checks)
