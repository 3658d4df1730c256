"""Messages received on the device's interpreter: stored, assembled, understood, answered within limits; a reboot between.

MICROPYPATH=lib:firmware:.frozen micropython -X heapsize=256K tests/target/incoming_target.py
"""

import asyncio
import gc
import os
import sys

import micropython  # noqa: F401 - on CPython it installs time.ticks_*

import journal
from sms import Deliver
from terminal.notices.desk import Desk
from terminal.notices.incoming import Incoming
from terminal.ondemand import borrowed
from terminal.security.mask import scrub

NUMBER = "+8613812345678"
DIRECTORY = "incoming_target.tmp"
TIME = (2026, 11, 21, 20, 45, 0, 32)
SETTINGS = {
    "merchant_name": "示例商店",
    "hotline": "4001234567",
    "language": "zh",
    "own_mobile": "13900000000",
    "requests": True,
    "quiet_from": 21,
    "quiet_to": 9,
}
RECORD = {
    "type": "sale",
    "trace": 12,
    "amount": 2350,
    "card": "622202******0018",
    "time": "2026-11-21 20:45:03",
    "state": "approved",
}

QUICK = sys.platform in ("linux", "darwin")  # an emulated core takes a second for a message

checks = 0


def check(value):
    global checks
    assert value
    checks += 1


def log(event, detail):
    check(NUMBER[-8:] not in detail)


def turned(data):
    return bytes([b ^ 0x5A for b in data])


