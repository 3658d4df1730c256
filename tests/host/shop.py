"""The whole terminal in this process, on a virtual clock, between the project's simulated devices in memory.

    async def story(shop):
        await shop.power_on()
        await shop.set_up()                 # master key, sign-in
        await shop.sale("2350")
    run_shop(tmp_path, story)

The simulators are the ones the e2e tier runs as processes: foreign libraries read the firmware's messages, SMS and paper.
`shop.power.cut_at(n)` stops the terminal dead at its n-th step (a write to a device or to storage).
"""

import asyncio
import json
import os
from datetime import datetime, timedelta, timezone

import journal
import streams
import virtualclock
from posterm.sim.acquirer.host import AcquirerHost, HostConfig
from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.core import ModemSim
from posterm.sim.printer.printer import PrinterSim
from terminal.app import Terminal

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 11, 21, 20, 45, tzinfo=CHINA)
TMK = bytes(range(0x11, 0x21))
GOOD = "6222020000000000018=49121010000000000"
POOR = "6222020000000000117=49121010000000000"
CHARGED_SILENT = "6222020000000000216=49121010000000000"
PIN = "123456"
CUSTOMER = "13812345678"
MERCHANT = "13900139000"
SETTINGS = {
    "terminal_no": "10000001",
    "merchant_no": "898440154110001",
    "merchant_mobile": MERCHANT,
    "host_timeout": 10,
    "host": "acquirer",
}


class PowerCut(BaseException):
    """The terminal stops here; nothing it does afterwards has any effect."""


class Power:
    """Counts the terminal's steps and cuts the power at a chosen one."""

    def __init__(self):
        self.steps = 0
        self.off = asyncio.Event()
        self._at = None
        self.names = []

    def cut_at(self, step):
        """Cut the power at the `step`-th step from now on (1 is the next)."""
        self._at = self.steps + step

    def step(self, name):
        """Called before each effect. Raises PowerCut when the power goes, and ever after."""
        if self.off.is_set():
            raise PowerCut(name)
        self.steps += 1
        self.names.append(name)
        if self.steps == self._at:
            self.off.set()
            raise PowerCut(name)


class Port:
    """The board's end of a serial line: every write is a step."""

    def __init__(self, name, stream, power):
        self._name = name
        self._stream = stream
        self._power = power
        self.read = stream.read
        self.readline = stream.readline
        self.readexactly = stream.readexactly
        self.drain = stream.drain

    def write(self, data):
        self._power.step(self._name)
        self._stream.write(data)


class Keys:
    """Keypad or card reader: a queue."""

    def __init__(self):
        self._queue = asyncio.Queue()
        self.put = self._queue.put_nowait
        self.get = self._queue.get


class Lcd:
    """Keeps every frame; `changed` tells when there is a new one."""

    def __init__(self):
        self.rows = [""] * 4
        self.frames = []
        self.changed = asyncio.Event()

    def show(self, rows):
        self.rows = list(rows)
        self.frames.append(self.rows)
        self.changed.set()

    def beep(self, kind):
        assert kind in ("key", "ok", "error")


class Rtc:
    def __init__(self):
        self.offset = timedelta()

    def now(self):
        return (shop_now() + self.offset).timetuple()[:6]

    def set(self, moment):
        self.offset = datetime(*moment, tzinfo=CHINA) - shop_now()


class Watchdog:
    """Counts; a starved terminal is a failed test."""

    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


class Board:
    name = "HOST"
    serial_number = "HOST0001"
    modem_power = None

    def __init__(self, storage, power, modem, printer, console):
        self.storage = storage
        self.modem_uart = Port("modem", modem, power)
        self.printer_uart = Port("printer", printer, power)
        self.console = console
        self.keypad = Keys()
        self.card_reader = Keys()
        self.lcd = Lcd()
        self.buzzer = self.lcd
        self.tasks = ()
        self.rtc = Rtc()
        self.watchdog = Watchdog()

    def entropy(self, count):
        return os.urandom(count)

    def device_secret(self):
        return bytes(range(32))


