"""Scripted modems with TCP in three dialects, for the tests of lib/modem's connections. Written from the manuals' tables
(facts: results, their order, what ends a command), not from the driver.

    b = Bench("SIM800")
    b.run(scenario)                       # async scenario(b); b.link.connect(...), b.peer
    b.peer.offer(0, b"from the host")     # the host's bytes arrive in the modem
    b.peer.hang_up(0)                     # the host closes
    b.peer.lose_network()                 # the context is gone
    b.peer.once["AT+CIPSEND"] = ["ERROR"] # the next such command gets this reply; "" for none
"""

import asyncio

import streams
import virtualclock
from modem.dialogue import Dialogue
from modem.families import family

STORM = ('+CMTI: "SM",3', "+CREG: 5", "RING", '+CLIP: "13800138000",129', "+QIND: SMS DONE", "DST: 1", "0,1", "OK then")
OPEN, PEER_CLOSED = "open", "closed by peer"


class Far:
    """One connection as the network side sees it."""

    def __init__(self, host):
        self.host = host
        self.sent = bytearray()  # what the modem has taken from the terminal
        self.unacknowledged = 0
        self.waiting = bytearray()  # for the terminal
        self.announced = False
        self.state = OPEN


class Peer:
    """`piece`: octets per write, 0 for all at once. `latency`: s until a result. `room`: octets of a send buffer that
    `acknowledge` empties, None: no end. `outcome`: host -> error of the dialect. `storm`: lines put between all others.
    `quiet`: the modem does not announce data."""

    LIMIT = 1460

    def __init__(self, stream):
        self.stream = stream
        self.links, self.past = {}, []
        self.context = self.broken = False
        self.commands, self.once, self.outcome = [], {}, {}
        self.piece, self.latency, self.activation = 0, 0.05, 0.5
        self.room = None
        self.storm = ()
        self.quiet = self.mute = False
        self.prompt = b"\r\n> "
        self._need = None
        self._line, self._got = bytearray(), bytearray()
        self._timers = []

    # ---- the line

    def raw(self, data):
        step = self.piece or len(data)
        for at in range(0, len(data), step):
            self.stream.write(data[at : at + step])

    def say(self, *lines):
        for line in lines:
            for urc in self.storm:
                self.raw(b"\r\n" + urc.encode() + b"\r\n")
            self.raw(b"\r\n" + line.encode() + b"\r\n")

    def later(self, call, *arguments, after=None):
        delay = self.latency if after is None else after
        self._timers.append(asyncio.get_running_loop().call_later(delay, call, *arguments))

    async def run(self):
        while True:
            data = await self.stream.read(256)
            if not data:
                return
            for byte in data:
                if self.mute:
                    continue
                if self._need is not None:
                    self._payload(byte)
                elif byte == 13:
                    text, self._line = self._line.decode("latin-1").replace("\x1b", ""), bytearray()
                    if text:
                        self.command(text)
                else:
                    self._line.append(byte)

    def _payload(self, byte):
        self._got.append(byte)
        number, size = self._need
        if len(self._got) == size:
            data, self._got, self._need = bytes(self._got), bytearray(), None
            far = self.links.get(number)
            if far is None or far.state != OPEN:
                self.say("ERROR")
            else:
                self.later(self.sent, number, far, data)

    def command(self, text):
        self.commands.append(text)
        for head, replies in self.once.items():
            if replies and text.startswith(head):
                reply = replies.pop(0)
                if reply is not None:
                    for line in reply.split("\r\n"):
                        if line:
                            self.say(line)
                    return
        queries = {"AT+CSQ": "+CSQ: 20,99", "AT+CMGF?": "+CMGF: 0", "AT+CMEE?": "+CMEE: 1"}
        if text in queries:
            self.say(queries[text], "OK")
            return
        name, _, arguments = text[3:].partition("=")
        handler = getattr(self, "at_" + name.replace("?", "_query").lower(), None)
        fields = [field.strip('"') for field in arguments.split(",")] if arguments else []
        if handler is None:
            self.say("OK")
        else:
            handler(*fields)

    def ask_payload(self, number, size):
        if not 0 < size <= self.LIMIT:
            self.say("ERROR")
            return
        for urc in self.storm:
            self.raw(b"\r\n" + urc.encode() + b"\r\n")
        self._need = (number, size)
        self.raw(self.prompt)

    def give(self, head, number, size):
        """`head` with {got} and {left}, raw bytes, OK."""
        far = self.links[number]
        data = bytes(far.waiting[:size])
        del far.waiting[:size]
        if not far.waiting:
            far.announced = False
        for urc in self.storm:
            self.raw(b"\r\n" + urc.encode() + b"\r\n")
        line = head.replace("{got}", str(len(data))).replace("{left}", str(len(far.waiting)))
        self.raw(b"\r\n" + line.encode() + b"\r\n" + data)
        self.say("", "OK") if not self.storm else self.say("OK")

    # ---- the network

    def offer(self, number, data):
        far = self.links[number]
        far.waiting += data
        if not far.announced and not self.quiet:
            far.announced = True
            self.announce(number)

    def hang_up(self, number):
        self.links[number].state = PEER_CLOSED
        self.tell_closed(number)

    def lose_network(self, told=True):
        self.context, self.broken = False, True
        self.drop_all()
        if told:
            self.tell_lost()

    def drop_all(self):
        self.past += self.links.values()
        self.links.clear()

    def drop(self, number):
        self.past.append(self.links.pop(number))

    def acknowledge(self):
        for far in self.links.values():
            far.unacknowledged = 0

    def reboot(self):
        """The power failed: nothing is left, and what was on its way is not said any more."""
        for timer in self._timers:
            timer.cancel()
        self.drop_all()
        self.context = self.broken = False
        self._need, self._got, self._line = None, bytearray(), bytearray()

    def still_open(self):
        return [number for number, far in self.links.items() if far.state == OPEN]

    def take(self, far, data):
        """As much of `data` as there is room for; return how much."""
        size = len(data) if self.room is None else max(0, min(len(data), self.room - far.unacknowledged))
        far.sent += data[:size]
        if self.room is not None:
            far.unacknowledged += size
        return size


