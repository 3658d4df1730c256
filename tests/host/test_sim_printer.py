"""The printer simulator, fed by python-escpos and by hand: text, pictures, status, paper, damage."""

import asyncio
import random

import pytest
import qrcode
from escpos.constants import QR_MODEL_2
from escpos.printer import Dummy
from PIL import Image

import virtualclock
from posterm.sim.printer import PrinterSim, bitmap, picture
from posterm.sim.printer.commands import Commands
from posterm.sim.printer.parser import Parser

RESET_CHINESE = b"\x1b@\x1c&"
CUT = b"\x1dV\x00"
GET_PAPER = b"\x10\x04\x04"


def gbk(text: str) -> bytes:
    return text.encode("gbk")


def fed(*parts, **how) -> PrinterSim:
    printer = PrinterSim(**how)
    for part in parts:
        printer.feed(part)
    return printer


def lines_of(printer, slip=0):
    return [item for item in printer.slips[slip].lines() if item["kind"] == "line"]


# with python-escpos as the sender


def test_escpos_text_styles_and_cut():
    sender = Dummy()
    sender.set(align="center", bold=True, double_width=True, double_height=True)
    sender.text("TOTAL 12.50\n")
    sender.set(align="right", bold=False, normal_textsize=True)
    sender.text("thanks\n")
    sender.cut()
    printer = fed(sender.output, chinese_after_reset=False)
    first, second = lines_of(printer)[:2]
    assert (first["text"], first["align"]) == ("TOTAL 12.50", "centre")
    assert (first["runs"][0]["wide"], first["runs"][0]["tall"], first["runs"][0]["bold"]) == (2, 2, True)
    assert (second["text"], second["align"], second["runs"][0]["wide"]) == ("thanks", "right", 1)
    assert printer.slips[0].ended in ("cut", "feed") and printer.problems == []


@pytest.mark.parametrize("impl", ["bitImageRaster", "bitImageColumn"])
def test_escpos_pictures_come_out_dot_by_dot(impl):
    numbers = random.Random(3)
    source = Image.frombytes("1", (128, 48), numbers.randbytes(16 * 48))
    sender = Dummy()
    sender.image(source, impl=impl, center=False)
    printer = fed(sender.output, chinese_after_reset=False)
    printed = bitmap(printer.slips[0])
    # the sender's black is 0, the head's is 255
    wanted = source.point(lambda dot: 255 - dot).crop((0, 0, 128, 48))
    top = printed.getbbox()[1] - wanted.getbbox()[1]
    if impl == "bitImageRaster":
        assert printed.crop((0, top, 128, top + 48)).tobytes() == wanted.tobytes()
    else:
        # bands of 24 rows, each ended by a line feed
        band = printed.crop((0, top, 128, top + 24))
        assert band.tobytes() == wanted.crop((0, 0, 128, 24)).tobytes()
    assert printer.problems == []


def test_escpos_native_qr_is_drawn_with_its_real_modules():
    sender = Dummy()
    sender.qr("POSTERM-REF-263250000001", native=True, size=4, model=QR_MODEL_2)
    printer = fed(sender.output, chinese_after_reset=False)
    symbol = next(item for item in printer.slips[0].items if getattr(item, "kind", "") == "qr")
    assert (symbol.data, symbol.module) == (b"POSTERM-REF-263250000001", 4)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=0)
    code.add_data(b"POSTERM-REF-263250000001")
    code.make()
    side = code.modules_count * 4
    printed = bitmap(printer.slips[0])
    left, top, right, bottom = printed.getbbox()
    assert (right - left, bottom - top) == (side, side)
    for row, modules in enumerate(code.get_matrix()):
        assert [printed.getpixel((left + c * 4 + 1, top + row * 4 + 1)) == 255 for c in range(len(modules))] == modules


def test_escpos_barcode():
    sender = Dummy()
    sender.barcode("{B263250000001", "CODE128", height=64, width=2, pos="BELOW", function_type="B")
    printer = fed(sender.output, chinese_after_reset=False)
    assert [item["data"] for item in printer.slips[0].lines() if item["kind"] == "barcode"] == ["{B263250000001"]
    assert bitmap(printer.slips[0]).getbbox() and printer.problems == []


def test_escpos_paper_status_reads_the_answer():
    """python-escpos decides on its own which answer bytes mean that paper is there."""
    printer = PrinterSim()

    class Wired(Dummy):
        def _raw(self, msg):
            printer.feed(msg)

        def _read(self):
            return answers.pop()

    answers = []
    printer.write = answers.append
    sender = Wired()
    assert sender.paper_status() == 2
    printer.set_paper("near")
    assert sender.paper_status() == 1
    printer.set_paper("out")
    assert sender.paper_status() == 0
    printer.set_paper("ok")
    assert sender.is_online()


