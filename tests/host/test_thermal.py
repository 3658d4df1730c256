"""ESC/POS output against python-escpos, and the printer driver against a head with a small buffer and real faults."""

import asyncio

import pytest
from escpos import constants
from escpos.printer import Dummy
from hypothesis import given, settings
from hypothesis import strategies as st

import streams
import thermal
import virtualclock

CHINESE = "商户存根持卡人交易金额成功退货，。：￥（）"


def gbk(text):
    return text.encode("gbk")


class Head:
    """A print head: receive buffer, paper, cover; commands take time, DLE EOT is answered at once, GS r 1 in its turn.

    With answers=False it is mute. rows: (text, style of ESC !, style of FS ! or None, alignment) as they were printed.
    """

    def __init__(self, stream, buffer=256, row_ms=600, paper=10_000, answers=True, chatter=b""):
        self.stream = stream
        self.size = buffer
        self.row_s = row_ms / 1000
        self.paper = paper
        self.answers = answers
        self.chatter = chatter
        self.cover = self.fault = self.near_end = False
        self.buffer = bytearray()
        self.lost = 0
        self.rows = []
        self.codes = []
        self.arrived = asyncio.Event()
        self.reset()

    def reset(self):
        self.row = bytearray()
        self.style = self.align = 0
        self.chinese_style = None
        self.chinese = False

    def answer(self, byte):
        if self.answers:
            self.stream.write(self.chatter + bytes([byte]) + self.chatter)

    def realtime(self, request):
        if request == 4:
            self.answer(0x12 | (0x60 if not self.paper else 0) | (0x0C if self.near_end or not self.paper else 0))
        else:
            self.answer(0x12 | (4 if self.cover else 0) | (0x20 if not self.paper else 0) | (0x40 if self.fault else 0))

    async def receive(self):
        pending = bytearray()
        while data := await self.stream.read(64):
            for byte in data:
                pending.append(byte)
                if pending == b"\x10" or pending == b"\x10\x04":
                    continue
                if len(pending) == 3 and pending[:2] == b"\x10\x04":
                    self.realtime(pending[2])
                else:
                    room = self.size - len(self.buffer)
                    self.buffer.extend(pending[:room])
                    self.lost += max(0, len(pending) - room)
                    self.arrived.set()
                pending = bytearray()

    async def take(self, count=1):
        while len(self.buffer) < count:
            self.arrived.clear()
            await self.arrived.wait()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def ready(self):
        while self.cover or self.fault or not self.paper:  # noqa: ASYNC110 - tests set plain attributes
            await asyncio.sleep(0.05)

    async def work(self):
        while True:
            await self.ready()
            byte = await self.take()
            if byte == b"\x1b":
                await self.escape()
            elif byte == b"\x1c":
                await self.field()
            elif byte == b"\x1d":
                await self.group()
            elif byte == b"\n":
                await asyncio.sleep(self.row_s)
                self.rows.append((self.row.decode("gbk"), self.style, self.chinese_style, self.align))
                self.row = bytearray()
                self.chinese_style = None
                self.paper -= 1
            else:
                assert byte[0] >= 0x20 and (self.chinese or byte[0] < 0x7F), byte
                self.row += byte + (await self.take() if self.chinese else b"")

    async def escape(self):
        command = await self.take()
        if command == b"@":
            self.reset()
        elif command == b"!":
            self.style = (await self.take())[0]
        elif command == b"a":
            self.align = (await self.take())[0]
        elif command == b"d":
            await asyncio.sleep((await self.take())[0] * 0.06)
        else:
            raise AssertionError(command)

    async def field(self):
        command = await self.take()
        if command == b"!":
            self.chinese_style = (await self.take())[0]
        else:
            assert command in b"&."
            self.chinese = command == b"&"

    async def group(self):
        command = await self.take()
        if command == b"r":
            assert await self.take() == b"\x01"
            self.answer((0x0C if not self.paper else 0) | (0x03 if self.near_end else 0))
        elif command == b"(":
            _, low, high = await self.take(3)
            data = await self.take(low + 256 * high)
            if data[:3] == b"1P0":
                self.codes.append(data[3:])
            if data[:2] == b"1Q":
                await asyncio.sleep(3)
        elif command == b"v":
            _, _, x, _, y, _ = await self.take(6)
            self.codes.append(await self.take(x * y))
            await asyncio.sleep(y * 0.03)
        elif command == b"V":
            await self.take()
        else:
            raise AssertionError(command)


