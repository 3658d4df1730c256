"""A terminal's notices over days of simulated time, on MicroPython: the real modem driver, codec, outbox and sender.

    micropython soak.py <transactions> <days> <seed> <folder for the outbox> <folder with asyncio's source>

Each fact is printed as one line, so that nothing is collected here and the heap shows what the terminal keeps; run.py
reads them. The clock jumps to the next timer whenever no task is ready.
"""

import gc
import sys
import time as real


class Clock:
    """Stands for the module `time`: milliseconds that pass only when everybody waits."""

    OFFSET = real.mktime((2000, 1, 1, 0, 0, 0, 0, 0)) - real.mktime((1970, 1, 1, 0, 0, 0, 0, 0))

    def __init__(self):
        self.at = 0
        for name in ("ticks_add", "ticks_diff", "gmtime", "localtime", "mktime", "time"):
            setattr(self, name, getattr(real, name))

    def ticks_ms(self):
        return self.at

    def ticks_us(self):
        return self.at * 1000


class Waiting:
    """Stands for asyncio's queue of streams: there are none, so waiting is a jump of the clock."""

    map = True

    def wait_io_event(self, milliseconds):
        if milliseconds < 0:
            raise RuntimeError("every task waits and no timer is set")
        clock.at += milliseconds

    def remove(self, task):
        return None


clock = Clock()
sys.modules["time"] = clock
sys.modules["_asyncio"] = object()  # the C version reads the real clock
sys.path.insert(0, sys.argv[5])

import asyncio  # noqa: E402
import asyncio.core  # noqa: E402

asyncio.core._io_queue = Waiting()

from network import Air, Chance, Line  # noqa: E402

import journal  # noqa: E402
import modem  # noqa: E402
from terminal.notices.outbox import Outbox  # noqa: E402
from terminal.notices.sender import Sender  # noqa: E402

BASE = 848534400  # 2026-11-21 00:00:00
DAY = 86400
MERCHANT = "13900001111"
QUIET_DAYS = 2  # at the end, for what is still on its way


def now():
    return BASE + clock.at // 1000


def say(text):
    print(text)  # noqa: T201 - run.py reads it


def same(data):
    return data


def log(event, detail):
    if event == "notice.storage":
        say("R storage " + detail)


class Store(journal.Journal):
    """Counts what is written."""

    written = 0
    compactions = 0
    octets = 0

    def append(self, kind, payload):
        Store.written += 1
        Store.octets += len(payload)
        return super().append(kind, payload)

    def compact(self, keep):
        super().compact(keep)
        Store.compactions += 1
        Store.octets += self.size()


def ended(summary, *_gone):
    say("E %s %s %s" % (summary[0], summary[4], summary[5].replace(" ", "-") or "-"))


class Soak:
    def __init__(self, seed, folder):
        self.chance = Chance(seed)
        self.folder = folder
        self.air = Air(self.chance, say, now)
        self.line = Line(self.chance, self.air, say)
        self.sold = 0
        self.day = 0

    async def run(self, transactions, days):
        """A day to warm up, then what was asked for; after each the heap is compared when nothing is open."""
        asyncio.create_task(self.line.run())
        warm = min(60, transactions // 6)
        await self.phase(warm, 1)
        await self.phase(transactions - warm, days)
        say("C %d" % self.line.commits)
        say("W %d %d %d" % (Store.written, Store.compactions, Store.octets))

    async def phase(self, transactions, days):
        self.left = transactions
        self.next = clock.at // 1000
        self.end = self.next + days * DAY
        self.step = days * DAY // transactions
        self.air.calm = False
        weather = asyncio.create_task(self.weather())
        while not self.air.calm:
            await self.power_up()
            say("R power cut")
            await asyncio.sleep(2 + self.chance.below(600))
        weather.cancel()

    async def weather(self):
        """No service for an hour or four, every day and a half."""
        while True:
            await asyncio.sleep(DAY // 2 + self.chance.below(2 * DAY))
            self.air.service = self.air.calm
            say("R no service")
            self.line.tell_service()
            await asyncio.sleep(3600 + self.chance.below(3 * 3600))
            self.air.service = True
            self.line.tell_service()

    async def power_up(self):
        line = modem.Modem(self.line, "SIM7600")
        box = Outbox(Store(self.folder), same, same, now, log, DAY, lambda: self.chance.below(100) / 100)
        box.on_end = ended
        post = Sender(box, line, log)
        line.on_pdu = post.on_pdu
        tasks = [asyncio.create_task(line.run()), asyncio.create_task(post.run())]
        until = clock.at // 1000 + 3 * 3600 + self.chance.below(40 * 3600)
        while clock.at // 1000 < until:
            seconds = clock.at // 1000
            if seconds >= self.day * DAY:
                self.day += 1
                self.sample("H", box)
            if self.left and seconds >= self.next:
                self.next += self.step
                await self.sell(line, box)
            elif seconds >= self.end and not self.air.calm:
                self.air.calm = self.air.service = True
                self.line.tell_service()
                until = seconds + QUIET_DAYS * DAY  # the last power-up of this phase
            else:
                await asyncio.sleep(10 + self.chance.below(60))
        if self.air.calm:
            self.sample("B", box)
            for summary in box.entries():
                if summary[4] not in ("delivered", "failed", "sent"):
                    say("O %s %s" % (summary[0], summary[4]))
        for task in tasks:
            task.cancel()
        await asyncio.sleep(1)

    async def sell(self, line, box):
        """A payment takes the line for some seconds; then both notices are queued."""
        self.left -= 1
        self.sold += 1
        line.claim()
        try:
            await line.command("AT+CSQ", "+CSQ:")
            await asyncio.sleep(2 + self.chance.below(6))
        except modem.ModemError as error:
            say("R payment, " + error.reason)
        finally:
            line.release()
        key = "000001.%06d" % self.sold
        number = "138%08d" % (10000000 + self.chance.below(40))
        size = (60, 60, 60, 60, 60, 60, 60, 60, 120, 190)[self.chance.below(10)]
        for tail, to, length in (("-c", number, size), ("-m", MERCHANT, (62, 62, 62, 125)[self.chance.below(4)])):
            text = key + tail
            text += "款" * (length - len(text))
            box.queue(key + tail, "sale_approved", "customer" if tail == "-c" else "merchant", to, text)
            say("Q %s%s %s %d" % (key, tail, to, length))

    def sample(self, kind, box):
        gc.collect()
        say("%s %d %d %d %d" % (kind, clock.at // 1000 // DAY, gc.mem_alloc(), box.open_count, self.air.busy))


asyncio.run(Soak(int(sys.argv[3]), sys.argv[4]).run(int(sys.argv[1]), int(sys.argv[2])))
