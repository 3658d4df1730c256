"""Storage without room or with faults: a sale is refused before anything is sent, or ends in what can be stored."""

import asyncio

import pytest

from shop import IDLE, PENDING


def test_full_storage_refuses_the_sale_before_anything_is_asked(play):
    async def story(shop):
        shop.medium.room = 8000
        await shop.keys("1")
        await shop.screen("存储已满")
        await shop.idle()
        assert not shop.host.events("sale")
        shop.medium.heal()
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()

    play(story)


def test_record_that_cannot_be_stored_is_not_sent(play):
    async def story(shop):
        shop.medium.fail("ledger started")
        await shop.enter_sale("2350")
        await shop.screen("存储已满")
        await shop.idle()
        assert not shop.host.events("sale")
        assert shop.record is None

    play(story)


def test_approval_that_cannot_be_stored_is_reversed(play):
    async def story(shop):
        shop.medium.fail("ledger approved")
        await shop.enter_sale("2350")
        await shop.screen("交易结果未知")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        assert not shop.slips()
        assert "已取消" in shop.inbox()[0]

    play(story)


def test_approval_stored_although_the_medium_reported_a_fault_is_reversed_all_the_same(play):
    """The record is on the medium, the terminal was told otherwise and reverses: a restart must not bring the sale back."""

    async def story(shop):
        shop.medium.fail_after("ledger approved")
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        await shop.power_off()
        await shop.power_on()
        await shop.idle()
        assert shop.record["state"] == "cancelled"
        assert not shop.slips()
        assert len(shop.inbox()) == 1

    play(story)


def test_medium_that_takes_nothing_after_the_request_keeps_the_reversal_armed(play):
    """Neither answer nor `undo` can be stored: nothing is sent until they can, also over a restart."""

    async def story(shop):
        shop.medium.fail("ledger", 10**6)
        shop.medium.skip("ledger started")
        await shop.enter_sale("2350")
        await shop.screen(PENDING)
        await shop.screen("存储已满")
        await asyncio.sleep(100)
        assert not shop.host.events("reversal")
        assert shop.charged() == 2350
        await shop.power_off()
        await shop.power_on()
        await asyncio.sleep(100)
        # the start-up knows the sale as cut off; the reversal goes out, and is repeated until its end is stored
        assert shop.host.events("reversal")
        await shop.screen(PENDING)
        shop.medium.heal()
        await shop.screen("上笔已冲正未扣款", timeout=900)
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        assert len(shop.inbox()) == 1

    play(story)


@pytest.mark.parametrize("record", ["ledger slip", "ledger noticed", "ledger closed"])
def test_paper_work_that_cannot_be_stored_is_done_once_as_long_as_the_power_lasts(play, record):
    async def story(shop):
        shop.medium.fail(record, 10)
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 2350
        assert len(shop.slips()) == 2
        assert len(shop.inbox()) == 1
        shop.medium.heal()
        await shop.power_off()
        await shop.power_on()
        await shop.idle()
        await shop.settled()
        # after a restart the slip may come again and says why; a notice never does
        assert all("断电后补打" in slip for slip in shop.slips()[2:])
        assert len(shop.inbox()) == 1

    play(story)


def test_notice_that_cannot_be_stored_leaves_the_payment_alone(play):
    async def story(shop):
        shop.expected.add("notice.notqueued")
        shop.medium.fail("outbox new", 4)
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        assert len(shop.slips()) == 2
        assert len(shop.logged("notice.notqueued")) == 2

    play(story)


def test_unreadable_customer_number_costs_only_the_notice(play):
    async def story(shop):
        shop.expected.add("notice.notqueued")
        shop.host.script({"action": "late", "seconds": 3})
        await shop.enter_sale("2350")
        await shop.screen("正在联机")
        shop.terminal.ledger.pending["mobile"] = "00" * 27
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert not shop.inbox()
        assert len(shop.slips()) == 2

    play(story)


def test_sign_in_that_cannot_be_stored_says_so(play):
    async def story(shop):
        for record in ("ledger trace", "keys.sealed.new"):
            shop.medium.fail(record)
            await shop.keys("MENU")
            await shop.screen("2 签到")
            await shop.keys("2")
            await shop.screen("存储已满")
            await shop.screen(IDLE)
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()

    play(story)


def test_nothing_sent_and_not_storable_is_reversed(play):
    async def story(shop):
        shop.host_reachable = False
        shop.medium.fail("ledger dropped")
        await shop.enter_sale("2350")
        await shop.screen("交易结果未知")
        await shop.screen(PENDING)
        shop.host_reachable = True
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        assert shop.host.events("reversal")[0]["de39"] == "25"

    play(story)


def test_a_record_that_cannot_be_finished_does_not_keep_the_shop_closed(play):
    async def story(shop):
        shop.expected |= {"task.died", "recover.failed"}
        finish = shop.terminal_finish

        async def broken(*args):
            raise RuntimeError("slip")

        finish._printing.copies = broken
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.logged("recover.failed") == ["trace 000002 RuntimeError"]
        assert shop.charged() == 2350
        await shop.power_off()
        await shop.power_on()
        await shop.screen("断电前交易成功")
        await shop.idle()
        assert len(shop.slips()) == 2

    play(story)


def test_event_log_without_room_stops_nothing_and_counts_what_it_lost(play):
    async def story(shop):
        shop.medium.fail("events", 10**6)
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        shop.medium.heal()
        shop.terminal.log("test", "again")
        assert "events that found no room" in shop.terminal.log.last(1)[0]

    play(story)
