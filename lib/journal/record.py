"""One record of a segment, and the scan that finds the good ones.

A record is: mark (1 byte) | length of kind (1) | length of payload (2) | sequence (4) | check of these 8 (2) |
kind | payload | CRC-32 of everything before (4); numbers are big endian. The head has a check of its own, so that
a spoilt payload costs one record and not the rest of the segment.
"""

import struct
from binascii import crc32

from micropython import const

MAX_KIND = 15
MAX_PAYLOAD = 4096
MAX_SEQUENCE = 0xFFFFFFFF

_MARK = const(0xB5)
_HEAD = const(10)
_TAIL = const(4)
_WINDOW = const(256)


def size(kind, payload) -> int:
    """Bytes that a record takes in a segment."""
    return _HEAD + len(kind) + len(payload) + _TAIL


def write(file, sequence: int, kind: bytes, payload) -> None:
    """Write one record; the caller flushes."""
    head = bytearray(_HEAD)
    struct.pack_into(">BBHI", head, 0, _MARK, len(kind), len(payload), sequence)
    struct.pack_into(">H", head, 8, crc32(memoryview(head)[:8]) & 0xFFFF)
    file.write(head)
    file.write(kind)
    file.write(payload)
    file.write(struct.pack(">I", crc32(payload, crc32(kind, crc32(head)))))


class Scan:
    """Iterator over the good records of one segment: (sequence, kind, payload).

    file: opened for binary reading, at its start. low, high: the sequences that may occur; they rise within a segment.
    end: offset behind the last good record. tail: true when bytes follow it. damaged: places that failed their check;
    a record cut short by the end of the file is the trace of a power cut and not counted.
    """

    def __init__(self, file, low: int, high: int):
        self._file = file
        self._high = high
        self._offset = 0
        self.sequence = low - 1
        self.end = 0
        self.tail = False
        self.damaged = 0

    def __iter__(self):
        return self

    def __next__(self):
        read = self._file.read
        while True:
            head = read(_HEAD)
            if len(head) < _HEAD:
                return self._stop(len(head) > 0)
            if not self._plausible(head):
                self.damaged += 1
                if not self._resynchronise():
                    return self._stop(True)
                continue
            _, kind_size, payload_size, sequence, _ = struct.unpack(">BBHIH", head)
            kind = read(kind_size)
            payload = read(payload_size)
            check = read(_TAIL)
            if len(check) < _TAIL:
                return self._stop(True)
            self._offset += _HEAD + kind_size + payload_size + _TAIL
            if struct.unpack(">I", check)[0] != crc32(payload, crc32(kind, crc32(head))):
                self.damaged += 1
                self.tail = True
                continue
            self.tail = False
            self.end = self._offset
            self.sequence = sequence
            return sequence, str(kind, "ascii"), payload

    def _stop(self, tail):
        self.tail = self.tail or tail
        raise StopIteration

    def _plausible(self, head) -> bool:
        mark, kind_size, payload_size, sequence, check = struct.unpack(">BBHIH", head)
        return (
            mark == _MARK
            and 1 <= kind_size <= MAX_KIND
            and payload_size <= MAX_PAYLOAD
            and self.sequence < sequence <= self._high
            and check == crc32(head[:8]) & 0xFFFF
        )

    def _resynchronise(self) -> bool:
        """Look for the next head behind a spoilt one; the file is left standing on it."""
        start = self._offset + 1
        while True:
            self._file.seek(start)
            window = self._file.read(_WINDOW)
            at = 0
            while True:
                at = window.find(b"\xb5", at)
                if at < 0 or at + _HEAD > len(window):
                    break
                if self._plausible(window[at : at + _HEAD]):
                    self._offset = start + at
                    self._file.seek(self._offset)
                    return True
                at += 1
            if len(window) < _WINDOW:
                return False
            start += _WINDOW - _HEAD + 1
