"""No SMS has come: whatever is wrong outside the terminal, the doctor names it, at the console and on the screen.

Each case makes one thing wrong, makes a sale, and reads the cause: `doctor VOUCHER` at the console; where the operator
can get at the menu, also 短信, 为何没收到. What cannot be reached in real time is in tests/host/test_terminal_doctor.py,
which also makes sure that the two tables together have every cause.
"""

import shutil
from datetime import datetime, timedelta, timezone

import pytest
from till import ONLINE, PIN_AGAIN, SETTINGS

from posterm.demo.scenario import CUSTOMER, GOOD, PIN
from posterm.rig import SETTINGS as DEFAULTS
from posterm.rig import switched

CHINA = timezone(timedelta(hours=8))
HOUR = 3600
WRONG_PIN = "111111"
OTHER = "6222020000000000059=49121010000000000"  # a card without earlier sales

# cause: (what is wrong, who has no SMS); each cause has a function of its name below, or a row in one of its tables
CAUSES = {
    # no notice was queued
    "unknown_transaction": ("a voucher number that was never used", "customer"),
    "unfinished": ("the host is silent, the result not yet known", "customer"),
    "quiet": ("the sale was done again after a wrong PIN", "customer"),
    "off": ("notices are switched off", "customer"),
    "trial": ("trial mode, which leaves the customer out", "customer"),
    "no_number": ("ENTER instead of a number", "customer"),
    "no_merchant": ("no merchant's number in the settings", "merchant"),
    "no_text": ("the shop's own text was edited wrongly while the terminal was on", "customer"),
    "too_old": ("the journal of notices is gone, six days later", "customer"),
    "unexplained": ("the journal of notices is gone, at once", "customer"),
    # it waits
    "waiting": ("another message takes long to send", "merchant"),
    "payment_first": ("the next sale is at its PIN", "merchant"),
    "on_its_way": ("no report yet, a moment after it was sent", "customer"),
    "no_modem": ("the modem hangs", "customer"),
    "no_sim": ("the SIM is taken out", "customer"),
    "sim_locked": ("the SIM wants a PIN", "customer"),
    "no_sms": ("the modem cannot do SMS", "customer"),
    "sms_not_ready": ("the modem's SMS part is not up yet", "customer"),
    "no_network": ("the modem finds no network", "customer"),
    "denied": ("the network does not want this SIM", "customer"),
    # the modem or the network refuses
    "weak_signal": ("CMS 42 with a signal of 3", "customer"),
    "smsc": ("a wrong message centre on the SIM", "customer"),
    "barred": ("CMS 8", "customer"),
    "refused": ("CMS 21", "customer"),
    "network": ("CMS 42 with a good signal", "customer"),
    "message": ("CMS 304", "customer"),
    "modem_fault": ("CMS 515", "customer"),
    "sim_full": ("CMS 322", "customer"),
    "supply": ("the modem restarts with the message in its hands", "customer"),
    "expired": ("SMS not up, then switched off for longer than the validity", "customer"),
    # what became of it
    "in_doubt": ("the terminal loses its power while the modem sends", "customer"),
    "late": ("no report after 200 s", "customer"),
    "no_report": ("no report until the validity is over", "customer"),
    "reports_off": ("the modem refuses to be asked for reports", "customer"),
    "incomplete": ("the second part of two is never reported", "customer"),
    "number_wrong": ("the number does not exist", "customer"),
    "phone_off": ("the phone is off", "customer"),
    "phone_full": ("report 0x65", "customer"),
    "blocked": ("report 0x42", "customer"),
    "filtered": ("report 0x48", "customer"),
    "cancelled": ("report 0x47", "customer"),
    "delivered": ("the customer overlooked it", "customer"),
    "bank_differs": ("the bank's message names another amount", "customer"),
}  # fmt: skip
REFUSED = {"barred": 8, "refused": 21, "network": 42, "message": 304, "sim_full": 322, "modem_fault": 515}
REPORTED = {"cancelled": 0x47, "phone_full": 0x65, "blocked": 0x42, "filtered": 0x48}
# what befalls the modem between the sale and a restart
BEFALLS = {
    "no_modem": ("hang", {"on": True}),
    "no_sim": ("sim_state", {"state": "absent"}),
    "sim_locked": ("sim_state", {"state": "pin"}),
    "no_sms": ("variant", {"name": "no_sms"}),
    "no_network": ("registration", {"stat": "searching"}),
    "denied": ("registration", {"stat": "denied"}),
}
# the menu cannot be reached, or what is asked about is over too soon
CONSOLE_ONLY = ("unknown_transaction", "unfinished", "waiting", "payment_first", "on_its_way", "sms_not_ready")
LONG_TEXT = "[sale_approved]\ncustomer.advice = " + "请妥善保管本凭证并核对金额" * 4 + "\n"
FIRST = 2000  # fen, the first case's amount


