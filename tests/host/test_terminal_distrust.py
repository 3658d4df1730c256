"""What the terminal does not believe: refusals without a MAC, answer codes nobody knows, keys and files that do not fit."""

import asyncio
import json

import pytest

from posterm.sim.acquirer.message import decode, encode
from shop import CHARGED_SILENT, GOOD, IDLE, SIGN_IN

PREFIX = 2 + 5 + 6  # octets before the message: length, TPDU, header


def meddle(shop, mti, code):
    """Replace the host's answer to every `mti` by one with `code` and no MAC, as somebody on the line could."""
    honest = shop.host._answer

    def answer(frame, request, verdict, fault):
        data = honest(frame, request, verdict, fault)
        if request.mti != mti:
            return data
        fields = {name: value for name, value in decode(data[PREFIX:]).items() if name != "64"}
        return frame.answer(encode({**fields, "39": code}))

    shop.host._answer = answer
    return lambda: setattr(shop.host, "_answer", honest)


@pytest.mark.parametrize("code", ["55", "77", "A0"])
def test_unsigned_refusal_is_undone_before_the_card_is_charged_again(play, code):
    async def story(shop):
        stop = meddle(shop, "0200", code)
        await shop.enter_sale("2350")
        if code == "55":
            await shop.screen("密码错误请重输")
            await shop.keys("ENTER")
        await shop.screen("请输入密码")
        assert shop.charged() == 0  # the host had approved it
        (event,) = shop.host.events("reversal")
        assert event["de39"] == "00"
        stop()
        await shop.enter_pin()
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        await shop.settled()
        assert len(shop.inbox()) == 1

    play(story)


def test_unsigned_wrong_pin_that_is_not_tried_again_is_a_refusal_with_its_notice(play):
    async def story(shop):
        shop.host.config.mac_on_decline = False
        await shop.enter_sale("2350", pin="654321")
        await shop.screen("密码错误请重输")
        await shop.keys("CANCEL")
        await shop.screen("55 密码错误")
        await shop.idle()
        assert shop.record["state"] == "declined"
        assert not shop.host.events("reversal")
        await shop.settled()
        (text,) = shop.inbox()
        assert "密码错误" in text

    play(story)


def test_power_cut_while_an_unsigned_wrong_pin_may_be_tried_again_undoes_the_sale(play):
    async def story(shop):
        meddle(shop, "0200", "55")
        await shop.enter_sale("2350")
        await shop.screen("密码错误请重输")
        assert shop.charged() == 2350  # the host had approved it
        await shop.power_off()
        await shop.power_on()
        await shop.screen("上笔已冲正未扣款", timeout=900)
        assert shop.charged() == 0

    play(story)


def test_plain_unsigned_refusal_ends_the_sale(play):
    async def story(shop):
        meddle(shop, "0200", "05")
        await shop.enter_sale("2350")
        await shop.screen("05 不予承兑")
        await shop.idle()
        assert not shop.host.events("reversal")

    play(story)


def test_with_the_setting_an_unsigned_refusal_is_no_answer(play):
    async def story(shop):
        meddle(shop, "0200", "05")
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        assert shop.charged() == 0
        assert shop.record["state"] == "cancelled"

    play(story, settings={"refusal_mac": True})


def test_with_the_setting_a_reversal_needs_a_signed_end(play):
    async def story(shop):
        stop = meddle(shop, "0400", "25")
        await shop.enter_sale("2350", CHARGED_SILENT)
        await shop.screen("冲正未完成", timeout=400)
        assert shop.record["state"] == "reversing"
        stop()
        await shop.screen("上笔已冲正未扣款", timeout=900)
        assert shop.charged("0216") == 0

    play(story, settings={"refusal_mac": True})


@pytest.mark.parametrize("code", ["11", "16", "ZZ"])
def test_unknown_answer_code_is_reversed(play, code):
    async def story(shop):
        shop.host.script({"action": "alter", "fields": {"39": code}})  # charged at the host, under a correct MAC
        await shop.enter_sale("2350")
        await shop.screen("上笔已冲正未扣款")
        assert shop.charged() == 0
        assert shop.record["state"] == "cancelled"

    play(story)


def test_mac_key_that_does_not_fit_the_setting_stops_sales_and_nothing_else(play):
    async def story(shop):
        shop.host.config.mak_bytes = 8
        shop.host.expire_keys()
        await shop.screen(IDLE)
        await shop.keys("MENU")
        await shop.screen("2 签到")
        await shop.keys("2")
        await shop.screen("工作密钥不可用")
        await shop.screen(SIGN_IN)
        await shop.keys("1")
        await shop.screen("工作密钥不可用")
        await shop.idle()
        assert not shop.host.events("sale")
        shop.host.config.mak_bytes = 16
        assert shop.terminal.ledger.pending is None

    play(story, settings={"mac": "x919"})


def test_reversal_keeps_the_identity_of_its_sale(play):
    async def story(shop):
        await shop.enter_sale("2350", CHARGED_SILENT)
        await asyncio.sleep(1)
        assert shop.host.events("sale")
        await shop.power_off()
        path = shop.storage / "settings.json"
        changed = {**json.loads(path.read_text()), "terminal_no": "10000002", "merchant_no": "898440154110002"}
        path.write_text(json.dumps(changed))
        await shop.power_on()
        await shop.screen("上笔已冲正未扣款", timeout=900)
        assert shop.charged("0216") == 0

    play(story)


def test_damaged_keys_are_kept_as_evidence_and_the_reversal_is_settled_by_hand(play):
    async def story(shop):
        await shop.enter_sale("2350", CHARGED_SILENT)
        await asyncio.sleep(1)
        await shop.power_off()
        sealed = shop.storage / "keys.sealed"
        data = bytearray(sealed.read_bytes())
        data[60] ^= 1
        sealed.write_bytes(data)
        await shop.power_on()
        await shop.screen("请注入主密钥")
        assert (shop.storage / "keys.refused").read_bytes() == data
        trace = shop.terminal.ledger.pending["trace"]
        assert "login" in await shop.ask("settle")
        await shop.inject_key()
        await shop.type("settle")
        await shop.printed("trace number")
        await shop.type("%06d" % (trace + 1))
        await shop.printed("refused")
        await shop.type("settle")
        await shop.printed("trace number")
        await shop.type("%06d" % trace)
        await shop.printed("ok")
        assert shop.terminal.ledger.pending is None
        await shop.keys("ENTER")
        await shop.enter_sale("100", GOOD)
        await shop.screen("交易成功")
        assert shop.charged() == 100

    play(story)
