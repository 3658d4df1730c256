"""Messages received: none lost and none handled twice, whatever the power, the medium and the network do."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import journal
import virtualclock
from desk_shop import CUSTOMER, OTHER, START, Clock, PowerCut, play, protect, reveal
from shop_power import Medium, Power
from sms import Deliver
from terminal.notices.incoming import Incoming

TIME = (2026, 11, 21, 11, 59, 0, 32)


@pytest.fixture
def run(tmp_path, monkeypatch):
    return lambda story: play(tmp_path, monkeypatch, story)


class Receiver:
    """An Incoming on a medium, whose handler only notes what it was given."""

    def __init__(self, folder, log=None):
        self.handled = []
        self.log = [] if log is None else log
        self.now = START
        self.refuse = 0
        self.folder = str(folder)
        self.boot()

    def boot(self):
        self.incoming = Incoming(
            journal.Journal(self.folder),
            protect,
            reveal,
            lambda: self.now,
            lambda event, detail: self.log.append(event + " " + detail),
            self.handle,
        )

    async def handle(self, sender, text, when, sequence):
        if self.refuse:
            self.refuse -= 1
            raise OSError(28, "no room")
        self.handled.append((sender, text, when, sequence))

    async def work(self, seconds=1):
        task = asyncio.create_task(self.incoming.run())
        await asyncio.sleep(seconds)
        task.cancel()
        return task

    def texts(self):
        return [text for _, text, _, _ in self.handled]


def message(text, sender=CUSTOMER, second=0, concat=None, timestamp=TIME, wide=False):
    stamp = None if timestamp is None else (*timestamp[:5], second, timestamp[6])
    return Deliver(sender, text, None, stamp, concat, wide)


def test_a_message_is_handled_once_in_order_and_with_the_networks_time(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(message("一", second=1))
        receiver.incoming.take(message("二", second=2))
        await receiver.work()
        assert [entry[:3] for entry in receiver.handled] == [(CUSTOMER, "一", START - 59), (CUSTOMER, "二", START - 58)]
        receiver.boot()
        await receiver.work()
        assert receiver.texts() == ["一", "二"]
        assert receiver.incoming.open_count == 0

    virtualclock.run(main())


@pytest.mark.parametrize(
    ("timestamp", "when"),
    [
        (TIME, START - 60),
        (None, START),
        ((2026, 11, 21, 13, 0, 0, 32), START),  # not yet
        ((2026, 11, 1, 12, 0, 0, 32), START),  # no message takes 20 days
        ((2099, 12, 31, 0, 0, 0, 0), START),
    ],
)
def test_a_time_that_cannot_be_is_replaced_by_ours(tmp_path, timestamp, when):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(Deliver(CUSTOMER, "x", None, timestamp, None))
        await receiver.work()
        assert receiver.handled[0][2] == when

    virtualclock.run(main())


def test_what_network_or_sim_bring_again_is_known_also_after_a_reboot(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        for i in range(31):
            receiver.incoming.take(message("text %d" % i))
            await receiver.work(0.1)
        receiver.incoming.take(message("1", second=5))
        receiver.incoming.take(message("1", second=5))
        await receiver.work()
        receiver.boot()
        for i in range(31):
            receiver.incoming.take(message("text %d" % i))
        receiver.incoming.take(message("1", second=5))
        await receiver.work()
        assert len(receiver.handled) == 32
        # the same words later, or of somebody else, are another message
        receiver.incoming.take(message("1", second=6))
        receiver.incoming.take(message("1", sender=OTHER, second=5))
        await receiver.work()
        assert receiver.texts()[32:] == ["1", "1"]

    virtualclock.run(main())


def test_marks_outlive_compaction_and_flash_stays_small(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        largest = 0
        for i in range(300):
            receiver.incoming.take(message("第%d条" % i, second=i % 60))
            await receiver.work(0.01)
            largest = max(largest, receiver.incoming.journal.size())
            if i > 31:
                again = Receiver(tmp_path)
                again.incoming.take(message("第%d条" % (i - 31), second=(i - 31) % 60))
                assert again.incoming.open_count == 0
        assert largest < 20_000
        receiver.boot()
        for i in range(268, 300):
            receiver.incoming.take(message("第%d条" % i, second=i % 60))
        await receiver.work()
        assert len(receiver.handled) == 300

    virtualclock.run(main())


def test_parts_come_in_any_order_and_over_a_power_cut(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        parts = [message(text, concat=(9, 3, i + 1)) for i, text in enumerate(("一", "二", "三"))]
        other = [message(text, sender=OTHER, concat=(9, 2, i + 1)) for i, text in enumerate(("甲", "乙"))]
        for part in (parts[2], other[0], parts[0]):
            receiver.incoming.take(part)
            await receiver.work(0.1)
            receiver.boot()
        assert receiver.handled == []
        receiver.incoming.take(parts[0])
        receiver.incoming.take(parts[1])
        receiver.incoming.take(other[1])
        await receiver.work()
        assert receiver.texts() == ["一二三", "甲乙"]
        assert receiver.incoming.open_count == 0

    virtualclock.run(main())


def test_a_part_that_never_comes_leaves_a_mark_in_the_text_after_an_hour(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(message("开头", concat=(1, 3, 1)))
        receiver.incoming.take(message("结尾", concat=(1, 3, 3)))
        receiver.now += 3600
        await receiver.work()
        assert receiver.handled == []
        receiver.now += 1
        await receiver.work()
        assert receiver.texts() == ["开头…结尾"]

    virtualclock.run(main())


def test_a_reused_reference_mixes_no_two_messages(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(message("旧一", second=1, concat=(1, 2, 1)))
        receiver.incoming.take(message("新一", second=2, concat=(1, 2, 1)))
        receiver.incoming.take(message("二", second=3, concat=(1, 2, 2)))
        receiver.now += 3601
        await receiver.work()
        assert sorted(receiver.texts()) == ["新一…", "旧一二"]

    virtualclock.run(main())


def test_references_of_8_and_of_16_bits_are_different_ones(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(message("短一", concat=(7, 2, 1)))
        receiver.incoming.take(message("长二", concat=(7, 2, 2), wide=True))
        receiver.boot()
        receiver.incoming.take(message("长一", concat=(7, 2, 1), wide=True))
        receiver.incoming.take(message("短二", concat=(7, 2, 2)))
        await receiver.work()
        assert sorted(receiver.texts()) == ["短一短二", "长一长二"]

    virtualclock.run(main())


def test_parts_without_end_fill_neither_memory_nor_the_way_of_others(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        for i in range(200):
            receiver.incoming.take(message("%d" % i, second=i % 60, concat=(i, 255, 1 + i % 255)))
            await receiver.work(0.01)
            assert receiver.incoming.open_count <= 13
        receiver.incoming.take(message("1"))
        await receiver.work()
        assert "1" in receiver.texts()
        assert all(len(text) <= 500 for text in receiver.texts())

    virtualclock.run(main())


def test_the_longest_message_is_cut_to_500_characters(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        for i in range(1, 12):
            receiver.incoming.take(message("好" * 67, second=i, concat=(3, 11, i)))
        await receiver.work()
        assert receiver.texts() == ["好" * 500]

    virtualclock.run(main())


def test_twenty_wait_and_the_next_stays_on_the_sim(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        for i in range(20):
            receiver.incoming.take(message("%d" % i))
        with pytest.raises(OSError, match="20 messages wait"):
            receiver.incoming.take(message("20"))
        await receiver.work()
        receiver.incoming.take(message("20"))
        await receiver.work()
        assert receiver.texts() == ["%d" % i for i in range(21)]

    virtualclock.run(main())


def test_a_full_medium_leaves_the_message_on_the_sim_and_what_was_handled_is_not_repeated(run):
    async def story(till):
        till.medium.room = 0
        await till.says(CUSTOMER, "CX 000012 0018")
        assert till.sim and not till.handled
        till.medium.heal()
        till.fetch()
        await asyncio.sleep(1)
        assert till.replies() == ["reply_state 000012 0018 23.50 成功"]
        # stored, but neither count nor answer can be: once more when there is room
        till.medium.fail("requests", 3)
        await till.says(CUSTOMER, "FK 好")
        assert len(till.replies()) == 1
        await asyncio.sleep(300)
        assert till.replies()[1:] == ["reply_feedback"]
        assert till.incoming.open_count == 0

    run(story)


def test_a_done_that_cannot_be_stored_is_owed_and_paid_later(tmp_path, monkeypatch):
    medium = Medium(tmp_path)
    medium.install(monkeypatch)
    medium.power = Power()

    async def main():
        receiver = Receiver(str(tmp_path) + "/incoming")
        receiver.incoming.take(message("1"))
        medium.fail("s0", 9)
        await receiver.work(200)
        assert receiver.texts() == ["1"]
        medium.heal()
        await receiver.work(100)
        receiver.boot()
        await receiver.work()
        assert receiver.texts() == ["1"]
        assert any("sms.storage" in line for line in receiver.log)

    virtualclock.run(main())


def test_a_handler_without_room_is_asked_again_a_minute_later(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.refuse = 10
        receiver.incoming.take(message("1"))
        await receiver.work(300)
        assert not receiver.handled
        await receiver.work(600)
        assert receiver.texts() == ["1"]

    virtualclock.run(main())


def test_a_message_that_stops_the_task_is_set_aside_and_the_next_one_handled(tmp_path):
    class Broken(Receiver):
        async def handle(self, sender, text, when, sequence):
            self.handled.append((sender, text, when, sequence))
            if text == "poison":
                raise KeyError("a fault in a handler")

    async def main():
        receiver = Broken(tmp_path)
        receiver.incoming.take(message("poison"))
        receiver.incoming.take(message("1"))
        for boot in range(6):
            if boot % 2:
                receiver.boot()
            task = await receiver.work()
            await asyncio.sleep(0)
            if task.done() and not task.cancelled():
                assert isinstance(task.exception(), KeyError)
        assert receiver.texts() == ["poison"] * 3 + ["1"] or receiver.texts()[-1] == "1"
        assert receiver.texts().count("poison") <= 6
        assert any("sms.set_aside" in line for line in receiver.log)

    virtualclock.run(main())


def test_octets_are_no_message_and_damage_costs_one_record(tmp_path):
    async def main():
        receiver = Receiver(tmp_path)
        receiver.incoming.take(Deliver(CUSTOMER, "", b"\x01\x02", TIME, None))
        assert receiver.incoming.open_count == 0
        receiver.incoming.take(message("a"))
        receiver.incoming.take(message("b"))
        receiver.incoming.journal.append("in", b"[not json")
        receiver.incoming.journal.append("done", b"7")
        receiver.incoming.journal.append("in", b'[5, 1, 1, "00", null, "sender damaged"]')
        receiver.boot()
        await receiver.work()
        assert receiver.texts() == ["a", "b"]
        assert receiver.incoming.open_count == 0

    virtualclock.run(main())


STORY = [
    message("1", second=1),
    message("查询 000012", second=2, concat=(5, 2, 1)),
    message("FK 很好", sender=OTHER, second=3),
    message(" 0018", second=4, concat=(5, 2, 2)),
    message("你们几点开门", sender=OTHER, second=5),
]
ANSWERS = [
    "question_again 000012",
    "reply_confirmed 000012",
    "reply_feedback",
    "reply_help",
    "reply_state 000012 0018 23.50 成功",
]


def told(folder, monkeypatch, cuts):
    """The story with the power cut at these steps (each counted from the boot before); return the till."""

    async def story(till):
        till.desk.ask("000001.000012-c", CUSTOMER, "cancelled", 3600)
        till.sim.extend(STORY)
        till.cuts = []
        for cut in [*cuts, None]:
            till.boot()
            if cut is not None:
                till.medium.power.cut_at(*cut)
            try:
                for _ in range(8):
                    till.fetch()
                    await asyncio.sleep(1)
                if till.task.done():
                    till.task.result()
            except PowerCut:
                till.cuts.append(till.medium.power.last)
                continue
            if cut is not None:
                till.medium.power.stay()
        till.steps = till.medium.power.steps
        till.counts = till.desk.status()["days"][-1][1]

    return play(folder, monkeypatch, story)


def test_power_cut_at_every_write_loses_nothing_and_answers_nothing_twice(tmp_path, monkeypatch):
    whole = tmp_path / "whole"
    whole.mkdir()
    with monkeypatch.context() as patch:
        till = told(whole, patch, [])
    steps = till.steps
    assert sorted(till.replies()) == sorted(ANSWERS[1:])
    assert steps > 30
    names = set()
    for step in range(1, steps + 1):
        for tear in (None, 1):
            folder = tmp_path / f"{step}.{tear}"
            folder.mkdir()
            with monkeypatch.context() as patch:
                till = told(folder, patch, [(step, tear)])
            assert sorted(till.replies()) == sorted(ANSWERS[1:]), till.log
            assert set(till.confirmed) == {"000001.000012-c"} and not till.checked
            texts = [text for text, _ in till.handled]
            assert all(1 <= texts.count(text) <= 2 for text in ("1", "查询 000012 0018", "FK 很好", "你们几点开门")), (
                texts
            )
            assert len(texts) <= 5
            assert len(till.desk.feedback()) == 1
            assert till.counts == {"yes": 1, "query": 1, "feedback": 1, "help": 1, "answered": 4}
            assert not till.sim
            names.update(till.cuts)
    # none of the files was spared
    assert {"requests.new", "rename requests", "questions.new", "rename questions", "box.new"} <= names
    assert {"s00000001", "s00000001 torn"} <= names


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(1, 45), st.sampled_from([None, 1, 20])), min_size=2, max_size=2))
def test_two_power_cuts(tmp_path_factory, monkeypatch, cuts):
    with monkeypatch.context() as patch:
        till = told(tmp_path_factory.mktemp("cuts"), patch, cuts)
    assert sorted(till.replies()) == sorted(ANSWERS[1:])
    assert len(till.desk.feedback()) == 1


@settings(max_examples=60, deadline=None)
@given(
    sender=st.one_of(st.text(max_size=30), st.just(CUSTOMER)),
    text=st.text(st.characters(), max_size=600),
    concat=st.one_of(
        st.none(),
        st.tuples(st.integers(0, 65535), st.integers(1, 255), st.integers(1, 255)).filter(lambda c: c[2] <= c[1]),
    ),
)
def test_any_sender_and_text_is_taken_and_handled(tmp_path_factory, sender, text, concat):
    async def main():
        receiver = Receiver(tmp_path_factory.mktemp("any"))
        try:
            sender.encode()
        except UnicodeEncodeError:
            return
        receiver.incoming.take(message(text, sender=sender, concat=concat))
        receiver.boot()
        receiver.now += 4000
        await receiver.work()
        assert receiver.incoming.open_count == 0
        assert len(receiver.handled) == (sender != "" and (concat is None or concat[2] <= 8))

    virtualclock.run(main())


def test_the_clock_of_the_tests_is_the_terminals():
    async def main():
        clock = Clock()
        assert clock.seconds() == START and clock.moment()[:4] == (2026, 11, 21, 12)

    virtualclock.run(main())
