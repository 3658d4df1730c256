"""Faults injected into the simulated modem: lost bytes, storms, restarts at every step, brown-outs, wrong speed."""

import asyncio

import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu

import virtualclock
from posterm.sim.modem import ModemConfig
from posterm.sim.modem.core import ModemSim
from posterm.sim.modem.faults import STORM
from posterm.sim.modem.remote import Remote
from sim_modem_terminal import FINALS, Terminal, on_virtual_clock, with_hosts

PDU = bytes(encodeSmsSubmitPdu("+8613800138000", "hi")[0].data)
OPEN = {
    "SIM7600": (
        ("AT+CIPRXGET=1", "OK"),
        ("AT+NETOPEN", "+NETOPEN: 0"),
        ('AT+CIPOPEN=0,"TCP","host",1', "+CIPOPEN: 0,0"),
    ),
    "SIM800": (
        ("AT+CIPMUX=1;+CIPRXGET=1;+CSTT", "OK"),
        ("AT+CIICR", "OK"),
        ("AT+CIFSR", "10."),
        ('AT+CIPSTART=0,"TCP","host",1', "0, CONNECT OK"),
    ),
    "EC200": (("AT+QIACT=1", "OK"), ('AT+QIOPEN=1,0,"TCP","host",1', "+QIOPEN: 0,0")),
}
SEND = {"SIM7600": "AT+CIPSEND=0,4", "SIM800": "AT+CIPSEND=0,4", "EC200": "AT+QISEND=0,4"}
SENT = {"SIM7600": "+CIPSEND: 0,4,4", "SIM800": "0, SEND OK", "EC200": "SEND OK"}
READ = {"SIM7600": "AT+CIPRXGET=2,0", "SIM800": "AT+CIPRXGET=2,0", "EC200": "AT+QIRD=0"}
CLOSE = {"SIM7600": "AT+CIPCLOSE=0", "SIM800": "AT+CIPCLOSE=0", "EC200": "AT+QICLOSE=0"}
SHUT = {"SIM7600": "AT+NETCLOSE", "SIM800": "AT+CIPSHUT", "EC200": "AT+QIDEACT=1"}


def call(terminal, cmd, **arguments):
    return Remote(terminal.sim)({"cmd": cmd, **arguments})


async def whole_connection(terminal, hosts, family):
    """Open, send, receive, close, shut; return the name of the step after which nothing came, "" when all went well."""

    async def step(text, wanted):
        terminal.heard.clear()
        terminal.sim.feed(text.encode() + b"\r")
        try:
            await terminal.until(wanted.encode(), seconds=3)
        except asyncio.TimeoutError:
            return False
        return True

    for text, wanted in OPEN[family]:
        if not await step(text, wanted):
            return "open"
    if not await step(SEND[family], ">"):
        return "prompt"
    terminal.sim.feed(b"data")
    try:
        await terminal.until(SENT[family].encode(), seconds=3)
    except asyncio.TimeoutError:
        return "send"
    hosts.ends[0].write(b"0123456789" * 10)
    await asyncio.sleep(0.1)
    if not await step(READ[family], "OK"):
        return "read"
    if not await step(CLOSE[family], "OK"):
        return "close"
    return "" if await step(SHUT[family], "OK") else "shut"


STEPS = {
    "netopen": "open", "netopen_done": "open", "cipopen": "open", "cipopen_done": "open", "cipsend": "prompt",
    "cipsend_prompt": "send", "cipsend_sent": "send", "ciprxget": "read", "ciprxget_half": "read",
    "cipclose": "close", "netclose": "shut",
}  # fmt: skip


@pytest.mark.parametrize("family", OPEN)
@pytest.mark.parametrize("point", STEPS)
@pytest.mark.parametrize("action", ["reboot", "silence"])
def test_a_failure_at_each_step_of_a_connection(family, point, action):
    async def script(terminal, hosts):
        terminal.sim.fault_on(point, action)
        assert await whole_connection(terminal, hosts, family) == STEPS[point]
        assert terminal.sim.boots == (2 if action == "reboot" else 1)
        if point == "ciprxget_half" and action == "silence":
            assert 2 < terminal.heard.count(b"345") < 8
        await asyncio.sleep(70)  # an open prompt ends by itself
        terminal.heard.clear()
        await terminal.command("ATE0")
        await terminal.command(SHUT[family], final=(*FINALS, "SHUT OK"))
        hosts.ends.clear()
        assert await whole_connection(terminal, hosts, family) == ""

    with_hosts(script, ModemConfig(family=family))


