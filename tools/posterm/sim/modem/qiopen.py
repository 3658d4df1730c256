"""TCP of Quectel EC200 and EC800: QICSGP, QIACT, QIOPEN, QISEND, QIRD, QICLOSE. Links 0 to 11 in context 1.

A link the peer has closed stays in use until AT+QICLOSE; a context the network has ended until AT+QIDEACT.
"""

import asyncio

from posterm.sim.modem.links import ADDRESS, CONTEXT_GONE, FAILED, NAME_UNKNOWN, TIMED_OUT, Link, Links
from posterm.sim.modem.results import Command, Ended, Failure

LINKS = 12
CONTEXT = 1
SEND_LIMIT = 1460
READ_LIMIT = 1500
BUFFER_MODE, PUSH_MODE = 0, 1
OPENING, CONNECTED, CLOSING = 1, 2, 4  # <socket_state> of AT+QISTATE

IN_USE, PDP_BROKEN, NO_CONTEXT, NOT_ALLOWED = 563, 570, 561, 572
CODES = {"": 0, NAME_UNKNOWN: 565, FAILED: 566, TIMED_OUT: 569, CONTEXT_GONE: PDP_BROKEN}
TEXTS = {
    0: "operate successfully",
    552: "invalid parameters",
    561: "open PDP context failed",
    563: "socket identity has been used",
    565: "dns parse failed",
    566: "socket connect failed",
    567: "socket has been closed",
    569: "operation timeout",
    570: "PDP context break down",
    572: "operation not allowed",
}


