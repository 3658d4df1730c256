"""Sending and following up: what a customer's phone gets, and what the terminal believes about it."""

import asyncio

import gammu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import journal
import virtualclock
from notices_network import START, Cut, Modem, Network, PowerCut, status_report
from terminal.notices.outbox import Outbox
from terminal.notices.reports import same_number
from terminal.notices.sender import Sender

NUMBER = "13812345678"
SHORT = "【示例商店】尾号1234的卡消费￥23.50成功"
LONG = "".join(chr(0x4E00 + i) for i in range(130))  # two parts


def protect(data):
    return bytes(b ^ 0x5A for b in data)


class Terminal:
    """One power-up: outbox, sender and modem on the storage and the network of all of them."""

    def __init__(self, directory, network, plan=(), wrap=None, cut=None, now=None, **options):
        self.log = []
        store = journal.Journal(str(directory))
        if wrap is not None:
            store = wrap(store)
        self.network = network
        self.box = Outbox(store, protect, protect, now or network.now, self.note, **options)
        self.modem = Modem(network, plan, cut)
        self.sender = Sender(self.box, self.modem, self.note)
        self.modem.on_pdu = self.sender.on_pdu
        self.task = asyncio.get_running_loop().create_task(self.sender.run())

    def note(self, event, detail):
        assert NUMBER[-8:] not in detail
        self.log.append((event, detail))

    def queue(self, key="1-c", text=SHORT, number=NUMBER):
        return self.box.queue(key, "sale_approved", "customer", number, text)

    def state(self, key="1-c"):
        return self.box.state(key)[0]

    def cause(self, key="1-c"):
        return self.box.state(key)[1]

    async def seconds(self, count):
        await asyncio.wait({self.task}, timeout=count)
        if self.task.done():
            self.task.result()  # whatever ended it

    def report(self, index=0, status=0, **changes):
        self.sender.on_pdu("CDS", self.network.report(index, status, **changes))


def scenario(tmp_path, steps, plan=(), network=None, **options):
    network = network or Network()

    async def main():
        terminal = Terminal(tmp_path, network, plan, **options)
        await steps(terminal)
        terminal.task.cancel()

    virtualclock.run(main(), limit=8 * 86400)
    return network


def test_the_oracle_reads_the_reports_of_this_test():
    for number in ("+8613812345678", "13812345678"):
        read = gammu.DecodePDU(bytes.fromhex(status_report(64, number, START, START + 6, 0)))
        assert (read["Type"], read["Number"], read["MessageReference"]) == ("Status_Report", number, 64)
        assert read["DateTime"].strftime("%Y-%m-%d %H:%M:%S %z") == "2026-11-21 20:45:00 +0800"


def test_a_short_notice_goes_out_at_once_and_is_delivered(tmp_path):
    async def steps(t):
        await t.seconds(100)
        t.queue(number="+86" + NUMBER)
        await t.seconds(3)
        assert t.state() == "sent"
        await t.seconds(4)
        t.report()
        assert t.box.state("1-c") == ("delivered", "", START + 102, START + 107)

    network = scenario(tmp_path, steps)
    assert [(s[0], s[1], s[2]) for s in network.submitted] == [("+86" + NUMBER, SHORT, None)]


def test_a_long_notice_goes_out_in_parts_in_a_short_window(tmp_path):
    async def steps(t):
        t.modem.reports = True
        t.queue(text=LONG)
        t.queue("2-c", text=LONG[::-1])
        await t.seconds(20)
        assert (t.state("1-c"), t.state("2-c")) == ("delivered", "delivered")

    first, second, third, fourth = scenario(tmp_path, steps).submitted
    assert first[1] + second[1] == LONG and third[1] + fourth[1] == LONG[::-1]
    assert first[2][1:] == (1, 2) and second[2][1:] == (2, 2)
    assert first[2][0] == second[2][0] != third[2][0] == fourth[2][0]
    assert second[4] - first[4] < 10


