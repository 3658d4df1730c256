"""A recorded dialogue played again: the modem's lines at their distances, the terminal's lines checked."""

import asyncio
import subprocess
import sys
import time

import gammu
import pytest
import serial
from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu

import virtualclock
from posterm.sim.modem import ModemSim
from posterm.sim.modem.replay import Replay, parse_recording
from posterm.sim.modem.synthetic import pdu_of

CUSTOMER = "+8613800138000"
PDU = bytes(encodeSmsSubmitPdu(CUSTOMER, "交易成功", requestStatusReport=True)[0].data)
RECORDING = f"""# posterm modem recording 1 SIMCOM_SIM7600CE LE20B04SIM7600CE
0 > <ESC>
0 > AT
20 < OK
40 > AT+CNUM
60 < +CNUM: "","<11 digits>",129
60 < OK
80 > AT+CMGS={len(PDU) - 1}
100 < <prompt>
110 > <{2 * len(PDU)} hex>
110 > <CTRL-Z>
3110 < +CMGS: 64
3110 < OK
9110 < +CDS: 26
9110 < <PDU of 34>
9200 > AT+CSCA="+<13 digits>"
9210 < OK
9220 ! time-out
9300 > AT+CIPSEND=0,14
9310 < >
9320 > <14 bytes>
9330 < OK
9400 < +CIPRXGET: 2,0,14,0
9400 < <14 bytes>
9401 < OK
9500 < +CMT: ,24
9500 < <PDU of 64>
"""


class Heard(bytearray):
    """What the terminal has heard and not looked at."""

    def __init__(self):
        super().__init__()
        self.more = asyncio.Event()

    def extend(self, data):
        super().extend(data)
        self.more.set()


def play(script, text=RECORDING, **settings):
    async def main():
        heard = Heard()
        replay = Replay(heard.extend, parse_recording(text), **settings)
        replay.start()
        result = await script(replay, heard)
        replay.close()
        return result

    return virtualclock.run(main())


async def until(heard, wanted):
    while wanted not in heard:
        heard.more.clear()
        await heard.more.wait()
    end = heard.index(wanted) + len(wanted)
    text = bytes(heard[:end])
    del heard[:end]
    return text


async def until_report(replay, heard):
    """The terminal's part up to the report."""
    replay.feed(b"\x1b\rAT\r")
    await until(heard, b"\r\nOK\r\n")
    replay.feed(b"AT+CNUM\r")
    assert b'+CNUM: "","13900139000",129\r\n' in await until(heard, b"OK\r\n")
    replay.feed(b"AT+CMGS=%d\r" % (len(PDU) - 1))
    await until(heard, b"\r\n> ")
    start = asyncio.get_running_loop().time()
    replay.feed(PDU.hex().upper().encode() + b"\x1a")
    await until(heard, b"+CMGS: 64\r\n\r\nOK\r\n")
    assert asyncio.get_running_loop().time() - start == pytest.approx(3, abs=0.01)
    await until(heard, b"\r\n+CDS: 26\r\n")
    assert asyncio.get_running_loop().time() - start == pytest.approx(9, abs=0.01)
    return (await until(heard, b"\r\n")).decode().strip()


def test_a_whole_dialogue_with_valid_stand_ins_for_what_was_masked():
    async def script(replay, heard):
        report = decodeSmsPdu(await until_report(replay, heard))
        assert (report["type"], report["number"], report["reference"]) == ("SMS-STATUS-REPORT", CUSTOMER, 64)
        replay.feed(b'AT+CSCA="+8613800100500"\r')
        await until(heard, b"OK\r\n")
        replay.feed(b"AT+CIPSEND=0,14\r")
        await until(heard, b">")
        replay.feed(b"\x00\x1a\x1b\r" + b"x" * 10)
        await until(heard, b"OK\r\n")
        assert (await until(heard, b"OK\r\n"))[2:].startswith(b"+CIPRXGET: 2,0,14,0\r\n" + bytes(range(14)))
        await asyncio.wait_for(replay.ended.wait(), 5)
        head, pdu = bytes(heard).decode().split()[-2:]
        assert head == ",24"
        message = gammu.DecodePDU(bytes.fromhex(pdu), True)
        assert message["Type"] == "Deliver"
        assert len(pdu) == 64
        assert len(pdu) // 2 - int(pdu[:2], 16) - 1 == 24
        assert replay.problem == ""

    play(script)


