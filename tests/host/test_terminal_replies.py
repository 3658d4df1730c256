"""What customers write to the shop, dealt with by the whole terminal: answers, requests, and what never changes money."""

import asyncio

import pytest

from shop import CHARGED_SILENT, CUSTOMER, IDLE


async def cancelled_sale(shop, fen="5000"):
    """A sale the host charges and never answers: reversed at once, and the customer is asked."""
    await shop.enter_sale(fen, CHARGED_SILENT)
    await shop.screen("交易结果未知")
    await shop.idle()
    await shop.settled()
    (text,) = shop.inbox(having="已取消")
    return text, shop.record


async def written(shop, text, number=CUSTOMER):
    """A phone writes; wait until the terminal has dealt with it and any answer is out."""
    shop.modem.centre.deliver(number, text)
    await asyncio.sleep(5)
    await shop.settled()


@pytest.mark.parametrize("answer", ["2", "２", "2。", "否"])
def test_a_customer_who_was_charged_makes_the_terminal_ask_the_host(play, answer):
    async def story(shop):
        text, record = await cancelled_sale(shop)
        assert "回复1" in text and "回复2" in text
        reversals = len(shop.host.events("reversal"))
        await written(shop, answer)
        for _ in range(60):
            if shop.terminal.post._services.checks.rows()[-1:][0][2]:
                break
            await asyncio.sleep(1)
        await shop.screen(IDLE)
        (row,) = shop.terminal.post._services.checks.rows()
        assert row[:2] == ["%06d.%06d-c" % (record["batch"], record["trace"]), "no"]
        assert row[2].startswith("host ")
        assert len(shop.host.events("reversal")) == reversals + 1
        assert shop.charged("0216") == 0
        assert shop.record["state"] == "cancelled", "an SMS never changes the record"
        assert "host " in await shop.ask("checks")

    play(story, settings={"questions": True})


def test_a_customer_who_agrees_closes_the_question_and_nothing_is_asked(play):
    async def story(shop):
        await cancelled_sale(shop)
        reversals = len(shop.host.events("reversal"))
        await written(shop, "1")
        await asyncio.sleep(60)
        assert shop.terminal.post._services.checks.rows() == []
        assert len(shop.host.events("reversal")) == reversals
        assert len(shop.inbox(having="已取消")) == 1

    play(story, settings={"questions": True})


def test_the_word_of_a_stranger_is_nobodys_answer(play):
    async def story(shop):
        await cancelled_sale(shop)
        reversals = len(shop.host.events("reversal"))
        await written(shop, "2", "13711112222")
        await asyncio.sleep(60)
        assert shop.terminal.post._services.checks.rows() == []
        assert len(shop.host.events("reversal")) == reversals

    play(story, settings={"questions": True})


def test_first_yes_then_no_is_a_contradiction_and_the_host_decides(play):
    async def story(shop):
        await cancelled_sale(shop)
        await written(shop, "1")
        await written(shop, "2")
        await asyncio.sleep(60)
        (row,) = shop.terminal.post._services.checks.rows()
        assert row[1] == "contradiction"
        assert row[2].startswith("host ")

    play(story, settings={"questions": True})


def test_a_query_by_slip_number_and_card_tail_is_answered_with_the_record(play):
    async def story(shop):
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        await written(shop, "查询 %06d 0018" % shop.record["trace"], "13700001111")
        (text,) = shop.inbox("13700001111")
        assert "23.50" in text and "0018" in text and "成功" in text
        await written(shop, "CX %d 9999" % shop.record["trace"], "13700001111")
        assert "查不到" in shop.inbox("13700001111")[-1]

    play(story)


def test_nothing_is_answered_while_notices_are_off(play):
    async def story(shop):
        await written(shop, "帮助", "13700001111")
        await asyncio.sleep(30)
        assert shop.inbox("13700001111") == []
        assert not shop.terminal.outbox.open_count

    play(story, notices="off")
