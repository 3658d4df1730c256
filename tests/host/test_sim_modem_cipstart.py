"""TCP of the SIM800 through the simulated modem: each command in its state, results that stand in place of OK."""

import asyncio

import pytest

import streams
from posterm.sim.modem import ModemConfig
from sim_modem_terminal import on_virtual_clock, with_hosts

EVERY = bytes(range(256)) + b"\r\nOK\r\n0, CLOSED\r\n\x1a\x1b"


def sim800(**settings):
    return ModemConfig(family="SIM800", **settings)


async def context(terminal):
    for line in ("AT+CIPMUX=1", "AT+CIPRXGET=1", 'AT+CSTT="CMNET"', "AT+CIICR"):
        assert await terminal.command(line) == ["OK"]
    assert await terminal.command("AT+CIFSR", final="10.") == ["10.64.0.2"]


async def online(terminal, link=0, host="host"):
    assert await terminal.command(f'AT+CIPSTART={link},"TCP","{host}",8583') == ["OK"]
    await terminal.until(b"\r\n%d, CONNECT OK\r\n" % link)
    terminal.heard.clear()


async def send(terminal, data, link=0):
    terminal.sim.feed(b"AT+CIPSEND=%d,%d\r" % (link, len(data)))
    await terminal.until(b"\r\n> ")
    terminal.sim.feed(data)
    await terminal.until(b"\r\n%d, SEND OK\r\n" % link)
    assert b"OK\r\n\r\nOK" not in terminal.heard
    terminal.heard.clear()


async def fetch(terminal, link=0, size=1460):
    terminal.heard.clear()
    terminal.sim.feed(b"AT+CIPRXGET=2,%d,%d\r" % (link, size))
    await asyncio.sleep(0.1)
    head, _, rest = bytes(terminal.heard[2:]).partition(b"\r\n")
    mode, number, got, left = map(int, head.split(b": ")[1].split(b","))
    assert (mode, number) == (2, link)
    assert rest[got:] == b"\r\n\r\nOK\r\n"
    terminal.heard.clear()
    return rest[:got], left


def test_every_step_is_refused_before_the_one_before_it():
    steps = ("AT+CSTT", "AT+CIICR", "AT+CIFSR", 'AT+CIPSTART=0,"TCP","host",1')

    async def script(terminal, hosts):
        await terminal.command("AT+CMEE=1;+CIPMUX=1")
        for line in ("AT+CIICR", "AT+CIFSR", 'AT+CIPSTART=0,"TCP","host",1', "AT+CIPSEND=0,1", "AT+CIPCLOSE=0"):
            assert await terminal.command(line) == ["+CME ERROR: 3"]
        for index, line in enumerate(steps):
            for later in steps[index + 1 :]:
                assert await terminal.command(later) == ["+CME ERROR: 3"]
            await terminal.command(line, final=("OK", "10."))
        await terminal.until(b"0, CONNECT OK")
        for line in ("AT+CIPMUX=0", "AT+CSTT", "AT+CIPRXGET=0"):
            assert await terminal.command(line) == ["+CME ERROR: 3"]

    with_hosts(script, sim800())


def test_binary_data_pass_both_ways_and_are_announced_once():
    async def script(terminal, hosts):
        await context(terminal)
        await online(terminal)
        await send(terminal, EVERY)
        far = hosts.ends[0]
        assert await far.readexactly(len(EVERY)) == EVERY
        far.write(EVERY)
        await terminal.until(b"+CIPRXGET: 1,0")
        far.write(b"more")
        await asyncio.sleep(1)
        assert terminal.lines() == []
        assert await terminal.command("AT+CIPRXGET=4,0") == [f"+CIPRXGET: 4,0,{len(EVERY) + 4}", "OK"]
        assert await fetch(terminal, size=100) == (EVERY[:100], len(EVERY) - 96)
        assert await fetch(terminal) == (EVERY[100:] + b"more", 0)
        assert await terminal.command("AT+CIPRXGET=2,0,100") == ["+CIPRXGET: 2,0,0,0", "OK"]
        far.write(b"\x00\xff")
        await terminal.until(b"+CIPRXGET: 1,0")
        assert await terminal.command("AT+CIPRXGET=3,0,10") == ["+CIPRXGET: 3,0,2,0", "00FF", "OK"]

    with_hosts(script, sim800())


