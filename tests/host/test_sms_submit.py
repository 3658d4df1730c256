"""Outgoing messages, read back by foreign decoders."""

from datetime import timedelta

import gammu
import pytest
from gsmmodem.pdu import GSM7_BASIC, GSM7_EXTENDED, decodeSmsPdu, encodeSmsSubmitPdu
from hypothesis import given
from hypothesis import strategies as st

import sms

NUMBER = "+8613800138000"
CHINESE = "您尾号1234的卡在我店消费￥12.50，凭证号000123。"
# gsmmodem writes ` for § and ÿ for the form feed
GSM_EXTENSION = "".join(GSM7_EXTENDED).replace("ÿ", "")
GSM_CHARACTERS = GSM7_BASIC.replace("`", "§").replace("\x1b", "") + GSM_EXTENSION

gsm_texts = st.text(alphabet=GSM_CHARACTERS, max_size=500)
# what UTF-16 can carry; within UCS-2 gammu keeps ~ and some control characters for itself
any_texts = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="~"), max_size=300)


def gammu_text(message: dict) -> str:
    """gammu's text of a 7-bit message without what its binding appends for each extension character."""
    if message["Coding"] != "Default_No_Compression":
        return message["Text"]
    text, septets = "", 0
    for character in message["Text"]:
        if septets >= message["Length"]:
            break
        septets += 2 if character in GSM_EXTENSION else 1
        text += character
    assert septets == message["Length"]
    return text


def read_by_gammu(part: sms.Part) -> dict:
    return gammu.DecodePDU(bytes.fromhex(part.hex()), True)


# Written out from the tables of 23.038 and 23.040.
KNOWN = [
    (
        "a word",
        ("+31641600986", "How are you?"),
        {"report": False},
        "0001000B911346610089F600000CC8F71D14969741F977FD07",
    ),
    (
        "national number, report, 8 septets in 7 octets",
        ("13912345678", "hellohel"),
        {"ref": 0x40},
        "0021400B813119325476F8000008E8329BFD4697D9",
    ),
    (
        "extension table and validity of 24 hours",
        ("10086", "[€]"),
        {"report": False, "validity": 86400},
        "00110005810180F60000A7061BDEA6BCF101",
    ),
    (
        "Chinese with an emoji",
        (NUMBER, "成功😀"),
        {"ref": 7},
        "0021070D91683108108300F00008086210529FD83DDE00",
    ),
    (
        "form feed",
        ("10086", "\f"),
        {"report": False},
        "00010005810180F60000021B05",
    ),
    (
        "nothing",
        (NUMBER, ""),
        {"report": False},
        "0001000D91683108108300F0000000",
    ),
]


@pytest.mark.parametrize("arguments, options, expected", [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN])
def test_known_pdu(arguments, options, expected):
    (part,) = sms.submit(*arguments, **options)
    assert part.hex() == expected
    assert part.tpdu == bytes.fromhex(expected)[1:]
    assert part.length == len(expected) // 2 - 1


@given(text=gsm_texts, reference=st.integers(0, 255))
def test_gammu_reads_what_we_wrote_in_seven_bits(text, reference):
    parts = sms.submit(NUMBER, text, concat_ref=reference)
    assert all(part.length <= 164 for part in parts)
    read = [read_by_gammu(part) for part in parts]
    assert "".join(gammu_text(message) for message in read) == text
    assert all(message["Number"] == NUMBER for message in read)
    if len(parts) > 1:
        places = [(m["UDH"]["ID8bit"], m["UDH"]["AllParts"], m["UDH"]["PartNumber"]) for m in read]
        assert places == [(reference, len(parts), index + 1) for index in range(len(parts))]


@given(text=any_texts | gsm_texts, reference=st.integers(256, 65535))
def test_gammu_reads_a_16_bit_reference(text, reference):
    parts = sms.submit(NUMBER, text, concat_ref=reference)
    assert len(parts) == sms.count(text, wide=True)[2]
    assert all(part.length <= 164 for part in parts)
    read = [read_by_gammu(part) for part in parts]
    assert "".join(gammu_text(message) for message in read) == text
    if len(parts) > 1:
        places = [(m["UDH"]["ID16bit"], m["UDH"]["AllParts"], m["UDH"]["PartNumber"]) for m in read]
        assert places == [(reference, len(parts), index + 1) for index in range(len(parts))]


