"""The alphabets of messages: GSM 7-bit with its extension table (3GPP 23.038 §6.2.1), packed (§6.1.2.1), and UCS-2."""

from micropython import const

ESCAPE = const(0x1B)

# The place of a character is its septet. 1B is the escape, never a character.
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_EXTENSION_SEPTETS = b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65"


def to_septets(text: str) -> "bytes | None":
    """An octet for each septet, two for a character of the extension table; None when one is in neither table."""
    septets = bytearray()
    for character in text:
        septet = _DEFAULT.find(character)
        if septet < 0:
            extension = _EXTENSION.find(character)
            if extension < 0:
                return None
            septets.append(ESCAPE)
            septet = _EXTENSION_SEPTETS[extension]
        elif septet == ESCAPE:
            return None
        septets.append(septet)
    return bytes(septets)


def from_septets(septets: bytes) -> str:
    """The text of `septets` (values 00..7F, one an octet).

    An unknown extension shows as the character of the default alphabet in its place, an escape with nothing or another
    escape after it as a space (§6.2.1.1, note 1).
    """
    text = []
    escaped = False
    for septet in septets:
        if escaped:
            escaped = False
            extension = _EXTENSION_SEPTETS.find(bytes((septet,)))
            if extension >= 0:
                text.append(_EXTENSION[extension])
                continue
            if septet == ESCAPE:
                text.append(" ")
                continue
        if septet == ESCAPE:
            escaped = True
        else:
            text.append(_DEFAULT[septet])
    if escaped:
        text.append(" ")
    return "".join(text)


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Septets close together in octets, lowest bit first, after `fill` (0..6) zero bits."""
    packed = bytearray()
    bits = 0
    held = fill
    for septet in septets:
        bits |= septet << held
        held += 7
        if held >= 8:
            packed.append(bits & 0xFF)
            bits >>= 8
            held -= 8
    if held:
        packed.append(bits)
    return bytes(packed)


def unpack(packed: bytes, count: int) -> bytes:
    """The first `count` septets of `packed`, one an octet; the caller has checked that `packed` holds them."""
    septets = bytearray()
    bits = 0
    held = 0
    for octet in packed:
        bits |= octet << held
        held += 8
        while held >= 7 and len(septets) < count:
            septets.append(bits & 0x7F)
            bits >>= 7
            held -= 7
    return bytes(septets)


def to_utf16(text: str) -> bytes:
    """UCS-2 as messages carry it: UTF-16, big-endian, pairs beyond U+FFFF; a lone surrogate becomes U+FFFD."""
    units = bytearray()
    for character in text:
        code_point = ord(character)
        if code_point > 0xFFFF:
            code_point -= 0x10000
            high = 0xD800 | code_point >> 10
            units.append(high >> 8)
            units.append(high & 0xFF)
            code_point = 0xDC00 | code_point & 0x3FF
        elif 0xD800 <= code_point <= 0xDFFF:
            code_point = 0xFFFD
        units.append(code_point >> 8)
        units.append(code_point & 0xFF)
    return bytes(units)


def from_utf16(units: bytes) -> str:
    """The text of `units`; a lone surrogate or half a unit at the end becomes U+FFFD."""
    text = []
    high = 0
    for at in range(0, len(units) & ~1, 2):
        unit = units[at] << 8 | units[at + 1]
        if high:
            if 0xDC00 <= unit <= 0xDFFF:
                text.append(chr(0x10000 + ((high & 0x3FF) << 10 | unit & 0x3FF)))
                high = 0
                continue
            text.append("\ufffd")
            high = 0
        if 0xD800 <= unit <= 0xDBFF:
            high = unit
        else:
            text.append("\ufffd" if 0xDC00 <= unit <= 0xDFFF else chr(unit))
    if high:
        text.append("\ufffd")
    if len(units) & 1:
        text.append("\ufffd")
    return "".join(text)
