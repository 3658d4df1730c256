"""The modem fails in the middle of a sale or of a message: charged once or not at all, told once, and the shop goes on."""

import pytest
from till import APPROVED, CUSTOMER, MERCHANT, REVERSED, TEAR, UNSENT

# point of the modem's failure: whether the host has the request by then
POINTS = {"cipopen": False, "cipsend": False, "cipsend_sent": True, "ciprxget": True}
CASES = [(point, "reboot_on") for point in POINTS] + [(point, "silent_on") for point in POINTS if point != "cipopen"]


def fail_in_sale(till, point, fault):
    """Let the modem fail at `point` of a sale; return what became of it, then make another sale."""
    fen = 5000 + CASES.index((point, fault))
    till.rig.modem.call(fault, point=point)
    till.enter(fen)
    till.rig.wait_screen(UNSENT, REVERSED, APPROVED, timeout=40)
    till.idle()
    outcome = till.assert_all_or_nothing(fen)
    seen = bool(till.host_rows(fen))
    till.sell(fen + 100)
    return outcome, seen


@pytest.fixture(scope="module")
def sales(lanes):
    return {case: lanes.start(fail_in_sale, *case) for case in CASES}


@pytest.mark.parametrize(("point", "fault"), CASES)
def test_a_sale_during_which_the_modem_fails(sales, point, fault):
    outcome, seen = sales[point, fault].result()
    if POINTS[point]:
        assert seen
    if fault == "reboot_on":
        assert outcome == "undone"


def charge_and_interrupt(till, fen, disturb):
    """Disturb the line while the request is under way; the sale must end one way or the other."""
    before = till.host_events()
    till.enter(fen)
    till.wait_host("connect", before)
    disturb(till.rig.modem)
    till.rig.wait_screen(UNSENT, REVERSED, APPROVED, timeout=40)
    till.idle()
    till.assert_all_or_nothing(fen)
    till.rig.modem.call("dribble", size=0)
    till.sell(fen + 100)


DISTURBANCES = {
    "storm of unsolicited codes": lambda modem: modem.call("urc_storm", count=300, gap=0.005),
    "random bytes": lambda modem: modem.call("garbage", bytes=2000, seed=7),
    "a few bytes at a time": lambda modem: modem.call("dribble", size=1, gap=0.002),
    "nothing for a second": lambda modem: modem.call("mute", seconds=1),
    "nothing for five seconds": lambda modem: modem.call("mute", seconds=5),
    "false end of the link": lambda modem: modem.call("urc", text="+IPCLOSE: 0,1"),
    "false answers": lambda modem: modem.call("urc", text="OK\r\n+CIPSEND: 0,1,1\r\n+CIPRXGET: 2,0,99999,0\r\nERROR"),
    "an endless line": lambda modem: modem.call("urc", text="A" * 1000),
    "the link broken": lambda modem: modem.call("drop_socket"),
    "a reboot": lambda modem: modem.call("reboot"),
}


@pytest.fixture(scope="module")
def disturbed(lanes, sales):
    return {
        name: lanes.start(charge_and_interrupt, 5300 + number, disturb)
        for number, (name, disturb) in enumerate(DISTURBANCES.items())
    }


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbed_line_during_a_sale(disturbed, name):
    disturbed[name].result()


def reboot_while_sending(till, fen, point):
    """Let the modem restart at `point` of the first message; return the customer's messages and their state in the end."""
    till.rig.modem.call("report_delay", seconds=4)  # the report comes when the modem is up again
    till.rig.modem.call("reboot_on", point=point)
    till.enter(fen)
    till.rig.wait_screen(TEAR)
    till.take_slips()
    till.assert_paid(fen, disturbed=True)
    assert len(till.notices(fen, MERCHANT)) == 1
    (row,) = till.host_rows(fen)
    key = f"{row['batch']}.{row['trace']}-"
    till.rig.wait_until(lambda: till.notice_states()[key + "m"] == "delivered", 30, "the merchant's report")
    till.rig.modem.call("report_delay", seconds=0.3)
    return len(till.notices(fen, CUSTOMER)), till.notice_states()[key + "c"]


@pytest.fixture(scope="module")
def messages(lanes, disturbed):
    points = ("cmgs_before_ack", "cmgs_before_send", "prompt")
    return {point: lanes.start(reboot_while_sending, 5500 + number, point) for number, point in enumerate(points)}


@pytest.fixture(scope="module", autouse=True)
def everything(sales, disturbed, messages):
    """All cases are under way before the first result is waited for."""


def test_a_message_taken_by_the_network_is_settled_by_its_report(messages):
    """The modem restarts after the message went out and before it says so: nothing is sent again."""
    assert messages["cmgs_before_ack"].result() == (1, "delivered")


@pytest.mark.parametrize("point", ["cmgs_before_send", "prompt"])
def test_a_message_of_unknown_fate_is_called_so_and_not_sent_again(messages, point):
    """The modem restarts with the text in its hands: nobody at the terminal's end can know that it did not go out."""
    assert messages[point].result() == (0, "in_doubt")