class Ward:
    """A till for one case. `fen`: the amount of its sale."""

    def __init__(self, till, fen):
        self.till = till
        self.rig = till.rig
        self.modem = till.rig.modem
        self.fen = fen

    def admit(self, *orders, settings=None, notices="on", files=()):
        """Switch a terminal on that knows no notices, with a modem that is well but for `orders` (command, arguments)."""
        rig = self.rig
        rig.kill_firmware()
        rig.acquirer.call("clear_script")
        for name in ("outbox", "watch"):
            shutil.rmtree(rig.storage / name, ignore_errors=True)
        for path in [*rig.storage.glob("modem_*.json"), *rig.storage.glob("templates_*"), rig.storage / "bank.txt"]:
            path.unlink(missing_ok=True)
        for name, text in files:
            (rig.storage / name).write_text(text, encoding="utf-8")
        rig.configure({**DEFAULTS, **SETTINGS, **(settings or {}), "port": rig.port})
        self.switch(notices)
        for name in self.modem.call("status")["variants"]:
            self.modem.call("variant", name=name, on=False)
        for name, seconds in (("sms", 0.1), ("submit", 0.2)):
            self.modem.call("delay", name=name, seconds=seconds)
        self.modem.call("registration", stat="home")
        self.modem.call("signal", rssi=21)
        self.modem.call("wrong_smsc", effect="")
        self.modem.call("report_mode", mode="delivered")
        self.modem.call("phone", number=CUSTOMER, on=True, exists=True, refuse=None, report=None)
        self.modem.call("hang", on=False)
        for command, arguments in orders:
            self.modem.call(command, **arguments)
        self.modem.call("sim_state", state="ready")  # restarts
        self.till.restart()
        self.rig.wait_until(lambda: self.till.status()["registration"] == "1", 20, "the network")

    def switch(self, mode):
        identity = self.modem.call("status")["identity"]
        (self.rig.storage / "notices.json").write_text(switched(mode, identity))

    def enter(self, customer=CUSTOMER, pin=PIN, track=GOOD):
        self.till.enter(self.fen, track, pin, customer)

    def sell(self, customer=CUSTOMER):
        """Sell, and return the voucher number."""
        self.enter(customer)
        return self.sold()

    def sold(self):
        self.till.idle()
        last = self.till.last()
        assert last["state"] == "approved"
        return last["trace"]

    def state(self, letter="c"):
        states = self.till.notice_states()
        return next((state for key, state in states.items() if key.endswith("-" + letter)), None)

    def wait(self, *states, letter="c"):
        self.rig.wait_until(lambda: self.state(letter) in states, 20, f"a notice that is {states}")

    def restart(self, clock_offset=0):
        self.till.restart(clock_offset=clock_offset)


# ---- each provokes its cause and returns the voucher to ask about


def unknown_transaction(ward):
    ward.admit()
    return "999999"


def unfinished(ward):
    ward.admit()
    ward.rig.acquirer.call("next", behaviour="silent", count=9)
    ward.enter()
    ward.rig.wait_screen(ONLINE)
    ward.rig.wait_until(lambda: ward.till.last().get("state") in ("started", "reversing"), 5, "the request")
    return ward.till.last()["trace"]


def quiet(ward):
    ward.admit()
    ward.enter(pin=WRONG_PIN)
    ward.rig.wait_screen(PIN_AGAIN)
    ward.rig.keys("ENTER")
    ward.till.enter_pin()
    ward.sold()
    return next(row["trace"] for row in ward.till.host_rows(ward.fen) if row["de39"] == "55")


def off(ward):
    ward.admit(notices="off")
    voucher = ward.sell(customer=None)
    ward.rig.kill_firmware()
    ward.switch("on")  # what counts is what it was
    ward.restart()
    return voucher


