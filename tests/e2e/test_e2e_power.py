"""Power cuts at any moment: the process is killed, the storage kept. A sale then has happened whole or not at all."""

import shutil
import time

import pytest
import secrecy
from till import (
    APPROVED,
    ASK_PIN,
    IDLE,
    NO_KEY,
    ONLINE,
    PASSWORD,
    REVERSED,
    SETTINGS,
    SIGN_IN_FIRST,
    TEAR,
    UNKNOWN,
    Till,
)

from posterm.demo.scenario import CUSTOMER, GOOD, MERCHANT, SILENT
from posterm.rig import Rig
from posterm.sim.acquirer.keys import check_value

SLOW = 1.0  # milliseconds a dot row takes: a copy prints for about a second
BASE = 6000


def on_screen(*texts):
    return lambda till, _fen: till.rig.wait_screen(*texts, timeout=20)


def on_host(kind):
    return lambda till, fen: till.rig.acquirer.call("wait_event", type=kind, where={"amount": fen}, timeout=20)


def after(seconds):
    return lambda _till, _fen: time.sleep(seconds)


def on_paper(lines):
    """A sale's slip begins on a new piece of paper: `lines` of it are printed."""

    def wait(till, _fen):
        till.rig.wait_until(lambda: till.rig.printer.call("status")["lines"] >= lines, 20, "the print")

    return wait


def on_messages(count):
    def wait(till, _fen):
        till.rig.wait_until(lambda: till.rig.modem.call("sent_count")["count"] >= till.sent + count, 20, "the message")

    return wait


# moment: what is waited for after the last key before the power goes
MOMENTS = {
    "online on the screen": on_screen(ONLINE),
    "0.02 s after the last key": after(0.02),
    "0.05 s after the last key": after(0.05),
    "0.1 s after the last key": after(0.1),
    "0.15 s after the last key": after(0.15),
    "0.2 s after the last key": after(0.2),
    "0.4 s after the last key": after(0.4),
    "0.8 s after the last key": after(0.8),
    "1.6 s after the last key": after(1.6),
    "the host has the request": on_host("sale"),
    "approved on the screen": on_screen(APPROVED),
    "first line of the slip": on_paper(1),
    "middle of the merchant's copy": on_paper(12),
    "between the copies": on_screen(TEAR),
    "middle of the customer's copy": on_paper(34),
    "first message sent": on_messages(1),
    "second message sent": on_messages(2),
}
REVERSAL_MOMENTS = {
    "result unknown on the screen": on_screen(UNKNOWN),
    "the host has the reversal": on_host("reversal"),
    "reversed on the screen": on_screen(REVERSED),
}


def cut_and_restart(till, fen, track, moment):
    """Cut the power at `moment` of a sale, switch on again; return what became of it after the next sale."""
    till.rig.printer.call("mode", row_ms=SLOW)
    till.rig.printer.call("clear")
    till.sent = till.rig.modem.call("sent_count")["count"]
    till.enter(fen, track)
    moment(till, fen)
    till.restart()
    outcome = till.assert_all_or_nothing(fen)
    till.sell(fen + 100)
    assert len(till.host_rows(fen)) <= 1
    for number in (CUSTOMER, MERCHANT):
        texts = [message["text"] for message in till.rig.modem.call("inbox", number=number)["messages"]]
        assert len(texts) == len(set(texts)), "two identical messages at one phone"
    return outcome


@pytest.fixture(scope="module")
def cuts(lanes):
    found = {}
    for number, (name, moment) in enumerate(MOMENTS.items()):
        found[name] = lanes.start(cut_and_restart, BASE + number, GOOD, moment)
    for number, (name, moment) in enumerate(REVERSAL_MOMENTS.items(), len(MOMENTS)):
        found[name] = lanes.start(cut_and_restart, BASE + number, SILENT, moment)
    return found


@pytest.mark.parametrize("moment", MOMENTS)
def test_power_cut_during_a_sale(cuts, moment):
    outcome = cuts[moment].result()
    if "slip" in moment or "cop" in moment or "message" in moment or "approved" in moment:
        assert outcome == "paid"


@pytest.mark.parametrize("moment", REVERSAL_MOMENTS)
def test_power_cut_while_a_sale_is_undone(cuts, moment):
    assert cuts[moment].result() == "undone"


SIGN_IN_DELAYS = (0.02, 0.06, 0.1, 0.15, 0.25)


def cut_while_signing_in(till, delay):
    """Cut the power during a sign-in; the keys are the old ones or the new ones, and the shop sells."""
    fen = BASE + 300 + int(delay * 1000)
    till.rig.keys("MENU")
    till.rig.wait_screen("2 签到")
    till.rig.keys("2")
    time.sleep(delay)
    till.restart()
    till.enter(fen)
    rows = till.rig.wait_screen(APPROVED, ASK_PIN)
    if any(ASK_PIN in row for row in rows):  # the host had new keys already: the MAC failed, a sign-in followed
        till.enter_pin()
        till.rig.wait_screen(APPROVED)
    till.take_slips()
    till.assert_paid(fen)
    assert [row["de39"] for row in till.host_rows(fen)] == ["00"]


@pytest.fixture(scope="module")
def sign_ins(lanes, cuts):
    return {delay: lanes.start(cut_while_signing_in, delay) for delay in SIGN_IN_DELAYS}


@pytest.fixture(scope="module", autouse=True)
def everything(cuts, sign_ins):
    """All cases are under way before the first result is waited for."""


@pytest.mark.parametrize("delay", SIGN_IN_DELAYS)
def test_power_cut_while_signing_in(sign_ins, delay):
    sign_ins[delay].result()


def test_power_cut_while_the_key_is_injected(tmp_path, firmware):
    """The new terminal has the whole key or none, and takes it again."""
    with Rig(tmp_path, SETTINGS, firmware=firmware) as rig:
        till = Till(rig)
        expected = check_value(rig.tmk).hex().upper()[:6]
        settings = (rig.storage / "settings.json").read_bytes()
        for delay in (0, 0.005, 0.01, 0.02, 0.04):
            shutil.rmtree(rig.storage)
            rig.storage.mkdir()
            (rig.storage / "settings.json").write_bytes(settings)
            till.restart(NO_KEY)
            rig.console.ask("help")
            rig.console.type_master_key(PASSWORD, rig.tmk)
            time.sleep(delay)
            rows = till.restart(NO_KEY, SIGN_IN_FIRST)
            rig.console.ask("help")
            if any(NO_KEY in row for row in rows):
                assert till.status()["tmk"] == "-"
                assert till.inject_key()[:6] == expected
            assert till.status()["tmk"][:6] == expected
        till.wait_modem()
        rig.keys("ENTER")
        rig.wait_screen(IDLE)
        secrecy.search(till)
