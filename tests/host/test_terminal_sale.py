"""Sales as a shop sees them: what the screen says, what the card is charged, what is printed and sent."""

import asyncio

import pytest

from shop import CHARGED_SILENT, CUSTOMER, GOOD, IDLE, MERCHANT, POOR, SIGN_IN

PAN = GOOD.partition("=")[0]


def test_approved_sale_charges_once_prints_two_copies_and_notifies_both(play):
    async def story(shop):
        await shop.enter_sale("2350")
        rows = await shop.screen("交易成功")
        assert "￥23.50" in rows[1]
        await shop.idle()
        assert shop.charged() == 2350
        slips = shop.slips()
        assert len(slips) == 2
        assert "商户存根" in slips[0]
        assert "持卡人签名" in slips[0]
        assert "持卡人存根" in slips[1]
        (host,) = [entry for entry in shop.host.ledger() if entry["type"] == "sale"]
        for wanted in (host["trace"], host["reference"], host["authorisation"], "622202*********0018 刷卡", "￥23.50"):
            assert all(wanted in slip for slip in slips)
        assert not shop.printer.problems
        assert set(await shop.settled()) == {"delivered"}
        for number in (CUSTOMER, MERCHANT):
            (text,) = shop.inbox(number)
            for wanted in ("示例商店", "￥23.50成功", "11月21日20:45", "示例路", "0018", "4001234567"):
                assert wanted in text

    play(story)


def test_declined_sale_names_the_reason_and_prints_nothing(play):
    async def story(shop):
        await shop.enter_sale("2350", track=POOR)
        rows = await shop.screen("51 余额不足")
        assert rows[0].strip() == "交易失败"
        assert "请换卡或现金" in rows[2]
        await shop.idle()
        await shop.settled()
        assert shop.charged("0117") == 0
        assert not shop.slips()
        (text,) = shop.inbox()
        for wanted in ("未成功", "原因：余额不足", "请存款后重试或换卡付款"):
            assert wanted in text
        assert len(shop.inbox(MERCHANT)) == 1

    play(story)


def test_declined_sale_prints_a_slip_when_the_setting_asks_for_it(play):
    async def story(shop):
        await shop.enter_sale("2350", track=POOR)
        await shop.screen("51 余额不足")
        await shop.idle()
        (slip,) = shop.slips()
        assert "交易失败 未扣款" in slip
        assert "51" in slip
        assert "签名" not in slip

    play(story, settings={"declined_slip": True})


def test_wrong_pin_is_asked_for_again_and_only_the_end_is_told(play):
    async def story(shop):
        await shop.enter_sale("2350", pin="654321")
        await shop.screen("密码错误请重输")
        await shop.keys("ENTER")
        await shop.enter_pin()
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 2350
        assert len(shop.inbox()) == 1
        assert [e["pin"] for e in shop.host.events("sale")] == ["wrong", "ok"]

    play(story)


def test_three_wrong_pins_end_the_sale(play):
    async def story(shop):
        await shop.enter_sale("2350", pin="654321")
        for _ in range(2):
            await shop.screen("密码错误请重输")
            await shop.keys("ENTER")
            await shop.enter_pin("654321")
        await shop.screen("55 密码错误")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 0
        assert len(shop.host.events("sale")) == 3
        assert len(shop.inbox()) == 1

    play(story)


def test_after_a_wrong_pin_cancel_ends_the_sale_with_a_notice(play):
    async def story(shop):
        await shop.enter_sale("2350", pin="654321")
        await shop.screen("密码错误请重输")
        await shop.keys("CANCEL")
        await shop.screen("55 密码错误")
        await shop.idle()
        await shop.settled()
        assert len(shop.inbox()) == 1
        assert len(shop.host.events("sale")) == 1

    play(story)


def test_cancel_at_the_second_pin_charges_nothing(play):
    async def story(shop):
        await shop.enter_sale("2350", pin="654321")
        await shop.screen("密码错误请重输")
        await shop.keys("ENTER")
        await shop.screen("请输入密码")
        await shop.keys("12", "CANCEL")
        await shop.screen("已取消")
        await shop.idle()
        assert shop.charged() == 0

    play(story)


@pytest.mark.parametrize("code", ["77", "A0"])
def test_host_demanding_a_sign_in_gets_it_and_the_sale_goes_on(play, code):
    async def story(shop):
        if code == "77":
            shop.host.expire_keys()
        else:
            shop.host._keys["10000001"].renew("003")  # the host has other keys now
        await shop.enter_sale("2350")
        await shop.screen("签到成功")
        await shop.enter_pin()
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 2350
        assert [e["de39"] for e in shop.host.events("sale")] == [code, "00"]
        assert len(shop.inbox()) == 1

    play(story)


