"""The alphabets of messages: GSM 7-bit with its extension table (3GPP 23.038 §6.2.1), packed (§6.1.2.1), and UCS-2.

    septets = to_septets("[€5]")        # b"\\x1b<\\x1be5\\x1b>"
    from_utf16(to_utf16("成功"))         # "成功"

Runs of plain characters are found and copied as a whole, septets packed and unpacked by arithmetic on long integers
whose bits are many small numbers side by side ("lanes"). Chinese is taken apart in UTF-8, not in characters: MicroPython
keeps each different character that str iteration, an index or chr() has made, for ever (it is interned).
"""

from micropython import const

ESCAPE = const(0x1B)

# The place of a character is its septet. 1B is the escape, never a character.
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_EXTENSION_SEPTETS = b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65"
# the characters of the default alphabet whose septet is their ASCII code
_PLAIN = b"etaoinsrhldcumfpgwybvkxjqz 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,:-/!?\"#%&'()*+;<=>\n\r"

_PIECE = const(160)  # characters treated at once: what follows a special one is copied
_HAS_UTF16 = "a".encode("utf-16-be") == b"\0a"  # MicroPython takes any name and encodes in UTF-8
_PAIRS = const(0x40)  # pairs count from U+10000, in steps of 400


def to_septets(text: str) -> "bytes | None":
    """An octet for each septet, two for a character of the extension table; None when one is in neither table."""
    if len(text) > _PIECE:
        pieces = []
        for at in range(0, len(text), _PIECE):
            septets = to_septets(text[at : at + _PIECE])
            if septets is None:
                return None
            pieces.append(septets)
        return b"".join(pieces)
    try:
        rest = text.encode()
    except UnicodeError:  # a lone surrogate
        return None
    runs = []
    while True:
        special = rest.lstrip(_PLAIN)
        runs.append(rest[: len(rest) - len(special)])
        if not special:
            return b"".join(runs)
        size = 1
        if special[0] >= 0xE0:
            size = 3
            if not special.startswith(b"\xe2\x82\xac"):  # the euro sign is the only one so far up
                return None
        elif special[0] >= 0x80:
            size = 2
        character = special[:size].decode()
        septet = _DEFAULT.find(character)
        if septet == ESCAPE:
            return None
        if septet < 0:
            extension = _EXTENSION.find(character)
            if extension < 0:
                return None
            runs.append(bytes((ESCAPE, _EXTENSION_SEPTETS[extension])))
        else:
            runs.append(bytes((septet,)))
        rest = special[size:]


def from_septets(septets: bytes) -> str:
    """The text of `septets` (values 00..7F, one an octet).

    An unknown extension shows as the character of the default alphabet in its place, an escape with nothing or another
    escape after it as a space (§6.2.1.1, note 1).
    """
    runs = []
    while True:
        special = septets.lstrip(_PLAIN)
        runs.append(septets[: len(septets) - len(special)])
        if not special:
            return b"".join(runs).decode()
        septet = special[0]
        septets = special[1:]
        if septet != ESCAPE:
            runs.append(_DEFAULT[septet].encode())
            continue
        extension = _EXTENSION_SEPTETS.find(septets[:1]) if septets else -1
        if extension >= 0:
            runs.append(_EXTENSION[extension].encode())
            septets = septets[1:]
        elif not septets or septets[0] == ESCAPE:
            runs.append(b" ")
            septets = septets[1:]


def _lanes(pattern: bytes, count: int) -> int:
    return int.from_bytes(pattern * count, "little")


def pack(septets: bytes) -> bytes:
    """Septets close together in octets, lowest bit first."""
    # Eight septets become seven octets: neighbours are joined to 14 bits, these to 28, these to 56.
    groups = (len(septets) + 7) >> 3
    lanes = int.from_bytes(septets, "little")
    keep = _lanes(b"\x7f\0", groups * 4)
    lanes = lanes & keep | lanes >> 1 & keep << 7
    keep = _lanes(b"\xff\x3f\0\0", groups * 2)
    lanes = lanes & keep | lanes >> 2 & keep << 14
    keep = _lanes(b"\xff\xff\xff\x0f\0\0\0\0", groups)
    lanes = lanes & keep | lanes >> 4 & keep << 28
    octets = lanes.to_bytes(groups * 8, "little")
    packed = b"".join([octets[i : i + 7] for i in range(0, groups * 8, 8)])
    return packed[: (len(septets) * 7 + 7) >> 3]


