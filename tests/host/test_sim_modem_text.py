"""Text mode of the simulated modem, as programs on a computer use it; and messages kept on the SIM."""

import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu

from posterm.sim.modem import ModemConfig
from sim_modem_terminal import on_virtual_clock

CUSTOMER = "+8613800138000"


async def typed(terminal, number, text):
    terminal.sim.feed(f'AT+CMGS="{number}"\r'.encode())
    await terminal.until(b"\r\n> ")
    return await terminal.command(text + "\x1a")


def ucs2(text):
    return text.encode("utf-16-be").hex().upper()


def test_text_goes_out_in_each_character_set():
    async def script(terminal):
        await terminal.command("AT+CMGF=1")
        assert await typed(terminal, CUSTOMER, "Hello 1") == ["+CMGS: 61", "OK"]
        await terminal.command('AT+CSCS="UCS2";+CSMP=17,167,0,8')
        assert await typed(terminal, ucs2(CUSTOMER), ucs2("交易成功")) == ["+CMGS: 62", "OK"]
        await terminal.command('AT+CSCS="HEX";+CSMP=17,167,0,0')
        assert await typed(terminal, CUSTOMER, b"plain".hex()) == ["+CMGS: 63", "OK"]
        got = terminal.sim.centre.messages()
        assert [message["text"] for message in got] == ["Hello 1", "交易成功", "plain"]
        assert {message["number"] for message in got} == {CUSTOMER}
        await terminal.command('AT+CSCS="UCS2";+CSMP=17,167,0,8')
        assert await typed(terminal, ucs2(CUSTOMER), "zz") == ["+CMS ERROR: 305"]
        assert await typed(terminal, ucs2(CUSTOMER), ucs2("长" * 71)) == ["+CMS ERROR: 305"]
        for number in (CUSTOMER, ucs2("12ab")):
            assert await terminal.command(f'AT+CMGS="{number}"') == ["+CMS ERROR: 305"]

    on_virtual_clock(script)


def test_a_request_for_a_report_and_the_report_as_text():
    async def script(terminal):
        await terminal.command("AT+CMGF=1;+CNMI=2,1,0,1,0;+CSMP=49,167,0,0")
        await typed(terminal, CUSTOMER, "hi")
        await terminal.until(f'+CDS: 6,61,"{CUSTOMER}",145,"25/01/02,11:04:05+32","25/01/02,11:04:05+32",0'.encode())
        await terminal.command("AT+CSMP=17,167,0,0")
        await typed(terminal, CUSTOMER, "hi")
        assert [part["report"] for part in terminal.sim.centre.sent] == [True, False]

    on_virtual_clock(script)


@pytest.mark.parametrize("text", ["OK", "ERROR", "+CMS ERROR: 500 @", "line\none"])
def test_a_text_that_looks_like_an_answer(text):
    async def script(terminal):
        await terminal.command("AT+CMGF=1")
        terminal.sim.centre.deliver("95588", text)
        await terminal.until(b'+CMTI: "SM",0')
        terminal.heard.clear()
        terminal.sim.feed(b"AT+CMGR=0\r")
        wanted = f'\r\n+CMGR: "REC UNREAD","95588","","25/01/02,11:04:05+32"\r\n{text}\r\n\r\nOK\r\n'.encode("latin-1")
        await terminal.until(wanted)

    on_virtual_clock(script)


def test_lists_by_status_and_chinese_in_hexadecimal():
    async def script(terminal):
        await terminal.command("AT+CMGF=1;+CSDH=1")
        terminal.sim.centre.deliver("+8613900139000", "余额")
        await terminal.until(b'+CMTI: "SM",0')
        terminal.heard.clear()
        head, text, ok = await terminal.command('AT+CMGL="REC UNREAD"')
        assert head == '+CMGL: 0,"REC UNREAD","+8613900139000","","25/01/02,11:04:05+32",145,4,0,0,,,2'
        assert text == ucs2("余额")
        assert await terminal.command('AT+CMGL="REC UNREAD"') == ["OK"]
        assert len(await terminal.command('AT+CMGL="ALL"')) == 3
        assert await terminal.command('AT+CMGL="SOME"') == ["ERROR"]
        assert (await terminal.command("AT+CMGL=?"))[0].startswith('+CMGL: ("REC UNREAD",')
        await terminal.command('AT+CSCS="UCS2"')
        assert f'"{ucs2("+8613900139000")}"' in (await terminal.command("AT+CMGR=0"))[0]

    on_virtual_clock(script)


def test_direct_delivery_as_text_and_a_pdu_nobody_can_read():
    async def script(terminal):
        await terminal.command("AT+CMGF=1;+CNMI=2,2,0,0,0")
        terminal.sim.centre.deliver("95588", "1")
        await terminal.until(b'+CMT: "95588","","25/01/02,11:04:05+32"\r\n1\r\n')
        terminal.sim.centre.deliver_pdu("deliver", bytes.fromhex("00FF"))
        await terminal.until(b"00FF\r\n")

    on_virtual_clock(script)


def test_a_message_written_to_the_sim_and_sent_from_there():
    pdu = bytes(encodeSmsSubmitPdu(CUSTOMER, "later")[0].data)

    async def script(terminal):
        terminal.sim.feed(b"AT+CMGW=%d\r" % (len(pdu) - 1))
        await terminal.until(b"\r\n> ")
        assert await terminal.command(pdu.hex() + "\x1a") == ["+CMGW: 0", "OK"]
        terminal.sim.centre.deliver("95588", "1")
        await terminal.until(b'+CMTI: "SM",1')
        terminal.heard.clear()
        assert await terminal.command("AT+CMSS=0") == ["+CMSS: 61", "OK"]
        assert await terminal.command("AT+CMSS=1") == ["+CMS ERROR: 302"]
        assert await terminal.command("AT+CMSS=2") == ["+CMS ERROR: 321"]
        assert [message["text"] for message in terminal.sim.centre.messages()] == ["later"]
        assert (await terminal.command("AT+CMGL=3"))[0].startswith("+CMGL: 0,3,,")
        await terminal.command("AT+CMGD=0,2")
        terminal.sim.feed(b"AT+CMGW=%d\r" % (len(pdu) - 1))
        await terminal.until(b"\r\n> ")
        assert await terminal.command(pdu.hex() + "\x1a") == ["+CMGW: 0", "OK"]
        terminal.sim.feed(b"AT+CMGW=%d\r" % (len(pdu) - 1))
        await terminal.until(b"\r\n> ")
        assert await terminal.command(pdu.hex() + "\x1a") == ["+CMS ERROR: 322"]

    on_virtual_clock(script, ModemConfig(memory=2))
