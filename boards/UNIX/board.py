"""Board UNIX: the firmware in MicroPython's unix port, its devices behind serial ports (real ones or pseudo-terminals).

`posterm run` sets the environment this board reads:

    POSTERM_MODEM, POSTERM_PRINTER, POSTERM_PANEL, POSTERM_CONSOLE   serial ports (paths)
    POSTERM_STORAGE                                                  a directory, kept between starts

The panel port carries keypad, card reader, buzzer and LCD as JSON lines: `{"key":"5"}`, `{"swipe":"..."}` come in,
`{"lcd":[row, row, row, row]}` and `{"beep":"key"}` go out.
"""

import asyncio
import builtins
import errno
import json
import os
import sys
import termios
import time

_KEYS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "CANCEL", "CLEAR", "ENTER", "MENU", "UP", "DOWN")
_ISPEED = 4  # of termios attributes: the speeds
_OSPEED = 5
_SPEEDS = {9600: 13, 19200: 14, 38400: 15, 57600: 0o10001, 115200: 0o10002, 230400: 0o10003, 460800: 0o10004}  # Linux
_CC = 6  # of termios attributes: the control characters
_VTIME = 5  # in them, on Linux
_VMIN = 6
_LINE_MAX = 256  # octets of one panel line; longer ones are noise
_QUEUE_MAX = 32  # key presses waiting; more are dropped like on a real keypad


class BoardError(Exception):
    """The board cannot be opened: the text names the thing and the remedy."""


class _Port:
    """A serial port as an asyncio stream: `await read(n)`, `write(data)`, `await drain()`."""

    def __init__(self, variable):
        path = os.getenv(variable)
        if not path:
            raise BoardError("%s is not set: start the firmware with `posterm run`" % variable)
        try:
            self._file = builtins.open(path, "r+b", buffering=0)  # noqa: SIM115 - open as long as the firmware runs
        except OSError as e:
            raise BoardError(
                "cannot open %s (%s, error %d): check the cable or the path" % (path, variable, e.errno)
            ) from None
        try:
            termios.setraw(self._file.fileno())
            attributes = termios.tcgetattr(self._file.fileno())
            # a read returns what is there: the interpreter's read(n) would block until n octets have come
            attributes[_CC][_VTIME] = 0
            attributes[_CC][_VMIN] = 0
            termios.tcsetattr(self._file.fileno(), termios.TCSANOW, attributes)
        except OSError as e:
            raise BoardError(
                "%s (%s) is no serial port (error %d): correct the path" % (path, variable, e.errno)
            ) from None
        self._path = path
        self._reader = asyncio.StreamReader(self._file)
        writer = asyncio.StreamWriter(self._file, {})
        self.write = writer.write
        self.drain = writer.drain

    def set_baudrate(self, rate):
        """Set the speed in bits a second: one of those in `_SPEEDS`. Raises ValueError for another, OSError."""
        if rate not in _SPEEDS:
            raise ValueError("no such speed")
        attributes = termios.tcgetattr(self._file.fileno())
        attributes[_ISPEED] = attributes[_OSPEED] = _SPEEDS[rate]
        termios.tcsetattr(self._file.fileno(), termios.TCSANOW, attributes)

    async def read(self, count):
        """Return 1 to `count` octets. Raises OSError when the port is gone."""
        while True:
            data = await self._reader.read(count)
            if data:
                return data
            await asyncio.sleep(0)


class _Queue:
    """A bounded queue of input events; when full the newest is dropped."""

    def __init__(self):
        self._items = []
        self._event = asyncio.Event()

    def put(self, item):
        if len(self._items) < _QUEUE_MAX:
            self._items.append(item)
            self._event.set()

    async def get(self):
        while not self._items:
            self._event.clear()
            await self._event.wait()
        return self._items.pop(0)