def unpack(packed: bytes, count: int) -> bytes:
    """The first `count` septets of `packed`, one an octet; the caller has checked that `packed` holds them."""
    groups = (count + 7) >> 3
    octets = b"\0".join([packed[i : i + 7] for i in range(0, groups * 7, 7)])
    lanes = int.from_bytes(octets, "little")
    keep = _lanes(b"\xff\xff\xff\x0f\0\0\0\0", groups)
    lanes = lanes & keep | (lanes & keep << 28) << 4
    keep = _lanes(b"\xff\x3f\0\0", groups * 2)
    lanes = lanes & keep | (lanes & keep << 14) << 2
    keep = _lanes(b"\x7f\0", groups * 4)
    lanes = lanes & keep | (lanes & keep << 7) << 1
    return lanes.to_bytes(groups * 8, "little")[:count]


def to_utf16(text: str) -> bytes:
    """UCS-2 as messages carry it: UTF-16, big-endian, pairs beyond U+FFFF; a lone surrogate becomes U+FFFD."""
    if _HAS_UTF16:
        try:
            return text.encode("utf-16-be")
        except UnicodeError:  # a lone surrogate
            pass
    utf8 = text.encode("utf-8", "surrogatepass")
    units = bytearray()
    at = 0
    while at < len(utf8):
        unit = utf8[at]
        if unit >= 0xF0:
            unit = (unit & 0x07) << 8 | (utf8[at + 1] & 0x3F) << 2 | utf8[at + 2] >> 4 & 0x03
            unit += 0xD800 - _PAIRS
            units.append(unit >> 8)
            units.append(unit & 0xFF)
            unit = 0xDC00 | (utf8[at + 2] & 0x0F) << 6 | utf8[at + 3] & 0x3F
            at += 4
        elif unit >= 0xE0:
            unit = (unit & 0x0F) << 12 | (utf8[at + 1] & 0x3F) << 6 | utf8[at + 2] & 0x3F
            at += 3
        elif unit >= 0x80:
            unit = (unit & 0x1F) << 6 | utf8[at + 1] & 0x3F
            at += 2
        else:
            at += 1
        units.append(unit >> 8)
        units.append(unit & 0xFF)
    _mend(units)
    return bytes(units)


def from_utf16(units: bytes) -> str:
    """The text of `units`; a lone surrogate or half a unit at the end becomes U+FFFD, U+0000 (padding) is left out."""
    if len(units) & 1:
        units = units[:-1] + b"\xff\xfd"
    if _HAS_UTF16:
        try:
            return units.decode("utf-16-be").replace("\0", "")
        except UnicodeError:  # a lone surrogate
            pass
    mended = bytearray(units)
    _mend(mended)
    utf8 = bytearray()
    high = 0
    for at in range(0, len(mended), 2):
        unit = mended[at] << 8 | mended[at + 1]
        if unit >= 0x800:
            if unit & 0xFC00 == 0xD800:
                high = (unit & 0x3FF) + _PAIRS
                continue
            if unit & 0xFC00 == 0xDC00:
                utf8.append(0xF0 | high >> 8)
                utf8.append(0x80 | high >> 2 & 0x3F)
                utf8.append(0x80 | (high & 0x03) << 4 | unit >> 6 & 0x0F)
            else:
                utf8.append(0xE0 | unit >> 12)
                utf8.append(0x80 | unit >> 6 & 0x3F)
            utf8.append(0x80 | unit & 0x3F)
        elif unit >= 0x80:
            utf8.append(0xC0 | unit >> 6)
            utf8.append(0x80 | unit & 0x3F)
        elif unit:
            utf8.append(unit)
    return utf8.decode()


def _mend(units: bytearray) -> None:
    """Replace lone surrogates by U+FFFD."""
    paired = False
    for at in range(0, len(units), 2):
        kind = units[at] & 0xFC
        if paired:
            paired = False
        elif kind == 0xD8 and at + 2 < len(units) and units[at + 2] & 0xFC == 0xDC:
            paired = True
        elif kind == 0xD8 or kind == 0xDC:
            units[at] = 0xFF
            units[at + 1] = 0xFD
