"""The texts of the notices: complete, short, closed to whatever stands in a field, and a shop's own ones checked."""

import re

import gammu
import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu
from hypothesis import given
from hypothesis import strategies as st

from terminal.notices import templates, templates_text

LANGUAGES = ("zh", "en")
EVENTS = templates.load("zh").events()
NOTICES = ("sale", "void", "refund", "preauth", "completion")
MANDATORY = ("merchant", "time", "amount", "type", "tail", "result", "advice", "hotline")
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
VALUES = dict(
    FIELDS, original="000009", shortfall="5.00", code="4821", words="八折", reason="余额不足", expected="明天"
)


def fields_of(event):
    mandatory, optional, _ = templates_text.described(event)
    return {field: VALUES[field] for field in mandatory + optional if field in VALUES}


def sent_parts(text, foreign=gammu):
    """Parts as another program would send them."""
    if foreign is gammu:
        info = {"Class": -1, "Unicode": not is_gsm(text), "Entries": [{"ID": "ConcatenatedTextLong", "Buffer": text}]}
        return len(gammu.EncodeSMS(info))
    return len(encodeSmsSubmitPdu("13812345678", text))


def is_gsm(text):
    return all(ord(c) < 128 for c in text)


def test_every_event_of_the_terminal_has_its_texts():
    notices = ["sale", "void", "preauth", "completion"]
    expected = {f"{kind}_{state}" for kind in notices for state in ("approved", "declined", "cancelled")}
    expected |= {f"refund_approved_{reason}" for reason in ("order", "goods", "account", "other")}
    expected |= {"refund_pending", "refund_review", "refund_declined", "trial", "offer", "offer_joined", "offer_left"}
    expected |= {"reply_state", "reply_unknown", "reply_help", "reply_feedback", "reply_confirmed", "reply_check"}
    assert {event for event, _ in EVENTS} == expected | {"question_again", "sale_cancelled_ask"}
    for event in expected:
        if event.startswith(NOTICES):
            assert {audience for name, audience in EVENTS if name == event} == set(templates.AUDIENCES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_whole_and_usual_texts_take_two_parts_at_most(language):
    texts = templates.load(language)
    texts.check()
    for event, audience in EVENTS:
        encoding, units, parts = texts.preview(event, audience)
        assert parts <= 2, (event, audience, units)
        assert encoding == ("ucs2" if language == "zh" else "gsm7")
        longest = texts.longest(event, audience)
        assert longest[0] == encoding
        assert parts <= longest[2] <= (4 if event == "reply_state" else 3), (event, audience, longest)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("foreign", [gammu, encodeSmsSubmitPdu], ids=["gammu", "gsmmodem"])
def test_part_counts_are_those_of_other_programs(language, foreign):
    texts = templates.load(language)
    for event, audience in EVENTS:
        for text in (texts.sample(event, audience), texts.render(event, audience, fields_of(event))):
            assert templates.sms.count(text)[2] == sent_parts(text, foreign), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("event", "audience"), EVENTS)
def test_a_text_shows_every_field_and_no_braces(language, event, audience):
    texts = templates.load(language)
    text = texts.render(event, audience, fields_of(event))
    mandatory, _, _ = templates_text.described(event)
    for field in mandatory:
        shown = "20:45" if field == "time" else VALUES.get(field, "")
        assert shown in text, field
    for mark in "{}":
        assert mark not in text
    for doubled in ("，，", "。。", "，。", ", ,", "..", " .", "  "):
        assert doubled not in text
    bare = texts.render(
        event, audience, {field: value for field, value in fields_of(event).items() if field in mandatory}
    )
    for doubled in ("，，", "。。", "，。", ", ,", "..", " .", "  ", "在消费", "凭证。"):
        assert doubled not in bare
    if event.startswith(NOTICES):
        assert set(MANDATORY) <= set(mandatory)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "event", [event for event, audience in EVENTS if event.startswith("refund") and audience == "customer"]
)
def test_a_refund_says_title_sender_details_reason_advice_in_this_order(language, event):
    texts = templates.load(language)
    titles = {"zh": ("【交易返还通知】", "【退款通知】"), "en": ("[Refund notice]", "[Refund]")}[language]
    for audience, title in zip(templates.AUDIENCES, titles, strict=True):
        text = texts.render(event, audience, dict(fields_of(event), reason="some reason", advice="some advice"))
        places = [text.index(part) for part in (title, "示例商店", "23.50", "some reason", "some advice", "4001234567")]
        assert places[0] == 0
        assert places == sorted(places)