def test_only_the_refused_part_is_sent_again_with_the_same_reference(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(5)
        assert t.box.state("1-c")[:2] == ("sending", "CMS 500")
        await t.seconds(200)
        assert t.state() == "sent"
        t.report(0)
        assert t.state() == "sent"
        t.report(1)
        assert t.state() == "delivered"

    first, second = scenario(tmp_path, steps, plan=["ok", 500, 38]).submitted
    assert first[1] + second[1] == LONG
    assert first[2][0] == second[2][0]


def test_a_barred_number_fails_at_once_and_does_not_hold_up_others(tmp_path):
    async def steps(t):
        t.queue("1-c")
        t.queue("2-c")
        await t.seconds(10)
        assert (t.state("1-c"), t.cause("1-c"), t.state("2-c")) == ("failed", "CMS 8", "sent")

    assert len(scenario(tmp_path, steps, plan=[8]).submitted) == 1


def test_no_service_is_tried_until_the_validity_is_over(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(23 * 3600)
        assert (t.state(), t.cause()) == ("queued", "CMS 331")
        await t.seconds(2 * 3600)
        assert (t.state(), t.cause()) == ("failed", "CMS 331")
        assert 40 < t.modem.calls < 60

    scenario(tmp_path, steps, plan=[331] * 1000)


def test_a_modem_that_is_away_is_waited_for(tmp_path):
    async def steps(t):
        t.modem.ready = False
        t.queue()
        await t.seconds(3600)
        assert (t.state(), t.modem.calls) == ("queued", 0)
        t.modem.ready = True
        await t.seconds(60)
        assert t.state() == "sent"

    scenario(tmp_path, steps)


def test_a_line_that_fails_before_the_commit_is_safe_to_try_again(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(60)
        assert t.state() == "sent"

    assert len(scenario(tmp_path, steps, plan=["down", "down"]).submitted) == 1


def test_nothing_is_sent_while_a_payment_holds_the_line(tmp_path):
    async def steps(t):
        t.modem.busy = asyncio.Event()
        t.queue()
        await t.seconds(200)
        assert t.state() == "queued"
        t.modem.busy.set()
        await t.seconds(5)
        assert t.state() == "sent"

    scenario(tmp_path, steps)


def test_a_notice_cancelled_while_it_waits_for_the_line_does_not_leave(tmp_path):
    async def steps(t):
        t.modem.busy = asyncio.Event()
        t.queue()
        await t.seconds(5)
        assert t.box.cancel("1-c")
        t.modem.busy.set()
        await t.seconds(100)
        assert (t.state(), t.cause()) == ("failed", "cancelled")

    assert scenario(tmp_path, steps).submitted == []


def test_switched_off_nothing_leaves_and_reports_still_count(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        t.sender.enabled = False
        t.queue("2-c")
        await t.seconds(600)
        t.report()
        assert (t.state("1-c"), t.state("2-c")) == ("delivered", "queued")
        t.sender.enabled = True
        t.box.wake()
        await t.seconds(5)
        assert t.state("2-c") == "sent"

    scenario(tmp_path, steps)


# reports


def test_a_report_faster_than_the_modems_answer_counts(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        assert t.state() == "delivered"

    scenario(tmp_path, steps, plan=["early"])


def test_national_form_duplicates_and_still_trying(tmp_path):
    async def steps(t):
        t.queue(number="+86" + NUMBER)
        await t.seconds(5)
        t.report(status=0x30, number=NUMBER)
        assert t.state() == "sent"
        await t.seconds(3600)
        t.report(number=NUMBER)
        t.report(number=NUMBER)
        assert t.state() == "delivered"
        t.report(status=0x41, number=NUMBER)
        assert t.state() == "delivered"

    scenario(tmp_path, steps)


@pytest.mark.parametrize("status", [0x40, 0x41, 0x5F, 0x80, 0xFF])
def test_a_report_of_failure_is_final_and_says_why(tmp_path, status):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(10)
        t.report(1, status)
        assert (t.state(), t.cause()) == ("failed", "status %d" % status)
        t.report(0)
        assert t.state() == "failed"

    assert len(scenario(tmp_path, steps).submitted) == 2


def test_another_phones_report_and_another_reference_change_nothing(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        t.report(number="13812345679")
        t.report(reference=77)
        for i in range(20):
            t.report(reference=100 + i)
        await t.seconds(300)
        assert t.state() == "sent"
        assert ("notice.report", "fits nothing, reference 77, status 0") in t.log
        t.report()
        assert t.state() == "delivered"

    scenario(tmp_path, steps)


def test_without_a_report_a_sent_notice_stays_sent_and_is_closed_after_a_day(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(86400 + 120)
        assert t.box.state("1-c")[:2] == ("sent", "no report")
        assert t.box.open_count == 0

    scenario(tmp_path, steps)


def test_a_reference_that_came_round_again_goes_by_the_networks_time(tmp_path):
    async def steps(t):
        t.queue("old-m")
        await t.seconds(7200)
        t.network.next_reference = 250  # the modem counts from the beginning again
        t.queue("new-m")
        await t.seconds(10)
        t.report(1)
        assert (t.state("old-m"), t.state("new-m")) == ("sent", "delivered")
        t.report(0)
        assert t.state("old-m") == "delivered"

    scenario(tmp_path, steps)


def test_the_report_of_a_notice_long_forgotten_settles_no_other_one(tmp_path):
    network = Network()

    async def steps(t):
        t.queue("1-m")
        await t.seconds(10)
        t.report(0)
        assert t.state("1-m") == "delivered"  # so the clock is right
        await t.seconds(30000)
        t.queue("2-m")
        await t.seconds(10)
        reference = network.submitted[1][3]
        t.sender.on_pdu("CDS", status_report(reference, NUMBER, network.now() - 28000, network.now(), 0))
        assert t.state("2-m") == "sent"
        t.report(1)
        assert t.state("2-m") == "delivered"

    scenario(tmp_path, steps, network=network)


def test_with_a_wrong_clock_the_reference_alone_counts(tmp_path):
    network = Network()
    error = 3 * 3600

    async def steps(t):
        nonlocal error
        t.queue("1-m")
        await t.seconds(10)
        t.report(0)
        assert t.state("1-m") == "delivered"
        error = 0  # the host has told the time
        t.queue("2-m")
        await t.seconds(10)
        t.report(1)
        assert t.state("2-m") == "delivered"
        error = -7200  # and now a false one
        t.queue("3-m")
        await t.seconds(10)
        t.report(2)
        assert t.state("3-m") == "delivered"

    scenario(tmp_path, steps, network=network, now=lambda: network.now() + error)


# in doubt


@pytest.mark.parametrize(("step", "submissions"), [("gone", 1), ("lost", 0), ("broken", 0)])
def test_in_doubt_is_never_sent_again_by_itself(tmp_path, step, submissions):
    async def steps(t):
        t.queue()
        await t.seconds(3600)
        assert t.state() == "in_doubt"
        await t.seconds(86400)
        assert t.box.state("1-c")[:2] == ("failed", "no report")

    assert len(scenario(tmp_path, steps, plan=[step]).submitted) == submissions


@pytest.mark.parametrize(("status", "state"), [(0, "delivered"), (0x30, "sent"), (0x41, "failed")])
def test_in_doubt_is_settled_by_its_report_in_national_form(tmp_path, status, state):
    async def steps(t):
        t.queue(number="+86" + NUMBER)
        await t.seconds(5)
        assert t.state() == "in_doubt"
        t.report(number="13900000000")
        assert t.state() == "in_doubt"
        t.report(status=status, number=NUMBER)
        assert t.state() == state

    scenario(tmp_path, steps, plan=["gone"])


def test_the_rest_of_a_notice_in_doubt_follows_and_both_reports_complete_it(tmp_path):
    async def steps(t):
        t.modem.reports = True
        t.queue(text=LONG)
        await t.seconds(30)
        assert t.state() == "in_doubt"
        t.report(0)
        assert t.state() == "delivered"

    first, second = scenario(tmp_path, steps, plan=["gone"]).submitted
    assert first[1] + second[1] == LONG and first[2][0] == second[2][0]


def test_a_late_report_of_another_notice_does_not_settle_the_one_in_doubt(tmp_path):
    async def steps(t):
        t.modem.plan = ["ok"]
        t.queue("yesterday-m")
        await t.seconds(5)
        await t.seconds(86400 + 200)
        assert t.state("yesterday-m") == "sent"
        t.modem.plan = ["gone"]
        t.queue("today-m")
        await t.seconds(5)
        t.report(0)
        assert t.state("today-m") == "in_doubt"
        t.report(1)
        assert t.state("today-m") == "delivered"

    scenario(tmp_path, steps)


def test_two_in_doubt_are_told_apart_by_time(tmp_path):
    async def steps(t):
        t.queue("1-m")
        await t.seconds(400)
        t.queue("2-m")
        await t.seconds(10)
        assert (t.state("1-m"), t.state("2-m")) == ("in_doubt", "in_doubt")
        t.report(1)
        assert (t.state("1-m"), t.state("2-m")) == ("in_doubt", "delivered")
        t.report(0)
        assert t.state("1-m") == "delivered"

    scenario(tmp_path, steps, plan=["gone", "gone"])


def test_a_duplicate_report_of_a_finished_notice_does_not_settle_another(tmp_path):
    async def steps(t):
        t.queue("1-m")
        await t.seconds(5)
        t.report(0)
        assert t.state("1-m") == "delivered"
        t.queue("2-m")
        await t.seconds(5)
        t.report(0)
        assert t.state("2-m") == "in_doubt"

    scenario(tmp_path, steps, plan=["ok", "lost"])


def test_a_report_of_a_forgotten_notice_does_not_settle_the_one_in_doubt(tmp_path):
    async def steps(t):
        t.queue("1-m")
        await t.seconds(150)
        assert t.state("1-m") == "in_doubt"
        for i in range(100):
            t.box.queue("%d-c" % i, "sale_approved", "customer", "13000000000", SHORT)
            t.box.cancel("%d-c" % i)
        now = t.network.now()
        t.sender.on_pdu("CDS", status_report(99, NUMBER, now - 160, now, 0))
        assert t.state("1-m") == "in_doubt"

    scenario(tmp_path, steps, plan=["lost"])


def test_an_early_report_is_not_taken_for_the_one_in_doubt(tmp_path):
    async def steps(t):
        t.queue("1-m")
        t.queue("2-m")
        await t.seconds(20)
        assert (t.state("1-m"), t.state("2-m")) == ("in_doubt", "delivered")

    scenario(tmp_path, steps, plan=["lost", "early"])


def test_the_reference_of_another_day_does_not_draw_the_report_of_the_one_in_doubt(tmp_path):
    async def steps(t):
        t.queue("old-m")
        await t.seconds(7200)
        t.network.next_reference = 250
        t.queue("new-m")
        await t.seconds(10)
        t.report(1)
        assert (t.state("old-m"), t.state("new-m")) == ("sent", "delivered")

    scenario(tmp_path, steps, plan=["ok", "gone"])


def test_a_clock_that_was_never_set_settles_the_only_one_in_doubt(tmp_path):
    network = Network()
    network.elapsed = -START  # 2000-01-01

    async def steps(t):
        t.queue("1-m")
        await t.seconds(5)
        t.queue("2-m")
        await t.seconds(20)
        pdus = [status_report(s[3], NUMBER, START + s[4], START + s[4], 0) for s in network.submitted]
        t.sender.on_pdu("CDS", pdus[1])
        assert (t.state("1-m"), t.state("2-m")) == ("in_doubt", "in_doubt")  # whose it is cannot be told
        t.box.cancel("1-m")
        await t.seconds(20)
        assert t.state("2-m") == "delivered"

    scenario(tmp_path, steps, plan=["gone", "gone"], network=network)


def test_a_stopped_sender_leaves_the_part_in_doubt_and_goes_on_with_others(tmp_path):
    async def steps(t):
        t.queue()
        t.queue("2-c")
        await t.seconds(1)
        assert t.state() == "sending"
        t.task.cancel()
        await asyncio.sleep(1)
        t.task = asyncio.get_running_loop().create_task(t.sender.run())
        await t.seconds(10)
        assert (t.state("1-c"), t.state("2-c")) == ("in_doubt", "sent")

    assert len(scenario(tmp_path, steps).submitted) == 2


def test_a_full_medium_stops_sending_but_not_the_task(tmp_path):
    class NoRoom:
        def __init__(self, store):
            self.store = store
            self.full = False

        def __getattr__(self, name):
            return getattr(self.store, name)

        def append(self, kind, payload):
            if self.full:
                raise journal.Full
            return self.store.append(kind, payload)

    stores = []

    def wrap(store):
        stores.append(NoRoom(store))
        return stores[0]

    async def steps(t):
        t.queue()
        stores[0].full = True
        await t.seconds(300)
        assert (t.state(), t.network.submitted) == ("queued", [])
        stores[0].full = False
        await t.seconds(120)
        assert t.state() == "sent"

    assert len(scenario(tmp_path, steps, wrap=wrap).submitted) == 1


# power cuts


PLANS = {
    "smooth": [],
    "refusals": [500, "ok", 38, "down", "ok"],
    "doubts": ["gone", "lost", "ok"],
    "early": ["early", "early", "early"],
    "long refused": ["ok", "ok", 38, 38, 38, 38, 38, 38],
    "payments": ["preempted", "ok", "preempted", "ok", "preempted"],
}
NOTICES = (("1-c", SHORT, NUMBER), ("2-m", LONG, "13900001111"))


@pytest.mark.parametrize("name", PLANS)
def test_power_cut_at_every_step(tmp_path, name):
    """Before, within and after every record, and around Ctrl-Z: no phone gets a message twice, none is lost unless its
    fate is openly "in doubt"."""
    at = 0
    while True:
        at += 1
        network = Network()
        cut = Cut(at)
        try:
            virtualclock.run(_until_the_cut(tmp_path / str(at), network, PLANS[name], cut))
        except PowerCut:
            pass
        network.elapsed += 2000
        states = virtualclock.run(_after_the_cut(tmp_path / str(at), network))
        for key, text, number in NOTICES:
            inbox = network.inbox(number)
            assert inbox in ([], [text]), (at, key)
            assert states[key] == ("delivered" if inbox else "in_doubt"), (at, key)
        if not cut.off:
            break
    assert at > 20


def fill(terminal):
    for key, text, number in NOTICES:
        terminal.queue(key, text, number)


async def _until_the_cut(directory, network, plan, cut):
    terminal = Terminal(directory, network, plan, wrap=cut.journal, cut=cut)
    terminal.modem.reports = True
    fill(terminal)
    await terminal.seconds(3000)
    terminal.task.cancel()


async def _after_the_cut(directory, network):
    terminal = Terminal(directory, network)
    terminal.modem.reports = True
    fill(terminal)
    for _ in range(2):
        await terminal.seconds(3000)
        # reports that came while the power was off are delivered late
        for index in range(len(network.submitted)):
            network.end(index, "delivered")
            terminal.report(index)
    await terminal.seconds(100)
    terminal.task.cancel()
    return {key: terminal.state(key) for key, _, _ in NOTICES}


# hostile input


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("CDS", "CMT", "?")), st.binary(max_size=60)), max_size=30))
def test_nothing_that_is_received_stops_the_sender(tmp_path_factory, received):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        for kind, data in received:
            t.sender.on_pdu(kind, data.hex())
            t.sender.on_pdu(kind, "06" + data.hex() + "zz")
            t.sender.on_pdu(kind, "0006" + data.hex())
        t.report()
        assert t.state() == "delivered"
        await t.seconds(300)

    scenario(tmp_path_factory.mktemp("box"), steps)


@settings(deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.sampled_from((NUMBER, "+86" + NUMBER, "12345678", "5678", "0")))
def test_only_the_matching_report_ends_a_notice(tmp_path_factory, reference, status, number):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        t.report(0, status, number=number, reference=reference)
        if reference == 250 and number.endswith(NUMBER) and not 0x20 <= status < 0x40:
            assert t.state() == ("delivered" if status < 0x20 else "failed")
        elif number != "12345678":
            assert t.state() == "sent"

    scenario(tmp_path_factory.mktemp("box"), steps)


def test_an_incoming_message_is_logged_masked_or_handed_on(tmp_path):
    # SMS-DELIVER: SMSC, first octet, sender, PID, DCS, time stamp, one septet "1"
    pdu = "0891683108100005F0" + "04" + "0D91683118325476F8" + "0000" + "62111202540023" + "0131"
    assert gammu.DecodePDU(bytes.fromhex(pdu))["Text"] == "1"
    seen = []

    async def steps(t):
        t.sender.on_pdu("CMT", pdu)
        assert any(event == "sms.received" for event, _ in t.log)
        t.sender.on_message = seen.append
        t.sender.on_pdu("CMT", pdu)

    scenario(tmp_path, steps)
    assert seen[0].text == "1" and seen[0].sender == "+86" + NUMBER


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("13812345678", "+8613812345678", True),
        ("+8613812345678", "13812345678", True),
        ("07700900123", "+447700900123", True),
        ("+8613812345678", "008613812345678", True),
        ("13812345678", "13812345679", False),
        ("13812345678", "12345678", True),
        ("13812345678", "5678", False),
        ("10086", "10086", True),
        ("10086", "+8610086", False),
        ("0", "0", False),
        ("13812345678", "", False),
    ],
)
def test_numbers_in_both_forms(ours, theirs, same):
    assert same_number(ours, theirs) is same