class NetOpenPeer(Peer):
    """SIM7600 and A7670."""

    def at_netopen(self):
        if self.context or self.broken:
            self.say("+IP ERROR: Network is already opened", "ERROR")
        else:
            self.context = True
            self.say("OK")
            self.later(self.say, "+NETOPEN: 0", after=self.activation)

    def at_netclose(self):
        if not self.context and not self.broken:
            self.say("+IP ERROR: Network is already closed", "ERROR")
            return
        self.context = self.broken = False
        self.drop_all()
        self.say("OK")
        self.later(self.say, "+NETCLOSE: 0")

    def at_cipopen(self, number, _kind, host, _port):
        number = int(number)
        if not self.context:
            self.say(f"+CIPOPEN: {number},2", "ERROR")
        elif number in self.links and self.links[number].state == OPEN:
            self.say(f"+CIPOPEN: {number},4", "ERROR")
        else:
            self.say("OK")
            self.later(self.opened, number, host)

    def opened(self, number, host):
        code = self.outcome.get(host, 0) if self.context else 2
        if code is None:
            return
        if not code:
            self.links[number] = Far(host)
        self.say(f"+CIPOPEN: {number},{code}")

    def at_cipsend(self, number, size):
        far = self.links.get(int(number))
        if far is None or far.state != OPEN:
            self.say("+CIPERROR: 4", "ERROR")
        else:
            self.ask_payload(int(number), int(size))

    def sent(self, number, far, data):
        self.say("OK")
        self.later(self.say, f"+CIPSEND: {number},{len(data)},{self.take(far, data)}")

    def at_ciprxget(self, mode, number="0", size="1460"):
        far = self.links.get(int(number))
        if mode == "1":
            self.say("OK")
        elif far is None or not far.waiting:
            self.say("+IP ERROR: No data", "ERROR")
        else:
            self.give(f"+CIPRXGET: 2,{number},{{got}},{{left}}", int(number), int(size))

    def at_cipclose(self, number):
        number = int(number)
        if number not in self.links or self.links[number].state != OPEN:
            self.links.pop(number, None)
            self.say(f"+CIPCLOSE: {number},4", "ERROR")
        else:
            self.drop(number)
            self.say("OK")
            self.later(self.say, f"+CIPCLOSE: {number},0")

    def announce(self, number):
        self.say(f"+CIPRXGET: 1,{number}")

    def tell_closed(self, number):
        self.say(f"+IPCLOSE: {number},1")

    def tell_lost(self):
        self.broken = False  # it is closed already
        self.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")

    ERRORS = {"refused": (1, "network failure"), "nowhere": (11, "name not found"), "silent": (10, "time-out")}
    HELD, CLOSE = "AT+CIPRXGET=2", "AT+CIPCLOSE="


