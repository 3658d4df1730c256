"""The host misbehaves: the account is charged once with an approval on the screen, or not charged in the end."""

import pytest
from till import APPROVED, DECLINED, REVERSED, UNSENT

# name: (what the host does with the sale, what must become of it)
FAULTS = {
    "answers normally": ({"action": "approve"}, "paid"),
    "charges and is silent": ({"action": "charged_silent"}, "undone"),
    "loses the request": ({"action": "silent"}, "undone"),
    "charges and closes": ({"action": "drop"}, "undone"),
    "closes": ({"action": "hangup"}, "undone"),
    "answers too late": ({"action": "late", "seconds": 5}, "undone"),
    "answers in time but slowly": ({"action": "trickle", "seconds": 0.01}, "paid"),
    "answers with a wrong MAC": ({"action": "badmac"}, "undone"),
    "approves without a MAC": ({"action": "nomac"}, "undone"),
    "answers half": ({"action": "truncate"}, "undone"),
    "answers one octet": ({"action": "close_at", "byte": 1}, "undone"),
    "answers garbage in a frame": ({"action": "garbage"}, "undone"),
    "answers noise": ({"action": "noise"}, "undone"),
    "approves another amount": ({"action": "alter", "fields": {"4": "000000000001"}}, "undone"),
    "approves another trace": ({"action": "alter", "fields": {"11": "999999"}}, "undone"),
    "approves for another terminal": ({"action": "alter", "fields": {"41": "10000009"}}, "undone"),
    "declines with an unknown code": ({"action": "code", "code": "Z9"}, "undone"),
}


def sell_to_a_faulty_host(till, fen, fault):
    """Make a sale the host spoils; return what became of it, the host's events of it, and whether it was approved."""
    before = till.host_events()
    till.rig.acquirer.call("next", on="financial", **fault)
    till.enter(fen)
    rows = till.rig.wait_screen(APPROVED, DECLINED, REVERSED, UNSENT, timeout=30)
    till.idle()
    outcome = till.assert_all_or_nothing(fen)
    events = till.rig.acquirer.call("events", after=before)["events"]
    approved = any(APPROVED in row for row in rows)
    till.sell(fen + 100)
    return outcome, approved, [event["type"] for event in events]


@pytest.fixture(scope="module")
def sales(lanes):
    return {
        name: lanes.start(sell_to_a_faulty_host, 7000 + number, fault)
        for number, (name, (fault, _)) in enumerate(FAULTS.items())
    }


@pytest.mark.parametrize("name", FAULTS)
def test_a_sale_at_a_faulty_host(sales, name):
    outcome, approved, _ = sales[name].result()
    assert outcome == FAULTS[name][1]
    assert approved == (outcome == "paid")


@pytest.mark.parametrize("name", ["answers with a wrong MAC", "approves without a MAC"])
def test_a_wrong_mac_is_reversed_and_leads_to_new_keys(sales, name):
    _, _, events = sales[name].result()
    assert "reversal" in events
    assert "sign-in" in events


def lose_reversals(till):
    """The host charges and is silent, and so it is for the first reversal: the second one must end it."""
    fen = 7200
    till.rig.acquirer.call("next", on="financial", action="charged_silent")
    till.rig.acquirer.call("next", on="reversal", action="drop")
    till.enter(fen)
    till.rig.wait_screen(REVERSED, timeout=30)
    till.assert_undone(fen)
    (row,) = till.host_rows(fen)
    return row["reversals"], till.charged(fen)


def test_a_repeated_reversal_is_done_once(lanes, sales):
    assert lanes.start(lose_reversals).result() == (2, 0)


def expire_in_reversal(till):
    """The keys expire between sale and reversal: the terminal signs in and reverses."""
    fen = 7201
    before = till.host_events()
    till.rig.acquirer.call("next", on="financial", action="charged_silent")
    till.enter(fen)
    till.wait_host("sale", before)
    till.rig.acquirer.call("expire_keys")
    till.rig.wait_screen(REVERSED, timeout=30)
    till.assert_undone(fen)
    events = till.rig.acquirer.call("events", after=before)["events"]
    till.idle()
    till.sell(fen + 100)
    return [event["type"] for event in events]


def test_keys_that_expire_before_a_reversal(lanes, sales):
    events = lanes.start(expire_in_reversal).result()
    assert [kind for kind in events if kind in ("sale", "reversal", "sign-in")] == [
        "sale",
        "reversal",
        "sign-in",
        "reversal",
    ]
