"""The journal: segments in a directory, appended to, replayed, compacted.

Files are named by the sequences they may hold, so that no index is needed and no number is ever used twice:
    sXXXXXXXX   a segment whose first record has sequence XXXXXXXX (hex) or a later one
    cXXXXXXXX   a compacted segment; it stands for every sequence up to and including XXXXXXXX
    new         a compaction that did not finish
The newest `c` makes all that it stands for obsolete: its appearance by one rename is the moment of the switch, and a
cut before or after it loses nothing and shows nothing twice.
"""

import os
from errno import EEXIST

from micropython import const

from . import record

_ENOSPC = const(28)  # the device's errno module does not name it
_NEW = "new"


class Full(OSError):
    """No room left on the medium. The journal stays usable: replay it, compact it, append again."""

    def __init__(self):
        super().__init__(_ENOSPC, "journal: no room left")


def _translated(error):
    return Full() if error.errno == _ENOSPC else error


def _sequence_of(name):
    """The number in a segment's name, None when the file is not one of ours."""
    if len(name) != 9 or name[0] not in "sc":
        return None
    for digit in name[1:]:
        if digit not in "0123456789abcdef":
            return None
    return int(name[1:], 16)


def _settle(file):
    """Return when what was written is on the medium."""
    file.flush()
    # littlefs and FAT store on flush; a desktop's page cache wants to be asked
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())
    elif hasattr(os, "sync"):
        os.sync()


def _drop(file):
    try:
        if file is not None:
            file.close()
    except OSError:
        # a file that already failed reports the same error once more
        return


