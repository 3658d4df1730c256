"""The board of the terminal in the shop: keypad, card reader, LCD, clock and watchdog in memory, ports with power."""

import asyncio
import os
from datetime import datetime, timedelta, timezone

from shop_power import Port

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 11, 21, 20, 45, tzinfo=CHINA)


def shop_now():
    """The wall clock of everything in the shop."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


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
        self.broken = None  # an exception to raise once, as a defect in a driver would

    def show(self, rows):
        if self.broken is not None:
            error, self.broken = self.broken, None
            raise error
        assert len(rows) == 4
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
    """Notes when it was fed: `longest` gap in seconds."""

    def __init__(self):
        self.fed = 0
        self.longest = 0.0
        self._at = None

    def feed(self):
        now = asyncio.get_running_loop().time()
        if self._at is not None:
            self.longest = max(self.longest, now - self._at)
        self._at = now
        self.fed += 1

    def starved_for(self):
        return asyncio.get_running_loop().time() - self._at


class Board:
    name = "HOST"
    serial_number = "HOST0001"
    modem_power = None
    secret = bytes(range(32))

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
        return self.secret
