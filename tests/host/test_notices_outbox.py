"""The outbox through full stores, clocks that jump, damaged records and reboots."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import journal
import virtualclock
from notices_network import START
from terminal.notices.entry import SENT
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
    assert sum(1 for entry, _ in box.open_parts() if entry.text is not None) <= 8


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


def test_the_journal_stays_small_and_keeps_twelve_ends(tmp_path, clock):
    box = opened(tmp_path, clock)
    largest = 0
    for i in range(300):
        box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
        entry, _ = box.next()
        box.begin(entry, 0)
        if i % 3:
            box.accepted(entry, 0, i & 0xFF)
            box.delivered(entry, 0, i & 0xFF)
        else:
            box.rejected(entry, 0, 1)
        box.tidy()
        largest = max(largest, sum(os.path.getsize(tmp_path / name) for name in os.listdir(tmp_path)))
    assert largest < 60_000
    box = opened(tmp_path, clock)
    summaries = list(box.entries())
    # ends that the last compaction has not passed yet count as known, never more than twelve
    assert [s[0] for s in summaries] == ["%06d-c" % i for i in range(288, 300)]
    assert {s[4] for s in summaries} == {"delivered", "failed"}


def test_a_compaction_that_finds_no_room_stops_nothing(tmp_path, clock):
    class NoRoom(journal.Journal):
        tries = 0

        def compact(self, keep):
            self.tries += 1
            raise journal.Full

    store = NoRoom(str(tmp_path))
    box = Outbox(store, protect, reveal, clock, ignore)
    for i in range(100):
        box.queue("%06d-c" % i, "sale_approved", "customer", NUMBER, TEXT)
        entry, _ = box.next()
        box.begin(entry, 0)
        box.rejected(entry, 0, 1)
        box.tidy()
    assert 1 < store.tries < 5
    assert opened(tmp_path, clock).state("000099-c")[:2] == ("failed", "CMS 1")


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


@pytest.mark.parametrize("code", [1, 8, 21, 304])
def test_what_another_try_cannot_cure_fails_at_once(tmp_path, clock, code):
    box = opened(tmp_path, clock)
    box.queue("1-c", "sale_approved", "customer", NUMBER, TEXT)
    entry, _ = box.next()
    box.begin(entry, 0)
    box.rejected(entry, 0, code)
    assert box.state("1-c")[:2] == ("failed", "CMS %d" % code)


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
@given(st.lists(st.tuples(st.sampled_from("qbarpdcfx"), st.integers(0, 3)), max_size=30))
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
        elif action == "p" and state == 0:
            box.postponed(entry, part, "modem")
        elif action == "d" and state in (2, 5):
            box.delivered(entry, part, i)
        elif action == "c" and state == 5:
            box.carried(entry, part, i)
        elif action == "f" and state == 2:
            box.failed(entry, part, "status 70")
        elif action == "x" and state == 1:
            box.doubt(entry, part)
    box.recover()
    again = opened(directory, clock)
    assert json.dumps(list(again.entries())) == json.dumps(list(box.entries()))