def trial(ward):
    ward.admit(notices="trial")
    voucher = ward.sell(customer=None)
    ward.wait("delivered", letter="m")
    return voucher


def no_number(ward):
    ward.admit()
    ward.enter(customer=None)
    ward.rig.wait_screen("顾客手机号")
    ward.rig.keys("ENTER")
    return ward.sold()


def no_merchant(ward):
    ward.admit(settings={"merchant_mobile": ""})
    return ward.sell()


def no_text(ward):
    ward.admit(files=[("templates_zh.txt", "[sale_approved]\ncustomer.advice = 谢谢惠顾\n")])
    own = ward.rig.storage / "templates_zh.txt"
    own.write_text("[sale_approved]\ncustomer.text =\n", encoding="utf-8")
    return ward.sell()


def without_journal(ward, seconds):
    ward.admit()
    voucher = ward.sell()
    ward.till.settled()
    ward.rig.kill_firmware()
    shutil.rmtree(ward.rig.storage / "outbox")
    ward.restart(seconds)
    return voucher


def too_old(ward):
    return without_journal(ward, 6 * 24 * HOUR)


def unexplained(ward):
    return without_journal(ward, 0)


def slow(ward):
    ward.admit(("delay", {"name": "submit", "seconds": 8}))
    return ward.sell()


def waiting(ward):
    return slow(ward)


def payment_first(ward):
    voucher = slow(ward)
    ward.rig.keys("100", "ENTER")
    ward.rig.wait_screen("请刷卡")
    ward.rig.swipe(GOOD)
    ward.rig.wait_screen("请输入密码")
    return voucher


def on_its_way(ward):
    return unreported(ward)


def befallen(ward, cause):
    """A notice that could not go yet finds the modem in another state when the terminal is switched on again."""
    ward.admit(("delay", {"name": "sms", "seconds": 60}))
    voucher = ward.sell()
    ward.rig.kill_firmware()
    command, arguments = BEFALLS[cause]
    ward.modem.call(command, **arguments)
    ward.restart()
    return voucher


def sms_not_ready(ward):
    ward.admit(("delay", {"name": "sms", "seconds": 60}))
    return ward.sell()


def weak_signal(ward):
    ward.admit(("signal", {"rssi": 3}), ("phone", {"number": CUSTOMER, "refuse": 42}))
    return ward.sell()


def smsc(ward):
    ward.admit(("wrong_smsc", {"effect": "refused"}))
    return ward.sell()


def refused(ward, code):
    ward.admit(("phone", {"number": CUSTOMER, "refuse": code}))
    return ward.sell()


def supply(ward):
    ward.admit()
    ward.modem.call("reboot_on", point="cmgs_before_send")
    voucher = ward.sell()
    ward.wait("in_doubt")
    return voucher


def expired(ward):
    ward.admit(("delay", {"name": "sms", "seconds": 60}), settings={"notice_hours": 1})
    voucher = ward.sell()
    ward.rig.kill_firmware()
    ward.switch("off")
    ward.restart(HOUR + 100)
    ward.wait("failed")
    return voucher


def in_doubt(ward):
    ward.admit(("delay", {"name": "submit", "seconds": 15}), ("report_mode", {"mode": "never"}))
    voucher = ward.sell()
    ward.wait("sending")
    ward.restart()
    ward.wait("in_doubt")
    return voucher


def unreported(ward, seconds=0, *orders):
    ward.admit(("report_mode", {"mode": "never"}), *orders, settings={"notice_hours": 1})
    voucher = ward.sell()
    ward.wait("sent")
    ward.wait("sent", letter="m")
    if seconds:
        ward.restart(seconds)
    return voucher


def late(ward):
    return unreported(ward, 200)


def no_report(ward):
    return unreported(ward, HOUR + 100)


def reports_off(ward):
    return unreported(ward, 200, ("variant", {"name": "cnmi_refused"}))


def incomplete(ward):
    ward.admit(
        ("delay", {"name": "submit", "seconds": 1.5}),
        settings={"notice_hours": 1},
        files=[("templates_zh.txt", LONG_TEXT)],
    )
    before = ward.modem.call("sent_count")["count"]
    ward.enter()
    ward.rig.wait_until(lambda: ward.modem.call("sent_count")["count"] > before, 20, "the first part")
    ward.modem.call("report_mode", mode="never")
    voucher = ward.sold()
    ward.wait("sent")
    ward.wait("sent", letter="m")
    ward.restart(HOUR + 100)
    return voucher


