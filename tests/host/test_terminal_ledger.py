"""The record of every transaction: what is replayed equals what was, numbers come round, faults stay small."""

import errno
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import journal
from terminal.ledger import ledger as ledger_module
from terminal.ledger.ledger import Ledger

PLENTY = 10**6


class Log(list):
    """What was logged: (event, detail)."""

    def __call__(self, event, detail=""):
        self.append((event, detail))

    def events(self):
        return [event for event, _ in self]


class Shelf:
    """A journal in memory with the interface of lib/journal; `full` makes appends fail."""

    def __init__(self, records=()):
        self.records = list(records)
        self.damaged = 0
        self.full = False

    def append(self, kind, payload):
        if self.full:
            raise journal.Full
        self.records.append((len(self.records) + 1, kind, bytes(payload)))
        return len(self.records)

    def replay(self):
        return iter(list(self.records))


def opened(shelf=None, room=PLENTY):
    log = Log()
    return Ledger(shelf or Shelf(), log, lambda: room), log


def started(ledger, amount=100):
    return ledger.start(
        "sale", amount, "021", "622202*********0018", "00", "2026-11-21 20:45:00", "", "10000001", "898440154110001"
    )


def test_record_goes_from_started_to_closed():
    ledger, _ = opened()
    record = started(ledger)
    assert (record["state"], record["trace"], ledger.pending) == ("started", 1, record)
    ledger.approved(record, "R", "A", "T", "I")
    assert (record["state"], ledger.pending, ledger.unclosed) == ("approved", None, [record])
    ledger.noticed(record)
    ledger.slip(record, 1)
    ledger.slip(record, 2)
    assert (record["noticed"], record["copies"]) == (True, 2)
    ledger.close(record)
    assert ledger.unclosed == []
    assert ledger.last is record


def test_only_one_transaction_can_be_open():
    ledger, _ = opened()
    started(ledger)
    with pytest.raises(ValueError, match="000001 is pending"):
        started(ledger)


def test_trace_comes_round_after_999999():
    shelf = Shelf([(1, "trace", json.dumps({"trace": 999999}).encode())])
    ledger, _ = opened(shelf)
    record = started(ledger)
    assert record["trace"] == 1
    ledger.dropped(record)
    assert ledger.next_trace() == 2


def test_same_number_in_an_old_record_is_not_confused():
    """An old record with the same trace number is still unclosed: each event finds the record in the state it is about."""
    ledger, _ = opened()
    old = started(ledger, 1)
    ledger.approved(old, "R", "", "", "")
    ledger.trace = 0
    new = started(ledger, 2)
    assert new["trace"] == old["trace"]
    ledger.slip(old, 1)
    assert (old["copies"], new["copies"]) == (1, 0)
    ledger.undo(new, "98")
    assert (old["state"], new["state"]) == ("approved", "reversing")
    ledger.fault(new)
    ledger.reversed(new, "00")
    assert (old["state"], new["state"]) == ("approved", "cancelled")


def test_started_without_an_end_is_reversed_after_a_restart_without_a_further_record():
    shelf = Shelf()
    ledger, _ = opened(shelf)
    started(ledger)
    shelf.full = True  # not even a full medium keeps the terminal from starting
    again, log = opened(shelf)
    assert (again.pending["state"], again.pending["reason"]) == ("reversing", "98")
    assert log.events() == ["ledger.cut"]


def test_undo_takes_back_an_approval_that_was_stored_although_the_medium_complained():
    ledger, _ = opened()
    record = started(ledger)
    ledger.approved(record, "R", "", "", "")
    ledger.undo(record, "06")
    assert (ledger.pending, ledger.unclosed) == (record, [])


def test_orphans_are_logged_and_change_nothing():
    events = [("approved", 5), ("slip", 6), ("closed", 7), ("undo", 8), ("reversed", 9)]
    shelf = Shelf([(i, kind, json.dumps({"trace": trace}).encode()) for i, (kind, trace) in enumerate(events, 1)])
    ledger, log = opened(shelf)
    assert log.events() == ["ledger.orphan"] * 5
    assert (ledger.pending, ledger.unclosed, ledger.last) == (None, [], None)


