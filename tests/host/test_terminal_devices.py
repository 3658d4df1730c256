"""Printer and modem trouble in the middle of a sale: the money is right, the slip complete, nobody told twice."""

import asyncio
import random

import pytest

from shop import CUSTOMER, IDLE, MERCHANT

FAULT_POINTS = ("cipopen", "cipsend", "cipsend_sent", "ciprxget", "prompt", "cmgs_before_send", "cmgs_before_ack")


def complete(slip):
    return all(word in slip for word in ("商户名称", "凭证号", "参考号", "日期时间", "RMB ￥23.50"))


async def agree(shop):
    """Host and terminal tell the same about the sale; nobody got two notices."""
    charged = shop.charged()
    assert charged == (2350 if shop.record["state"] == "approved" else 0)
    for number in (CUSTOMER, MERCHANT):
        assert len(shop.inbox(number)) <= 1
    return charged


@pytest.mark.parametrize("trouble", ["paper", "cover"])
@pytest.mark.parametrize("lines", [0, 5, 17])
def test_slip_goes_on_where_the_paper_ended(play, trouble, lines):
    async def story(shop):
        if trouble == "paper":
            shop.printer.set_paper("ok" if lines else "out", lines or None)
        else:
            shop.printer.set_cover(True)
        await shop.enter_sale("2350")
        await shop.screen("打印机缺纸" if trouble == "paper" else "打印机盖未合")
        await shop.keys("ENTER")  # pressed too early: asked again
        await asyncio.sleep(2)
        await shop.screen("打印机")
        shop.printer.set_paper("ok")
        shop.printer.set_cover(False)
        await shop.keys("ENTER")
        await shop.idle()
        assert shop.charged() == 2350
        merchant, customer = shop.slips()
        assert complete(merchant)
        assert complete(customer)
        assert "持卡人签名" in merchant

    play(story)


def test_printing_goes_on_by_itself_after_a_while(play):
    async def story(shop):
        shop.printer.set_paper("out")
        await shop.enter_sale("2350")
        await shop.screen("打印机缺纸")
        shop.printer.set_paper("ok")
        await shop.idle()
        assert len(shop.slips()) == 2

    play(story)


def test_mute_printer_can_be_skipped_and_the_sale_stands(play):
    async def story(shop):
        shop.printer.mute = True
        await shop.enter_sale("2350")
        for _ in range(2):
            await shop.screen("打印机无应答")
            await shop.keys("5", "CANCEL")
            await shop.screen("请撕下", IDLE, "交易成功")
            if "请撕下" in "".join(shop.board.lcd.rows):
                await shop.keys("ENTER")
        await shop.idle()
        await shop.settled()
        assert shop.charged() == 2350
        assert shop.logged("slip.skipped") == ["trace 000002 copy 1", "trace 000002 copy 2"]
        assert len(shop.inbox()) == 1
        await shop.power_off()
        await shop.power_on()
        await shop.idle()  # skipped is done: nothing is printed after a restart
        assert not any(complete(slip) for slip in shop.slips())

    play(story)


@pytest.mark.parametrize("point", FAULT_POINTS)
@pytest.mark.parametrize("action", ["reboot", "silence"])
def test_modem_that_restarts_or_falls_silent_at_any_point(play, point, action):
    async def story(shop):
        shop.modem.fault_on(point, action)
        await shop.enter_sale("2350")
        await shop.screen("交易成功", "未发出", "交易结果未知")
        await shop.idle()
        await shop.settled()
        charged = await agree(shop)
        if point in ("prompt", "cmgs_before_send", "cmgs_before_ack"):
            assert charged == 2350
        if point == "cipsend":  # nothing has left: nothing to reverse
            assert shop.record["state"] == "dropped"
        if charged:
            assert len(shop.slips()) == 2
        await shop.ready()
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == charged + 100

    play(story)


@pytest.mark.parametrize("seed", range(6))
def test_noise_on_the_modem_line(play, seed):
    """Random octets and half lines between everything the modem says."""

    async def story(shop):
        draw = random.Random(seed)

        async def noise():
            while True:
                await asyncio.sleep(draw.random() / 4)
                junk = draw.choice(
                    (b"\r\n+CREG: ,\r\n", b"\r\n+IPCLOSE: 0,x\r\n", b"\xff\x00\x1a\r\n", b"\r\n+CMT: ,zz\r\n")
                )
                shop.modem.urc_bytes(junk)

        source = asyncio.ensure_future(noise())
        try:
            await shop.enter_sale("2350")
            await shop.idle()
        finally:
            source.cancel()
        await shop.settled()
        await agree(shop)
        await shop.ready()
        await shop.enter_sale("100")
        await shop.screen("交易成功")
        await shop.idle()

    play(story)


def test_without_a_network_nothing_is_sent_and_the_screen_says_so(play):
    async def story(shop):
        shop.modem.network.set_registration("none")
        await shop.screen("无网络", timeout=300)
        await shop.keys("2350", "ENTER")
        await shop.screen("请刷卡")
        shop.swipe("6222020000000000018=49121010000000000")
        await shop.enter_pin()
        await shop.enter_mobile("")
        await shop.screen("未发出 未扣款", "交易成功", timeout=300)
        await shop.idle()
        await agree(shop)

    play(story)


def test_messages_that_come_in_are_logged_without_number_or_text(play):
    async def story(shop):
        shop.modem.centre.deliver(CUSTOMER, "您好 6222020000000000018")
        await asyncio.sleep(5)
        (line,) = shop.logged("sms.received")
        assert line.endswith("5678, 22 characters")

    play(story)
