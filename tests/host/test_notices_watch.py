"""The watch: what the shop is told about its SMS, over alarms, months, restarts and power cuts."""

import datetime
import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import journal
from terminal.notices.watch import Watch
from test_journal import Disk, PowerCut

LOG = sys.modules["journal.log"]
EPOCH = datetime.datetime(2000, 1, 1)


def at(*moment):
    return int((datetime.datetime(*moment) - EPOCH).total_seconds())


START = at(2026, 11, 21, 20, 45)


class Clock:
    def __init__(self, seconds=START):
        self.seconds = seconds

    def __call__(self):
        return self.seconds


class Shop:
    """One terminal's watch, on storage that outlives it."""

    def __init__(self, directory, **settings):
        self.directory = str(directory)
        self.settings = {"sms_price": 10, "sms_budget": 0} | settings
        self.clock = Clock()
        self.events = []
        self.count = 0
        self.start()

    def start(self):
        self.watch = Watch(journal.Journal(self.directory), self.settings, self.clock, self.note)

    def note(self, event, detail):
        self.events.append((event, detail))

    def end(self, state="delivered", cause="", seconds=6, parts=1, event="sale_approved", audience="customer", **gone):
        self.count += 1
        sent = self.clock() if state in ("sent", "delivered") else 0
        delivered = sent + seconds if state == "delivered" else 0
        key = "000001.%06d-c" % self.count
        self.watch.ended(
            (key, event, audience, "138****5678", state, cause, parts, self.clock(), sent, delivered), **gone
        )

    def ends(self, count, *args, **changes):
        for _ in range(count):
            self.end(*args, **changes)

    def changes(self, name):
        """How an alarm came and went."""
        return [event.split(".")[1] for event, detail in self.events if detail.startswith(name + ":")]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path / "watch")


def test_figures_of_a_mixed_day(shop):
    for seconds in (4, 5, 6, 7, 8, 9, 10, 60, 600):
        shop.end(seconds=seconds)
    shop.ends(2, "failed", "CMS 331")
    shop.end("failed", "status 70")
    shop.end("sent", "no report")
    status = shop.watch.status()
    assert (status["known"], status["delivered"], status["failed"], status["no_report"]) == (12, 9, 3, 1)
    assert status["rate"] == 75
    assert (status["p50"], status["p90"], status["p99"]) == (8, 600, 600)
    assert status["causes"] == {"CMS 331": 2, "status 70": 1, "no report": 1}
    assert (status["month"], status["parts"], status["cost"]) == ("2026-11", 10, 100)
    json.dumps(status)  # as the console gives it to other systems


def test_a_new_terminal_has_no_figures_and_no_alarms(shop):
    status = shop.watch.status()
    assert (status["rate"], status["p50"], status["p99"], status["causes"]) == (None, None, None, {})
    assert (status["month"], status["parts"], status["alarms"]) == ("2026-11", 0, ())


@given(st.lists(st.integers(0, 5 * 86400), min_size=1, max_size=50))
def test_percentiles_are_those_of_the_nearest_rank(tmp_path_factory, delays):
    shop = Shop(tmp_path_factory.mktemp("watch") / "w")
    for seconds in delays:
        shop.end(seconds=seconds)
    status = shop.watch.status()
    for percent in (50, 90, 99):
        value = status["p%d" % percent]
        assert value in delays
        assert sum(d <= value for d in delays) * 100 >= percent * len(delays)
        assert sum(d < value for d in delays) * 100 < percent * len(delays)


def test_only_the_latest_50_count(shop):
    shop.ends(50, "failed", "CMS 8")
    assert shop.watch.status()["rate"] == 0
    shop.ends(30)
    assert shop.watch.status()["rate"] == 60
    shop.ends(20, seconds=9)
    status = shop.watch.status()
    assert (status["rate"], status["known"], status["causes"], status["p50"]) == (100, 50, {}, 6)


def test_what_says_nothing_about_notices_is_not_in_the_rate_but_in_the_bill(shop):
    shop.end("failed", "cancelled", gone=1)
    shop.end("failed", "cancelled")
    shop.end("delivered", event="trial", audience="trial")
    shop.end("delivered", event="reply_state", audience="reply")
    shop.end("delivered", event="offer", audience="offer", parts=2)
    status = shop.watch.status()
    assert (status["known"], status["rate"], status["parts"]) == (0, None, 5)


def test_repeated_parts_are_paid_too(shop):
    shop.end("delivered", parts=2, gone=5)
    shop.end("failed", "CMS 38", parts=2, gone=1)
    shop.end("failed", "no sim", parts=2, gone=0)
    assert shop.watch.status()["parts"] == 6


