"""Short messages through the simulated modem, checked against libgammu and python-gsmmodem."""

import asyncio
from datetime import datetime

import gammu
import pytest
from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu
from hypothesis import given, settings
from hypothesis import strategies as st
from smspdudecoder.easy import read_incoming_sms

from posterm.sim.modem import ModemConfig
from posterm.sim.modem.tpdu import BadPdu, decode_submit, encode_deliver, encode_status_report, tpdu_length
from sim_modem_terminal import on_virtual_clock

CUSTOMER = "+8613800138000"
SMSC = "+8613800100500"
WHEN = datetime(2025, 1, 2, 11, 4, 5)


def submit(text, number=CUSTOMER, reference=0, report=True):
    """PDUs (bytes, empty SMSC) made by a foreign library."""
    parts = encodeSmsSubmitPdu(number, text, reference=reference, requestStatusReport=report)
    return [bytes(part.data) for part in parts]


async def routed(terminal, cnmi="2,1,0,1,0"):
    assert await terminal.command(f"AT+CNMI={cnmi}") == ["OK"]


async def report_after(terminal):
    """Wait for +CDS, return its PDU."""
    await terminal.until(b"+CDS: ")
    await asyncio.sleep(0)
    line = terminal.lines()[0]
    terminal.heard.clear()
    return bytes.fromhex(line)


@pytest.mark.parametrize(
    "text",
    ["Hello", "【交易通知】消费 100.00 元成功", "交易" * 100, "€[]{}~^|\\ 1@", "x" * 400],
)
def test_a_message_reaches_the_phone_whole(text):
    async def script(terminal):
        for number, pdu in enumerate(submit(text, reference=77)):
            assert await terminal.send_pdu(pdu) == [f"+CMGS: {61 + number}", "OK"]
        return terminal.sim.centre

    centre = on_virtual_clock(script)
    (message,) = centre.messages("13800138000")
    assert message["number"] == CUSTOMER
    assert message["parts"] == len(submit(text))
    assert message["references"] == [61 + i for i in range(message["parts"])]
    assert message["text"] == text
    assert centre.sent_count == message["parts"]
    assert centre.incomplete() == []


@pytest.mark.parametrize(
    ("data", "text"), [("6210D83D", "成\ufffd"), ("6210D83DDE00", "成😀"), ("DE006210", "\ufffd成")]
)
def test_half_a_surrogate_pair_shows_on_the_phone(data, text):
    body = bytes.fromhex(data)

    async def script(terminal):
        head = bytes.fromhex("0001000B813108108300F00008")
        await terminal.send_pdu(head + bytes((len(body),)) + body)
        assert [message["text"] for message in terminal.sim.centre.messages()] == [text]

    on_virtual_clock(script)


def test_a_missing_part_is_seen_and_its_resending_completes_the_message():
    parts = submit("退款通知" * 60, reference=9)

    async def script(terminal):
        for pdu in (parts[0], parts[2], parts[3], parts[3]):
            await terminal.send_pdu(pdu)
        centre = terminal.sim.centre
        assert centre.messages() == []
        assert centre.incomplete() == [
            {"number": CUSTOMER, "concat": 9, "total": 4, "have": [1, 3, 4], "references": [61, 62, 63, 64]}
        ]
        await terminal.send_pdu(parts[1])
        assert [message["text"] for message in centre.messages()] == ["退款通知" * 60]

    on_virtual_clock(script)


def test_the_report_carries_the_modems_reference_and_decodes_elsewhere():
    async def script(terminal):
        await routed(terminal)
        assert await terminal.send_pdu(submit("hi", reference=5)[0]) == ["+CMGS: 61", "OK"]
        return await report_after(terminal)

    pdu = on_virtual_clock(script)
    report = gammu.DecodePDU(pdu, True)
    assert report["Type"] == "Status_Report"
    assert (report["Number"], report["MessageReference"], report["DeliveryStatus"]) == (CUSTOMER, 61, 0)
    assert report["SMSC"]["Number"] == SMSC
    assert report["DateTime"].isoformat() == report["SMSCDateTime"].isoformat() == "2025-01-02T11:04:05+08:00"
    other = decodeSmsPdu(pdu.hex().upper())
    assert (other["type"], other["number"], other["reference"], other["status"]) == (
        "SMS-STATUS-REPORT",
        CUSTOMER,
        61,
        0,
    )


