"""Incoming messages: PDUs as networks send them, PDUs written by gammu, and hostile ones."""

from datetime import datetime, timedelta

import gammu
import pytest
from gsmmodem.pdu import GSM7_BASIC, GSM7_EXTENDED, decodeSmsPdu
from hypothesis import given
from hypothesis import strategies as st

import sms

REPORT = "079119890400202306400C91197909913764511090718384225110907183252200"
DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
SENDER = "0D91683119325476F8"
STAMP = "42506070809023"  # 2024-05-06 07:08:09 +08:00
NOW = (2024, 5, 6, 7, 8, 9, 32)


def deliver(length: int, body: str, *, first: str = "04", sender: str = SENDER, scheme: str = "00", stamp: str = STAMP):
    """An SMS-DELIVER without service centre, in hexadecimal."""
    return f"{first}{sender}00{scheme}{stamp}{length:02X}{body}"


def test_message():
    message = sms.parse(DELIVER)
    assert isinstance(message, sms.Deliver)
    assert (message.sender, message.text, message.data) == ("+31641600986", "How are you?", None)
    assert message.timestamp == (2002, 8, 26, 19, 37, 41, 0)
    assert message.concat is None


def test_status_report():
    report = sms.parse(REPORT)
    assert isinstance(report, sms.StatusReport)
    assert (report.reference, report.recipient, report.status) == (0x40, "+919790197346", 0)
    assert report.timestamp == (2015, 1, 9, 17, 38, 48, 22)
    assert report.discharged == (2015, 1, 9, 17, 38, 52, 22)
    assert (report.outcome, report.final, report.delivered) == (sms.DELIVERED, True, True)


def test_all_ways_to_give_a_pdu():
    octets = bytes.fromhex(REPORT)
    centre = octets[0] + 1
    for pdu in (octets, bytearray(octets), memoryview(octets), REPORT.lower(), REPORT + "\r\n"):
        assert sms.parse(pdu).reference == 0x40
    assert sms.parse(octets[centre:], smsc=False).reference == 0x40
    assert sms.parse(REPORT[2 * centre :], smsc=False).reference == 0x40
    assert sms.parse(b"\0" + octets[centre:]).reference == 0x40
    assert sms.parse(REPORT + "FF" * 8).reference == 0x40  # a padded record
    assert sms.parse(REPORT + "07000002E834").delivered  # parameters that say nothing about the message


@pytest.mark.parametrize(
    "status, outcome, final, delivered",
    [
        (0x00, sms.DELIVERED, True, True),
        (0x1F, sms.DELIVERED, True, True),
        (0x20, sms.TRYING, False, False),
        (0x30, sms.TRYING, False, False),
        (0x3F, sms.TRYING, False, False),
        (0x40, sms.FAILED, True, False),
        (0x5F, sms.FAILED, True, False),
        (0x60, sms.ABANDONED, True, False),
        (0x7F, sms.ABANDONED, True, False),
        (0x80, sms.ABANDONED, True, False),
        (0xFF, sms.ABANDONED, True, False),
    ],
)
def test_what_a_status_means(status, outcome, final, delivered):
    report = sms.parse(REPORT[:-2] + f"{status:02X}")
    assert (report.status, report.outcome, report.final, report.delivered) == (status, outcome, final, delivered)


@given(
    reference=st.integers(0, 255),
    digits=st.text("0123456789", min_size=1, max_size=20),
    taken=st.datetimes(datetime(2000, 1, 1), datetime(2068, 12, 31)),
    status=st.integers(0, 127),
)
def test_status_report_as_gsmmodem_reads_it(reference, digits, taken, status):
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))
    stamp = "".join(f"{field % 10}{field // 10}" for field in (taken.year % 100, *taken.timetuple()[1:6])) + "23"
    pdu = f"0006{reference:02X}{len(digits):02X}81{swapped}{stamp}{stamp}{status:02X}"
    ours, theirs = sms.parse(pdu), decodeSmsPdu(pdu)
    assert (ours.reference, ours.recipient, ours.status) == (theirs["reference"], theirs["number"], theirs["status"])
    assert datetime(*ours.timestamp[:6]) == theirs["time"].replace(tzinfo=None)
    assert datetime(*ours.discharged[:6]) == theirs["discharge"].replace(tzinfo=None)
    assert timedelta(minutes=15 * ours.timestamp[6]) == theirs["time"].utcoffset()


