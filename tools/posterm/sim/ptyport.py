"""A serial port in software: the simulator holds one end, any program opens the other by name.

    port = PtyPort(link="/tmp/posterm/modem")
    print(port.path)                # /dev/pts/7, also reachable under the link
    data = await port.read(256)
    port.write(b"OK\\r\\n")
    await port.drain()
    port.close()

The port behaves like a UART and its cable. The slave side stays open here too, so a client may come and go without
a hang-up, and bytes nobody fetches are lost after `stall` seconds instead of stopping the simulator.
"""

import asyncio
import os
import termios
import tty
from pathlib import Path

CHUNK = 4096
_SPEEDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}


class PortError(OSError):
    """The port cannot be set up; the text says what to do about it."""


def _place_link(link: Path, target: str) -> None:
    """Make `link` point at `target`; only a link left over from an earlier pty is replaced."""
    if link.is_symlink():
        old = os.readlink(link)
        if link.exists() and not old.startswith("/dev/pts/"):
            raise PortError(f"{link} is a link to {old}, not to a port; remove it or choose another --link")
    elif link.exists():
        kind = "folder" if link.is_dir() else "file"
        raise PortError(f"{link} is a {kind}, not a link to a port; remove it or choose another --link")
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        os.symlink(target, fresh)
        os.replace(fresh, link)
    except OSError as error:
        raise PortError(
            f"cannot make the link {link} ({error.strerror}); create its folder or choose another --link"
        ) from error


class PtyPort:
    """One pseudo-terminal with an asynchronous master end on the running loop.

    link: optional stable name, a symbolic link to the slave; removed again by `close`.
    stall: seconds after which written bytes that nobody reads are dropped.

    Raises PortError (an OSError) when the link's place is taken or cannot be written.
    """

    def __init__(self, link: str | Path | None = None, *, stall: float = 1.0):
        self._loop = asyncio.get_running_loop()
        self._stall = stall
        self._pending = bytearray()
        self._dropping: asyncio.TimerHandle | None = None
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._arrived = asyncio.Event()
        self._closed = False
        self.dropped = 0  # bytes lost because nobody listened
        self._link = Path(link) if link is not None else None
        self._master, self._slave = os.openpty()
        try:
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.path = os.ttyname(self._slave)
            if self._link is not None:
                _place_link(self._link, self.path)
        except OSError:
            os.close(self._master)
            os.close(self._slave)
            raise

    async def read(self, n: int = CHUNK) -> bytes:
        """Return 1 to n bytes as soon as some are there, b"" once the port is closed. One reader at a time."""
        while not self._closed:
            try:
                return os.read(self._master, n)
            except BlockingIOError:
                self._arrived.clear()
                self._loop.add_reader(self._master, self._wake_reader)
                try:
                    await self._arrived.wait()
                finally:
                    if not self._closed:
                        self._loop.remove_reader(self._master)
        return b""

    def _wake_reader(self) -> None:
        self._loop.remove_reader(self._master)
        self._arrived.set()

    def write(self, data: bytes) -> None:
        """Queue bytes for the client; never blocks. What stays unread for `stall` seconds is dropped."""
        if self._closed or not data:
            return
        self._pending += data
        if self._emptied.is_set():
            self._emptied.clear()
            self._push()

    def _push(self) -> None:
        try:
            sent = os.write(self._master, self._pending)
        except BlockingIOError:
            sent = 0
        if sent:
            del self._pending[:sent]
            self._stop_dropping()
        if not self._pending:
            self._loop.remove_writer(self._master)
            self._emptied.set()
            return
        self._loop.add_writer(self._master, self._push)
        if self._dropping is None:
            self._dropping = self._loop.call_later(self._stall, self._drop)

    def _drop(self) -> None:
        self._dropping = None
        self.dropped += len(self._pending)
        self._pending.clear()
        self._loop.remove_writer(self._master)
        self._emptied.set()

    def _stop_dropping(self) -> None:
        if self._dropping is not None:
            self._dropping.cancel()
            self._dropping = None

    @property
    def client_speed(self) -> int:
        """The speed in baud the client has set its end to (a port nobody has opened yet: the kernel's 38400)."""
        return _SPEEDS.get(termios.tcgetattr(self._slave)[5], 0)

    async def drain(self) -> None:
        """Wait until everything written has been taken by the line or dropped."""
        await self._emptied.wait()

    def close(self) -> None:
        """Close both ends and remove the link if it still is ours."""
        if self._closed:
            return
        self._closed = True
        self._stop_dropping()
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        self._pending.clear()
        self._emptied.set()
        self._arrived.set()
        if self._link is not None and self._link.is_symlink() and os.readlink(self._link) == self.path:
            self._link.unlink()
        os.close(self._master)
        os.close(self._slave)
