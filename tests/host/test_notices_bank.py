"""The bank's own messages: read as banks write them, believed from known senders only, compared with the records."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.notices import bank_ledger, bank_reading
from terminal.notices.bank import Bank

EVENING = bank_ledger.seconds("2026-11-21 20:45:00")
TEXT = "您尾号1234的卡11月21日20:45消费支出人民币23.50元，余额1,234.56元。"

# as Chinese banks phrase them, cards and amounts invented
MESSAGES = [
    (TEXT, "debit", 2350, (None, 11, 21), 20, 45),
    ("您尾号1234卡11月21日20:45POS支出(消费示例商店)23.50元，余额1,234.56元。【某银行】", "debit", 2350, (None, 11, 21), 20, 45),
    ("【某银行】您尾号1234账户11月21日20:45完成消费交易人民币-23.50，余额1234.56。", "debit", 2350, (None, 11, 21), 20, 45),
    ("您的借记卡/账户1234于11月21日POS消费支取人民币23.50元，余额1234.56【某银行】", "debit", 2350, (None, 11, 21), None, None),
    ("您账户*1234于2026年11月21日20时45分在示例商店快捷支付￥1,023.50，余额：￥1234.56", "debit", 102350, (2026, 11, 21), 20, 45),
    ("信用卡末四位1234，2026-11-21 20:45，消费RMB23.5，可用额度RMB20,000.00。", "debit", 2350, (2026, 11, 21), 20, 45),
    ("11-21 20:45 您的卡6222****1234消费 23.50 元", "debit", 2350, (None, 11, 21), 20, 45),
    ("尾号为１２３４的信用卡11月21日20：45扣款￥２３．５０", "debit", 2350, (None, 11, 21), 20, 45),
    ("您的余额变动：尾号1234支出23.50元，手续费0.00元", "debit", 2350, None, None, None),
    ("您尾号1234的卡11月22日09:05消费撤销入账23.50元，余额1258.06元", "return", 2350, (None, 11, 22), 9, 5),
    ("尾号1234的账户26-11-22 09:05退货23.50元", "return", 2350, (2026, 11, 22), 9, 5),
    ("您尾号1234的卡11月22日9:05收入（转账）人民币1000元", "credit", 100000, (None, 11, 22), 9, 5),
]  # fmt: skip


@pytest.mark.parametrize("row", MESSAGES, ids=[row[0][:12] for row in MESSAGES])
def test_messages_of_banks_are_read(row):
    text, kind, fen, date, hour, minute = row
    message = bank_reading.read(text)
    assert (message.kind, message.tail, message.amount) == (kind, "1234", fen)
    assert (message.date, message.hour, message.minute) == (date, hour, minute)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "您的验证码是123456，尾号1234的卡消费23.50元",
        "尾号1234的卡本期账单日已到，应还23.50元",
        "消费满减，满100元立减20元",
        "您尾号1234的卡消费成功",
        "您尾号12345的卡消费23.50元",
        "您尾号1234的卡余额23.50元，可用额度1000元，消费提醒",
        "您尾号1234的卡消费23.505元",
        "尾号1234卡消费" + "9" * 300 + "元",
    ],
)
def test_what_reports_no_transaction_is_none(text):
    assert bank_reading.read(text) is None


@given(st.text(max_size=700))
def test_no_text_upsets_the_reader(text):
    message = bank_reading.read(text)
    assert message is None or (len(message.tail) == 4 and 0 < message.amount <= 9999999999)


@given(
    st.integers(1, 99999999),
    st.sampled_from(("尾号%s的卡", "账户*%s", "末四位%s", "(尾号：%s)", "卡尾号为%s")),
    st.sampled_from(("人民币%s元", "￥%s", "%s元", "RMB%s", "CNY %s", "人民币：%s")),
    st.booleans(),
    st.integers(0, 9999),
    st.sampled_from(
        ("11月21日20:45", "2026-11-21 20:45", "11-21 20:45", "2026年11月21日20时45分", "26-11-21 20:45:03")
    ),
    st.sampled_from((("消费", "debit"), ("支出", "debit"), ("退款", "return"), ("冲正", "return"), ("入账", "credit"))),
)
def test_every_combination_of_forms_gives_the_same_figures(fen, tail_form, amount_form, commas, tail, time, kind):
    amount = f"{fen / 100:,.2f}" if commas else f"{fen // 100}.{fen % 100:02d}"
    text = f"您{tail_form % f'{tail:04d}'}于{time}{kind[0]}{amount_form % amount}，余额99,999.99元"
    message = bank_reading.read(text)
    assert (message.kind, message.tail, message.amount) == (kind[1], f"{tail:04d}", fen)
    assert message.date[1:] == (11, 21)
    assert (message.hour, message.minute) == (20, 45)


class Desk:
    """A terminal's records, and the bank's messages about them."""

    def __init__(self, directory, senders="95588,95599"):
        self.directory = directory
        self.records = []
        self.logged = []
        self.time = EVENING
        self.bank = Bank(str(directory), {"bank_senders": senders}, self.search, lambda: self.time, self.log)

    def log(self, event, detail):
        self.logged.append(event)
        assert len(detail) < 80

    def search(self, tail, since):
        return [record for record in reversed(self.records) if record["card"][-4:] == tail and record["time"] >= since]

    def record(self, amount=2350, time="2026-11-21 20:45:03", state="approved", kind="sale", card="622202******1234"):
        trace = len(self.records) + 12
        record = {
            "type": kind,
            "trace": trace,
            "batch": 1,
            "amount": amount,
            "card": card,
            "time": time,
            "state": state,
        }
        record["issuer"] = "01020000"
        self.records.append(record)
        return f"000001.{trace:06d}"

    def take(self, text=TEXT, sender="95588"):
        return self.bank.take(sender, text, self.time)

    def counts(self):
        return {name: count for name, count in self.bank.status().items() if count}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_the_bank_and_the_record_agree(desk):
    key = desk.record()
    assert desk.bank.verdict(key) == ""
    assert desk.take()
    assert desk.bank.verdict(key) == "ok"
    assert desk.counts() == {"agrees": 1}
    assert desk.logged == []


@pytest.mark.parametrize("sender", ["10086", "+8613812345678", "955881", "95588 ", "", "BANK", "9558"])
def test_nobody_else_is_believed(desk, sender):
    key = desk.record()
    assert not desk.take(sender=sender)
    assert desk.bank.verdict(key) == ""
    assert desk.counts() == {"ignored": 1}
    assert not desk.bank.take(sender, "您好", desk.time)
    assert desk.counts() == {"ignored": 1}, "an ordinary message is not a bank's"


def test_without_a_list_nothing_is_read(tmp_path):
    desk = Desk(tmp_path, "")
    assert not desk.take(sender="")
    assert not desk.take()
    assert desk.counts() == {}


def test_an_advertisement_of_the_bank_changes_nothing(desk):
    assert desk.take("信用卡分期优惠，回复T退订")
    assert desk.counts() == {"unread": 1}
    assert not (desk.directory / "bank.txt").exists()


def test_another_amount_is_reported(desk):
    key = desk.record(amount=2300)
    desk.take()
    assert desk.bank.verdict(key) == "different"
    assert desk.logged == ["bank.amount"]


def test_another_time_is_late(desk):
    key = desk.record(time="2026-11-21 15:00:00")
    desk.take()
    assert desk.bank.verdict(key) == "late"
    assert desk.logged == ["bank.late"]


def test_another_card_or_another_day_is_no_such_transaction(desk):
    desk.record(card="622202******9999")
    desk.record(time="2026-11-10 20:45:00")
    desk.take()
    assert desk.logged == ["bank.unknown"]
    assert desk.counts() == {"unknown": 1}


@pytest.mark.parametrize("state", ["cancelled", "declined"])
def test_a_charge_for_what_was_not_sold_is_reported(desk, state):
    key = desk.record(state=state)
    desk.take()
    assert desk.bank.verdict(key) == "different"
    assert desk.logged == ["bank.charged"]


def test_an_approved_sale_goes_before_the_declined_attempt(desk):
    declined = desk.record(state="declined", time="2026-11-21 20:45:00")
    approved = desk.record(time="2026-11-21 20:47:00")
    desk.take()
    assert (desk.bank.verdict(approved), desk.bank.verdict(declined)) == ("ok", "")


def test_two_sales_of_one_amount_have_a_message_each_and_a_third_is_too_much(desk):
    first = desk.record()
    second = desk.record(time="2026-11-21 20:47:00")
    desk.take()
    desk.take(TEXT.replace("20:45", "20:47"))
    assert (desk.bank.verdict(first), desk.bank.verdict(second)) == ("ok", "ok")
    desk.take(TEXT.replace("20:45", "20:46"))
    assert desk.logged == ["bank.twice"]
    assert "different" in (desk.bank.verdict(first), desk.bank.verdict(second))


def test_the_same_message_again_says_nothing_new(desk):
    desk.record()
    for _ in range(3):
        assert desk.take()
        desk.time += 60
    assert desk.counts() == {"agrees": 1}


def test_money_back_for_a_refund_and_for_a_reversed_sale(desk):
    back = "您尾号1234的卡11月21日20:46退货入账23.50元，余额99.00元"
    sale = desk.record()
    refund = desk.record(kind="refund", time="2026-11-21 20:46:00")
    desk.take(back)
    assert (desk.bank.verdict(refund), desk.bank.verdict(sale)) == ("ok", "")
    reversed_sale = desk.record(state="cancelled", amount=999)
    desk.take(back.replace("23.50", "9.99"))
    assert desk.bank.verdict(reversed_sale) == "ok"


def test_a_message_before_the_hosts_answer_is_looked_at_again(desk):
    key = desk.record(state="started")
    desk.take()
    assert desk.bank.verdict(key) == ""
    assert desk.bank.overdue() == 0
    desk.records[0]["state"] = "cancelled"
    assert desk.bank.overdue() == 1
    assert desk.bank.verdict(key) == "different"
    assert desk.logged == ["bank.open", "bank.charged"]


def usual(desk):
    for minute in (10, 20):
        desk.record(time=f"2026-11-21 18:{minute}:00")
        desk.take(TEXT.replace("20:45", f"18:{minute}"))


def test_a_message_is_missed_only_from_a_bank_that_usually_sends(desk):
    desk.record()
    assert not desk.bank.expected(desk.records[0])
    usual(desk)
    key = desk.record(time="2026-11-21 20:45:00", card="622202******7777")
    assert desk.bank.expected(desk.records[-1])
    assert not desk.bank.expected(desk.records[-1])
    assert desk.bank.overdue() == 0
    desk.time += 1801
    assert desk.bank.overdue() == 1
    assert desk.bank.verdict(key) == "missing"
    assert desk.logged == ["bank.missing"]
    assert desk.bank.overdue() == 0


def test_what_comes_in_time_or_after_all_is_not_missing(desk):
    usual(desk)
    first = desk.record(time="2026-11-21 20:45:00")
    desk.bank.expected(desk.records[-1])
    desk.take()
    second = desk.record(time="2026-11-21 21:00:00", amount=500)
    desk.bank.expected(desk.records[-1])
    desk.time += 7200
    assert desk.bank.overdue() == 1
    desk.take(TEXT.replace("20:45", "21:00").replace("23.50", "5.00"))
    assert (desk.bank.verdict(first), desk.bank.verdict(second)) == ("ok", "ok")
    assert "missing" not in desk.counts()


def test_the_year_of_a_message_in_december_that_comes_in_january(desk):
    desk.time = bank_ledger.seconds("2027-01-01 00:03:00")
    key = desk.record(time="2026-12-31 23:58:00")
    desk.take("尾号1234的卡12月31日23:58消费23.50元")
    assert desk.bank.verdict(key) == "ok"


def test_fifty_are_kept_and_nothing_but_tails_is_in_the_file(desk):
    for i in range(70):
        desk.record(amount=100 + i)
        desk.take(TEXT.replace("23.50", f"{(100 + i) / 100:.2f}"))
    rows = [json.loads(line) for line in (desk.directory / "bank.txt").read_text().splitlines()]
    assert len(rows) == 50
    assert rows[-1][4] == 169
    assert desk.counts() == {"agrees": 50}
    assert "622202" not in (desk.directory / "bank.txt").read_text()


@pytest.mark.parametrize("operation", ["open", "rename"])
def test_a_power_cut_while_a_verdict_is_stored_leaves_the_old_ones(desk, monkeypatch, operation):
    first = desk.record(amount=100)
    desk.take(TEXT.replace("23.50", "1.00"))
    second = desk.record()
    with monkeypatch.context() as patch:

        def cut(*arguments):
            raise OSError(5, "cut")

        patch.setattr(os, "rename", cut)
        if operation == "open":
            (desk.directory / "bank.txt.new").mkdir()
        with pytest.raises(OSError):
            desk.take()
    if operation == "open":
        (desk.directory / "bank.txt.new").rmdir()
    assert (desk.bank.verdict(first), desk.bank.verdict(second)) == ("ok", "")
    desk.take()
    assert desk.bank.verdict(second) == "ok"


def test_a_full_medium_when_a_message_is_expected_does_not_disturb_the_sale(desk, monkeypatch):
    usual(desk)
    desk.record()
    (desk.directory / "bank.txt.new").mkdir()
    assert not desk.bank.expected(desk.records[-1])
    assert desk.logged == ["bank.storage"]
