"""Two ends of a serial line in memory, with the stream interface boards give to drivers."""

import asyncio


class Stream:
    """One end: `await read(n)`, `await readline()`, `await readexactly(n)`, `write(data)`, `await drain()`."""

    def __init__(self):
        self._buffer = bytearray()
        self._event = asyncio.Event()
        self._closed = False
        self.peer = None

    def feed(self, data):
        self._buffer.extend(data)
        self._event.set()

    def close(self):
        if self.peer is not None:
            self.peer._closed = True
            self.peer._event.set()
        self._closed = True
        self._event.set()

    async def wait_closed(self):
        return None

    def is_closing(self):
        return self._closed

    async def _more(self):
        self._event.clear()
        await self._event.wait()

    async def read(self, n=-1):
        while not self._buffer and not self._closed:
            await self._more()
        size = len(self._buffer) if n < 0 else min(n, len(self._buffer))
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def readexactly(self, n):
        while len(self._buffer) < n:
            if self._closed:
                partial = bytes(self._buffer)
                self._buffer.clear()
                raise asyncio.IncompleteReadError(partial, n)
            await self._more()
        return await self.read(n)

    async def readline(self):
        while b"\n" not in self._buffer and not self._closed:
            await self._more()
        end = self._buffer.find(b"\n")
        return await self.read(end + 1 if end >= 0 else -1) if self._buffer else b""

    def write(self, data):
        if self.peer is not None and not self.peer._closed:
            self.peer.feed(bytes(data))

    async def drain(self):
        await asyncio.sleep(0)


def pair():
    """Return two connected ends."""
    a, b = Stream(), Stream()
    a.peer, b.peer = b, a
    return a, b
