"""One field: its value to bytes and back, checked by the rules of its kind."""

from micropython import const

_SEPARATOR = const(13)
_NIBBLES = "0123456789\0\0\0D"


class Error(ValueError):
    """A message that breaks its specification.

    field: number, 0 for the message type, 1 for the bitmap. offset: bytes from the start of the message. reason: the
    rule that was broken. The text never holds the value.
    """

    def __init__(self, field: int, offset: int, reason: str):
        super().__init__(f"field {field} at byte {offset}: {reason}")
        self.field = field
        self.offset = offset
        self.reason = reason


def _rule(spec, number, offset):
    """(kind, length of the length head in bytes, limit, option) from the specification's entry."""
    entry = spec.get(number)
    if entry is None:
        raise Error(number, offset, "not in the specification")
    kind = entry[0].rstrip(".")
    dots = len(entry[0]) - len(kind)
    return kind, dots - 1 if dots else 0, entry[1], entry[2] if len(entry) > 2 else ""


def pack_digits(out, digits, right, separator=False) -> bool:
    """Append digits two a byte; false when a character does not belong."""
    odd = len(digits) & 1
    high = 0
    half = bool(odd and right)
    for char in digits:
        if "0" <= char <= "9":
            nibble = ord(char) - 48
        elif separator and char in "D=":
            nibble = _SEPARATOR
        else:
            return False
        if half:
            out.append(high << 4 | nibble)
        high = nibble
        half = not half
    if half:
        out.append(high << 4)
    return True


def _unpack_digits(data, start, count, right, separator):
    """The digits as text; None for a nibble that does not belong, a pad nibble other than 0 included."""
    odd = count & 1
    first = 1 if odd and right else 0
    chars = bytearray(count)
    if odd:
        pad = data[start] >> 4 if right else data[start + count // 2] & 15
        if pad:
            return None
    for i in range(count):
        byte = data[start + ((i + first) >> 1)]
        nibble = byte & 15 if (i + first) & 1 else byte >> 4
        if nibble > 9 and not (separator and nibble == _SEPARATOR):
            return None
        chars[i] = ord(_NIBBLES[nibble])
    return str(chars, "ascii")


def _text_fits(kind, data):
    for byte in data:
        if kind == "an":
            if not (48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 32):
                return False
        elif not 32 <= byte <= 126:
            return False
    return True


def put(spec, number, value, out, start) -> None:
    """Append one field to `out`, a message that begins at `start`."""
    offset = len(out) - start
    kind, head, limit, option = _rule(spec, number, offset)
    raw = kind == "b" or option == "raw"
    if raw:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise Error(number, offset, "bytes expected")
    elif not isinstance(value, str):
        raise Error(number, offset, "text expected")
    count = len(value)
    if head:
        if count > limit:
            raise Error(number, offset, f"longer than {limit}")
        if head == 2:
            out.append(count // 1000 << 4 | count // 100 % 10)
        out.append(count // 10 % 10 << 4 | count % 10)
    elif count != limit:
        raise Error(number, offset, f"length is not {limit}")
    if raw:
        out.extend(value)
    elif kind in ("n", "z"):
        if not pack_digits(out, value, option == "r", kind == "z"):
            raise Error(number, offset, "digits expected" if kind == "n" else "track data expected")
    else:
        data = value.encode()
        if not _text_fits(kind, data):
            raise Error(number, offset, "character not allowed in " + kind)
        out.extend(data)


def get(spec, number, data, offset):
    """(value, offset behind the field)."""
    kind, head, limit, option = _rule(spec, number, offset)
    count = limit
    at = offset
    if head:
        at += head
        if at > len(data):
            raise Error(number, offset, "message ends in the length")
        count = 0
        for i in range(offset, at):
            high, low = data[i] >> 4, data[i] & 15
            if high > 9 or low > 9:
                raise Error(number, offset, "length is not BCD")
            count = count * 100 + high * 10 + low
        if count > limit:
            raise Error(number, offset, f"longer than {limit}")
    packed = kind in ("n", "z")
    end = at + ((count + 1) // 2 if packed else count)
    if end > len(data):
        raise Error(number, offset, "message ends in the field")
    if packed:
        value = _unpack_digits(data, at, count, option == "r", kind == "z")
        if value is None:
            raise Error(number, offset, "nibble not allowed in " + kind)
        return value, end
    value = bytes(data[at:end])
    if kind == "b" or option == "raw":
        return value, end
    if not _text_fits(kind, value):
        raise Error(number, offset, "character not allowed in " + kind)
    return str(value, "ascii"), end