@pytest.mark.parametrize(("fault", "screen"), [("97", "97 终端未登记"), ("badkcv", "签到失败"), ("silent", "签到失败")])
def test_failed_sign_in_leaves_the_old_keys(play, fault, screen):
    async def story(shop):
        await shop.screen(IDLE)
        before = [shop.terminal.keys.check_value(name) for name in ("TMK", "PIK", "MAK")]
        renew = {"action": "badkcv"} if fault == "badkcv" else {"action": "code", "code": "97"}
        shop.host.script({"action": "silent", "on": "sign-in"} if fault == "silent" else {**renew, "on": "sign-in"})
        await shop.keys("MENU")
        await shop.screen("2 签到")
        await shop.keys("2")
        await shop.screen(screen)
        await shop.idle()
        assert [shop.terminal.keys.check_value(name) for name in ("TMK", "PIK", "MAK")] == before

    play(story)


def test_sign_in_asked_for_in_the_header_is_done_before_the_next_sale(play):
    async def story(shop):
        shop.host.script({"action": "approve", "handling": 3})
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.screen(SIGN_IN)
        await shop.keys("1")
        await shop.screen("签到成功")
        await shop.screen("金额:")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)
        assert len(shop.host.events("sign-in")) == 1

    play(story)


def test_refused_sign_in_before_a_sale_stops_it(play):
    async def story(shop):
        shop.host.script({"action": "approve", "handling": 3})
        await shop.enter_sale("2350")
        await shop.idle()
        shop.host.script({"action": "code", "code": "97", "on": "sign-in"})
        await shop.keys("1")
        await shop.screen("97 终端未登记")
        await shop.screen(SIGN_IN)
        assert shop.charged() == 2350

    play(story)


def test_unreachable_host_means_nothing_was_sent(play):
    async def story(shop):
        shop.host_reachable = False
        await shop.enter_sale("2350")
        rows = await shop.screen("未发出 未扣款")
        assert "无法连接主机" in rows[1]
        await shop.idle()
        assert shop.record["state"] == "dropped"
        shop.host_reachable = True
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 100
        assert not shop.host.events("reversal")

    play(story)


def test_no_pin_only_when_the_setting_allows_it(play):
    async def bypassed(shop):
        await shop.enter_sale("2350", pin="")
        await shop.screen("交易成功")
        await shop.idle()
        (event,) = shop.host.events("sale")
        assert event["pin"] == "none"
        assert shop.record["entry"] == "022"

    play(bypassed, settings={"pin_bypass": True})


def test_without_the_setting_enter_does_not_skip_the_pin(play):
    async def story(shop):
        await shop.keys("1", "ENTER")
        await shop.screen("请刷卡")
        shop.swipe(GOOD)
        await shop.screen("请输入密码")
        await shop.keys("ENTER")
        await shop.screen("密码至少4位")
        await shop.keys("123", "ENTER")
        await shop.screen("密码至少4位")
        await shop.keys("CLEAR", "123456", "ENTER")
        await shop.enter_mobile("")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 1
        await shop.settled()
        assert not shop.inbox()
        assert len(shop.inbox(MERCHANT)) == 1

    play(story)


def test_keyed_card_with_expiry_month_first(play):
    async def story(shop):
        shop.secrets.card(PAN)
        await shop.keys("2350", "ENTER")
        await shop.screen("请刷卡")
        await shop.keys(PAN[:8])
        await shop.screen("622202**")
        await shop.keys(PAN[8:], "ENTER")
        await shop.screen("有效期")
        await shop.keys("1249", "ENTER")
        await shop.enter_pin()
        await shop.enter_mobile()
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        assert shop.record["entry"] == "011"
        assert "手输" in shop.slips()[0]

    play(story)


def test_card_swiped_at_the_idle_screen_starts_a_sale(play):
    async def story(shop):
        shop.swipe(";" + GOOD + "?")
        await shop.screen("金额:")
        await shop.keys("2350", "ENTER")
        await shop.enter_pin()
        await shop.enter_mobile("")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350

    play(story)


def test_english_shop(play):
    async def story(shop):
        await shop.power_on()
        await shop.screen("Load master key")
        await shop.inject_key()
        await shop.screen("Sign in first")
        await shop.ready()
        await shop.keys("ENTER")
        await shop.screen("Key in an amount")
        await shop.keys("2350", "ENTER")
        await shop.screen("Swipe/key")
        shop.swipe(POOR)
        await shop.screen("Enter PIN")
        await shop.keys("123456", "ENTER")
        await shop.screen("Customer mobile?")
        await shop.keys(CUSTOMER, "ENTER")
        await shop.screen("Number again")
        await shop.keys(CUSTOMER, "ENTER")
        rows = await shop.screen("DECLINED")
        assert rows[1] == "51 No funds"
        await shop.screen("Key in an amount")
        await shop.settled()
        (text,) = shop.inbox()
        assert "insufficient funds" in text

    play(story, fresh=True, settings={"language": "en", "merchant_name": "Corner Shop", "place": "Main St"})


