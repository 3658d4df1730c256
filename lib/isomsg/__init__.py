"""ISO 8583:1987 messages with BCD numbers, bitmap and length heads, as UnionPay-style hosts speak them.

    import isomsg

    SPEC = {2: ("n..", 19), 3: ("n", 6), 4: ("n", 12), 11: ("n", 6), 39: ("an", 2), 64: ("b", 8)}
    data = isomsg.encode(SPEC, {0: "0200", 3: "000000", 4: "000000000100", 11: "000001", 64: bytes(8)})
    data[-8:] = mac(memoryview(data)[:-8])
    isomsg.decode(SPEC, data)[4]        # "000000000100"

The specification is a dict: field number (2 to 128, 65 meaning none) → (format, length) or (format, length, option).
    format   kind n, z, an, ans or b; with ".." a variable field with a one-byte length head (LLVAR), with "..." one
             with a two-byte head (LLLVAR). The heads are BCD and count digits for n and z, bytes for the others.
    length   exact for a fixed field, the maximum for a variable one
    option   n, z: "r" puts an odd number of digits to the right; without it they are to the left. The free nibble is 0.
             an, ans: "raw" makes the value bytes that pass unchecked, for text in GBK and the like

    kind   value   on the line
    n      str     digits, two a byte
    z      str     track data, two a byte: digits and the separator, "=" or "D" when encoding, "D" when decoding
    an     str     ASCII letters, digits and space
    ans    str     printable ASCII
    b      bytes   as they are
Field 0 is the message type indicator: four digits.
"""

from .field import Error
from .masking import mask
from .message import decode, encode

__all__ = ("Error", "decode", "encode", "mask")
