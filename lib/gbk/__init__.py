"""Chinese text as GBK bytes, for printers and hosts that know no UTF-8.

    import gbk
    printer.write(gbk.encode("交易金额：￥12.50"))
    gbk.decode(b"\\xb3\\xc9\\xb9\\xa6")  # "成功"

All 21 791 characters of GBK 1.0 (code page 936 without its additions), both ways, from one table of 17 314 bytes that
is read by seek: the heap holds two fixed caches of 512 bytes and nothing that grows.
"""

from .table import Table

_REPLACEMENT = 0xFFFD


def encode(text: str) -> bytes:
    """`text` in GBK: one byte for ASCII, two for the rest.

    U+00A5 (¥) becomes the full-width ￥ (A3 A4), which is the yen or yuan sign GBK has. A character that GBK lacks
    becomes "?"; ask `missing()` before printing what must be exact. Raises OSError when gbk.bin is not installed.
    """
    out = bytearray()
    with Table() as table:
        for character in text:
            code_point = ord(character)
            if code_point < 0x80:
                out.append(code_point)
                continue
            code = table.code(code_point)
            if code:
                out.append(code >> 8)
                out.append(code & 0xFF)
            else:
                out.append(0x3F)
    return bytes(out)


def missing(text: str) -> int:
    """How many characters of `text` encode() would replace by "?"."""
    count = 0
    with Table() as table:
        for character in text:
            code_point = ord(character)
            if code_point >= 0x80 and not table.code(code_point):
                count += 1
    return count


def decode(data: bytes) -> str:
    """`data` (bytes, bytearray or memoryview) as text; what is no GBK becomes U+FFFD.

    A pair that GBK leaves unassigned is replaced as a whole, unless its second byte is ASCII: that one stays, so a
    damaged character never swallows a line end. A new hanzi costs up to 35 small reads, a repeated one none.
    Raises OSError when gbk.bin is not installed.
    """
    out = []
    at = 0
    end = len(data)
    with Table() as table:
        while at < end:
            lead = data[at]
            at += 1
            if lead < 0x80:
                out.append(chr(lead))
                continue
            code_point = 0
            if lead != 0x80 and lead != 0xFF and at < end:
                trail = data[at]
                if trail >= 0x40:
                    code_point = table.code_point(lead << 8 | trail)
                if code_point or trail >= 0x80:
                    at += 1
            out.append(chr(code_point or _REPLACEMENT))
    return "".join(out)