def test_the_rate_alarm_comes_once_and_goes_once(shop):
    shop.ends(9, "failed", "CMS 331")
    assert shop.watch.alarms == ()  # nine are too few to say anything
    shop.end("failed", "CMS 331")
    assert shop.watch.alarms == ("rate",)
    shop.ends(45)
    assert shop.watch.status()["rate"] == 90
    assert shop.watch.alarms == ("rate",)  # not yet above 90 %
    shop.end()
    assert shop.watch.alarms == ()
    assert shop.changes("rate") == ["alarm", "clear"]


def test_a_rate_between_the_marks_changes_nothing(shop):
    for _ in range(20):
        shop.ends(17)
        shop.ends(3, "failed", "CMS 8")
    assert shop.events == []


def test_the_queue_alarm(shop):
    for count in (3, 10, 11, 9, 5, 12, 4, 9, 3):
        shop.watch.check(count)
    assert shop.changes("queue") == ["alarm", "clear"]
    shop.watch.check(64)
    assert shop.watch.alarms == ("queue",)
    assert shop.watch.status()["queue"] == 64


def test_a_long_queue_is_told_once_over_a_restart(shop):
    shop.watch.check(20)
    shop.end()
    shop.start()
    shop.end()
    shop.watch.check(15)
    assert shop.watch.alarms == ("queue",)
    assert shop.changes("queue") == ["alarm"]
    shop.watch.check(2)
    assert shop.changes("queue") == ["alarm", "clear"]


def test_unknown_fates_end_a_rate_alarm(shop):
    shop.ends(10, "failed", "CMS 331")
    shop.ends(41, "sent", "no report")
    assert shop.watch.alarms == ("reports",)
    assert ("watch.clear", "rate: 0 of 9 arrived") in shop.events


def test_budget_warnings_and_the_new_month(tmp_path):
    shop = Shop(tmp_path / "watch", sms_budget=20, sms_price=8)
    shop.ends(17)
    assert shop.watch.alarms == ()
    shop.end()
    assert shop.watch.alarms == ("budget",)
    shop.ends(2)
    assert shop.watch.alarms == ("budget", "spent")
    assert shop.watch.status()["cost"] == 160
    shop.clock.seconds = at(2026, 12, 1, 0, 0)
    shop.watch.check(0)
    assert shop.watch.alarms == ()
    status = shop.watch.status()
    assert (status["month"], status["parts"]) == ("2026-12", 0)
    assert shop.changes("budget") == shop.changes("spent") == ["alarm", "clear"]
    assert ("watch.alarm", "budget: 18 of 20 parts") in shop.events


def test_no_reports_at_all_are_noticed_and_one_report_ends_it(shop):
    shop.ends(5)
    for _ in range(9):
        shop.end("sent", "no report")
        shop.ends(2, "failed", "no sim")  # never left: says nothing about reports
    assert "reports" not in shop.watch.alarms
    shop.end("sent", "no report")
    assert "reports" in shop.watch.alarms
    shop.end("failed", "status 70")  # it did not arrive, but a report says so
    assert "reports" not in shop.watch.alarms
    assert shop.changes("reports") == ["alarm", "clear"]


def test_a_restart_keeps_figures_and_alarms_and_repeats_no_alarm(tmp_path):
    shop = Shop(tmp_path / "watch", sms_budget=30)
    shop.ends(30)
    shop.ends(10, "failed", "CMS 331")
    shop.ends(25)  # between the marks: only the alarm that was raised tells that it stands
    before = shop.watch.status()
    assert before["alarms"] == ("rate", "budget", "spent")
    events = list(shop.events)
    shop.start()
    assert shop.watch.alarms == before["alarms"]
    shop.watch.check(0)
    assert shop.watch.status() == before
    assert shop.events == events


@pytest.mark.parametrize("notices", [199, 200, 201, 420])
def test_storage_stays_small_and_compaction_changes_nothing(shop, notices):
    shop.ends(notices - 60, seconds=5)
    shop.ends(8, "failed", "CMS 42")
    shop.ends(52, seconds=9)
    shop.ends(40, event="offer", audience="offer")
    status = shop.watch.status()
    assert (status["parts"], status["known"], status["p50"]) == (notices - 8 + 40, 50, 9)
    shop.start()
    assert shop.watch.status() == status
    size = sum(os.path.getsize(os.path.join(shop.directory, name)) for name in os.listdir(shop.directory))
    assert size < 24 * 1024