def with_head(scenario, profile=thermal.P58, **faults):
    """Run scenario(printer, head) beside a working head, on a virtual clock."""

    async def main():
        ours, theirs = streams.pair()
        head = Head(theirs, **faults)
        tasks = [asyncio.ensure_future(head.receive()), asyncio.ensure_future(head.work())]
        try:
            return await scenario(thermal.Printer(ours, profile, gbk), head)
        finally:
            for task in tasks:
                if task.done():
                    task.result()
                task.cancel()

    return virtualclock.run(main())


SLIP = [("text", f"第{i}行 line {i}") for i in range(30)]
SLIP_ROWS = [f"第{i}行 line {i}" for i in range(30)]


# --- bytes -------------------------------------------------------------------------------------------------


def test_commands_are_those_of_python_escpos():
    oracle = Dummy(profile="TM-T88V")

    def made(action):
        oracle.clear()
        action()
        return oracle.output

    p80 = thermal.P80
    assert thermal.render(("qr", "https://a.example/中"), p80, gbk)[3:] == made(
        lambda: oracle.qr("https://a.example/中", ec=constants.QR_ECLEVEL_M, size=6, native=True)
    )
    barcode = made(lambda: oracle.barcode("{BA1{{2", "CODE128", width=2, function_type="B"))
    ours = thermal.render(("barcode", "A1{2"), p80, gbk)
    assert barcode.endswith(ours[ours.index(b"\x1dk") :])
    for part in (
        constants.BARCODE_HEIGHT + b"\x40",
        constants.BARCODE_WIDTH + b"\x02",
        constants.BARCODE_TXT_BLW,
        constants.TXT_STYLE["align"]["center"],
    ):
        assert part in ours and part in barcode
    assert thermal.render(("cut",), p80, gbk) == b"\x1bd\x04" + constants.PAPER_PART_CUT
    assert thermal.render(("feed", 6), p80, gbk) == made(lambda: oracle.print_and_feed(6))
    assert thermal.render(("raster", 16, b"\x80\x01"), p80, gbk)[3:] == constants.S_RASTER_N + b"\2\0\1\0\x80\x01"
    normal = thermal.render(("text", "a", thermal.RIGHT), p80, gbk)
    assert normal == constants.TXT_NORMAL + constants.TXT_STYLE["align"]["right"] + b"a" + constants.CTL_LF


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.sampled_from(CHINESE + "abc 019-"), max_size=120),
    st.sampled_from([0, thermal.WIDE, thermal.BOLD | thermal.TALL, thermal.WIDE | thermal.TALL | thermal.CENTER]),
    st.sampled_from([thermal.P58, thermal.P80]),
)
def test_text_wraps_at_the_column_limit_and_loses_nothing(text, style, profile):
    async def scenario(printer, head):
        await printer.print([("text", text, style)])
        return head

    head = with_head(scenario, profile)
    limit = profile["columns"] // (2 if style & thermal.WIDE else 1)
    assert "".join(row[0] for row in head.rows) == text
    assert all(len(gbk(row[0])) <= limit for row in head.rows)
    assert all(len(gbk(row[0])) >= limit - 1 for row in head.rows[:-1])
    for row, latin, chinese, align in head.rows:
        assert latin == sum(
            bit for flag, bit in ((thermal.BOLD, 8), (thermal.TALL, 16), (thermal.WIDE, 32)) if style & flag
        )
        assert align == (1 if style & thermal.CENTER else 0)
        if any(char in CHINESE for char in row):
            assert chinese == (4 if style & thermal.WIDE else 0) + (8 if style & thermal.TALL else 0)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from(CHINESE + "ab 1"), max_size=40), st.text(st.sampled_from(CHINESE + "9.x"), max_size=40))
