"""The modem simulator as a person or a test meets it: control commands, and the program on a pseudo-terminal."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import gammu
import pytest
import serial
from gsmmodem.pdu import encodeSmsSubmitPdu

from posterm.sim.control import Control, ControlError
from posterm.sim.modem.remote import Remote
from sim_modem_terminal import on_virtual_clock

CUSTOMER = "+8613800138000"


def call(terminal, cmd, **arguments):
    return Remote(terminal.sim)({"cmd": cmd, **arguments})


def test_every_command_does_what_it_says():
    async def script(terminal):
        sim = terminal.sim
        await call(terminal, "signal", rssi=3)
        assert await terminal.command("AT+CSQ") == ["+CSQ: 3,99", "OK"]
        await call(terminal, "operator", name="CHN-UNICOM")
        await call(terminal, "registration", stat="roaming")
        assert await terminal.command("AT+COPS?;+CREG?") == ['+COPS: 0,0,"CHN-UNICOM",7', "+CREG: 0,5", "OK"]
        assert await call(terminal, "deliver", **{"from": "95588"}, text="1") == {"parts": 1}
        assert terminal.lines() == ['+CMTI: "SM",0']
        terminal.heard.clear()
        await call(terminal, "report_delay", seconds=5)
        await call(terminal, "report_mode", mode="failed", status=0x45, number=CUSTOMER)
        await call(terminal, "next_cms_error", code=500)
        pdu = bytes(encodeSmsSubmitPdu(CUSTOMER, "成功")[0].data)
        assert await terminal.send_pdu(pdu) == ["+CMS ERROR: 500"]
        await call(terminal, "report_mode", mode="delivered")
        assert await terminal.send_pdu(pdu) == ["+CMGS: 61", "OK"]
        (message,) = (await call(terminal, "wait_inbox", n=1, timeout=1))["messages"]
        assert (message["number"], message["text"], message["parts"]) == (CUSTOMER, "成功", 1)
        assert (await call(terminal, "inbox", number="13800138000"))["messages"] == [message]
        assert (await call(terminal, "inbox", number="13900139000"))["messages"] == []
        assert (await call(terminal, "sent_count")) == {"count": 1}
        assert (await call(terminal, "sent"))["parts"][0]["reference"] == 61
        assert (await call(terminal, "incomplete")) == {"messages": []}
        await call(terminal, "clear_inbox")
        with pytest.raises(ValueError, match="only 0 of 1"):
            await call(terminal, "wait_inbox", n=1, timeout=3)
        status = await call(terminal, "status")
        assert json.loads(json.dumps(status))["stored"] == {"SM": 1, "ME": 0, "SR": 0}
        assert (status["state"], status["registration"], status["sent"], status["inbox"]) == ("on", 5, 1, 0)
        terminal.heard.clear()
        await call(terminal, "urc", text="+CGEV: NW DETACH")
        await call(terminal, "urc_storm", count=20, gap=0.001)
        assert (await terminal.command("AT"))[0] == "+CGEV: NW DETACH"
        await call(terminal, "deliver_pdu", pdu="00112233")
        await call(terminal, "garbage", bytes=10, seed=2)
        await call(terminal, "dribble", size=3, gap=0.001)
        await call(terminal, "mute", seconds=1)
        await asyncio.sleep(2)
        assert await call(terminal, "drop_socket") == {"dropped": 0}
        await call(terminal, "silent_on", point="prompt")
        await call(terminal, "reboot_on", point="prompt", count=2)
        await call(terminal, "power", on=False)
        assert sim.state == "off"
        await call(terminal, "power", on=True)
        await terminal.until(b"PB DONE")
        await call(terminal, "sim_state", state="absent")
        await terminal.until(b"+CPIN: SIM REMOVED")
        await call(terminal, "reboot")
        await terminal.until(b"+CPIN: SIM REMOVED")
        assert sim.boots == 4

    on_virtual_clock(script)


@pytest.mark.parametrize(
    "command",
    [
        {"cmd": "explode"},
        {"cmd": "__init__"},
        {"cmd": "signal", "rssi": 500},
        {"cmd": "signal"},
        {"cmd": "power", "on": "yes"},
        {"cmd": "registration", "stat": "lost"},
        {"cmd": "mute", "seconds": -1},
        {"cmd": "mute", "seconds": "1"},
        {"cmd": "report_mode", "mode": "maybe"},
        {"cmd": "reboot_on", "point": "lunch"},
        {"cmd": "deliver", "from": "", "text": "1"},
        {"cmd": "deliver_pdu", "pdu": "zz"},
        {"cmd": "sim_state", "state": "lost"},
        {"cmd": "wait_inbox", "n": True},
    ],
)
def test_a_wrong_command_is_refused_with_a_reason(command):
    async def script(terminal):
        with pytest.raises((ControlError, ValueError, KeyError)):
            await Remote(terminal.sim)(command)

    on_virtual_clock(script)


@contextlib.contextmanager
def running(root, folder, *options):
    """The simulator as its own process, once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "posterm.sim.modem.cli", "--boot-seconds", "0.05", "--report-delay", "0.1", *options]
        + ["--link", folder / "modem", "--control", folder / "control"]
        + ["--log", folder / "dialogue.log", "--sms-log", folder / "sms.jsonl"],
        env={**os.environ, "PYTHONPATH": str(root / "tools")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("modem simulator ready on /dev/pts/"), process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def program(root, tmp_path):
    with running(root, tmp_path) as process:
        yield process, tmp_path


def expect(port, wanted, seconds=5):
    """Read until `wanted` appears."""
    heard, end = b"", time.monotonic() + seconds
    while wanted not in heard:
        assert time.monotonic() < end, heard
        heard += port.read(max(1, port.in_waiting))
    return heard


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_a_terminal_and_leaves_nothing_behind(program, number):
    process, folder = program
    pdu = encodeSmsSubmitPdu(CUSTOMER, "交易成功")[0]
    with Control(folder / "control") as control, serial.Serial(str(folder / "modem"), 115200, timeout=0.2) as port:
        if control.call("status")["sms_ready"] is False:
            expect(port, b"SMS DONE")
        while control.call("status")["registration"] != 1:
            time.sleep(0.02)
        for line in (b"ATE0", b"AT+CNMI=2,1,0,1,0"):
            port.reset_input_buffer()
            port.write(line + b"\r")
            expect(port, b"OK\r\n")
        port.write(b"AT+CMGS=%d\r" % pdu.tpduLength)
        expect(port, b"> ")
        port.write(bytes(pdu.data).hex().encode() + b"\x1a")
        heard = expect(port, b"+CDS: 26\r\n")
        assert b"+CMGS: 61\r\n\r\nOK\r\n" in heard
        (message,) = control.call("wait_inbox", n=1, timeout=2)["messages"]
        assert (message["number"], message["text"]) == (CUSTOMER, "交易成功")
        with pytest.raises(ControlError, match="no such command"):
            control.call("explode")
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == ["dialogue.log", "sms.jsonl"]
    log, messages = (folder / "dialogue.log").read_text(), (folder / "sms.jsonl").read_text()
    assert "> AT+CMGS=" in log
    assert json.loads(messages)["number"] == "***********000"
    for text in (log, messages):
        assert "13800138" not in text
        assert "683108" not in text
    assert gammu.DecodePDU(bytes(pdu.data), True)["Number"] == CUSTOMER


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--link", "{taken}"], "choose another --link"),
        (["--control", "{taken}"], "choose another --control"),
        (["--route", "nonsense"], "is not HOST:PORT=HOST:PORT"),
        (["--report-mode", "maybe"], "report mode is one of"),
        (["--log", "{taken}/log"], "Not a directory"),
    ],
)
def test_the_program_names_what_stands_in_its_way(root, tmp_path, options, reason):
    taken = tmp_path / "taken"
    taken.write_text("precious")
    done = subprocess.run(
        [sys.executable, "-m", "posterm.sim.modem.cli", *(option.format(taken=taken) for option in options)],
        env={**os.environ, "PYTHONPATH": str(root / "tools")},
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.returncode == 2
    assert reason in done.stderr
    if "{taken}" in options[1]:  # found out at the start, not by the parser of options
        assert done.stderr.startswith("modem: ") and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert taken.read_text() == "precious"


def test_another_family_at_its_own_speed_with_variants(root, tmp_path):
    options = ("--family", "SIM800", "--variant", "no_space", "--baud", "9600", "--own-number", "13900139000")
    with running(root, tmp_path, *options):
        with serial.Serial(str(tmp_path / "modem"), 115200, timeout=0.2) as port:
            for _ in range(5):
                port.write(b"AT\r")
                assert b"OK" not in port.read(200)
        with serial.Serial(str(tmp_path / "modem"), 9600, timeout=0.2) as port:
            port.write(b"\r")
            time.sleep(0.2)
            port.reset_input_buffer()
            port.write(b"ATE0;+CGMM;+CSQ;+CNUM\r")
            heard = expect(port, b"OK\r\n")
        assert heard.endswith(b'\r\nSIMCOM_SIM800C\r\n\r\n+CSQ:21,99\r\n\r\n+CNUM:"","13900139000",129\r\n\r\nOK\r\n')
        with Control(tmp_path / "control") as control:
            status = control.call("status")
            assert (status["family"], status["variants"]) == ("SIM800", ["no_space"])