@settings(max_examples=60)
@given(
    digits=st.text("0123456789", min_size=3, max_size=15),
    plus=st.booleans(),
    reference=st.integers(0, 255),
    status=st.integers(0, 127),
    zone=st.integers(-48, 56),
    sent=st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)),
)
def test_any_status_report_reads_back_in_two_libraries(digits, plus, reference, status, zone, sent):
    number = "+" * plus + digits
    pdu = encode_status_report(number, reference, status, SMSC, sent, sent, zone)
    report = gammu.DecodePDU(pdu, True)
    assert (report["Number"].lstrip("+"), report["MessageReference"]) == (digits, reference)
    assert report["DateTime"].replace(tzinfo=None) == sent.replace(microsecond=0)
    other = decodeSmsPdu(pdu.hex().upper())
    assert (other["number"].lstrip("+"), other["reference"], other["status"]) == (digits, reference, status)
    assert other["time"].utcoffset().total_seconds() == zone * 900
    assert tpdu_length(pdu) == len(pdu) - 9


def test_the_real_report_of_a_network_has_the_same_layout():
    real = bytes.fromhex("079119890400202306400C91197909913764511090718384225110907183252200")
    sent, done = datetime(2015, 1, 9, 17, 38, 48), datetime(2015, 1, 9, 17, 38, 52)
    assert encode_status_report("+919790197346", 0x40, 0, "+919840000232", sent, done, 22) == real


@pytest.mark.parametrize(
    ("mode", "statuses", "arrives"),
    [
        ("delivered", [0], 1),
        ("never", [], 1),
        ("failed", [0x41], 0),
        ("failed:0x45", [0x45], 0),
        ("twice", [0, 0], 1),
        ("trying", [0x30, 0], 1),
        ("national", [0], 1),
    ],
)
def test_report_modes(mode, statuses, arrives):
    async def script(terminal):
        await routed(terminal)
        terminal.sim.centre.set_report_mode(mode)
        await terminal.send_pdu(submit("hi")[0])
        await asyncio.sleep(10)
        lines = terminal.lines()
        reports = [decodeSmsPdu(pdu) for head, pdu in zip(lines[::2], lines[1::2], strict=True)]
        assert [report["status"] for report in reports] == statuses
        wanted = "13800138000" if mode == "national" else CUSTOMER
        assert {report["number"] for report in reports} <= {wanted}
        assert len(terminal.sim.centre.messages()) == arrives

    on_virtual_clock(script)


def test_an_early_report_comes_before_the_reference_it_names():
    async def script(terminal):
        await routed(terminal)
        terminal.sim.centre.set_report_mode("early", number="13800138000")
        lines = await terminal.send_pdu(submit("hi")[0])
        assert lines[0].startswith("+CDS: ")
        assert lines[2:] == ["+CMGS: 61", "OK"]
        lines = await terminal.send_pdu(submit("hi", number="+8613900139000")[0])
        assert lines == ["+CMGS: 62", "OK"]

    on_virtual_clock(script)


def test_no_report_without_request_and_stored_ones_are_read_from_their_memory():
    async def script(terminal):
        await routed(terminal, "2,1,0,2,0")
        await terminal.send_pdu(submit("hi", report=False)[0])
        await asyncio.sleep(5)
        assert terminal.lines() == []
        await terminal.send_pdu(submit("hi")[0])
        await terminal.until(b'+CDSI: "SR",0')
        terminal.heard.clear()
        assert await terminal.command("AT+CMGR=0") == ["+CMS ERROR: 321"]  # still looking into SM
        assert await terminal.command('AT+CPMS="SR"') == ["+CPMS: 1,10,0,20,0,20", "OK"]
        head, pdu, ok = await terminal.command("AT+CMGR=0")
        assert head.startswith("+CMGR: 0,,")
        assert decodeSmsPdu(pdu)["reference"] == 62

    on_virtual_clock(script)


@pytest.mark.parametrize(
    ("text", "parts"), [("1", 1), ("退订", 1), ("余额" * 80, 3), ("€20 [ok]", 1), ("a" * 200, 2), ("短😀", 1)]
)
def test_a_phone_writes_to_the_terminal(text, parts):
    async def script(terminal):
        assert terminal.sim.centre.deliver("95588", text) == parts
        assert terminal.lines() == [f'+CMTI: "SM",{index}' for index in range(parts)]
        terminal.heard.clear()
        got = ""
        for index in range(parts):
            head, pdu, ok = await terminal.command(f"AT+CMGR={index}")
            message = gammu.DecodePDU(bytes.fromhex(pdu), True)
            assert head == f"+CMGR: 0,,{tpdu_length(bytes.fromhex(pdu))}"
            assert (message["Type"], message["Number"]) == ("Deliver", "95588")
            other = decodeSmsPdu(pdu)
            assert other["time"].isoformat() == "2025-01-02T11:04:05+08:00"
            got += other["text"]  # surrogate pairs still in two halves
            assert await terminal.command(f"AT+CMGD={index}") == ["OK"]
        assert got.encode("utf-16", "surrogatepass").decode("utf-16") == text
        assert await terminal.command("AT+CMGL=4") == ["OK"]

    on_virtual_clock(script)


