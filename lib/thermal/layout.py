"""Lines of a layout to ESC/POS bytes, row by row, so that neither a slip nor a picture is ever whole in memory."""

from micropython import const

from . import graphics

BOLD = const(1)
WIDE = const(2)
TALL = const(4)
CENTER = const(8)
RIGHT = const(16)

_ROW_DOTS = const(24)  # height of a character
_GAP_DOTS = const(6)  # and of the space below it
_CHINESE_ON = b"\x1c&"
_CHINESE_OFF = b"\x1c."


def start(profile) -> bytes:
    """What brings a head into the state that every line expects: reset, Chinese off, the profile's setup."""
    return b"\x1b@" + _CHINESE_OFF + profile["setup"]


def rows(line, profile, encode):
    """Iterate over (bytes, milliseconds): whole commands of a few rows, and how long they keep the head busy.

    line: see the package. encode: str → bytes of GBK. Raises ValueError for a line that is not one.
    """
    make = _MAKERS.get(line[0])
    if make is None:
        raise ValueError("thermal: unknown line " + str(line[0]))
    return make(line, profile, encode)


def render(line, profile, encode) -> bytes:
    """All bytes of one line of a layout. Every line sets its own style, so lines can be sent again one by one."""
    return b"".join([data for data, _ in rows(line, profile, encode)])


def _encoded(text, encode):
    """Printable bytes; since a two-byte character takes two cells, their number is the width in columns."""
    text = text.replace("\xa5", "\uffe5")  # the narrow yen sign has no two-byte form
    try:
        data = encode(text)
    except ValueError:
        data = b"".join([_one_encoded(char, encode) for char in text])
    out = bytearray()
    at = 0
    while at < len(data):
        first = data[at]
        second = data[at + 1] if at + 1 < len(data) else 0
        if 0x81 <= first <= 0xFE and 0x40 <= second <= 0xFE and second != 0x7F:
            out.append(first)
            out.append(second)
            at += 2
        else:
            out.append(first if 0x20 <= first < 0x7F or first == 0x0A else 0x3F)
            # the four-byte form of GB18030, which heads print as junk
            at += 4 if first > 0x80 and 0x30 <= second <= 0x39 else 1
    return bytes(out)


def _one_encoded(char, encode):
    try:
        return encode(char)
    except ValueError:
        return b"?"


def _wrap(data, columns):
    """Split into rows of at most `columns` cells, never inside a character."""
    for part in data.split(b"\n"):
        begin = at = 0
        while at < len(part):
            width = 2 if part[at] > 0x80 else 1
            if at + width - begin > columns:
                yield part[begin:at]
                begin = at
            at += width
        yield part[begin:]


def _row(data, style, profile):
    """One row with its style and the line feed."""
    out = bytearray(b"\x1b!")
    out.append((style & BOLD and 0x08) | (style & TALL and 0x10) | (style & WIDE and 0x20))
    out.extend(b"\x1ba")
    out.append(1 if style & CENTER else 2 if style & RIGHT else 0)
    chinese = False
    at = 0
    while at < len(data):
        width = 2 if data[at] > 0x80 else 1
        if (width == 2) != chinese:
            chinese = not chinese
            out.extend(_CHINESE_ON if chinese else _CHINESE_OFF)
            if chinese:
                # in Chinese mode the size comes from FS !, not from ESC !
                out.extend(b"\x1c!")
                out.append((style & WIDE and 0x04) | (style & TALL and 0x08))
        out.extend(data[at : at + width])
        at += width
    if chinese:
        out.extend(_CHINESE_OFF)
    out.append(0x0A)
    height = 2 * _ROW_DOTS if style & TALL else _ROW_DOTS
    return out, height * profile["row_ms"] + _GAP_DOTS * profile["feed_ms"]


def _columns(style, profile):
    return profile["columns"] // 2 if style & WIDE else profile["columns"]


def _text(line, profile, encode):
    style = line[2] if len(line) > 2 else 0
    for part in _wrap(_encoded(line[1], encode), _columns(style, profile)):
        yield _row(part, style, profile)


def _pair(line, profile, encode):
    style = (line[3] if len(line) > 3 else 0) & ~(CENTER | RIGHT)
    columns = _columns(style, profile)
    left = _encoded(line[1], encode)
    right = _encoded(line[2], encode)
    room = columns - len(left) - len(right)
    if room > 0 and b"\n" not in left and b"\n" not in right:
        yield _row(left + b" " * room + right, style, profile)
        return
    for part in _wrap(left, columns):
        yield _row(part, style, profile)
    for part in _wrap(right, columns):
        yield _row(part, style | RIGHT, profile)


def _rule(line, profile, encode):
    data = _encoded(line[1] if len(line) > 1 else "-", encode)
    yield _row(data * (profile["columns"] // len(data)), 0, profile)


def _feed_rows(count, profile):
    if not 0 <= count <= 255:
        raise ValueError("thermal: feed 0 to 255 rows")
    return bytes((0x1B, 0x64, count)), count * (_ROW_DOTS + _GAP_DOTS) * profile["feed_ms"]


def _feed(line, profile, encode):
    yield _feed_rows(line[1], profile)


def _cut(line, profile, encode):
    yield _feed_rows(profile["cut_feed"], profile)
    if profile["cut"]:
        yield b"\x1dV\x01", 500


def _qr(line, profile, encode):
    if not profile["qr"]:
        # a head that does not know the command would print it as text, with the commands
        text = line[1] if isinstance(line[1], str) else str(line[1], "utf-8")
        return _text(("text", text), profile, encode)
    return graphics.qr(line[1], profile)


_MAKERS = {
    "text": _text,
    "pair": _pair,
    "rule": _rule,
    "feed": _feed,
    "cut": _cut,
    "qr": _qr,
    "barcode": lambda line, profile, encode: graphics.barcode(line[1], profile),
    "raster": lambda line, profile, encode: graphics.raster(line[1], line[2], profile),
}
