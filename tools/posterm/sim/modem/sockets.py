"""TCP over AT commands: NETOPEN, CIPOPEN, CIPSEND, CIPRXGET, CIPCLOSE. Links 0 to 9 are real connections.

A link's bytes wait in a bounded buffer; when it is full the peer is slowed down, as by a TCP window.
"""

import asyncio
import socket

from posterm.sim.modem.results import Command, Failure

LINKS = 10
SEND_LIMIT = 1500  # bytes in one AT+CIPSEND
READ_LIMIT = 1500  # bytes in one AT+CIPRXGET=2; half of it in hexadecimal
ADDRESS = "10.64.0.2"

FAILED, NET_CLOSED, NOT_CONNECTED, BUSY, TIMED_OUT, NAME_UNKNOWN = 1, 2, 4, 8, 10, 11
CLOSED_BY_PEER = 1


class Link:
    """One connection: what was received and not read, what was sent and not yet taken by the peer."""

    def __init__(self, reader, writer, address: tuple[str, int]):
        self.reader, self.writer, self.address = reader, writer, address
        self.received = bytearray()
        self.unsent = bytearray()
        self.open = True
        self.announced = False
        self.room = asyncio.Event()
        self.work = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self.tasks: list[asyncio.Task] = []

    def end(self) -> None:
        """Close the connection and stop both directions."""
        self.open = False
        current = asyncio.current_task()
        for task in self.tasks:
            if task is not current:
                task.cancel()
        self.writer.close()