def number_wrong(ward):
    ward.admit(("phone", {"number": CUSTOMER, "exists": False}))
    return ward.sell()


def phone_off(ward):
    ward.admit(("phone", {"number": CUSTOMER, "on": False}))
    return ward.sell()


def reported(ward, status):
    ward.admit(("report_mode", {"mode": "failed", "status": status, "number": CUSTOMER}))
    return ward.sell()


def delivered(ward):
    ward.admit()
    voucher = ward.sell()
    ward.wait("delivered")
    return voucher


def bank_differs(ward):
    ward.admit(settings={"bank_senders": "95588"})
    ward.enter(track=OTHER)
    voucher = ward.sold()
    ward.wait("delivered")
    now = datetime.now(CHINA)
    text = f"您尾号0059卡{now.month}月{now.day}日{now:%H:%M}消费支出人民币12.34元，余额1,234.56元。"
    ward.modem.call("deliver", **{"from": "95588", "text": text})
    return voucher


# ---- reading


def words(root, cause):
    """Return the (what, remedy, technician) the shop's file has in Chinese, and the technician's sentence in English."""
    found = []
    for language in ("zh", "en"):
        text = (root / f"firmware/terminal/notices/doctor_{language}.txt").read_text(encoding="utf-8")
        rows = dict(line.split("|", 1) for line in text.splitlines())
        found.append(rows[cause].split("|"))
    return found[0][0].split("/"), found[0][1].split("/"), found[1][2]


def told(till, voucher):
    """Return audience -> (cause, sentence), read at the console."""
    found = {}
    for line in till.rig.console.ask("doctor " + voucher):
        if line[:1] == "[":
            audience = line[1:-1]
        elif line.startswith("=> "):
            found[audience] = (line[3:].split(":")[0], "")
        elif audience in found:
            found[audience] = (found[audience][0], line)
    return found


def shown(till, voucher, audience):
    """Go through the menu like an operator; return the rows below the titles: what it is, what to do."""
    rig = till.rig
    till.idle()
    rig.keys("MENU")
    rig.wait_screen("1 消费")
    rig.keys("DOWN")
    rig.wait_screen("4 短信")
    rig.keys("4")
    rig.wait_screen("2 为何没收到")
    rig.keys("2")
    rig.wait_screen("凭证号")
    rig.keys(voucher, "ENTER")
    pages = []
    for title in ("顾客短信", "怎么办", "商户短信", "怎么办"):
        pages.append([row.strip() for row in rig.wait_screen(title)[1:] if row.strip()])
        rig.keys("ENTER")
    till.idle()
    return pages[:2] if audience == "customer" else pages[2:]


def case(till, root, cause):
    """Make it wrong, then ask the doctor."""
    ward = Ward(till, FIRST + list(CAUSES).index(cause))
    if cause in REFUSED:
        voucher = refused(ward, REFUSED[cause])
    elif cause in REPORTED:
        voucher = reported(ward, REPORTED[cause])
    elif cause in BEFALLS:
        voucher = befallen(ward, cause)
    else:
        voucher = globals()[cause](ward)
    _, audience = CAUSES[cause]
    what, remedy, technician = words(root, cause)

    # the modem or the report may take a moment to say what is wrong
    seen = []

    def found():
        seen[:] = [told(till, voucher).get(audience)]
        return seen == [(cause, technician)]

    try:
        till.rig.wait_until(found, 20)
    except TimeoutError:
        lines = "\n".join(till.rig.console.ask("doctor " + voucher))
        raise AssertionError(f"{cause}: the doctor says {seen}\n{lines}") from None
    if cause not in CONSOLE_ONLY:
        assert shown(till, voucher, audience) == [what, remedy]
        assert told(till, voucher)[audience][0] == cause, "it has changed meanwhile"
    elif cause == "payment_first":
        till.rig.keys("CANCEL")


@pytest.fixture(scope="module")
def cases(wards, root):
    """All cases are under way before the first result is waited for."""
    return {cause: wards.start(case, root, cause) for cause in CAUSES}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_doctor_finds_what_is_wrong(cases, cause):
    cases[cause].result()
