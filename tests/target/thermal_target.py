"""Printing on the device: bytes of a slip, a slip against a small head with paper running out, a level heap."""

import asyncio
import gc

import micropython  # noqa: F401 - gives CPython the device's clock

import thermal

checks = 0


def check(fact):
    global checks
    assert fact
    checks += 1


def encode(text):
    """Two bytes for everything beyond ASCII, like GBK, from a formula instead of a table."""
    out = bytearray()
    for char in text:
        code = ord(char)
        if code < 0x80:
            out.append(code)
        else:
            out.append(0xB0 + code % 64)
            out.append(0xA1 + code // 64 % 90)
    return bytes(out)


class Head:
    """The stream and the head behind it: prints at once, counts line feeds, answers status requests."""

    def __init__(self, paper):
        self.paper = paper
        self.rows = 0
        self.largest = 0
        self.answers = bytearray()
        self.arrived = asyncio.Event()

    def write(self, data):
        self.largest = max(self.largest, len(data))
        data = bytes(data)
        if data[:2] == b"\x10\x04":
            self.answers.append(0x12 if self.paper or data[2] != 4 else 0x72)
        elif data == b"\x1dr\x01":
            self.answers.append(0 if self.paper else 0x0C)
        else:
            printed = min(data.count(b"\n"), self.paper)
            self.rows += printed
            self.paper -= printed
        if self.answers:
            self.arrived.set()

    async def drain(self):
        await asyncio.sleep(0)

    async def read(self, size):
        while not self.answers:
            self.arrived.clear()
            await self.arrived.wait()
        data = bytes(self.answers[:size])
        self.answers = self.answers[size:]
        return data


PROFILE = dict(thermal.P58, answer_ms=50)


def bytes_of_lines():
    def rendered(*line):
        return thermal.render(line, PROFILE, encode)

    check(rendered("text", "ab", thermal.BOLD | thermal.CENTER) == b"\x1b!\x08\x1ba\x01ab\n")
    check(rendered("text", "a中", thermal.TALL) == b"\x1b!\x10\x1ba\x00a\x1c&\x1c!\x08" + encode("中") + b"\x1c.\n")
    check(rendered("pair", "a", "b").endswith(b"a" + b" " * 30 + b"b\n"))
    check(rendered("pair", "a" * 20, "b" * 20).count(b"\n") == 2)
    check(rendered("text", "中" * 33).count(b"\n") == 3)
    check(rendered("rule", "=").endswith(b"=" * 32 + b"\n"))
    check(rendered("feed", 3) == b"\x1bd\x03")
    check(rendered("qr", "hi").endswith(b"\x1d(k\x05\x001P0hi\x1d(k\x03\x001Q0"))
    check(rendered("raster", 16, b"\x80\x01") == b"\x1ba\x01\x1dv0\x00\x02\x00\x01\x00\x80\x01")
    check(rendered("barcode", "A{").endswith(b"\x1dkI\x05{BA{{"))
    check(rendered("text", "\x1b@").endswith(b"?@\n"))
    for wrong in (("feed", 256), ("qr", b""), ("raster", 7, b"1"), ("none",)):
        try:
            thermal.render(wrong, PROFILE, encode)
            check(False)
        except ValueError:
            check(True)


async def a_slip_and_its_paper():
    slip = [("text", f"line {i} 行") for i in range(20)]
    head = Head(7)
    printer = thermal.Printer(head, PROFILE, encode)
    confirmed = []
    try:
        await printer.print(slip, 0, confirmed.append)
        check(False)
    except thermal.PrinterError as error:
        check(error.kind == "paper")
        check(0 < error.line <= 7)
        check(error.line == confirmed[-1])
        head.paper = 100
        await printer.print(slip, error.line, confirmed.append)
        check(head.rows == 7 + 20 - error.line)
    check(confirmed[-1] == 20)
    check(head.largest <= PROFILE["block"])
    status = await printer.status()
    check(status == {"paper_out": False, "near_end": False, "cover": False, "error": False})
    head.write = lambda data: None
    try:
        await printer.status()
        check(False)
    except thermal.PrinterError as error:
        check(error.kind == "no answer" and error.line is None)


async def level_heap():
    head = Head(10_000_000)
    printer = thermal.Printer(head, PROFILE, encode)
    slip = [("text", "商户存根", thermal.BOLD), ("pair", "金额", "12.00"), ("raster", 384, bytes(4800)), ("cut",)]
    free = []
    for _ in range(3):
        await printer.print(slip)
        gc.collect()
        free.append(gc.mem_free())
    check(free[0] - free[2] < 2048)


bytes_of_lines()
asyncio.run(a_slip_and_its_paper())
if hasattr(gc, "mem_free"):
    asyncio.run(level_heap())
print("ok", checks)
