"""The part of the terminal that receives, with its customers: phones that send, a SIM that keeps what was not taken.

async def story(till):
    await till.says("13812345678", "CX 000012 0018")
    assert till.replies() == [...]
play(story)

The clock is the loop's (see virtualclock): 2026-11-21, 12:00:00 at the start.
"""

import asyncio
import json
import os

import journal
import virtualclock
from shop_power import Medium, Power, PowerCut
from sms import Deliver
from terminal.clock import days
from terminal.notices.desk import Desk
from terminal.notices.incoming import Incoming
from terminal.notices.outbox import OutboxFull

START = (days(2026, 11, 21) * 24 + 12) * 3600
CUSTOMER = "+8613812345678"
OTHER = "+8613787654321"
OWN = "13900000000"
RECORD = {
    "type": "sale",
    "trace": 12,
    "batch": 1,
    "amount": 2350,
    "card": "622202******0018",
    "time": "2026-11-21 11:45:03",
    "state": "approved",
}


def protect(data):
    return b"\x5a" + bytes(b ^ 0x5A for b in data) + bytes((sum(data) & 0xFF,))


def reveal(data):
    clear = bytes(b ^ 0x5A for b in data[1:-1])
    if not data or data[0] != 0x5A or data[-1] != sum(clear) & 0xFF:
        raise ValueError("damaged")
    return clear


class Clock:
    def __init__(self):
        self.offset = START

    def seconds(self):
        return self.offset + int(asyncio.get_running_loop().time())

    def moment(self):
        seconds = self.seconds()
        day = seconds // 86400 - days(2026, 11, 1)
        return (2026, 11 + day // 30, day % 30 + 1, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)


class Words:
    """Says which event it is and, for the eye of a test, its fields."""

    def render(self, event, audience, fields):
        assert audience == "customer"
        assert fields["merchant"] and all(isinstance(value, str) for value in fields.values())
        return event + "".join(" " + fields[name] for name in ("voucher", "tail", "amount", "result") if name in fields)


class Box:
    """Takes a key once, also after a reboot, in a file that is replaced as a whole."""

    def __init__(self, path):
        self._path = path
        self.full = False
        self.taken = []
        if os.path.exists(path):
            with open(path) as file:
                self.taken = json.loads(file.read())

    def queue(self, key, event, audience, number, text):
        assert audience == "reply" and len(key) <= 32
        if self.full:
            raise OutboxFull("64 notices wait")
        if any(entry[0] == key for entry in self.taken):
            return False
        taken = [*self.taken, [key, event, number, text]]
        with open(self._path + ".new", "w") as file:
            file.write(json.dumps(taken))
        os.rename(self._path + ".new", self._path)
        self.taken = taken
        return True


class Till:
    """One terminal over several boots. `medium`: its storage, for faults and cuts."""

    def __init__(self, folder, medium):
        self.folder = str(folder)
        self.medium = medium
        self.clock = Clock()
        self.records = [dict(RECORD)]
        self.settings = {
            "merchant_name": "示例商店",
            "hotline": "4001234567",
            "language": "zh",
            "own_mobile": OWN,
            "requests": True,
            "quiet_from": 21,
            "quiet_to": 9,
        }
        self.sim = []  # messages that were not taken yet
        self.log = []
        self.confirmed = []
        self.checked = []
        self.handled = []  # (text, sequence) each time
        self.sent = 0
        self.task = None
        self.boot()

    def boot(self):
        """Start, or start again after a cut."""
        if self.task is not None:
            self.task.cancel()
        self.medium.power = Power()
        self.box = Box(self.folder + "/box")
        self.desk = Desk(
            self.box, self.find, Words(), self.settings, self.clock, self._log, self.folder, protect, reveal
        )
        self.desk.on_confirmed = self.confirmed.append
        self.desk.on_check = lambda key, why: self.checked.append((key, why))
        self.incoming = Incoming(
            journal.Journal(self.folder + "/incoming"),
            protect,
            reveal,
            self.clock.seconds,
            self._log,
            self._handle,
            self.desk.tick,
        )
        self.task = asyncio.create_task(self.incoming.run())

    async def says(self, sender, *texts):
        """A phone sends these, a second apart; return when they are dealt with."""
        for text in texts:
            await self.arrives(self.message(sender, text))

    def message(self, sender, text, concat=None):
        """A new message with the network's time of it, which is ours."""
        self.sent += 1
        year, month, day, hour, minute, second = self.clock.moment()
        return Deliver(sender, text, None, (year, month, day, hour, minute, second, 32), concat)

    async def arrives(self, deliver):
        self.sim.append(deliver)
        self.fetch()
        await asyncio.sleep(1)

    def fetch(self):
        """The modem hands on what lies on the SIM, and deletes what was taken."""
        while self.sim:
            try:
                self.incoming.take(self.sim[0])
            except OSError:
                return
            self.sim.pop(0)

    def replies(self):
        return [entry[3] for entry in self.box.taken]

    def find(self, slip, tail=None):
        for record in self.records:
            if record["trace"] == slip and tail in (None, record["card"][-4:]):
                return record
        return None

    def flash(self):
        """All that the terminal's storage holds; the notices are the outbox's concern."""
        held = b""
        for place, _, names in os.walk(self.folder):
            for name in names:
                if name != "box":
                    with open(os.path.join(place, name), "rb") as file:
                        held += file.read()
        return held

    async def _handle(self, sender, text, when, sequence):
        self.handled.append((text, sequence))
        await self.desk.handle(sender, text, when, sequence)

    def _log(self, event, detail):
        self.log.append(event + " " + detail)


def play(folder, patch, story, limit=10 * 86400):
    """Run `story(till)` in virtual time; `patch`: pytest's monkeypatch."""

    async def main():
        medium = Medium(folder)
        medium.install(patch)
        till = Till(folder, medium)
        try:
            await story(till)
        finally:
            till.task.cancel()
        if till.task.done() and not till.task.cancelled():
            till.task.result()
        assert_secret(till)
        return till

    return virtualclock.run(main(), limit)


def assert_secret(till):
    """No customer's full number stands in the log or in flash."""
    for number in (CUSTOMER, OTHER):
        assert number[-8:] not in "\n".join(till.log)
        assert number[-8:].encode() not in till.flash()


__all__ = ("CUSTOMER", "OTHER", "OWN", "START", "PowerCut", "Till", "play")
