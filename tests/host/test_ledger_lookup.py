"""A transaction found again by its voucher number or its card: the record as its last event left it."""

import os

import pytest

import journal
from terminal.ledger.ledger import Ledger

EVENTS = []


def opened(tmp_path):
    return Ledger(journal.Journal(str(tmp_path / "ledger")), lambda *event: EVENTS.append(event), lambda: 1 << 20)


def sold(ledger, tail="0018", time="2026-11-21 20:45:03", end="approved", amount=2350):
    """Book one sale up to its end; return its trace."""
    masked = "622202*********" + tail
    record = ledger.start("sale", amount, "021", masked, "00", time, "", "10000001", "898440154110001")
    if end == "approved":
        ledger.approved(record, "000000123456", "654321", time, "bank")
    elif end == "declined":
        ledger.declined(record, "51", "")
    elif end == "cancelled":
        ledger.undo(record, "98")
        ledger.reversed(record, "00")
    elif end == "dropped":
        ledger.dropped(record)
    if end not in ("dropped", "pending"):
        ledger.noticed(record, "c:no_number")
        ledger.close(record)
    return record["trace"]


@pytest.mark.parametrize("end", ["approved", "declined", "cancelled", "dropped"])
def test_a_record_is_found_with_its_last_state(tmp_path, end):
    ledger = opened(tmp_path)
    sold(ledger)
    trace = sold(ledger, "1117", end=end)
    sold(ledger)
    for here in (ledger, opened(tmp_path)):
        record = here.find(trace)
        assert record["state"] == end
        assert record["card"].endswith("1117")
        assert here.find(trace, "1117") == record
        assert here.find(trace, "0018") is None
        assert here.find(trace, batch=2) is None
        assert here.find(trace + 10) is None
        assert "closed" not in record
    if end == "approved":
        assert record["reference"] == "000000123456"
        assert record["without"] == "c:no_number"
    if end == "cancelled":
        assert (record["reason"], record["reversal_code"]) == ("98", "00")


def test_a_number_that_came_round_finds_the_newer_transaction(tmp_path):
    ledger = opened(tmp_path)
    trace = sold(ledger, amount=100)
    ledger._write("trace", {"trace": 999999})
    assert sold(ledger, "1117", end="declined", amount=200) == trace
    assert ledger.find(trace)["amount"] == 200
    older = ledger.find(trace, "0018")
    assert (older["amount"], older["state"]) == (100, "approved"), "what follows belongs to the newer one"


def test_a_transaction_under_way_is_found_as_it_is_in_memory(tmp_path):
    ledger = opened(tmp_path)
    trace = sold(ledger, end="pending")
    assert ledger.find(trace)["state"] == "started"
    after_the_cut = opened(tmp_path)
    assert after_the_cut.find(trace, "0018")["state"] == "reversing"
    assert after_the_cut.find(trace, "9999") is None


def test_the_transactions_of_a_card_come_newest_first_and_bounded(tmp_path):
    ledger = opened(tmp_path)
    traces = [sold(ledger, time="2026-11-21 20:%02d:00" % minute) for minute in range(12)]
    sold(ledger, "1117")
    assert [record["trace"] for record in ledger.search("0018", "2026-11-21 00:00")] == traces[:-9:-1]
    assert [record["trace"] for record in ledger.search("0018", "2026-11-21 20:10")] == traces[:-3:-1]
    assert ledger.search("0018", "2026-11-22 00:00") == []
    assert all(record["state"] == "approved" for record in ledger.search("0018", ""))


def test_looking_up_leaves_no_file_open(tmp_path):
    ledger = opened(tmp_path)
    for _ in range(3):
        sold(ledger)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        ledger.find(1)
        ledger.search("0018", "")
    assert len(os.listdir("/proc/self/fd")) == before
