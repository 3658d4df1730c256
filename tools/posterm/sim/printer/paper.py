"""What has been printed: lines, pictures and symbols on a strip of paper, divided into slips."""

from dataclasses import dataclass, field

CELL_DOTS = 12  # width of an ASCII character; a Chinese one has two cells
ROW_DOTS = 24
DEFAULT_SPACING = 30  # dots from line to line
ALIGNMENTS = ("left", "centre", "right")


@dataclass(frozen=True)
class Style:
    """Attributes of a character. wide, tall: multiples 1 to 8."""

    wide: int = 1
    tall: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False


@dataclass(frozen=True)
class Glyph:
    """A character at `x` dots from the left of its line; cells: 1 or 2."""

    text: str
    cells: int
    x: int
    style: Style

    @property
    def dots(self) -> int:
        return self.cells * CELL_DOTS * self.style.wide


@dataclass
class Line:
    """One printed line. advance: dots the paper moved."""

    glyphs: list[Glyph]
    align: int
    advance: int
    wrapped: bool = False

    def text(self) -> str:
        """The characters with gaps as spaces, without alignment."""
        out, x = [], 0
        for glyph in self.glyphs:
            out.append(" " * ((glyph.x - x) // CELL_DOTS) + glyph.text)
            x = glyph.x + glyph.dots
        return "".join(out).rstrip()

    @property
    def dots(self) -> int:
        return max((glyph.x + glyph.dots for glyph in self.glyphs), default=0)

    def public(self) -> dict:
        """The line as JSON, with runs of equal style."""
        runs: list[dict] = []
        for glyph in self.glyphs:
            style = vars(glyph.style)
            if runs and all(runs[-1][key] == value for key, value in style.items()):
                runs[-1]["text"] += glyph.text
            else:
                runs.append({"text": glyph.text, **style})
        align = ALIGNMENTS[self.align]
        return {"kind": "line", "text": self.text(), "align": align, "wrapped": self.wrapped, "runs": runs}


@dataclass
class Raster:
    """A picture of dots: rows of `width` bytes, most significant bit left."""

    width: int
    rows: int
    data: bytes
    align: int
    wide: int = 1
    tall: int = 1

    @property
    def advance(self) -> int:
        return self.rows * self.tall

    def public(self) -> dict:
        return {"kind": "raster", "width": self.width * 8, "rows": self.rows, "align": ALIGNMENTS[self.align]}


@dataclass
class Symbol:
    """A QR code or barcode the printer draws itself. module: dots of the narrowest element."""

    kind: str
    data: bytes
    module: int
    align: int
    advance: int
    level: str = "L"
    height: int = 0
    caption: int = 0

    def public(self) -> dict:
        return {"kind": self.kind, "data": self.data.decode("utf-8", "replace"), "align": ALIGNMENTS[self.align]}


@dataclass
class Feed:
    """Blank paper. lines: how much of it a command asked for, in lines."""

    advance: int
    lines: float = 0.0

    def public(self) -> dict:
        return {"kind": "feed", "dots": self.advance}


Item = Line | Raster | Symbol | Feed


@dataclass
class Slip:
    """A piece of paper. ended: "", "cut" or "feed"."""

    number: int
    items: list[Item] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    ended: str = ""

    @property
    def blank(self) -> bool:
        return all(isinstance(item, Feed) for item in self.items)

    @property
    def dots(self) -> int:
        """Length of the paper."""
        return sum(item.advance for item in self.items)

    def text(self) -> str:
        """Lines of text; pictures and symbols as a mark in brackets, feeds as empty lines."""
        out = []
        for item in self.items:
            if isinstance(item, Line):
                out.append(item.text())
            elif isinstance(item, Feed):
                out += [""] * max(1, round(item.advance / DEFAULT_SPACING))
            elif isinstance(item, Raster):
                out.append(f"[raster {item.width * 8}x{item.rows}]")
            else:
                out.append(f"[{item.kind} {item.data.decode('utf-8', 'replace')}]")
        return "".join(line + "\n" for line in out)

    def lines(self) -> list[dict]:
        return [item.public() for item in self.items]

    def trailing_feed(self) -> float:
        """Lines the last feed commands moved blank paper on."""
        total = 0.0
        for item in reversed(self.items):
            if not isinstance(item, Feed) or not item.lines:
                break
            total += item.lines
        return total
