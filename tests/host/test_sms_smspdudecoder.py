"""A third foreign decoder, strict about UTF-16: a part that began or ended within a surrogate pair would fail."""

from hypothesis import given
from hypothesis import strategies as st
from smspdudecoder.easy import read_incoming_sms, read_outgoing_sms

import sms

# whatever the rest holds, the first character makes the message UCS-2
ucs2_texts = st.builds("{}{}".format, st.just("成"), st.text(max_size=300))
emoji_texts = st.text("成a😀🧾", min_size=60, max_size=300)


def _without_lone_surrogates(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(character) <= 0xDFFF else character for character in text)


@given(ucs2_texts)
def test_any_text(text):
    parts = sms.submit("+8613800138000", text)
    read = [read_outgoing_sms(part.hex()) for part in parts]
    assert "".join(message["content"] for message in read) == _without_lone_surrogates(text)
    assert {message["recipient"] for message in read} == {"+8613800138000"}


@given(emoji_texts)
def test_emoji_at_the_end_of_a_part(text):
    parts = sms.submit("13800138000", "成" + text)
    assert "".join(read_outgoing_sms(part.hex())["content"] for part in parts) == "成" + text
    assert all(part.length <= 13 + 140 for part in parts)


def test_message():
    pdu = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
    ours, theirs = sms.parse(pdu), read_incoming_sms(pdu)
    assert (ours.sender, ours.text) == (theirs["sender"], theirs["content"])
    assert ours.timestamp[:6] == theirs["date"].timetuple()[:6]


@given(text=ucs2_texts, reference=st.integers(0, 65535))
def test_same_reading_of_received_parts(text, reference):
    for part in sms.submit("+8613800138000", text, report=False, concat_ref=reference):
        frame = bytes((part.tpdu[0] & 0x40 | 0x04,)) + part.tpdu[2:13] + bytes.fromhex("42506070809023")
        pdu = "00" + (frame + part.tpdu[13:]).hex()
        ours, theirs = sms.parse(pdu), read_incoming_sms(pdu)
        assert (ours.sender, ours.text) == (theirs["sender"], theirs["content"].replace("\0", ""))
        if part.total > 1:
            partial = theirs["partial"]
            assert ours.concat[1:] == (partial["parts_count"], partial["part_number"])
            assert partial["reference"] == "%d-%d" % ours.concat[:2]  # this reader's own name of the message
            assert ours.wide == (reference > 255)
