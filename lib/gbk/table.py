"""The table behind GBK: gbk.bin, searched by seek in both directions.

GBK keeps the 6 763 hanzi of GB 2312 in an order of their own (by sound, then by radical). All other hanzi of
U+4E00..9FA5 lie in the order of Unicode in two regions, GBK/3 (8140..A0FE) and GBK/4 (AA40..FEA0). So it is enough to
know, for each hanzi, whether GB 2312 has it, and how many before it are of its kind; its place follows by counting.

    82 blocks of 34 bytes   for 256 code points each from U+4E00: how many hanzi of GB 2312 come before the block
                            (2 bytes), then a bit for each code point, lowest bit first: 1 = in GB 2312
    6763 codes of 2 bytes   the GBK code of each hanzi of GB 2312, in the order of Unicode
    200 runs of 5 bytes     every other character: first code point (2), its GBK code (2), length of the run (1),
                            in the order of Unicode
    Numbers are big-endian. `python -m posterm.tables.gbk` writes the file.
"""

import sys
from array import array

from micropython import const

_FIRST_HANZI = const(0x4E00)
_LAST_HANZI = const(0x9FA5)
_BLOCKS = const(82)
_BLOCK_SIZE = const(34)
_CODES_AT = const(_BLOCKS * _BLOCK_SIZE)
_RUNS_AT = const(_CODES_AT + 6763 * 2)
_RUNS = const(200)
_RUN_SIZE = const(5)
_OTHER_HANZI = const(14139)  # in GBK/3 and GBK/4 together
_GBK3_CELLS = const(6080)  # 32 rows of 190
_CHUNK = const(510)  # whole codes and whole runs

_YEN = const(0xA5)
_FULLWIDTH_YEN = const(0xFFE5)

_CACHE_MASK = const(127)
_BITS = b"\x00\x01\x01\x02\x01\x02\x02\x03\x01\x02\x02\x03\x02\x03\x03\x04"  # how many bits are set in 0..15

# Direct-mapped: a slot holds the last pair whose key ended in the slot's number. Key 0 is an empty slot.
_code_points = array("H", bytes(256))
_codes_of = array("H", bytes(256))
_codes = array("H", bytes(256))
_code_points_of = array("H", bytes(256))


def _set_bits(byte: int) -> int:
    return _BITS[byte >> 4] + _BITS[byte & 15]


def _number(two_bytes: bytes) -> int:
    return two_bytes[0] << 8 | two_bytes[1]


def _open_data():
    # Next to this module, as source or as .mpy. A frozen module has no folder: then it is where mip would have put it.
    try:
        return open(__file__[: __file__.rfind("/") + 1] + "gbk.bin", "rb")
    except OSError:
        for folder in sys.path:
            try:
                return open(folder + "/gbk/gbk.bin", "rb")
            except OSError:
                continue
        raise