# text


def test_chinese_and_ascii_mix_with_widths():
    printer = fed(RESET_CHINESE, gbk("商户: 兴隆超市 ￥8.80\n"))
    assert printer.text() == "商户: 兴隆超市 ￥8.80\n"
    glyphs = printer.slips[0].items[0].glyphs
    assert [(glyph.text, glyph.x) for glyph in glyphs[:4]] == [("商", 0), ("户", 24), (":", 48), (" ", 60)]


def test_chinese_size_needs_its_own_command():
    printer = fed(RESET_CHINESE, b"\x1b!\x30", gbk("A金\n"), b"\x1c!\x0c", gbk("A金\n"))
    small, large = lines_of(printer)
    assert [run["wide"] for run in small["runs"]] == [2, 1]
    assert [run["wide"] for run in large["runs"]] == [2]


def test_without_chinese_mode_the_slip_is_garbled():
    printer = fed(b"\x1b@\x1c.", gbk("金额\n"))
    assert "金" not in printer.text() and len(printer.text()) == 5


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("¥".encode("gb18030") + b"\n", "four_byte_character"),
        (b"\xbd\n", "half_character"),
        (b"\xff\xff\n", None),
        (b"\xa2\xa0 \n", "no_such_character"),
        (b"\x1bZ\n", "unknown"),
        (b"\x07\n", "unknown"),
        (b"\x1ba\x05\n", "align"),
        (b"\x1d(L\x02\x000P\n", "vendor"),
        (b"\x1d(k\x03\x001Q0", "qr_empty"),
    ],
)
def test_damage_is_named_and_printing_goes_on(data, problem):
    printer = fed(RESET_CHINESE, data, gbk("金额\n"))
    assert printer.text().endswith("金额\n")
    if problem:
        assert printer.problems[0]["name"] == problem


def test_lines_wrap_at_32_columns():
    printer = fed(RESET_CHINESE, b"0" * 31 + gbk("中") + b"\n")
    lines = lines_of(printer)
    assert [line["text"] for line in lines] == ["0" * 31, "中"] and lines[0]["wrapped"]


def test_any_split_of_the_stream_prints_the_same():
    stream = RESET_CHINESE + gbk("金额 ￥1.00\n") + b"\x1dv0\x00\x01\x00\x02\x00\xff\x0a" + b"\x1bd\x05ok\n"
    whole = fed(stream)
    pieces = fed(*(stream[at : at + 1] for at in range(len(stream))))
    assert [slip.lines() for slip in pieces.slips] == [slip.lines() for slip in whole.slips]
    assert bytes(pieces.raw) == stream == b"".join(bytes(slip.raw) for slip in whole.slips)


def test_rubbish_never_stops_the_parser():
    numbers = random.Random(8)
    printer = PrinterSim()
    for _ in range(400):
        printer.feed(numbers.randbytes(50))
    assert len(printer.problems) <= 1000
    parser = Parser()
    commands = parser.feed(numbers.randbytes(20000))
    assert sum(len(command.raw) for command in commands) + parser.pending == 20000


# slips


def test_feed_tears_and_a_cut_after_it_makes_no_second_slip():
    printer = fed(RESET_CHINESE, b"one\n\n\nstill one\n\x1bd\x04", CUT, b"two\n", CUT, b"three\n")
    assert [slip.ended for slip in printer.slips] == ["feed", "cut", ""]
    assert printer.slips[0].text().startswith("one\n\n\nstill one\n")
    assert printer.slips[1].text() == "two\n"


def test_cheap_head_prints_qr_commands_as_text():
    printer = fed(RESET_CHINESE, b"\x1d(k\x04\x001A2\x00", b"\n", qr=False)
    assert "k" in printer.text() and "1A2" in printer.text()


def test_picture_has_ink_where_the_dots_are():
    printer = fed(RESET_CHINESE, gbk("金额\n"), CUT)
    image = picture(printer.slips[0])
    assert image.width == 384 + 80 + 52 and image.getcolors(1 << 24)
    dots = bitmap(printer.slips[0])
    assert dots.crop((0, 0, 24, 24)).getbbox() and not dots.crop((49, 0, 384, 30)).getbbox()
    paper = image.convert("L")
    darkest, blank = (paper.crop(box).getextrema()[0] for box in ((66, 56, 90, 80), (200, 56, 400, 80)))
    assert darkest < 80 and blank > 200


# status and paper


@pytest.mark.parametrize(
    ("state", "cover", "answers"),
    [
        ("ok", False, b"\x12\x12\x12\x12"),
        ("near", False, b"\x12\x12\x12\x1e"),
        ("out", False, b"\x1a\x32\x12\x7e"),
        ("ok", True, b"\x1a\x16\x12\x12"),
    ],
)
def test_realtime_status(state, cover, answers):
    got = bytearray()
    printer = PrinterSim(write=got.extend)
    printer.set_paper(state)
    printer.set_cover(cover)
    for kind in range(1, 5):
        printer.feed(bytes([0x10, 0x04, kind]))
    assert bytes(got) == answers


