"""What is wrong with modem, SIM or texts is said plainly, and the shop goes on selling."""

import asyncio

import pytest

from posterm.sim.modem.config import ModemConfig
from shop import CUSTOMER, IDLE


async def sold(shop, fen="2350"):
    await shop.enter_sale(fen)
    await shop.screen("交易成功")
    await shop.idle()
    await shop.settled()


@pytest.mark.parametrize(
    ("line", "shown"),
    [("customer.text = {merchant} {foo}", "行 2 foo"), ("customer.text = 短", "行 2 merchant")],
)
def test_a_wrong_text_of_the_shop_is_named_at_the_start_and_the_built_in_one_serves(play, line, shown):
    async def story(shop):
        await shop.power_off()
        (shop.storage / "templates_zh.txt").write_text(f"[sale_approved]\n{line}\n", encoding="utf-8")
        await shop.power_on()
        rows = await shop.screen("短信模板有误")
        assert shown in rows[1]
        await shop.keys("ENTER")
        await sold(shop)
        (text,) = shop.inbox(CUSTOMER)
        assert "￥23.50成功" in text
        (detail,) = shop.logged("templates.refused")
        assert "line 2" in detail

    play(story)


def test_a_shops_own_text_is_used(play):
    async def story(shop):
        await shop.power_off()
        own = "【{merchant}】{time}尾号{tail}{type}{amount}元{result}，{advice}，电话{hotline}，欢迎再来"
        (shop.storage / "templates_zh.txt").write_text(f"[sale_approved]\ncustomer.text = {own}\n", encoding="utf-8")
        await shop.power_on()
        await sold(shop)
        (text,) = shop.inbox(CUSTOMER)
        assert text.endswith("欢迎再来")

    play(story)


def test_a_modem_of_an_unknown_model_is_named_and_used_like_the_nearest(play):
    async def story(shop):
        await sold(shop)
        assert len(shop.inbox(CUSTOMER)) == 1
        assert shop.logged("modem.unknown") == ["FOO9000"]
        assert "model=FOO9000 (unknown, used like SIM7600" in await shop.ask("status")
        await shop.keys("MENU", "4", "7")
        await shop.keys("DOWN")
        await shop.screen("未知模块型号")
        await shop.keys("CANCEL")
        await shop.screen(IDLE)

    play(story, modem_config=ModemConfig(model="FOO9000"))


def test_a_locked_sim_is_said_on_the_screen_and_opened_by_the_setting(play, tmp_path_factory):
    async def locked(shop):
        await shop.power_on()
        await shop.screen("SIM已锁", timeout=60)
        assert any("SIM PIN" in detail for detail in shop.logged("sim"))
        assert "modem=sim locked" in await shop.ask("status")

    async def opened(shop):
        await shop.open()
        await sold(shop)
        assert len(shop.inbox(CUSTOMER)) == 1

    play(locked, fresh=True, modem_config=ModemConfig(sim="pin", pin="4321"))
    play(opened, fresh=True, modem_config=ModemConfig(sim="pin", pin="4321"), settings={"sim_pin": "4321"})


def test_a_wrong_sim_pin_is_tried_once(play):
    async def story(shop):
        await shop.power_on()
        await shop.screen("SIM已锁", timeout=60)
        await asyncio.sleep(600)
        await shop.power_off()
        await shop.power_on()
        await shop.screen("SIM已锁", timeout=60)
        await asyncio.sleep(600)
        tries = [line for line in shop.dialogue + shop.terminal.modem.last_dialogue() if "AT+CPIN=" in line]
        assert len(tries) <= 1
        assert "9999" not in "".join(shop.dialogue + shop.events)

    play(story, fresh=True, modem_config=ModemConfig(sim="pin", pin="4321"), settings={"sim_pin": "9999"})


def test_a_full_sim_is_emptied_and_the_shop_hears_its_reports(play):
    async def story(shop):
        shop.modem.messages.fill("SM", 0)
        shop.modem.centre.deliver("10086", "您的余额不足")  # there is no room for it
        await asyncio.sleep(120)
        assert not shop.modem.messages.storages["SM"].slots, "read, kept and deleted"
        assert not shop.terminal.modem.storage_full
        await sold(shop)
        assert {row[4] for row in shop.terminal.outbox.entries()} == {"delivered"}

    play(story)
