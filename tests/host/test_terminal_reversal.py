"""No sequence of faults charges a customer twice or loses an approved sale: reversals, their retries, their end."""

import asyncio

import pytest

from shop import CHARGED_SILENT, CUSTOMER, IDLE, MERCHANT, PENDING, TERMINAL_NO

# what the host does to the sale: it is processed, and then
LOST_ANSWERS = {
    "no answer": "charged_silent",
    "link closed": "drop",
    "wrong MAC": "badmac",
    "no MAC on an approval": "nomac",
    "random frame": "garbage",
    "noise": "noise",
    "half an answer": "truncate",
    "three octets": {"action": "close_at", "byte": 3},
    "late": {"action": "late", "seconds": 30},
    "other amount": {"action": "alter", "fields": {"4": "000000000001"}},
    "other trace": {"action": "alter", "fields": {"11": "999998"}},
    "other terminal": {"action": "alter", "fields": {"41": "10000002"}},
    "other merchant": {"action": "alter", "fields": {"42": "898440154110009"}},
    "other processing code": {"action": "alter", "fields": {"3": "200000"}},
    "other message type": {"action": "alter", "fields": {"t": "0230"}},
    "no code": {"action": "alter", "fields": {"39": "  "}},
    "in progress": {"action": "alter", "fields": {"39": "09"}},
    "a part approved": {"action": "alter", "fields": {"39": "10"}},
}
REASONS = {"wrong MAC": "A0", "no MAC on an approval": "A0", "in progress": "06", "a part approved": "06"}


@pytest.mark.parametrize("name", LOST_ANSWERS)
def test_charge_without_a_valid_answer_is_reversed_at_once(play, name):
    async def story(shop):
        shop.host.script(LOST_ANSWERS[name])
        await shop.enter_sale("2350")
        await shop.screen("交易结果未知")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        events = shop.host.events("reversal")
        assert events[-1]["reversed"]
        # a host that answers garbage is met with the same random octets every time: any reason will do there
        if name not in ("random frame", "noise"):
            assert events[-1]["reason"] == REASONS.get(name, "98")
        assert events[-1]["trace"] == "%06d" % shop.record["trace"]
        assert not shop.slips()
        (text,) = shop.inbox()
        assert "已取消" in text
        if "MAC" in name:
            assert len(shop.host.events("sign-in")) == 1  # the key does not fit: fetched anew before the reversal
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 100

    play(story)


def test_a_late_answer_is_not_taken_for_the_next_one(play):
    async def story(shop):
        shop.host.script({"action": "late", "seconds": 12})
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await asyncio.sleep(30)
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        assert shop.record["trace"] == 2 + 1

    play(story)


def test_an_answer_in_single_octets_is_an_answer(play):
    async def story(shop):
        shop.host.script({"action": "trickle", "seconds": 0.02})
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350

    play(story)


def test_three_unanswered_reversals_print_one_fault_slip_and_stop_sales_until_answered(play):
    async def story(shop):
        shop.host.script({"action": "silent", "on": "reversal"}, 99)
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        await shop.screen(PENDING)
        await asyncio.sleep(300)
        assert len(shop.host.events("reversal")) >= 6
        assert shop.charged("0216") == 2350
        slips = shop.slips()
        assert len(slips) == 1
        assert "故障单" in slips[0]
        assert "冲正未获主机应答" in slips[0]
        # what the operator tries meanwhile comes to nothing
        sales = len(shop.host.events("sale"))
        await shop.keys("5")
        await shop.screen(PENDING)
        assert len(shop.host.events("sale")) == sales
        # ... also after a restart, which prints no second fault slip
        await shop.power_off()
        await shop.power_on()
        await shop.screen(PENDING)
        await asyncio.sleep(60)
        shop.host.clear_script()
        await shop.screen("上笔已冲正未扣款", timeout=900)
        await shop.idle()
        await shop.settled()
        assert shop.charged("0216") == 0
        assert len(shop.slips()) == 1
        assert len(shop.inbox(MERCHANT)) == 1
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()

    play(story)


def test_fault_slip_without_paper_comes_when_there_is_paper_and_does_not_hold_up_the_reversal(play):
    async def story(shop):
        shop.printer.set_paper("out")
        shop.host.script({"action": "silent", "on": "reversal"}, 99)
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        await asyncio.sleep(200)
        assert len(shop.host.events("reversal")) >= 6
        assert not shop.slips()
        shop.printer.set_paper("ok")
        await asyncio.sleep(300)
        shop.host.clear_script()
        await shop.screen("上笔已冲正未扣款", timeout=1200)
        await shop.idle()
        assert shop.charged("0216") == 0
        assert len([slip for slip in shop.slips() if "故障单" in slip]) == 1

    play(story)


def test_failed_connections_are_no_tries(play):
    async def story(shop):
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        shop.host_reachable = False
        await shop.screen(PENDING)
        await asyncio.sleep(3600)
        assert not shop.slips()
        assert not shop.host.events("reversal")
        shop.host_reachable = True
        await shop.screen("上笔已冲正未扣款", timeout=900)
        await shop.idle()
        assert shop.charged("0216") == 0

    play(story)


