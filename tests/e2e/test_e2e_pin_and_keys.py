"""Wrong PINs and expired keys: the sale goes on where it can, is charged once, and only its end is worth a message."""

import pytest
from till import APPROVED, ASK_PIN, DECLINED, PIN_AGAIN

from posterm.demo.checks import charged

WRONG = "111111"
RETRIED, BLOCKED, EXPIRED = 3001, 3002, 3003
TWICE = "6222020000000000059=49121010000000000"  # a card of its own: a wrong PIN counts at the host


@pytest.fixture(scope="module")
def retried(till):
    till.enter(RETRIED, TWICE, pin=WRONG)
    till.rig.wait_screen(PIN_AGAIN)
    till.rig.keys("ENTER")
    till.enter_pin()
    till.rig.wait_screen(APPROVED)
    till.take_slips()
    till.settled()
    return till


def test_a_wrong_pin_is_asked_again_and_the_sale_charged_once(retried):
    assert [row["de39"] for row in retried.host_rows(RETRIED)] == ["55", "00"]
    assert charged(retried.rig, "0059") == RETRIED


def test_a_wrong_pin_alone_sends_no_message(retried):
    retried.assert_paid(RETRIED)


def test_three_wrong_pins_end_the_sale(till):
    card = "6222020000000000042=49121010000000000"
    till.enter(BLOCKED, card, pin=WRONG)
    for _ in range(2):
        till.rig.wait_screen(PIN_AGAIN)
        till.rig.keys("ENTER")
        till.enter_pin(WRONG)
    till.rig.wait_screen("55 密码错误")
    till.idle()
    assert [row["de39"] for row in till.host_rows(BLOCKED)] == ["55", "55", "55"]
    till.assert_undone(BLOCKED)


def test_a_blocked_card_is_declined_with_the_reason(till):
    till.enter(BLOCKED + 100, "6222020000000000042=49121010000000000", pin="246802")
    rows = till.rig.wait_screen("75")
    assert any(DECLINED in row for row in rows)
    till.idle()
    till.assert_undone(BLOCKED + 100)


def test_expired_keys_lead_to_a_sign_in_and_the_pin_again(till):
    before = till.host_events()
    till.rig.acquirer.call("expire_keys")
    till.enter(EXPIRED)
    till.wait_host("sign-in", before)
    till.rig.wait_screen(ASK_PIN)
    till.enter_pin()
    till.rig.wait_screen(APPROVED)
    till.take_slips()
    sales = till.rig.acquirer.call("events", type="sale", after=before)["events"]
    assert [event["de39"] for event in sales] == ["77", "00"]
    till.assert_paid(EXPIRED)