def test_the_advice_of_a_refund_follows_its_reason():
    texts = templates.load("zh")
    usual = {field: value for field, value in FIELDS.items() if field not in ("advice", "type", "result", "reason")}
    wanted = {
        "order": ("订单", "核对账户", "致电4001234567"),
        "goods": ("商品", "携带小票和原卡"),
        "account": ("账户问题", "重新付款", "需补足￥5.00"),
        "other": ("其他", "退回原卡"),
    }
    for reason, words in wanted.items():
        fields = dict(usual, shortfall="5.00") if reason == "account" else usual
        text = texts.render("refund_approved_" + reason, "customer", fields)
        for word in words:
            assert word in text
    assert "需补足" not in texts.render("refund_approved_account", "customer", usual)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reply_can_be_taken_for_a_message_to_be_answered(language):
    texts = templates.load(language)
    for event, audience in EVENTS:
        text = texts.sample(event, audience)
        assert text[0] in "【[E", event
        assert not text.upper().startswith(("1", "2", "CX", "FK", "TD", "DY"))


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


def own(tmp_path, content, language="zh"):
    (tmp_path / f"templates_{language}.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    return templates.load(language, str(tmp_path))


def test_without_an_own_file_the_built_in_texts_are_used(tmp_path):
    texts = templates.load("zh", str(tmp_path))
    assert texts.sample("sale_approved", "customer") == templates.load("zh").sample("sale_approved", "customer")


def test_an_own_file_changes_what_stands_in_it_and_nothing_else(tmp_path):
    texts = own(tmp_path, "# 我的\n[sale_approved]\ncustomer.advice = 谢谢惠顾\n")
    assert texts.render("sale_approved", "customer", {**FIELDS, "advice": ""}) == (
        "【示例商店】尾号1234的卡11月21日20:45在示例路消费￥23.50成功，凭证000012。谢谢惠顾。客服4001234567"
    )
    assert "以结算为准" in texts.render("sale_approved", "merchant", {**FIELDS, "advice": ""})
    assert texts.sample("sale_declined", "merchant") == templates.load("zh").sample("sale_declined", "merchant")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_files_of_all_editors_are_read(tmp_path, end, mark):
    content = end.join(["[form]", "time = {hour}点{minute}分", "", "[reply_feedback]", "text={merchant}：谢谢"])
    texts = own(tmp_path, mark + content.encode())
    assert texts.render("reply_feedback", "customer", {"merchant": "店"}) == "店：谢谢"
    assert "20点45分" in texts.render("sale_approved", "customer", FIELDS)


TEXT = "{merchant}{time}{amount}{type}{tail}{result}{advice}{hotline}"


@pytest.mark.parametrize("field", MANDATORY)
@pytest.mark.parametrize("audience", templates.AUDIENCES)
def test_a_text_without_a_mandatory_field_is_refused(tmp_path, field, audience):
    for text in (TEXT.replace("{" + field + "}", ""), TEXT.replace("{" + field + "}", "[{" + field + "}]")):
        with pytest.raises(templates.TemplateError) as caught:
            own(tmp_path, f"#\n[sale_declined]\n{audience}.text = {text}\n")
        error = caught.value
        assert (error.event, error.field, error.file, error.line) == ("sale_declined", field, "templates_zh.txt", 3)
        assert "must hold merchant, time" in str(error)


@pytest.mark.parametrize(
    ("content", "line", "event", "field", "words"),
    [
        ("[sale_aproved]\n", 1, "sale_aproved", "", "sale_approved, sale_declined"),
        ("[sale_approved\n", 1, None, "", "in brackets"),
        ("[]\n", 1, "", "", "in brackets"),
        (" [trial]\n", 1, "", "", "blanks"),
        ("[trial]\n text = x\n", 2, "trial", "", "blanks"),
        ("text = x\n", 1, "", "text", "before the first heading"),
        ("[trial]\n[trial]\n", 2, "trial", "", "twice"),
        ("[trial]\nhotline = 1\nhotline = 2\n", 3, "trial", "hotline", "twice"),
        ("[trial]\nhotline\n", 2, "trial", "hotline", "name = value"),
        ("[trial]\ncolour = red\n", 2, "trial", "colour", "allowed are merchant, time, code, hotline"),
        ("[trial]\nadvice = x\n", 2, "trial", "advice", "allowed are merchant, time, code, hotline"),
        ("[sale_approved]\nclerk.text = x\n", 2, "sale_approved", "clerk.text", "customer, merchant"),
        ("[sale_approved]\nresult = " + "长" * 17, 2, "sale_approved", "result", "16 characters"),
        ("[sale_approved]\ntail = 12\n", 2, "sale_approved", "tail", "4 digits"),
        ("[trial]\nhotline = ask us\n", 2, "trial", "hotline", "digits"),
        ("[trial]\ntext = {merchant}{time}{pan}\n", 2, "trial", "pan", "allowed are merchant"),
        ("[trial]\ntext = {merchant}{time}{\n", 2, "trial", None, "not closed"),
        ("[trial]\ntext = {merchant}{time}}\n", 2, "trial", "text", "} without {"),
        ("[trial]\ntext = {merchant}{time}[\n", 2, "trial", "text", "not closed"),
        ("[trial]\ntext = {merchant}{time}]\n", 2, "trial", "text", "in pairs"),
        ("[trial]\ntext = {merchant}{time}[[x]]\n", 2, "trial", "text", "none inside another"),
        ("[trial]\ntext = {merchant}{time}{ code}\n", 2, "trial", " code", "allowed"),
        ("[trial]\ntext = {mer{time}\n", 2, "trial", "mer", "without }"),
        ("[trial]\ntext =\n", 2, "trial", "text", "1 to 400"),
        ("[trial]\ntext = " + "x" * 401, 2, "trial", "text", "1 to 400"),
        ("[trial]\ntext = " + "x" * 1500, 2, "trial", "", "longer than 1400 octets"),
        (b"[trial]\ntext = {merchant}{time}" + "中".encode("gbk"), 2, "trial", "", "UTF-8"),
        ("[form]\nmonths = Jan Feb\n", 2, "form", "months", "12 names"),
        ("[form]\ntime = {minutes}\n", 2, "form", "minutes", "year, month"),
        ("[form]\nzone = 8\n", 2, "form", "zone", "time and months"),
        ("[sample]\nname = x\n", 2, "sample", "name", "allowed"),
        ("[offer]\nstop = 再见\n", 2, "offer", "stop", "退订"),
        ("#" * 1000 + "\n" + ("#" * 1000 + "\n") * 30, 0, "", "", "24576 octets"),
    ],
)
def test_every_mistake_in_an_own_file_is_named(tmp_path, content, line, event, field, words):
    with pytest.raises(templates.TemplateError) as caught:
        own(tmp_path, content)
    error = caught.value
    assert error.file == "templates_zh.txt"
    assert error.line == line
    assert event is None or error.event == event
    assert field is None or error.field == field
    assert words in str(error)
    assert isinstance(error, ValueError)


def test_a_text_of_more_than_four_parts_is_refused_with_both_counts(tmp_path):
    content = "[sale_approved]\ncustomer.text = " + TEXT + "字" * 200 + "\n"
    with pytest.raises(templates.TemplateError) as caught:
        own(tmp_path, content)
    assert "4 parts with the sample, 5 with the longest values; 4 are allowed" in str(caught.value)
    assert caught.value.line == 2


def test_a_file_is_checked_again_when_it_has_changed(tmp_path):
    good = "[trial]\ntext = {merchant}{time}\n"
    own(tmp_path, good)
    mark = (tmp_path / "templates_zh.checked").read_bytes()
    bad = good.replace("{time}", "{tome}")
    for content in (mark, b"", mark[:4], b"00000000"):
        (tmp_path / "templates_zh.checked").write_bytes(content)
        with pytest.raises(templates.TemplateError):
            own(tmp_path, bad)
        assert own(tmp_path, good).sample("trial", "merchant")
        assert (tmp_path / "templates_zh.checked").read_bytes() == mark
    (tmp_path / "templates_zh.checked").unlink()
    (tmp_path / "templates_zh.checked").mkdir()
    assert own(tmp_path, good).sample("trial", "merchant"), "no room for the mark is no harm"


def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "templates_zh.txt").symlink_to(tmp_path / "templates_en.txt")
    assert templates.load("zh", str(tmp_path)).paths[1:] == ()
    with pytest.raises(templates.TemplateError):
        templates.load("fr")