def test_pair_is_justified_or_wrapped(left, right):
    async def scenario(printer, head):
        await printer.print([("pair", left, right)])
        return head.rows

    rows = with_head(scenario)
    if len(gbk(left)) + len(gbk(right)) < 32:
        assert len(rows) == 1
        assert len(gbk(rows[0][0])) == 32
        assert rows[0][0].startswith(left) and rows[0][0].endswith(right)
    else:
        assert "".join(row[0] for row in rows if row[3] == 0) == left
        assert "".join(row[0] for row in rows if row[3] == 2) == right


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\x1b@\x1d(k\x10\x04", "?@?(k??"),
        ("¥12", "￥12"),
        ("ok 😀 ñ", "ok ? ?"),
        ("a\x7f\x80b", "a??b"),
        ("", ""),
    ],
)
def test_texts_cannot_smuggle_commands(text, printed):
    async def scenario(printer, head):
        await printer.print([("text", text)])
        return head.rows[0][0]

    assert with_head(scenario) == printed


def test_four_byte_characters_are_not_sent():
    line = thermal.render(("text", "a𠀀b"), thermal.P58, lambda text: text.encode("gb18030"))
    assert line.endswith(b"\x1ba\x00a?b\n")


def test_rule_newlines_and_qr_without_the_command():
    assert thermal.render(("rule",), thermal.P58, gbk).endswith(b"-" * 32 + b"\n")
    assert gbk("═") * 24 in thermal.render(("rule", "═"), thermal.P80, gbk)
    assert thermal.render(("text", "a\n\nb"), thermal.P58, gbk).count(b"\n") == 3
    plain = thermal.render(("qr", "https://a.example"), dict(thermal.P58, qr=False), gbk)
    assert b"https://a.example" in plain and b"(k" not in plain


@pytest.mark.parametrize(
    "line",
    [
        ("feed", 256),
        ("feed", -1),
        ("qr", ""),
        ("qr", "x" * 257),
        ("barcode", "é"),
        ("barcode", ""),
        ("barcode", "1" * 33),
        ("raster", 385, bytes(49)),
        ("raster", 392, bytes(49)),
        ("raster", 16, bytes(3)),
        ("raster", 16, b""),
        ("picture", b""),
    ],
)
def test_lines_that_are_none(line):
    with pytest.raises(ValueError):
        thermal.render(line, thermal.P58, gbk)


def test_raster_comes_in_bands_that_fit_a_block():
    pieces = [bytes(data) for data, _ in thermal.rows(("raster", 384, bytes(48 * 100)), thermal.P58, gbk)]
    assert max(map(len, pieces)) <= thermal.P58["block"]
    assert sum(len(piece) - 8 for piece in pieces[1:]) == 4800


# --- the driver --------------------------------------------------------------------------------------------


def test_slip_arrives_whole_in_order_with_confirmed_progress():
    async def scenario(printer, head):
        confirmed = []

        def progress(line):
            # everything said to be confirmed has really left the head
            assert len(head.rows) >= line
            confirmed.append(line)

        await printer.print(SLIP, progress=progress)
        assert [row[0] for row in head.rows] == SLIP_ROWS
        assert head.lost == 0
        assert confirmed == sorted(set(confirmed)) and confirmed[-1] == len(SLIP) and len(confirmed) > 5

    with_head(scenario)


