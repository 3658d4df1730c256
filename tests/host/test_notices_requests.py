"""Customers' requests by SMS: the record to who knows slip and card, nothing to who guesses, no talk between robots."""

import asyncio
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import journal
import virtualclock
from desk_shop import CUSTOMER, OTHER, OWN, START, play, protect, reveal
from terminal.notices import templates
from terminal.notices.desk import Desk
from terminal.notices.feedback import Feedback, scrubbed
from terminal.notices.outbox import Outbox
from terminal.notices.senders import phone, same
from terminal.notices.tally import Tally

FOUND = "reply_state 000012 0018 23.50 成功"
DAY = 86400


@pytest.fixture
def run(tmp_path, monkeypatch):
    return lambda story: play(tmp_path, monkeypatch, story)


def counts(till):
    return till.desk.status()["days"][-1][1]


@pytest.mark.parametrize(
    "text",
    [
        "CX 000012 0018",
        "cx 12 0018",
        "查询 000012 0018",
        "查 12 0018",
        "查12，0018",
        "查询小票000012卡尾号0018",
        "ＣＸ　００００１２　００１８",
        "CX:000012/****0018",
        "CX0000120018",
        "Query 12-0018?",
        "\n查询\r\n000012\r\n0018\n",
    ],
)
def test_slip_and_card_give_the_record(run, text):
    async def story(till):
        await till.says(CUSTOMER, text)
        assert till.replies() == [FOUND]
        assert till.box.taken[0][2] == CUSTOMER and re.fullmatch("reply-[0-9a-f]{8}", till.box.taken[0][0])

    run(story)


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("approved", "sale", ("成功", "消费")),
        ("declined", "sale", ("未成功", "消费")),
        ("cancelled", "sale", ("已取消", "消费")),
        ("reversing", "sale", ("处理中", "消费")),
        ("pending", "refund", ("处理中", "退款")),
        ("review", "refund", ("待审核", "退款")),
        ("another", "another", ("未完成", "交易")),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_has_words_that_fit_the_notice(run, state, kind, words, language):
    class Fields:
        def render(self, event, audience, fields):
            self.fields = fields
            return templates.load(language).render(event, audience, fields)

    async def story(till):
        till.settings["language"] = language
        till.desk.words = Fields()
        till.records[0].update(state=state, type=kind)
        await till.says(CUSTOMER, "CX 12 0018")
        fields = till.desk.words.fields
        if language == "zh":
            assert (fields["result"], fields["type"]) == words
        assert fields["advice"] and len(fields["advice"]) <= 60
        assert fields["result"] in till.replies()[0] and fields["advice"] in till.replies()[0]
        assert fields["time"] == "2026-11-21 11:45:03"

    run(story)


def test_unknown_slip_and_wrong_tail_get_the_same_words(run):
    async def story(till):
        await till.says(CUSTOMER, "CX 000012 0019", "CX 000013 0018", "CX 0 0018")
        assert till.replies() == ["reply_unknown"] * 3
        assert counts(till)["unknown"] == 3

    run(story)


def test_a_record_is_told_only_when_slip_and_tail_are_its_own(run):
    async def story(till):
        till.desk.find = lambda slip, tail: till.records[0]  # a search that is less strict than it should be
        await till.says(CUSTOMER, "CX 000012 0019", "CX 000013 0018", "CX 000012 0018")
        assert till.replies() == ["reply_unknown", "reply_unknown", FOUND]

    run(story)


def test_after_five_wrong_ones_nothing_for_a_day_not_even_the_right_one(run):
    async def story(till):
        for i in range(5):
            await till.says(CUSTOMER, "CX 000012 %04d" % i)
            await asyncio.sleep(1800)
        asked = []
        till.desk.find = lambda slip, tail: asked.append(slip)
        await till.says(CUSTOMER, "CX 000012 0018")
        assert till.replies() == ["reply_unknown"] * 5 and not asked
        till.desk.find = till.find
        await till.says(OTHER, "CX 000012 0018")
        assert till.replies()[5:] == [FOUND]
        # neither a restart nor the next calendar day ends it
        till.boot()
        await asyncio.sleep(DAY - 5 * 3600)
        await till.says(CUSTOMER, "CX 000012 0018 ")
        assert len(till.replies()) == 6
        await asyncio.sleep(5 * 3600)
        await till.says(CUSTOMER, "CX 000012 0018")
        assert till.replies()[6:] == [FOUND]

    run(story)