class CipStartPeer(Peer):
    """SIM800 with AT+CIPMUX=1."""

    space = " "

    def __init__(self, stream):
        super().__init__(stream)
        self.state, self.many, self.manual = "IP INITIAL", False, False

    def reboot(self):
        super().reboot()
        self.state, self.many, self.manual = "IP INITIAL", False, False

    def mark(self, number, word):
        self.say(f"{number},{self.space}{word}")

    def at_cipshut(self):
        self.drop_all()
        self.context = self.broken = False
        self.state = "IP INITIAL"
        self.later(self.say, "SHUT OK")

    def at_cipmux(self, value):
        if self.state != "IP INITIAL":
            self.say("ERROR")
        else:
            self.many = value == "1"
            self.say("OK")

    def at_cstt(self, *_fields):
        if self.state != "IP INITIAL":
            self.say("+CME ERROR: 3")
        else:
            self.state = "IP START"
            self.say("OK")

    def at_ciicr(self):
        if self.state != "IP START":
            self.say("ERROR")
            return
        self.state = "IP CONFIG"
        self.later(self.active, after=self.activation)

    def active(self):
        self.state, self.context = "IP GPRSACT", True
        self.say("OK")

    def at_cifsr(self):
        if self.state != "IP GPRSACT":
            self.say("ERROR")
        else:
            self.state = "IP STATUS"
            self.say("10.0.0.2")

    def at_cipstatus(self):
        lines = [f'C: {n},0,"TCP","10.1.2.3","5000","CONNECTED"' for n in self.links]
        self.say("OK")
        self.later(self.say, "STATE: " + ("PDP DEACT" if self.broken else self.state), *lines)

    def at_cipstart(self, number, _kind, host, _port):
        number = int(number)
        if not self.many or self.state not in ("IP STATUS", "IP PROCESSING") or self.broken:
            self.say("+CME ERROR: 3")
        elif number in self.links and self.links[number].state == OPEN:
            self.mark(number, "ALREADY CONNECT")
            self.say("ERROR")
        else:
            self.state = "IP PROCESSING"
            self.say("OK")
            self.later(self.opened, number, host)

    def opened(self, number, host):
        outcome = self.outcome.get(host, 0)
        if outcome is None or not self.context:
            return
        if not outcome:
            self.links[number] = Far(host)
        self.mark(number, "CONNECT FAIL" if outcome else "CONNECT OK")

    def at_cipsend(self, number, size):
        far = self.links.get(int(number))
        if far is None or far.state != OPEN:
            self.say("ERROR")
        else:
            self.ask_payload(int(number), int(size))

    def sent(self, number, far, data):
        if far.state != OPEN:
            self.mark(number, "SEND FAIL")
        elif self.room is not None and far.unacknowledged:
            self.later(self.sent, number, far, data)  # SEND OK waits for the peer's acknowledgement
        else:
            far.sent += data
            if self.room is not None:
                far.unacknowledged += len(data)
            self.mark(number, "SEND OK")

    def at_ciprxget(self, mode, number="0", size="1460"):
        if mode == "1":
            self.manual = True
            self.say("OK")
            return
        far = self.links.get(int(number))
        if far is None:
            self.say("+CME ERROR: 3")
        elif not far.waiting:
            self.say(f"+CIPRXGET: 2,{number},0,0", "OK")
        else:
            self.give(f"+CIPRXGET: 2,{number},{{got}},{{left}}", int(number), int(size))

    def at_cipclose(self, number):
        number = int(number)
        if number not in self.links or self.links[number].state != OPEN:
            self.links.pop(number, None)
            self.say("+CME ERROR: 3")
        else:
            self.drop(number)
            self.later(self.mark, number, "CLOSE OK")

    def announce(self, number):
        assert self.manual and self.many
        self.say(f"+CIPRXGET: 1,{number}")

    def tell_closed(self, number):
        self.mark(number, "CLOSED")

    def tell_lost(self):
        self.say("+PDP: DEACT")

    ERRORS = {"refused": (1, "connect failed"), "nowhere": (1, "connect failed"), "silent": (1, "connect failed")}
    HELD, CLOSE = "AT+CIPRXGET=2", "AT+CIPCLOSE="


