"""Power for the terminal in the shop: every write to a device or to storage is a step, and the cut comes at a chosen one.

power.cut_at(7)               the 7th step from now does not happen, nor anything after it
power.cut_at(7, tear=3)       ... and when it is the second half of a write, the first half has 3 octets
"""

import asyncio
import builtins
import errno
import io
import os
from pathlib import Path

BLOCK = 4096


class PowerCut(BaseException):
    """The terminal stops here; nothing it does afterwards has any effect."""


class Power:
    """Counts the terminal's steps and cuts the power at a chosen one."""

    def __init__(self):
        self.steps = 0
        self.off = asyncio.Event()
        self.names = []
        self.tear = None  # octets of a write that get through before its second half; None: one in two
        self._at = None

    def cut_at(self, step, tear=None):
        """Cut the power at the `step`-th step from now on (1 is the next)."""
        self._at = self.steps + step
        self.tear = tear

    def stay(self):
        """Do not cut after all."""
        self._at = None

    @property
    def last(self):
        """Name of the step at which the power went."""
        return self.names[-1] if self.names else ""

    def check(self):
        """Raise PowerCut when the power is gone."""
        if self.off.is_set():
            raise PowerCut

    def step(self, name):
        """Called before each effect. Raises PowerCut when the power goes, and ever after."""
        self.check()
        self.steps += 1
        self.names.append(name)
        if self.steps == self._at:
            self.off.set()
            raise PowerCut(name)

    def write(self, name, data, sink, torn=True):
        """Give `data` to `sink` in two halves, each a step of its own; a cut between them leaves the first half."""
        self.step(name)
        data = bytes(data)
        first = len(data) // 2 if self.tear is None else min(self.tear, len(data))
        if not torn or not first:
            sink(data)
            return
        sink(data[:first])
        self.step(name + " torn")
        sink(data[first:])


class Port:
    """The board's end of a serial line: every write is a step, a long one can be torn."""

    TORN_FROM = 60  # octets: message payloads and PDUs, not every command

    def __init__(self, name, stream, power):
        self._name = name
        self._stream = stream
        self._power = power
        self.read = stream.read
        self.readline = stream.readline
        self.readexactly = stream.readexactly
        self.drain = stream.drain

    def write(self, data):
        torn = self._name == "modem" and len(data) >= self.TORN_FROM
        self._power.write(self._name, data, self._stream.write, torn)


class _File(io.RawIOBase):
    """A file of the terminal open for writing: what it writes is on the medium when it is flushed or closed."""

    def __init__(self, medium, path, mode, encoding):
        super().__init__()
        self._medium = medium
        self._path = path
        self._encoding = None if "b" in mode else encoding or "utf-8"
        self._raw = io.FileIO(path, mode.replace("b", "").replace("t", ""))
        self._pending = bytearray()

    def write(self, data):
        self._pending += data.encode(self._encoding) if self._encoding else data
        return len(data)

    def flush(self):
        data, self._pending = bytes(self._pending), bytearray()
        if data:
            self._medium.store(self._path, data, self._raw.write)

    def fileno(self):
        return self._raw.fileno()

    def close(self):
        if self._raw.closed:
            return
        try:
            self.flush()
        finally:
            self._raw.close()
            super().close()

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self._pending.clear()
        self.close()

    def __del__(self):
        self._pending.clear()  # the power went: what was never flushed is gone
        self._raw.close()


class Medium:
    """The terminal's storage folder as a medium: writes are steps, room is limited, faults can be ordered.

    `room`: octets still free, None for plenty. `fail(word, count)`: the next `count` writes whose name holds `word`
    meet a medium without room; `skip(name)`: but not this one. `fail_after(word)`: the next such write is carried out
    and reported as a fault. Names: "ledger approved", "outbox state", "keys.sealed.new"...
    """

    def __init__(self, folder):
        self.folder = str(folder)
        self.power = None
        self.room = None
        self.heal()

    def fail(self, word, count=1):
        self._failing.append([word, count])

    def skip(self, name):
        self._spared.add(name)

    def fail_after(self, word):
        self._lying.append(word)

    def heal(self):
        self._failing = []
        self._spared = set()
        self._lying = []
        self.room = None

    def install(self, patch):
        """Stand between the firmware and the file system for the time of a test."""
        real_open, real_rename, real_statvfs = builtins.open, os.rename, os.statvfs

        def opened(path, mode="r", *args, **named):
            if not self._ours(path) or mode in ("r", "rb"):
                return real_open(path, mode, *args, **named)
            self.power.check()
            return _File(self, path, mode, named.get("encoding"))

        def renamed(old, new):
            if self._ours(old):
                self.power.step("rename " + Path(new).name)
            real_rename(old, new)

        def room(path):
            if not self._ours(path) or self.room is None:
                return real_statvfs(path)
            free = self.room // BLOCK
            return (BLOCK, BLOCK, 1000, free, free, 0, 0, 0, 0, 255)

        patch.setattr(builtins, "open", opened)
        patch.setattr(os, "rename", renamed)
        patch.setattr(os, "statvfs", room)
        patch.setattr(os, "fsync", lambda handle: None)  # the order of writes is what is tested, not the disk

    def _ours(self, path):
        return isinstance(path, str) and path.startswith(self.folder)

    def store(self, path, data, sink):
        name = self._name(path, data)
        for order in self._failing:
            if order[0] in name and order[1] > 0 and name not in self._spared:
                order[1] -= 1
                raise OSError(errno.ENOSPC, "no room")
        if self.room is not None:
            if len(data) > self.room:
                sink(data[: self.room])
                self.room = 0
                raise OSError(errno.ENOSPC, "no room")
            self.room -= len(data)
        if name.startswith("events"):
            self.power.check()  # the event log decides nothing: its lines are no steps
            sink(data)
            return
        self.power.write(name, data, sink)
        for word in self._lying:
            if word in name:
                self._lying.remove(word)
                raise OSError(errno.EIO, "reported although stored")

    def _name(self, path, data):
        """`ledger approved` for a record of a journal, else the file's name."""
        place = Path(path)
        if place.parent.name in ("ledger", "outbox") and len(data) > 10:
            return place.parent.name + " " + data[10 : 10 + data[1]].decode("latin-1")
        return place.name