def test_pictures_and_codes_pass_a_small_buffer():
    picture = bytes(range(256)) * 12

    async def scenario(printer, head):
        await printer.print([("qr", "x" * 256), ("raster", 384, picture), ("cut",), ("text", "end")])
        assert head.lost == 0
        assert head.codes[0] == b"x" * 256
        assert b"".join(head.codes[1:]) == picture
        assert head.rows[-1][0] == "end"

    # a real head takes the data of a command away as they come; this one keeps the command whole
    with_head(scenario, buffer=300)


@pytest.mark.parametrize("paper", range(1, 30, 3))
def test_paper_out_anywhere_then_the_same_slip_goes_on(paper):
    async def scenario(printer, head):
        line = 0
        stops = 0
        while True:
            try:
                await printer.print(SLIP, line)
                break
            except thermal.PrinterError as error:
                assert error.kind == "paper"
                assert line <= error.line <= len(head.rows)
                line = error.line
                stops += 1
                assert stops < 3
                head.paper = 1000
        rows = [row[0] for row in head.rows]
        assert stops == 1
        assert sorted(set(rows), key=SLIP_ROWS.index) == SLIP_ROWS
        # what repeats is one block at most; from the reported line on everything is in order
        assert len(rows) <= len(SLIP_ROWS) + 8
        assert rows[line - len(SLIP) :] == SLIP_ROWS[line:]

    with_head(scenario, paper=paper)


@pytest.mark.parametrize(
    ("fault", "kind"), [({"cover": True}, "cover"), ({"fault": True}, "error"), ({"answers": False}, "no answer")]
)
def test_faults_in_the_middle_are_named(fault, kind):
    async def scenario(printer, head):
        def progress(line):
            if line >= 10:
                for name, value in fault.items():
                    setattr(head, name, value)

        with pytest.raises(thermal.PrinterError) as error:
            await printer.print(SLIP, progress=progress)
        assert error.value.kind == kind
        assert 10 <= error.value.line <= 16
        head.cover = head.fault = False
        head.answers = True
        await printer.print(SLIP, error.value.line)
        rows = [row[0] for row in head.rows]
        assert set(rows) == set(SLIP_ROWS) and rows[-10:] == SLIP_ROWS[-10:]

    with_head(scenario)


@pytest.mark.parametrize(("name", "kind"), [("cover", "cover"), ("fault", "error")])
def test_nothing_is_sent_to_a_head_that_is_not_ready(name, kind):
    async def scenario(printer, head):
        setattr(head, name, True)
        with pytest.raises(thermal.PrinterError) as error:
            await printer.print(SLIP, 3)
        assert (error.value.kind, error.value.line) == (kind, 3)
        assert not head.buffer

    with_head(scenario)


def test_silence_is_not_ok():
    async def scenario(printer, head):
        for action in (printer.status(), printer.print(SLIP)):
            with pytest.raises(thermal.PrinterError) as error:
                await action
            assert error.value.kind == "no answer"
        assert head.rows == []

    with_head(scenario, answers=False)


@pytest.mark.parametrize(
    ("byte_4", "byte_2", "flags"),
    [
        (0x12, 0x12, set()),
        (0x1E, 0x12, {"near_end"}),
        (0x16, 0x12, {"near_end"}),
        (0x72, 0x12, {"paper_out"}),
        (0x7E, 0x12, {"paper_out", "near_end"}),
        (0x32, 0x12, {"paper_out"}),
        (0x12, 0x16, {"cover"}),
        (0x12, 0x32, {"paper_out"}),
        (0x12, 0x52, {"error"}),
        (0x7E, 0x76, {"paper_out", "near_end", "cover", "error"}),
    ],
)
def test_status_tests_bits(byte_4, byte_2, flags):
    async def scenario(printer, head):
        head.realtime = lambda request: head.answer(byte_4 if request == 4 else byte_2)
        return await printer.status()

    status = with_head(scenario)
    assert set(status) == {"paper_out", "near_end", "cover", "error"}
    assert {name for name, value in status.items() if value} == flags