class Table:
    """Look-ups in both directions: a context that opens the file when the caches first miss and closes it after."""

    def __init__(self):
        self._data = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self._data is not None:
            self._data.close()
            self._data = None

    def code(self, code_point: int) -> int:
        """The GBK code (8140..FEFE) of a code point from U+0080 on, 0 when there is none."""
        if code_point == _YEN:
            code_point = _FULLWIDTH_YEN
        if code_point > 0xFFFF:
            return 0
        slot = code_point & _CACHE_MASK
        if _code_points[slot] != code_point:
            is_hanzi = _FIRST_HANZI <= code_point <= _LAST_HANZI
            _codes_of[slot] = self._hanzi_code(code_point) if is_hanzi else self._run_code(code_point)
            _code_points[slot] = code_point
        return _codes_of[slot]

    def code_point(self, code: int) -> int:
        """The code point of a GBK code (lead byte 81..FE, trail byte 40..FF), 0 when GBK leaves the code unassigned."""
        slot = code & _CACHE_MASK
        if _codes[slot] != code:
            _code_points_of[slot] = self._code_point(code >> 8, code & 0xFF)
            _codes[slot] = code
        return _code_points_of[slot]

    def _read(self, at: int, size: int) -> bytes:
        if self._data is None:
            self._data = _open_data()
        self._data.seek(at)
        data = self._data.read(size)
        if len(data) != size:
            raise OSError("gbk.bin is cut short")
        return data

    def _hanzi_code(self, code_point: int) -> int:
        index = code_point - _FIRST_HANZI
        block = self._read((index >> 8) * _BLOCK_SIZE, _BLOCK_SIZE)
        byte = 2 + ((index & 0xFF) >> 3)
        bit = 1 << (index & 7)
        rank = _number(block)
        for i in range(2, byte):
            rank += _set_bits(block[i])
        rank += _set_bits(block[byte] & (bit - 1))
        if block[byte] & bit:
            return _number(self._read(_CODES_AT + 2 * rank, 2))
        cell = index - rank
        if cell < _GBK3_CELLS:
            lead, trail = 0x81 + cell // 190, 0x40 + cell % 190
        else:
            cell -= _GBK3_CELLS
            lead, trail = 0xAA + cell // 96, 0x40 + cell % 96
        return lead << 8 | (trail if trail < 0x7F else trail + 1)  # 7F is no trail byte

    def _run_code(self, code_point: int) -> int:
        low, high = 0, _RUNS - 1
        while low <= high:
            middle = (low + high) >> 1
            run = self._read(_RUNS_AT + middle * _RUN_SIZE, _RUN_SIZE)
            offset = code_point - _number(run)
            if offset < 0:
                high = middle - 1
            elif offset >= run[4]:
                low = middle + 1
            else:
                return (run[2] << 8 | run[3]) + offset
        return 0

    def _code_point(self, lead: int, trail: int) -> int:
        if trail == 0x7F or trail == 0xFF:
            return 0
        if trail >= 0xA1 and 0xB0 <= lead <= 0xF7:
            rank = self._find_code(lead, trail)
            return 0 if rank < 0 else self._select(rank, True)
        cell = trail - 0x40 if trail < 0x7F else trail - 0x41
        if lead <= 0xA0:
            return self._select((lead - 0x81) * 190 + cell, False)
        if lead >= 0xAA and trail <= 0xA0:
            rank = _GBK3_CELLS + (lead - 0xAA) * 96 + cell
            if rank < _OTHER_HANZI:
                return self._select(rank, False)
        return self._run_code_point(lead << 8 | trail)

    def _find_code(self, lead: int, trail: int) -> int:
        """The place of a code among those of GB 2312, -1 when it is not there: a search chunk by chunk."""
        code = bytes((lead, trail))
        for at in range(_CODES_AT, _RUNS_AT, _CHUNK):
            chunk = self._read(at, min(_CHUNK, _RUNS_AT - at))
            found = chunk.find(code)
            while found & 1 and found > 0:  # straddles two codes
                found = chunk.find(code, found + 1)
            if found >= 0:
                return (at - _CODES_AT + found) >> 1
        return -1

    def _select(self, rank: int, in_gb2312: bool) -> int:
        """The code point of the hanzi with `rank` others of its kind before it."""
        low, high = 0, _BLOCKS - 1
        while low < high:  # the last block that begins at or before `rank`
            middle = (low + high + 1) >> 1
            before = _number(self._read(middle * _BLOCK_SIZE, 2))
            if (before if in_gb2312 else (middle << 8) - before) <= rank:
                low = middle
            else:
                high = middle - 1
        block = self._read(low * _BLOCK_SIZE, _BLOCK_SIZE)
        left = rank - (_number(block) if in_gb2312 else (low << 8) - _number(block))
        invert = 0 if in_gb2312 else 0xFF
        index = 0
        while True:
            bits = block[2 + (index >> 3)] ^ invert
            count = _set_bits(bits)
            if left < count:
                break
            left -= count
            index += 8
        while left or not bits & 1:
            left -= bits & 1
            bits >>= 1
            index += 1
        return _FIRST_HANZI + (low << 8) + index

    def _run_code_point(self, code: int) -> int:
        for at in range(_RUNS_AT, _RUNS_AT + _RUNS * _RUN_SIZE, _CHUNK):
            chunk = self._read(at, min(_CHUNK, _RUNS_AT + _RUNS * _RUN_SIZE - at))
            for run in range(0, len(chunk), _RUN_SIZE):
                offset = code - (chunk[run + 2] << 8 | chunk[run + 3])
                if 0 <= offset < chunk[run + 4]:
                    return (chunk[run] << 8 | chunk[run + 1]) + offset
        return 0
