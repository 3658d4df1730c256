"""The event log: two files that take turns; nothing is kept in memory.

    log = EventLog("/flash", clock)
    log("sale.unknown", "trace 000012 time-out")
    log.last(20)

Whatever a caller passes, runs of nine or more digits are masked before they are stored.
"""

import os

from micropython import const

from terminal.security.mask import scrub

_FILE_MAX = const(16384)  # octets per file; the older of two files is dropped when the newer is full
_TAIL = const(4096)  # octets read to show the last events
_DETAIL_MAX = const(120)


class EventLog:
    """Callable: `log(event, detail="")`. Args: `directory` for events.log and events.old, `clock`."""

    def __init__(self, directory, clock):
        self._path = directory + "/events"
        self._clock = clock
        self._lost = 0  # events that found no room since the last one stored
        try:
            self._size = os.stat(self._path + ".log")[6]
        except OSError:
            self._size = 0

    def __call__(self, event, detail=""):
        """Store an event: `event` a dotted name, `detail` a short text without secrets."""
        text = scrub(str(detail)[:_DETAIL_MAX]).replace("\n", " ").replace("\r", " ")
        if self._lost:
            text += " (after %d events that found no room)" % self._lost
        try:
            self._store("%s %s %s\n" % (self._clock.text(), event, text))
            self._lost = 0
        except OSError:
            self._lost += 1  # a full flash must not stop a payment

    def last(self, count):
        """Return up to `count` last events as texts, oldest first."""
        lines = []
        for suffix in (".old", ".log"):
            lines = (lines + self._tail(self._path + suffix))[-count:]
        return lines

    def _tail(self, path):
        try:
            with open(path, "rb") as file:
                start = max(0, os.stat(path)[6] - _TAIL)
                file.seek(start)
                data = file.read(_TAIL)
        except OSError:
            return []
        lines = data.split(b"\n")[1 if start else 0 : -1]  # the first one may be cut, behind the last end is nothing
        return [line.decode() for line in lines]

    def _store(self, line):
        data = line.encode()
        if self._size + len(data) > _FILE_MAX:
            os.rename(self._path + ".log", self._path + ".old")
            self._size = 0
        with open(self._path + ".log", "ab") as file:
            file.write(data)
        self._size += len(data)