def test_screen_language_does_not_change_the_language_of_notices(play):
    async def story(shop):
        await shop.keys("MENU", "DOWN")
        await shop.screen("5 语言")
        await shop.keys("5")
        await shop.screen("English")
        await shop.screen("Key in an amount")
        await shop.keys("2350", "ENTER")
        await shop.screen("Swipe/key")
        shop.swipe(POOR)
        await shop.screen("Enter PIN")
        await shop.keys("123456", "ENTER")
        await shop.screen("Customer mobile?")
        await shop.keys(CUSTOMER, "ENTER", CUSTOMER, "ENTER")
        await shop.screen("51 No funds")
        await shop.screen("Key in an amount")
        await shop.settled()
        (text,) = shop.inbox()
        assert "余额不足" in text
        assert "insufficient" not in text
        await shop.keys("MENU", "DOWN", "5")
        await shop.idle()

    play(story)


def test_menu_shows_last_sale_notices_and_version(play):
    async def story(shop):
        async def choose(number, *wanted, then=""):
            await shop.keys("MENU")
            await shop.screen("菜单")
            if number > "3":
                await shop.keys("DOWN")
                await shop.screen(number + " ")
            await shop.keys(number, *then)
            for text in wanted:
                await shop.screen(text)
            await shop.keys("ENTER")
            await shop.screen(IDLE)

        await choose("3", "没有交易记录")
        await choose("4", "没有短信", then="1")
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        await choose("3", "￥23.50", "622202****0018")
        await choose("4", "5678 已送达", "9000 已送达", then="1")
        await choose("6", "posterm")
        await shop.keys("MENU", "DOWN", "UP", "1")
        await shop.screen("金额:")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)
        await shop.keys("MENU", "CANCEL")
        await shop.screen(IDLE)

    play(story)


def test_a_terminal_without_keys_sells_nothing(play):
    async def story(shop):
        await shop.power_on()
        await shop.screen("请注入主密钥")
        shop.swipe(GOOD)
        await shop.keys("1", "ENTER", "5")
        await asyncio.sleep(3)
        await shop.screen("请注入主密钥")
        await shop.inject_key()
        await shop.screen(SIGN_IN)
        shop.swipe(GOOD)
        await shop.keys("1")
        await asyncio.sleep(3)
        await shop.screen(SIGN_IN)
        shop.at_rest()
        assert not shop.host.events("sale")

    play(story, fresh=True)


def test_notices_can_be_off(play):
    async def story(shop):
        await shop.keys("1", "ENTER")
        await shop.screen("请刷卡")
        shop.swipe(GOOD)
        await shop.enter_pin()
        await shop.screen("交易成功")
        await shop.idle()
        assert not shop.terminal.outbox.open_count

    play(story, notices="off")


def test_issuer_and_time_from_the_host_are_printed_or_replaced(play):
    """Field 44 with commands for the printer, fields 12 and 13 with no time: the slip stays a slip, the notice goes out."""

    async def story(shop):
        shop.host.script({"action": "alter", "fields": {"44": "\x1b@\x1dV\x01 bank", "12": "996199", "13": "1399"}})
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert not shop.printer.problems
        assert len(shop.slips()) == 2
        assert "2026-11-21 20:45" in shop.slips()[0]
        assert len(shop.inbox()) == 1

    play(story)


@pytest.mark.parametrize(
    ("terminal", "date", "shown"),
    [((2027, 1, 1, 0, 0, 30), "1231", "2026-12-31"), ((2026, 12, 31, 23, 59, 50), "0101", "2027-01-01")],
)
def test_year_of_the_hosts_date_at_the_turn_of_the_year(play, terminal, date, shown):
    async def story(shop):
        shop.board.rtc.set(terminal)
        shop.host.script({"action": "alter", "fields": {"13": date}})
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shown in shop.slips()[0]

    play(story)


def test_batch_number_of_the_host_is_taken_over_at_sign_in(play):
    async def story(shop):
        shop.host.script({"action": "alter", "on": "sign-in", "fields": {"60": "00000007003"}})
        await shop.keys("MENU")
        await shop.screen("2 签到")
        await shop.keys("2")
        await shop.screen("签到成功")
        await shop.screen(IDLE)
        await shop.power_off()
        await shop.power_on()
        assert shop.terminal.ledger.batch == 7

    play(story)


@pytest.mark.parametrize("fields", [{"60": "00"}, {"62": "00" * 8}, {"62": "00" * 40}])
def test_sign_in_answer_without_keys_or_batch_is_refused(play, fields):
    async def story(shop):
        before = shop.terminal.keys.check_value("MAK")
        shop.host.script({"action": "alter", "on": "sign-in", "fields": fields})
        await shop.keys("MENU")
        await shop.screen("2 签到")
        await shop.keys("2")
        await shop.screen("签到失败")
        await shop.idle()
        assert shop.terminal.keys.check_value("MAK") == before

    play(story)


def test_card_of_a_silent_issuer_is_not_charged(play):
    async def story(shop):
        await shop.enter_sale("2350", track=CHARGED_SILENT)
        await shop.screen("交易结果未知")
        await shop.screen("上笔已冲正未扣款")
        await shop.idle()
        await shop.settled()
        assert shop.charged("0216") == 0
        assert "已取消" in shop.inbox()[0]

    play(story)
