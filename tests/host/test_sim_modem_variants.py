"""The ways of real modems, each switched on: what the terminal then sees."""

import asyncio
from datetime import datetime, timedelta, timezone

import gammu
import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu

import virtualclock
from posterm.sim.modem import ModemConfig
from posterm.sim.modem.remote import Remote
from posterm.sim.modem.tpdu import decode_submit
from posterm.sim.modem.variants import VARIANTS, Variants
from sim_modem_terminal import Terminal, on_virtual_clock, with_hosts

CUSTOMER = "+8613800138000"


def submit(text="hi", reference=0):
    return bytes(encodeSmsSubmitPdu(CUSTOMER, text, reference=reference, requestStatusReport=True)[0].data)


def play(variants, script, **settings):
    names = (variants,) if isinstance(variants, str) else variants
    return on_virtual_clock(script, ModemConfig(variants=names, **settings))


ANSWERS = [
    ("no_space", "AT+CSQ", ["+CSQ:21,99", "OK"]),
    ("no_space", "AT+CMGR=3", ["+CMS ERROR:321"]),
    ("cms_no_space", "AT+CMGR=3", ["+CMS ERROR:321"]),
    ("cms_text", "AT+CMEE=2;+CMGR=3", ["+CMS ERROR: invalid memory index"]),
    ("cms_text", "AT+CMEE=1;+CMGR=3", ["+CMS ERROR: 321"]),
    ("empty_ok", "AT+CMGR=3", ["OK"]),
    ("csq_100", "AT+CSQ", ["+CSQ: 145,99", "OK"]),
    ("creg_quotes", "AT+CREG=2;+CREG?", ['+CREG: 2,1,"1816","05A1B2C3"', "OK"]),
    ("creg_access", "AT+CREG=2;+CREG?", ["+CREG: 2,1,1816,05A1B2C3,7", "OK"]),
    ("creg_no_access", "AT+CEREG=2;+CEREG?", ["+CEREG: 2,1,1816,05A1B2C3", "OK"]),
    ("cclk_1980", "AT+CCLK?", ['+CCLK: "80/01/06,00:00:00+00"', "OK"]),
    ("cclk_1970", "AT+CCLK?", ['+CCLK: "70/01/01,00:00:00+00"', "OK"]),
    ("cnmi_refused", "AT+CNMI=2,1,0,1,0", ["+CMS ERROR: 302"]),
    ("cnmi_no_direct", "AT+CNMI=?", ["+CNMI: (0,1,2),(0,1,2,3),(0,2,3),(0,2),(0,1)", "OK"]),
    ("cnmi_no_direct", "AT+CNMI=2,1,0,1,0", ["+CMS ERROR: 303"]),
    ("no_sms", "AT+CMGF=0", ["ERROR"]),
    ("no_sms", "AT+CPMS?", ["ERROR"]),
]


@pytest.mark.parametrize(("variant", "sent", "answer"), ANSWERS)
def test_answers(variant, sent, answer):
    assert play(variant, lambda terminal: terminal.command(sent)) == answer


@pytest.mark.parametrize(
    ("variant", "prompt"), [("", b"\r\n> "), ("prompt_line", b"\r\n>\r\n"), ("prompt_bare", b"\r\n>")]
)
def test_prompts(variant, prompt):
    async def script(terminal):
        pdu = submit()
        terminal.sim.feed(b"AT+CMGS=%d\r" % (len(pdu) - 1))
        await asyncio.sleep(0.1)
        assert bytes(terminal.heard) == prompt
        terminal.heard.clear()
        assert await terminal.command(pdu.hex() + "\x1a") == ["+CMGS: 61", "OK"]

    play((variant,) if variant else (), script)


def test_no_space_reaches_unsolicited_lines_and_data_headers_but_no_payload():
    async def script(terminal, hosts):
        for line in ("AT+CIPRXGET=1", "AT+NETOPEN"):
            await terminal.command(line)
        await terminal.until(b"+NETOPEN:0")
        await terminal.command('AT+CIPOPEN=0,"TCP","host",1')
        await terminal.until(b"+CIPOPEN:0,0")
        hosts.ends[0].write(b"+A: 1")
        await terminal.until(b"+CIPRXGET:1,0")
        terminal.heard.clear()
        assert await terminal.command("AT+CIPRXGET=2,0") == ["+CIPRXGET:2,0,5,0", "+A: 1", "OK"]

    with_hosts(script, ModemConfig(variants=("no_space",)))


def test_blank_lines_before_a_pdu():
    async def script(terminal):
        await terminal.command("AT+CNMI=2,2,0,1,0")
        terminal.sim.centre.deliver("95588", "1")
        head, *blank, pdu = bytes(terminal.heard).decode().strip().split("\r\n")
        assert head.startswith("+CMT: ,")
        assert blank == ["", ""]
        assert gammu.DecodePDU(bytes.fromhex(pdu), True)["Text"] == "1"

    play("blank_before_pdu", script)


def test_a_report_with_a_comma_before_its_length():
    async def script(terminal):
        await terminal.command("AT+CNMI=2,1,0,1,0")
        await terminal.send_pdu(submit())
        await terminal.until(b"+CDS: ,26\r\n")

    play("cds_comma", script)


def test_a_report_stored_against_the_wish_and_announced_in_the_wrong_memory():
    async def script(terminal):
        await terminal.command("AT+CNMI=2,1,0,1,0")
        terminal.sim.centre.deliver("95588", "bank")
        await terminal.send_pdu(submit())
        await terminal.until(b'+CDSI: "SM",0')
        terminal.heard.clear()
        head, pdu, _ = await terminal.command("AT+CMGR=0")  # another message lies where the report should
        assert gammu.DecodePDU(bytes.fromhex(pdu), True)["Type"] == "Deliver"
        await terminal.command('AT+CPMS="SR"')
        head, pdu, _ = await terminal.command("AT+CMGR=0")
        assert gammu.DecodePDU(bytes.fromhex(pdu), True)["MessageReference"] == 61
        assert await terminal.command("AT+CMGR=1") == ["OK"]

    play(("reports_stored", "cdsi_wrong_memory", "empty_ok"), script)