class Journal:
    """An append-only sequence of (sequence, kind, payload) in a directory of its own.

    directory: made when missing (its parent must exist). segment_bytes: a segment that would grow beyond this is left
    and a new one begun; a compacted segment may be larger. The newest segment is read once to find its end.

    damaged: places that failed their check in the latest replay or compaction (after opening: in the newest segment).
    last: the highest sequence used so far. Raises OSError when the directory cannot be read.
    """

    def __init__(self, directory: str, segment_bytes: int = 16384):
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._file = None
        self._size = 0
        self._compactions = 0
        self.damaged = 0
        self.last: int = 0
        self._segment: str | None = None
        try:
            os.mkdir(directory)
        except OSError as error:
            if error.errno != EEXIST:
                raise _translated(error) from None
        self._remove_obsolete()
        self._find_end()

    def append(self, kind: str, payload) -> int:
        """Store one record and return its sequence (from 1, rising, gaps possible) once it is on the medium.

        kind: 1 to 15 printable ASCII characters. payload: bytes-like, at most 4096 bytes.
        Raises ValueError for these limits, Full without room, OSError for a failing medium. A record whose append did
        not return may or may not be found later; its number is not used again.
        """
        name = kind.encode()
        if not 1 <= len(name) <= record.MAX_KIND or min(name) < 0x20 or max(name) > 0x7E:
            raise ValueError("journal: kind must be 1 to 15 ASCII characters")
        if len(payload) > record.MAX_PAYLOAD:
            raise ValueError(f"journal: payload above {record.MAX_PAYLOAD} bytes")
        size = record.size(name, payload)
        if self._size + size > self._segment_bytes:
            self._leave_segment()
        sequence = self.last + 1
        self.last = sequence
        stored = False
        try:
            if self._file is None:
                if not self._segment:
                    self._segment = f"s{sequence:08x}"
                self._file = open(self._path(self._segment), "ab")  # noqa: SIM115 - stays open
            record.write(self._file, sequence, name, payload)
            _settle(self._file)
            stored = True
        except OSError as error:
            raise _translated(error) from None
        finally:
            # whatever went wrong, unknown bytes may lie at the end now: never write behind them
            if not stored:
                self._abandon_segment()
        self._size += size
        return sequence

    def replay(self):
        """Iterate over (sequence: int, kind: str, payload: bytes), oldest first.

        Appending meanwhile is allowed (such records may or may not be seen); after a compaction a running iteration
        raises RuntimeError. Spoilt records are passed over and counted in `damaged`.
        """
        self.damaged = 0
        compactions = self._compactions
        segments = self._segments()
        for i, (low, name) in enumerate(segments):
            high = segments[i + 1][0] - 1 if i + 1 < len(segments) else record.MAX_SEQUENCE
            with open(self._path(name), "rb") as file:
                scan = record.Scan(file, low, high)
                for entry in scan:
                    yield entry
                    if self._compactions != compactions:
                        raise RuntimeError("journal: compacted during replay")
                self.damaged += scan.damaged

    def compact(self, keep) -> None:
        """Drop every record for which keep(sequence, kind, payload) is false; the others keep their sequence and order.

        All or nothing, also when the power fails in between. Needs room for the kept records beside the old ones.
        keep must not append. Raises Full or OSError, or what keep raises: then nothing has changed.
        """
        self._leave_segment()
        path = self._path(_NEW)
        switched = False
        try:
            with open(path, "wb") as file:
                for sequence, kind, payload in self.replay():
                    if keep(sequence, kind, payload):
                        record.write(file, sequence, kind.encode(), payload)
                _settle(file)
            # a number is spent on the name: it is above every sequence in use and differs from the last compaction's
            os.rename(path, self._path(f"c{self.last + 1:08x}"))
            switched = True
        except OSError as error:
            raise _translated(error) from None
        finally:
            if not switched:
                self._remove(_NEW)
        self.last += 1
        self._compactions += 1
        self._remove_obsolete()

    def size(self) -> int:
        """Bytes of all segments, to decide when to compact."""
        return sum(os.stat(self._path(name))[6] for _, name in self._segments())

    def close(self) -> None:
        """Give the file handle back; a later append opens it again."""
        if self._file is not None:
            file = self._file
            self._file = None
            file.close()

    def _path(self, name):
        return self._directory + "/" + name

    def _segments(self):
        """Sorted (lowest sequence, name); the compacted segment first."""
        found = []
        base = None
        for name in os.listdir(self._directory):
            number = _sequence_of(name)
            if number is None:
                continue
            if name[0] == "s":
                found.append((number, name))
            elif base is None or name > base:
                base = name
        if base is not None:
            limit = _sequence_of(base)
            found = [entry for entry in found if entry[0] > limit]
            found.append((1, base))
        found.sort()
        return found

    def _remove_obsolete(self):
        current = [name for _, name in self._segments()]
        for name in os.listdir(self._directory):
            if name == _NEW or (_sequence_of(name) is not None and name not in current):
                self._remove(name)

    def _remove(self, name):
        try:
            os.remove(self._path(name))
        except OSError:
            # not there, or the medium refuses: an obsolete file is ignored by name and tried again at the next start
            return

    def _find_end(self):
        """Set the last sequence, and the segment to go on with when nothing follows its last good record."""
        self.last = 0
        self._segment = None
        segments = self._segments()
        if not segments:
            return
        low, name = segments[-1]
        if name[0] == "c":
            self.last = _sequence_of(name)
            return
        with open(self._path(name), "rb") as file:
            scan = record.Scan(file, low, record.MAX_SEQUENCE)
            for _ in scan:
                pass
        self.damaged = scan.damaged
        self.last = scan.sequence
        if scan.tail:
            # the torn record may have had the next number
            self.last += 1
        else:
            self._segment = name
            self._size = scan.end

    def _leave_segment(self):
        self.close()
        self._segment = None
        self._size = 0

    def _abandon_segment(self):
        name = self._segment
        empty = self._size == 0
        file = self._file
        self._file = None
        self._segment = None
        self._size = 0
        _drop(file)
        if empty and name is not None:
            # no record of value in it: on a full medium failed attempts must not pile up files
            self._remove(name)