def test_closing_from_either_side_and_shutting_down():
    async def script(terminal, hosts):
        await context(terminal)
        await online(terminal, 0)
        await online(terminal, 5)
        assert await terminal.command("AT+CIPSTATUS") == ["OK"]
        await terminal.until(b'C: 5,0,"TCP","host","8583","CONNECTED"')
        hosts.ends[0].write(b"bye")
        hosts.ends[0].close()
        await terminal.until(b"\r\n0, CLOSED\r\n")
        assert await fetch(terminal) == (b"bye", 0)
        assert await terminal.command("AT+CIPSEND=0,1") == ["ERROR"]
        assert await terminal.command("AT+CIPCLOSE=5", final="5, ") == ["5, CLOSE OK"]
        assert await hosts.ends[1].read() == b""
        assert await terminal.command("AT+CIPCLOSE=5") == ["ERROR"]
        await online(terminal, 0)
        assert await terminal.command('AT+CIPSTART=0,"TCP","host",1') == ["0, ALREADY CONNECT", "ERROR"]
        assert await terminal.command("AT+CIPSHUT", final="SHUT") == ["SHUT OK"]
        assert await hosts.ends[2].read() == b""
        await context(terminal)

    with_hosts(script, sim800())


@pytest.mark.parametrize("host", ["refused", "silent", "nowhere"])
def test_a_failed_connection(host):
    async def script(terminal, hosts):
        await context(terminal)
        assert await terminal.command(f'AT+CIPSTART=1,"TCP","{host}",1') == ["OK"]
        await terminal.until(b"\r\n1, CONNECT FAIL\r\n")
        await online(terminal, 1)

    with_hosts(script, sim800())


def test_a_lost_context_needs_to_be_shut_before_anything_else():
    async def script(terminal, hosts):
        await context(terminal)
        await online(terminal)
        terminal.sim.network.set_registration("searching")
        await terminal.until(b"\r\n+PDP: DEACT\r\n")
        assert await hosts.ends[0].read() == b""
        assert await terminal.command('AT+CSTT="CMNET"') == ["ERROR"]
        assert await terminal.command("AT+CIPSTATUS") == ["OK"]
        await terminal.until(b"STATE: PDP DEACT")
        await asyncio.sleep(0)
        terminal.heard.clear()
        assert await terminal.command("AT+CIPSHUT", final="SHUT") == ["SHUT OK"]
        assert await terminal.command("AT+CIPMUX=1;+CSTT;+CIICR") == ["ERROR"]  # still no network
        terminal.sim.network.set_registration("home")
        assert await terminal.command("AT+CIICR") == ["OK"]

    with_hosts(script, sim800())


def test_a_single_connection_has_no_number_in_its_lines():
    async def script(terminal, hosts):
        for line in ("AT+CIPRXGET=1", "AT+CSTT", "AT+CIICR"):
            assert await terminal.command(line) == ["OK"]
        await terminal.command("AT+CIFSR", final="10.")
        assert await terminal.command('AT+CIPSTART="TCP","host","8583"') == ["OK"]
        await terminal.until(b"\r\nCONNECT OK\r\n")
        terminal.sim.feed(b"AT+CIPSEND\r")
        await terminal.until(b"\r\n> ")
        terminal.sim.feed(b"hello\x1a")
        await terminal.until(b"\r\nSEND OK\r\n")
        assert await hosts.ends[0].readexactly(5) == b"hello"
        hosts.ends[0].write(b"hi")
        await terminal.until(b"\r\n+CIPRXGET: 1\r\n")
        terminal.heard.clear()
        assert await terminal.command("AT+CIPRXGET=2,100") == ["+CIPRXGET: 2,2,0", "hi", "OK"]
        assert await terminal.command("AT+CIPCLOSE", final="CLOSE") == ["CLOSE OK"]

    with_hosts(script, sim800())


def test_send_ok_waits_for_the_peer_and_a_full_buffer_fails_at_once():
    class Stuck(streams.Stream):
        async def drain(self):
            await asyncio.Event().wait()

    async def connect(host, port):
        near = Stuck()
        return near, near

    async def script(terminal):
        await context(terminal)
        await online(terminal)
        start = asyncio.get_running_loop().time()
        terminal.sim.feed(b"AT+CIPSEND=0,1000\r")
        await terminal.until(b"\r\n> ")
        terminal.sim.feed(b"z" * 1000)
        await terminal.until(b"0, SEND FAIL")
        assert asyncio.get_running_loop().time() - start > 20
        terminal.sim.feed(b"AT+CIPSEND=0,1460\r")
        await terminal.until(b"\r\n> ")
        terminal.sim.feed(b"z" * 1460)
        await terminal.until(b"0, SEND FAIL", seconds=1)

    on_virtual_clock(script, sim800(send_buffer=2000), connect)