def test_a_guess_that_cannot_be_counted_gets_no_answer(run):
    async def story(till):
        till.medium.fail("requests", 9)
        await till.says(CUSTOMER, "CX 000012 0019")
        assert till.replies() == []
        till.medium.heal()
        await asyncio.sleep(70)
        assert till.replies() == ["reply_unknown"]

    run(story)


def test_five_an_hour_and_twenty_a_day_for_a_number(run):
    async def story(till):
        for hour in range(8):
            for i in range(8):
                await till.says(CUSTOMER, "查 12 0018" + "!" * (hour * 8 + i))
            assert len(till.replies()) == min(20, 5 * (hour + 1))
            till.boot()
            await asyncio.sleep(3600 - 8)
        assert counts(till) == {"query": 64, "answered": 20, "limited": 44}
        await asyncio.sleep(DAY // 2)
        await till.says(CUSTOMER, "CX 12 0018")
        assert len(till.replies()) == 21

    run(story)


def test_sixty_a_day_in_all(run):
    async def story(till):
        for i in range(70):
            await till.says("+86137%08d" % i, "CX 12 0018")
        assert len(till.replies()) == 60
        assert counts(till)["query"] == 70
        await asyncio.sleep(DAY)
        await till.says(CUSTOMER, "CX 12 0018")
        assert len(till.replies()) == 61

    run(story)


def test_help_comes_once_a_day_for_help_words_and_unknown_text(run):
    async def story(till):
        await till.says(CUSTOMER, "帮助", "help", "几点开门", "CX", "?")
        assert till.replies() == ["reply_help"]
        await till.says(OTHER, "CX 9999999999999 0018")
        assert till.replies() == ["reply_help"] * 2
        await asyncio.sleep(DAY)
        await till.says(CUSTOMER, "？")
        assert till.replies() == ["reply_help"] * 3

    run(story)


@pytest.mark.parametrize("word", ["FK ", "反馈：", "feedback ", "意见", "ｆｋ　"])
def test_feedback_is_kept_and_thanked_for(run, word):
    async def story(till):
        await till.says(CUSTOMER, word + "很好, 我的卡6222020000000018, 电话138 1234 5678")
        assert till.replies() == ["reply_feedback"]
        entry = till.desk.feedback()[0]
        assert entry[1:] == [START, "+86*******5678", "很好, 我的卡************0018, 电话*******5678"]
        till.boot()
        assert till.desk.status()["feedback"] == 1
        assert b"6222020000000018" not in till.flash() and b"138 1234 5678" not in till.flash()

    run(story)


def test_fifty_are_kept_of_at_most_200_characters(tmp_path):
    for i in range(180):
        kept = Feedback(str(tmp_path))
        kept.store(i, START, "138****5678", "第%d条" % i + "好" * 600)
        kept.store(i, START, "138****5678", "again")
    entries = Feedback(str(tmp_path)).entries()
    assert len(entries) == 50 and entries[-1][0] == 179 and entries[0][0] == 130
    assert all(len(entry[3]) == 200 for entry in entries)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 120_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6222 0200 0000 0018", "************0018"),
        ("6222-0200-0000-0018!", "************0018!"),
        ("６２２２０２００００００００１８", "************0018"),
        ("12 元 34.5", "12 元 34.5"),
        ("a12345678b", "a12345678b"),
        ("a123456789b", "a*****6789b"),
        ("1\n2\x00", "1 2 "),
    ],
)
def test_what_feedback_shows_of_numbers(text, shown):
    assert scrubbed(text) == shown


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("0123456789０９ -.,好a"), max_size=300))
def test_no_nine_digits_in_a_row_outlive_scrubbing(text):
    assert not re.search(r"(\d[ .-]?){9}", scrubbed(text).replace("*", ""), re.ASCII) or not re.search(
        r"\d([ ./-]?\d){8}", scrubbed(text), re.ASCII
    )
    assert len(scrubbed(text)) <= 200


@pytest.mark.parametrize(
    "sender",
    ["10086", "95588", "1069012345678", "+8610690123", "12345678", "BANK", "", "*100#", "+", "+86", OWN, "+86" + OWN],
)
def test_services_names_and_ourselves_get_no_answer(run, sender):
    async def story(till):
        await till.says(sender, "CX 12 0018", "hello", "FK x", "1")
        assert till.replies() == []

    run(story)


