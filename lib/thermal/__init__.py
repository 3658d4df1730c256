"""ESC/POS thermal printers: slips as data, Chinese text, confirmed progress, resuming after paper out.

    import gbk, thermal

    slip = [
        ("text", "商户存根", thermal.BOLD | thermal.CENTER),
        ("rule", "-"),
        ("pair", "金额", "￥12.00"),
        ("feed", 3),
        ("cut",),
    ]
    printer = thermal.Printer(stream, thermal.P58, gbk.encode)
    line = 0
    while line < len(slip):
        try:
            await printer.print(slip, line)
            break
        except thermal.PrinterError as error:
            line = error.line       # ask for paper, then go on with the same slip

Lines of a layout:
    ("text", text[, style])         wrapped by cells at the column limit; "\\n" begins a new row
    ("pair", left, right[, style])  left and right on one row, on rows of their own when they do not fit
    ("rule"[, character])           one row full of it
    ("feed", rows)                  0 to 255 text rows
    ("qr", data)                    str or bytes, at most 256 bytes; as plain text when the profile's head knows no QR
    ("barcode", text)               Code 128 B, 1 to 32 printable ASCII characters
    ("raster", width, rows)         width in dots, a multiple of 8; rows: bytes, top row first, leftmost dot high bit
    ("cut",)                        feed to the blade and cut, or feed to the tear bar
style is a sum of BOLD, WIDE, TALL and at most one of CENTER, RIGHT.

encode turns text into GBK (or GB18030); whatever it refuses or gives four bytes is printed as "?". Control
characters in texts become "?" too: a text from outside cannot smuggle commands.
"""

from .layout import BOLD, CENTER, RIGHT, TALL, WIDE, render, rows
from .printer import Printer, PrinterError
from .profile import P58, P80
from .status import Answers

__all__ = (
    "BOLD",
    "CENTER",
    "P58",
    "P80",
    "RIGHT",
    "TALL",
    "WIDE",
    "Answers",
    "Printer",
    "PrinterError",
    "render",
    "rows",
)