@pytest.mark.parametrize("family", OPEN)
def test_a_connection_without_faults(family):
    async def script(terminal, hosts):
        assert await whole_connection(terminal, hosts, family) == ""

    with_hosts(script, ModemConfig(family=family))


@pytest.mark.parametrize(("point", "heard"), [("cmgr", False), ("cmgr_half", True)])
@pytest.mark.parametrize("action", ["reboot_on", "silent_on"])
def test_a_failure_while_a_message_is_read_leaves_it_stored(point, heard, action):
    async def script(terminal):
        await call(terminal, "deliver", **{"from": "95588"}, text="1")
        terminal.heard.clear()
        await call(terminal, action, point=point)
        terminal.sim.feed(b"AT+CMGR=0\r")
        await asyncio.sleep(0.1)
        assert (b"+CMGR: 0,," in terminal.heard) == heard
        assert b"OK" not in terminal.heard
        await asyncio.sleep(5)
        await terminal.command("ATE0")
        assert (await terminal.command("AT+CMGR=0"))[0].startswith("+CMGR: 0,,")

    on_virtual_clock(script)


def test_bytes_lost_on_the_way():
    async def script(terminal):
        await call(terminal, "lose", direction="to_terminal", every=5)
        terminal.sim.feed(b"AT+CSQ\r")
        await asyncio.sleep(1)
        whole = b"\r\n+CSQ: 21,99\r\n\r\nOK\r\n"
        assert bytes(terminal.heard) == bytes(b for i, b in enumerate(whole, 1) if i % 5)
        await call(terminal, "lose", direction="both")
        terminal.heard.clear()
        await call(terminal, "lose", direction="to_modem", after=3, count=2)
        assert await terminal.command("AT+CSQ") == ["ERROR"]  # AT+Q
        assert await terminal.command("AT+CSQ") == ["+CSQ: 21,99", "OK"]
        with pytest.raises(ValueError, match="every byte"):
            await call(terminal, "lose", every=1)

    on_virtual_clock(script)


def test_a_storm_inside_every_answer_and_at_the_prompt():
    async def script(terminal):
        await call(terminal, "storm_inside", lines=2)
        lines = await terminal.command("AT+CSQ")
        assert [line for line in lines if line not in STORM] == ["+CSQ: 21,99", "OK"]
        assert len(lines) == 6
        terminal.sim.feed(b"AT+CMGS=%d\r" % (len(PDU) - 1))
        await terminal.until(b"\r\n> ")
        await asyncio.sleep(1)
        assert not terminal.heard  # held back while the prompt is open
        terminal.sim.feed(PDU.hex().encode() + b"\x1a")
        await asyncio.sleep(1)
        lines = terminal.lines()
        assert [line for line in lines if line not in STORM] == ["+CMGS: 61", "OK"]
        assert len(lines) == 8  # two before each line, and those held back at the end
        await call(terminal, "storm_inside", lines=0)
        terminal.heard.clear()
        assert await terminal.command("AT+CSQ") == ["+CSQ: 21,99", "OK"]

    on_virtual_clock(script)


@pytest.mark.parametrize("family", ["SIM800", "SIM7600"])
def test_a_brown_out_at_each_attach(family):
    async def main():
        terminal = Terminal(ModemConfig(family=family, echo=False))
        terminal.sim.brown_out(3)
        terminal.sim.start()
        await asyncio.sleep(30)
        heard = terminal.lines()
        assert terminal.sim.boots == 4
        assert heard.count("RDY") == 4
        assert heard.count("UNDER-VOLTAGE WARNNING") == (3 if family == "SIM800" else 0)
        assert terminal.sim.network.attached
        await call(terminal, "brown_out", times=1, recovers=False)
        await call(terminal, "reboot")
        await asyncio.sleep(30)
        assert terminal.sim.state == "off"
        await call(terminal, "power", on=True)
        await asyncio.sleep(5)
        assert terminal.sim.network.attached
        terminal.sim.close()

    virtualclock.run(main())