@pytest.mark.parametrize(
    "text",
    [
        "【示例商店】小票000012，尾号0018…",
        "示例商店: sale of CNY 23.50",
        "[自动回复] 您好，我正在开会",
        "自动回复：开会中",
        "Auto-Reply: away",
        "Out of office",
        " 【银行】您尾号0018的卡支出23.50元",
    ],
)
def test_robots_and_our_own_words_get_no_answer(run, text):
    async def story(till):
        await till.says(CUSTOMER, text)
        assert till.replies() == [] and counts(till) == {"robot": 1}

    run(story)


def test_two_terminals_do_not_talk_to_each_other_for_ever(run):
    async def story(till):
        texts = templates.load("zh")
        fields = {"merchant": "另一商店", "voucher": "000012", "hotline": "95516"}
        for event in ("reply_help", "reply_unknown", "reply_feedback", "reply_check", "question_again"):
            for language in (texts, templates.load("en")):
                await till.says(CUSTOMER, language.render(event, "customer", fields))
        assert len(till.replies()) <= 1

    run(story)


def test_each_message_goes_to_the_first_that_takes_it(run):
    calls = []

    class Bank:
        def __init__(self, waits):
            self.waits = waits

        def take(self, sender, text, when):
            calls.append(("bank", text))
            return self.later(sender) if self.waits else sender == "95588"

        async def later(self, sender):
            await asyncio.sleep(0)
            return sender == "95588"

    class Consent:
        def take(self, sender, text, when):
            calls.append(("consent", text))
            return {"TD": "offer_left", "DY": "offer_joined", "T": ""}.get(text)

    async def story(till):
        till.desk.selftest_expects = lambda text: text == "TEST 4711"
        till.desk.consent = Consent()
        for waits in (False, True):
            till.desk.bank = Bank(waits)
            await till.says("95588", "支出%d" % waits)
            await till.says(OWN, "TEST 4711")
        assert till.replies() == [] and calls == [("bank", "支出0"), ("bank", "支出1")]
        await till.says(CUSTOMER, "TD", "DY", "T", "CX 12 0018")
        assert till.replies() == ["offer_left", "offer_joined", FOUND]
        assert counts(till) == {"bank": 2, "selftest": 2, "offer": 2, "query": 1, "answered": 3}

    run(story)


def test_while_a_payment_is_on_messages_are_stored_and_nothing_else_is_done(run):
    async def story(till):
        paying = [True]
        till.incoming.busy = lambda: paying[0]
        await till.says(CUSTOMER, "CX 12 0018")
        await asyncio.sleep(60)
        assert not till.handled and till.incoming.open_count == 1
        paying[0] = False
        await asyncio.sleep(3)
        assert till.replies() == [FOUND]

    run(story)


def test_figures_of_the_latest_seven_days(run):
    async def story(till):
        for _ in range(9):
            await till.says(CUSTOMER, "CX 12 0018")
            await asyncio.sleep(DAY)
        days = till.desk.status()["days"]
        assert len(days) == 7 and days[-1][0] - days[0][0] == 6
        assert all(count == {"query": 1, "answered": 1} for _, count in days)

    run(story)


def test_a_full_outbox_and_a_text_that_cannot_be_stop_nothing(run):
    class Refusing:
        def render(self, event, audience, fields):
            raise templates.TemplateError(event, "advice", "empty")

    async def story(till):
        till.box.full = True
        await till.says(CUSTOMER, "CX 12 0018")
        till.box.full = False
        words, till.desk.words = till.desk.words, Refusing()
        await till.says(CUSTOMER, "CX 12 0018!")
        till.desk.words = words
        await till.says(CUSTOMER, "CX 12 0018?")
        assert till.replies() == [FOUND]
        assert sum(line.startswith("reply.notqueued reply-0000000") for line in till.log) == 2

    run(story)


def test_numbers_that_are_blocked_are_not_forgotten_for_new_ones(tmp_path):
    now = [START]
    tally = Tally(str(tmp_path / "t"), protect, reveal, lambda: now[0])
    blocked = ["+86137%08d" % i for i in range(31)]
    sequence = 0
    for number in blocked:
        for _ in range(5):
            sequence += 1
            tally.spend(number, "unknown", sequence, True)
    for i in range(40):
        sequence += 1
        tally.spend("+86138%08d" % i, "query", sequence)
    tally = Tally(str(tmp_path / "t"), protect, reveal, lambda: now[0])
    assert all(tally.blocked(number) for number in blocked)
    now[0] += DAY + 1
    assert not any(tally.blocked(number) for number in blocked)
    # a clock that was set back blocks nobody for years
    now[0] -= 300 * DAY
    assert not any(tally.blocked(number) for number in blocked)