def test_a_difference_is_named_with_its_line():
    async def script(replay, heard):
        replay.feed(b"\x1b\rAT\rAT+CPIN?\r")
        await replay.ended.wait()
        assert replay.problem == 'line 5: the recording has "AT+CNUM", the terminal sent "AT+CPIN?"'
        assert replay.line == 5

    play(script)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (b"AT\r", 'line 2: the recording has "<ESC>", the terminal sent the octet 0x41'),
        (b"\x1b\rAT\rAT+CNUM\rAT+CMGS=7\r", 'the terminal sent "AT+CMGS=7"'),
        (b"\x1b\rAT\rAT+CNUM\rAT+CMGS=%d\rhello\x1a" % (len(PDU) - 1), "5 bytes that are not hexadecimal"),
        (b"\x1b\rAT\r", "the terminal sent nothing"),
        (b"\x1b\r" + b"x" * 5000, "4096 bytes without an end"),
    ],
)
def test_what_does_not_match(typed, problem):
    async def script(replay, heard):
        replay.feed(typed)
        await replay.ended.wait()
        assert problem in replay.problem

    play(script)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no recording"),
        ("0 > AT\n", "no recording"),
        ("# posterm modem recording 1 X Y\nnonsense\n", "line 2"),
        ("# posterm modem recording 1 X Y\n5 > AT\n3 < OK\n", "line 3: earlier"),
    ],
)
def test_what_is_no_recording(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_recording(text)


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("+CDS: 25", 33),
        ("+CDS: ,26", 34),
        ("+CDS: 30", 38),
        ("+CMGR: 0,,24", 32),
        ("+CMT: ,158", 166),
        ("+CMT: ,17", 18),
    ],
)
def test_stand_ins_have_the_recorded_length_and_are_read_elsewhere(header, size):
    pdu = pdu_of(header, size, "", 7)
    octets = int(header.rpartition(",")[2].rpartition(" ")[2])
    assert (len(pdu), len(pdu) - pdu[0] - 1) == (size, octets)
    kind = gammu.DecodePDU(pdu, True)["Type"]
    assert kind == ("Status_Report" if header.startswith("+CDS") else "Deliver")


def test_a_report_of_another_length_names_the_recipient_by_its_last_digits():
    pdu = pdu_of("+CDS: 25", 33, CUSTOMER, 64)
    report = decodeSmsPdu(pdu.hex())
    assert CUSTOMER.endswith(report["number"])
    assert len(report["number"]) == 12


def test_any_of_a_kind_matches_but_not_another_kind():
    head = "# posterm modem recording 1 X Y\n"
    for masked, typed, fits in (
        ('AT+CSCA="+<13 digits>"', b'AT+CSCA="+8613800100500"\r', True),
        ('AT+CSCA="+<13 digits>"', b'AT+CSCA="+861380010"\r', True),
        ('AT+CSCA="+<13 digits>"', b'AT+CSCA="+abc"\r', False),
        ("AT+X=<8 hex>", b"AT+X=00A1B2C3\r", True),
        ("AT+CPIN=...", b'AT+CPIN="1234"\r', True),
        ("AT+CPIN=...", b"AT+CPIN?\r", False),
    ):

        async def script(replay, heard, typed=typed):
            replay.feed(typed)
            await replay.ended.wait()
            return replay.problem == ""

        assert play(script, f"{head}0 > {masked}\n") == fits, (masked, typed)


def test_a_recording_from_the_middle_of_the_day_after_a_lead_in():
    text = "# posterm modem recording 1 X Y\n0 > AT+CMGS=47\n9 < <garbage>\n9 < <text of 7>\n20 < +CMS ERROR: 332\n"

    async def main():
        heard = Heard()
        before = ModemSim(heard.extend)
        replay = Replay(heard.extend, parse_recording(text), lead_in=before)
        replay.start()
        await until(heard, b"PB DONE\r\n")
        replay.feed(b"ATE0\r")
        await until(heard, b"OK\r\n")
        replay.feed(b"AT+CREG?\r")
        await until(heard, b"+CREG: 0,1\r\n\r\nOK\r\n")
        replay.feed(b"AT+CMGS=47\r")
        await replay.ended.wait()
        assert replay.problem == ""
        assert before.state == "off"
        assert bytes(heard).endswith(b"\x9f\r\nxxxxxxx\r\n\r\n+CMS ERROR: 332\r\n")

    virtualclock.run(main())


@pytest.mark.parametrize(("second", "code"), [(b"AT+CSQ\r", 0), (b"AT+CREG?\r", 1)])
def test_the_program_plays_a_file_and_ends_with_it(root, tmp_path, second, code):
    recording = tmp_path / "recording.txt"
    recording.write_text("# posterm modem recording 1 X Y\n0 > AT\n5 < OK\n9 > AT+CSQ\n19 < +CSQ: 7,99\n19 < OK\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "posterm.sim.modem.cli", "--replay", recording, "--link", tmp_path / "modem"],
        env={"PYTHONPATH": str(root / "tools")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("modem simulator ready on ")
        with serial.Serial(str(tmp_path / "modem"), 115200, timeout=5) as port:
            port.write(b"AT\r")
            assert port.read(6) == b"\r\nOK\r\n"
            port.write(second)
            if not code:
                assert port.read(20) == b"\r\n+CSQ: 7,99\r\n\r\nOK\r\n"
            else:
                time.sleep(0.1)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == code
    if code:
        assert err == 'modem: line 4: the recording has "AT+CSQ", the terminal sent "AT+CREG?"\n'
    else:
        assert "played to its end" in out


def test_the_program_names_a_file_that_is_no_recording(root, tmp_path):
    (tmp_path / "x").write_text("hello\n")
    done = subprocess.run(
        [sys.executable, "-m", "posterm.sim.modem.cli", "--replay", tmp_path / "x"],
        env={"PYTHONPATH": str(root / "tools")},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("modem: this is no recording")
