"""ISO 8583 messages against pyiso8583, in both directions, and the refusal of everything malformed."""

import iso8583
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isomsg

# The fields of a UnionPay-style host: number, kind, dots of the variable length, length, option.
TABLE = (
    (2, "n", 2, 19, ""),
    (3, "n", 0, 6, ""),
    (4, "n", 0, 12, ""),
    (11, "n", 0, 6, ""),
    (12, "n", 0, 6, ""),
    (13, "n", 0, 4, ""),
    (14, "n", 0, 4, ""),
    (15, "n", 0, 4, ""),
    (22, "n", 0, 3, ""),
    (23, "n", 0, 3, "r"),
    (25, "n", 0, 2, ""),
    (26, "n", 0, 2, ""),
    (32, "n", 2, 11, ""),
    (35, "z", 2, 37, ""),
    (36, "z", 3, 104, ""),
    (37, "an", 0, 12, ""),
    (38, "an", 0, 6, ""),
    (39, "an", 0, 2, ""),
    (41, "ans", 0, 8, ""),
    (42, "ans", 0, 15, ""),
    (44, "ans", 2, 25, ""),
    (48, "n", 3, 322, ""),
    (49, "an", 0, 3, ""),
    (52, "b", 0, 8, ""),
    (53, "n", 0, 16, ""),
    (54, "ans", 3, 20, ""),
    (55, "b", 3, 255, ""),
    (60, "n", 3, 17, ""),
    (61, "n", 3, 29, ""),
    (62, "b", 3, 512, ""),
    (63, "ans", 3, 163, "raw"),
    (64, "b", 0, 8, ""),
    (70, "n", 0, 3, ""),
    (128, "b", 0, 8, ""),
)
SPEC = {
    number: (kind + "." * dots, length, option) if option else (kind + "." * dots, length)
    for number, kind, dots, length, option in TABLE
}


