"""Doctor, watch, enabling and self-test on the device's interpreter, with their data files and real storage.

MICROPYPATH=lib:firmware:.frozen micropython -X heapsize=256K tests/target/doctor_target.py
"""

import asyncio
import gc
import json
import os
import sys

import micropython  # noqa: F401 - on CPython it installs time.ticks_*

import journal
from terminal.notices import templates
from terminal.notices.enabling import Enabling, TrialNeeded
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender
from terminal.notices.watch import Watch
from terminal.ondemand import borrowed

NUMBER = "13812345678"
NOW = 848609100  # 2026-11-21 20:45:00
IDENTITY = {"model": "SIM7600CE", "firmware": "LE20B04", "sim": "1a2b3c4d"}
RECORD = {"trace": 12, "batch": 1, "state": "approved", "time": "2026-11-21 20:45:00", "card": "622202******0018"}
PART = ("queued", None, "CMS 331", 2, NOW)
NOTICE = {
    "key": "000001.000012-c",
    "event": "sale_approved",
    "audience": "customer",
    "number": "138****5678",
    "state": "queued",
    "cause": "CMS 331",
    "created": NOW,
    "sent": 0,
    "delivered": 0,
    "signal": 17,
    "registration": 1,
    "supply": False,
    "tries": 2,
    "parts": [PART],
}

checks = 0
events = []


def check(value):
    global checks
    assert value
    checks += 1


def log(event, detail=""):
    check(NUMBER[-8:] not in detail)
    events.append(event)
    del events[:-40]


def now():
    return NOW


def turned(data):
    return bytes([b ^ 0x5A for b in data])


def clean(directory):
    try:
        for name in os.listdir(directory):
            os.remove(directory + "/" + name)
    except OSError:
        os.mkdir(directory)


def cases():
    """A facts dict for one cause of each kind of evidence."""
    well = {"record": RECORD, "audience": "customer", "mode": "on", "stage": "", "now": NOW + 1000}
    sent = dict(NOTICE, state="sent", cause="", sent=NOW + 3, parts=[("sent", 7, "", 1, NOW)])
    return (
        ("unknown_transaction", {}),
        ("no_number", dict(well, wanted="no_number")),
        ("no_merchant", dict(well, wanted="no_number", audience="merchant")),
        ("too_old", dict(well, now=NOW + 9 * 86400)),
        ("off", dict(well, notice=NOTICE, mode="off")),
        ("no_network", dict(well, notice=NOTICE)),
        ("no_sim", dict(well, notice=NOTICE, stage="no sim")),
        ("denied", dict(well, notice=dict(NOTICE, registration=3))),
        ("weak_signal", dict(well, notice=dict(NOTICE, signal=3))),
        ("supply", dict(well, notice=dict(NOTICE, supply=True))),
        ("number_wrong", dict(well, notice=dict(NOTICE, state="failed", cause="CMS 1"))),
        ("message", dict(well, notice=dict(NOTICE, state="failed", cause="CMS 150"))),
        (
            "in_doubt",
            dict(well, notice=dict(NOTICE, state="in_doubt", cause="", parts=[("in_doubt", None, "", 1, NOW)])),
        ),
        ("late", dict(well, notice=sent)),
        ("on_its_way", dict(well, notice=sent, now=NOW + 20)),
        ("reports_off", dict(well, notice=sent, reports="none")),
        ("filtered", dict(well, notice=dict(sent, state="failed", cause="status 72"))),
        ("delivered", dict(well, notice=dict(sent, state="delivered", delivered=NOW + 9))),
        ("bank", dict(well, notice=dict(sent, state="delivered", delivered=NOW + 9), bank="missing")),
        ("unexplained", dict(well, notice=dict(NOTICE, state="failed", cause="CMS 290"))),
    )


def doctor():
    gc.collect()
    before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    with borrowed("terminal.notices.doctor") as module:
        for cause, facts in cases():
            finding = module.diagnose(facts)
            check(finding.cause == cause)
            lines = module.evidence_lines(facts, finding)
            check(lines[-1].startswith("=> " + cause))
            for language in ("zh", "en"):
                words = module.words(language, cause)
                check(0 < len(words.what) <= 2 and 0 < len(words.remedy) <= 2 and words.technician)
    module = finding = lines = words = None
    check("terminal.notices.doctor" not in sys.modules)
    gc.collect()
    if before:
        check(gc.mem_alloc() - before < 1500)  # forgotten again