# XON and XOFF, a whole automatic status (paper in), high noise
@pytest.mark.parametrize("chatter", [b"\x11\x13", b"\x14\x00\x00\x00", b"\xff\xfe\x80", b"\x10\x0f\x0f\x0f\x11"])
def test_unsolicited_bytes_neither_confirm_nor_deny(chatter):
    async def scenario(printer, head):
        await printer.print(SLIP[:8])
        assert [row[0] for row in head.rows] == SLIP_ROWS[:8]
        head.paper = 2
        with pytest.raises(thermal.PrinterError) as error:
            await printer.print(SLIP)
        assert error.value.kind == "paper" and error.value.line <= 2

    with_head(scenario, chatter=chatter)


def test_endless_noise_ends_in_no_answer():
    async def scenario(printer, head):
        head.realtime = lambda request: head.stream.write(b"\xff" * 5000)
        with pytest.raises(thermal.PrinterError, match="no answer"):
            await printer.status()

    with_head(scenario)


def test_stale_bytes_before_the_question_are_not_its_answer():
    async def scenario(printer, head):
        head.stream.write(b"\x12\x00\x00\x12")
        head.paper = 0
        status = await printer.status()
        assert status["paper_out"]

    with_head(scenario)


def test_a_slow_head_is_waited_for_and_counted_right():
    async def scenario(printer, head):
        await printer.print(SLIP, progress=lambda line: check(head, line))
        assert [row[0] for row in head.rows] == SLIP_ROWS

    def check(head, line):
        assert len(head.rows) >= line

    with_head(scenario, row_ms=3000)


def test_an_answer_owed_from_an_earlier_slip_confirms_nothing_of_the_next():
    async def scenario(printer, head):
        head.paper = 1
        with pytest.raises(thermal.PrinterError):
            await printer.print(SLIP[:5])
        head.paper = 3  # the head prints its old buffer, answers the old question, and stops again
        with pytest.raises(thermal.PrinterError) as error:
            await printer.print(SLIP)
        assert error.value.kind == "paper" and error.value.line == 0

    with_head(scenario)


@pytest.mark.parametrize("status", [(4, 2), ()])
def test_without_confirmation_time_keeps_the_buffer_from_running_over(status):
    profile = dict(thermal.P58, confirm=False, status=status)

    async def scenario(printer, head):
        await printer.print(SLIP)
        await asyncio.sleep(5)
        assert head.lost == 0
        assert [row[0] for row in head.rows] == SLIP_ROWS

    with_head(scenario, profile, row_ms=720)


def test_heads_with_one_kind_of_status_only():
    async def roll_only(printer, head):
        head.realtime = lambda request: None
        assert not (await printer.status())["paper_out"]
        head.near_end = True
        assert (await printer.status())["near_end"]
        await printer.print(SLIP[:9])
        assert len(head.rows) == 9
        head.paper = 3
        with pytest.raises(thermal.PrinterError) as error:
            await printer.print(SLIP)
        assert error.value.line <= 3

    with_head(roll_only, dict(thermal.P58, status=()))

    async def blind(printer, head):
        with pytest.raises(thermal.PrinterError):
            await printer.status()

    with_head(blind, dict(thermal.P58, status=(), confirm=False))


def test_status_waits_for_the_slip_in_work():
    async def scenario(printer, head):
        slip = asyncio.ensure_future(printer.print(SLIP))
        await asyncio.sleep(0.1)
        assert not (await printer.status())["paper_out"]
        assert slip.done()
        await slip

    with_head(scenario)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_answer_parser_takes_only_the_fixed_bits(data):
    answers = thermal.Answers()
    for byte in data:
        kind = answers.feed(byte)
        if kind is not None:
            assert byte & 0x80 == 0
            assert (byte & 0x93 == 0x12) == (kind == 1)
            assert (byte & 0x90 == 0) == (kind == 2)
