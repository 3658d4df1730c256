"""`posterm sms preview`: the shop sees its notices before the customers do, and a wrong text is named."""

import json

import gsmmodem.pdu
import pytest


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_notice_with_its_parts(command, language):
    done = command("sms", "preview", "--language", language, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"sale_approved", "sale_cancelled", "refund_approved_goods", "trial", "reply_help"} <= {
        r["event"] for r in rows
    }
    for row in rows:
        # the oracle counts what it would send
        parts = gsmmodem.pdu.encodeSmsSubmitPdu("13812345678", row["text"], reference=0)
        assert row["parts"] == len(parts) <= row["longest"] <= 4, row["event"]
        assert row["encoding"] == ("ucs2" if language == "zh" else "gsm7")


def test_one_notice_for_people(command):
    done = command("sms", "preview", "--event", "sale_approved")
    assert done.returncode == 0
    assert "￥23.50" in done.stdout and "sale_approved to the merchant" in done.stdout


def test_an_unknown_notice_is_answered_with_the_list(command):
    done = command("sms", "preview", "--event", "nonsense")
    assert done.returncode != 0
    assert "sale_approved" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("customer.text = {merchant} {foo}", ("line 2", "foo", "unknown field")),
        ("customer.text = {merchant}{time}{amount}", ("line 2", "missing")),
        ("customer.text = {merchant", ("line 2", "brace")),
        ("customer.text = " + "长" * 390, ("sale_approved",)),
    ],
)
def test_a_shops_own_wrong_text_is_named_with_line_and_remedy(command, tmp_path, line, said):
    (tmp_path / "templates_zh.txt").write_text(f"[sale_approved]\n{line}\n", encoding="utf-8")
    done = command("sms", "preview", "--templates", tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    for word in said:
        assert word in done.stderr, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["templates_zh.txt"]


def test_a_shops_own_text_is_shown(command, tmp_path):
    text = "【{merchant}】{time}卡{tail}{type}{amount}元{result}，{advice}，电话{hotline}，谢谢惠顾"
    (tmp_path / "templates_zh.txt").write_text(f"[sale_approved]\ncustomer.text = {text}\n", encoding="utf-8")
    done = command("sms", "preview", "--templates", tmp_path, "--event", "sale_approved")
    assert done.returncode == 0, done.stderr
    assert "谢谢惠顾" in done.stdout


def test_a_folder_without_texts_is_named(command, tmp_path):
    done = command("sms", "preview", "--templates", tmp_path)
    assert done.returncode != 0
    assert "does not exist" in done.stderr