@given(st.binary(max_size=400))
def test_any_file_is_taken_or_refused(tmp_path_factory, content):
    directory = tmp_path_factory.mktemp("own")
    try:
        texts = own(directory, b"[trial]\n" + content)
    except templates.TemplateError as error:
        assert error.file == "templates_zh.txt"
        return
    assert texts.sample("trial", "merchant")


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
    st.sampled_from(EVENTS),
    st.sampled_from(LANGUAGES),
    st.dictionaries(
        st.sampled_from(("merchant", "place", "reason", "advice", "type", "result", "title", "expected", "words")),
        st.text(max_size=300),
    ),
)
def test_no_field_makes_a_notice_long_or_unprintable(pair, language, values):
    event, audience = pair
    try:
        text = templates.load(language).render(event, audience, dict(fields_of(event), **values))
    except templates.TemplateError as error:
        assert not "".join(c for c in values[error.field] if c.isprintable() and c not in "。.，,；;！! ").strip()
        return
    assert templates.sms.count(text)[2] <= 4
    assert all(c >= " " and c not in "\x7f\u202e\u2028" for c in text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", ["国", "W", "😀", "€", "{"])
def test_the_longest_values_of_any_alphabet_fit_four_parts(language, letter):
    texts = templates.load(language)
    for event, audience in EVENTS:
        mandatory, optional, limits = templates_text.described(event)
        fields = {}
        for field in filter(None, mandatory + optional):
            longest, digits = templates_text.limit(limits, field)
            fields[field] = ("8" if digits else letter) * longest
        text = texts.render(event, audience, fields)
        assert templates.sms.count(text)[2] <= 4
        assert sent_parts(text, gammu if letter == "😀" else encodeSmsSubmitPdu) <= 4
        if event.startswith(NOTICES):
            for field in ("amount", "tail", "hotline"):
                assert fields[field] in text, "numbers are never cut"


@pytest.mark.parametrize(("event", "audience"), EVENTS)
def test_both_languages_show_the_same_fields(event, audience):
    shown = []
    for language in LANGUAGES:
        values = templates_text.section(templates.load(language).paths, event, audience)
        shown.append((sorted(re.findall(r"{(\w+)}", values.pop("text"))), sorted(values)))
    assert shown[0] == shown[1]


def test_events_and_fields_that_do_not_exist():
    texts = templates.load("zh")
    for event, audience in (("sale_lost", "customer"), ("", "customer"), ("sale_approved", "clerk"), ("a|b", "x")):
        with pytest.raises(templates.TemplateError) as caught:
            texts.render(event, audience, FIELDS)
        assert caught.value.event == event
    with pytest.raises(templates.TemplateError) as caught:
        texts.render("trial", "merchant", {"merchant": "店", "time": "noon", "a|b": "1"})
    assert caught.value.field == "a|b"
    assert texts.render("reply_help", "customer", {"merchant": "店"}) == texts.render(
        "reply_help", "reply", {"merchant": "店"}
    )
