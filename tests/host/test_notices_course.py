"""The course of a notice: windows and rounds, back-off, payments in between, causes, evidence, writes to flash."""

import asyncio

import pytest

import journal
import virtualclock
from notices_network import START, Network, status_report
from terminal.notices.sender import Sender
from test_notices_sender import LONG, NUMBER, SHORT, Terminal, scenario

THREE = "".join(chr(0x5000 + i) for i in range(150))


# parts, windows and rounds


def test_after_the_window_the_whole_goes_again_under_a_new_reference(tmp_path):
    async def steps(t):
        t.modem.reports = True
        t.queue(text=LONG)
        await t.seconds(590)
        assert (t.state(), t.cause(), len(t.network.submitted)) == ("sending", "CMS 38", 1)
        t.modem.plan = []
        await t.seconds(2000)
        assert t.state() == "delivered"

    # 38 concerns the network, so the waits are 10, 30 and 120 s for this notice, then 600: beyond the window
    network = scenario(tmp_path, steps, plan=["ok"] + [38] * 50)
    first, again, second = network.submitted
    assert first[1] == again[1] and again[1] + second[1] == LONG
    assert first[2][0] != again[2][0] == second[2][0]
    assert network.inbox(NUMBER) == [LONG]


def test_a_report_of_an_earlier_round_settles_nothing_of_the_new_one(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(590)
        t.modem.plan = ["gone", "gone"]
        await t.seconds(2000)
        assert (t.state(), len(t.network.submitted)) == ("in_doubt", 3)
        before = t.box.evidence("1-c")["parts"]
        for status in (0x30, 0x62, 0x41, 0, 0):
            t.report(0, status)
        assert t.box.evidence("1-c")["parts"] == before
        t.report(1)
        t.report(2)
        assert t.state() == "delivered"

    assert len(scenario(tmp_path, steps, plan=["ok"] + [38] * 50).submitted) == 3


def test_a_missing_part_does_not_follow_late_while_another_is_in_doubt(tmp_path):
    """Whether the phone has the first part nobody knows: its report decides, also after a restart."""

    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(3600)
        assert (t.state(), len(t.network.submitted)) == ("in_doubt", 1)
        t.task.cancel()
        t = Terminal(tmp_path, t.network)
        t.modem.reports = True
        await t.seconds(3600)
        assert (t.state(), len(t.network.submitted)) == ("in_doubt", 1)
        t.network.end(0, "delivered")
        t.report(0)
        await t.seconds(100)
        assert t.state() == "delivered"
        t.task.cancel()

    network = scenario(tmp_path, steps, plan=["gone"] + [38] * 50)
    assert network.inbox(NUMBER) == [LONG]
    assert network.submitted[0][2][0] != network.submitted[1][2][0] == network.submitted[2][2][0]


def test_a_missing_part_beside_one_in_doubt_ends_with_its_own_cause(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(86400 + 200)
        assert t.box.state("1-c")[:2] == ("failed", "window")

    assert len(scenario(tmp_path, steps, plan=["gone"] + [38] * 500).submitted) == 1


def test_rounds_are_bounded(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(86000)
        assert t.box.state("1-c")[:2] == ("failed", "window")

    # each time the first part goes and the second is refused until the window is over
    plan = (["ok"] + [38] * 4) * 20
    assert len(scenario(tmp_path, steps, plan=plan).submitted) == 5


def test_a_clock_set_between_the_parts_sends_no_late_part(tmp_path):
    network = Network()
    clock = [0]

    async def main():
        def now():
            return network.now() + clock[0]

        t = Terminal(tmp_path, network, ["ok"] + [38] * 50, now=now)
        t.queue(text=LONG)
        await t.seconds(300)
        t.task.cancel()
        clock[0] = -1_000_000  # the terminal does not know how long the power was off
        t = Terminal(tmp_path, network, now=now)
        t.modem.reports = True
        await t.seconds(100)
        assert t.state() == "delivered"
        t.task.cancel()

    virtualclock.run(main())
    assert network.inbox(NUMBER) == [LONG]
    assert len(network.submitted) == 3


# what the network gives up


@pytest.mark.parametrize("status", [0x46, 0x60, 0x65, 0x7F])
@pytest.mark.parametrize("plan", [["ok"], ["gone"]])
def test_what_the_network_gave_up_goes_again_after_a_while(tmp_path, status, plan):
    async def steps(t):
        t.queue()
        await t.seconds(60)
        t.network.end(0, "abandoned")
        t.report(0, status)
        assert t.box.state("1-c") == ("queued", "status %d" % status, 0, 0)
        t.report(0, status)  # twice
        await t.seconds(600)
        assert len(t.network.submitted) == 1
        t.modem.reports = True
        await t.seconds(2000)
        assert t.state() == "delivered"
        t.report(0, status)  # and once more

    network = scenario(tmp_path, steps, plan=plan)
    assert network.inbox(NUMBER) == [SHORT]
    assert len(network.submitted) == 2


def test_the_network_may_give_up_four_times(tmp_path):
    async def steps(t):
        t.queue()
        for i in range(5):
            await t.seconds(3000)
            t.report(i, 0x61)
        assert t.box.state("1-c")[:2] == ("failed", "status 97")

    assert len(scenario(tmp_path, steps).submitted) == 5


def test_a_part_given_up_after_the_other_arrived_goes_again_as_a_whole(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(10)
        t.network.end(0, "delivered")
        t.report(0)
        await t.seconds(3600)
        t.network.end(1, "abandoned")
        t.report(1, 0x62)
        t.modem.reports = True
        await t.seconds(3600)
        assert t.state() == "delivered"

    network = scenario(tmp_path, steps)
    assert network.inbox(NUMBER) == [LONG]
    assert len(network.submitted) == 4


def test_of_two_in_doubt_at_one_phone_none_goes_again_by_a_guess(tmp_path):
    async def steps(t):
        t.queue("1-m")
        await t.seconds(60)
        t.queue("2-m")
        await t.seconds(60)
        t.report(1, 0x62)
        t.report(0, 0x41)
        await t.seconds(7200)
        assert (t.state("1-m"), t.state("2-m")) == ("in_doubt", "in_doubt")

    assert len(scenario(tmp_path, steps, plan=["gone", "gone"]).submitted) == 2


# reports that lead astray


def test_a_report_of_yesterdays_reference_does_not_send_todays_again(tmp_path):
    async def steps(t):
        t.queue("old-m")
        await t.seconds(86400 + 200)
        assert t.box.state("old-m")[:2] == ("sent", "no report")
        t.network.next_reference = 250
        t.queue("new-m")
        await t.seconds(10)
        t.report(0, 0x46)
        await t.seconds(3600)
        assert t.state("new-m") == "sent"
        t.report(0)
        assert t.state("new-m") == "sent"

    assert len(scenario(tmp_path, steps).submitted) == 2


def test_a_modem_that_counts_from_the_beginning_again_and_a_fast_report(tmp_path):
    async def steps(t):
        t.queue("old-m")
        await t.seconds(300)
        t.network.next_reference = 250
        t.modem.plan = ["early"]
        t.queue("new-m")
        await t.seconds(10)
        assert (t.state("old-m"), t.state("new-m")) == ("sent", "delivered")

    scenario(tmp_path, steps)


def test_a_report_that_comes_twice_across_a_restart_settles_no_other(tmp_path):
    async def steps(t):
        t.queue("1-m")
        await t.seconds(5)
        t.report(0)
        t.queue("2-m")
        await t.seconds(5)
        t.task.cancel()
        t = Terminal(tmp_path, t.network)
        assert (t.state("1-m"), t.state("2-m")) == ("delivered", "in_doubt")
        t.report(0)
        t.report(0, number="+86" + NUMBER)
        assert t.state("2-m") == "in_doubt"
        t.task.cancel()

    scenario(tmp_path, steps, plan=["ok", "lost"])


def test_a_wrong_wall_clock_still_finds_the_delivery(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(5)
        t.sender.on_pdu("CDS", status_report(250, NUMBER, START - 7200, START - 7190, 0x41))
        assert t.state() == "sent"
        t.sender.on_pdu("CDS", status_report(250, NUMBER, START - 7200, START - 7190, 0))
        assert t.state() == "delivered"

    scenario(tmp_path, steps)


# payments, trouble that concerns all, causes


def test_a_payment_that_takes_the_line_is_no_failed_try(tmp_path):
    async def steps(t):
        records = t.box._journal.last
        t.queue()
        await t.seconds(20)
        assert (t.state(), t.cause(), t.box._journal.last) == ("queued", "", records + 1)
        t.modem.plan = []
        await t.seconds(4)
        assert t.state() == "sent"
        assert t.box.evidence("1-c")["tries"] == 1

    scenario(tmp_path, steps, plan=["preempted"] * 1000)


def test_a_payment_between_two_parts_leaves_the_first_stored(tmp_path):
    async def steps(t):
        t.queue(text=LONG)
        await t.seconds(20)
        again = Terminal(tmp_path, t.network)
        again.task.cancel()
        assert [part[:2] for part in again.box.evidence("1-c")["parts"]] == [("sent", 250), ("queued", None)]

    scenario(tmp_path, steps, plan=["ok"] + ["preempted"] * 1000)


@pytest.mark.parametrize("stage", ["no sim", "sim locked", "not registered", "denied", "no answer"])
def test_the_cause_is_known_even_though_nothing_was_tried(tmp_path, stage):
    async def steps(t):
        t.modem.ready = False
        t.modem.stage = stage
        t.queue()
        await t.seconds(100)
        assert t.box.state("1-c")[:2] == ("queued", stage)
        assert t.box.evidence("1-c")["cause"] == stage
        await t.seconds(86400)
        assert t.box.state("1-c")[:2] == ("failed", stage)
        assert t.modem.calls == 0

    scenario(tmp_path, steps)


def test_a_modem_without_sms_is_asked_seldom_and_named(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(3600)
        assert t.box.state("1-c")[:2] == ("queued", "no sms")
        assert t.modem.calls < 12
        t.modem.plan = []
        t.modem.stage = ""
        await t.seconds(700)
        assert t.state() == "sent"

    scenario(tmp_path, steps, plan=["no sms"] * 1000)


def test_no_service_wears_out_neither_the_notices_nor_the_flash(tmp_path):
    async def steps(t):
        for i in range(30):
            t.queue("%d-c" % i)
        before = t.box._journal.last
        await t.seconds(6 * 3600)
        assert t.box._journal.last - before < 100
        assert t.modem.calls < 50
        t.modem.plan = []
        t.modem.reports = True
        await t.seconds(800)
        assert {t.state("%d-c" % i) for i in range(30)} == {"delivered"}

    scenario(tmp_path, steps, plan=[331] * 10000)


def test_during_trouble_what_is_new_is_tried_at_once(tmp_path):
    async def steps(t):
        t.queue("1-c")
        await t.seconds(3000)
        t.modem.plan = []
        t.queue("2-c")
        await t.seconds(10)
        assert (t.state("1-c"), t.state("2-c")) == ("sent", "sent")

    scenario(tmp_path, steps, plan=[331] * 10000)


def test_trials_send_only_what_is_allowed(tmp_path):
    async def steps(t):
        t.sender.enabled = lambda audience: audience == "merchant"
        t.queue("1-c")
        t.box.queue("2-m", "sale_approved", "merchant", NUMBER, SHORT)
        await t.seconds(100)
        assert (t.state("1-c"), t.state("2-m")) == ("queued", "sent")

    scenario(tmp_path, steps)


# evidence and times


def test_signal_registration_and_supply_at_the_latest_try(tmp_path):
    async def steps(t):
        t.modem.signal = 9
        t.modem.registration = 5
        t.queue()
        await t.seconds(1)
        t.modem.supply_warnings += 1
        await t.seconds(10)
        t.modem.signal = 30
        found = t.box.evidence("1-c")
        assert (found["signal"], found["registration"], found["supply"]) == (9, 5, True)
        t.queue("2-c")
        await t.seconds(10)
        t.report(1)
        found = t.box.evidence("2-c")
        assert (found["state"], found["signal"], found["supply"]) == ("delivered", 30, False)

    scenario(tmp_path, steps)


def test_a_notice_leaves_at_once_and_its_parts_one_right_after_the_other(tmp_path):
    async def steps(t):
        await t.seconds(1000)
        at = asyncio.get_running_loop().time()
        t.queue(text=THREE)
        await t.seconds(30)
        first, second, third = (time - at for time in t.modem.times)
        assert first < 0.01
        assert second < 2.21 and third < 4.41  # 2.2 s is what the modem takes

    scenario(tmp_path, steps)


def test_the_network_does_not_try_longer_than_the_terminal_waits(tmp_path):
    async def steps(t):
        t.queue()
        await t.seconds(20 * 3600)
        t.modem.plan = []
        await t.seconds(2400)
        assert t.state() == "sent"

    network = scenario(tmp_path, steps, plan=[331] * 1000)
    ((_, _, _, _, at),) = network.submitted
    assert at + network.validities[0] <= START + 86400 + 300


@pytest.mark.parametrize(("text", "writes"), [(SHORT, 4), (LONG, 6), (THREE, 8)])
def test_writes_to_flash(tmp_path, text, writes):
    async def steps(t):
        t.modem.reports = True
        before = t.box._journal.last
        t.queue(text=text)
        await t.seconds(60)
        assert t.state() == "delivered"
        assert t.box._journal.last - before == writes

    scenario(tmp_path, steps)


# messages received


def test_a_message_that_cannot_be_taken_stays_with_the_modem(tmp_path):
    pdu = "0891683108100005F0" + "04" + "0D91683118325476F8" + "0000" + "62111202540023" + "0131"

    def refuse(message):
        raise journal.Full

    async def steps(t):
        t.sender.on_message = refuse
        with pytest.raises(OSError, match="room"):
            t.sender.on_pdu("CMT", pdu)

    scenario(tmp_path, steps)


def test_a_sender_that_is_switched_off_needs_no_modem(tmp_path):
    async def main():
        t = Terminal(tmp_path, Network())
        t.task.cancel()
        sender = Sender(t.box, None, t.note, False)
        task = asyncio.create_task(sender.run())
        t.queue()
        await asyncio.sleep(1000)
        assert not task.done() and t.state() == "queued"
        task.cancel()

    virtualclock.run(main())