@pytest.mark.parametrize(
    "stamp, expected",
    [
        (STAMP, NOW),
        ("4250607080902B", (2024, 5, 6, 7, 8, 9, -32)),
        ("00000000000000", None),  # some centres send nothing in a report
        ("42316070809023", None),  # month 13
        ("425060708090FF", (2024, 5, 6, 7, 8, 9, -70)),
        ("4250607080F023", (2024, 5, 6, 7, 8, 0, 32)),  # a digit that is none reads as 0
        ("42506042809023", None),  # hour 24
    ],
)
def test_timestamp(stamp, expected):
    assert sms.parse(deliver(0, "", stamp=stamp), smsc=False).timestamp == expected


@pytest.mark.parametrize(
    "sender, expected",
    [
        (SENDER, "+8613912345678"),
        ("05815955F5", "95555"),
        ("0B813119325476F8", "13912345678"),
        ("0ED0C3A6B0250CBBD7", "CMB-Bank"),
        ("0081", ""),
        ("0091", ""),
        ("04811A2B", "*1#2"),
        ("0481C0ED", "0abc"),
        ("0C813119325476F8", "13912345678"),  # a centre that counts the filler
        ("0491111F", "+11"),  # the filler ends the number
        ("0EA13119325476F8FF", "13912345678"),
        ("0ED041E1B0050DE701", "ABC-Pay"),  # 56 bits hold seven septets and no eighth
    ],
)
def test_sender(sender, expected):
    assert sms.parse(deliver(0, "", sender=sender), smsc=False).sender == expected


# (what, first octet, scheme, user data length, user data, text, data, concatenation)
USER_DATA = [
    ("7 bits", "04", "00", 2, "E834", "hi", None, None),
    ("reserved alphabet reads as 7 bits", "04", "0C", 2, "E834", "hi", None, None),
    ("reserved group reads as 7 bits", "04", "80", 2, "E834", "hi", None, None),
    ("class 0, 7 bits", "04", "F0", 2, "E834", "hi", None, None),
    ("reserved message type reads as a message", "03", "00", 2, "E834", "hi", None, None),
    ("compressed text stays octets", "04", "20", 2, "E834", "", b"\xe84", None),
    ("padded with U+0000", "04", "08", 6, "621000000000", "成", None, None),
    ("octets", "04", "04", 3, "00FF80", "", b"\x00\xff\x80", None),
    ("class 1, octets", "04", "F5", 1, "41", "", b"A", None),
    ("UCS-2", "04", "08", 4, "6210529F", "成功", None, None),
    ("class 0, UCS-2", "04", "18", 4, "6210529F", "成功", None, None),
    ("waiting, UCS-2", "04", "E0", 4, "6210529F", "成功", None, None),
    ("emoji", "04", "08", 4, "D83DDE00", "😀", None, None),
    ("lone surrogates", "04", "08", 8, "D83D0041DE00D83D", "\ufffdA\ufffd\ufffd", None, None),
    ("half a unit", "04", "08", 3, "621052", "成\ufffd", None, None),
    ("extension, unknown extension, escapes", "04", "00", 8, "1BD426B8D98437", "{A a ", None, None),
    ("8-bit reference", "44", "00", 9, "0500034D0201D069", "hi", None, (77, 2, 1)),
    ("16-bit reference", "44", "00", 10, "060804014D0201E834", "hi", None, (333, 2, 1)),
    ("16-bit reference, UCS-2", "44", "08", 9, "060804014D02016210", "成", None, (333, 2, 1)),
    ("8-bit reference, octets", "44", "04", 8, "050003070302AABB", "", b"\xaa\xbb", (7, 3, 2)),
    ("part 0 of 2", "44", "08", 8, "0500034D02006210", "成", None, None),
    ("part 3 of 2", "44", "08", 8, "0500034D02036210", "成", None, None),
    ("part 1 of 0", "44", "08", 8, "0500034D00016210", "成", None, None),
    ("wrong size of element", "44", "08", 7, "0400024D026210", "成", None, None),
    ("element beyond its header", "44", "08", 8, "0500044D02016210", "成", None, None),
    ("half an element", "44", "08", 4, "01006210", "成", None, None),
    ("another element before", "44", "08", 14, "0B05040B84000000034D02016210", "成", None, (77, 2, 1)),
    ("empty header", "44", "08", 3, "006210", "成", None, None),
    ("header alone, 7 bits", "44", "00", 7, "0500034D020100", "", None, (77, 2, 1)),
    ("header that fills the last septet", "44", "00", 6, "0500034D0201", "", None, (77, 2, 1)),
]


