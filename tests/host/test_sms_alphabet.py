"""The alphabets' inner steps: MicroPython's own UTF-16 against CPython's codec, packing against gsmmodem's."""

import pytest
from gsmmodem.pdu import GSM7_BASIC, GSM7_EXTENDED, packSeptets, unpackSeptets
from hypothesis import given
from hypothesis import strategies as st

from sms import alphabet

# gsmmodem has ÿ for the form feed
EXTENSION = {character: value for character, value in GSM7_EXTENDED.items() if character != "ÿ"} | {"\f": "\n"}

septets = st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets))
texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("成，￥aé😀🧾\ud7ff\ue000\uffff"), max_size=80
)
units = st.lists(st.integers(0, 0xFFFF) | st.integers(0xD7FF, 0xE000), max_size=40).map(
    lambda values: b"".join(value.to_bytes(2, "big") for value in values)
)


@pytest.fixture
def bare(monkeypatch):
    """As on MicroPython, which knows no encoding but UTF-8."""
    monkeypatch.setattr(alphabet, "_HAS_UTF16", False)


@given(text=texts)
def test_utf16_of_a_text(text):
    assert alphabet.to_utf16(text) == text.encode("utf-16-be")


@given(text=texts)
@pytest.mark.usefixtures("bare")
def test_utf16_of_a_text_without_a_codec(text):
    assert alphabet.to_utf16(text) == text.encode("utf-16-be")


@given(data=units)
@pytest.mark.usefixtures("bare")
def test_text_of_any_units_without_a_codec(data):
    expected = data.decode("utf-16-be", "replace").replace("\0", "")
    assert alphabet.from_utf16(data) == expected
    assert alphabet.from_utf16(data + b"\x62") == expected + "\ufffd"


@given(data=units)
def test_text_of_any_units(data):
    assert alphabet.from_utf16(data) == data.decode("utf-16-be", "replace").replace("\0", "")


@given(data=septets)
def test_packed_as_gsmmodem_packs(data):
    packed = alphabet.pack(data)
    assert packed == bytes(packSeptets(bytearray(data)))
    assert alphabet.unpack(packed, len(data)) == data
    if len(data) % 8:  # gsmmodem leaves out a last one that is 0
        assert alphabet.unpack(packed, len(data)) == bytes(unpackSeptets(bytearray(packed), len(data)))[: len(data)]


@pytest.mark.parametrize("septet", [septet for septet in range(128) if septet not in (0x1B, 0x5F)])
def test_default_alphabet_as_in_gsmmodem(septet):
    character = GSM7_BASIC[septet]  # ` stands for § there
    assert alphabet.to_septets(character) == bytes((septet,))
    assert alphabet.from_septets(bytes((septet,))) == character
    text = f"ab{character}{character}cd{character}"
    assert alphabet.from_septets(alphabet.to_septets(text)) == text


@pytest.mark.parametrize("character, septet", [(c, ord(value)) for c, value in EXTENSION.items()])
def test_extension_table_as_in_gsmmodem(character, septet):
    assert alphabet.to_septets(character) == bytes((0x1B, septet))
    assert alphabet.from_septets(bytes((0x1B, septet))) == character


@pytest.mark.parametrize(
    "character", ["`", "\t", "\0", "\x1b", "\x7f", "\x80", "ÿ", "ê", "α", "₭", "成", "😀", "\ud800"]
)
def test_character_in_neither_table(character):
    assert alphabet.to_septets(character) is None
    assert alphabet.to_septets("abc§" + character) is None
    assert alphabet.to_septets("a" * 400 + character) is None


@given(data=septets)
def test_any_septets_read_one_after_the_other(data):
    """Escapes by their rule, written out: one, then what it changes."""
    text, at = "", 0
    extension = {ord(value): character for character, value in EXTENSION.items()}
    basic = GSM7_BASIC.replace("`", "§")
    while at < len(data):
        if data[at] != 0x1B:
            text += basic[data[at]]
        else:
            at += 1
            if at == len(data) or data[at] == 0x1B:
                text += " "
            else:
                text += extension.get(data[at], basic[data[at]])
        at += 1
    assert alphabet.from_septets(data) == text