def watch(directory):
    clean(directory)
    settings = {"sms_price": 8, "sms_budget": 300}
    figures = Watch(journal.Journal(directory), settings, now, log)

    def end(i, state, cause, delivered):
        summary = ("%06d-c" % i, "sale_approved", "customer", "138****5678", state, cause, 1, NOW, NOW + 2, delivered)
        figures.ended(summary)

    gc.collect()
    before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    for i in range(230):
        end(i, "delivered", "", NOW + 2 + i % 10)
    for i in range(15):
        end(i, "failed", "CMS 331", 0)
    gc.collect()
    if before:
        check(gc.mem_alloc() - before < 600)
    figures.check(12)
    status = figures.status()
    check(status["rate"] == 70 and status["p50"] == 5 and status["p99"] == 9 and status["causes"] == {"CMS 331": 15})
    check(status["parts"] == 245 and status["cost"] == 1960 and status["month"] == "2026-11")
    check(status["alarms"] == ("rate", "queue"))
    check(json.loads(json.dumps(status))["known"] == 50)
    figures = Watch(journal.Journal(directory), settings, now, log)
    check("rate" in figures.alarms and figures.status()["parts"] == 245)
    clean(directory)


class Line:
    """A modem whose network delivers everything, reports it and sends back what goes to NUMBER."""

    def __init__(self):
        self.ready = True
        self.stage = ""
        self.signal = 17
        self.registration = 1
        self.supply_warnings = self.resets = 0
        self.capabilities = None
        self.storage_full = False
        self.sender = None
        self.sent = 0

    async def wait_ready(self, timeout):
        await asyncio.sleep(0)

    async def own_number(self):
        return NUMBER

    async def send_pdu(self, pdu, length, timeout=120, before_commit=None):
        before_commit()
        await asyncio.sleep(0)
        self.sent += 1
        asyncio.create_task(self.answer(pdu))
        return 7

    async def answer(self, pdu):
        await asyncio.sleep(0.01)
        stamp = "62111202543023"
        self.sender.on_pdu("CDS", "000607" + "0B81" + "3118325476F8" + stamp + stamp + "00")
        # SMS-SUBMIT with a validity of one octet: its user data become those of a SMS-DELIVER
        at = 2 + 2 + 2 + 2 + 2 + 12 + 4 + 2
        self.sender.on_pdu("CMT", "00" + "04" + "0B81" + "3118325476F8" + "0008" + stamp + pdu[at:])


class Services:
    pass


async def selftest(directory):
    clean(directory)
    services = Services()
    services.log = log
    services.modem = Line()
    services.enabling = Enabling(directory, lambda: IDENTITY, log)
    services.outbox = Outbox(journal.Journal(directory + "/outbox"), turned, turned, now, log)
    services.settings = {"own_mobile": "", "merchant_mobile": "", "merchant_name": "示例商店", "hotline": "4001234567"}
    services.words = templates.load("zh")
    services.clock = services
    services.seconds = now
    services.moment = lambda: (2026, 11, 21, 20, 45, 0)
    sender = Sender(services.outbox, services.modem, log, enabled=services.enabling.allows)
    sender.on_message = lambda message: check(services.enabling.expects(message.text))
    services.modem.sender = sender
    enabling = services.enabling
    check(enabling.mode == "off" and not enabling.allows("merchant"))
    try:
        enabling.set("on")
        check(False)
    except TrialNeeded as error:
        check(error.reason == "needtrial")
    shown = []
    task = asyncio.create_task(sender.run())
    with borrowed("terminal.notices.selftest") as module:
        check(await module.run(services, shown.append))
    task.cancel()
    check([row[:2] for row in shown[-1]] == [(name, "passed") for name in ("send", "report", "receive")])
    check(services.modem.sent == 1)
    enabling.set("on")
    check(Enabling(directory, lambda: dict(IDENTITY, sim="other"), log).allows("customer") is False)
    check(Enabling(directory, dict, log).mode == "trial")
    clean(directory + "/outbox")
    os.rmdir(directory + "/outbox")


def spoilt(directory):
    with open(directory + "/notices.json", "w") as file:
        file.write("{")
    check(Enabling(directory, dict, log).mode == "off")
    clean(directory)


def main():
    directory = "doctor_target.tmp"
    doctor()
    watch(directory)
    asyncio.run(selftest(directory))
    spoilt(directory)
    os.rmdir(directory)
    print("ok", checks)


main()
