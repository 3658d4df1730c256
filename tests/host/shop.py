"""The whole terminal in this process, on a virtual clock, between the project's simulated devices in memory.

    async def story(shop):
        await shop.open()                   # power on, master key, sign-in
        await shop.enter_sale("2350")
        await shop.idle()
        assert shop.charged() == 2350
    run_shop(tmp_path, story, monkeypatch)

The simulators are the ones the e2e tier runs as processes: foreign libraries read the firmware's messages, SMS and paper.
`shop.power.cut_at(n)` stops the terminal dead at its n-th step (shop_power.py). When a story is over, `close` looks for
secrets in everything a person could read (shop_secrets.py), for tasks that died and for a line that was never released.
"""

import asyncio
import copy
import json
import re

import streams
import virtualclock
from posterm.rig import switched
from posterm.sim.acquirer.host import AcquirerHost, HostConfig
from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.core import ModemSim
from posterm.sim.printer.printer import PrinterSim
from shop_board import Board, shop_now
from shop_power import Medium, Power, PowerCut
from shop_secrets import Secrets
from terminal.app import Terminal
from terminal.flows.idle import Idle
from terminal.security.keys import Keys
from terminal.security.pin import PinPad
from terminal.service.eventlog import EventLog
from terminal.ui import cells
from terminal.ui.screen import COLUMNS, ROWS, Screen

TMK = bytes(range(0x11, 0x21))
GOOD = "6222020000000000018=49121010000000000"
POOR = "6222020000000000117=49121010000000000"
CHARGED_SILENT = "6222020000000000216=49121010000000000"
PIN = "123456"
CUSTOMER = "13812345678"
MERCHANT = "13900139000"
TERMINAL_NO = "10000001"
SETTINGS = {
    "terminal_no": TERMINAL_NO,
    "merchant_no": "898440154110001",
    "merchant_mobile": MERCHANT,
    "host_timeout": 10,
    "host": "acquirer",
}
IDLE = "请输入金额消费"
SIGN_IN = "请先签到"
NO_KEY = "请注入主密钥"
TEAR = "请撕下"
PENDING = "冲正未完成"
TROUBLE = ("task.died", "task.ended", "watchdog.starved", "ledger.orphan", "notice.notqueued")