@pytest.mark.parametrize(
    "first, scheme, length, body, text, data, concat", [r[1:] for r in USER_DATA], ids=[r[0] for r in USER_DATA]
)
def test_user_data(first, scheme, length, body, text, data, concat):
    message = sms.parse(deliver(length, body, first=first, scheme=scheme), smsc=False)
    assert (message.text, message.data, message.concat) == (text, data, concat)
    assert (message.sender, message.timestamp) == ("+8613912345678", NOW)


def test_width_of_a_reference():
    assert sms.parse(deliver(9, "060804004D02016210", first="44", scheme="08"), smsc=False).wide
    assert not sms.parse(deliver(8, "0500034D02016210", first="44", scheme="08"), smsc=False).wide
    assert not sms.parse(DELIVER).wide


@given(
    reference=st.integers(0, 255),
    digits=st.text("0123456789", min_size=1, max_size=20),
    times=st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2068, 12, 31)), min_size=2, max_size=2),
    quarters=st.integers(-47, 47),
    status=st.integers(0, 255),
)
def test_status_report_as_gammu_reads_it(reference, digits, times, quarters, status):
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))
    zone = f"{abs(quarters) % 10:X}{abs(quarters) // 10 | (8 if quarters < 0 else 0):X}"
    stamps = [
        "".join(f"{field % 10}{field // 10}" for field in (t.year % 100, *t.timetuple()[1:6])) + zone for t in times
    ]
    pdu = f"0006{reference:02X}{len(digits):02X}91{swapped}{stamps[0]}{stamps[1]}{status:02X}"
    ours, theirs = sms.parse(pdu), gammu.DecodePDU(bytes.fromhex(pdu), True)
    assert (ours.reference, ours.recipient, ours.status) == (
        theirs["MessageReference"],
        theirs["Number"],
        theirs["DeliveryStatus"] & 0xFF,
    )
    for mine, his in ((ours.timestamp, theirs["DateTime"]), (ours.discharged, theirs["SMSCDateTime"])):
        assert datetime(*mine[:6]) == his.replace(tzinfo=None)
        assert timedelta(minutes=15 * mine[6]) == his.utcoffset()


def gammu_deliver(text: str, coding: str, part: "tuple[int, int, int] | None", number: str, bits: int = 8) -> bytes:
    """What gammu writes for a part (reference, total, index) with a reference of `bits`."""
    udh = {"Type": "NoUDH", "Text": b"", "ID8bit": 0, "ID16bit": 0, "PartNumber": -1, "AllParts": -1}
    if part is not None:
        reference, total, index = part
        if bits == 8:
            udh = {
                "Type": "ConcatenatedMessages",
                "Text": bytes((5, 0, 3, reference, total, index)),
                "ID8bit": reference,
            }
        else:
            header = bytes((6, 8, 4, reference >> 8, reference & 255, total, index))
            udh = {"Type": "ConcatenatedMessages16bit", "Text": header, "ID16bit": reference}
        udh = dict({"ID8bit": -1, "ID16bit": -1, "PartNumber": index, "AllParts": total}, **udh)
    message = {
        "SMSC": {"Number": "+8613800100500"},
        "Number": number,
        "Text": text,
        "Coding": coding,
        "Class": -1,
        "Folder": 1,
        "State": "UnRead",
        "DateTime": datetime(2024, 5, 6, 7, 8, 9),
        "UDH": udh,
        "Type": "Deliver",
    }
    return gammu.EncodePDU(message, "Deliver")


parts_8 = st.none() | st.tuples(st.integers(0, 255), st.just(9), st.integers(1, 9))
parts_16 = st.tuples(st.integers(0, 65535), st.just(200), st.integers(1, 200))
# gsmmodem writes ` for § and ÿ for the form feed
gsm_characters = GSM7_BASIC.replace("`", "§").replace("\x1b", "") + "".join(GSM7_EXTENDED).replace("ÿ", "")
# within UCS-2 gammu keeps ~ and some control characters for itself
characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="~")


@given(st.text(gsm_characters, max_size=70), parts_8)
def test_gammu_writes_seven_bits(text, part):
    message = sms.parse(gammu_deliver(text, "Default_No_Compression", part, "+8613912345678"))
    assert (message.sender, message.text, message.concat) == ("+8613912345678", text, part)
    assert message.timestamp == (2024, 5, 6, 7, 8, 9, 0)


