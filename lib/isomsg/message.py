"""A whole message: type indicator, bitmap, fields."""

from . import field
from .field import Error


def encode(spec: dict, fields: dict, into=None) -> bytearray:
    """Pack a message.

    spec: see the package. fields: number → value, 0 is the message type ("0200"); bitmaps are made here, a second one
    when a field above 64 is there. into: a bytearray to append to (a frame already begun); its own bytes stay, after an
    error the rest is undefined. Returns the bytearray.

    To add a MAC, give 8 zero bytes as field 64 and write the MAC over memoryview(result)[:-8] into result[-8:].
    Raises Error for a field not in the specification, of the wrong type, length or characters.
    """
    out = bytearray() if into is None else into
    start = len(out)
    mti = fields.get(0)
    if not isinstance(mti, str) or len(mti) != 4 or not field.pack_digits(out, mti, False):
        raise Error(0, 0, "four digits expected")
    numbers = sorted(fields)
    size = 16 if numbers[-1] > 64 else 8
    bitmap = len(out)
    out.extend(bytes(size))
    if size == 16:
        out[bitmap] = 0x80
    for number in numbers:
        if number == 0:
            continue
        if not 2 <= number <= 128 or number == 65:
            raise Error(number, len(out) - start, "no such field")
        out[bitmap + (number - 1) // 8] |= 0x80 >> (number - 1) % 8
        field.put(spec, number, fields[number], out, start)
    return out


def decode(spec: dict, data) -> dict:
    """Unpack a message of bytes, bytearray or memoryview; returns number → value, 0 is the message type.

    Strict, since the message comes from a line: raises Error for a field the specification does not know, a length
    above its maximum, a character or nibble its kind does not allow (a pad nibble other than 0 too), a message that is
    too short, and bytes behind the last field.
    """
    if len(data) < 10:
        raise Error(0 if len(data) < 2 else 1, 0, "message ends in type or bitmap")
    fields = {}
    value, at = field.get({0: ("n", 4)}, 0, data, 0)
    fields[0] = value
    at = 18 if data[2] & 0x80 else 10
    if len(data) < at:
        raise Error(1, 2, "message ends in type or bitmap")
    last = 1
    for number in range(2, (at - 2) * 8 + 1):
        if data[2 + (number - 1) // 8] & 0x80 >> (number - 1) % 8:
            fields[number], at = field.get(spec, number, data, at)
            last = number
    if at != len(data):
        raise Error(last, at, f"{len(data) - at} bytes behind the last field")
    return fields