class _Panel:
    """Keypad, card reader, LCD and buzzer at one port."""

    def __init__(self, port):
        self._port = port
        self._out = asyncio.Lock()
        self.keypad = _Queue()
        self.card_reader = _Queue()
        self._changed = asyncio.Event()
        self._frame = None
        self._beeps = []

    def show(self, rows):
        """Show four rows of up to 16 cells (a Chinese character takes two)."""
        self._frame = rows
        self._changed.set()

    def beep(self, kind):
        """`kind`: "key", "ok" or "error"."""
        if len(self._beeps) < 4:
            self._beeps.append(kind)
            self._changed.set()

    async def write_out(self):
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._beeps:
                self._port.write(json.dumps({"beep": self._beeps.pop(0)}) + "\n")
            if self._frame is not None:
                frame, self._frame = self._frame, None
                self._port.write(json.dumps({"lcd": frame}) + "\n")
            await self._port.drain()

    async def read_in(self):
        line = bytearray()
        while True:
            data = await self._port.read(64)
            for byte in data:
                if byte != 10:
                    if len(line) <= _LINE_MAX:
                        line.append(byte)
                    continue
                if len(line) <= _LINE_MAX:
                    self._take(line)
                line = bytearray()

    def _take(self, line):
        try:
            message = json.loads(bytes(line))
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        key = message.get("key")
        if key in _KEYS:
            self.keypad.put(key)
        swipe = message.get("swipe")
        if isinstance(swipe, str):
            self.card_reader.put(bytearray(swipe.encode()))


class _Rtc:
    """Wall clock. `set` keeps an offset to the machine's clock: a simulated terminal may live on another day."""

    _UNIX_2000 = 946684800  # seconds from 1970-01-01 to 2000-01-01

    def __init__(self):
        self._offset = int(os.getenv("POSTERM_CLOCK_OFFSET") or 0)

    def now(self):
        """Return local time as (year, month, day, hour, minute, second)."""
        return tuple(time.localtime(int(time.time()) + self._offset)[:6])

    def set(self, moment):
        """Set local time from (year, month, day, hour, minute, second)."""
        self._offset = int(time.mktime(moment + (0, 0, -1)) - time.time())


class _Watchdog:
    """Ends the process like a reset when the firmware did not feed it in time."""

    def __init__(self, seconds):
        self._limit = seconds * 1000
        self._fed = time.ticks_ms()

    def feed(self):
        now = time.ticks_ms()
        if time.ticks_diff(now, self._fed) > self._limit:
            sys.exit(70)
        self._fed = now


class Board:
    """What the firmware sees of the hardware. Made by `open()`."""

    name = "UNIX"
    serial_number = "UNIX0001"
    modem_power = None  # the simulated modem is always powered

    def __init__(self):
        self.storage = os.getenv("POSTERM_STORAGE")
        if not self.storage:
            raise BoardError("POSTERM_STORAGE is not set: start the firmware with `posterm run`")
        try:
            os.stat(self.storage)
        except OSError:
            raise BoardError("storage directory %s does not exist: create it" % self.storage) from None
        self.modem_uart = _Port("POSTERM_MODEM")
        self.printer_uart = _Port("POSTERM_PRINTER")
        self.console = _Port("POSTERM_CONSOLE")
        panel = _Panel(_Port("POSTERM_PANEL"))
        self.keypad = panel.keypad
        self.card_reader = panel.card_reader
        self.lcd = panel
        self.buzzer = panel
        self.tasks = (("panel in", panel.read_in), ("panel out", panel.write_out))
        self.rtc = _Rtc()
        self.watchdog = _Watchdog(60)
        self.entropy = os.urandom

    def device_secret(self):
        """Return 32 octets that belong to this device. Here a file; on a chip the eFuse HMAC."""
        path = self.storage + "/device.secret"
        try:
            with builtins.open(path, "rb") as file:
                secret = file.read()
            if len(secret) != 32:
                raise BoardError("%s is damaged: restore it, or remove it and the keys" % path)
            return secret
        except OSError as e:
            if e.errno != errno.ENOENT:
                raise  # only a file that is not there means a new device
        secret = self.entropy(32)
        with builtins.open(path + ".new", "wb") as file:
            file.write(secret)
        os.rename(path + ".new", path)
        return secret


def open():
    """Open every port of the board. Raises `BoardError` with one line that names the remedy."""
    return Board()
