"""TCP of Quectel EC200 and EC800 through the simulated modem."""

import asyncio

import pytest

import streams
from posterm.sim.modem import ModemConfig
from sim_modem_terminal import on_virtual_clock, with_hosts

EVERY = bytes(range(256)) + b'\r\nOK\r\n+QIURC: "closed",0\r\n\x1a\x1b'


def quectel(**settings):
    return ModemConfig(family="EC200", **settings)


async def context(terminal):
    for line in ('AT+QICSGP=1,1,"CMNET","","",1', "AT+QIACT=1"):
        assert await terminal.command(line) == ["OK"]


async def online(terminal, link=0, host="host"):
    assert await terminal.command(f'AT+QIOPEN=1,{link},"TCP","{host}",8583,0,0') == ["OK"]
    await terminal.until(b"\r\n+QIOPEN: %d,0\r\n" % link)
    terminal.heard.clear()


async def send(terminal, data, link=0, final=b"SEND OK"):
    terminal.sim.feed(b"AT+QISEND=%d,%d\r" % (link, len(data)))
    await terminal.until(b"\r\n> ")
    terminal.sim.feed(data)
    await terminal.until(b"\r\n%s\r\n" % final)
    terminal.heard.clear()


async def read(terminal, link=0, size=1500):
    terminal.heard.clear()
    terminal.sim.feed(b"AT+QIRD=%d,%d\r" % (link, size))
    await asyncio.sleep(0.1)
    head, _, rest = bytes(terminal.heard[2:]).partition(b"\r\n")
    got = int(head.removeprefix(b"+QIRD: "))
    assert rest[got:] == b"\r\n\r\nOK\r\n"
    terminal.heard.clear()
    return rest[:got]


def test_binary_data_pass_both_ways_and_are_not_announced_again_until_drained():
    async def script(terminal, hosts):
        await context(terminal)
        await online(terminal)
        await send(terminal, EVERY)
        far = hosts.ends[0]
        assert await far.readexactly(len(EVERY)) == EVERY
        assert await terminal.command("AT+QISEND=0,0") == [f"+QISEND: {len(EVERY)},{len(EVERY)},0", "OK"]
        far.write(EVERY)
        await terminal.until(b'+QIURC: "recv",0')
        assert await read(terminal, size=100) == EVERY[:100]
        far.write(b"more")
        await asyncio.sleep(1)
        assert terminal.lines() == []
        size = len(EVERY) + 4
        assert await terminal.command("AT+QIRD=0,0") == [f"+QIRD: {size},100,{size - 100}", "OK"]
        assert await read(terminal) == EVERY[100:] + b"more"
        assert await terminal.command("AT+QIRD=0,1500") == ["+QIRD: 0", "OK"]
        far.write(b"again")
        await terminal.until(b'+QIURC: "recv",0')

    with_hosts(script, quectel())


@pytest.mark.parametrize(("host", "error"), [("refused", 566), ("unreachable", 566), ("silent", 569), ("nowhere", 565)])
def test_a_failed_connection_is_named(host, error):
    async def script(terminal, hosts):
        await context(terminal)
        assert await terminal.command(f'AT+QIOPEN=1,2,"TCP","{host}",1,0,0') == ["OK"]
        await terminal.until(b"\r\n+QIOPEN: 2,%d\r\n" % error)
        assert (await terminal.command("AT+QIGETERROR"))[0].startswith(f"+QIGETERROR: {error},")
        await online(terminal, 2)

    with_hosts(script, quectel())


def test_a_link_the_peer_closed_stays_in_use_until_it_is_closed_here_too():
    async def script(terminal, hosts):
        await context(terminal)
        await online(terminal)
        hosts.ends[0].write(b"bye")
        hosts.ends[0].close()
        await terminal.until(b'+QIURC: "closed",0')
        assert await read(terminal) == b"bye"
        assert await terminal.command("AT+QISEND=0,1") == ["ERROR"]
        assert await terminal.command("AT+QIGETERROR") == ["+QIGETERROR: 567,socket has been closed", "OK"]
        assert (await terminal.command("AT+QISTATE=1,0"))[0] == '+QISTATE: 0,"TCP","host",8583,0,4,1,0,0,"uart1"'
        assert await terminal.command('AT+QIOPEN=1,0,"TCP","host",1') == ["OK"]
        await terminal.until(b"+QIOPEN: 0,563")
        assert await terminal.command("AT+QICLOSE=0") == ["OK"]
        await online(terminal)
        assert (await terminal.command("AT+QISTATE?"))[0] == '+QISTATE: 0,"TCP","host",8583,0,2,1,0,0,"uart1"'
        assert await terminal.command("AT+QICLOSE=0,5") == ["OK"]
        assert await hosts.ends[1].read() == b""
        assert await terminal.command("AT+QIRD=0,10") == ["ERROR"]

    with_hosts(script, quectel())


def test_a_context_the_network_ends_comes_back_after_it_was_given_up():
    async def script(terminal, hosts):
        assert await terminal.command('AT+QIOPEN=1,0,"TCP","host",1') == ["OK"]
        await terminal.until(b"+QIOPEN: 0,570")
        await context(terminal)
        assert await terminal.command("AT+QIACT?") == ['+QIACT: 1,1,1,"10.64.0.2"', "OK"]
        assert await terminal.command("AT+QIACT=1") == ["ERROR"]  # it is active
        await online(terminal)
        terminal.sim.sockets.network_lost()
        await terminal.until(b'+QIURC: "pdpdeact",1')
        assert await hosts.ends[0].read() == b""
        assert await terminal.command("AT+QIACT=1") == ["ERROR"]
        assert await terminal.command("AT+QIDEACT=1") == ["OK"]
        await context(terminal)
        terminal.sim.network.set_registration("none")
        await terminal.until(b'+QIURC: "pdpdeact",1')
        await terminal.command("AT+QIDEACT=1")
        assert await terminal.command("AT+QIACT=1") == ["ERROR"]

    with_hosts(script, quectel())


def test_push_mode_hands_data_over_and_refused_commands():
    async def script(terminal, hosts):
        await context(terminal)
        assert await terminal.command('AT+QIOPEN=1,1,"TCP","host",1,0,1') == ["OK"]
        await terminal.until(b"+QIOPEN: 1,0")
        terminal.heard.clear()
        hosts.ends[0].write(b"SECRET")
        await asyncio.sleep(0.1)
        assert bytes(terminal.heard) == b'\r\n+QIURC: "recv",1,6\r\nSECRET\r\n'
        assert "SECRET" not in "".join(terminal.log)
        terminal.heard.clear()
        for line in ("AT+QISEND=5,1", 'AT+QIOPEN=1,1,"UDP","h",1', "AT+QIRD=12,1", "AT+QISEND=1,1461", "AT+QIACT=9"):
            assert await terminal.command(line) == ["ERROR"]

    with_hosts(script, quectel())


def test_send_ok_only_means_queued_and_a_full_buffer_fails():
    class Stuck(streams.Stream):
        async def drain(self):
            await asyncio.Event().wait()

    async def connect(host, port):
        near = Stuck()
        return near, near

    async def script(terminal):
        await context(terminal)
        await online(terminal)
        await send(terminal, b"z" * 1400)
        assert await terminal.command("AT+QISEND=0,0") == ["+QISEND: 1400,0,1400", "OK"]
        await send(terminal, b"z" * 1400, final=b"SEND FAIL")
        assert await terminal.command("AT+QISEND=0,0") == ["+QISEND: 1400,0,1400", "OK"]

    on_virtual_clock(script, quectel(send_buffer=2000), connect)
