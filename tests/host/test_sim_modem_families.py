"""What tells the simulated families apart besides TCP: boot, identity, power, offers."""

import asyncio

import pytest

import virtualclock
from posterm.sim.modem import ModemConfig
from posterm.sim.modem.families import FAMILIES
from sim_modem_terminal import Terminal, on_virtual_clock

BOOT = {
    "SIM800": ["RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"],
    "SIM7600": ["RDY", "+CPIN: READY", "SMS DONE", "PB DONE"],
    "A7670": ["*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE"],
    "EC200": ["RDY", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE"],
    "EC800": ["RDY", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE"],
}
CNMI = {
    "SIM800": "(0-3),(0-3),(0,2),(0,1),(0,1)",
    "SIM7600": "(0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)",
    "EC200": "(0-2),(0-3),(0,2),(0-2),(0,1)",
}
POWER = {
    "SIM800": ("AT+CPOWD=1", "NORMAL POWER DOWN", False),
    "SIM7600": ("AT+CPOF", None, True),
    "A7670": ("AT+CPOF", None, True),
    "EC200": ("AT+QPOWD", "POWERED DOWN", True),
    "EC800": ("AT+QPOWD=1", "POWERED DOWN", True),
}
REMOVED = ("SIM7600", "A7670")
RESTART = {"SIM800": "AT+CFUN=1,1", "SIM7600": "AT+CRESET", "A7670": "AT+CRESET", "EC200": "AT+CFUN=1,1"}


@pytest.mark.parametrize("family", BOOT)
def test_banners_and_their_order(family):
    async def main():
        terminal = Terminal(ModemConfig(family=family))
        terminal.sim.start()
        await asyncio.sleep(5)
        terminal.sim.close()
        return terminal.lines()

    assert virtualclock.run(main()) == BOOT[family]


def test_every_family_is_listed():
    assert set(FAMILIES) == set(BOOT)
    with pytest.raises(ValueError, match="family must be one of"):
        ModemConfig(family="SIM900")


@pytest.mark.parametrize(
    ("family", "model", "revision"),
    [
        ("SIM800", "SIMCOM_SIM800C", "Revision:1418B05SIM800C24"),
        ("SIM7600", "SIMCOM_SIM7600CE", "+CGMR: LE20B04SIM7600CE"),
        ("A7670", "A7670C-LASS", "+CGMR: A7670M6_V1.11.1"),
        ("EC200", "EC200U", "EC200UCNAAR03A11M08"),
        ("EC800", "EC800M", "EC800MCNLCR06A01M04"),
    ],
)
def test_identity(family, model, revision):
    async def script(terminal):
        assert await terminal.command("AT+CGMM") == [model, "OK"]
        assert await terminal.command("AT+CGMR") == [revision, "OK"]
        assert (await terminal.command("ATI"))[-1] == "OK"
        assert (await terminal.command("AT+CBC"))[0].startswith("+CBC: ")
        assert (await terminal.command("AT+CCID"))[0].endswith("89860000000000000018")

    on_virtual_clock(script, ModemConfig(family=family))


@pytest.mark.parametrize("family", POWER)
def test_switching_off_with_the_familys_last_word(family):
    command, word, says_ok = POWER[family]

    async def script(terminal):
        terminal.sim.feed(command.encode() + b"\r")
        await asyncio.sleep(5)
        assert terminal.lines() == ["OK"] * says_ok + [word] * (word is not None)
        assert terminal.sim.state == "off"

    on_virtual_clock(script, ModemConfig(family=family))


@pytest.mark.parametrize("family", RESTART)
def test_a_soft_restart(family):
    async def script(terminal):
        assert await terminal.command(RESTART[family]) == ["OK"]
        await asyncio.sleep(5)
        assert terminal.lines() == BOOT[family]
        assert terminal.sim.boots == 2

    on_virtual_clock(script, ModemConfig(family=family))


@pytest.mark.parametrize("family", CNMI)
def test_report_routing_on_offer(family):
    async def script(terminal):
        assert await terminal.command("AT+CNMI=?") == [f"+CNMI: {CNMI[family]}", "OK"]
        assert await terminal.command("AT+CNMI=2,1,0,1,0") == ["OK"]
        stored = await terminal.command("AT+CNMI=2,1,0,2,0")
        assert stored == (["ERROR"] if family == "SIM800" else ["OK"])

    on_virtual_clock(script, ModemConfig(family=family))


def test_what_a_family_lacks_is_an_error():
    lacking = {
        "SIM800": ("AT+CEREG?", "AT+CPSI?", "AT+CTZU=1", "AT+CICCID", "AT+NETOPEN", "AT+QIACT=1", "AT+CRESET"),
        "SIM7600": ("AT+CSTT", "AT+QIACT=1", "AT+CPOWD=1", "AT+CLTS=1", "AT+QCCID"),
        "EC200": ("AT+NETOPEN", "AT+CIPMUX=1", "AT+CICCID", "AT+CPOF"),
    }

    for family, commands in lacking.items():

        async def script(terminal, commands=commands):
            for command in commands:
                assert await terminal.command(command) == ["ERROR"], command

        on_virtual_clock(script, ModemConfig(family=family))


@pytest.mark.parametrize(
    ("family", "creg"),
    [
        ("SIM800", '+CREG: 2,1,"1816","05A1B2C3"'),
        ("SIM7600", "+CREG: 2,1,1816,05A1B2C3"),
        ("EC200", '+CREG: 2,1,"1816","05A1B2C3",7'),
    ],
)
def test_area_and_cell(family, creg):
    async def script(terminal):
        assert await terminal.command("AT+CREG=2;+CREG?") == [creg, "OK"]
        terminal.sim.network.set_registration("roaming")
        assert terminal.lines() == [creg.replace("2,1,", "5,")]

    on_virtual_clock(script, ModemConfig(family=family))


def test_the_sim800_keeps_its_first_message_in_place_one_and_follows_the_networks_clock_only_when_told():
    async def script(terminal):
        terminal.sim.centre.deliver("95588", "1")
        assert terminal.lines() == ['+CMTI: "SM",1']
        terminal.heard.clear()
        assert await terminal.command("AT+CMGD=0") == ["+CMS ERROR: 321"]
        assert len(await terminal.command("AT+CMGR=1")) == 3
        assert (await terminal.command("AT+CCLK?"))[0].startswith('+CCLK: "80/01/06')
        await terminal.command("AT+CLTS=1")
        assert await terminal.command("AT+CCLK?") == ['+CCLK: "25/01/02,11:04:05+32"', "OK"]

    on_virtual_clock(script, ModemConfig(family="SIM800"))


def test_the_sim_of_each_family_missing():
    for family in FAMILIES:

        async def main(family=family):
            terminal = Terminal(ModemConfig(family=family, sim="absent"))
            terminal.sim.start()
            await asyncio.sleep(5)
            word = terminal.lines()[-1]
            terminal.sim.close()
            return word

        assert virtualclock.run(main()) == f"+CPIN: {'SIM REMOVED' if family in REMOVED else 'NOT INSERTED'}"
