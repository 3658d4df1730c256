"""The parser cuts an AT stream: the same events however the bytes are split, nothing unbounded, nothing lost after."""

from hypothesis import given, settings
from hypothesis import strategies as st

from modem import FAMILIES, family
from modem.parser import GARBAGE, LINE, PDU, PROMPT, RAW, Parser, canonical

RAW_LINES = (("+CIPRXGET: 2,", 2), ("+QIRD:", 0))  # of all families


def parser():
    return Parser(raw=RAW_LINES, pdu=("+CMT:", "+CDS:", "+CMGR:"))


def test_the_families_raw_lines_are_all_here():
    assert {entry for name in FAMILIES for entry in family(name).raw} == set(RAW_LINES)
    assert {entry for name in FAMILIES for entry in family(name).pdu} == {"+CMT:", "+CDS:", "+CMGR:"}


def events(data, p=None):
    return (p or parser()).feed(data)


def test_lines_blank_lines_and_echo():
    assert events(b"AT\r\r\nOK\r\n\r\n\r\nRDY\r\n") == [(LINE, "AT", None), (LINE, "OK", None), (LINE, "RDY", None)]


def test_no_space_after_colon():
    assert events(b"\r\n+CSQ:21,99\r\n+CSQ:   21,99 \r\n") == [(LINE, "+CSQ: 21,99", None)] * 2
    assert canonical("DST: 1") == "DST: 1"


def test_prompt_variants():
    for prompt in (b"\r\n> ", b">", b"\r\n>\r\n", b"> \r\n"):
        assert events(prompt) == [(PROMPT, "", None)]


def test_raw_holds_anything_and_ends_by_count():
    data = b"\r\nOK\r\n> \x00\xff+CDS: 1\r\n"
    stream = b"\r\n+CIPRXGET: 2,0,%d,7\r\n" % len(data) + data + b"\r\nOK\r\n"
    assert events(stream) == [(RAW, f"+CIPRXGET: 2,0,{len(data)},7", data), (LINE, "OK", None)]


def test_raw_of_quectel():
    data = b"\r\nOK\r\n\r\n+QIRD: 3\r\n"
    for head in (b"+QIRD: %d", b"+QIRD:%d", b"+QIRD:  %d"):
        stream = b"\r\n" + head % len(data) + b"\r\n" + data + b"\r\n\r\nOK\r\n"
        assert events(stream) == [(RAW, f"+QIRD: {len(data)}", data), (LINE, "OK", None)]
    # nothing there, and the answer to AT+QIRD=0,0
    assert events(b"+QIRD: 0\r\n\r\nOK\r\n") == [(LINE, "+QIRD: 0", None), (LINE, "OK", None)]
    assert events(b"+QIRD: 120,100,20\r\nOK\r\n") == [(LINE, "+QIRD: 120,100,20", None), (LINE, "OK", None)]


def test_other_announcements_from_the_next_line_on():
    p = Parser()
    assert p.feed(b"+QIRD: 2\r\n+QIR") == [(LINE, "+QIRD: 2", None)]
    p.learn(RAW_LINES, ())
    assert p.feed(b"D: 2\r\n\r\n+CDS: 2\r\n") == [(RAW, "+QIRD: 2", b"\r\n"), (LINE, "+CDS: 2", None)]


def test_raw_that_begins_with_line_ends():
    for end in (b"\r\n", b"\n", b"\r\r\n"):
        assert events(b"+CIPRXGET: 2,0,4,0" + end + b"\n\r\nA\r\nOK\r\n")[0][2] == b"\n\r\nA"


def test_raw_of_no_bytes_or_unbelievable_length_is_a_line():
    for length in (b"0", b"1501", b"99999999", b"-1", b"x", b""):
        assert [kind for kind, _, _ in events(b"+CIPRXGET: 2,0," + length + b",0\r\nOK\r\n")] == [LINE, LINE]


def test_pdu_line_is_taken_whatever_it_looks_like():
    for pdu in ("OK", "ERROR in your order", "> x", "0791", "+CDS: 5"):
        stream = b"\r\n+CMT: ,24\r\n\r\n\r\n" + pdu.encode() + b"\r\nOK\r\n"
        assert events(stream) == [(PDU, "+CMT: ,24", pdu), (LINE, "OK", None)]


def test_empty_storage_place_announces_nothing():
    assert events(b"+CMGR: 0,,0\r\n\r\nOK\r\n") == [(LINE, "+CMGR: 0,,0", None), (LINE, "OK", None)]


def test_overlong_line_is_reported_once_and_left_behind():
    assert events(b"x" * 5000 + b"> \r\nOK\r\n") == [(GARBAGE, "", None), (LINE, "OK", None)]


def test_noise_of_a_booting_modem():
    assert events(b"\x00\xff\xfe\r\n\x00RDY\x00\r\n") == [(LINE, "RDY", None)]


def test_reset_gives_up_raw_bytes_that_do_not_come():
    p = parser()
    assert p.feed(b"+CIPRXGET: 2,0,100,0\r\nabc") == []
    p.reset()
    assert p.feed(b"\r\nOK\r\n") == [(LINE, "OK", None)]


PIECES = st.sampled_from(
    [
        b"\r\nOK\r\n", b"\r\n> ", b"\r\n>\r\n", b"+CDS: 25\r\n", b"079119890400\r\n", b"+CIPRXGET: 2,0,9,0\r\n",
        b"+CMGR: 0,,0\r\n", b"+CMGR: 1,,9\r", b"\x00", b"\xff", b"\n", b"\r", b" ", b">", b"x" * 1100, b"+CSQ:1",
        b"\r\r\n", b"+QIRD: 7\r\n", b"+QIRD:3\r", b"+QIRD: 9,4,5\r\n", b"+QIRD: 0\r\n", b"+CMT: ,24\n", b"+CMT:\r\n",
        b"+CIPRXGET: 2,0,1500,0\r\n", b"y" * 1500, b"0, SEND OK\r\n", b'+QIURC: "recv",0\r\n', b"RDY\x00\r\n", b"  OK  \r\n",
        b"+CDS: ,25\r\r\n", b"\x1b", b"\x7f", b"z" * 1023 + b"  \r\n",
    ]
)  # fmt: skip


@settings(max_examples=6000, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=12), max_size=14), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_any_split_gives_the_same_events(pieces, cuts):
    stream = b"".join(pieces)
    whole = events(stream)
    p, at, got = parser(), 0, []
    assert [event for byte in stream for event in p.feed(bytes([byte]))] == whole
    p = parser()
    for number in range(len(stream)):
        step = cuts[number % len(cuts)]
        got += p.feed(stream[at : at + step])
        at += step
        if at >= len(stream):
            break
    assert got == whole
    for kind, text, data in whole:
        assert len(text) <= 1025 and (kind != LINE or "\x00" not in text)
        assert data is None or len(data) <= 1500