class QiOpenPeer(Peer):
    """Quectel EC200 and EC800, buffer access mode."""

    error = 0

    def lose_network(self, told=True):
        self.context, self.broken = False, True
        for far in self.links.values():  # each keeps its number until it is closed
            far.state = PEER_CLOSED
        if told:
            self.tell_lost()

    def fail(self, code):
        self.error = code
        self.say("ERROR")

    def at_qigeterror(self):
        self.say(f"+QIGETERROR: {self.error},what it was", "OK")

    def at_qiact_query(self):
        if self.context:
            self.say('+QIACT: 1,1,1,"10.7.1.2"')
        self.say("OK")

    def at_qiact(self, _context):
        if self.context or self.broken:
            self.fail(561)
        else:
            self.later(self.active, after=self.activation)

    def active(self):
        self.context = True
        self.say("OK")

    def at_qideact(self, _context):
        self.context = self.broken = False
        self.drop_all()
        self.later(self.say, "OK")

    def at_qiopen(self, _context, number, _kind, host, _port, _local, mode):
        assert mode == "0"
        self.say("OK")
        self.later(self.opened, int(number), host)

    def opened(self, number, host):
        code = self.outcome.get(host, 0)
        if code is None:
            return
        if number in self.links:
            code = 563
        elif not self.context:
            code = 570
        if not code:
            self.links[number] = Far(host)
        self.error = code
        self.say(f"+QIOPEN: {number},{code}")

    def at_qisend(self, number, size):
        far = self.links.get(int(number))
        if far is None or far.state != OPEN:
            self.fail(567)
        elif size == "0":
            total = len(far.sent)
            self.say(f"+QISEND: {total},{total - far.unacknowledged},{far.unacknowledged}", "OK")
        else:
            self.ask_payload(int(number), int(size))

    def sent(self, number, far, data):
        if self.room is not None and far.unacknowledged + len(data) > self.room:
            self.say("SEND FAIL")
        else:
            self.take(far, data)
            self.say("SEND OK")

    def at_qird(self, number, size):
        far = self.links.get(int(number))
        if far is None:
            self.fail(572)
        elif not far.waiting:
            far.announced = False
            self.say("+QIRD: 0", "OK")
        else:
            announced = far.announced
            self.give("+QIRD: {got}", int(number), int(size))
            far.announced = announced  # told again only after an empty read

    def at_qiclose(self, number):
        if int(number) not in self.links:
            self.fail(572)
        else:
            self.drop(int(number))
            self.later(self.say, "OK")

    def announce(self, number):
        self.say(f'+QIURC: "recv",{number}')

    def tell_closed(self, number):
        self.say(f'+QIURC: "closed",{number}')

    def tell_lost(self):
        self.say('+QIURC: "pdpdeact",1')

    ERRORS = {"refused": (566, "connect failed"), "nowhere": (565, "name not found"), "silent": (569, "time-out")}
    HELD, CLOSE = "AT+QIRD=", "AT+QICLOSE="


PEERS = {"SIM7600": NetOpenPeer, "SIM800": CipStartPeer, "EC200": QiOpenPeer}


class Bench:
    """The engine's line, one dialect and its peer; `restart()` does what the engine does when the modem restarts."""

    def __init__(self, name):
        ours, theirs = streams.pair()
        self.peer = PEERS[name](theirs)
        self.logged = []
        self.profile = family(name)
        self.dialogue = Dialogue(ours, self.profile, self.log)
        self.link = self.profile.link(self.dialogue, self.profile, self.log)

    def log(self, event, detail):
        self.logged.append((event, detail))

    async def connect(self, host="10.1.2.3", timeout=30):
        return await self.link.connect(host, 5000, timeout)

    def restart(self):
        self.peer.reboot()
        self.dialogue.fail_all()
        self.link.reset()

    def run(self, scenario, limit=4 * 3600):
        faults = []

        async def main():
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
            self.dialogue.online = True
            tasks = [
                asyncio.create_task(coro) for coro in (self.peer.run(), self.dialogue.read(), self.dialogue.work())
            ]
            try:
                return await scenario(self)
            finally:
                ended = [task for task in tasks if task.done()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                assert not ended, ended

        result = virtualclock.run(main(), limit)
        assert not faults, faults
        return result


def bench(name, scenario, **knobs):
    b = Bench(name)
    for knob, value in knobs.items():
        setattr(b.peer, knob, value)
    return b.run(scenario)