def text_of(pdu):
    """What python-gsmmodem reads, with the "@" it drops when that is the last of 8, 16… septets: there smspdudecoder,
    which keeps it (and adds one to 7, 15… septets), has the last word."""
    text = decodeSmsPdu(pdu.hex())["text"]
    sender = 1 + pdu[0] + 1  # behind SMSC and first octet (23.040 §9.2.2.1)
    coding = sender + 2 + (pdu[sender] + 1) // 2 + 1  # behind sender and PID
    length = pdu[coding + 1 + 7]  # behind the time stamp
    if pdu[coding] == 0 and length % 8 == 0 and read_incoming_sms(pdu.hex())["content"] == text + "@":
        return text + "@"
    return text


def texts_of(pdus):
    """Join the texts of delivered parts as foreign decoders read them."""
    text = "".join(text_of(pdu) for pdu in pdus)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@settings(max_examples=80)
@given(st.text("abc 1@£_éΔ¿€[]{}~^|\\\n", min_size=1, max_size=400) | st.text("退订a1😀，€", min_size=1, max_size=200))
def test_any_text_of_a_phone_reads_back(text):
    assert texts_of(encode_deliver("+8613900139000", text, SMSC, WHEN, 32)) == text


@pytest.mark.parametrize("sender", ["", "+", "8613800138000123456789", "A name much too long", "1\r2"])
def test_an_impossible_sender_is_refused(sender):
    with pytest.raises(ValueError, match="sender"):
        encode_deliver(sender, "1", SMSC, WHEN, 32)


def test_cmti_storage_full_and_room_again():
    async def script(terminal):
        for number in range(4):
            terminal.sim.centre.deliver("95588", str(number))
        heard = terminal.lines()
        assert heard == ['+CMTI: "SM",0', '+CMTI: "SM",1', '+CMTI: "SM",-1']
        terminal.heard.clear()
        assert len(await terminal.command("AT+CMGL=0")) == 5
        assert await terminal.command("AT+CMGL=0") == ["OK"]  # listed once, read from now on
        await terminal.command("AT+CMGD=0,1")
        await terminal.until(b'+CMTI: "SM",1')
        assert await terminal.command("AT+CMGD=?") == ["+CMGD: (0,1),(0-4)", "OK"]

    on_virtual_clock(script, ModemConfig(memory=2))


def test_direct_delivery_waits_for_confirmation_in_phase_two_plus():
    async def script(terminal):
        await terminal.command("AT+CSMS=1")
        await routed(terminal, "2,2,0,1,0")
        for text in "12":
            terminal.sim.centre.deliver("95588", text)
        head, pdu = terminal.lines()
        assert head == f"+CMT: ,{tpdu_length(bytes.fromhex(pdu))}"
        terminal.heard.clear()
        assert await terminal.command("AT+CNMA") == ["OK"]
        await terminal.until(b"+CMT: ")
        await asyncio.sleep(30)  # no confirmation: routing ends
        terminal.heard.clear()
        assert await terminal.command("AT+CNMI?") == ["+CNMI: 2,0,0,0,0", "OK"]

    on_virtual_clock(script)


def test_mode_zero_buffers_in_the_network():
    async def script(terminal):
        await routed(terminal, "0,1,0,1,0")
        terminal.sim.centre.deliver("95588", "1")
        await asyncio.sleep(5)
        assert terminal.lines() == []
        await routed(terminal)
        await terminal.until(b'+CMTI: "SM",0')

    on_virtual_clock(script)


