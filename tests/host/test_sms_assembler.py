"""Long messages put together again: any order, twice, mixed, incomplete; written by ourselves and by gammu."""

from datetime import datetime

import gammu
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sms
from sms.assembler import Assembler

SENDER = "+8613912345678"
STAMP = (2024, 5, 6, 7, 8, 9, 32)


def part(text, reference=7, total=2, index=1, *, sender=SENDER, wide=False, stamp=STAMP):
    return sms.Deliver(sender, text, None, stamp, (reference, total, index), wide)


def received(text, reference=7):
    """What a phone gets of `text`, through the PDUs."""
    messages = []
    for sent in sms.submit("13912345678", text, report=False, concat_ref=reference):
        first, rest = sent.tpdu[0] & 0x40 | 0x04, sent.tpdu[2:]
        pdu = bytes((first,)) + rest[:10] + bytes.fromhex("42506070809023") + rest[10:]
        messages.append(sms.parse(pdu, smsc=False))
    return messages


class Dropped(list):
    def __call__(self, sender, held, total):
        self.append((sender, held, total))


def test_message_of_one_part_is_whole():
    whole = Assembler()
    assert whole.add(sms.Deliver(SENDER, "1", None, STAMP, None), 0) == (SENDER, "1", STAMP)
    assert whole.add(part("2", total=1), 0) == (SENDER, "2", STAMP)


def test_message_of_octets_is_no_text():
    whole = Assembler()
    assert whole.add(sms.Deliver(SENDER, "", b"\x01", STAMP, None), 0) is None
    assert whole.add(sms.Deliver(SENDER, "", b"\x01", STAMP, (7, 2, 1)), 0) is None
    assert whole.add(part("b", index=2), 0) is None


# characters that come through as they are: all but lone surrogates and U+0000
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=600)


@given(
    st.lists(st.tuples(texts, st.integers(0, 65535)), min_size=1, max_size=3, unique_by=lambda pair: pair[1]),
    st.randoms(use_true_random=False),
)
def test_messages_mixed_and_in_any_order(messages, random):
    parts = [piece for text, reference in messages for piece in received(text, reference)]
    parts += random.choices(parts, k=3)
    random.shuffle(parts)
    whole = Assembler(limit=8)
    done = [found for found in (whole.add(piece, 5) for piece in parts) if found]
    alone = [text for text, _ in messages if sms.count(text)[2] == 1]  # these have no reference: each one counts
    for text, _ in messages:
        assert done.count(("13912345678", text, STAMP)) >= 1
    if not alone:
        assert sorted(text for _, text, _ in done) == sorted(text for text, _ in messages)


@pytest.mark.parametrize("name", ["ConcatenatedTextLong", "ConcatenatedTextLong16bit"])
@pytest.mark.parametrize("text, coded", [("Grüße [€] aus dem Laden, " * 20, False), ("您好，退款成功。" * 30, True)])
def test_long_message_from_gammu(name, text, coded):
    sent = gammu.EncodeSMS({"Class": -1, "Unicode": coded, "Entries": [{"ID": name, "Buffer": text}]})
    assert len(sent) > 1
    whole = Assembler()
    done = []
    for message in reversed(sent):
        message.update(
            SMSC={"Number": "+8613800100500"}, Number=SENDER, Type="Deliver", DateTime=datetime(2024, 5, 6, 7, 8, 9)
        )
        read = sms.parse(gammu.EncodePDU(message, "Deliver"))
        assert read.wide == name.endswith("16bit")
        done.append(whole.add(read, 0))
    assert done[:-1] == [None] * (len(sent) - 1)
    assert done[-1][:2] == (SENDER, text)


def test_timestamp_is_the_first_parts():
    whole = Assembler()
    later = (2024, 5, 6, 7, 9, 0, 32)
    assert whole.add(part("b", index=2, stamp=later), 0) is None
    assert whole.add(part("a", index=1), 0) == (SENDER, "ab", STAMP)


@pytest.mark.parametrize(
    "other",
    [
        part("b", index=2, sender="10086"),
        part("b", index=2, reference=8),
        part("b", index=2, total=3),
        part("b", index=2, wide=True),
    ],
    ids=["sender", "reference", "total", "width of the reference"],
)
def test_part_of_another_message(other):
    whole = Assembler()
    assert whole.add(part("a"), 0) is None
    assert whole.add(other, 0) is None
    assert whole.add(part("B", index=2), 0) == (SENDER, "aB", STAMP)


def test_part_that_comes_again():
    dropped = Dropped()
    whole = Assembler(on_drop=dropped)
    for _ in range(3):
        assert whole.add(part("a"), 0) is None
    assert whole.add(part("b", index=2), 0) == (SENDER, "ab", STAMP)
    assert whole.add(part("b", index=2), 1) is None  # the network did not hear that we have it
    assert whole.add(part("a"), 2) is None
    whole.add(part("x", reference=99), 7200)
    assert dropped == []


def test_reference_that_comes_round_again():
    dropped = Dropped()
    whole = Assembler(on_drop=dropped)
    whole.add(part("a"), 0)
    assert whole.add(part("b", index=2), 0) == (SENDER, "ab", STAMP)
    later = (2024, 5, 6, 7, 30, 0, 32)
    assert whole.add(part("a", stamp=later), 60) is None
    assert whole.add(part("c", index=2, stamp=later), 60) == (SENDER, "ac", later)
    whole.add(part("d"), 60)
    whole.add(part("e"), 90)  # another message, and the rest of the last one is lost
    assert whole.add(part("f", index=2), 90) == (SENDER, "ef", STAMP)
    assert dropped == [(SENDER, 1, 2)]


def test_part_that_comes_too_late():
    dropped = Dropped()
    whole = Assembler(seconds=3600, on_drop=dropped)
    whole.add(part("a"), 100)
    assert whole.add(part("b", index=2), 3701) is None
    assert dropped == [(SENDER, 1, 2)]
    assert whole.add(part("a"), 3702) == (SENDER, "ab", STAMP)


def test_clock_that_is_put_back_keeps_nothing_for_ever():
    dropped = Dropped()
    whole = Assembler(on_drop=dropped)
    whole.add(part("a"), 800_000_000)
    whole.add(part("a", reference=8), 10)
    assert dropped == [(SENDER, 1, 2)]


def test_oldest_makes_room():
    dropped = Dropped()
    whole = Assembler(limit=3, on_drop=dropped)
    for i in range(4):
        whole.add(part("a", reference=i, sender=f"1008{i}"), i)
    assert dropped == [("10080", 1, 2)]
    assert whole.add(part("b", reference=1, index=2, sender="10081"), 4) == ("10081", "ab", STAMP)


def test_parts_in_all_are_bounded():
    dropped = Dropped()
    whole = Assembler(limit=2, on_drop=dropped)
    for index in range(1, 8):
        assert whole.add(part("a", total=8, index=index), 0) is None
    whole.add(part("x", reference=8, total=8, index=1), 0)
    assert dropped == []
    whole.add(part("x", reference=8, total=8, index=2), 0)
    assert dropped == [(SENDER, 7, 8)]


def test_message_of_too_many_parts():
    dropped = Dropped()
    whole = Assembler(limit=2, on_drop=dropped)
    assert whole.add(part("a", total=9), 0) is None
    assert dropped == [(SENDER, 1, 9)]
