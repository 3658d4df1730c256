"""Slips as pictures: the exact dots of the head, and the paper as it comes out of the slot."""

import random

from PIL import Image, ImageDraw, ImageFilter

from posterm.sim.printer.font import font, glyph
from posterm.sim.printer.head import PLAIN_QR_SIDE, WIDTH_DOTS
from posterm.sim.printer.paper import CELL_DOTS, ROW_DOTS, Feed, Glyph, Line, Raster, Slip, Symbol
from posterm.sim.printer.symbols import bar_modules, qr_matrix

TEXT_SIZE, WEIGHT, BOLD_WEIGHT = 23, 450, 800
SIDE = 40  # unprintable paper left and right: 58 mm of paper, 48 mm of head, 8 dots a millimetre
EDGE = 14  # height of the torn zone
DESK = 26  # what shows around the paper
DESK_COLOUR, PAPER_COLOUR, INK = (176, 184, 192), (252, 251, 246), (38, 38, 44)
MARK = "模拟打印 SIMULATED"


def _left(align: int, width: int) -> int:
    return (0, (WIDTH_DOTS - width) // 2, WIDTH_DOTS - width)[align]


def _stamp(canvas: Image.Image, item: Glyph, x: int, bottom: int) -> None:
    style = item.style
    dots = glyph(item.text, item.cells, ROW_DOTS, TEXT_SIZE, BOLD_WEIGHT if style.bold else WEIGHT)
    dots = dots.resize((item.dots, ROW_DOTS * style.tall), Image.Resampling.NEAREST)
    if style.inverse:
        dots = dots.point(lambda dot: 255 - dot)
    top = bottom - dots.height
    canvas.paste(255, (x, top), dots)
    if style.underline:
        ImageDraw.Draw(canvas).line((x, bottom - 1, x + item.dots - 1, bottom - 1), fill=255)


def _draw_line(canvas: Image.Image, line: Line, y: int) -> None:
    tall = max((item.style.tall for item in line.glyphs), default=1)
    for item in line.glyphs:
        _stamp(canvas, item, _left(line.align, line.dots) + item.x, y + ROW_DOTS * tall)


def _draw_raster(canvas: Image.Image, item: Raster, y: int) -> None:
    dots = Image.frombytes("1", (item.width * 8, item.rows), item.data)
    dots = dots.resize((dots.width * item.wide, dots.height * item.tall), Image.Resampling.NEAREST)
    canvas.paste(255, (max(0, _left(item.align, dots.width)), y), dots)


def _draw_qr(canvas: Image.Image, item: Symbol, y: int) -> None:
    pen = ImageDraw.Draw(canvas)
    matrix = qr_matrix(item.data, item.level)
    left = _left(item.align, item.advance)
    if matrix is None:
        side = PLAIN_QR_SIDE * item.module
        pen.rectangle((left, y, left + side - 1, y + side - 1), outline=255, width=3)
        _caption(canvas, "QR " + item.data.decode("utf-8", "replace")[:40], item.align, y + side // 2 - ROW_DOTS // 2)
        return
    for row, modules in enumerate(matrix):
        for column, dark in enumerate(modules):
            if dark:
                x, top = left + column * item.module, y + row * item.module
                pen.rectangle((x, top, x + item.module - 1, top + item.module - 1), fill=255)


def _draw_barcode(canvas: Image.Image, item: Symbol, y: int) -> None:
    pen = ImageDraw.Draw(canvas)
    text = item.data.decode("ascii", "replace").removeprefix("{B")
    modules = bar_modules(text.encode())
    above = ROW_DOTS if item.caption in (1, 3) else 0
    if modules is None:
        pen.rectangle((8, y + above, WIDTH_DOTS - 8, y + above + item.height - 1), outline=255, width=3)
    else:
        narrow = max(1, min(item.module, WIDTH_DOTS // len(modules)))
        left = _left(item.align, len(modules) * narrow)
        for at, dark in enumerate(modules):
            if dark == "1":
                x = left + at * narrow
                pen.rectangle((x, y + above, x + narrow - 1, y + above + item.height - 1), fill=255)
    if item.caption:
        _caption(canvas, text, item.align, y if above else y + item.height)


def _caption(canvas: Image.Image, text: str, align: int, y: int) -> None:
    x = _left(align, len(text) * CELL_DOTS)
    for char in text:
        canvas.paste(255, (x, y), glyph(char, 1, ROW_DOTS, TEXT_SIZE, WEIGHT))
        x += CELL_DOTS


def bitmap(slip: Slip) -> Image.Image:
    """The dots of the head, 384 wide, mode 1: 255 where the paper turned black."""
    canvas = Image.new("1", (WIDTH_DOTS, max(1, slip.dots)), 0)
    y = 0
    for item in slip.items:
        if isinstance(item, Line):
            _draw_line(canvas, item, y)
        elif isinstance(item, Raster):
            _draw_raster(canvas, item, y)
        elif isinstance(item, Symbol):
            (_draw_qr if item.kind == "qr" else _draw_barcode)(canvas, item, y)
        y += item.advance
    return canvas


def _torn(numbers: random.Random, width: int) -> list[tuple[int, float]]:
    """The teeth of the tear bar, a little uneven."""
    return [(x, (EDGE - 6) * (x // 7 % 2) + numbers.random() * 3) for x in range(0, width + 7, 7)]


def picture(slip: Slip) -> Image.Image:
    """The slip on a desk: paper with torn edges, soft ink, the simulator's mark."""
    dots = bitmap(slip)
    bottom_feed = 0 if slip.items and isinstance(slip.items[-1], Feed) else 40
    width, height = WIDTH_DOTS + 2 * SIDE, dots.height + 2 * EDGE + 30 + bottom_feed
    numbers = random.Random(slip.number)
    upper = [(min(x, width), y) for x, y in _torn(numbers, width)]
    lower = [(min(x, width), height - 1 - y) for x, y in reversed(_torn(numbers, width))]
    shape = Image.new("L", (width + 2 * DESK, height + 2 * DESK), 0)
    outline = [(x + DESK, y + DESK) for x, y in upper + lower]
    ImageDraw.Draw(shape).polygon(outline, fill=255)
    image = Image.new("RGB", shape.size, DESK_COLOUR)
    shadow = Image.new("L", shape.size, 0)
    shadow.paste(110, (5, 7), shape.crop((0, 0, shape.width - 5, shape.height - 7)))
    image.paste((60, 66, 74), (0, 0), shadow.filter(ImageFilter.GaussianBlur(7)))
    image.paste(PAPER_COLOUR, (0, 0), shape)
    ink = dots.convert("L").filter(ImageFilter.GaussianBlur(0.45))
    image.paste(INK, (DESK + SIDE, DESK + EDGE + 16), ink)
    pen = ImageDraw.Draw(image)
    pen.text((DESK + width / 2, image.height - DESK / 2), MARK, fill=(110, 118, 126), font=font(13, 400), anchor="mm")
    return image
