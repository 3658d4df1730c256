"""TCP of the SIM800: CIPMUX, CSTT, CIICR, CIFSR, CIPSTART, CIPSEND, CIPRXGET, CIPCLOSE, CIPSHUT. Links 0 to 5.

    IP INITIAL --CSTT--> IP START --CIICR--> IP GPRSACT --CIFSR--> IP STATUS --CIPSTART--> IP PROCESSING
        ^ CIPSHUT from anywhere                                        | the network ends the context
        +---------------------------------- PDP DEACT <----------------+

Several results stand in place of OK: the address of CIFSR, SEND OK, CLOSE OK, SHUT OK.
"""

import asyncio

from posterm.sim.modem.links import ADDRESS, Link, Links
from posterm.sim.modem.results import CmeFailure, Command, Ended, Failure

LINKS = 6
SEND_LIMIT = READ_LIMIT = 1460

INITIAL, START, ACTIVE, STATUS, PROCESSING, DEACTIVATED = (
    "IP INITIAL",
    "IP START",
    "IP GPRSACT",
    "IP STATUS",
    "IP PROCESSING",
    "PDP DEACT",
)
NOT_ALLOWED = 3


class Sockets(Links):
    """mode: AT+CIPRXGET, 0 pushes data to the terminal, 1 lets it fetch them. many: AT+CIPMUX=1."""

    def __init__(self, sim, connect):
        super().__init__(sim, connect)
        self.commands = {
            "+CIPMUX": self.multiple,
            "+CSTT": self.access_point,
            "+CIICR": self.bring_up,
            "+CIFSR": self.address,
            "+CIPRXGET": self.fetch,
            "+CIPSTART": self.start,
            "+CIPSEND": self.send,
            "+CIPCLOSE": self.close,
            "+CIPSHUT": self.shut,
            "+CIPSTATUS": self.status,
        }

    def reset(self) -> None:
        super().reset()
        self.state = INITIAL
        self.many = False
        self.mode = 0
        self.apn = "CMNET"

    def _allowed(self, *states: str) -> None:
        if self.state not in states:
            raise CmeFailure(NOT_ALLOWED)

    def _mark(self, number: int, text: str) -> str:
        return f"{number}, {text}" if self.many else text

    # words

    def pushes(self, number: int) -> bool:
        return self.mode == 0

    def tell_opened(self, number: int, error: str) -> None:
        if error and not self.many:
            self.sim.urc(f"STATE: {self.state}")
        self.sim.urc(self._mark(number, "CONNECT FAIL" if error else "CONNECT OK"))

    def tell_data(self, number: int) -> None:
        self.sim.urc(f"+CIPRXGET: 1,{number}" if self.many else "+CIPRXGET: 1")

    def tell_pushed(self, number: int, link: Link, data: bytes) -> None:
        head = f"\r\n+RECEIVE,{number},{len(data)}:\r\n".encode() if self.many else b""
        if not self.many and self.sim.general.settings["+CIPHEAD"][:1] == "1":
            head = f"+IPD,{len(data)}:".encode()
        self.sim.urc_bytes(head + data, shown=f"+RECEIVE <{len(data)} bytes>")

    def tell_closed(self, number: int) -> None:
        self.sim.urc(self._mark(number, "CLOSED"))

    def tell_context_lost(self) -> None:
        self.state = DEACTIVATED
        self.sim.urc("+PDP: DEACT")

    # context

    async def multiple(self, command: Command):
        if command.op == "?":
            return [f"+CIPMUX: {int(self.many)}"]
        if command.op == "=?":
            return ["+CIPMUX: (0,1)"]
        wanted = command.number(0, 0, 1)
        self._allowed(INITIAL)
        self.many = wanted == 1
        return []

    async def access_point(self, command: Command):
        if command.op == "?":
            return [f'+CSTT: "{self.apn}","",""']
        if command.op == "=?":
            return ['+CSTT: "APN","USER","PWD"']
        self._allowed(INITIAL)
        self.apn = command.string(0, default="CMNET")[:50]
        self.state = START
        return []

    async def bring_up(self, command: Command):
        if command.op == "=?":
            return []
        self._allowed(START)
        await self.sim.faults.passing("netopen")
        await asyncio.sleep(self.config.context_latency)
        if not self.sim.network.attached:
            raise Failure
        self.net = True
        self.state = ACTIVE
        await self.sim.faults.passing("netopen_done")
        return []

    async def address(self, command: Command):
        if command.op == "=?":
            return []
        self._allowed(ACTIVE, STATUS, PROCESSING)
        if self.state == ACTIVE:
            self.state = STATUS
        raise Ended(ADDRESS)

    async def shut(self, command: Command):
        if command.op:
            return []
        await self.sim.faults.passing("netclose")
        self.drop_all()
        self.net = False
        self.state = INITIAL
        await asyncio.sleep(self.config.network_latency)
        raise Ended("SHUT OK")

    async def status(self, command: Command):
        if command.op:
            return []
        self.later("\r\n".join([f"STATE: {self.state}", *map(self._state_line, range(LINKS if self.many else 0))]))
        return []

    def _state_line(self, number: int) -> str:
        link = self.links.get(number)
        if link is None:
            return f'C: {number},,"","","","INITIAL"'
        host, port = link.address
        return f'C: {number},0,"TCP","{host}","{port}","{"CONNECTED" if link.open else "CLOSED"}"'

    # links

    def _number(self, command: Command, index: int = 0) -> int:
        return command.number(index, 0, LINKS - 1) if self.many else 0

    async def start(self, command: Command):
        if command.op in ("?", "=?"):
            return ['+CIPSTART: (0-5),("TCP"),"(0-255).(0-255).(0-255).(0-255)",(1-65535)'] if "=" in command.op else []
        first = 1 if self.many else 0
        number = self._number(command)
        if command.string(first).upper() != "TCP":
            raise CmeFailure(NOT_ALLOWED)
        host, port = command.string(first + 1), command.number(first + 2, 1, 65535)
        self._allowed(STATUS, PROCESSING)
        if self.is_opening(number) or self.is_open(number):
            raise Failure(self._mark(number, "ALREADY CONNECT"))
        await self.sim.faults.passing("cipopen")
        self.state = PROCESSING
        self.start_link(number, host, port)
        return []

    def _open_one(self, number: int) -> Link:
        if not self.is_open(number):
            raise CmeFailure(NOT_ALLOWED)
        return self.links[number]

    async def send(self, command: Command):
        if command.op == "?":
            return [f"+CIPSEND: {number},{SEND_LIMIT}" for number in sorted(self.links)]
        if command.op == "=?":
            return [f"+CIPSEND: (0-5),(1-{SEND_LIMIT})"]
        at = 1 if self.many else 0
        number = self._number(command)
        size = command.number(at, 1, SEND_LIMIT) if command.given(at) else None
        self._open_one(number)
        await self.sim.faults.passing("cipsend")
        data = await self.sim.dialogue.read_payload(self.config.data_prompt, size, "cipsend_prompt")
        if data is None:
            raise Failure
        link = self._open_one(number)
        if len(link.unsent) + len(data) > self.config.send_buffer:
            raise Ended(self._mark(number, "SEND FAIL"))
        await self.hand_over(link, data)
        if self.sim.general.settings["+CIPQSEND"][:1] == "1":
            raise Ended(f"DATA ACCEPT:{number},{len(data)}" if self.many else f"DATA ACCEPT:{len(data)}")
        try:  # SEND OK means that the peer has acknowledged the bytes
            await asyncio.wait_for(link.idle.wait(), self.config.acknowledge_timeout)
        except asyncio.TimeoutError:
            raise Ended(self._mark(number, "SEND FAIL")) from None
        await asyncio.sleep(self.config.network_latency)
        raise Ended(self._mark(number, "SEND OK" if self.is_open(number) else "SEND FAIL"))

    async def fetch(self, command: Command):
        if command.op == "?":
            return [f"+CIPRXGET: {self.mode}"]
        if command.op == "=?":
            return [f"+CIPRXGET: (0-4),(0-5),(1-{READ_LIMIT})"]
        mode = command.number(0, 0, 4)
        if mode < 2:
            if any(link.open for link in self.links.values()):
                raise CmeFailure(NOT_ALLOWED)  # only before connecting
            self.mode = mode
            return []
        number = self._number(command, 1)
        link = self.links.get(number)
        if self.mode == 0 or link is None:
            raise CmeFailure(NOT_ALLOWED)
        head = f"+CIPRXGET: {mode}" + (f",{number}" if self.many else "")
        if mode == 4:
            return [f"{head},{len(link.received)}"]
        limit = READ_LIMIT if mode == 2 else READ_LIMIT // 2
        wanted = command.number(2 if self.many else 1, 1, limit, default=limit)
        if not link.received:
            return [f"{head},0,0"]
        return [await self.give(head + ",{got},{left}", link, wanted, coded=mode == 3)]

    async def close(self, command: Command):
        if command.op in ("?", "=?"):
            return []
        number = self._number(command)
        link = self._open_one(number)
        await self.sim.faults.passing("cipclose")
        link.end()
        self.links.pop(number, None)
        await asyncio.sleep(self.config.network_latency)
        raise Ended(self._mark(number, "CLOSE OK"))