def test_the_month_follows_the_calendar_for_200_years():
    from terminal.notices import watch

    day = datetime.datetime(2000, 1, 1)
    while day.year < 2200:
        seconds = int((day - EPOCH).total_seconds())
        assert watch._month(seconds) == day.year * 12 + day.month - 1, day
        assert watch._month(seconds - 1) == watch._month(seconds) - (day.day == 1), day
        day += datetime.timedelta(days=1 if day.day > 27 or day.day == 1 else 26)


def test_a_clock_that_jumps_loses_no_parts(shop):
    shop.ends(3)
    shop.clock.seconds = at(2026, 12, 1, 0, 0, 10)
    shop.end()
    shop.clock.seconds -= 20  # the host's time is a little behind
    shop.end()
    assert (shop.watch.status()["month"], shop.watch.status()["parts"]) == ("2026-11", 4)
    shop.clock.seconds += 40
    shop.start()
    shop.end()
    assert (shop.watch.status()["month"], shop.watch.status()["parts"]) == ("2026-12", 2)
    # years ahead by mistake, and back again
    shop.clock.seconds = at(2031, 5, 1)
    shop.end()
    shop.clock.seconds = at(2026, 12, 2)
    shop.end()
    assert (shop.watch.status()["month"], shop.watch.status()["parts"]) == ("2026-12", 3)


def test_a_clock_that_was_never_set_counts_into_the_month_it_knows(shop):
    shop.ends(3)
    shop.clock.seconds = 40
    shop.start()
    shop.end()
    assert (shop.watch.status()["month"], shop.watch.status()["parts"]) == ("2026-11", 4)


def test_a_time_that_cannot_be_is_no_delivery_time(shop):
    for seconds in (-86400, 40 * 86400):
        shop.end(seconds=seconds)
    assert shop.watch.status()["p50"] is None
    shop.end(seconds=7)
    assert shop.watch.status()["p99"] == 7


def test_a_full_medium_stops_nothing(shop, monkeypatch):
    shop.end()

    def full(*_):
        raise journal.Full

    monkeypatch.setattr(journal.Journal, "append", full)
    shop.ends(11, "failed", "CMS 331")
    assert [event for event, _ in shop.events].count("watch.storage") == 11
    assert "rate" in shop.watch.alarms  # what happened is known until the restart
    monkeypatch.undo()
    shop.end()
    assert shop.watch.status()["rate"] < 20


def test_records_of_another_form_are_passed_over(tmp_path):
    store = journal.Journal(str(tmp_path / "watch"))
    for payload in (b"", b"{}", b"[]", b"[1,2]", b'[1, 2, 3, "d", "", 4, ""]', b"\xff", b'"text"', b"null"):
        store.append("end", payload)
    shop = Shop(tmp_path / "watch")
    assert shop.watch.status()["rate"] is None
    assert [event for event, _ in shop.events] == ["watch.record"] * 8
    shop.ends(3)
    shop.start()
    assert shop.watch.status()["parts"] == 3


@pytest.mark.parametrize("unsynced", ["kept", "lost", "zeros"])
@pytest.mark.parametrize("lead", [1, 198])
def test_a_power_cut_at_every_byte_leaves_the_figures_of_a_moment(monkeypatch, lead, unsynced):
    """Three notices end; the second time round a compaction falls between. Whatever is cut, all or the latest is lost."""

    disk = Disk(unsynced)
    monkeypatch.setattr(LOG, "open", disk.open, raising=False)
    monkeypatch.setattr(LOG, "os", disk)
    Shop("watch").ends(lead)
    begun = {name: bytes(data) for name, data in disk.files.items()}

    def story(left):
        disk.files = {name: bytearray(data) for name, data in begun.items()}
        disk.synced = {name: len(data) for name, data in begun.items()}
        disk.left = None
        shop = Shop("watch")
        seen = [shop.watch.status()]
        disk.steps = 0
        disk.left = left
        try:
            for state, cause in (("delivered", ""), ("failed", "CMS 8"), ("sent", "no report")):
                shop.end(state, cause)
                seen.append(shop.watch.status())
        except PowerCut:
            pass
        steps = disk.steps
        disk.restart()
        shop.start()
        return shop, seen, steps

    _, every, steps = story(None)
    assert steps > (150 if lead == 1 else 2500)
    for left in range(0, steps, 1 if lead == 1 else 23):
        shop, seen, _ = story(left)
        status = shop.watch.status()
        # everything counted before the cut, and perhaps what was being counted
        assert status in (seen[-1], every[min(len(seen), 3)]), left
        shop.end()
        assert shop.watch.status()["parts"] == status["parts"] + 1
