"""QR codes, bar codes and pictures. Each function iterates over (bytes, milliseconds) like layout.rows."""

from micropython import const

_QR_BYTES = const(256)
_QR_MODULES = const(65)  # version 12 with error correction M holds 287 bytes
_BARCODE_DOTS = const(64)
_CENTER = b"\x1ba\x01"


def qr(data, profile):
    """GS ( k: model 2, module size, error correction M, store, print."""
    if isinstance(data, str):
        data = data.encode()
    if not 1 <= len(data) <= _QR_BYTES:
        raise ValueError(f"thermal: QR of 1 to {_QR_BYTES} bytes")
    size = profile["qr_dots"]
    out = bytearray(_CENTER)
    out.extend(b"\x1d(k\x04\x001A2\x00")
    out.extend(b"\x1d(k\x03\x001C")
    out.append(size)
    out.extend(b"\x1d(k\x03\x001E1")
    out.extend(b"\x1d(k")
    out.append((len(data) + 3) & 0xFF)
    out.append((len(data) + 3) >> 8)
    out.extend(b"1P0")
    # head and data in one piece: a status request between them would become part of the data
    out.extend(data)
    yield out, 0
    yield b"\x1d(k\x03\x001Q0", _QR_MODULES * size * profile["row_ms"]


def barcode(text, profile):
    """GS k 73: Code 128, code set B, the text readable below."""
    if not 1 <= len(text) <= 32:
        raise ValueError("thermal: bar code of 1 to 32 characters")
    out = bytearray(_CENTER)
    out.extend(b"\x1dh")
    out.append(_BARCODE_DOTS)
    out.extend(b"\x1dw\x02\x1dH\x02\x1dkI")
    # "{" introduces a function of Code 128 and is doubled to mean itself
    out.append(2 + len(text) + text.count("{"))
    out.extend(b"{B")
    for char in text:
        if not " " <= char <= "~":
            raise ValueError("thermal: bar code of printable ASCII")
        out.extend(char.encode())
        if char == "{":
            out.append(0x7B)
    yield out, (_BARCODE_DOTS + 30) * profile["row_ms"]


def raster(width, data, profile):
    """GS v 0 in bands that fit a block, so that an overflow or a lost byte spoils one band."""
    if not 8 <= width <= profile["dots"] or width % 8 or not data or len(data) % (width // 8):
        raise ValueError("thermal: raster does not fit")
    stride = width // 8
    band = max(1, (profile["block"] - 8) // stride)
    data = memoryview(data)
    yield _CENTER, 0
    for at in range(0, len(data), band * stride):
        part = data[at : at + band * stride]
        count = len(part) // stride
        out = bytearray(b"\x1dv0\x00")
        out.extend(bytes((stride, 0, count & 0xFF, count >> 8)))
        out.extend(part)
        yield out, count * profile["row_ms"]
