"""Questions at keypad and card reader: every one can be left, nothing is kept, nothing is charged without a full entry."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import CUSTOMER, GOOD, IDLE, MERCHANT, PIN, Shop, run_shop

PAN = GOOD.partition("=")[0]


async def to_amount(shop):
    await shop.keys("23")
    await shop.screen("￥0.23")


async def to_card(shop):
    await to_amount(shop)
    await shop.keys("ENTER")
    await shop.screen("请刷卡")


async def to_number(shop):
    await to_card(shop)
    await shop.keys(PAN[:7])
    await shop.screen("622202*")


async def to_expiry(shop):
    await to_card(shop)
    shop.secrets.card(PAN)
    await shop.keys(PAN, "ENTER")
    await shop.screen("有效期")
    await shop.keys("12")


async def to_pin(shop):
    await to_card(shop)
    shop.swipe(GOOD)
    await shop.screen("请输入密码")
    await shop.keys("1234")
    await shop.screen("****")
    assert any(shop.pinpad._buffer)


async def to_mobile(shop):
    await to_pin(shop)
    await shop.keys("56", "ENTER")
    await shop.screen("顾客手机号")
    assert not any(shop.pinpad._buffer)
    await shop.keys(CUSTOMER[:5])


async def to_mobile_again(shop):
    await to_pin(shop)
    await shop.keys("56", "ENTER")
    await shop.screen("顾客手机号")
    await shop.keys(CUSTOMER, "ENTER")
    await shop.screen("请再输一次")
    await shop.keys(CUSTOMER[:4])


async def to_menu(shop):
    await shop.keys("MENU")
    await shop.screen("菜单")


QUESTIONS = (to_amount, to_card, to_number, to_expiry, to_pin, to_mobile, to_mobile_again, to_menu)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.__name__)
@pytest.mark.parametrize("way", ["CANCEL", "time-out"])
def test_every_question_can_be_left(play, question, way):
    async def story(shop):
        await question(shop)
        steps = shop.power.steps
        if way == "CANCEL":
            await shop.keys("CANCEL")
            if question is not to_menu:
                await shop.screen("已取消")
        else:
            await asyncio.sleep(shop.terminal.settings["input_seconds"] + 1)
            if question is not to_menu:
                await shop.screen("操作超时已退出")
        assert not any(shop.pinpad._buffer)
        await shop.screen(IDLE)
        await asyncio.sleep(2)
        shop.at_rest()
        assert shop.record is None
        assert not [name for name in shop.power.names[steps:] if "ledger" in name or "outbox" in name]
        assert not shop.host.events("sale")

    play(story)


def test_clear_takes_back_one_digit_and_the_whole_pin(play):
    async def story(shop):
        await shop.keys("235")
        await shop.screen("￥2.35")
        await shop.keys("CLEAR")
        await shop.screen("￥0.23")
        await shop.keys("CLEAR", "CLEAR", "CLEAR", "ENTER")
        await shop.screen("金额不能为零")
        await shop.keys("2350", "ENTER")
        await shop.screen("请刷卡")
        await shop.keys("63", "CLEAR", "CLEAR", "CLEAR")
        shop.secrets.card(PAN)
        await shop.keys(PAN, "ENTER")
        await shop.screen("有效期")
        await shop.keys("1248", "CLEAR", "9", "ENTER")
        await shop.screen("请输入密码")
        await shop.keys("999", "CLEAR")
        assert not any(shop.pinpad._buffer)
        await shop.enter_pin()
        await shop.screen("顾客手机号")
        await shop.keys("139", "CLEAR", "CLEAR")
        await shop.keys(CUSTOMER[1:], "ENTER")
        await shop.screen("请再输一次")
        await shop.keys(CUSTOMER, "ENTER")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350

    play(story)


def test_amount_above_the_limit_is_refused(play):
    async def story(shop):
        await shop.keys("10001", "ENTER")
        await shop.screen("金额超过上限")
        await shop.keys("CLEAR", "5", "ENTER")
        await shop.screen("金额超过上限")
        await shop.keys("CLEAR", "0", "ENTER")
        await shop.screen("请刷卡")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)
        await shop.keys("9" * 9)  # a ninth digit finds no room
        await shop.screen("￥999,999.99")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)

    play(story, settings={"amount_limit": 10000})


@pytest.mark.parametrize(
    ("track", "message"),
    [
        ("6222020000000000019=49121010000000000", "卡号有误"),
        ("6222020000000000125=20011010000000000", "卡已过期"),
        ("6222020000000000018=49131010000000000", "有效期有误"),
        ("6222020000000000018", "刷卡失败请重刷"),
        ("6222020000000000018=4912101000000000000000000000", "刷卡失败请重刷"),
        ("%B6222020000000000018^X?", "刷卡失败请重刷"),
        ("", "刷卡失败请重刷"),
    ],
)
def test_bad_swipe_is_asked_for_again(play, track, message):
    async def story(shop):
        await to_card(shop)
        shop.swipe(track)
        await shop.screen(message)
        shop.swipe(GOOD)
        await shop.screen("请输入密码")
        await shop.keys("CANCEL")
        await shop.idle()
        shop.swipe(track)  # at the idle screen: said, then asked for as usual
        await shop.screen(message)
        await shop.screen("金额:")
        await shop.keys("CANCEL")
        await shop.idle()

    play(story)


def test_undecodable_swipe(play):
    async def story(shop):
        await to_card(shop)
        octets = bytearray(b"\xff\xfe\x80")
        shop.board.card_reader.put(octets)
        await shop.screen("刷卡失败请重刷")
        assert not any(octets)

    play(story)


@pytest.mark.parametrize(
    ("pan", "expiry", "message"),
    [
        ("6222020000000000019", None, "卡号有误"),
        ("6222020000000000018", "1325", "有效期有误"),
        ("6222020000000000018", "0120", "卡已过期"),
        ("6222020000000000018", "1026", "卡已过期"),
    ],
)
def test_bad_keyed_card_is_asked_for_again(play, pan, expiry, message):
    async def story(shop):
        shop.secrets.card(pan)
        await to_card(shop)
        await shop.keys(pan, "ENTER")
        if expiry:
            await shop.screen("有效期")
            await shop.keys(expiry, "ENTER")
        await shop.screen(message)
        await shop.keys(PAN, "ENTER")
        await shop.screen("有效期")
        await shop.keys("1126", "ENTER")  # a card is good until the end of its month
        await shop.screen("请输入密码")
        await shop.keys("CANCEL")
        await shop.idle()

    play(story)


def test_mobile_number_is_checked_and_typed_twice(play):
    async def story(shop):
        await to_pin(shop)
        await shop.keys("56", "ENTER")
        await shop.screen("顾客手机号")
        await shop.keys("02812345678", "ENTER")
        await shop.screen("手机号有误")
        await shop.keys(CUSTOMER, "ENTER")
        await shop.screen("请再输一次")
        await shop.keys(CUSTOMER[:-1] + "9", "ENTER")
        await shop.screen("两次号码不同")
        await shop.keys(CUSTOMER[:5], "ENTER")  # too short: ENTER waits for more
        await shop.keys(CUSTOMER[5:], "ENTER")
        await shop.screen("请再输一次")
        await shop.keys(CUSTOMER, "ENTER")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert len(shop.inbox()) == 1

    play(story)


def test_no_frame_shows_more_than_six_digits_of_a_card_or_three_of_a_number(play):
    async def story(shop):
        await to_number(shop)
        await shop.keys(PAN[7:])
        await shop.screen("622202******* 19")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)
        await to_mobile(shop)
        assert "138**" in shop.board.lcd.rows[2]
        await shop.keys("CANCEL")
        await shop.idle()

    play(story)


def test_swipes_at_the_wrong_moment_are_wiped(play):
    async def story(shop):
        await to_amount(shop)
        shop.swipe(GOOD)
        await asyncio.sleep(1)
        await shop.keys("ENTER")
        await shop.screen("请刷卡")
        shop.swipe(GOOD)
        await shop.screen("请输入密码")
        for _ in range(50):  # more than the queue holds
            shop.swipe(GOOD)
        await asyncio.sleep(1)
        await shop.keys(PIN, "ENTER")
        await shop.enter_mobile("")
        shop.swipe(GOOD)
        await shop.screen("交易成功")
        shop.swipe(GOOD)
        await shop.idle()
        assert shop.charged() == 23

    play(story)


KEYS = st.lists(
    st.sampled_from([*"0123456789", "ENTER", "ENTER", "CLEAR", "CANCEL", "MENU", "UP", "DOWN", "swipe", "wait"]),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=KEYS)
def test_mashing_keys_never_kills_a_task_nor_charges(tmp_path_factory, kept, names):
    """The PIN of the mashed card has six digits that the sequences can hit only by a complete entry."""

    async def story(shop: Shop):
        await shop.resume(kept)
        for name in names:
            if name == "swipe":
                shop.swipe(GOOD)
            elif name == "wait":
                await asyncio.sleep(4)
            else:
                await shop.keys(name)
        await asyncio.sleep(400)
        lcd = "".join(shop.board.lcd.rows)
        if IDLE not in lcd and "Key in an amount" not in lcd:
            await shop.idle("Key in an amount")
        shop.at_rest()
        sales = shop.host.events("sale")
        assert all(event["pin"] in ("ok", "wrong") for event in sales)
        assert shop.charged() == sum(e["amount"] for e in sales if e["de39"] == "00")

    with pytest.MonkeyPatch.context() as patch:
        run_shop(tmp_path_factory.mktemp("mash"), story, patch)


def test_keys_pressed_ahead_do_not_answer_the_next_question(play):
    """Digits typed while the host is asked or the result stands on the screen start nothing."""

    async def story(shop):
        shop.host.script({"action": "late", "seconds": 3})
        await shop.enter_sale("2350", mobile="")
        await shop.keys("ENTER", "5", "ENTER", "CANCEL")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        assert len(shop.host.events("sale")) == 1
        assert len(shop.slips()) == 2
        assert not shop.inbox(MERCHANT) or len(shop.inbox(MERCHANT)) == 1

    play(story)
