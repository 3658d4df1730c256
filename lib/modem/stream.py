"""A TCP connection of the modem as a stream, with back-pressure both ways.

    connection = await modem.connect("10.1.2.3", 5000, timeout=30)
    connection.write(request)
    await asyncio.wait_for(connection.drain(), 30)
    head = await asyncio.wait_for(connection.readexactly(2), 60)
    connection.close()
    await connection.wait_closed()

    opening -> connected -+-> ended by the peer (what came before is still read) -+-> closing -> closed
                          +-> lost (reset, network, broken send): `error`  -------+

What is not read stays in the modem, which slows the peer down; what is written waits here, in a bounded buffer, until
the modem takes it. Time limits are the caller's, by asyncio.wait_for: a cancelled read loses nothing, a cancelled
drain leaves the connection broken, because nobody knows what of the message has left.
"""

import asyncio
import time

from micropython import const

from .errors import CommandError, ConnectError, ModemTimeout

_POLL_S = const(5)  # a look for data although nothing announced any
_POLL_MAX_S = const(30)
_ROOM = const(4096)  # octets written and not yet taken by the modem
_FETCH = const(256)  # octets asked for at least: a short head and what follows it come with one command
_FULL_S = 0.1  # first pause while the modem's send buffer is full
_FULL_MAX_S = 2


class Results:
    """Results that come as unsolicited lines, before or after OK: kept under a name until they are asked for.

    `error`: what ended it all; everybody who waits gets it."""

    def __init__(self):
        self.results = {}
        self.news = asyncio.Event()
        self.error = None

    def put(self, name: str, value) -> None:
        self.results[name] = value
        self.news.set()

    async def result(self, name: str, seconds):
        """Wait for the result and take it. Raises ModemTimeout after `seconds`, and `error`."""
        end = time.ticks_add(time.ticks_ms(), int(seconds * 1000))
        while name not in self.results:
            if self.error is not None:
                raise self.error
            left = time.ticks_diff(end, time.ticks_ms())
            if left <= 0:
                raise ModemTimeout(name)
            await self.wait(min(left / 1000, _POLL_S))
        return self.results.pop(name)

    async def wait(self, seconds) -> bool:
        """Until something happened; False: nothing did for `seconds`. Look at the state after it, not at this alone."""
        self.news.clear()
        try:
            await asyncio.wait_for(self.news.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True


class Connection(Results):
    """`.connected`: open as far as known. `.sent_any`: False as long as no byte can have left the terminal."""

    def __init__(self, link, number: int):
        super().__init__()
        self.number = number  # the modem's name for it
        self.connected = False
        self.opened = False  # it was connected once
        self.closing = False  # close() was called
        self.sent_any = False
        self.leaving = False  # bytes of the piece under way have left
        self.more = True  # data may wait in the modem
        self._link = link
        self._in = b""
        self._out = b""
        self._draining = False
        self._fetching = None  # a fetch whose caller went away before its end

    # ---- reading

    async def read(self, n: int) -> bytes:
        """Return 1..n bytes as soon as there are any, b"" when the peer has closed. Raises ModemError.

        One task reads at a time, and one writes."""
        if n and not self._in:
            await self._fill(n)
        data = self._in[:n]
        self._in = self._in[n:]
        return data

    async def readexactly(self, n: int) -> bytes:
        """Return n bytes. Raises ConnectError("closed") when the peer closes before; what came stays readable."""
        while len(self._in) < n:
            if not await self._fill(n - len(self._in)):
                raise ConnectError("closed")
        return await self.read(n)

    async def _fill(self, n: int) -> bool:
        """Wait until more bytes are here; False at the end of the stream."""
        had = len(self._in)
        pause = _POLL_S
        while len(self._in) == had:
            if self.closing:
                raise ConnectError("closed")
            if self.more:
                await self._fetch(n)
            elif not self.connected:
                if self.error is not None:
                    raise self.error
                return False
            elif await self.wait(pause):
                pause = _POLL_S
            else:
                self.more = True
                pause = min(2 * pause, _POLL_MAX_S)
        return True

    async def _fetch(self, n: int) -> None:
        job = self._link.fetching(self.number, max(n, _FETCH))
        job.sink = self._take
        self.more = False  # before the command: an announcement that comes meanwhile counts
        ended = False
        try:
            await self._link.dialogue.perform(job)
            ended = True
        except CommandError:
            ended = True  # nothing to read
        except ModemTimeout:
            self.end(ConnectError("bytes lost"), False)  # the modem may have given them up
            raise
        finally:
            if ended:
                self._gap()
                self._fetching = None
            elif self.error is None:
                self.more = True
                # commands go one by one: behind one that is still under way, this one was never given
                if self._fetching is None or self._fetching.finished:
                    self._gap()
                    self._fetching = job

    def _gap(self) -> bool:
        """Whether bytes are missing: the modem gave them up in a fetch nobody waited for, which never ended."""
        earlier = self._fetching
        if earlier is not None and isinstance(earlier.error, ModemTimeout):
            self.end(ConnectError("bytes lost"), False)
            return True
        return False

    def _take(self, header: str, raw: bytes) -> None:
        # also for a caller that gave up meanwhile: what left the modem's buffer must not be lost
        left = self._link.left(header, self.number)
        if left is None or self.closing or self._gap():
            return
        self.more = left or self.more
        self._in += raw
        self.news.set()

    # ---- writing

    def write(self, data) -> None:
        """Take `data` (any bytes, copied) to be sent by drain(). Raises ConnectError when not connected, or when more
        than 4096 octets would wait; nothing of `data` is taken then."""
        self._check()
        if len(self._out) + len(data) > _ROOM:
            raise ConnectError("write buffer full")
        self._out += data

    async def drain(self) -> None:
        """Return when the modem has taken all that was written; it may not have reached the peer. Raises ModemError;
        look at `sent_any` then."""
        while self._draining:
            await self.wait(1)
        self._draining = True
        pause = _FULL_S
        whole = False
        try:
            if self.error is not None:
                raise self.error
            while self._out:
                self._check()
                piece = memoryview(self._out)[: self._link.profile.send_limit]
                taken = await self._link.send(self, piece)
                if taken:
                    self._out = self._out[taken:]
                    pause = _FULL_S
                else:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _FULL_MAX_S)
            whole = True
        finally:
            self._draining = False
            self.news.set()
            if not whole:
                self._out = b""
                if self.connected:  # what the peer got or will get is no message
                    self.end(ConnectError("send broken off"), False)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error
        if not self.connected:
            raise ConnectError("closed")

    # ---- the end

    def close(self) -> None:
        """Close; what was not drained or read is dropped. The modem is told by a task of its own."""
        if not self.closing:
            self.closing = True
            self.connected = self.more = False
            self._in = self._out = b""
            self.news.set()
            asyncio.create_task(self._link.release(self))  # noqa: RUF006 - what it waits for refers to it

    async def wait_closed(self) -> None:
        """Return when the modem has been told; a fault on the way leaves the connection closed all the same."""
        while self._link.slots[self.number] is self:
            await self.wait(_POLL_S)

    # ---- called by the link

    def leaves(self) -> None:
        self.sent_any = self.leaving = True

    def end(self, error=None, more: bool = True) -> None:
        """It is over (`error` None: the peer closed it). `more`: what came before may still be read."""
        self.connected = False
        self.more = more and not self.closing
        self.error = self.error or error
        self.news.set()
