"""Answers by SMS: they count for exactly one open question of that number in its time, and never change money."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk_shop import CUSTOMER, OTHER, START, play, protect, reveal
from sms import Deliver
from terminal.notices.questions import Questions, voucher
from terminal.notices.reading import read

FIRST = "000001.000012-c"
SECOND = "000001.000013-c"
MOBILE = "13812345678"  # as keyed in at the terminal
DAY = 86400


@pytest.fixture
def run(tmp_path, monkeypatch):
    return lambda story: play(tmp_path, monkeypatch, story)


def asked(till, *keys, seconds=3600, number=MOBILE):
    for key in keys:
        assert till.desk.ask(key, number, "cancelled", seconds)


def states(till):
    return till.desk.status()["questions"]


@pytest.mark.parametrize(
    "text", ["1", "１", " 1。", "是", "确认！", "y", "Yes", "ＯＫ", "1 000012", "000012,1", "1 是"]
)
def test_what_means_yes_confirms(run, text):
    async def story(till):
        asked(till, FIRST)
        await till.says(CUSTOMER, text)
        assert till.confirmed == [FIRST] and till.checked == []
        assert till.replies() == ["reply_confirmed 000012"]
        assert states(till) == {"yes": 1}

    run(story)


@pytest.mark.parametrize("text", ["2", "２", "否", "N", "no.", "没有", "不是", "2 12", "12 2", "２　０００１２"])
def test_what_means_no_is_checked(run, text):
    async def story(till):
        asked(till, FIRST)
        await till.says(CUSTOMER, text)
        assert till.confirmed == [] and till.checked == [(FIRST, "no")]
        assert till.replies() == ["reply_check 000012"]

    run(story)


@pytest.mark.parametrize(
    "text", ["1 2", "1 1", "12", "11", "是不是", "1 000012 谢谢", "yes no", "1000012", "嗯", "1 1234567"]
)
def test_what_is_neither_or_both_confirms_nothing_and_is_asked_about_later_once(run, text):
    async def story(till):
        asked(till, FIRST, seconds=7200)
        await till.says(CUSTOMER, text)
        assert not till.confirmed and not till.checked and not till.replies()
        await asyncio.sleep(700)
        assert till.replies() == ["question_again 000012"]
        await till.says(CUSTOMER, text + " ")
        assert till.checked == [(FIRST, "unclear")]
        assert till.replies()[1:] == ["reply_check 000012"]
        await till.says(CUSTOMER, "1")
        assert till.confirmed == [FIRST]
        await asyncio.sleep(2 * DAY)
        assert till.replies().count("question_again 000012") == 1

    run(story)


@pytest.mark.parametrize(
    "sender",
    [
        OTHER,
        "+13812345678",  # a foreign telephone with the same digits
        "12345678",  # the last eight
        "10086",
        "BANK",
        "",
    ],
)
def test_nobody_else_can_answer(run, sender):
    async def story(till):
        asked(till, FIRST)
        await till.says(sender, "1", "2", "1 000012")
        assert not till.confirmed and not till.checked
        assert states(till) == {"open": 1}

    run(story)


@pytest.mark.parametrize("sender", ["13812345678", "8613812345678", "+8613812345678"])
@pytest.mark.parametrize("number", ["13812345678", "+8613812345678"])
def test_national_and_international_form_are_one_number(run, sender, number):
    async def story(till):
        asked(till, FIRST, number=number)
        await till.says(sender, "1")
        assert till.confirmed == [FIRST]

    run(story)


def test_of_several_open_ones_the_slip_must_be_named(run):
    async def story(till):
        asked(till, FIRST, SECOND)
        await till.says(CUSTOMER, "1")
        assert not till.confirmed
        assert till.checked == [(FIRST, "several"), (SECOND, "several")]
        assert till.replies() == ["question_again 000013"]
        await till.says(CUSTOMER, "1 000012")
        assert till.confirmed == [FIRST]
        # now only one is open
        await till.says(CUSTOMER, "1")
        assert till.confirmed == [FIRST, SECOND]
        assert states(till) == {"yes": 2}
        # told how at once: not a second time
        await asyncio.sleep(2 * DAY)
        assert len(till.replies()) == 3

    run(story)


def test_a_slip_nobody_asked_about_is_told_how_and_checked(run):
    async def story(till):
        asked(till, FIRST)
        await till.says(CUSTOMER, "1 000099")
        assert not till.confirmed and till.checked == [(FIRST, "slip")]
        assert till.replies() == ["question_again 000012"]
        await till.says(CUSTOMER, "2 000012")
        assert till.checked[1:] == [(FIRST, "no")]

    run(story)


@pytest.mark.parametrize(("first", "second"), [("1", "2"), ("2", "1")])
def test_a_contradiction_is_checked_for_good(run, first, second):
    async def story(till):
        asked(till, FIRST)
        await till.says(CUSTOMER, first, second)
        assert till.checked[-1] == (FIRST, "contradiction")
        assert states(till) == {"check": 1}
        confirmed = list(till.confirmed)
        await till.says(CUSTOMER, "1", "1 000012")
        assert till.confirmed == confirmed
        assert states(till) == {"check": 1}

    run(story)


def test_the_same_answer_again_changes_nothing(run):
    async def story(till):
        asked(till, FIRST)
        await till.says(CUSTOMER, "1", "是", "1 12")
        assert set(till.confirmed) == {FIRST} and not till.checked
        assert states(till) == {"yes": 1}

    run(story)


@pytest.mark.parametrize("text", ["1", "2", "嗯"])
def test_an_answer_repeated_after_a_power_cut_is_about_the_same_question(run, text):
    async def story(till):
        asked(till, FIRST)
        await till.desk.handle(CUSTOMER, text, till.clock.seconds(), 77)
        # the power fails before the message is done; another question is asked before its handling is repeated
        before = states(till), list(till.confirmed), list(till.checked)
        asked(till, SECOND)
        till.boot()
        await till.desk.handle(CUSTOMER, text, till.clock.seconds(), 77)
        after = states(till)
        after["open"] -= 1
        assert {state: count for state, count in after.items() if count} == before[0]
        assert set(till.confirmed) == set(before[1]) and set(till.checked) == set(before[2])
        assert len(till.replies()) == (text in "12")

    run(story)


def test_an_ambiguous_answer_repeated_stays_ambiguous(run):
    async def story(till):
        asked(till, FIRST, SECOND)
        await till.says(CUSTOMER, "2 12")
        for _ in range(3):
            await till.desk.handle(CUSTOMER, "1 99", till.clock.seconds(), 77)
        assert not till.confirmed
        assert states(till) == {"no": 1, "unclear": 1}
        assert set(till.checked) == {(FIRST, "no"), (FIRST, "slip"), (SECOND, "slip")}

    run(story)


def test_an_answer_after_the_end_is_noted_and_changes_nothing(run):
    async def story(till):
        asked(till, FIRST, seconds=600)
        await asyncio.sleep(700)
        assert till.replies() == ["question_again 000012"]
        await asyncio.sleep(700)
        assert states(till) == {"unanswered": 1}
        await till.says(CUSTOMER, "2")
        assert not till.confirmed and not till.checked
        assert states(till) == {"unanswered": 1}
        with_late = list(
            Questions(till.folder + "/questions", protect, reveal, till.clock.seconds, till._log).entries()
        )
        assert [entry[5] for entry in with_late] == ["no"]
        assert till.replies()[1:] == ["reply_help"]
        assert till.desk.status()["days"][-1][1]["late"] == 1

    run(story)


def test_an_answer_sent_in_time_counts_although_the_terminal_was_off(run):
    async def story(till):
        asked(till, FIRST, seconds=600)
        await asyncio.sleep(500)
        answer = till.message(CUSTOMER, "1")
        till.task.cancel()
        await asyncio.sleep(4 * 3600)
        till.boot()
        till.incoming.take(answer)
        await asyncio.sleep(5)
        assert till.confirmed == [FIRST]

    run(story)


def test_an_answer_from_before_the_question_counts_for_nothing(run):
    async def story(till):
        answer = till.message(CUSTOMER, "1")
        await asyncio.sleep(1000)
        asked(till, FIRST)
        await till.arrives(answer)
        assert not till.confirmed and states(till) == {"open": 1}

    run(story)


def test_without_an_answer_it_is_asked_again_once_and_not_at_night(run):
    async def story(till):
        asked(till, FIRST, seconds=9 * 3600 + 600)  # 21:10
        await asyncio.sleep(9 * 3600 + 1200)
        assert till.replies() == []
        till.boot()
        await asyncio.sleep(11 * 3600)  # 8:20
        assert till.replies() == []
        await asyncio.sleep(3600)
        assert till.replies() == ["question_again 000012"]
        assert till.box.taken[0][0] == "reply-" + FIRST
        await till.says(CUSTOMER, "1")
        assert till.confirmed == [FIRST]

    run(story)


def test_a_full_outbox_asks_again_later(run):
    async def story(till):
        asked(till, FIRST, seconds=600)
        till.box.full = True
        await asyncio.sleep(1300)
        assert till.replies() == [] and states(till) == {"open": 1}
        till.box.full = False
        await asyncio.sleep(700)
        assert till.replies() == ["question_again 000012"]

    run(story)


def test_unclear_to_the_end_is_checked(run):
    async def story(till):
        asked(till, FIRST, seconds=7200)
        await till.says(CUSTOMER, "嗯嗯")
        await asyncio.sleep(6 * 3600)
        assert till.checked == [(FIRST, "unclear")]
        assert states(till) == {"check": 1}

    run(story)


def test_sixteen_are_kept_settled_ones_give_way_first(run):
    async def story(till):
        for i in range(16):
            asked(till, "000001.%06d-c" % i, number="137%08d" % i)
        assert not till.desk.ask("000001.000003-c", "13700000003", "cancelled", 60)
        await till.says("13700000005", "1")
        asked(till, "000001.000016-c", number="13700000016")
        assert states(till) == {"open": 16}
        assert not any("dropped" in line for line in till.log)
        asked(till, "000001.000017-c", number="13700000017")
        assert "question.dropped 000001.000000-c" in till.log
        assert states(till) == {"open": 16}
        await till.says("13700000017", "1")
        assert till.confirmed == ["000001.000005-c", "000001.000017-c"]

    run(story)


def test_questions_may_be_answered_while_requests_are_switched_off(run):
    async def story(till):
        till.settings["requests"] = False
        asked(till, FIRST)
        await till.says(CUSTOMER, "1", "CX 000012 0018", "FK 好", "hello")
        assert till.replies() == ["reply_confirmed 000012"]
        assert till.desk.status()["days"][-1][1]["off"] == 3

    run(story)


def test_limits_of_a_question(tmp_path):
    questions = Questions(str(tmp_path / "q"), protect, reveal, lambda: START, lambda event, detail: None)
    for key, kind, seconds in (("", "k", 1), ("x" * 27, "k", 1), ("x", "k" * 17, 1), ("x", "k", 0)):
        with pytest.raises(ValueError, match="out of range"):
            questions.open(key, MOBILE, kind, seconds)
    assert [voucher(key) for key in (FIRST, "000001.000012-c~2", "x", "", "1.1234567-c", "a.１-c")] == [
        12,
        12,
        -1,
        -1,
        -1,
        -1,
    ]


def test_a_spoilt_file_or_number_stops_nothing(tmp_path):
    path = tmp_path / "q"
    path.write_text('[1,2]\nnot json\n{"a":1}\n["%s","k","00",1,2,"open",0,0,2,""]\n' % FIRST, encoding="utf-8")
    log = []
    questions = Questions(str(path), protect, reveal, lambda: START, lambda event, detail: log.append(event))
    assert questions.answer(CUSTOMER, "yes", None, START, 1) == ("", "", [])
    assert questions.due() == [(FIRST, "", "unanswered")]
    questions.moved(FIRST, "unanswered")
    assert questions.due() == []
    assert "question.record" in log


OPERATIONS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 3), st.sampled_from([MOBILE, OTHER[3:]])),
    st.tuples(
        st.just("say"),
        st.sampled_from([CUSTOMER, OTHER, "+8613912121212"]),
        st.sampled_from(["1", "2", "1 000001", "2 000001", "1 000002", "嗯", "CX 000012 0018", "1 2"]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 400, 5000, 90000]), st.none()),
    st.tuples(st.just("boot"), st.none(), st.none()),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATIONS, max_size=14))
def test_whatever_happens_a_confirmation_has_a_yes_of_that_number_in_its_time(
    tmp_path_factory, monkeypatch, operations
):
    owners = {}
    said = []

    async def story(till):
        for what, a, b in operations:
            if what == "ask":
                key = "000001.%06d-c" % a
                if till.desk.ask(key, b, "cancelled", 3600):
                    owners[key] = "+86" + b
            elif what == "say":
                before = len(till.confirmed)
                await till.says(a, b)
                said.append((a, b))
                for key in till.confirmed[before:]:
                    assert owners[key] == a and b[0] == "1" and b != "1 2"
                    assert len(b) == 1 or int(b[2:]) == voucher(key)
            elif what == "wait":
                await asyncio.sleep(a)
            else:
                till.boot()
        for key in owners:
            # asked again once at most
            assert sum(entry[0] == "reply-" + key for entry in till.box.taken) <= 1
        assert len(till.replies()) <= len(said) + len(owners)

    with monkeypatch.context() as patch:
        play(tmp_path_factory.mktemp("q"), patch, story, limit=90 * DAY)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=500))
def test_any_text_is_read_and_only_the_table_means_something(text):
    found = read(text)
    assert found.kind in ("yes", "no", "query", "feedback", "help", "robot", "")
    if found.kind in ("yes", "no"):
        assert len(text.encode("utf-8", "replace")) >= 1
    if found.kind == "query":
        assert 0 <= found.slip <= 999999 and len(found.tail) == 4 and found.tail.isdigit()


def test_reading_takes_no_longer_than_the_text_is_long():
    import time

    for text in ("1" * 500, "查询" * 250, "1 " * 250, "FK" + "，" * 498, "１" * 500):
        begin = time.process_time()
        for _ in range(10):
            read(text)
        assert time.process_time() - begin < 0.5


def test_the_whole_way_from_the_pdu(tmp_path, monkeypatch):
    """A message as the network brings it, in UCS-2 from the national form of the number."""
    import sms

    pdu = "00040B813118325476F8000862111221000023" + "02" + "FF11"
    deliver = sms.parse(pdu)
    assert isinstance(deliver, Deliver)

    async def story(till):
        asked(till, FIRST)
        await till.arrives(deliver)
        assert till.confirmed == [FIRST]

    play(tmp_path, monkeypatch, story)
