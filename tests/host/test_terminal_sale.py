"""The whole terminal on a virtual clock: sales as a shop sees them."""

import pytest

from shop import CUSTOMER, MERCHANT, run_shop


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Return `play(story, **options)`: run a story in a fresh shop."""
    return lambda story, **options: run_shop(tmp_path, story, monkeypatch, **options)


def test_approved_sale_charges_once_prints_two_copies_and_notifies_both(play):
    async def story(shop):
        await shop.power_on()
        await shop.set_up()
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        assert shop.charged() == 2350
        slips = shop.slips()
        assert len(slips) == 2
        assert "商户存根" in slips[0]
        assert "持卡人存根" in slips[1]
        await shop.screen("请输入金额")
        for number in (CUSTOMER, MERCHANT):
            await shop.modem.centre.wait_inbox(1, 60, number)
            (text,) = shop.inbox(number)
            assert "23.50" in text
            assert "成功" in text

    play(story)
