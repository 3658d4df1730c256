"""Dots of QR codes and barcodes, by foreign libraries where they are installed; None where not."""

import importlib.util


def qr_matrix(data: bytes, level: str) -> list[list[bool]] | None:
    """Modules of a QR code without its quiet zone. level: L, M, Q, H."""
    if importlib.util.find_spec("qrcode") is None:
        return None
    import qrcode
    from qrcode.exceptions import DataOverflowError

    code = qrcode.QRCode(error_correction=getattr(qrcode.constants, f"ERROR_CORRECT_{level}"), border=0)
    code.add_data(data)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        return None
    return code.get_matrix()


def bar_modules(data: bytes) -> str | None:
    """Modules of a Code 128 as a text of 0 and 1."""
    if importlib.util.find_spec("barcode") is None:
        return None
    import barcode
    from barcode.errors import BarcodeError

    try:
        return barcode.get("code128", data.decode("ascii")).build()[0]
    except (BarcodeError, UnicodeDecodeError, KeyError):
        return None
