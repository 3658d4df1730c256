"""The texts of the notices: complete, short, and closed to whatever stands in a field."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.notices import templates

HERE = Path(templates.__file__).parent
LANGUAGES = ("zh", "en")
FIELDS = {
    "merchant": "示例商店",
    "time": "2026-11-21 20:45:03",
    "amount": "23.50",
    "type": "消费",
    "place": "示例路",
    "tail": "1234",
    "result": "成功",
    "reason": "",
    "advice": "请保管好小票",
    "hotline": "4001234567",
    "voucher": "000012",
}


def data(language="zh"):
    return json.loads((HERE / f"templates_{language}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_both_audiences_and_takes_two_parts_at_most(language):
    texts = templates.load(language)
    for event in templates.REQUIRED:
        for audience in templates.AUDIENCES:
            assert (event, audience) in texts.events()
            encoding, units, parts = texts.preview(event, audience)
            assert parts <= 2
            assert encoding == ("ucs2" if language == "zh" else "gsm7")
            assert language == "en" or units <= 134


def test_chinese_sale_reads_as_ordered():
    text = templates.load("zh").render("sale_approved", "customer", FIELDS)
    assert text == (
        "【示例商店】尾号1234的卡11月21日20:45在示例路消费￥23.50成功，凭证000012。请保管好小票。客服4001234567"
    )
    assert len(text) <= 70  # one part


@pytest.mark.parametrize("audience", templates.AUDIENCES)
def test_a_chinese_approval_of_usual_length_takes_one_part(audience):
    fields = {
        "merchant": "五个字商店",
        "time": "2026-11-21 20:45",
        "amount": "123.50",
        "place": "人民路店",
        "tail": "1234",
        "hotline": "4001234567",
        "voucher": "000012",
    }
    encoding, units, parts = templates.load("zh").preview("sale_approved", audience, fields)
    assert (encoding, parts) == ("ucs2", 1) and units <= 70


def test_english_sale_stays_in_the_gsm_alphabet_although_the_amount_brings_a_wide_yuan_sign():
    fields = dict(
        FIELDS, merchant="Corner Shop", place="Main St", type="sale", result="approved", advice="Keep the slip."
    )
    texts = templates.load("en")
    text = texts.render("sale_approved", "customer", dict(fields, amount="￥1,234.50"))
    assert text == (
        "Corner Shop: sale of CNY 1,234.50 approved, card ending 1234, 21 Nov 20:45, Main St, voucher 000012. "
        "Keep the slip. Hotline 4001234567"
    )
    assert texts.preview("sale_approved", "customer", fields)[0] == "gsm7"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", templates.REQUIRED)
@pytest.mark.parametrize("audience", templates.AUDIENCES)
def test_a_notice_names_all_that_a_customer_needs(language, event, audience):
    text = templates.load(language).render(event, audience, dict(FIELDS, reason="余额不足", result="不成"))
    for field in ("merchant", "amount", "type", "place", "tail", "result", "advice", "hotline"):
        assert FIELDS[field] in text or field == "result"
    assert "不成" in text and "20:45" in text
    assert event == "sale_approved" or "余额不足" in text


def test_what_is_empty_leaves_no_gap():
    text = templates.load("zh").render("sale_declined", "customer", dict(FIELDS, place="", reason="", result="失败"))
    assert "在消费" not in text and "原因：银行未批准" in text
    text = templates.load("en").render("sale_approved", "customer", dict(FIELDS, place="", voucher=""))
    assert ", ," not in text and "voucher" not in text


def test_moments_in_all_forms():
    texts = templates.load("en")
    for moment in ((2026, 1, 2, 3, 4), [2026, 1, 2, 3, 4, 5], "2026-01-02 03:04", "2026-01-02 03:04:05"):
        assert "2 Jan 03:04" in texts.render("sale_approved", "customer", dict(FIELDS, time=moment))
    assert "noon" in texts.render("sale_approved", "customer", dict(FIELDS, time="noon"))
    for moment in ((2026, 13, 1, 0, 0), (2026, 1), 7, "2026-1x-02 03:04"):
        with pytest.raises(templates.TemplateError) as caught:
            texts.render("sale_approved", "customer", dict(FIELDS, time=moment))
        assert caught.value.field == "time"


def mutated(change):
    broken = copy.deepcopy(data())
    change(broken["events"])
    return broken


@pytest.mark.parametrize("field", templates.MANDATORY)
@pytest.mark.parametrize("audience", templates.AUDIENCES)
def test_a_text_without_a_mandatory_field_is_refused(field, audience):
    def change(events):
        text = events["sale_declined"][audience]["text"]
        events["sale_declined"][audience]["text"] = text.replace("{" + field + "}", "")

    with pytest.raises(templates.TemplateError) as caught:
        templates.Templates(mutated(change))
    assert (caught.value.event, caught.value.field) == ("sale_declined", field)


@pytest.mark.parametrize(
    ("addition", "field"),
    [
        ("{pan}", "pan"),
        ("{", ""),
        ("{tail", "tail"),
        ("}", None),
        ("[", ""),
        ("]", None),
        ("[[x]]", ""),
        ("{ tail}", " tail"),
    ],
)
def test_unknown_fields_and_broken_braces_are_named(addition, field):
    def change(events):
        events["sale_cancelled"]["merchant"]["text"] += addition

    with pytest.raises(templates.TemplateError) as caught:
        templates.Templates(mutated(change))
    assert caught.value.event == "sale_cancelled"
    assert field is None or caught.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        lambda events: events.pop("sale_cancelled"),
        lambda events: events["sale_approved"].pop("merchant"),
        lambda events: events["sale_approved"]["customer"].pop("text"),
        lambda events: events["sale_approved"].update(colour="red"),
        lambda events: events["sale_approved"].update(result=3),
        lambda events: events.update(sale_approved=[]),
        lambda events: events["sale_approved"]["customer"].update(text="x" * 500),
    ],
)
def test_a_file_that_is_not_whole_is_refused(change):
    with pytest.raises(templates.TemplateError):
        templates.Templates(mutated(change))


def test_another_event_is_data_only():
    def change(events):
        events["refund_goods"] = copy.deepcopy(events["sale_approved"])

    texts = templates.Templates(mutated(change))
    assert texts.render("refund_goods", "customer", FIELDS)


@pytest.mark.parametrize("content", ["", "[]", "{}", "{", '{"events": 3}'])
def test_files_that_are_none(tmp_path, content):
    (tmp_path / "templates_xx.json").write_text(content)
    with pytest.raises(templates.TemplateError):
        templates.load("xx", str(tmp_path))
    with pytest.raises(templates.TemplateError):
        templates.load("fr")


@pytest.mark.parametrize("tail", ["", "123", "12345", "12a4", "１２３４", "6222020000001234", None, 1234])
def test_the_tail_is_four_digits_and_nothing_else(tail):
    with pytest.raises(templates.TemplateError) as caught:
        templates.load("zh").render("sale_approved", "customer", dict(FIELDS, tail=tail))
    assert caught.value.field == "tail"
    assert "6222" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"), [("amount", "USD 3"), ("amount", "1" * 17), ("voucher", "1-2"), ("pan", "1")]
)
def test_numbers_are_numbers(field, value):
    with pytest.raises(templates.TemplateError) as caught:
        templates.load("zh").render("sale_approved", "customer", dict(FIELDS, **{field: value}))
    assert caught.value.field == field


def test_fields_are_data_not_template():
    text = templates.load("zh").render(
        "sale_declined",
        "customer",
        dict(FIELDS, reason="{tail}[x]{", merchant="店\r\n\x00\u202e铺", advice="请重试。。"),
    )
    assert "原因：{tail}[x]{" in text
    assert "【店  铺】" in text
    assert "请重试。客服" in text


@pytest.mark.parametrize(
    "card", ["6222020000001234", "6222 0200 0000 1234", "6222-0200-0000-1234 9", "６２２２０２００００００１２３４"]
)
def test_a_card_number_that_strays_into_a_field_is_blotted_out(card):
    text = templates.load("zh").render("sale_declined", "customer", dict(FIELDS, reason="卡" + card + "无效"))
    assert "卡****无效" in text


@given(
    st.dictionaries(st.sampled_from(("merchant", "place", "reason", "advice", "type", "result")), st.text(max_size=300))
)
def test_no_field_makes_a_notice_long_or_unprintable(values):
    fields = dict(FIELDS, **values)
    try:
        text = templates.load("zh").render("sale_declined", "merchant", fields)
    except templates.TemplateError as error:
        assert error.field in ("merchant", "advice", "type", "result")  # nothing visible in it
        return
    assert len(text) < 268
    text.encode("utf-8")
    assert all(c >= " " and c not in "\x7f\u202e\u2028" for c in text)
