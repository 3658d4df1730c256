"""The event log: the last events in memory for the console, all of them in two files that take turns.

    log = EventLog("/flash", clock)
    log("sale.unknown", "trace 000012 time-out")

Whatever a caller passes, runs of nine or more digits are masked before they are kept.
"""

import os

from micropython import const

from terminal.security.mask import scrub

_KEEP = const(60)  # events in memory
_FILE_MAX = const(16384)  # octets per file; the older of two files is dropped when the newer is full
_DETAIL_MAX = const(120)


class EventLog:
    """Callable: `log(event, detail="")`. Args: `directory` for events.log and events.old, `clock`."""

    def __init__(self, directory, clock):
        self._path = directory + "/events"
        self._clock = clock
        self._lines = []
        try:
            self._size = os.stat(self._path + ".log")[6]
        except OSError:
            self._size = 0

    def __call__(self, event, detail=""):
        """Keep an event: `event` a dotted name, `detail` a short text without secrets."""
        text = scrub(str(detail)[:_DETAIL_MAX]).replace("\n", " ").replace("\r", " ")
        line = "%s %s %s" % (self._clock.text(), event, text)
        self._lines.append(line)
        if len(self._lines) > _KEEP:
            self._lines.pop(0)
        try:
            self._store(line)
        except OSError:
            self._lines.append(line + " (not stored)")  # a full flash must not stop a payment

    def last(self, count):
        """Return up to `count` last events as texts."""
        return self._lines[-count:]

    def _store(self, line):
        data = (line + "\n").encode()
        if self._size + len(data) > _FILE_MAX:
            os.rename(self._path + ".log", self._path + ".old")
            self._size = 0
        with open(self._path + ".log", "ab") as file:
            file.write(data)
        self._size += len(data)