@pytest.mark.parametrize("code", ["00", "12", "25"])
def test_answers_that_end_a_reversal(play, code):
    async def story(shop):
        shop.host.script("silent" if code == "25" else "51" if code == "12" else "charged_silent")
        if code == "12":
            shop.medium.fail(
                "ledger declined"
            )  # the refusal cannot be stored: the host is asked to undo a refused sale
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        (event,) = shop.host.events("reversal")
        assert event["de39"] == code
        assert shop.charged() == 0
        assert shop.record["reversal_code"] == code

    play(story)


def test_other_answers_leave_the_reversal_pending(play):
    async def story(shop):
        shop.host.script({"action": "code", "code": "96", "on": "reversal"}, 3)
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        await shop.screen(PENDING)
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        assert [event["de39"] for event in shop.host.events("reversal")] == ["96", "96", "96", "00"]
        assert shop.charged("0216") == 0

    play(story)


@pytest.mark.parametrize("code", ["77", "A0"])
def test_reversal_signs_in_when_the_host_demands_it(play, code):
    async def story(shop):
        shop.host.script({"action": "charged_silent"})
        await shop.enter_sale("2350")
        await shop.screen("交易结果未知")
        if code == "77":
            shop.host.expire_keys()
        else:
            shop.host._keys[TERMINAL_NO].renew("003")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        assert [event["de39"] for event in shop.host.events("reversal")] == [code, "00"]
        assert shop.charged() == 0

    play(story)


def test_reversal_answer_with_a_bad_mac_is_no_answer(play):
    async def story(shop):
        shop.host.script("charged_silent")
        shop.host.script({"action": "badmac", "on": "reversal"})
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        assert len(shop.host.events("reversal")) == 2
        assert len(shop.host.events("sign-in")) == 1

    play(story)


def test_reversal_that_cannot_sign_in_stays_pending(play):
    async def story(shop):
        shop.host.script("badmac")
        shop.host.script({"action": "code", "code": "97", "on": "sign-in"}, 3)
        await shop.enter_sale("2350")
        await shop.screen(PENDING)
        assert shop.charged() == 2350
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        assert shop.charged() == 0

    play(story)


def test_stored_card_that_cannot_be_read_leaves_the_reversal_to_people(play):
    """The sealed keys were lost: one fault slip, a message, no crash, and no sale."""

    async def story(shop):
        shop.host.script({"action": "silent", "on": "reversal"}, 3)
        shop.expected |= {"keys.refused", "reversal.card"}
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        await shop.screen(PENDING)
        await shop.power_off()
        sealed = bytearray((shop.storage / "keys.sealed").read_bytes())
        sealed[100] ^= 1
        (shop.storage / "keys.sealed").write_bytes(sealed)
        await shop.power_on()
        await shop.screen("请注入主密钥")
        assert shop.logged("keys.refused")
        await shop.inject_key()
        for _ in range(3):
            await shop.screen(PENDING)
            await asyncio.sleep(60)
        assert shop.logged("reversal.card")
        assert len([slip for slip in shop.slips() if "故障单" in slip]) == 1
        assert shop.terminal.ledger.pending["state"] == "reversing"
        shop.at_rest()

    play(story)


def test_a_task_that_dies_after_the_answer_finishes_the_sale(play):
    """A defect in a driver kills the operator task when it shows the result; the reason is logged without its text."""

    async def story(shop):
        shop.expected.add("task.died")
        shop.host.script({"action": "late", "seconds": 3})
        await shop.enter_sale("2350")
        await shop.screen("正在联机")
        shop.board.lcd.broken = RuntimeError("display " + CUSTOMER)
        await shop.screen("断电前交易成功")
        await shop.idle()
        await shop.settled()
        (died,) = shop.logged("task.died")
        assert died.startswith("operator RuntimeError line ")
        assert shop.charged() == 2350
        assert len(shop.slips()) == 2
        assert len(shop.inbox()) == 1

    play(story)


def test_a_task_that_dies_between_request_and_answer_leaves_a_reversal(play):
    async def story(shop):
        shop.expected.add("task.died")
        send = shop.terminal.modem.connect

        async def broken(*args):
            connection = await send(*args)
            connection.readexactly = None  # a defect: calling it raises TypeError
            shop.terminal.modem.connect = send
            return connection

        shop.terminal.modem.connect = broken
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        assert shop.host.events("reversal")[-1]["reason"] == "06"
        assert "已取消" in shop.inbox()[0]
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()

    play(story)


def test_slow_host_does_not_starve_the_watchdog(play):
    """Three tries at two minutes each: the operator task is at work, not dead."""

    async def story(shop):
        shop.host.script("charged_silent")
        shop.host.script({"action": "silent", "on": "reversal"}, 3)
        await shop.enter_sale("2350")
        await shop.screen("交易结果未知")
        await shop.screen("上笔已冲正未扣款", timeout=900)
        await shop.idle()
        assert shop.board.watchdog.longest <= 6

    play(story, settings={"host_timeout": 120})


def test_hanging_operator_task_starves_the_watchdog(play):
    async def story(shop):
        shop.expected.add("watchdog.starved")

        async def hang():
            await asyncio.sleep(7200)

        await shop.screen(IDLE)
        menu = shop.idle_flow._menu
        shop.idle_flow._menu = (("menu.sale", hang), *menu[1:])
        await shop.keys("MENU")
        await shop.screen("菜单")
        await shop.keys("1")
        await asyncio.sleep(600)
        assert shop.logged("watchdog.starved") == ["operator"]
        assert shop.board.watchdog.starved_for() > 300

    play(story)