def test_ordered_status_waits_for_what_was_printed():
    got = bytearray()
    printer = PrinterSim(write=got.extend)
    printer.set_paper("out")
    printer.feed(b"text\n\x1dr\x01" + GET_PAPER)
    assert bytes(got) == b"\x7e"
    printer.set_paper("near")
    assert bytes(got) == b"\x7e\x03" and printer.text() == "text\n"


def test_automatic_status_tells_of_changes():
    got = bytearray()
    printer = PrinterSim(write=got.extend)
    printer.feed(b"\x1da\xff")
    printer.set_paper("out")
    assert bytes(got) == b"\x10\x00\x00\x0f" + b"\x18\x00\x0f\x0f"


def test_mute_printer_prints_and_says_nothing():
    got = bytearray()
    printer = PrinterSim(write=got.extend)
    printer.mute = True
    printer.feed(b"text\n" + GET_PAPER + b"\x1dr\x01")
    assert not got and printer.text() == "text\n"


def test_paper_ends_after_lines_and_the_buffer_prints_on():
    printer = PrinterSim()
    printer.set_paper("ok", out_after=2)
    printer.feed(b"1\n2\n3\n4\n")
    assert printer.text() == "1\n2\n" and printer.paper == "out" and printer.status()["buffered"] == 4
    printer.feed(b"5\n")
    printer.set_paper("ok")
    assert printer.text() == "1\n2\n3\n4\n5\n" and printer.lost == 0


def test_lose_mode_forgets_what_came_without_paper():
    answers = bytearray()
    printer = PrinterSim(write=answers.extend, when_out="lose")
    printer.set_paper("ok", out_after=1)
    printer.feed(b"1\n2\n3\n")
    printer.feed(b"4\n" + GET_PAPER)
    printer.set_paper("ok")
    printer.feed(b"5\n")
    assert printer.text() == "1\n5\n" and bytes(answers) == b"\x7e" and printer.lost == 6


def test_full_buffer_loses_bytes_and_says_so():
    printer = PrinterSim()
    printer.set_cover(True)
    printer.feed(b"x" * 5000)
    assert printer.lost == 904 and printer.problems[0]["name"] == "overflow"
    printer.set_cover(False)
    printer.feed(b"\n")
    assert printer.text().replace("\n", "") == "x" * 4096


def test_slow_head_takes_its_time_and_overflows_when_rushed():
    async def scenario():
        printer = PrinterSim(row_ms=2, now=asyncio.get_running_loop().time)
        printer.feed(b"1\n2\n3\n" + CUT)
        assert printer.text() == "1\n"
        slip = await printer.wait_slip(1, timeout=1)
        assert slip.text() == "1\n2\n3\n"
        assert asyncio.get_running_loop().time() == pytest.approx(0.18, abs=0.01)
        for _ in range(50):
            printer.feed(b"y" * 100 + b"\n")
        assert printer.lost > 0
        printer.close()

    virtualclock.run(scenario())


def test_control_commands(tmp_path):
    async def scenario():
        printer = PrinterSim()
        control = Commands(printer)
        await control({"cmd": "paper", "state": "ok", "out_after": 1})
        printer.feed(b"one\ntwo\n" + CUT)
        assert (await control({"cmd": "status"}))["paper"] == "out"
        with pytest.raises(ValueError, match="slip 1 is not finished"):
            await control({"cmd": "wait_slip", "count": 1, "timeout": 1})
        await control({"cmd": "paper", "state": "ok"})
        assert (await control({"cmd": "wait_slip", "count": 1}))["text"] == "one\ntwo\n"
        assert (await control({"cmd": "raw", "slip": 1}))["raw"] == (b"one\ntwo\n" + CUT).hex()
        await control({"cmd": "png", "path": str(tmp_path / "slip.png")})
        assert (await control({"cmd": "slips"}))["slips"][0]["ended"] == "cut"
        for name, args in (("cover", {"open": True}), ("mute", {}), ("mode", {"when_out": "lose", "qr": False})):
            await control({"cmd": name, **args})
        status = await control({"cmd": "status"})
        assert (status["cover"], status["mute"], status["when_out"]) == ("open", True, "lose")
        with pytest.raises(ValueError, match="paper is one of"):
            await control({"cmd": "paper", "state": "wet"})
        await control({"cmd": "clear"})
        assert (await control({"cmd": "text"}))["text"] == ""

    virtualclock.run(scenario())
    assert Image.open(tmp_path / "slip.png").format == "PNG"