def test_a_repeated_message_gets_the_same_verdict_and_counts_once(tmp_path):
    tally = Tally(str(tmp_path / "t"), protect, reveal, lambda: START)
    assert tally.spend(CUSTOMER, "help", 1) and not tally.spend(CUSTOMER, "help", 2)
    assert not tally.spend(CUSTOMER, "help", 2)
    tally = Tally(str(tmp_path / "t"), protect, reveal, lambda: START)
    assert not tally.spend(CUSTOMER, "help", 2)
    assert tally.figures()[0][1] == {"help": 2, "answered": 1, "limited": 1}


@pytest.mark.parametrize(
    ("sender", "form"),
    [
        ("13812345678", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("+8613812345678", "+8613812345678"),
        ("+4915112345678", "+4915112345678"),
        ("+13812345678", "+13812345678"),
        ("4915112345678", ""),
        ("12812345678", ""),
        ("+8612812345678", ""),
        ("+0123456789", ""),
        ("１３８１２３４５６７８", ""),
    ],
)
def test_who_a_person_is(sender, form):
    assert phone(sender) == form
    assert same(sender, sender) == (form != "")
    assert not same("13812345678", "+13812345678")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([CUSTOMER, OTHER, "95588", "BANK"]), st.text(st.characters(), max_size=160)),
        max_size=8,
    )
)
def test_any_text_is_dealt_with_in_bounded_answers(tmp_path_factory, monkeypatch, messages):
    async def story(till):
        till.desk.words = templates.load("zh")
        for sender, text in messages:
            await till.says(sender, text)
        assert till.incoming.open_count == 0 and not till.sim
        assert not till.task.done()
        assert len(till.replies()) <= len(messages)
        assert all(len(text) <= 280 for text in till.replies())

    with monkeypatch.context() as patch:
        play(tmp_path_factory.mktemp("any"), patch, story)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_with_the_real_outbox_and_the_real_texts(tmp_path, language):
    """Every reply there is goes into the outbox under its own key, in at most two parts, behind the notices."""

    async def main():
        class Clock:
            def seconds(self):
                return START + int(asyncio.get_running_loop().time())

            def moment(self):
                return (2026, 11, 21, 12, 0, 0)

        log = []
        clock = Clock()
        words = templates.load(language)
        box = Outbox(
            journal.Journal(str(tmp_path / "outbox")), protect, reveal, clock.seconds, lambda *line: log.append(line)
        )
        record = {
            "type": "sale",
            "trace": 12,
            "batch": 1,
            "amount": 12345678,
            "card": "622202******0018",
            "time": "2026-11-21 11:45:03",
            "state": "declined",
        }
        settings = {
            "merchant_name": "二十个字的商店名称二十个字的商店名称二十"
            if language == "zh"
            else "A Shop with 20 lettrs",
            "hotline": "400123456789012",
            "language": language,
            "own_mobile": "",
            "requests": True,
            "quiet_from": 21,
            "quiet_to": 9,
        }
        desk = Desk(
            box,
            lambda slip, tail: record if (slip, tail) == (12, "0018") else None,
            words,
            settings,
            clock,
            lambda *line: log.append(line),
            str(tmp_path),
            protect,
            reveal,
        )
        desk.ask("000001.000012-c", CUSTOMER, "cancelled", 3600)
        desk.ask("000001.000013-c", OTHER, "cancelled", 600)
        sent = [
            (CUSTOMER, "1"),
            (CUSTOMER, "2"),
            (CUSTOMER, "CX 12 0018"),
            (CUSTOMER, "CX 12 0019"),
            (OTHER, "FK 好"),
            (OTHER, "帮助我"),
            (OTHER, "2"),
        ]
        for sequence, (sender, text) in enumerate(sent):
            for _ in range(2):
                await desk.handle(sender, text, clock.seconds(), sequence)
        await asyncio.sleep(1300)
        desk.tick()
        entries = list(box.entries())
        events = [
            "reply_confirmed",
            "reply_check",
            "reply_state",
            "reply_unknown",
            "reply_feedback",
            "reply_help",
            "reply_check",
        ]
        assert [(entry[0], entry[1], entry[2]) for entry in entries] == [
            ("reply-%08x" % i, event, "reply") for i, event in enumerate(events)
        ]
        assert all(entry[6] <= 2 for entry in entries)
        assert not [line for line in log if line[0] == "reply.notqueued"]
        assert CUSTOMER[-8:] not in json.dumps(log)

    virtualclock.run(main())