def test_no_answer_at_all_until_a_restart_and_an_echo_that_comes_back():
    async def script(terminal):
        await call(terminal, "hang", on=True)
        terminal.sim.feed(b"AT\r")
        await call(terminal, "urc", text="RING")
        await asyncio.sleep(100)
        assert not terminal.heard
        await call(terminal, "reboot")
        await asyncio.sleep(5)
        terminal.heard.clear()
        assert await terminal.command("AT") == ["AT\r", "OK"]
        assert await terminal.command("ATE0") == ["ATE0\r", "OK"]
        await call(terminal, "echo")
        assert await terminal.command("AT") == ["AT\r", "OK"]

    on_virtual_clock(script)


def test_a_wrong_speed_garbles_both_directions_until_the_ends_agree():
    speeds = {"terminal": 115200}
    heard = bytearray()

    async def main():
        sim = ModemSim(
            heard.extend, config=ModemConfig(baud=9600, echo=False), terminal_speed=lambda: speeds["terminal"]
        )
        sim.start()
        await asyncio.sleep(5)
        assert b"RDY" not in heard
        assert heard
        heard.clear()
        sim.feed(b"AT\r" * 5)
        await asyncio.sleep(1)
        assert b"OK" not in heard
        sim.feed(b"\r")
        await asyncio.sleep(1)
        speeds["terminal"] = 9600
        sim.feed(b"\rAT\r")
        await asyncio.sleep(1)
        heard.clear()
        sim.feed(b"AT+IPR?\r")
        await asyncio.sleep(1)
        assert bytes(heard) == b"\r\n+IPR: 9600\r\n\r\nOK\r\n"
        heard.clear()
        sim.feed(b"AT+IPR=115200\r")
        await asyncio.sleep(1)
        assert bytes(heard) == b"\r\nOK\r\n"  # still at the old speed
        speeds["terminal"] = 115200
        heard.clear()
        sim.feed(b"AT&W\r")
        await asyncio.sleep(1)
        assert bytes(heard) == b"\r\nOK\r\n"
        sim.reboot()
        heard.clear()
        await asyncio.sleep(5)
        assert b"RDY" in heard
        sim.close()

    virtualclock.run(main())


def test_a_speed_that_is_not_kept_is_lost_with_the_power():
    async def script(terminal):
        assert await terminal.command("AT+IPR=115200") == ["OK"]
        await asyncio.sleep(1)
        assert terminal.sim.speed == 115200
        terminal.sim.reboot()
        assert terminal.sim.speed == 9600
        assert (await call(terminal, "baud", speed=None)) == {}
        assert terminal.sim.speed is None

    on_virtual_clock(script, ModemConfig(baud=9600))
    with pytest.raises(ValueError, match="baud must be one of"):
        ModemConfig(baud=9601)


def test_a_lost_context_and_a_slow_socket():
    async def script(terminal, hosts):
        for text, wanted in OPEN["SIM7600"]:
            terminal.sim.feed(text.encode() + b"\r")
            await terminal.until(wanted.encode())
        await asyncio.sleep(1)
        await call(terminal, "drip", size=3, gap=1)
        hosts.ends[0].write(b"0123456789")
        await asyncio.sleep(0.5)
        terminal.heard.clear()
        assert (await terminal.command("AT+CIPRXGET=4,0"))[0] == "+CIPRXGET: 4,0,3"
        await asyncio.sleep(2)
        assert (await terminal.command("AT+CIPRXGET=4,0"))[0] == "+CIPRXGET: 4,0,9"
        await call(terminal, "context_lost")
        await terminal.until(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")
        assert terminal.sim.network.attached

    with_hosts(script)


@pytest.mark.parametrize(
    "command",
    [
        {"cmd": "variant", "name": "nonsense"},
        {"cmd": "variant", "name": "no_space", "on": 1},
        {"cmd": "delay", "name": "lunch", "seconds": 1},
        {"cmd": "delay", "name": "boot", "seconds": -1},
        {"cmd": "baud", "speed": 1},
        {"cmd": "fill", "memory": "XX"},
        {"cmd": "stored", "memory": "XX"},
        {"cmd": "wrong_smsc", "effect": "odd"},
        {"cmd": "lose", "direction": "up"},
        {"cmd": "hang", "on": "yes"},
        {"cmd": "brown_out", "times": -1},
        {"cmd": "storm_inside", "lines": 100},
    ],
)
def test_a_wrong_command_is_refused_with_a_reason(command):
    async def script(terminal):
        with pytest.raises(Exception, match="one of|true or false|0 to"):
            await Remote(terminal.sim)(command)

    on_virtual_clock(script)
