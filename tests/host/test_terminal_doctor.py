"""The doctor in the whole terminal, where the cause takes hours or a full medium: on a virtual clock.

The other causes are provoked between real processes in tests/e2e/test_e2e_doctor.py, which has a table like this one.
"""

import ast
import asyncio

import pytest

from shop import CUSTOMER, MERCHANT

HOUR = 3600
OTHER = "6222020000000000059=49121010000000000"  # a card without earlier sales

# cause: (what is wrong, who has no SMS); each has a function of its name below
CAUSES = {
    "outbox_full": ("the network refuses all messages, and 32 sales wait", "customer"),
    "storage": ("the medium takes no notice", "customer"),
    "phone_gone": ("the network gives up, each time the message is sent again", "customer"),
    "bank": ("the bank's message, which came for two sales, does not come for the third", "customer"),
}


async def sell(shop, **options):
    """Sell, and return the voucher number."""
    await shop.enter_sale("2350", **options)
    await shop.screen("交易成功")
    await shop.idle()
    assert shop.record["state"] == "approved"
    return shop.record["trace"]


async def outbox_full(shop):
    shop.expected.add("notice.notqueued")
    shop.modem.messages.fail_next(38, 1000)
    for _ in range(32):
        await sell(shop)
    assert shop.terminal.outbox.open_count == 64
    return await sell(shop)


async def storage(shop):
    shop.expected.add("notice.notqueued")
    shop.medium.fail("outbox new", 4)  # it is tried twice for each notice
    return await sell(shop)


async def phone_gone(shop):
    shop.modem.centre.set_report_mode("failed:0x46", CUSTOMER)
    voucher = await sell(shop)
    await asyncio.sleep(60)
    assert "phone_off: " in await shop.ask("doctor %d" % voucher), "the terminal has not given up yet"
    await asyncio.sleep(6 * HOUR)
    return voucher


async def bank(shop):
    for fen in ("11", "12"):
        await shop.enter_sale(fen, OTHER)
        await shop.screen("交易成功")
        await shop.idle()
        shop.modem.centre.deliver("95588", f"您尾号0059的卡消费支出人民币0.{fen}元，余额1,234.56元。")
        await asyncio.sleep(60)
    voucher = await sell(shop, track=OTHER)
    await asyncio.sleep(60)
    assert "=> delivered" in await shop.ask("doctor %d" % voucher), "the bank still has time"
    await asyncio.sleep(HOUR)
    return voucher


SETTINGS = {"bank": {"bank_senders": "95588"}}


def rows_of(root, language):
    text = (root / f"firmware/terminal/notices/doctor_{language}.txt").read_text(encoding="utf-8")
    return dict(line.split("|", 1) for line in text.splitlines())


@pytest.mark.parametrize("cause", CAUSES)
def test_the_doctor_finds_what_is_wrong(play, root, cause):
    async def story(shop):
        voucher = await globals()[cause](shop)
        _, audience = CAUSES[cause]
        answer = await shop.ask("doctor %d" % voucher)
        part = answer.split("[" + audience + "]")[1].split("[merchant]")[0]
        assert "=> " + cause + ": " in part, part
        what, remedy, _ = rows_of(root, "zh")[cause].split("|")
        assert rows_of(root, "en")[cause].split("|")[2] in part
        await shop.keys("MENU", "DOWN", "4", "2", "%d" % voucher, "ENTER")
        for title, text in (("顾客短信", what), ("怎么办", remedy)):
            rows = await shop.screen(title)
            assert [row.strip() for row in rows[1:] if row.strip()] == text.split("/")
            await shop.keys("ENTER")
        await shop.keys("CANCEL")

    play(story, settings=SETTINGS.get(cause, {}))


def test_a_stored_number_that_cannot_be_read_is_not_taken_for_one_that_was_skipped(play):
    async def story(shop):
        def damaged(blob):
            raise ValueError("changed")

        shop.terminal.keys.reveal = damaged
        voucher = await sell(shop)
        assert "=> number_wrong: " in (await shop.ask("doctor %d" % voucher)).split("[merchant]")[0]
        assert len(shop.inbox(MERCHANT)) == 1

    play(story)


def test_every_cause_there_is_has_been_provoked(root):
    """What the self-test alone says is told in its own tests."""
    known = set(rows_of(root, "zh"))
    assert known == set(rows_of(root, "en"))
    tree = ast.parse((root / "tests/e2e/test_e2e_doctor.py").read_text(encoding="utf-8"))
    (table,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and [name.id for name in node.targets if hasattr(name, "id")] == ["CAUSES"]
    ]
    between_processes = set(ast.literal_eval(table))
    assert known - {"no_echo", "no_own_number"} == between_processes | set(CAUSES)
    assert not between_processes & set(CAUSES)