class Clock:
    now = 848609100  # 2026-11-21 20:45:00

    def seconds(self):
        return self.now

    def moment(self):
        return (2026, 11, 21, self.now // 3600 % 24, 0, 0)


class Words:
    """Stands in for the templates: the event and what it would say."""

    def render(self, event, audience, fields):
        check(audience == "customer" and fields["merchant"] == SETTINGS["merchant_name"])
        return event + " " + fields.get("result", fields.get("voucher", ""))


class Box:
    def __init__(self):
        self.queued = []

    def queue(self, key, event, audience, number, text):
        check(audience == "reply" and len(key) <= 32)
        if key in [entry[0] for entry in self.queued]:
            return False
        self.queued.append((key, number, text))
        return True

    def texts(self):
        return [entry[2] for entry in self.queued]


class Consent:
    settings = {"offers": True}

    def take(self, sender, text, when):
        return "offer_left" if text == "TD" else None


class Bank:
    async def take(self, sender, text, when):
        return sender == "95588"


def find(slip, tail):
    return RECORD if (slip, tail) == (12, "0018") else None


def clean(directory):
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        path = directory + "/" + name
        try:
            os.remove(path)
        except OSError:
            clean(path)
    os.rmdir(directory)


class Shop:
    """One boot of the part of the terminal that receives."""

    loaded = False

    def __init__(self, clock, box):
        gc.collect()
        before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
        self.desk = Desk(box, find, Words(), SETTINGS, clock, log, DIRECTORY, turned, turned)
        self.incoming = Incoming(
            journal.Journal(DIRECTORY + "/incoming"),
            turned,
            turned,
            clock.seconds,
            log,
            self.desk.handle,
            self.desk.tick,
        )
        gc.collect()
        if before and Shop.loaded:
            check(gc.mem_alloc() - before < 2048)
        Shop.loaded = True  # what the first one imports stays
        self.confirmed = []
        self.checked = []
        self.desk.on_confirmed = self.confirmed.append
        self.desk.on_check = lambda key, why: self.checked.append((key, why))
        self.desk.selftest_expects = lambda text: text == "TEST 4711"
        self.desk.bank = Bank()
        self.desk.consent = Consent()
        self.second = 0

    async def receive(self, *texts, sender=NUMBER):
        for text in texts:
            self.second += 1
            self.incoming.take(Deliver(sender, text, None, TIME[:5] + (self.second, 32), None))
        await self.work()

    async def work(self):
        task = asyncio.create_task(self.incoming.run())
        for _ in range(200):
            await asyncio.sleep(0)
        task.cancel()


async def conversation():
    clock = Clock()
    box = Box()
    shop = Shop(clock, box)
    check(shop.desk.ask("000001.000012-c", "13812345678", "cancelled", 3600))
    clock.now += 60
    await shop.receive("１", sender="13812345678")
    check(shop.confirmed == ["000001.000012-c"])
    await shop.receive("TEST 4711", "您尾号0018的卡支出23.50元", sender="95588")
    await shop.receive("TD", "查 12 0018", "CX 12 0019", "FK 很好, 6222 0200 0000 0018")
    check(
        box.texts()
        == ["reply_confirmed 000012", "offer_left ", "reply_state 成功", "reply_unknown ", "reply_feedback "]
    )
    check(shop.desk.feedback()[0][2:] == ["+86*******5678", "很好, ************0018"])
    await shop.receive("CX 12 0018", "？", "hello")  # five in an hour
    check(len(box.queued) == 5)
    await shop.receive("hello", sender="BANK")
    await shop.receive("hello", sender="13900000000")
    check(len(box.queued) == 5)
    status = shop.desk.status()
    check(status["questions"] == {"yes": 1} and status["feedback"] == 1)
    check(status["days"][-1][1]["limited"] == 3)


async def parts():
    clock = Clock()
    box = Box()
    shop = Shop(clock, box)
    sender = "13700000001"
    shop.incoming.take(Deliver(sender, "000012 0018", None, TIME, (7, 2, 2)))
    await shop.work()
    shop = Shop(clock, box)  # the power failed
    shop.incoming.take(Deliver(sender, "000012 0018", None, TIME, (7, 2, 2)))
    check(shop.incoming.open_count == 1)
    shop.incoming.take(Deliver(sender, "查询", None, TIME, (7, 2, 1)))
    await shop.work()
    check(box.texts() == ["reply_state 成功"] and shop.incoming.open_count == 0)
    shop = Shop(clock, box)
    shop.incoming.take(Deliver(sender, "查询", None, TIME, (7, 2, 1)))
    check(shop.incoming.open_count == 0)
    for i in range(300 if QUICK else 40):
        shop.incoming.take(Deliver("10086", "流量已用%d" % i, None, None, None))
        if i % 10 == 9:
            await shop.work()
    check(shop.incoming.open_count == 0)
    check(len(os.listdir(DIRECTORY + "/incoming")) < 5)


async def asked_again():
    clock = Clock()
    box = Box()
    shop = Shop(clock, box)
    shop.desk.ask("000001.000013-c", "13700000002", "cancelled", 600)
    clock.now += 700  # 20:56
    shop.desk.tick()
    check(box.texts() == ["question_again 000013"])
    shop = Shop(clock, box)
    shop.desk.tick()
    await shop.receive("2 000013", sender="13700000002")
    check(shop.checked == [("000001.000013-c", "no")] and len(box.queued) == 2)


def foreign(start, count):
    """A text of so many Chinese characters. Made of octets: chr() would keep each of them for ever."""
    octets = bytearray()
    for code in range(start, start + count):
        octets.append(0xE0 | code >> 12)
        octets.append(0x80 | code >> 6 & 0x3F)
        octets.append(0x80 | code & 0x3F)
    return octets.decode()


async def strangers():
    """Characters that nobody has used before, in messages of all kinds, leave no trace in the heap."""
    clock = Clock()
    box = Box()
    shop = Shop(clock, box)
    allowed = (200, "")
    before = 0
    for i in range(102 if QUICK else 10):
        text = foreign(0x4E00 + 50 * i, 50)
        with borrowed("terminal.notices.bank_reading") as reading:
            check(reading.read(text + "尾号0018消费23.50元").amount == 2350)
        with borrowed("terminal.notices.consent_book") as book:
            book.take(shop.desk.consent, "13800000000", text[:40], 0)
        with borrowed("terminal.notices.templates_text") as texts:
            check(texts.cleaned(allowed, "trial", "words", text + "\n" + text) == text + " " + text)
        check(scrub(text + "123456789")[-9:] == "*****6789")
        clock.now += 700
        box.queued.clear()
        await shop.receive(("FK " if i % 2 else "") + text, sender="13800000%03d" % i)
        check(shop.incoming.open_count == 0)
        if i == 1 and hasattr(gc, "mem_alloc"):
            gc.collect()
            before = gc.mem_alloc()
    if before:
        shop.desk.feedback()
        gc.collect()
        check(gc.mem_alloc() - before < 2048)


def main():
    if hasattr(gc, "threshold"):
        gc.threshold(8192)  # as firmware/main.py does, and for its reason
    clean(DIRECTORY)
    os.mkdir(DIRECTORY)
    asyncio.run(conversation())
    asyncio.run(parts())
    asyncio.run(asked_again())
    asyncio.run(strangers())
    clean(DIRECTORY)
    print("ok", checks)


main()