def test_a_modem_that_loses_reports():
    async def script(terminal):
        await terminal.command("AT+CNMI=2,1,0,1,0")
        await terminal.send_pdu(submit())
        await asyncio.sleep(60)
        assert terminal.lines() == []
        assert len(terminal.sim.centre.messages()) == 1

    play("no_reports", script)


def test_the_terminals_reference_is_kept_only_by_some():
    async def script(terminal):
        return await terminal.send_pdu(submit(reference=200))

    assert play((), script) == ["+CMGS: 61", "OK"]
    assert play("keeps_reference", script) == ["+CMGS: 200", "OK"]


def test_a_module_without_messages_still_boots_and_sends_data():
    async def main():
        terminal = Terminal(ModemConfig(family="A7670", model="A7670E-LNXY"))
        terminal.sim.start()
        await asyncio.sleep(5)
        assert terminal.lines() == ["*ATREADY: 1", "+CPIN: READY", "PB DONE"]
        terminal.heard.clear()
        for line in ("AT+CMGS=20", "AT+CNMI=2,1,0,1,0", "AT+CMGL=4", "AT+CSMS?"):
            assert (await terminal.command(line))[-1] == "ERROR"
        assert (await terminal.command("AT+NETOPEN"))[-1] == "OK"
        terminal.sim.close()

    virtualclock.run(main())


def test_signal_zero_just_after_the_boot_only():
    async def script(terminal):
        assert await terminal.command("AT+CSQ") == ["+CSQ: 0,0", "OK"]
        await asyncio.sleep(6)
        assert await terminal.command("AT+CSQ") == ["+CSQ: 21,99", "OK"]

    play("csq_zero_at_boot", script)


def test_a_busy_sim_until_messages_are_ready():
    async def main():
        terminal = Terminal(ModemConfig(variants=("sim_busy",), sms_delay=10, cmee=1, echo=False))
        terminal.sim.start()
        await terminal.until(b"+CPIN: READY")
        await asyncio.sleep(1)
        terminal.heard.clear()
        for line in ("AT+CIMI", "AT+CPIN?", "AT+CMGL=4"):
            assert await terminal.command(line) == ["+CME ERROR: 14"]
        await terminal.until(b"SMS DONE")
        await asyncio.sleep(1)
        terminal.heard.clear()
        assert (await terminal.command("AT+CIMI"))[-1] == "OK"
        terminal.sim.close()

    virtualclock.run(main())


def test_dribbling_can_be_switched_on_and_off():
    async def script(terminal):
        await Remote(terminal.sim)({"cmd": "variant", "name": "dribble"})
        terminal.written.clear()
        assert await terminal.command("AT+CSQ") == ["+CSQ: 21,99", "OK"]
        assert max(map(len, terminal.written)) == 1
        await Remote(terminal.sim)({"cmd": "variant", "name": "dribble", "on": False})
        listed = await Remote(terminal.sim)({"cmd": "variants"})
        assert listed == {"variants": dict.fromkeys(VARIANTS, False)}

    play((), script)


def test_opposites_exclude_each_other_and_unknown_ones_are_refused():
    variants = Variants(("prompt_line",))
    variants.switch("prompt_bare", True)
    assert list(variants) == ["prompt_bare"]
    with pytest.raises(ValueError, match="a variant is one of"):
        variants.switch("no_prompt", True)
    with pytest.raises(ValueError, match="a variant is one of"):
        ModemConfig(variants=("x",))


def test_the_own_number_is_on_the_sim_and_a_message_to_it_comes_back():
    long = "自发自收 " * 30

    async def script(terminal):
        assert await terminal.command("AT+CNUM") == ['+CNUM: "","+8613900139000",145', "OK"]
        await terminal.command("AT+CNMI=2,2,0,1,0")
        parts = encodeSmsSubmitPdu("13900139000", long, requestStatusReport=False)
        for part in parts:
            await terminal.send_pdu(bytes(part.data))
        await asyncio.sleep(5)
        lines = terminal.lines()
        assert [line[:6] for line in lines[::2]] == ["+CMT: "] * len(parts)
        got = [gammu.DecodePDU(bytes.fromhex(pdu), True) for pdu in lines[1::2]]
        assert {message["Number"] for message in got} == {"+8613900139000"}
        assert [message["UDH"]["PartNumber"] for message in got] == list(range(1, len(parts) + 1))
        assert "".join(message["Text"] for message in got) == long
        assert terminal.sim.centre.messages() == []

    play((), script, own_number="+8613900139000")


def test_validity_is_read_as_libgammu_does_not():
    head, tail = "000B813108108300F00000", "02C834"
    cases = {
        "0011" + head + "00" + tail: timedelta(minutes=5),
        "0011" + head + "8F" + tail: timedelta(hours=12),
        "0011" + head + "A7" + tail: timedelta(hours=24),
        "0011" + head + "A9" + tail: timedelta(days=3),
        "0011" + head + "FF" + tail: timedelta(weeks=63),
        "0019" + head + "52102051500023" + tail: datetime(2025, 1, 2, 15, 5, 0, tzinfo=timezone(timedelta(hours=8))),
        "0001" + head + tail: None,
    }
    for pdu, validity in cases.items():
        assert decode_submit(bytes.fromhex(pdu))[1].validity == validity, pdu
