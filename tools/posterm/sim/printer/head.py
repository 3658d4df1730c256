"""The print head's view: style, position in the line, code tables. Turns commands into items on the slip.

State belongs to the printer's reset (ESC @); whether the head may print at all is decided in `printer`.
"""

from collections.abc import Callable
from dataclasses import replace

from posterm.sim.printer.paper import DEFAULT_SPACING, ROW_DOTS, Feed, Glyph, Item, Line, Raster, Style, Symbol
from posterm.sim.printer.parser import Command
from posterm.sim.printer.symbols import qr_matrix

WIDTH_DOTS = 384
TAB_CELLS = 8
PLAIN_QR_SIDE = 29  # modules of the frame drawn where no QR library is installed
QR_LEVELS = {48: "L", 49: "M", 50: "Q", 51: "H"}
# taken and of no consequence on paper
SILENT = frozenset(
    {
        *("cr", "cancel", "heat", "density", "code_page", "country", "gap", "panel", "select", "units"),
        *("drawer", "beep", "rotate", "upside_down", "barcode_font", "chinese_code", "chinese_gap", "self_test"),
        *("realtime_recover", "realtime_pulse"),
    }
)


class Head:
    """emit: takes finished items. problem: takes words about what a real head would print wrong or not know."""

    def __init__(
        self, emit: Callable[[Item], None], problem: Callable[[str, str], None], chinese_after_reset: bool = True
    ):
        self._emit = emit
        self._problem = problem
        self._chinese_after_reset = chinese_after_reset
        self.reset()

    def reset(self) -> None:
        """ESC @: defaults; an unfinished line is dropped. Many heads turn Chinese mode on here."""
        self._style = Style()
        self._chinese_style = Style()
        self._chinese = self._chinese_after_reset
        self._lead: int | None = None
        self._glyphs: list[Glyph] = []
        self._x = 0
        self._align = 0
        self._margin = 0
        self._area = WIDTH_DOTS
        self._spacing = DEFAULT_SPACING
        self._qr_module, self._qr_level, self._qr_data = 3, "L", b""
        self._barcode = {"height": 162, "width": 3, "text": 0}

    def run(self, command: Command) -> bool:
        """Carry out one command; False when it is not the head's."""
        if command.name in SILENT:
            return True
        action = getattr(self, "_do_" + command.name, None)
        if action is None:
            return False
        if self._lead is not None and command.name != "text":
            self._problem("half_character", "a command cuts a Chinese character in two")
            self._lead = None
        action(command.data)
        return True

    # text

    def _do_text(self, data: bytes) -> None:
        for byte in data:
            if self._lead is not None:
                self._pair(self._lead, byte)
            elif self._chinese and 0x81 <= byte <= 0xFE:
                self._lead = byte
            else:
                self._place(bytes([byte]).decode("cp437"), 1, self._style)

    def _pair(self, lead: int, trail: int) -> None:
        self._lead = None
        if 0x30 <= trail <= 0x39:
            self._problem("four_byte_character", "a GB18030 character of four bytes prints as junk")
            self._place("?", 1, self._style)
            self._place(chr(trail), 1, self._style)
            return
        try:
            char = bytes([lead, trail]).decode("gbk")
        except UnicodeDecodeError:
            self._problem("no_such_character", f"the pair {lead:02X} {trail:02X} is not in GBK")
            char = "□"
        bold = self._style.bold or self._chinese_style.bold
        self._place(char, 2, replace(self._chinese_style, bold=bold, inverse=self._style.inverse))

    def _place(self, char: str, cells: int, style: Style) -> None:
        glyph = Glyph(char, cells, self._x, style)
        if self._x + glyph.dots > self._area and self._glyphs:
            self._line_end(wrapped=True)
            glyph = Glyph(char, cells, 0, style)
        self._glyphs.append(glyph)
        self._x += glyph.dots

    def _line_end(self, wrapped: bool = False) -> None:
        tall = max((glyph.style.tall for glyph in self._glyphs), default=1)
        glyphs = [replace(glyph, x=glyph.x + self._margin) for glyph in self._glyphs]
        self._emit(Line(glyphs, self._align, max(self._spacing, ROW_DOTS * tall), wrapped))
        self._glyphs, self._x = [], 0

    def finish_line(self) -> None:
        """Print what stands in the line buffer, as feeds, cuts and pictures do."""
        if self._glyphs:
            self._line_end()

    def _do_lf(self, _data: bytes) -> None:
        self._line_end()

    def _do_form_feed(self, _data: bytes) -> None:
        self.finish_line()

    def _do_tab(self, _data: bytes) -> None:
        step = TAB_CELLS * 12
        self._x = min((self._x // step + 1) * step, self._area)

    def _do_tabs(self, _data: bytes) -> None:
        self._problem("tabs", "own tab stops are not simulated; every 8 columns stay")

    def _do_column(self, data: bytes) -> None:
        self._x = min(data[0] | data[1] << 8, self._area)

    def _do_column_relative(self, data: bytes) -> None:
        self._x = max(0, min(self._x + int.from_bytes(data, "little", signed=True), self._area))

    def _do_feed_lines(self, data: bytes) -> None:
        self._feed(data[0] * self._spacing, data[0])

    def _do_feed_dots(self, data: bytes) -> None:
        self._feed(data[0], data[0] / DEFAULT_SPACING)

    def _feed(self, dots: int, lines: float) -> None:
        if self._glyphs:
            self._line_end()
            dots, lines = max(0, dots - self._spacing), max(0.0, lines - 1)
        if dots:
            self._emit(Feed(dots, lines))

    # attributes

    def _do_reset(self, _data: bytes) -> None:
        self.reset()

    def _do_style(self, data: bytes) -> None:
        n = data[0]
        if n & 0x01:
            self._problem("font_b", "the small font is not simulated; the large one prints")
        self._style = replace(
            self._style, bold=bool(n & 8), tall=2 if n & 16 else 1, wide=2 if n & 32 else 1, underline=bool(n & 128)
        )

    def _do_chinese_style(self, data: bytes) -> None:
        n = data[0]
        self._chinese_style = replace(
            self._chinese_style, wide=2 if n & 4 else 1, tall=2 if n & 8 else 1, underline=bool(n & 128)
        )

    def _do_size(self, data: bytes) -> None:
        wide, tall = (data[0] >> 4 & 7) + 1, (data[0] & 7) + 1
        self._style = replace(self._style, wide=wide, tall=tall)
        self._chinese_style = replace(self._chinese_style, wide=wide, tall=tall)

    def _do_chinese_quad(self, data: bytes) -> None:
        size = 2 if data[0] & 1 else 1
        self._chinese_style = replace(self._chinese_style, wide=size, tall=size)

    def _do_bold(self, data: bytes) -> None:
        self._style = replace(self._style, bold=bool(data[0] & 1))

    def _do_inverse(self, data: bytes) -> None:
        self._style = replace(self._style, inverse=bool(data[0] & 1))

    def _do_underline(self, data: bytes) -> None:
        self._style = replace(self._style, underline=data[0] not in (0, 48))

    def _do_chinese_underline(self, data: bytes) -> None:
        self._chinese_style = replace(self._chinese_style, underline=data[0] not in (0, 48))

    def _do_font(self, data: bytes) -> None:
        if data[0] not in (0, 48):
            self._problem("font_b", "the small font is not simulated; the large one prints")

    def _do_align(self, data: bytes) -> None:
        if data[0] % 48 > 2:
            self._problem("align", f"no alignment has the number {data[0]}")
        else:
            self._align = data[0] % 48

    def _do_spacing(self, data: bytes) -> None:
        self._spacing = data[0]

    def _do_spacing_default(self, _data: bytes) -> None:
        self._spacing = DEFAULT_SPACING

    def _do_margin(self, data: bytes) -> None:
        self._margin = min(data[0] | data[1] << 8, WIDTH_DOTS)
        self._area = min(self._area, WIDTH_DOTS - self._margin)

    def _do_area(self, data: bytes) -> None:
        self._area = min(data[0] | data[1] << 8, WIDTH_DOTS - self._margin)

    def _do_chinese_on(self, _data: bytes) -> None:
        self._chinese = True

    def _do_chinese_off(self, _data: bytes) -> None:
        self._chinese = False

    # pictures and symbols

    def _do_raster(self, data: bytes) -> None:
        mode, width, rows = data[1] % 48, data[2] | data[3] << 8, data[4] | data[5] << 8
        self.finish_line()
        if width * 8 * (2 if mode & 1 else 1) > WIDTH_DOTS:
            self._problem("raster_width", f"a picture of {width * 8} dots is cut at {WIDTH_DOTS}")
        if rows and width:
            self._emit(Raster(width, rows, data[6:], self._align, 2 if mode & 1 else 1, 2 if mode & 2 else 1))

    def _do_bit_image(self, data: bytes) -> None:
        mode, columns = data[0], data[1] | data[2] << 8
        deep = 3 if mode in (32, 33) else 1
        width = (columns + 7) // 8
        rows = bytearray(width * deep * 8)
        for column in range(columns):
            for bit in range(deep * 8):
                if data[3 + column * deep + bit // 8] >> (7 - bit % 8) & 1:
                    rows[bit * width + column // 8] |= 0x80 >> column % 8
        self.finish_line()
        wide = 1 if mode in (1, 33) else 2
        self._emit(Raster(width, deep * 8, bytes(rows), self._align, wide, 1 if deep == 3 else 3))

    def _do_vendor(self, data: bytes) -> None:
        kind, body = data[:1], data[3:]
        if kind != b"k" or len(body) < 2 or body[0] != 49:
            self._problem("vendor", f"extended command {kind!r} is not simulated")
            return
        function = body[1]
        if function == 67 and len(body) > 2:
            self._qr_module = max(1, min(16, body[2]))
        elif function == 69 and len(body) > 2:
            self._qr_level = QR_LEVELS.get(body[2], "L")
        elif function == 80:
            self._qr_data = body[3:]
        elif function == 81:
            self._print_qr()

    def _print_qr(self) -> None:
        if not self._qr_data:
            self._problem("qr_empty", "a QR code is printed before data is stored")
            return
        self.finish_line()
        matrix = qr_matrix(self._qr_data, self._qr_level)
        side = (len(matrix) if matrix else PLAIN_QR_SIDE) * self._qr_module
        self._emit(Symbol("qr", self._qr_data, self._qr_module, self._align, side, self._qr_level))

    def _do_barcode_height(self, data: bytes) -> None:
        self._barcode["height"] = data[0]

    def _do_barcode_width(self, data: bytes) -> None:
        self._barcode["width"] = data[0]

    def _do_barcode_text(self, data: bytes) -> None:
        self._barcode["text"] = data[0] % 48

    def _do_barcode(self, data: bytes) -> None:
        content = data[2:] if data[0] >= 65 else data[1:].rstrip(b"\0")
        self.finish_line()
        bars = self._barcode
        advance = bars["height"] + (ROW_DOTS if bars["text"] else 0)
        symbol = Symbol("barcode", content, bars["width"], self._align, advance)
        symbol.height, symbol.caption = bars["height"], bars["text"]
        self._emit(symbol)
