"""The TCP engine below every dialect: numbered links that are real connections, with bounded buffers.

A link's bytes wait in a bounded buffer; when it is full the peer is slowed down, as by a TCP window.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.results import Command, NoAnswer

ADDRESS = "10.64.0.2"

# why a connection did not come up
FAILED, TIMED_OUT, NAME_UNKNOWN, CONTEXT_GONE = "failed", "time-out", "name unknown", "context gone"


class Link:
    """One connection: what was received and not read, what was sent and not yet taken by the peer."""

    def __init__(self, reader, writer, address: tuple[str, int]):
        self.reader, self.writer, self.address = reader, writer, address
        self.received = bytearray()
        self.unsent = bytearray()
        self.open = True
        self.announced = False
        self.sent_total = 0
        self.received_total = 0
        self.read_total = 0
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

    def queue(self, data: bytes, limit: int) -> int:
        """Take what fits of `data` for the peer, return how much that is."""
        taken = data[: max(0, limit - len(self.unsent))]
        if taken:
            self.unsent += taken
            self.sent_total += len(taken)
            self.idle.clear()
            self.work.set()
        return len(taken)

    def fetch(self, size: int) -> bytes:
        """Take up to `size` received bytes out of the buffer."""
        data = bytes(self.received[:size])
        del self.received[:size]
        self.read_total += len(data)
        self.room.set()
        if not self.received:
            self.announced = False
        return data


class Links:
    """Base of a dialect. `net`: the context is active. The dialect says in its own words what happens to the links."""

    commands: dict[str, Callable[[Command], Awaitable]]

    def __init__(self, sim, connect):
        self.sim = sim
        self._connect = connect
        self.links: dict[int, Link] = {}
        self._opening: set[int] = set()
        self.net = False
        self.reset()

    @property
    def config(self) -> ModemConfig:
        return self.sim.config

    # a dialect's words

    def pushes(self, number: int) -> bool:
        """True when data go to the terminal as they come, without being asked for."""
        raise NotImplementedError

    def tell_opened(self, number: int, error: str) -> None:
        """A connection came up (error "") or did not."""
        raise NotImplementedError

    def tell_data(self, number: int) -> None:
        """Bytes wait; told once until all have been read."""
        raise NotImplementedError

    def tell_pushed(self, number: int, link: Link, data: bytes) -> None:
        """Hand data over."""
        raise NotImplementedError

    def tell_closed(self, number: int) -> None:
        """The peer is gone."""
        raise NotImplementedError

    def tell_context_lost(self) -> None:
        """The context is gone, and every link with it."""
        raise NotImplementedError

    # life

    def reset(self) -> None:
        """Everything is gone with the power."""
        self.drop_all()
        self.net = False

    def drop_all(self) -> None:
        """End every link without a word."""
        for link in self.links.values():
            if link.open:
                link.end()
        self.links.clear()
        self._opening.clear()

    def network_lost(self) -> None:
        """The data service went away, with the registration or alone."""
        if self.net:
            self.drop_all()
            self.net = False
            self.tell_context_lost()

    def drop(self, number: int | None = None) -> int:
        """Break one link, or all, as if the peer had gone; return how many were open."""
        dropped = 0
        for index, link in list(self.links.items()):
            if link.open and number in (None, index):
                link.end()
                self.tell_closed(index)
                dropped += 1
        return dropped

    def is_open(self, number: int) -> bool:
        return number in self.links and self.links[number].open

    def is_opening(self, number: int) -> bool:
        return number in self._opening

    def later(self, text: str) -> None:
        """Say a line when the network has had its time."""
        self.sim.later(self.config.network_latency, self.sim.urc, text)

    def start_link(self, number: int, host: str, port: int) -> None:
        """Begin to connect; `tell_opened` follows."""
        self.links.pop(number, None)
        self._opening.add(number)
        self.sim.spawn(self._open_link(number, host, port))

    async def _open_link(self, number: int, host: str, port: int) -> None:
        error = ""
        target = self.config.routes.get((host, port), (host, port))
        await asyncio.sleep(self.config.network_latency)
        try:
            reader, writer = await asyncio.wait_for(self._connect(*target), self.config.connect_timeout)
        except (TimeoutError, asyncio.TimeoutError):
            error = TIMED_OUT
        except socket.gaierror:
            error = NAME_UNKNOWN
        except OSError:
            error = FAILED
        self._opening.discard(number)
        if not error and not self.net:  # closed while the connection came up
            writer.close()
            error = CONTEXT_GONE
        if not error:
            link = self.links[number] = Link(reader, writer, (host, port))
        try:
            await self.sim.faults.passing("cipopen_done")
            self.tell_opened(number, error)
        except NoAnswer:
            self.sim.line.note("!", "result of the connection not told")
        if not error and link.open:
            link.tasks = [self.sim.spawn(self._receive(number, link)), self.sim.spawn(self._transmit(link))]

    async def _receive(self, number: int, link: Link) -> None:
        limit = self.config.receive_buffer
        try:
            while True:
                while len(link.received) >= limit:
                    link.room.clear()
                    await link.room.wait()
                data = await link.reader.read(limit - len(link.received))
                if not data:
                    break
                while data:
                    size, gap = self.config.drip
                    piece = data[: size or len(data)]
                    data = data[len(piece) :]
                    self._arrived(number, link, piece)
                    if size:
                        await asyncio.sleep(gap)
        except OSError:  # the peer broke the connection: the same end for the terminal
            pass
        if link.open:
            link.end()
            self.tell_closed(number)

    def _arrived(self, number: int, link: Link, data: bytes) -> None:
        link.received_total += len(data)
        if self.pushes(number):
            link.read_total += len(data)
            self.tell_pushed(number, link, data)
            return
        link.received += data
        if not link.announced:
            link.announced = True
            self.tell_data(number)

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

    async def hand_over(self, link: Link, data: bytes) -> int:
        """Queue a payload, let a fault strike once the peer has it; return how much was taken."""
        taken = link.queue(data, self.config.send_buffer)
        if self.sim.faults.waits_at("cipsend_sent"):
            await link.idle.wait()
            await self.sim.faults.passing("cipsend_sent")
        return taken

    async def give(self, head: str, link: Link, size: int, coded: bool = False) -> bytes:
        """Take up to `size` bytes out of a link as an answer; `head` may name {got} and {left}."""
        await self.sim.faults.passing("ciprxget")
        data = link.fetch(size)
        shown = data.hex().upper().encode() if coded else data
        answer = head.format(got=len(data), left=len(link.received)).encode() + b"\r\n" + shown
        await self.sim.faults.halfway("ciprxget_half", b"\r\n" + answer)
        return answer