class Sockets:
    """The modem's TCP engine. mode: AT+CIPRXGET, 0 pushes data to the terminal, 1 lets it fetch them."""

    def __init__(self, sim, connect):
        self.sim = sim
        self._connect = connect
        self.links: dict[int, Link] = {}
        self._opening: set[int] = set()
        self.reset()
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
        """Everything is gone with the power."""
        self._drop_all()
        self.net = False
        self.mode = 0

    def _drop_all(self) -> None:
        for link in self.links.values():
            if link.open:
                link.end()
        self.links.clear()
        self._opening.clear()

    def network_lost(self) -> None:
        """The data service went away with the registration."""
        if self.net:
            self._drop_all()
            self.net = False
            self.sim.urc("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")

    def drop(self, number: int | None = None) -> int:
        """Break one link, or all, as if the peer had gone; return how many were open."""
        dropped = 0
        for index, link in list(self.links.items()):
            if link.open and number in (None, index):
                link.end()
                self._tell_closed(index)
                dropped += 1
        return dropped

    def _later(self, text: str) -> None:
        self.sim.later(self.sim.config.network_latency, self.sim.urc, text)

    # context

    async def net_open(self, command: Command):
        if command.op == "?":
            return [f"+NETOPEN: {int(self.net)}"]
        if command.op:
            raise Failure
        if self.net:
            raise Failure("+IP ERROR: Network is already opened")
        self.net = self.sim.network.attached
        self._later(f"+NETOPEN: {0 if self.net else 1}")
        return []

    async def net_close(self, command: Command):
        if command.op:
            raise Failure
        if not self.net:
            raise Failure("+IP ERROR: Network is already closed")
        self._drop_all()
        self.net = False
        self._later("+NETCLOSE: 0")
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
        if number in self._opening or (number in self.links and self.links[number].open):
            raise Failure(f"+CIPOPEN: {number},{BUSY if number in self._opening else NOT_CONNECTED}")
        await self.sim.passing("cipopen")
        self.links.pop(number, None)
        self._opening.add(number)
        self.sim.spawn(self._open_link(number, host, port))
        return []

    def _state_line(self, number: int) -> str:
        link = self.links.get(number)
        if link is None or not link.open:
            return f"+CIPOPEN: {number}"
        return f'+CIPOPEN: {number},"TCP","{link.address[0]}",{link.address[1]},-1'

    async def _open_link(self, number: int, host: str, port: int) -> None:
        error = 0
        target = self.sim.config.routes.get((host, port), (host, port))
        await asyncio.sleep(self.sim.config.network_latency)
        try:
            reader, writer = await asyncio.wait_for(self._connect(*target), self.sim.config.connect_timeout)
        except (TimeoutError, asyncio.TimeoutError):
            error = TIMED_OUT
        except socket.gaierror:
            error = NAME_UNKNOWN
        except OSError:
            error = FAILED
        self._opening.discard(number)
        if not error and not self.net:  # closed while the connection came up
            writer.close()
            error = NET_CLOSED
        self.sim.urc(f"+CIPOPEN: {number},{error}")
        if not error:
            link = self.links[number] = Link(reader, writer, (host, port))
            link.tasks = [self.sim.spawn(self._receive(number, link)), self.sim.spawn(self._transmit(link))]

    async def _receive(self, number: int, link: Link) -> None:
        limit = self.sim.config.receive_buffer
        try:
            while True:
                while len(link.received) >= limit:
                    link.room.clear()
                    await link.room.wait()
                data = await link.reader.read(limit - len(link.received))
                if not data:
                    break
                if self.mode == 0:
                    self._push(link, data)
                    continue
                link.received += data
                self._announce(number, link)
        except OSError:  # the peer broke the connection: the same end for the terminal
            pass
        if link.open:
            link.end()
            self._tell_closed(number)

    def _announce(self, number: int, link: Link) -> None:
        if not link.announced:
            link.announced = True
            self.sim.urc(f"+CIPRXGET: 1,{number}")

    def _push(self, link: Link, data: bytes) -> None:
        host, port = link.address
        head = f"\r\nRECV FROM:{host}:{port}\r\n+IPD{len(data)}\r\n".encode()
        self.sim.urc_bytes(head + data, shown=f"+IPD <{len(data)} bytes>")

    def _tell_closed(self, number: int) -> None:
        self.sim.urc(f"+IPCLOSE: {number},{CLOSED_BY_PEER}")

    async def _transmit(self, link: Link) -> None:
        while True:
            link.work.clear()
            await link.work.wait()
            while link.unsent:
                data = bytes(link.unsent)
                try:
                    link.writer.write(data)
                    await link.writer.drain()
                except OSError:  # the receiving side sees the end and tells the terminal
                    return
                del link.unsent[: len(data)]
            link.idle.set()

    def _open_one(self, number: int, prefix: str) -> Link:
        if not self.net:
            raise Failure(f"{prefix}{NET_CLOSED}")
        link = self.links.get(number)
        if link is None or not link.open:
            raise Failure(f"{prefix}{NOT_CONNECTED}")
        return link

    async def send(self, command: Command):
        if command.op == "=?":
            return ["+CIPSEND: (0-9),(1-1500)"]
        if command.op == "?":
            raise Failure
        number = command.number(0, 0, LINKS - 1)
        size = command.number(1, 1, SEND_LIMIT) if command.given(1) else None
        sim = self.sim
        self._open_one(number, "+CIPERROR: ")
        await sim.passing("cipsend")
        data = await sim.read_payload(sim.config.data_prompt, size)
        if data is None:
            raise Failure
        link = self._open_one(number, "+CIPERROR: ")  # it may have closed meanwhile
        taken = data[: max(0, sim.config.send_buffer - len(link.unsent))]
        if taken:
            link.unsent += taken
            link.idle.clear()
            link.work.set()
        if sim.has_fault("cipsend_sent"):
            await link.idle.wait()
            await sim.passing("cipsend_sent")
        self._later(f"+CIPSEND: {number},{len(data)},{len(taken)}")
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
        await self.sim.passing("ciprxget")
        data = bytes(link.received[:wanted])
        del link.received[:wanted]
        link.room.set()
        if not link.received:
            link.announced = False
        shown = data if mode == 2 else data.hex().upper().encode()
        return [f"+CIPRXGET: {mode},{number},{len(data)},{len(link.received)}\r\n".encode() + shown]

    async def close(self, command: Command):
        if command.op == "?":
            states = (int(number in self.links and self.links[number].open) for number in range(LINKS))
            return ["+CIPCLOSE: " + ",".join(map(str, states))]
        if command.op == "=?":
            return ["+CIPCLOSE: (0-9)"]
        number = command.number(0, 0, LINKS - 1)
        self._open_one(number, f"+CIPCLOSE: {number},").end()
        del self.links[number]
        self._later(f"+CIPCLOSE: {number},0")
        return []