class Sockets(Links):
    """`net`: context 1 is active. `broken`: the network ended it and AT+QIDEACT has not been said."""

    def __init__(self, sim, connect):
        super().__init__(sim, connect)
        self.commands = {
            "+QICSGP": self.context,
            "+QIACT": self.activate,
            "+QIDEACT": self.deactivate,
            "+QIOPEN": self.open,
            "+QISEND": self.send,
            "+QIRD": self.read,
            "+QICLOSE": self.close,
            "+QISTATE": self.state,
            "+QIGETERROR": self.last_error,
        }

    def reset(self) -> None:
        super().reset()
        self.apn = ""
        self.broken = False
        self.error = 0
        self._modes: dict[int, int] = {}

    def _fail(self, code: int) -> Failure:
        self.error = code
        return Failure()

    # words

    def pushes(self, number: int) -> bool:
        return self._modes.get(number) == PUSH_MODE

    def tell_opened(self, number: int, error: str) -> None:
        self.error = CODES[error]
        self.sim.urc(f"+QIOPEN: {number},{self.error}")

    def tell_data(self, number: int) -> None:
        self.sim.urc(f'+QIURC: "recv",{number}')

    def tell_pushed(self, number: int, link: Link, data: bytes) -> None:
        head = f'\r\n+QIURC: "recv",{number},{len(data)}\r\n'.encode()
        self.sim.urc_bytes(head + data + b"\r\n", shown=f"+QIURC recv <{len(data)} bytes>")

    def tell_closed(self, number: int) -> None:
        self.sim.urc(f'+QIURC: "closed",{number}')

    def tell_context_lost(self) -> None:
        self.broken = True
        self.sim.urc(f'+QIURC: "pdpdeact",{CONTEXT}')

    # context

    async def context(self, command: Command):
        if command.op == "?":
            raise Failure
        if command.op == "=?":
            return ["+QICSGP: (1-7),(1-3),<APN>,<username>,<password>,(0-3)"]
        command.number(0, CONTEXT, 7)
        if not command.given(1):
            return [f'+QICSGP: 1,"{self.apn}","","",0']
        command.number(1, 1, 3)
        self.apn = command.string(2, default="")[:50]
        return []

    async def activate(self, command: Command):
        if command.op == "?":
            return [f'+QIACT: {CONTEXT},1,1,"{ADDRESS}"'] if self.net else []
        if command.op == "=?":
            return ["+QIACT: (1-7)"]
        command.number(0, CONTEXT, CONTEXT)
        if self.net or self.broken:
            raise self._fail(NOT_ALLOWED if self.net else NO_CONTEXT)
        await self.sim.faults.passing("netopen")
        await asyncio.sleep(self.config.context_latency)
        if not self.sim.network.attached:
            raise self._fail(NO_CONTEXT)
        self.net = True
        await self.sim.faults.passing("netopen_done")
        return []

    async def deactivate(self, command: Command):
        if command.op == "=?":
            return ["+QIDEACT: (1-7)"]
        command.number(0, CONTEXT, CONTEXT)
        await self.sim.faults.passing("netclose")
        self.drop_all()
        self.net = self.broken = False
        await asyncio.sleep(self.config.context_latency)
        return []

    # links

    async def open(self, command: Command):
        if command.op == "?":
            raise Failure
        if command.op == "=?":
            return ['+QIOPEN: (1-7),(0-11),"TCP",<address>,<port>,<local port>,(0-2)']
        command.number(0, CONTEXT, CONTEXT)
        number = command.number(1, 0, LINKS - 1)
        if command.string(2).upper() != "TCP":
            raise self._fail(552)
        host, port = command.string(3), command.number(4, 1, 65535)
        command.number(5, 0, 65535, default=0)
        mode = command.number(6, 0, 1, default=BUFFER_MODE)
        await self.sim.faults.passing("cipopen")
        if number in self.links or self.is_opening(number):
            self.error = IN_USE
            self.later(f"+QIOPEN: {number},{IN_USE}")
        elif not self.net:
            self.error = PDP_BROKEN
            self.later(f"+QIOPEN: {number},{PDP_BROKEN}")
        else:
            self._modes[number] = mode
            self.start_link(number, host, port)
        return []

    def _one(self, number: int) -> Link:
        if number not in self.links:
            raise self._fail(NOT_ALLOWED)
        return self.links[number]

    def _open_one(self, number: int) -> Link:
        link = self._one(number)
        if not link.open:
            raise self._fail(567)
        return link

    async def send(self, command: Command):
        if command.op == "=?":
            return [f"+QISEND: (0-11),(0-{SEND_LIMIT})"]
        if command.op == "?":
            raise Failure
        number = command.number(0, 0, LINKS - 1)
        if command.given(1) and command.number(1, 0, SEND_LIMIT) == 0:
            link = self._one(number)
            waiting = len(link.unsent)
            return [f"+QISEND: {link.sent_total},{link.sent_total - waiting},{waiting}"]
        size = command.number(1, 1, SEND_LIMIT) if command.given(1) else None
        self._open_one(number)
        await self.sim.faults.passing("cipsend")
        data = await self.sim.dialogue.read_payload(self.config.data_prompt, size, "cipsend_prompt")
        if data is None:
            raise Failure
        link = self._open_one(number)
        if len(link.unsent) + len(data) > self.config.send_buffer:
            raise Ended("SEND FAIL")  # nothing of it was taken
        await self.hand_over(link, data)
        raise Ended("SEND OK")  # queued, not acknowledged

    async def read(self, command: Command):
        if command.op == "=?":
            return [f"+QIRD: (0-11),(0-{READ_LIMIT})"]
        if command.op == "?":
            raise Failure
        link = self._one(command.number(0, 0, LINKS - 1))
        wanted = command.number(1, 0, READ_LIMIT, default=READ_LIMIT)
        if wanted == 0:
            return [f"+QIRD: {link.received_total},{link.read_total},{len(link.received)}"]
        if not link.received:
            return ["+QIRD: 0"]
        return [await self.give("+QIRD: {got}", link, wanted)]

    async def close(self, command: Command):
        if command.op == "=?":
            return ["+QICLOSE: (0-11),(0-65535)"]
        if command.op == "?":
            raise Failure
        number = command.number(0, 0, LINKS - 1)
        command.number(1, 0, 65535, default=10)
        link = self.links.get(number)
        await self.sim.faults.passing("cipclose")
        if link is not None and link.open:
            link.end()
        self.links.pop(number, None)
        await asyncio.sleep(self.config.network_latency)
        return []

    async def state(self, command: Command):
        if command.op == "=?":
            return []
        numbers = sorted(self.links)
        if command.op == "=" and command.number(0, 0, 1) == 1:
            wanted = command.number(1, 0, LINKS - 1)
            numbers = [number for number in numbers if number == wanted]
        return [self._state_line(number, self.links[number]) for number in numbers]

    def _state_line(self, number: int, link: Link) -> str:
        host, port = link.address
        state = CONNECTED if link.open else CLOSING
        mode = self._modes.get(number, BUFFER_MODE)
        return f'+QISTATE: {number},"TCP","{host}",{port},0,{state},{CONTEXT},{number},{mode},"uart1"'

    async def last_error(self, _command: Command):
        return [f"+QIGETERROR: {self.error},{TEXTS[self.error]}"]
