"""TCP of SIM7600 and A7670: NETOPEN, CIPOPEN, CIPSEND, CIPRXGET, CIPCLOSE. Links 0 to 9."""

from posterm.sim.modem.links import ADDRESS, CONTEXT_GONE, FAILED, NAME_UNKNOWN, TIMED_OUT, Link, Links
from posterm.sim.modem.results import Command, Failure

LINKS = 10
SEND_LIMIT = 1500  # bytes in one AT+CIPSEND
READ_LIMIT = 1500  # bytes in one AT+CIPRXGET=2; half of it in hexadecimal

NET_CLOSED, NOT_CONNECTED, BUSY = 2, 4, 8
CODES = {"": 0, FAILED: 1, CONTEXT_GONE: NET_CLOSED, TIMED_OUT: 10, NAME_UNKNOWN: 11}
CLOSED_BY_PEER = 1


class Sockets(Links):
    """mode: AT+CIPRXGET, 0 pushes data to the terminal, 1 lets it fetch them."""

    def __init__(self, sim, connect):
        super().__init__(sim, connect)
        self.commands = {
            "+NETOPEN": self.net_open,
            "+NETCLOSE": self.net_close,
            "+IPADDR": self.address,
            "+CIPRXGET": self.fetch,
            "+CIPOPEN": self.open,
            "+CIPSEND": self.send,
            "+CIPCLOSE": self.close,
        }

    def reset(self) -> None:
        super().reset()
        self.mode = 0

    # words

    def pushes(self, number: int) -> bool:
        return self.mode == 0

    def tell_opened(self, number: int, error: str) -> None:
        self.sim.urc(f"+CIPOPEN: {number},{CODES[error]}")

    def tell_data(self, number: int) -> None:
        self.sim.urc(f"+CIPRXGET: 1,{number}")

    def tell_pushed(self, number: int, link: Link, data: bytes) -> None:
        host, port = link.address
        head = f"\r\nRECV FROM:{host}:{port}\r\n+IPD{len(data)}\r\n".encode()
        self.sim.urc_bytes(head + data, shown=f"+IPD <{len(data)} bytes>")

    def tell_closed(self, number: int) -> None:
        self.sim.urc(f"+IPCLOSE: {number},{CLOSED_BY_PEER}")

    def tell_context_lost(self) -> None:
        self.sim.urc("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")

    # context

    async def net_open(self, command: Command):
        if command.op == "?":
            return [f"+NETOPEN: {int(self.net)}"]
        if command.op:
            raise Failure
        if self.net:
            raise Failure("+IP ERROR: Network is already opened")
        await self.sim.faults.passing("netopen")
        self.net = self.sim.network.attached
        await self.sim.faults.passing("netopen_done")
        self.later(f"+NETOPEN: {0 if self.net else 1}")
        return []

    async def net_close(self, command: Command):
        if command.op:
            raise Failure
        if not self.net:
            raise Failure("+IP ERROR: Network is already closed")
        await self.sim.faults.passing("netclose")
        self.drop_all()
        self.net = False
        self.later("+NETCLOSE: 0")
        return []

    async def address(self, _command: Command):
        if not self.net:
            raise Failure("+IP ERROR: Network not opened")
        return [f"+IPADDR: {ADDRESS}"]

    # links

    async def open(self, command: Command):
        if command.op == "?":
            return [self._state_line(number) for number in range(LINKS)]
        if command.op == "=?":
            return ['+CIPOPEN: (0-9),("TCP")']
        number = command.number(0, 0, LINKS - 1)
        if command.string(1).upper() != "TCP":
            raise Failure
        host, port = command.string(2), command.number(3, 1, 65535)
        if not self.net:
            raise Failure(f"+CIPOPEN: {number},{NET_CLOSED}")
        if self.is_opening(number) or self.is_open(number):
            raise Failure(f"+CIPOPEN: {number},{BUSY if self.is_opening(number) else NOT_CONNECTED}")
        await self.sim.faults.passing("cipopen")
        self.start_link(number, host, port)
        return []

    def _state_line(self, number: int) -> str:
        if not self.is_open(number):
            return f"+CIPOPEN: {number}"
        host, port = self.links[number].address
        return f'+CIPOPEN: {number},"TCP","{host}",{port},-1'

    def _open_one(self, number: int, prefix: str) -> Link:
        if not self.net:
            raise Failure(f"{prefix}{NET_CLOSED}")
        if not self.is_open(number):
            raise Failure(f"{prefix}{NOT_CONNECTED}")
        return self.links[number]

    async def send(self, command: Command):
        if command.op == "=?":
            return ["+CIPSEND: (0-9),(1-1500)"]
        if command.op == "?":
            raise Failure
        number = command.number(0, 0, LINKS - 1)
        size = command.number(1, 1, SEND_LIMIT) if command.given(1) else None
        self._open_one(number, "+CIPERROR: ")
        await self.sim.faults.passing("cipsend")
        data = await self.sim.dialogue.read_payload(self.config.data_prompt, size, "cipsend_prompt")
        if data is None:
            raise Failure
        link = self._open_one(number, "+CIPERROR: ")  # it may have closed meanwhile
        taken = await self.hand_over(link, data)
        self.later(f"+CIPSEND: {number},{len(data)},{taken}")
        return []

    async def fetch(self, command: Command):
        if command.op == "?":
            return [f"+CIPRXGET: {self.mode}"]
        if command.op == "=?":
            return ["+CIPRXGET: (0-4),(0-9),(1-1500)"]
        mode = command.number(0, 0, 4)
        if mode < 2:
            self.mode = mode
            return []
        number = command.number(1, 0, LINKS - 1)
        link = self.links.get(number)
        if link is None:
            raise Failure(f"+IP ERROR: {'Connection is not created' if self.net else 'Network not opened'}")
        if mode == 4:
            return [f"+CIPRXGET: 4,{number},{len(link.received)}"]
        limit = READ_LIMIT if mode == 2 else READ_LIMIT // 2
        wanted = command.number(2, 1, limit, default=limit)
        if not link.received:
            raise Failure("+IP ERROR: No data")
        head = f"+CIPRXGET: {mode},{number},{{got}},{{left}}"
        return [await self.give(head, link, wanted, coded=mode == 3)]

    async def close(self, command: Command):
        if command.op == "?":
            states = (int(self.is_open(number)) for number in range(LINKS))
            return ["+CIPCLOSE: " + ",".join(map(str, states))]
        if command.op == "=?":
            return ["+CIPCLOSE: (0-9)"]
        number = command.number(0, 0, LINKS - 1)
        link = self._open_one(number, f"+CIPCLOSE: {number},")
        await self.sim.faults.passing("cipclose")
        link.end()
        self.links.pop(number, None)
        self.later(f"+CIPCLOSE: {number},0")
        return []