@given(text=any_texts)
def test_gammu_reads_any_text(text):
    _, _, total = sms.count(text)
    parts = sms.submit(NUMBER, text, concat_ref=3)
    assert len(parts) == total
    assert "".join(gammu_text(read_by_gammu(part)) for part in parts) == text


@given(
    text=st.text(alphabet=GSM_CHARACTERS.replace("§", ""), max_size=80),
    reference=st.integers(0, 255),
    report=st.booleans(),
)
def test_same_octets_as_gsmmodem(text, reference, report):
    theirs = encodeSmsSubmitPdu(NUMBER, text, reference=reference, requestStatusReport=report)
    ours = sms.submit(NUMBER, text, ref=reference, report=report)
    assert [part.hex() for part in ours] == [str(pdu) for pdu in theirs]
    assert [part.length for part in ours] == [pdu.tpduLength for pdu in theirs]


@given(seconds=st.integers(1, 63 * 7 * 86400))
def test_validity_is_never_shorter_and_at_most_one_step_longer(seconds):
    (part,) = sms.submit(NUMBER, "x", validity=seconds)
    granted = decodeSmsPdu(part.hex())["validity"]
    wanted = timedelta(seconds=seconds)
    assert granted >= wanted
    if wanted <= timedelta(hours=12):
        step = timedelta(minutes=5)
    elif wanted <= timedelta(days=1):
        step = timedelta(minutes=30)
    else:
        step = timedelta(days=1) if wanted <= timedelta(days=30) else timedelta(weeks=1)
    assert granted - wanted < step


@pytest.mark.parametrize(
    "seconds, value",
    [(1, 0), (300, 0), (301, 1), (43200, 143), (43201, 144), (86400, 167), (86401, 168), (172800, 168)]
    + [(2592000, 196), (2592001, 197), (3024000, 197), (38102400, 255)],
)
def test_validity_at_the_borders(seconds, value):
    assert sms.submit("10086", "", validity=seconds)[0].tpdu[-2] == value


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", (sms.GSM7, 0, 1)),
        ("a" * 160, (sms.GSM7, 160, 1)),
        ("a" * 161, (sms.GSM7, 161, 2)),
        ("a" * 306, (sms.GSM7, 306, 2)),
        ("a" * 307, (sms.GSM7, 307, 3)),
        ("€" * 80, (sms.GSM7, 160, 1)),
        ("a" * 152 + "€" * 77, (sms.GSM7, 306, 3)),  # the pairs do not fill the parts
        ("成" * 70, (sms.UCS2, 70, 1)),
        ("成" * 71, (sms.UCS2, 71, 2)),
        ("成" * 134, (sms.UCS2, 134, 2)),
        ("成" * 135, (sms.UCS2, 135, 3)),
        ("😀" * 35, (sms.UCS2, 70, 1)),
        ("😀" * 67, (sms.UCS2, 134, 3)),  # 33 whole emoji a part
        ("¥5", (sms.GSM7, 2, 1)),
        ("￥5", (sms.UCS2, 2, 1)),
        ("\x1b", (sms.UCS2, 1, 1)),  # the escape is no character
        (CHINESE, (sms.UCS2, len(CHINESE), 1)),
    ],
)
def test_count(text, expected):
    assert sms.count(text) == expected
    assert len(sms.submit(NUMBER, text)) == expected[2]


@pytest.mark.parametrize(
    "text, units, parts",
    [
        ("a" * 160, 160, 1),
        ("a" * 304, 304, 2),
        ("a" * 305, 305, 3),
        ("a" * 151 + "€" + "b" * 151, 304, 3),  # no part ends with an escape
        ("成" * 70, 70, 1),
        ("成" * 132, 132, 2),
        ("成" * 133, 133, 3),
        ("成" * 65 + "😀" + "成" * 65, 132, 3),  # no part ends with half an emoji
    ],
)
def test_count_with_a_16_bit_reference(text, units, parts):
    assert sms.count(text, wide=True)[1:] == (units, parts)
    assert len(sms.submit(NUMBER, text, concat_ref=4660)) == parts


