"""Glyphs for simulated paper and screens: Noto Sans CJK drawn into cells of dots, each dot black or white."""

import functools
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FACE = "Noto Sans CJK SC"


class FontMissing(Exception):
    """The Chinese font is not installed; the text says how to get it."""


@functools.lru_cache(maxsize=1)
def font_file() -> tuple[str, int]:
    """Path of the font collection and the number of its simplified Chinese face. Raises FontMissing."""
    try:
        import manimgx_fonts_cjk
    except ImportError:
        raise FontMissing("the Chinese font is missing: pip install manimgx-fonts-cjk") from None
    for path in sorted(Path(manimgx_fonts_cjk.__file__).parent.glob("*.tt[cf]")):
        for index in range(16):
            try:
                if ImageFont.truetype(str(path), 12, index=index).getname()[0] == FACE:
                    return str(path), index
            except OSError:
                break
    raise FontMissing(f"manimgx-fonts-cjk holds no face {FACE}: pip install --force-reinstall manimgx-fonts-cjk")


@functools.lru_cache(maxsize=32)
def font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The face at `size` dots, weight 100 to 900."""
    path, index = font_file()
    loaded = ImageFont.truetype(path, size, index=index)
    loaded.set_variation_by_axes([weight])
    return loaded


@functools.lru_cache(maxsize=8192)
def glyph(char: str, cells: int, height: int, size: int, weight: int, level: int = 128) -> Image.Image:
    """One character as a picture of mode 1, `height` dots high and half of that times `cells` wide.

    A character whose ink is too wide is narrowed. level: grey from which a dot is set, lower makes bolder strokes.
    """
    face = font(size, weight)
    width = height // 2 * cells
    left, _, right, _ = face.getbbox(char, anchor="ms")
    ink = max(1, round(right - left))
    canvas = Image.new("L", (max(width, ink), height), 0)
    baseline = round(height * 0.5 + size * 0.38) - (height // 12 if cells == 1 else 0)  # room for g, j, p, q, y
    centre = canvas.width / 2
    if face.getlength(char) > width:
        centre -= (left + right) / 2  # its side bearings do not fit: centre the ink
    ImageDraw.Draw(canvas).text((round(centre * 2) / 2, baseline), char, font=face, fill=255, anchor="ms")
    if canvas.width > width:
        canvas = canvas.resize((width, height), Image.Resampling.LANCZOS)
    return canvas.point(lambda grey: 255 if grey >= level else 0).convert("1")