class Shop:
    """`expected`: events that are trouble elsewhere and wanted in this story."""

    def __init__(self, folder, settings, modem_config, monkeypatch, notices="on"):
        self.folder = folder
        self.storage = folder / "storage"
        self.storage.mkdir(exist_ok=True)
        (self.storage / "settings.json").write_text(json.dumps({**SETTINGS, **settings}), encoding="utf-8")
        if not (self.storage / "notices.json").exists():
            (self.storage / "notices.json").write_text(switched(notices, vars(modem_config)))
        self.host = AcquirerHost(
            HostConfig(tmk=TMK, terminals={TERMINAL_NO: SETTINGS["merchant_no"]}), now=lambda: shop_now().timestamp()
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
        self.medium = Medium(self.storage)
        self.medium.install(monkeypatch)
        self.secrets = Secrets()
        self.secrets.numbers |= {CUSTOMER, MERCHANT}
        self.secrets.words.add(PIN)
        self.secrets.octets.add(TMK)
        self.expected = set()
        self.cut_next = None  # step at which the power goes after the next power on, the start-up included
        self.console_text = ""
        self.frames = []
        self.dialogue = []
        self.events = []
        self._tracks = []
        self._read = 0
        self._running = None
        self.terminal = None
        self._watch(monkeypatch)

    def _watch(self, patch):
        """See what the firmware keeps to itself: the PIN buffer, the PIN blocks, what it wants to log."""
        shop = self
        init, pin_block, log = PinPad.__init__, Keys.pin_block, EventLog.__call__

        def logged(event_log, event, detail=""):
            shop.power.check()
            shop.events.append(f"{shop_now():%F %T} {event} {detail}")
            log(event_log, event, detail)

        patch.setattr(EventLog, "__call__", logged)
        show, message = Screen.show, Screen.message

        def shown(screen, *rows):
            assert len(rows) <= ROWS, rows
            for row in rows:
                assert cells.width(row) <= COLUMNS, f"cut on the screen: {row}"
            show(screen, *rows)

        def wrapped(screen, title, *texts):
            assert sum(len(cells.wrap(text, COLUMNS)) for text in texts) < ROWS, f"cut on the screen: {texts}"
            message(screen, title, *texts)

        patch.setattr(Screen, "show", shown)
        patch.setattr(Screen, "message", wrapped)

        def made(pinpad, *args):
            init(pinpad, *args)
            shop.pinpad = pinpad

        def encrypted(keys, *args):
            block = pin_block(keys, *args)
            shop.secrets.octets.add(bytes(block))
            return block

        def idle_made(idle, *args):
            idle_init(idle, *args)
            shop.idle_flow = idle
            shop.terminal_finish = idle._finish

        idle_init = Idle.__init__
        patch.setattr(Idle, "__init__", idle_made)
        patch.setattr(PinPad, "__init__", made)
        patch.setattr(Keys, "pin_block", encrypted)

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

    async def power_on(self, modem_too=False):
        """Start the terminal on the storage as it is. `modem_too`: the modem lost its power as well."""
        self.power = self.medium.power = Power()
        if self.cut_next is not None:
            self.power.cut_at(self.cut_next)
            self.cut_next = None
        self.console, far = streams.pair()
        self._pumps.append(asyncio.ensure_future(self._listen(self.console)))
        if modem_too:
            self.modem.reboot()
        self._modem_in._buffer.clear()  # what arrived while nobody listened is lost
        self._printer_in._buffer.clear()
        self.board = Board(str(self.storage), self.power, self._modem_in, self._printer_in, far)
        self.board.lcd.frames = self.frames
        self._running = asyncio.ensure_future(self._run())
        await asyncio.sleep(0)

    async def _run(self):
        try:
            self.terminal = Terminal(self.board)
            await self.terminal.run()
        except PowerCut:
            return

    async def _listen(self, console):
        while True:
            self.console_text += (await console.read(256)).decode()

    async def power_off(self):
        """Cut the power now, between two steps."""
        self.power.off.set()
        await self.gone()

    async def gone(self):
        """Wait for the power cut and clear away what is left of the terminal."""
        await self.power.off.wait()
        if self.terminal is not None:
            self.dialogue += self.terminal.modem.last_dialogue()
        tasks = [task for task in asyncio.all_tasks() if task not in self._pumps and _is_terminal(task)]
        self._running.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(self._running, *tasks, return_exceptions=True)

    async def close(self):
        """End everything, then check what every story owes."""
        if self._running is not None and not self._running.done():
            await self.power_off()
        self.modem.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def check(self):
        """Nothing secret anywhere, no card data in memory, no trouble that the story did not order."""
        places = {str(p): p.read_bytes() for p in self.storage.rglob("*") if p.is_file() and p.name != "settings.json"}
        places["LCD"] = "\n".join(row for frame in self.frames for row in frame)
        places["event log"] = "\n".join(self.events)
        places["console"] = self.console_text
        places["paper"] = self.printer.text()
        places["dialogue"] = "\n".join(self.dialogue)
        self.secrets.check(places)
        for line in self.events:
            name = line.split(" ")[2]
            assert name not in TROUBLE or name in self.expected, line

    # ---- the operator

    async def screen(self, *texts, timeout=200):
        """Wait until the screen shows one of `texts`; return the rows. A power cut ends the wait with PowerCut."""

        async def shown():
            lcd = self.board.lcd
            while True:
                if self.power.off.is_set():
                    raise PowerCut("screen")
                joined = "\n".join(lcd.rows)
                if any(text in joined for text in texts):
                    return list(lcd.rows)
                if self._running.done():
                    self._running.result()
                lcd.changed.clear()
                waits = [asyncio.ensure_future(e.wait()) for e in (lcd.changed, self.power.off)]
                await asyncio.wait([*waits, self._running], return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()

        try:
            return await asyncio.wait_for(shown(), timeout)
        except asyncio.TimeoutError:
            events = "\n".join(self.events[-20:])
            raise AssertionError(f"no screen with {texts}; it shows {self.board.lcd.rows}\n{events}") from None

    async def keys(self, *names):
        """Press keys like a quick hand; a word of digits is pressed digit by digit."""
        for name in names:
            for key in name if name.isdigit() else [name]:
                self.board.keypad.put(key)
                await asyncio.sleep(0.1)

    def swipe(self, track):
        """Pull a card through the reader."""
        self.secrets.card(track)
        octets = bytearray(track.encode())
        self._tracks.append(octets)
        self.board.card_reader.put(octets)

    async def type(self, line):
        self.console.write(line.encode() + b"\r")

    async def printed(self, text, timeout=30):
        """Wait until the console has printed `text` behind what was waited for before; return what it printed."""

        async def until():
            while text not in self.console_text[self._read :]:
                self.power.check()
                await asyncio.sleep(0.05)

        await asyncio.wait_for(until(), timeout)
        begin, self._read = self._read, self.console_text.index(text, self._read) + len(text)
        return self.console_text[begin : self._read]

    async def ask(self, line):
        """Give a console command and return what it printed."""
        self._read = len(self.console_text)
        await self.type(line)
        return await self.printed("posterm> ")

    async def inject_key(self, password="technician"):
        """Log in at the console and inject the master key."""
        await asyncio.sleep(0.5)
        self._read = len(self.console_text)
        await self.type("login")
        await self.printed("password")
        await self.type(password)
        await self.printed("posterm> ")
        await self.type("tmk")
        await self.printed("component 1")
        await self.type(TMK.hex())
        await self.printed("component 2")
        await self.type("00" * 16)
        await self.printed("check value")

    async def sign_in(self):
        """Sign in from the idle screen of a terminal without working keys."""
        await self.screen(SIGN_IN)
        await self.ready()
        await self.keys("ENTER")
        await self.screen(IDLE)

    async def open(self):
        """Power on, inject the master key and sign in."""
        await self.power_on()
        await self.screen(NO_KEY)
        await self.inject_key()
        await self.sign_in()

    def keep(self):
        """Return the state of storage and host, for `resume` in another shop. The terminal must be off."""
        files = {p.relative_to(self.storage): p.read_bytes() for p in self.storage.rglob("*") if p.is_file()}
        return files, copy.deepcopy(self.host._keys)

    async def resume(self, kept):
        """Go on in a new shop where another one was kept: signed in, idle."""
        files, keys = kept
        for place, content in files.items():
            path = self.storage / place
            path.parent.mkdir(parents=True, exist_ok=True)
            if place.name not in ("settings.json", "notices.json"):
                path.write_bytes(content)
        self.host._keys = copy.deepcopy(keys)
        await self.power_on()
        await self.screen(IDLE)
        await self.ready()

    async def ready(self, timeout=90):
        """Wait until the modem has a network."""

        async def until():
            while not self.terminal.modem.ready:
                self.power.check()
                await asyncio.sleep(0.1)

        await asyncio.wait_for(until(), timeout)

    async def enter_sale(self, fen, track=GOOD, pin=PIN, mobile=CUSTOMER):
        """Go through the questions of a sale up to the request."""
        await self.screen(IDLE)
        await self.ready()
        await self.keys(fen)
        await self.screen("金额:")
        await self.keys("ENTER")
        await self.screen("请刷卡")
        self.swipe(track)
        await self.enter_pin(pin)
        await self.enter_mobile(mobile)

    async def enter_pin(self, pin=PIN):
        await self.screen("请输入密码")
        await self.keys(*([pin] if pin else []), "ENTER")

    async def enter_mobile(self, mobile=CUSTOMER):
        await self.screen("顾客手机号")
        if mobile:
            await self.keys(mobile, "ENTER")
            await self.screen("请再输一次")
            await self.keys(mobile)
        await self.keys("ENTER")

    async def idle(self, *also, timeout=900):
        """Wait for the idle screen (or a text of `also`), tearing off slips on the way; check what idleness promises."""
        while True:
            rows = await self.screen(IDLE, SIGN_IN, TEAR, *also, timeout=timeout)
            if TEAR not in "".join(rows):
                break
            await self.keys("ENTER")
            await asyncio.sleep(1)
        self.at_rest()
        return rows

    def at_rest(self):
        """What holds whenever no flow is running: the line is free, no PIN and no card in memory."""
        assert self.terminal.modem._claims == 0
        assert not any(self.pinpad._buffer)
        for track in self._tracks:
            assert not any(track), "a swipe was not wiped"
        self._tracks.clear()

    async def settled(self, limit=900):
        """Wait until every notice is out, given up or in doubt, and its report has come if it will come at all."""
        patience = 10  # a report that came while the terminal was off is lost
        for _ in range(limit):
            self.power.check()
            states = [row[4] for row in self.terminal.outbox.entries()]
            if not any(state in ("queued", "sending") for state in states):
                patience -= 1
                if "sent" not in states or not patience:
                    return states
            await asyncio.sleep(1)
        raise AssertionError(f"notices do not settle: {states}")

    # ---- what the world saw

    def charged(self, tail="0018"):
        return self.host.charged(tail)

    def inbox(self, number=CUSTOMER, having=""):
        return [message["text"] for message in self.modem.centre.messages(number) if having in message["text"]]

    def slips(self):
        """Texts of the slips printed so far, blank ones left out."""
        return [slip.text() for slip in self.printer.slips if not slip.blank]

    def logged(self, event):
        """Details of every such event since the first power on."""
        return [line.split(" ", 3)[3] for line in self.events if line.split(" ")[2] == event]

    @property
    def record(self):
        """The terminal's latest transaction."""
        return self.terminal.ledger.last


def _is_terminal(task):
    """Tell the terminal's tasks by the file their code lies in."""
    code = getattr(task.get_coro(), "cr_code", None)
    return (
        code is not None and re.search(r"/firmware/|/lib/(?!.*site-packages)(?!python)", code.co_filename) is not None
    )


def run_shop(folder, story, monkeypatch, settings=None, modem_config=None, limit=7 * 86400, notices="on"):
    """Run `story(shop)` on a virtual clock and return its result. `notices`: "on" (the self-test has passed), "off"…"""

    async def main():
        shop = Shop(folder, settings or {}, modem_config or ModemConfig(), monkeypatch, notices)
        try:
            result = await story(shop)
        finally:
            await shop.close()
        shop.check()
        return result

    with monkeypatch.context() as patch:
        monkeypatch = patch
        return virtualclock.run(main(), limit=limit)