def oracle_spec():
    spec = {
        "h": {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": 0},
        "t": {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": 2},
        "p": {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": 8},
        "1": {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": 8},
    }
    for number, kind, dots, length, option in TABLE:
        entry = {"data_enc": "b", "len_enc": "bcd", "len_type": max(0, dots - 1), "max_len": length}
        if kind in "nz":
            entry["len_count"] = "nibbles"
            entry["left_pad" if option == "r" else "right_pad"] = "0"
        elif kind in ("an", "ans") and option != "raw":
            entry["data_enc"] = "ascii"
        spec[str(number)] = entry
    return spec


ORACLE = oracle_spec()

DIGITS = "0123456789"
ALNUM = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz "
PRINTABLE = "".join(map(chr, range(32, 127)))
ALPHABETS = {"n": DIGITS, "z": DIGITS + "D", "an": ALNUM, "ans": PRINTABLE}


def values(kind, dots, length, option):
    low = 0 if dots else length
    if kind == "b" or option == "raw":
        return st.binary(min_size=low, max_size=length)
    return st.text(ALPHABETS[kind], min_size=low, max_size=length)


MESSAGES = st.fixed_dictionaries(
    {0: st.text(DIGITS, min_size=4, max_size=4)},
    optional={number: values(*rest) for number, *rest in TABLE},
)


def to_oracle(fields):
    out = {"t": fields[0]}
    for number, value in fields.items():
        if number:
            out[str(number)] = value if isinstance(value, str) else value.hex().upper()
    return out


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_both_directions_agree_with_the_oracle(fields):
    expected, _ = iso8583.encode(to_oracle(fields), ORACLE)
    data = isomsg.encode(SPEC, fields)
    assert data == expected
    assert isomsg.decode(SPEC, bytes(expected)) == fields
    assert isomsg.decode(SPEC, memoryview(data)) == fields
    decoded, _ = iso8583.decode(bytes(data), ORACLE)
    shown = to_oracle(fields)
    assert {key: decoded[key] for key in decoded if key not in ("h", "p", "1")} == shown


@settings(max_examples=100, deadline=None)
@given(MESSAGES, st.data())
def test_every_cut_message_is_refused(fields, data):
    message = bytes(isomsg.encode(SPEC, fields))
    cut = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(isomsg.Error):
        isomsg.decode(SPEC, message[:cut])
    with pytest.raises(isomsg.Error) as error:
        isomsg.decode(SPEC, message + b"\0")
    assert error.value.offset == len(message)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_decode_or_name_the_field(data):
    try:
        fields = isomsg.decode(SPEC, data)
    except isomsg.Error as error:
        assert 0 <= error.field <= 128 and 0 <= error.offset <= len(data) and error.reason
    else:
        # what is accepted is canonical, but for a second bitmap that nobody needs
        again = isomsg.encode(SPEC, fields)
        assert again == data or data[2] & 0x80


def test_a_captured_layout_byte_for_byte():
    data = isomsg.encode(
        SPEC,
        {0: "0200", 2: "6222021234567890123", 22: "021", 23: "001", 35: "6222=25", 60: "22000001000", 63: b"\xd6\xd0"},
    )
    assert (
        data.hex()
        == (
            "0200"
            "4000060020000012"  # 2, 22, 23, 35, 60, 63
            "19" + "62220212345678901230"
            "0210"
            "0001"
            "07" + "6222d250"
            "0011" + "220000010000"
            "0002" + "d6d0"
        )
    )


def test_track_separator_both_ways():
    for separator in "=D":
        data = isomsg.encode(SPEC, {0: "0200", 35: "62220" + separator + "2512"})
        assert isomsg.decode(SPEC, data)[35] == "62220D2512"


def test_mac_over_a_view_and_a_frame_already_begun():
    frame = bytearray(b"\x00\x00" + b"\x60" + bytes(4))
    message = isomsg.encode(SPEC, {0: "0800", 11: "000001", 64: bytes(8)}, frame)
    assert message is frame
    view = memoryview(frame)[7:-8]
    alone = isomsg.encode(SPEC, {0: "0800", 11: "000001", 64: bytes(8)})
    assert bytes(view) == bytes(alone[:-8])
    frame[-8:] = b"12345678"
    assert isomsg.decode(SPEC, memoryview(frame)[7:])[64] == b"12345678"


WRONG = (
    ({0: "0200", 4: "1"}, 4, "length"),
    ({0: "0200", 4: "00000000000x"}, 4, "digits"),
    ({0: "0200", 4: "00000000000１"}, 4, "digits"),
    ({0: "0200", 4: 1}, 4, "text"),
    ({0: "0200", 4: None}, 4, "text"),
    ({0: "0200", 4: b"0" * 12}, 4, "text"),
    ({0: "0200", 2: "1" * 20}, 2, "longer"),
    ({0: "0200", 2: "1=2"}, 2, "digits"),
    ({0: "0200", 35: "1E2"}, 35, "track"),
    ({0: "0200", 37: "12345678901_"}, 37, "character"),
    ({0: "0200", 41: "1234567\n"}, 41, "character"),
    ({0: "0200", 41: "1234567é"}, 41, "character"),
    ({0: "0200", 52: "12345678"}, 52, "bytes"),
    ({0: "0200", 52: bytes(7)}, 52, "length"),
    ({0: "0200", 55: bytes(256)}, 55, "longer"),
    ({0: "0200", 5: "1"}, 5, "specification"),
    ({0: "0200", 1: bytes(8)}, 1, "no such"),
    ({0: "0200", 65: bytes(8)}, 65, "no such"),
    ({0: "0200", 129: "1"}, 129, "no such"),
    ({0: "200"}, 0, "four digits"),
    ({0: "02O0"}, 0, "four digits"),
    ({0: 200}, 0, "four digits"),
    ({4: "000000000001"}, 0, "four digits"),
    ({}, 0, "four digits"),
)


@pytest.mark.parametrize(("fields", "number", "rule"), WRONG)
def test_encode_names_the_field_and_the_rule(fields, number, rule):
    with pytest.raises(isomsg.Error, match=f"^field {number} at byte [0-9]+: .*{rule}") as error:
        isomsg.encode(SPEC, fields)
    assert isinstance(error.value, ValueError)
    assert error.value.field == number


HEAD = "0210"
MALFORMED = (
    ("", 0, 0),
    ("02", 0, 0),
    ("0210" + "00" * 7, 1, 0),
    ("0A10" + "00" * 8, 0, 0),
    ("0210" + "8000000000000000" + "00" * 7, 1, 2),
    ("0210" + "8000000000000000" + "8000000000000000", 65, 18),
    ("0210" + "0800000000000000" + "00", 5, 10),
    ("0210" + "2000000000000000" + "0000", 3, 10),
    ("0210" + "2000000000000000" + "00000A", 3, 10),
    ("0210" + "2000000000000000" + "00000000", 3, 13),
    ("0210" + "4000000000000000", 2, 10),
    ("0210" + "4000000000000000" + "1A" + "11" * 10, 2, 10),
    ("0210" + "4000000000000000" + "20" + "11" * 10, 2, 10),
    ("0210" + "4000000000000000" + "03" + "1234", 2, 10),  # pad nibble
    ("0210" + "0000040000000000" + "0021", 22, 10),  # aligned to the wrong side
    ("0210" + "0000020000000000" + "1001", 23, 10),
    ("0210" + "0000000020000000" + "03" + "1230" + "00", 35, 13),
    ("0210" + "0000000020000000" + "04" + "12E0", 35, 10),
    ("0210" + "0000000000000200" + "0300" + "00" * 300, 55, 10),
    ("0210" + "0000000000000200" + "00", 55, 10),
    ("0210" + "0000000002000000" + "300A", 39, 10),
)


@pytest.mark.parametrize(("data", "number", "offset"), MALFORMED)
def test_decode_names_the_field_and_the_place(data, number, offset):
    with pytest.raises(isomsg.Error) as error:
        isomsg.decode(SPEC, bytes.fromhex(data))
    assert (error.value.field, error.value.offset) == (number, offset)


def test_errors_never_show_the_value():
    secret = "6222021234567890123x"
    with pytest.raises(isomsg.Error) as error:
        isomsg.encode({2: ("n..", 30)}, {0: "0200", 2: secret})
    assert secret[:6] not in str(error.value) + repr(error.value)
    assert error.value.__context__ is None


def test_empty_variable_fields_and_no_fields():
    for fields in ({0: "0800"}, {0: "0800", 2: "", 35: "", 55: b"", 63: b""}):
        assert isomsg.decode(SPEC, isomsg.encode(SPEC, fields)) == fields


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_mask_hides_what_identifies_a_card(fields):
    shown = isomsg.mask(fields)
    assert set(shown) == set(fields)
    for number in (14, 35, 36, 48, 52, 54, 55, 62, 63, 64, 128):
        if number in fields:
            assert shown[number] == f"[{len(fields[number])}]"
    if 2 in fields:
        pan = fields[2]
        if len(pan) >= 13:
            assert shown[2] == pan[:6] + "*" * (len(pan) - 10) + pan[-4:]
        else:
            assert shown[2] == f"[{len(pan)}]"
    for number in (0, 3, 4, 11, 39, 41):
        if number in fields:
            assert shown[number] == fields[number]


def test_mask_hides_fields_nobody_decided_on():
    assert isomsg.mask({0: "0200", 57: "6222021234567890123", 34: "1", 4: b"\0"}) == {
        0: "0200",
        4: "[1]",
        34: "[1]",
        57: "[19]",
    }