GOOD = submit("hi")[0].hex()
BAD_PDUS = {
    "not hexadecimal": ("zz" * 20, 19),
    "odd digits": (GOOD + "0", (len(GOOD) // 2) - 1),
    "wrong length": (GOOD, len(GOOD) // 2 + 4),
    "nothing": ("", 10),
    "a deliver": (encode_deliver("95588", "1", None, WHEN, 32)[0].hex(), None),
    "user data too short": (GOOD[:-2], None),
    "user data too long": (GOOD + "00", None),
    "number not digits": ("0001000B81AABBCCDDEEFF000002C834", None),
    "no number": ("0001000081000002C834", None),
    "header beyond data": ("0041000B813108108300F0000802FF00", None),
    "address of the centre cut off": ("0C01", 1),
    "bytes outside ASCII": ("\xff\xfe", 10),
}


@pytest.mark.parametrize("name", BAD_PDUS)
def test_a_bad_pdu_is_refused(name):
    text, octets = BAD_PDUS[name]

    async def script(terminal):
        length = len(text) // 2 - 1 if octets is None else octets
        terminal.sim.feed(b"AT+CMGS=%d\r" % length)
        await terminal.until(b"\r\n> ")
        assert await terminal.command(text + "\x1a") == ["+CMS ERROR: 304"]
        assert terminal.sim.centre.sent_count == 0
        assert await terminal.command("AT") == ["OK"]

    on_virtual_clock(script)


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_random_octets_are_a_message_or_refused(pdu):
    try:
        decode_submit(pdu)
    except BadPdu:
        pass


def test_escape_leaves_the_prompt_and_codes_wait_until_then():
    async def script(terminal):
        terminal.sim.feed(b"AT+CMGS=20\rIGNORED BEFORE THE PROMPT")
        await terminal.until(b"\r\n> ")
        terminal.sim.centre.deliver("95588", "1")
        await asyncio.sleep(1)
        assert terminal.lines() == []
        terminal.sim.feed(b"0011\x1b")
        await terminal.until(b"OK")
        await terminal.until(b'+CMTI: "SM",0')
        assert terminal.sim.centre.sent_count == 0

    on_virtual_clock(script)


def test_refusals_of_the_network_are_given_once_each():
    async def script(terminal):
        terminal.sim.messages.fail_next(38, 2)
        pdu = submit("hi")[0]
        assert await terminal.send_pdu(pdu) == ["+CMS ERROR: 38"]
        assert await terminal.send_pdu(pdu) == ["+CMS ERROR: 38"]
        assert await terminal.send_pdu(pdu) == ["+CMGS: 61", "OK"]
        terminal.sim.network.set_registration("denied")
        assert await terminal.send_pdu(pdu) == ["+CMS ERROR: 331"]
        terminal.sim.network.set_registration("home")
        await terminal.command('AT+CSCA=""')
        assert await terminal.send_pdu(pdu) == ["+CMS ERROR: 330"]

    on_virtual_clock(script)


def test_a_reboot_after_ctrl_z_leaves_the_message_sent_and_its_report_comes_later():
    async def script(terminal):
        await routed(terminal)
        terminal.sim.fault_on("cmgs_before_ack", "reboot")
        pdu = submit("hi")[0]
        terminal.sim.feed(b"AT+CMGS=%d\r" % (len(pdu) - 1))
        await terminal.until(b"\r\n> ")
        terminal.sim.feed(pdu.hex().encode() + b"\x1a")
        heard = await terminal.until(b"PB DONE")
        assert b"+CMGS" not in heard
        assert terminal.sim.boots == 2
        assert len(terminal.sim.centre.messages()) == 1
        # not routed any more after a restart: kept as a stored report
        await asyncio.sleep(5)
        assert [entry.pdu[10] for entry in terminal.sim.messages.storages["SR"].slots.values()] == [61]

    on_virtual_clock(script)


@pytest.mark.parametrize(("point", "sent"), [("prompt", 0), ("cmgs_before_send", 0), ("cmgs_before_ack", 1)])
@pytest.mark.parametrize("action", ["reboot", "silence"])
def test_faults_while_sending(point, sent, action):
    async def script(terminal):
        terminal.sim.fault_on(point, action, 2)
        pdu = submit("hi")[0]
        assert await terminal.send_pdu(pdu) == ["+CMGS: 61", "OK"]
        terminal.sim.feed(b"AT+CMGS=%d\r" % (len(pdu) - 1))
        await terminal.until(b"\r\n> ")
        await asyncio.sleep(0.01)
        terminal.sim.feed(pdu.hex().encode() + b"\x1a")
        await asyncio.sleep(20)
        assert b"+CMGS:" not in terminal.heard
        assert terminal.sim.centre.sent_count == 1 + sent
        assert terminal.sim.boots == (2 if action == "reboot" else 1)
        terminal.heard.clear()
        terminal.sim.feed(b"\x1b\r")
        assert (await terminal.command("AT"))[-1] == "OK"

    on_virtual_clock(script)


def test_a_message_for_a_modem_out_of_reach_waits_in_the_network():
    async def script(terminal):
        terminal.sim.network.set_registration("none")
        terminal.sim.centre.deliver("95588", "1")
        await asyncio.sleep(5)
        assert terminal.lines() == []
        terminal.sim.network.set_registration("home")
        await terminal.until(b'+CMTI: "SM",0')

    on_virtual_clock(script)


def test_unknown_modes_and_points_are_refused():
    async def script(terminal):
        for call, text in (
            (lambda: terminal.sim.centre.set_report_mode("maybe"), "report mode"),
            (lambda: terminal.sim.centre.set_report_mode("failed:7"), "status"),
            (lambda: terminal.sim.fault_on("lunch", "reboot"), "no such point"),
            (lambda: terminal.sim.fault_on("prompt", "explode"), "reboots or silences"),
            (lambda: terminal.sim.messages.fail_next(5000), "code"),
            (lambda: terminal.sim.centre.deliver_pdu("letter", b"1"), "deliver or a report"),
        ):
            with pytest.raises(ValueError, match=text):
                call()

    on_virtual_clock(script)
