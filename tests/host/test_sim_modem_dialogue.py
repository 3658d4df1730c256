"""The modem's command line: banners, replies, error styles, registration, faults on the wire."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import virtualclock
from posterm.sim.modem import ModemConfig
from sim_modem_terminal import Terminal, on_virtual_clock

DIALOGUES = [
    ("AT", ["OK"]),
    ("at+csq", ["+CSQ: 21,99", "OK"]),
    ("junkAT+CSQ", ["+CSQ: 21,99", "OK"]),
    ("\x1b\x08AT", ["OK"]),
    ("ATE0V1", ["OK"]),
    ("AT+CGMI", ["SIMCOM INCORPORATED", "OK"]),
    ("AT+CGMM", ["SIMCOM_SIM7600CE", "OK"]),
    ("AT+CGMR", ["+CGMR: LE20B04SIM7600CE", "OK"]),
    ("AT+CGSN", ["860000000000004", "OK"]),
    ("AT+CPIN?", ["+CPIN: READY", "OK"]),
    ("AT+CIMI", ["460000000000001", "OK"]),
    ("AT+CICCID", ["+ICCID: 89860000000000000018", "OK"]),
    ("AT+CREG?", ["+CREG: 0,1", "OK"]),
    ("AT+CREG=2;+CREG?", ["+CREG: 2,1,1816,05A1B2C3", "OK"]),
    ("AT+CGREG?", ["+CGREG: 0,1", "OK"]),
    ("AT+CEREG=2;+CEREG?", ["+CEREG: 2,1,1816,05A1B2C3,7", "OK"]),
    ("AT+COPS?", ['+COPS: 0,0,"CHINA MOBILE",7', "OK"]),
    ("AT+CCLK?", ['+CCLK: "25/01/02,11:04:05+32"', "OK"]),
    ("AT+CTZU=1", ["OK"]),
    ("ATI", None),
    ("AT&F", ["OK"]),
    ("AT+CMEE=?", ["+CMEE: (0-2)", "OK"]),
    ("AT+CSQ=?", ["+CSQ: (0-31,99),(0-7,99)", "OK"]),
    ("AT+CPSI?", None),
    ("AT+CNUM", ["OK"]),
    ("AT+CCID", ["+CCID: 89860000000000000018", "OK"]),
    ('AT+CGDCONT=1,"IP","CMIOT";+CGDCONT?', ['+CGDCONT: 1,"IP","CMIOT"', "OK"]),
    ("AT+CTZU?", ["+CTZU: 1", "OK"]),
    ("AT+CSMS?", ["+CSMS: 0,1,1,1", "OK"]),
    ("AT+CMGF=?", ["+CMGF: (0,1)", "OK"]),
    ("AT+CSCS=ROT13", ["ERROR"]),
    ("AT+CFUN=5", ["ERROR"]),
    ('AT+CPMS="XX"', ["+CMS ERROR: 302"]),
    ('AT+CSCA="a"', ["+CMS ERROR: 302"]),
    ("AT+CNMI=2,1,1", ["+CMS ERROR: 303"]),
    ("AT+CIPRXGET=?", ["+CIPRXGET: (0-4),(0-9),(1-1500)", "OK"]),
    ("AT+CMEE=1;+CMEE?", ["+CMEE: 1", "OK"]),
    ("AT+CMGF=0;+CMGF?", ["+CMGF: 0", "OK"]),
    ("AT+CMGF=1;+CMGF?", ["+CMGF: 1", "OK"]),
    ('AT+CSCS="UCS2";+CSCS?', ['+CSCS: "UCS2"', "OK"]),
    ("AT+CSMS=1", ["+CSMS: 1,1,1", "OK"]),
    ('AT+CPMS="SM","SM","SM"', ["+CPMS: 0,20,0,20,0,20", "OK"]),
    ("AT+CPMS?", ['+CPMS: "SM",0,20,"SM",0,20,"SM",0,20', "OK"]),
    ("AT+CNMI=?", ["+CNMI: (0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)", "OK"]),
    ("AT+CNMI=2,1,0,1,0;+CNMI?", ["+CNMI: 2,1,0,1,0", "OK"]),
    ("AT+CNMI=7", ["ERROR"]),
    ("AT+CNMI=1,2,3,2,1,9", ["+CMS ERROR: 302"]),
    ("AT+CSCA?", ['+CSCA: "+8613800100500",145', "OK"]),
    ("AT+CMGL=4", ["OK"]),
    ("AT+CMGR=3", ["+CMS ERROR: 321"]),
    ("AT+CMGD=99", ["+CMS ERROR: 321"]),
    ("AT+CMGD=0,4", ["OK"]),
    ("AT+CNMA", ["+CMS ERROR: 340"]),
    ("AT+CMGS=", ["ERROR"]),
    ("AT+CMGS=165", ["+CMS ERROR: 304"]),
    ("AT+CFUN?", ["+CFUN: 1", "OK"]),
    ("AT+NETOPEN?", ["+NETOPEN: 0", "OK"]),
    ("AT+NETCLOSE", ["+IP ERROR: Network is already closed", "ERROR"]),
    ("AT+IPADDR", ["+IP ERROR: Network not opened", "ERROR"]),
    ('AT+CIPOPEN=0,"TCP","host",80', ["+CIPOPEN: 0,2", "ERROR"]),
    ("AT+CIPSEND=0,5", ["+CIPERROR: 2", "ERROR"]),
    ("AT+CIPCLOSE=0", ["+CIPCLOSE: 0,2", "ERROR"]),
    ("AT+CIPCLOSE?", ["+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0", "OK"]),
    ("AT+CIPRXGET=2,0", ["+IP ERROR: Network not opened", "ERROR"]),
    ('AT+CPIN="1234"', ["+CME ERROR: operation not allowed"]),
    ("AT+NONSENSE=1", ["ERROR"]),
    ("AT+CSQ;+NONSENSE;+CREG?", ["+CSQ: 21,99", "ERROR"]),
    ("AT" + "+" * 600, ["ERROR"]),
    ("AT;;;", ["OK"]),
    ("AT%$#", ["ERROR"]),
    ('AT+CREG="', ["OK"]),
    ("AT+CREG=99999999999999", ["ERROR"]),
]


@pytest.mark.parametrize(("sent", "answer"), DIALOGUES, ids=[sent[:24] for sent, _ in DIALOGUES])
def test_dialogue(sent, answer):
    heard = on_virtual_clock(lambda terminal: terminal.command(sent))
    assert heard == answer or (answer is None and len(heard) > 1 and heard[-1] == "OK")


def test_banners_come_in_order_and_echo_is_on_until_switched_off():
    async def main():
        terminal = Terminal()
        terminal.sim.start()
        terminal.sim.feed(b"AT\r")  # too early: nobody listens
        await terminal.until(b"PB DONE")
        assert terminal.sim.boots == 1
        terminal.heard.clear()
        terminal.sim.feed(b"AT\rATE0\r")
        await asyncio.sleep(1)
        assert bytes(terminal.heard) == b"AT\r\r\nOK\r\nATE0\r\r\nOK\r\n"
        terminal.sim.close()
        return terminal.written

    written = virtualclock.run(main())
    assert b"".join(written).startswith(b"\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n")


@pytest.mark.parametrize(("cmee", "answer"), [(0, "ERROR"), (1, "+CME ERROR: 10"), (2, "+CME ERROR: SIM not inserted")])
def test_error_style_without_a_sim(cmee, answer):
    async def main():
        terminal = Terminal(ModemConfig(sim="absent", cmee=cmee))
        terminal.sim.start()
        await terminal.until(b"+CPIN: SIM REMOVED")
        terminal.heard.clear()
        assert (await terminal.command("AT+CPIN?"))[-1] == answer
        assert (await terminal.command("AT+CMGS=20"))[-1] == "+CMS ERROR: 310"
        assert (await terminal.command("AT+CREG?"))[-2:] == ["+CREG: 0,0", "OK"]
        assert '+CCLK: "80/01/06' in (await terminal.command("AT+CCLK?"))[-2]
        terminal.sim.close()

    virtualclock.run(main())


def test_a_locked_sim_opens_with_its_pin():
    async def main():
        terminal = Terminal(ModemConfig(sim="pin", cmee=1))
        terminal.sim.start()
        await terminal.until(b"+CPIN: SIM PIN")
        terminal.heard.clear()
        assert (await terminal.command("ATE0"))[-1] == "OK"
        assert await terminal.command("AT+CIMI") == ["+CME ERROR: 11"]
        assert await terminal.command('AT+CPIN="0000"') == ["+CME ERROR: 16"]
        assert await terminal.command('AT+CPIN="1234"') == ["OK"]
        await terminal.until(b"SMS DONE")
        await asyncio.sleep(1)
        assert terminal.sim.network.attached
        terminal.sim.close()

    virtualclock.run(main())


def test_messages_are_refused_until_the_sim_has_loaded():
    async def main():
        terminal = Terminal(ModemConfig(sms_delay=10, cmee=1))
        terminal.sim.start()
        await terminal.until(b"+CPIN: READY")
        terminal.heard.clear()
        assert (await terminal.command("AT+CMGS=20"))[-1] == "+CME ERROR: 14"
        terminal.sim.close()

    virtualclock.run(main())


def test_registration_changes_are_announced_and_end_the_data_service():
    async def script(terminal):
        await terminal.command("AT+CREG=1")
        await terminal.command("AT+NETOPEN")
        await terminal.until(b"+NETOPEN: 0")
        terminal.sim.network.set_registration("searching")
        await terminal.until(b"+CREG: 2")
        await terminal.until(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")
        assert await terminal.command("AT+NETOPEN") == ["OK"]
        await terminal.until(b"+NETOPEN: 1")
        terminal.sim.network.set_registration("roaming")
        await terminal.until(b"+CREG: 5")
        await terminal.command("AT+CFUN=0")
        assert await terminal.command("AT+CREG?") == ["+CREG: 1,0", "OK"]
        assert await terminal.command("AT+CSQ") == ["+CSQ: 99,99", "OK"]
        await terminal.command("AT+CFUN=1")
        await terminal.until(b"+CREG: 5")
        with pytest.raises(ValueError, match="0 to 11"):
            terminal.sim.network.set_registration(12)

    on_virtual_clock(script)


def test_restart_and_power_off():
    async def script(terminal):
        assert await terminal.command("AT+CMEE=1") == ["OK"]
        assert await terminal.command("AT+CRESET") == ["OK"]
        await terminal.until(b"PB DONE")
        assert terminal.sim.boots == 2
        terminal.heard.clear()
        assert (await terminal.command("AT+CMEE?"))[1:] == ["+CMEE: 2", "OK"]
        assert (await terminal.command("AT+CFUN=1,1"))[-1] == "OK"
        await terminal.until(b"PB DONE")
        await terminal.command("AT+CPOF")
        await asyncio.sleep(1)
        assert terminal.sim.state == "off"
        terminal.heard.clear()
        terminal.sim.feed(b"AT\r")
        await asyncio.sleep(10)
        assert not terminal.heard
        terminal.sim.power_on()
        await terminal.until(b"PB DONE")

    on_virtual_clock(script)


def test_a_clock_set_by_hand_runs_on():
    async def script(terminal):
        assert await terminal.command('AT+CCLK="24/12/31,23:59:58+32"') == ["OK"]
        assert await terminal.command("AT+CCLK?") == ['+CCLK: "24/12/31,23:59:58+32"', "OK"]
        assert (await terminal.command('AT+CCLK="yesterday"'))[0].startswith("+CME ERROR")

    on_virtual_clock(script)


def test_mute_loses_answers_and_dribble_only_slows_them():
    async def script(terminal):
        terminal.sim.line.mute(5)
        terminal.sim.feed(b"AT+CSQ\r")
        await asyncio.sleep(6)
        assert not terminal.heard
        terminal.sim.line.dribble(2, 0.01)
        terminal.written.clear()
        assert await terminal.command("AT+CSQ") == ["+CSQ: 21,99", "OK"]
        assert max(map(len, terminal.written)) <= 2
        terminal.sim.line.dribble(0, 0)
        await asyncio.sleep(1)
        terminal.written.clear()
        assert await terminal.command("AT") == ["OK"]
        assert b"\r\nOK\r\n" in terminal.written

    on_virtual_clock(script)


def test_garbage_repeats_with_its_seed():
    async def script(terminal):
        terminal.sim.line.garbage(300, seed=7)
        first = bytes(terminal.heard)
        terminal.heard.clear()
        terminal.sim.line.garbage(300, seed=7)
        assert bytes(terminal.heard) == first
        assert len(first) == 300
        assert "< <300 random bytes>" in terminal.log

    on_virtual_clock(script)


def test_any_input_leaves_a_modem_that_still_answers():
    async def script(terminal):
        for junk in (bytes(range(256)) * 64, b"AT+CMGS=\xff\r", b"\r\n" * 200, b"x" * 20000, b"AT" + b"\x00" * 50):
            terminal.sim.feed(junk)
            await asyncio.sleep(1)
            terminal.sim.feed(b"\x1b\r")
            await asyncio.sleep(1)
            terminal.heard.clear()
            assert (await terminal.command("AT+CSQ"))[-2:] == ["+CSQ: 21,99", "OK"]

    on_virtual_clock(script)


def test_the_log_shows_no_payload_number_or_unknown_argument():
    async def script(terminal):
        for line in (
            'AT+CSCA="+8613800138000"',
            "AT+SECRET=1234",
            "6222020000000000018D2512",
            "AT+CGSN",
        ):
            terminal.sim.feed(line.encode() + b"\r")
            await asyncio.sleep(1)
        terminal.sim.urc("+CMT: ,20\r\n0891683108100005F0040D91683108108300F0")
        text = "\n".join(terminal.log)
        for secret in ("13800138000", "1234", "6222", "860000000000004", "683108"):
            assert secret not in text
        assert '> AT+CSCA="+**********000"' in text
        assert "> AT+SECRET <14 bytes>" in text

    on_virtual_clock(script)


COMMANDS = st.sampled_from(["+CREG", "+CNMI", "+CMGR", "+CPMS", "+CIPOPEN", "+CIPRXGET", "+CCLK", "+CSCA", "+CFUN"])
PIECES = st.sampled_from(["E", "V", "&", ";", "=", "?", ",", "0", "1", "9", "-1", " ", '"', "TCP", "9" * 20, "\x7f"])
COMMAND_TEXT = st.lists(COMMANDS | PIECES, max_size=8).map("".join)


@settings(max_examples=100)
@given(COMMAND_TEXT)
def test_any_command_line_gets_a_final_result(text):
    answer = on_virtual_clock(lambda terminal: terminal.command("AT" + text))
    assert answer[-1].startswith(("OK", "ERROR", "+CM"))


@pytest.mark.parametrize("wrong", [{"sim": "lost"}, {"rssi": 300}, {"first_reference": 256}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ModemConfig(**wrong)
