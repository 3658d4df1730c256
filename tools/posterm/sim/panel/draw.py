"""The LCD as a picture: 128×64 dots, each four pixels wide, dark green on light green."""

from PIL import Image, ImageDraw

from posterm.sim.panel.panel import COLUMNS, ROWS, cells
from posterm.sim.printer.font import font, glyph

CELL, ROW = 8, 16
HALF_WIDTH, FULL_WIDTH = (14, 300, 96), (15, 300, 100)  # size, weight, level: strokes of one dot
SCALE = 4
BEZEL = 40
GLASS, BETWEEN, DOT, SHADE = (171, 205, 84), (164, 197, 78), (24, 44, 22), (150, 184, 72)
CASE, LABEL = (28, 30, 34), (150, 156, 164)
MARK = "模拟显示屏 SIMULATED"


def bitmap(rows: list[str]) -> Image.Image:
    """The dots, 128×64, mode 1: 255 where a dot is dark. What is too wide for its row is cut."""
    canvas = Image.new("1", (COLUMNS * CELL, ROWS * ROW), 0)
    for number, row in enumerate(rows[:ROWS]):
        x = 0
        for char in row:
            width = cells(char)
            if x + width > COLUMNS:
                break
            canvas.paste(255, (x * CELL, number * ROW), glyph(char, width, ROW, *(HALF_WIDTH, FULL_WIDTH)[width - 1]))
            x += width
    return canvas


def picture(rows: list[str]) -> Image.Image:
    """The display in its bezel, with the gaps between dots and the simulator's mark."""
    dots = bitmap(rows).resize((COLUMNS * CELL * SCALE, ROWS * ROW * SCALE), Image.Resampling.NEAREST)
    grid = Image.new("L", dots.size, 255)
    pen = ImageDraw.Draw(grid)
    for x in range(SCALE - 1, grid.width, SCALE):
        pen.line((x, 0, x, grid.height), fill=0)
    for y in range(SCALE - 1, grid.height, SCALE):
        pen.line((0, y, grid.width, y), fill=0)
    glass = Image.new("RGB", dots.size, BETWEEN)
    glass.paste(GLASS, (0, 0), grid)
    shade = Image.new("RGB", dots.size, SHADE)
    glass.paste(shade, (2, 2), dots)
    dark = Image.composite(dots.convert("L"), Image.new("L", dots.size, 0), grid)
    soft = Image.blend(dots.convert("L"), dark, 0.55)
    glass.paste(DOT, (0, 0), soft)
    margin = 14
    image = Image.new("RGB", (glass.width + 2 * BEZEL, glass.height + 2 * BEZEL), CASE)
    frame = ImageDraw.Draw(image)
    inner = (BEZEL - margin, BEZEL - margin, BEZEL + glass.width + margin - 1, BEZEL + glass.height + margin - 1)
    frame.rounded_rectangle(inner, radius=6, fill=BETWEEN, outline=(10, 12, 14), width=3)
    image.paste(glass, (BEZEL, BEZEL))
    frame.text((image.width / 2, image.height - 13), MARK, fill=LABEL, font=font(13, 400), anchor="mm")
    return image
