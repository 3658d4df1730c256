"""What is kept about the modem: findings per model, firmware and SIM, and the recording of the last trouble.

    memory = ModemMemory(board.storage)
    recordings = Recordings(board.storage, clock, log)
    modem = Modem(uart, memory=memory)
    modem.on_trouble = lambda reason: recordings.keep(reason, modem.last_dialogue())

Files are written beside and renamed over the old ones: a power cut leaves the old or the new.
"""

import json
import os
from binascii import crc32

from micropython import const

_PLACES = const(8)  # for findings: a terminal sees few SIMs
_RECORD = const(512)  # octets of one finding
_RECORDING = const(8192)
_PAUSE_S = const(60)
_NAME = "/modem.rec"


def _replace(path: str, text: str) -> None:
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


class ModemMemory:
    """Findings under short text keys, at most 8 beside those under a plain word, in `directory`.

    A fault of the storage is no fault of the modem: it is logged, and the finding is made again."""

    def __init__(self, directory: str, log):
        self._directory = directory
        self._log = log

    def _path(self, key: str) -> str:
        # the others share places by their sum: two that meet drive each other out, which costs a probe and no more
        place = key if key.isalpha() and len(key) < 9 else str(crc32(key.encode()) % _PLACES)
        return "%s/modem_%s.json" % (self._directory, place)

    def load(self, key: str):
        """The dict saved under `key`, or None."""
        try:
            with open(self._path(key)) as file:
                found = json.loads(file.read(_RECORD))
        except (OSError, ValueError):
            return None
        if not isinstance(found, list) or len(found) != 2 or found[0] != key or not isinstance(found[1], dict):
            return None
        return found[1]

    def save(self, key: str, record: dict) -> None:
        """Keep `record` (plain values, together below 512 octets)."""
        text = json.dumps([key, record])
        try:
            if len(text) > _RECORD:
                raise ValueError
            _replace(self._path(key), text)
        except (OSError, ValueError) as error:
            self._log("modem.memory", type(error).__name__)


class Recordings:
    """The dialogue of the last trouble, in modem.rec: at most 8 KB, written at most once a minute, so that a modem in
    trouble without end does not wear out the flash."""

    def __init__(self, directory: str, clock, log):
        self._path = directory + _NAME
        self._clock = clock
        self._log = log
        self._kept_at = None

    def keep(self, reason: str, lines) -> bool:
        """Store `lines` (see modem.trace), time and `reason` after the first; False when it was not."""
        now = self._clock.seconds()
        if self._kept_at is not None and 0 <= now - self._kept_at < _PAUSE_S:
            return False
        self._kept_at = now
        try:
            with open(self._path + ".new", "w") as file:
                heading = "# %04d-%02d-%02d %02d:%02d:%02d " % tuple(self._clock.moment()[:6]) + reason[:40]
                size = len(heading) + 1
                for line in lines:
                    size += len(line) + 1
                    if size > _RECORDING:
                        break
                    file.write(line + "\n")
                    if heading:
                        file.write(heading + "\n")
                        heading = ""
            os.rename(self._path + ".new", self._path)
        except OSError as error:
            self._log("modem.recording", "not kept: %d" % (error.errno or 0))
            return False
        self._log("modem.recording", reason)
        return True

    def lines(self):
        """Iterate over the lines of the recording, without line ends; nothing when there is none."""
        try:
            with open(self._path) as file:
                for line in file:
                    yield line.rstrip()
        except OSError:
            return