def test_known_parts_with_a_16_bit_reference():
    first, second = sms.submit("10086", "成" * 67 + "a" * 4, report=False, concat_ref=0x1234)
    assert first.hex() == "00410005810180F600088B060804123402" + "01" + "6210" * 66
    assert second.hex() == "00410105810180F6000811060804123402" + "02" + "6210" + "0061" * 4
    first, second = sms.submit("10086", "hello" * 33, report=False, concat_ref=0x1234)
    assert first.hex().startswith("00410005810180F60000A006080412340201E8329BFD4697D9EC37")  # no fill bit


@pytest.mark.parametrize("text, sent", [("a\ud83d", "a\ufffd"), ("\ude00成", "\ufffd成"), ("\ud83dab", "\ufffdab")])
def test_lone_surrogate_is_replaced(text, sent):
    (part,) = sms.submit(NUMBER, text)
    assert decodeSmsPdu(part.hex())["text"] == sent


def test_two_halves_make_an_emoji():
    # an edited file of JSON may say it as two escapes
    (part,) = sms.submit(NUMBER, "a\ud83d\ude00")
    assert part.hex().endswith("0061D83DDE00")


def test_parts_say_their_place_and_reference():
    parts = sms.submit(NUMBER, "成" * 200, ref=254, concat_ref=9)
    assert [(part.index, part.total, part.reference) for part in parts] == [(1, 3, 254), (2, 3, 255), (3, 3, 0)]
    assert [part.tpdu[1] for part in parts] == [254, 255, 0]


@pytest.mark.parametrize("text, per_part", [("成", 67), ("a", 153)])
def test_longest_message_has_255_parts(text, per_part):
    assert len(sms.submit(NUMBER, text * (255 * per_part))) == 255
    for call in (lambda: sms.submit(NUMBER, text * (255 * per_part + 1)), lambda: sms.count(text * 100_000)):
        with pytest.raises(sms.Error) as caught:
            call()
        assert caught.value.argument == "text"


@pytest.mark.parametrize(
    "number", ["", "+", "138 0013 8000", "1380013800x", "1" * 21, "+" + "1" * 21, "++861", "１３８"]
)
def test_number_refused_without_repeating_it(number):
    with pytest.raises(sms.Error) as caught:
        sms.submit(number, "x")
    assert caught.value.argument == "number"
    assert len(number) < 3 or number not in str(caught.value)


@pytest.mark.parametrize("number", ["1" * 20, "+" + "9" * 20, "1", "10086", "106575550001"])
def test_number_read_back(number):
    (part,) = sms.submit(number, "x")
    assert read_by_gammu(part)["Number"] == number
    assert part.tpdu[3] == (0x91 if number.startswith("+") else 0x81)


@pytest.mark.parametrize(
    "argument, value",
    [("ref", -1), ("ref", 256), ("concat_ref", -1), ("concat_ref", 65536), ("validity", 0), ("validity", 38_102_401)],
)
def test_argument_out_of_range(argument, value):
    with pytest.raises(sms.Error) as caught:
        sms.submit(NUMBER, "x", **{argument: value})
    assert caught.value.argument == argument
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "typed, number",
    [
        ("13800138000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        (" 199 1234 5678 ", "19912345678"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 (138) 0013.8000", "+8613800138000"),
        ("+12345678", "+12345678"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_number_typed_at_the_keypad(typed, number):
    assert sms.check_number(typed) == number
    assert sms.submit(number, "x")


@pytest.mark.parametrize(
    "typed",
    ["", " ", "+", "00", "1380013800", "138001380001", "12800138000", "02012345678", "8613800138000", "10086"]
    + ["+1234567", "+1234567890123456", "+0861380013", "000861380013", "1380013800a", "138_00138000", "138+0138000"]
    + ["1380013800٣", "1" * 1000],
)
def test_number_mistyped_at_the_keypad(typed):
    with pytest.raises(sms.Error) as caught:
        sms.check_number(typed)
    assert caught.value.argument == "number"
    assert len(typed) < 4 or typed not in str(caught.value)