def shop_now():
    """The wall clock of everything in the shop."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


class Shop:
    def __init__(self, folder, settings, modem_config, monkeypatch):
        self.folder = folder
        self.storage = folder / "storage"
        self.storage.mkdir(exist_ok=True)
        (self.storage / "settings.json").write_text(json.dumps({**SETTINGS, **settings}), encoding="utf-8")
        self._patch = monkeypatch
        self.host = AcquirerHost(
            HostConfig(tmk=TMK, terminals={SETTINGS["terminal_no"]: SETTINGS["merchant_no"]}),
            now=lambda: shop_now().timestamp(),
        )
        self._modem_out, self._modem_in = streams.pair()
        self.modem = ModemSim(self._modem_out.write, self._connect, modem_config, now=shop_now)
        self._printer_out, self._printer_in = streams.pair()
        self.printer = PrinterSim(self._printer_out.write, now=lambda: asyncio.get_running_loop().time())
        self._pumps = [
            asyncio.ensure_future(self._pump(self._modem_out, self.modem.feed)),
            asyncio.ensure_future(self._pump(self._printer_out, self.printer.feed)),
        ]
        self.modem.start()
        self.host_reachable = True
        self.power = Power()
        self._running = None

    async def _pump(self, stream, feed):
        while True:
            feed(await stream.read(256))

    async def _connect(self, host, port):
        if not self.host_reachable:
            raise ConnectionRefusedError
        near, far = streams.pair()
        self._pumps.append(asyncio.ensure_future(self.host.serve_connection(far, far)))
        return near, near

    # ---- power

    async def power_on(self):
        """Start the terminal on the storage as it is."""
        self.power = Power()
        self._patch_storage()
        self.console, far = streams.pair()
        self._modem_in._buffer.clear()  # what arrived while nobody listened is lost
        self._printer_in._buffer.clear()
        self.board = Board(str(self.storage), self.power, self._modem_in, self._printer_in, far)
        self._running = asyncio.ensure_future(self._run())
        await asyncio.sleep(0)

    async def _run(self):
        try:
            self.terminal = Terminal(self.board)
            await self.terminal.run()
        except PowerCut:
            return

    def _patch_storage(self):
        power = self.power
        append = journal.Journal.append
        append = getattr(append, "original", append)

        def cut_append(log, kind, payload):
            power.step("before " + kind)
            sequence = append(log, kind, payload)
            power.step("after " + kind)
            return sequence

        cut_append.original = append
        self._patch.setattr(journal.Journal, "append", cut_append)
        rename = getattr(os.rename, "original", os.rename)

        def cut_rename(old, new):
            power.step("rename")
            rename(old, new)

        cut_rename.original = rename
        self._patch.setattr(os, "rename", cut_rename)

    async def power_off(self):
        """Cut the power now, between two steps."""
        self.power.off.set()
        await self.gone()

    async def gone(self):
        """Wait for the power cut and clear away what is left of the terminal."""
        await self.power.off.wait()
        tasks = [task for task in asyncio.all_tasks() if task not in self._pumps and _is_terminal(task)]
        self._running.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(self._running, *tasks, return_exceptions=True)

    async def close(self):
        if self._running is not None and not self._running.done():
            await self.power_off()
        self.modem.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    # ---- the operator

    async def screen(self, *texts, timeout=200):
        """Wait until the screen shows one of `texts`; return the rows. A power cut ends the wait with PowerCut."""

        async def shown():
            lcd = self.board.lcd
            while True:
                joined = "\n".join(lcd.rows)
                if any(text in joined for text in texts):
                    return list(lcd.rows)
                lcd.changed.clear()
                waits = [asyncio.ensure_future(e.wait()) for e in (lcd.changed, self.power.off)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
                if self.power.off.is_set():
                    raise PowerCut("screen")

        try:
            return await asyncio.wait_for(shown(), timeout)
        except asyncio.TimeoutError:
            events = "\n".join(self.terminal.log.last(12))
            raise AssertionError(f"no screen with {texts}; it shows {self.board.lcd.rows}\n{events}") from None

    async def keys(self, *names):
        """Press keys like a quick hand; a word of digits is pressed digit by digit."""
        for name in names:
            for key in name if name.isdigit() else [name]:
                self.board.keypad.put(key)
                await asyncio.sleep(0.1)

    async def type(self, line):
        self.console.write(line.encode() + b"\r")

    async def printed(self, text, timeout=30):
        """Read the console until `text`; return what was read."""
        got = b""

        async def until():
            nonlocal got
            while text.encode() not in got:
                got += await self.console.read(256)

        await asyncio.wait_for(until(), timeout)
        return got.decode()

    async def set_up(self):
        """Inject the master key and sign in."""
        await self.screen("请注入主密钥")
        for said, line in (
            ("posterm> ", "login"),
            ("password", "technician"),
            ("ok", "tmk"),
            ("component 1", TMK.hex()),
            ("component 2", "00" * 16),
        ):
            await self.printed(said)
            await self.type(line)
        await self.printed("check value")
        await self.screen("请先签到")
        await asyncio.wait_for(self.modem_ready(), 60)
        await self.keys("ENTER")
        await self.screen("请输入金额")

    async def modem_ready(self):
        while not self.terminal.modem.ready:
            await asyncio.sleep(0.1)

    async def enter_sale(self, fen, track=GOOD, pin=PIN, mobile=CUSTOMER):
        """Go through the questions of a sale up to the request."""
        await self.screen("请输入金额")
        await asyncio.wait_for(self.modem_ready(), 60)
        await self.keys(fen)
        await self.screen("金额:")
        await self.keys("ENTER")
        await self.screen("请刷卡")
        self.board.card_reader.put(bytearray(track.encode()))
        await self.screen("请输入密码")
        await self.keys(pin, "ENTER")
        await self.screen("顾客手机号")
        if mobile:
            await self.keys(mobile, "ENTER")
            await self.screen("请再输一次")
            await self.keys(mobile)
        await self.keys("ENTER")

    async def idle(self, timeout=400):
        """Wait for the idle screen, tearing off slips on the way."""
        while True:
            rows = await self.screen("请输入金额", "请先签到", "请撕下", "冲正未完成", timeout=timeout)
            if "请撕下" in "".join(rows):
                await self.keys("ENTER")
                await asyncio.sleep(1)
                continue
            return rows

    # ---- what the world saw

    def charged(self, tail="0018"):
        return self.host.charged(tail)

    def inbox(self, number=CUSTOMER):
        return [message["text"] for message in self.modem.centre.messages(number)]

    def slips(self):
        """Texts of the slips printed so far, blank ones left out."""
        return [slip.text() for slip in self.printer.slips if not slip.blank]


def _is_terminal(task):
    """Tell the terminal's tasks by the file their code lies in."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and (
        "/firmware/" in code.co_filename or "/lib/" in code.co_filename.split("/site-packages")[0]
    )


def run_shop(folder, story, monkeypatch, settings=None, modem_config=None, limit=7 * 86400):
    """Run `story(shop)` on a virtual clock and return its result."""

    async def main():
        shop = Shop(folder, settings or {}, modem_config or ModemConfig(), monkeypatch)
        try:
            return await story(shop)
        finally:
            await shop.close()

    return virtualclock.run(main(), limit=limit)
