"""Notices on the device's interpreter: texts from their files, an outbox in real storage, sending, reports, a reboot.

MICROPYPATH=lib:firmware:.frozen micropython -X heapsize=256K tests/target/notices_target.py
"""

import asyncio
import gc
import os

import micropython  # noqa: F401 - on CPython it installs time.ticks_*

import journal
from modem import ModemError, SmsInDoubt, SmsRejected
from terminal.notices import templates
from terminal.notices.outbox import Outbox, OutboxFull
from terminal.notices.sender import Sender

NUMBER = "13812345678"
NOW = 848609100  # 2026-11-21 20:45:00
FIELDS = {
    "merchant": "示例商店",
    "time": "2026-11-21 20:45:03",
    "amount": "23.50",
    "place": "示例路",
    "tail": "1234",
    "reason": "{余额}[不足]\x00",
    "hotline": "4001234567",
}

checks = 0


def check(value):
    global checks
    assert value
    checks += 1


def now():
    return NOW


def log(event, detail):
    check(NUMBER[-8:] not in detail)


def turned(data):
    return bytes([b ^ 0x5A for b in data])


def clean(directory):
    try:
        for name in os.listdir(directory):
            os.remove(directory + "/" + name)
    except OSError:
        os.mkdir(directory)


def opened(directory):
    return Outbox(journal.Journal(directory), turned, turned, now, log)


# a status report (3GPP 23.040 §9.2.2.3) in national form, submitted at 20:45:06 in the zone +8
def report(reference, status=0):
    stamp = "62111202546023"
    return "00" + "06%02X" % reference + "0B81" + "3118325476F8" + stamp + stamp + "%02X" % status


class Line:
    """A modem: each step is a reference, an exception, or "early" (report before the reference, which is 77)."""

    def __init__(self, steps):
        self.steps = steps
        self.ready = True
        self.stage = ""
        self.signal = 17
        self.registration = 1
        self.supply_warnings = 0
        self.resets = 0
        self.sent = []
        self.on_pdu = None

    async def wait_ready(self, timeout):
        await asyncio.sleep(0)

    async def send_pdu(self, pdu, length, timeout=120, before_commit=None):
        step = self.steps.pop(0)
        check(len(pdu) == 2 * length + 2)
        if isinstance(step, ModemError) and not isinstance(step, SmsInDoubt):
            raise step
        before_commit()
        await asyncio.sleep(0)
        self.sent.append(pdu)
        if isinstance(step, SmsInDoubt):
            raise step
        if step == "early":
            self.on_pdu("CDS", report(77))
            step = 77
        return step


def texts():
    for language in ("zh", "en"):
        loaded = templates.load(language)
        for event, audience in loaded.events():
            check(loaded.preview(event, audience)[2] <= 2)
    text = loaded.render("sale_declined", "customer", dict(FIELDS))
    check("{余额}[不足]" in text and "21 Nov 20:45" in text)
    text = templates.load("zh").render("sale_approved", "customer", dict(FIELDS))
    check(text == "【示例商店】尾号1234的卡11月21日20:45在示例路消费￥23.50成功。请保留小票。客服4001234567")
    for field, value in (("tail", "12345"), ("amount", "x"), ("pan", "1"), ("advice", 3)):
        try:
            loaded.render("sale_approved", "customer", dict(FIELDS, **{field: value}))
            check(False)
        except templates.TemplateError as error:
            check(error.field == field)
    return text


async def sending(directory, text):
    clean(directory)
    box = opened(directory)
    line = Line([5, "early", SmsInDoubt(), SmsRejected(8), 9, SmsRejected(331), ModemError("no answer"), 11])
    sender = Sender(box, line, log)
    line.on_pdu = sender.on_pdu
    task = asyncio.create_task(sender.run())
    for i in range(4):
        check(box.queue("%d-c" % i, "sale_approved", "customer", NUMBER, text if i else text * 2))
        await asyncio.sleep(0.1)
    # the first has two parts: one sent, one delivered before its reference was known
    check([box.state("%d-c" % i)[0] for i in range(4)] == ["sent", "in_doubt", "failed", "sent"])
    check(box.state("2-c")[1] == "CMS 8")
    sender.on_pdu("CDS", report(9, 0x30))
    sender.on_pdu("CDS", report(9))
    check(box.state("3-c")[0] == "delivered")
    for hostile in ("", "zz", "00", "0006", "06" * 300, "ÿ"):
        sender.on_pdu("CDS", hostile)
    sender.on_pdu("CDS", report(5))
    check(box.state("0-c")[0] == "delivered")
    task.cancel()
    box = opened(directory)
    check([box.state("%d-c" % i)[0] for i in range(4)] == ["delivered", "in_doubt", "failed", "delivered"])
    check(not box.queue("0-c", "sale_approved", "customer", NUMBER, text))
    # what was in doubt is settled by the report, whose reference nobody told
    sender = Sender(box, line, log)
    sender.on_pdu("CDS", report(200))
    check(box.state("1-c")[0] == "delivered")
    check(len(line.sent) == 4)
    # what the doctor and a person ask
    found = box.evidence("2-c")
    check((found["state"], found["cause"], found["number"], found["signal"]) == ("failed", "CMS 8", "138****5678", 17))
    check([part[:2] for part in box.evidence("0-c")["parts"]] == [("delivered", 5), ("delivered", 77)])
    check(box.evidence("x") is None and len(list(box.history(1))) == 4)
    try:
        box.resend("0-c")
        check(False)
    except ValueError:
        pass
    check(box.resend("2-c") == "2-c~2")
    box = opened(directory)
    entry, _ = box.next()
    check(entry.key == "2-c~2" and entry.number == NUMBER and box.text(entry) == text)
    # no service, then a modem that does not answer: causes, and the sender waits
    sender = Sender(box, line, log)
    task = asyncio.create_task(sender.run())
    await asyncio.sleep(0.1)
    check(box.state("2-c~2")[:2] == ("queued", "CMS 331"))
    box.fresh = True
    entry.due = 0
    box.wake()
    await asyncio.sleep(0.1)
    check(box.state("2-c~2")[:2] == ("queued", "no answer"))
    check(len(line.steps) == 1)
    task.cancel()
    check(box.cancel("2-c~2") and box.open_count == 0)
    check(len(list(box.entries(2))) == 2)
    return box


def full(directory, text):
    clean(directory)
    box = opened(directory)
    gc.collect()
    before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    for i in range(64):
        check(box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, text))
    gc.collect()
    if before:
        check(gc.mem_alloc() - before < 64 * 800)
    try:
        box.queue("x-c", "sale_approved", "customer", NUMBER, text)
        check(False)
    except OutboxFull:
        pass
    box = None
    box = opened(directory)
    check(box.open_count == 64)
    entry, _ = box.next()
    check(box.text(entry) == text)
    for entry in [entry for entry, i in box.open_parts() if i == 0]:
        check(box.text(entry) == text)
        for i in range(2):
            box.begin(entry, i)
            box.accepted(entry, i, 3)
            box.delivered(entry, i, 3)
        box.tidy()
    check(box.open_count == 0 and len(list(box.entries())) == 64)
    gc.collect()
    if before:
        check(gc.mem_alloc() - before < 4000)  # finished notices cost next to nothing
    check(len(list(opened(directory).entries())) == 64)


def main():
    directory = "notices_target.tmp"
    text = texts()
    asyncio.run(sending(directory, text))
    full(directory, text * 2)
    clean(directory)
    os.rmdir(directory)
    print("ok", checks)


main()
