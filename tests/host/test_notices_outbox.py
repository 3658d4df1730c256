"""The outbox through full stores, clocks that jump, damaged records and reboots."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import journal
import virtualclock
from notices_network import START, Cut, PowerCut
from terminal.notices.entry import SENT, conditions
from terminal.notices.outbox import Outbox, OutboxFull

NUMBER = "13812345678"
TEXT = "【示例商店】尾号1234的卡11月21日20:45消费￥23.50成功"


class Clock:
    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


def protect(data):
    return b"\x5a" + bytes(b ^ 0x5A for b in data) + bytes((sum(data) & 0xFF,))


def reveal(data):
    clear = bytes(b ^ 0x5A for b in data[1:-1])
    if not data or data[0] != 0x5A or data[-1] != sum(clear) & 0xFF:
        raise ValueError("damaged")
    return clear


def ignore(event, detail):
    return None


def opened(directory, clock, log=ignore, **options):
    return Outbox(journal.Journal(str(directory)), protect, reveal, clock, log, **options)


@pytest.fixture
def clock():
    return Clock()


def test_a_notice_is_taken_once_also_after_reboot_and_after_its_end(tmp_path, clock):
    box = opened(tmp_path, clock)
    assert box.queue("000012-c", "sale_approved", "customer", NUMBER, TEXT)
    assert not box.queue("000012-c", "sale_approved", "customer", NUMBER, TEXT)
    box = opened(tmp_path, clock)
    assert not box.queue("000012-c", "sale_approved", "customer", "13900000000", "other")
    entry, delay = box.next()
    assert (entry.number, box.text(entry), delay) == (NUMBER, TEXT, 0)
    box.begin(entry, 0)
    box.accepted(entry, 0, 7)
    box.delivered(entry, 0, 7)
    assert not box.queue("000012-c", "sale_approved", "customer", NUMBER, TEXT)
    box = opened(tmp_path, clock)
    assert not box.queue("000012-c", "sale_approved", "customer", NUMBER, TEXT)
    assert box.state("000012-c") == ("delivered", "", START, START)
    assert box.open_count == 0


def test_no_number_stands_clear_in_flash_log_or_summary(tmp_path, clock):
    log = []
    box = opened(tmp_path, clock, lambda event, detail: log.append(event + detail))
    box.queue("1-c", "sale_approved", "customer", "+86" + NUMBER, TEXT)
    entry, _ = box.next()
    box.begin(entry, 0)
    box.rejected(entry, 0, 1)
    stored = b"".join((tmp_path / name).read_bytes() for name in os.listdir(tmp_path))
    assert NUMBER[-8:].encode() not in stored
    assert NUMBER[-8:] not in repr(list(box.entries())) + repr(log)
    assert list(box.entries())[0][3] == "+86*******5678"


@pytest.mark.parametrize(
    "number", ["", "+", "12", "1" * 21, "138 1234 5678", "１３８１２３４５６７８", "13812345678\r", "++861"]
)
def test_what_is_no_number_is_refused(tmp_path, clock, number):
    box = opened(tmp_path, clock)
    with pytest.raises(ValueError, match="notice"):
        box.queue("1-c", "sale_approved", "customer", number, TEXT)
    assert box.state("1-c") is None


@pytest.mark.parametrize("key", ["", "x" * 33, 'a"b', "a\\b", "a\n", "é"])
def test_a_key_that_records_cannot_be_found_by_is_refused(tmp_path, clock, key):
    with pytest.raises(ValueError, match="notice"):
        opened(tmp_path, clock).queue(key, "sale_approved", "customer", NUMBER, TEXT)


def test_a_text_of_more_than_four_parts_is_refused(tmp_path, clock):
    with pytest.raises(ValueError, match="parts"):
        opened(tmp_path, clock).queue("1-c", "sale_approved", "customer", NUMBER, "好" * 300)


def test_when_full_the_remedy_is_named_and_nothing_is_lost(tmp_path, clock):
    box = opened(tmp_path, clock)
    for i in range(64):
        assert box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
    with pytest.raises(OutboxFull, match="SIM and signal"):
        box.queue("x-c", "sale_approved", "customer", NUMBER, TEXT)
    assert box.open_count == 64
    assert box.cancel("000005-c")
    assert box.queue("x-c", "sale_approved", "customer", NUMBER, TEXT)
    box = opened(tmp_path, clock)
    assert box.open_count == 64
    assert box.state("000005-c")[:2] == ("failed", "cancelled")
    # texts that are not in memory come from the journal
    entries = {entry.key: box.text(entry) for entry, _ in box.open_parts()}
    assert len(entries) == 64 and set(entries.values()) == {TEXT}
    assert sum(1 for entry, _ in box.open_parts() if entry.text is not None) <= 4


def test_offers_and_replies_come_last_and_leave_room(tmp_path, clock):
    box = opened(tmp_path, clock)
    for i in range(40):
        audience = "offer" if i % 2 else "reply"
        try:
            box.queue("low-%d" % i, "offer", audience, NUMBER, TEXT)
        except OutboxFull:
            assert i == 32
            break
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    with pytest.raises(OutboxFull):
        box.queue("low-x", "offer", "offer", NUMBER, TEXT)
    assert box.next()[0].key == "1-c"
    for i in range(2, 33):
        box.queue("%d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
    order = []
    for _ in range(64):
        entry, _ = box.next()
        order.append(entry.audience in ("offer", "reply"))
        box.begin(entry, 0)
        box.accepted(entry, 0, 1)
    assert order == [False] * 32 + [True] * 32
    # those that only wait for a report are in nobody's way
    assert box.queue("low-x", "offer", "offer", NUMBER, TEXT)


def test_notices_that_only_wait_for_a_report_make_room(tmp_path, clock):
    box = opened(tmp_path, clock)
    for i in range(64):
        box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
        entry, _ = box.next()
        box.begin(entry, 0)
        box.accepted(entry, 0, i)
    assert box.queue("x-c", "sale_approved", "customer", NUMBER, TEXT)
    assert box.state("000000-c")[:2] == ("sent", "no report")
    assert box.state("000001-c")[:2] == ("sent", "")


def finish_many(box, count, tidy=True):
    largest = 0
    for i in range(count):
        box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
        entry, _ = box.next()
        box.begin(entry, 0)
        if i % 3:
            box.accepted(entry, 0, i & 0xFF)
            box.delivered(entry, 0, i & 0xFF)
        else:
            box.rejected(entry, 0, 1)
        if tidy:
            box.tidy()
        largest = max(largest, box._journal.size())
    return largest


def test_the_journal_stays_small_and_keeps_a_hundred_ends(tmp_path, clock):
    box = opened(tmp_path, clock)
    assert finish_many(box, 500) < 200_000
    before = list(box.entries())
    box = opened(tmp_path, clock)
    summaries = list(box.entries())
    assert summaries == before
    assert [s[0] for s in summaries] == ["%06d-c" % i for i in range(400, 500)]
    assert {s[4] for s in summaries} == {"delivered", "failed"}
    assert list(box.entries(3)) == summaries[-3:]
    assert not box.queue("000400-c", "sale_approved", "customer", NUMBER, TEXT)


def test_finished_notices_can_be_read_slowly_while_the_journal_is_compacted(tmp_path, clock):
    box = opened(tmp_path, clock)
    finish_many(box, 90)
    box.queue("open-c", "sale_approved", "customer", NUMBER, TEXT)
    seen = []
    for summary in box.entries():
        seen.append(summary[0])
        if len(seen) in (3, 40):
            box._compact()
    assert seen == ["%06d-c" % i for i in range(90)] + ["open-c"]


def test_a_full_medium_gives_up_old_ends_before_it_refuses_a_notice(tmp_path, clock):
    class Small(journal.Journal):
        room = 40_000

        def append(self, kind, payload):
            if self.size() + len(payload) > self.room:
                raise journal.Full
            return super().append(kind, payload)

    box = Outbox(Small(str(tmp_path)), protect, reveal, clock, ignore)
    finish_many(box, 300, tidy=False)
    ends = [summary[0] for summary in box.entries()]
    assert 12 <= len(ends) < 100 and ends[-1] == "000299-c"
    box = opened(tmp_path, clock)
    assert not box.queue("000299-c", "sale_approved", "customer", NUMBER, TEXT)


def test_an_end_that_found_no_room_is_known_and_stored_later(tmp_path, clock):
    class NoRoom(journal.Journal):
        full = False

        def append(self, kind, payload):
            if self.full:
                raise journal.Full
            return super().append(kind, payload)

    store = NoRoom(str(tmp_path))
    box = Outbox(store, protect, reveal, clock, ignore)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    entry, _ = box.next()
    box.begin(entry, 0)
    box.accepted(entry, 0, 7)
    store.full = True
    box.delivered(entry, 0, 7)
    assert box.state("1-c")[0] == "delivered"
    assert not box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    assert [s[4] for s in box.entries()] == ["delivered"]
    box._compact()
    assert opened(tmp_path, clock).state("1-c")[0] == "sent"  # as if the report had not come: never sent again
    store.full = False
    box.tidy()
    assert opened(tmp_path, clock).state("1-c")[0] == "delivered"


def test_a_compaction_that_finds_no_room_stops_nothing(tmp_path, clock):
    class NoRoom(journal.Journal):
        tries = 0

        def compact(self, keep):
            self.tries += 1
            raise journal.Full

    store = NoRoom(str(tmp_path))
    box = Outbox(store, protect, reveal, clock, ignore)
    finish_many(box, 200)
    assert 1 < store.tries < 10
    assert opened(tmp_path, clock).state("000198-c")[:2] == ("failed", "CMS 1")


def test_retries_wait_longer_each_time_and_end_with_the_validity(tmp_path, clock):
    async def main():
        import asyncio

        box = opened(tmp_path, clock, validity=7200, random=lambda: 0.5)
        box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
        entry, _ = box.next()
        waits = []
        while box.is_open(entry):
            box.begin(entry, 0)
            box.rejected(entry, 0, 331)
            waits.append(box.next()[1])
            await asyncio.sleep(waits[-1])
            box.expire()
        assert waits[:6] == [11, 33, 132, 660, 1980, 1980]
        assert box.state("1-c")[:2] == ("failed", "CMS 331")

    virtualclock.run(main())


@pytest.mark.parametrize("code", [1, 8, 21, 305])
def test_what_another_try_cannot_cure_fails_at_once(tmp_path, clock, code):
    box = opened(tmp_path, clock)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    entry, _ = box.next()
    box.begin(entry, 0)
    box.rejected(entry, 0, code)
    assert box.state("1-c")[:2] == ("failed", "CMS %d" % code)


def test_an_octet_lost_on_the_line_costs_no_notice(tmp_path, clock):
    async def main():
        box = opened(tmp_path, clock)
        for key in ("1-c", "2-c"):
            box.queue(key, "sale_approved", "customer", NUMBER, TEXT)
        lost, bad = box._open
        for _ in range(2):
            box.begin(lost, 0)
            box.rejected(lost, 0, 304)
        assert box.state("1-c")[:2] == ("queued", "CMS 304")
        box.begin(lost, 0)
        box.accepted(lost, 0, 7)
        assert box.state("1-c")[0] == "sent"
        # one that is bad after all must not go on for ever
        for _ in range(3):
            assert box.is_open(bad)
            box.begin(bad, 0)
            box.rejected(bad, 0, 304)
        assert box.state("2-c")[:2] == ("failed", "CMS 304")

    virtualclock.run(main())


def test_a_wall_clock_that_is_set_drops_no_notice(tmp_path, clock):
    async def main():
        clock.time = 0  # the battery was empty: 2000-01-01
        box = opened(tmp_path, clock)
        box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
        clock.time = START
        box.expire()
        assert box.state("1-c")[0] == "queued"
        again = opened(tmp_path, clock)
        again.expire()
        assert again.state("1-c")[0] == "queued"
        clock.time = START - 10_000_000
        third = opened(tmp_path, clock)
        third.expire()
        assert third.state("1-c")[0] == "queued"

    virtualclock.run(main())


def test_a_day_without_power_counts(tmp_path, clock):
    box = opened(tmp_path, clock)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    clock.time += 86402
    box = opened(tmp_path, clock)
    box.expire()
    assert box.state("1-c")[:2] == ("failed", "too late")


def test_a_damaged_number_fails_its_notice_only(tmp_path, clock):
    box = opened(tmp_path, clock)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    box.queue("2-c", "sale_approved", "customer", NUMBER, TEXT)

    def damaged(data, seen=[]):  # noqa: B006 - counts its calls
        seen.append(data)
        if len(seen) == 1:
            raise ValueError
        return reveal(data)

    box = Outbox(journal.Journal(str(tmp_path)), protect, damaged, clock, ignore)
    assert box.state("1-c")[:2] == ("failed", "number")
    assert box.state("2-c")[0] == "queued"


def test_records_of_another_form_are_passed_over_and_logged(tmp_path, clock):
    log = journal.Journal(str(tmp_path))
    for kind, payload in (
        ("new", b"{"),
        ("new", b"[]"),
        ("new", b'["k"]'),
        ("state", b"3"),
        ("end", b"null"),
        ("x", b'["k"]'),
    ):
        log.append(kind, payload)
    log.close()
    seen = []
    box = opened(tmp_path, clock, lambda event, detail: seen.append(event))
    assert box.open_count == 0 and seen.count("notice.record") == 5
    assert box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)


def test_a_full_medium_never_sends_what_it_could_not_store(tmp_path, clock):
    class NoRoom(journal.Journal):
        full = False

        def append(self, kind, payload):
            if self.full:
                raise journal.Full
            return super().append(kind, payload)

    store = NoRoom(str(tmp_path))
    box = Outbox(store, protect, reveal, clock, ignore)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    store.full = True
    with pytest.raises(journal.Full):
        box.queue("2-c", "sale_approved", "customer", NUMBER, TEXT)
    assert box.state("2-c") is None
    entry, _ = box.next()
    with pytest.raises(journal.Full):
        box.begin(entry, 0)
    assert box.state("1-c")[0] == "queued"
    store.full = False
    box.begin(entry, 0)
    store.full = True
    box.accepted(entry, 0, 5)  # it has happened: memory knows, flash will say "in doubt"
    assert entry.parts[0][0] == SENT
    assert opened(tmp_path, clock).state("1-c")[0] == "in_doubt"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("qbardcfx"), st.integers(0, 3)), max_size=30))
def test_a_reboot_at_any_time_finds_the_same_state(tmp_path_factory, steps):
    """Whatever order of events: what a restart reads is what was in memory, "sending" read as "in_doubt"."""
    directory = tmp_path_factory.mktemp("box")
    clock = Clock()
    box = opened(directory, clock)
    for action, i in steps:
        key = "%d-c" % (i % 2)
        part = i // 2
        if action == "q":
            box.queue(key, "sale_approved", "customer", NUMBER, TEXT * 3)
        entry = next((entry for entry, _ in box.open_parts() if entry.key == key), None)
        if entry is None:
            continue
        state = entry.parts[part][0]
        if action == "b" and state == 0:
            box.begin(entry, part)
        elif action == "a" and state == 1:
            box.accepted(entry, part, i)
        elif action == "r" and state == 1:
            box.rejected(entry, part, 500)
        elif action == "d" and state in (2, 5):
            box.delivered(entry, part, i)
        elif action == "c" and state == 5:
            box.carried(entry, part, i, "status 48")
        elif action == "f" and state == 2:
            box.failed(entry, part, "status 70")
        elif action == "x" and state == 1:
            box.doubt(entry, part)
    box.recover()
    again = opened(directory, clock)
    assert json.dumps(list(again.entries())) == json.dumps(list(box.entries()))


# sending again, when a person wants it


def gone(box, key="1-c", number=NUMBER, text=TEXT):
    box.queue(key, "sale_approved", "customer", number, text)
    entry = next(entry for entry, _ in box.open_parts() if entry.key == key)
    for i in range(len(entry.parts)):
        box.begin(entry, i)
        box.accepted(entry, i, 7 + i)
    return entry


def test_a_failed_notice_goes_again_to_the_corrected_number(tmp_path, clock):
    box = opened(tmp_path, clock)
    entry = gone(box)
    box.failed(entry, 0, "status 65")
    assert box.resend("1-c", "13900001111") == "1-c~2"
    box = opened(tmp_path, clock)
    entry, _ = box.next()
    assert (entry.number, box.text(entry), entry.event) == ("13900001111", TEXT, "sale_approved")
    box.begin(entry, 0)
    box.rejected(entry, 0, 1)
    assert box.resend("1-c~2") == "1-c~3"
    assert box.next()[0].number == "13900001111"


def test_what_the_phone_has_or_may_get_goes_again_only_by_force(tmp_path, clock):
    box = opened(tmp_path, clock)
    entry = gone(box)
    for key in ("1-c", "unknown"):
        with pytest.raises(ValueError, match="notice"):
            box.resend(key)
    assert box.resend("1-c", "13900001111", force=True) == "1-c~2"
    assert box.state("1-c")[0] == "sent"  # still followed up
    box.delivered(entry, 0, 7)
    with pytest.raises(ValueError, match="has it"):
        box.resend("1-c")
    assert box.resend("1-c", force=True) == "1-c~3"
    entry = gone(box, "2-c")
    box.begin(entry, 0)
    with pytest.raises(ValueError, match="moment"):
        box.resend("2-c", force=True)
    box.doubt(entry, 0)
    with pytest.raises(ValueError, match="yet"):
        box.resend("2-c")
    assert box.resend("2-c", force=True) == "2-c~2"


def test_an_early_end_without_report_does_not_mean_it_cannot_arrive(tmp_path, clock):
    box = opened(tmp_path, clock)
    for i in range(64):
        gone(box, "%d-c" % i)
    gone(box, "x-c")
    assert box.state("0-c")[:2] == ("sent", "no report")
    with pytest.raises(ValueError, match="yet"):
        box.resend("0-c")
    clock.time += 2 * 86400
    assert box.resend("0-c") == "0-c~2"


def test_one_still_to_be_sent_is_replaced_whenever_the_power_fails(tmp_path, clock):
    for at in range(1, 20):
        directory = str(tmp_path / str(at))
        box = opened(directory, clock)
        box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
        cut = Cut(at)
        try:
            box = Outbox(cut.journal(journal.Journal(directory)), protect, reveal, clock, ignore)
            assert box.resend("1-c", "13900001111") == "1-c~2"
        except PowerCut:
            pass
        again = opened(directory, clock)
        states = {s[0]: (s[4], s[5]) for s in again.entries()}
        assert states in (
            {"1-c": ("queued", "")},
            {"1-c": ("failed", "cancelled"), "1-c~2": ("queued", "")},
        ), at
        assert again.open_count == 1
        if not cut.off:
            assert at > 5
            return
    raise AssertionError("never ends")


def test_what_is_sent_cannot_be_cancelled(tmp_path, clock):
    box = opened(tmp_path, clock)
    gone(box)
    assert not box.cancel("1-c")
    assert not box.cancel("unknown")
    box.queue("2-c", "sale_approved", "customer", NUMBER, TEXT)
    assert box.cancel("2-c") and not box.cancel("2-c")


# what others learn


def test_the_evidence_of_open_and_finished_notices(tmp_path, clock):
    box = opened(tmp_path, clock)
    ended = []
    box.on_end = lambda summary, gone: ended.append(summary)
    box.queue("1-c", "sale_approved", "customer", NUMBER, "好" * 100)
    entry, _ = box.next()
    entry.air = conditions(17, 5, True)
    box.begin(entry, 0)
    box.rejected(entry, 0, 38)
    clock.time += 9
    box.begin(entry, 0)
    box.accepted(entry, 0, 7)
    for reader in (box, opened(tmp_path, clock)):
        found = reader.evidence("1-c")
        assert found["number"] == "138****5678"
        assert (found["state"], found["signal"], found["registration"], found["supply"]) == ("sending", 17, 5, True)
        assert found["parts"] == [("sent", 7, "", 2, START + 9), ("queued", None, "", 0, 0)]
        assert (found["tries"], found["created"]) == (2, START)
    box.begin(entry, 1)
    box.accepted(entry, 1, 8)
    box.delivered(entry, 1, 8)
    box.failed(entry, 0, "status 65")
    assert ended == list(box.entries())
    found = opened(tmp_path, clock).evidence("1-c")
    assert (found["state"], found["cause"], found["signal"]) == ("failed", "status 65", 17)
    assert [part[:2] for part in found["parts"]] == [("failed", 7), ("delivered", 8)]
    assert box.evidence("x") is None
    assert list(box.history(1)) == [("sale_approved", "customer", "failed", "status 65", 2, START, START + 9, 0)]
    clock.time += 3 * 86400
    assert list(box.history(1)) == []


def test_a_listener_without_room_does_not_stop_the_outbox(tmp_path, clock):
    def listener(summary, gone):
        raise journal.Full

    box = opened(tmp_path, clock)
    box.on_end = listener
    entry = gone(box)
    box.delivered(entry, 0, 7)
    assert box.state("1-c")[0] == "delivered"