@given(st.text(gsm_characters, max_size=70), parts_16)
def test_gammu_writes_seven_bits_with_a_16_bit_reference(text, part):
    message = sms.parse(gammu_deliver(text, "Default_No_Compression", part, "10086", 16))
    assert (message.sender, message.text, message.concat) == ("10086", text, part)


@given(st.text(characters, max_size=33), parts_8, st.text("123456789", min_size=3, max_size=15))
def test_gammu_writes_ucs2(text, part, number):
    pdu = gammu_deliver(text, "Unicode_No_Compression", part, number)
    message = sms.parse(pdu)
    assert (message.sender, message.text, message.concat) == (number, text, part)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-& ", min_size=1, max_size=10))
def test_gammu_writes_names_as_senders(name):
    pdu = gammu_deliver("x", "Default_No_Compression", None, "Z" + name)
    assert sms.parse(pdu).sender == "Z" + name
    assert gammu.DecodePDU(pdu, True)["Number"] == "Z" + name


@pytest.mark.parametrize(
    "pdu, offset",
    [
        ("", 0),
        ("0", None),
        ("zz", None),
        ("07 91", None),
        ("成功", None),
        ("00" * 201, None),
        (b"\0" * 201, None),
        ("0D" + "91" * 20, 0),
        ("079119", 3),
        ("00", 1),
        ("0001000B911346610089F600000CC8F71D14969741F977FD07", 1),  # a message of our own, from the SIM
        ("0004" + "15" + "91" * 30, 2),  # 21 digits
        ("00" + deliver(161, "00" * 141), 20),
        ("00" + deliver(141, "00" * 141, scheme="08"), 20),
        ("00" + deliver(5, "E834"), 23),
        ("00" + deliver(3, "056210", first="44", scheme="08"), 21),
        ("00" + deliver(0, "", first="44", scheme="08"), 21),
    ],
)
def test_refused(pdu, offset):
    with pytest.raises(sms.Error) as caught:
        sms.parse(pdu)
    assert (caught.value.argument, caught.value.offset) == ("pdu", offset)
    assert "91" not in str(caught.value)


@pytest.mark.parametrize("pdu", [DELIVER, REPORT], ids=["message", "report"])
def test_cut_short_anywhere(pdu):
    for end in range(len(pdu)):
        with pytest.raises(sms.Error):
            sms.parse(pdu[:end])


def _reads_or_refuses(pdu, smsc):
    try:
        message = sms.parse(pdu, smsc=smsc)
    except sms.Error as error:
        assert error.argument == "pdu"
        return
    if isinstance(message, sms.Deliver):
        assert len(message.text) <= 160
        assert len(message.sender) <= 21
        message.text.encode("utf-8")


@given(st.binary(max_size=220), st.booleans())
def test_any_octets(pdu, smsc):
    _reads_or_refuses(pdu, smsc)


@given(st.text(max_size=60), st.booleans())
def test_any_text(pdu, smsc):
    _reads_or_refuses(pdu, smsc)


@given(
    pdu=st.sampled_from(
        [DELIVER, REPORT] + ["00" + deliver(*row[3:5], first=row[1], scheme=row[2]) for row in USER_DATA]
    ),
    changes=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_real_messages_with_octets_changed(pdu, changes):
    octets = bytearray.fromhex(pdu)
    for at, value in changes:
        octets[at % len(octets)] = value
    _reads_or_refuses(octets, True)


# gsmmodem writes ` for §, drops a last @, and leaves surrogate pairs in halves
plain = st.text(gsm_characters.replace("@", "").replace("§", "").replace("\f", ""), max_size=400)
bmp = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs", "Cc"]), max_size=200)


@given(text=plain | bmp, reference=st.integers(0, 65535))
def test_received_parts_as_gsmmodem_reads_them(text, reference):
    for part in sms.submit("+8613912345678", text, report=False, concat_ref=reference):
        first, rest = part.tpdu[0] & 0x40 | 0x04, part.tpdu[2:]
        pdu = f"00{first:02X}{rest[:11].hex()}{STAMP}{rest[11:].hex()}"
        ours, theirs = sms.parse(pdu), decodeSmsPdu(pdu)
        assert (ours.sender, ours.text) == (theirs["number"], theirs["text"])
        if part.total > 1:
            (element,) = theirs["udh"]
            assert ours.concat == (element.reference, element.parts, element.number)
