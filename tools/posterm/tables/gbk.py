"""Writes lib/gbk/gbk.bin from Python's own codec: `python -m posterm.tables.gbk lib/gbk/gbk.bin`.

The layout is described in lib/gbk/table.py, which reads it.
"""

import sys
from pathlib import Path

FIRST_HANZI, LAST_HANZI = 0x4E00, 0x9FA5
BLOCK = 256


def gbk_codes() -> dict[int, int]:
    """Every code point of the basic plane beyond ASCII that GBK has, with its two-byte code."""
    codes = {}
    for code_point in range(0x80, 0x10000):
        try:
            codes[code_point] = int.from_bytes(chr(code_point).encode("gbk"), "big")
        except UnicodeEncodeError:
            continue
    return codes


def in_gb2312(code: int) -> bool:
    """Whether a hanzi's code lies in the rows that GBK took over from GB 2312."""
    return 0xB0 <= code >> 8 <= 0xF7 and code & 0xFF >= 0xA1


def runs(codes: dict[int, int]) -> list[tuple[int, int, int]]:
    """The characters that are no hanzi of U+4E00..9FA5, as (first code point, its code, length)."""
    found: list[tuple[int, int, int]] = []
    for code_point, code in sorted(codes.items()):
        if FIRST_HANZI <= code_point <= LAST_HANZI:
            continue
        if found:
            first, first_code, length = found[-1]
            if (code_point, code, True) == (first + length, first_code + length, length < 255):
                found[-1] = (first, first_code, length + 1)
                continue
        found.append((code_point, code, 1))
    return found


def table() -> bytes:
    """The contents of gbk.bin."""
    codes = gbk_codes()
    blocks = bytearray()
    own_order = bytearray()
    for start in range(FIRST_HANZI, LAST_HANZI + 1, BLOCK):
        blocks += (len(own_order) // 2).to_bytes(2, "big")
        bitmap = 0
        for code_point in range(start, min(start + BLOCK, LAST_HANZI + 1)):
            if in_gb2312(codes[code_point]):
                bitmap |= 1 << (code_point - start)
                own_order += codes[code_point].to_bytes(2, "big")
        blocks += bitmap.to_bytes(BLOCK // 8, "little")
    others = bytearray()
    for code_point, code, length in runs(codes):
        others += code_point.to_bytes(2, "big") + code.to_bytes(2, "big") + bytes([length])
    return bytes(blocks + own_order + others)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m posterm.tables.gbk FILE", file=sys.stderr)  # noqa: T201
        return 2
    Path(arguments[0]).write_bytes(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