def test_lost_end_of_an_earlier_transaction_is_logged_and_the_later_one_counts():
    shelf = Shelf()
    ledger, _ = opened(shelf)
    ledger.approved(started(ledger, 1), "R", "", "", "")
    started(ledger, 2)
    del shelf.records[1]  # the approval has become unreadable
    shelf.damaged = 1
    again, log = opened(shelf)
    assert again.pending["amount"] == 2
    assert log.events() == ["ledger.orphan", "ledger.damaged", "ledger.cut"]


def test_unclosed_records_are_bounded():
    ledger, log = opened()
    for amount in range(1, 41):
        ledger.declined(started(ledger, amount), "51", "")
    assert len(ledger.unclosed) == ledger_module._MAX_UNCLOSED
    assert ledger.unclosed[-1]["amount"] == 40
    assert log.events() == ["ledger.unclosed"] * 20
    ledger.close({"trace": 1})  # one that was let go: an orphan, no crash
    assert log.events()[-1] == "ledger.orphan"


def test_what_decides_about_money_fails_without_room_and_paper_work_does_not():
    shelf = Shelf()
    ledger, log = opened(shelf)
    record = started(ledger)
    record["reason"] = "98"
    shelf.full = True
    for store in (
        lambda: ledger.approved(record, "", "", "", ""),
        lambda: ledger.declined(record, "51", ""),
        lambda: ledger.dropped(record),
        lambda: ledger.undo(record, "98"),
        lambda: ledger.reversed(record, "00"),
        ledger.next_trace,
        lambda: ledger.set_batch(2),
    ):
        with pytest.raises(OSError, match="no room") as error:
            store()
        assert error.value.errno == errno.ENOSPC
        assert record["state"] == "started"
    shelf.full = False
    ledger.approved(record, "", "", "", "")
    shelf.full = True
    ledger.noticed(record)
    ledger.slip(record, 2)
    ledger.close(record)
    assert (record["noticed"], record["copies"], ledger.unclosed) == (True, 2, [])
    assert log.events() == ["ledger.unstored"] * 3


def test_room_is_asked_for():
    assert opened(room=20000)[0].has_room
    assert not opened(room=10000)[0].has_room


STEPS = st.lists(
    st.sampled_from(["trace", "batch", "start", "approved", "declined", "dropped", "undo", "reversed", "fault"])
    | st.sampled_from(["slip", "noticed", "close", "restart"]),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_state_after_replay_equals_state_before(steps):
    shelf = Shelf()
    ledger, _ = opened(shelf)
    for step in steps:
        pending = ledger.pending
        if step == "trace":
            ledger.next_trace()
        elif step == "batch":
            ledger.set_batch(ledger.batch + 1)
        elif step == "start" and pending is None:
            started(ledger)
        elif step in ("slip", "noticed", "close") and ledger.unclosed:
            record = ledger.unclosed[0]
            ledger.slip(record, record["copies"] + 1) if step == "slip" else getattr(ledger, step)(record)
        elif pending is not None and pending["state"] == "started":
            details = {"approved": ("R", "A", "T", "I"), "declined": ("51", "R"), "dropped": (), "undo": ("98",)}
            if step in details:
                getattr(ledger, step)(pending, *details[step])
        elif pending is not None and step == "reversed":
            ledger.reversed(pending, "00")
        elif pending is not None and step == "fault":
            ledger.fault(pending)
        if step == "restart":
            before = state(ledger)
            ledger, log = opened(shelf)
            assert state(ledger) == before
            assert set(log.events()) <= {"ledger.cut"}


def state(ledger):
    """All that a ledger knows; a started record counts as the reversing one that a restart makes of it."""

    def public(record):
        if record is None:
            return None
        record = dict(record)
        if record["state"] == "started":
            record.update(state="reversing", reason="98")
        return record

    return ledger.trace, ledger.batch, public(ledger.pending), [public(r) for r in ledger.unclosed], public(ledger.last)


def test_state_survives_in_a_real_journal(tmp_path):
    first, _ = opened(journal.Journal(str(tmp_path / "ledger")))
    record = started(first)
    first.undo(record, "A0")
    again, _ = opened(journal.Journal(str(tmp_path / "ledger")))
    assert state(again) == state(first)
