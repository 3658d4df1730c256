"""TCP through the simulated modem: links in memory on a virtual clock, and a real server on 127.0.0.1."""

import asyncio

import pytest

import streams
from posterm.sim.modem import ModemConfig
from sim_modem_terminal import Terminal, on_virtual_clock, with_hosts


async def online(terminal, link=0, host="host"):
    if (await terminal.command("AT+NETOPEN?"))[0] == "+NETOPEN: 0":
        await terminal.command("AT+CIPRXGET=1")
        assert await terminal.command("AT+NETOPEN") == ["OK"]
        await terminal.until(b"+NETOPEN: 0")
    assert await terminal.command(f'AT+CIPOPEN={link},"TCP","{host}",8583') == ["OK"]
    await terminal.until(b"+CIPOPEN: %d,0" % link)
    terminal.heard.clear()


async def send(terminal, data, link=0):
    terminal.sim.feed(b"AT+CIPSEND=%d,%d\r" % (link, len(data)))
    await terminal.until(b"\r\n>")
    terminal.sim.feed(data)
    await terminal.until(b"OK")
    return await terminal.until(b"+CIPSEND: %d," % link)


async def fetch(terminal, link=0, limit=1500):
    """Return (data, left) of one AT+CIPRXGET=2."""
    terminal.heard.clear()
    terminal.sim.feed(b"AT+CIPRXGET=2,%d,%d\r" % (link, limit))
    await asyncio.sleep(0.1)
    head, _, rest = bytes(terminal.heard[2:]).partition(b"\r\n")
    mode, number, got, left = map(int, head.split(b": ")[1].split(b","))
    assert (mode, number) == (2, link)
    assert rest[got:] == b"\r\n\r\nOK\r\n"
    terminal.heard.clear()
    return rest[:got], left


def test_binary_data_pass_both_ways_unchanged_and_are_announced_once():
    every = bytes(range(256)) + b"\r\nOK\r\n+IPCLOSE: 0,1\r\n\x1a\x1b"

    async def script(terminal, hosts):
        await online(terminal)
        assert (await send(terminal, every)).endswith(b"+CIPSEND: 0,%d,%d" % (len(every), len(every)))
        far = hosts.ends[0]
        assert await far.readexactly(len(every)) == every
        far.write(every)
        await terminal.until(b"+CIPRXGET: 1,0")
        far.write(b"more")
        await asyncio.sleep(1)
        assert terminal.lines() == []
        assert await terminal.command("AT+CIPRXGET=4,0") == [f"+CIPRXGET: 4,0,{len(every) + 4}", "OK"]
        assert await fetch(terminal, limit=100) == (every[:100], len(every) - 96)
        assert await fetch(terminal) == (every[100:] + b"more", 0)
        assert await terminal.command("AT+CIPRXGET=2,0") == ["+IP ERROR: No data", "ERROR"]
        far.write(b"\x00\xff")
        await terminal.until(b"+CIPRXGET: 1,0")
        assert await terminal.command("AT+CIPRXGET=3,0,10") == ["+CIPRXGET: 3,0,2,0", "00FF", "OK"]

    with_hosts(script)


def test_ten_links_are_independent():
    async def script(terminal, hosts):
        for link in range(10):
            await online(terminal, link, host=f"host{link}")
        for link in (9, 3):
            await send(terminal, b"to %d" % link, link)
            assert await hosts.ends[link].readexactly(4) == b"to %d" % link
        hosts.ends[5].write(b"five")
        await terminal.until(b"+CIPRXGET: 1,5")
        assert await fetch(terminal, 5) == (b"five", 0)
        assert (await terminal.command("AT+CIPOPEN?"))[3] == '+CIPOPEN: 3,"TCP","host3",8583,-1'
        assert await terminal.command('AT+CIPOPEN=3,"TCP","host",1') == ["+CIPOPEN: 3,4", "ERROR"]
        assert await terminal.command('AT+CIPOPEN=10,"TCP","host",1') == ["ERROR"]
        assert await terminal.command('AT+CIPOPEN=1,"UDP","host",1') == ["ERROR"]
        assert await terminal.command("AT+CIPCLOSE=3") == ["OK"]
        await terminal.until(b"+CIPCLOSE: 3,0")
        assert await terminal.command("AT+CIPCLOSE?") == ["+CIPCLOSE: 1,1,1,0,1,1,1,1,1,1", "OK"]
        assert hosts.ends[3].is_closing()
        assert await terminal.command("AT+NETCLOSE") == ["OK"]
        await terminal.until(b"+NETCLOSE: 0")
        assert all(end.is_closing() for end in hosts.ends)

    with_hosts(script)


def test_the_last_bytes_can_be_fetched_after_the_peer_has_closed():
    async def script(terminal, hosts):
        await online(terminal)
        hosts.ends[0].write(b"bye")
        hosts.ends[0].close()
        await terminal.until(b"+CIPRXGET: 1,0")
        await terminal.until(b"+IPCLOSE: 0,1")
        assert await fetch(terminal) == (b"bye", 0)
        assert await terminal.command("AT+CIPSEND=0,3") == ["+CIPERROR: 4", "ERROR"]
        assert await terminal.command("AT+CIPCLOSE=0") == ["+CIPCLOSE: 0,4", "ERROR"]
        await online(terminal)
        await send(terminal, b"again")
        assert await hosts.ends[1].readexactly(5) == b"again"

    with_hosts(script)


@pytest.mark.parametrize(("host", "error"), [("refused", 1), ("unreachable", 1), ("silent", 10), ("nowhere", 11)])
def test_a_failed_connection_is_named(host, error):
    async def script(terminal, hosts):
        await terminal.command("AT+NETOPEN")
        await terminal.until(b"+NETOPEN: 0")
        assert await terminal.command(f'AT+CIPOPEN=0,"TCP","{host}",1') == ["OK"]
        assert await terminal.command('AT+CIPOPEN=0,"TCP","host",1') == ["+CIPOPEN: 0,8", "ERROR"]
        await terminal.until(b"+CIPOPEN: 0,%d" % error)
        assert await terminal.command("AT+NETOPEN") == ["+IP ERROR: Network is already opened", "ERROR"]
        assert (await terminal.command("AT+IPADDR"))[1] == "OK"

    with_hosts(script)


def test_a_route_takes_the_place_of_the_dialled_address():
    async def script(terminal, hosts):
        await online(terminal, host="acquirer.example")
        assert hosts.dialled == [("127.0.0.1", 9000)]

    with_hosts(script, ModemConfig(routes={("acquirer.example", 8583): ("127.0.0.1", 9000)}))


def test_mode_zero_pushes_data_and_they_stay_out_of_the_log():
    async def script(terminal, hosts):
        await online(terminal)
        await terminal.command("AT+CIPRXGET=0")
        terminal.sim.feed(b"AT+CIPSEND=0,4\r")
        await terminal.until(b"\r\n>")
        hosts.ends[0].write(b"SECRET")
        await asyncio.sleep(1)
        terminal.sim.feed(b"TALE")
        await asyncio.sleep(1)
        assert b"RECV FROM:host:8583\r\n+IPD6\r\nSECRET" in terminal.heard
        terminal.heard.clear()
        await terminal.command("AT+CIPRXGET=1")
        hosts.ends[0].write(b"SECRET")
        await terminal.until(b"+CIPRXGET: 1,0")
        await fetch(terminal)
        assert "SECRET" not in "".join(terminal.log)
        assert "TALE" not in "".join(terminal.log)

    with_hosts(script)


def test_sending_without_a_length_ends_at_ctrl_z_and_a_half_payload_times_out():
    async def script(terminal, hosts):
        await online(terminal)
        terminal.sim.feed(b"AT+CIPSEND=0\r")
        await terminal.until(b"\r\n>")
        terminal.sim.feed(b"hello\x1a")
        await terminal.until(b"+CIPSEND: 0,5,5")
        terminal.sim.feed(b"AT+CIPSEND=0,10\r")
        await terminal.until(b"\r\n>")
        terminal.sim.feed(b"short")
        await terminal.until(b"ERROR", seconds=100)
        assert await hosts.ends[0].read() == b"hello"

    with_hosts(script)


@pytest.mark.parametrize(("point", "arrived"), [("cipsend", b""), ("cipsend_sent", b"request")])
def test_a_reboot_while_sending_loses_the_answer_and_perhaps_the_request(point, arrived):
    async def script(terminal, hosts):
        await online(terminal)
        terminal.sim.fault_on(point, "reboot")
        terminal.sim.feed(b"AT+CIPSEND=0,7\r")
        await asyncio.sleep(0.05)
        terminal.sim.feed(b"request")
        await terminal.until(b"PB DONE")
        assert await hosts.ends[0].read() == arrived
        assert await hosts.ends[0].read() == b""  # and the connection is gone
        assert terminal.sim.sockets.links == {}
        terminal.heard.clear()
        assert (await terminal.command("AT+NETOPEN?"))[-2:] == ["+NETOPEN: 0", "OK"]

    with_hosts(script)


@pytest.mark.parametrize("point", ["cipopen", "ciprxget"])
def test_a_silent_modem_still_takes_the_next_command(point):
    async def script(terminal, hosts):
        await online(terminal)
        hosts.ends[0].write(b"data")
        await terminal.until(b"+CIPRXGET: 1,0")
        terminal.heard.clear()
        terminal.sim.fault_on(point, "silence")
        terminal.sim.feed(b'AT+CIPOPEN=1,"TCP","host",1\r' if point == "cipopen" else b"AT+CIPRXGET=2,0\r")
        await asyncio.sleep(100)
        assert not terminal.heard
        assert await terminal.command("AT+CIPRXGET=4,0") == ["+CIPRXGET: 4,0,4", "OK"]

    with_hosts(script)


def test_a_dropped_link_is_told_and_the_peer_sees_the_end():
    async def script(terminal, hosts):
        await online(terminal, 0)
        await online(terminal, 1)
        assert terminal.sim.sockets.drop(1) == 1
        await terminal.until(b"+IPCLOSE: 1,1")
        assert await hosts.ends[1].read() == b""
        assert terminal.sim.sockets.drop() == 1
        await terminal.until(b"+IPCLOSE: 0,1")
        assert terminal.sim.sockets.drop() == 0

    with_hosts(script)


def test_a_real_server_with_back_pressure_in_both_directions():
    reply = bytes(range(256)) * 1200  # more than all buffers on the way together would hide

    async def main():
        received = bytearray()
        paused = asyncio.Event()

        async def serve(reader, writer):
            writer.write(reply)
            await paused.wait()
            while data := await reader.read(4096):
                received.extend(data)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        terminal = await Terminal(ModemConfig(boot=0.01, network_latency=0.001, latency=0)).ready()
        await terminal.command("AT+CIPRXGET=1")
        await terminal.command("AT+NETOPEN")
        await terminal.until(b"+NETOPEN: 0")
        await terminal.command(f'AT+CIPOPEN=0,"TCP","127.0.0.1",{port}')
        await terminal.until(b"+CIPOPEN: 0,0")
        await asyncio.sleep(0.05)
        link = terminal.sim.sockets.links[0]
        assert len(link.received) == 8192  # full: the rest waits in the peer's window
        got = bytearray()
        while len(got) < len(reply):
            terminal.heard.clear()
            terminal.sim.feed(b"AT+CIPRXGET=2,0,1500\r")
            while not terminal.heard.endswith((b"OK\r\n", b"ERROR\r\n")):
                await terminal.more()
            head, _, rest = bytes(terminal.heard[2:]).partition(b"\r\n")
            if head.startswith(b"+CIPRXGET: 2"):
                got += rest[: int(head.split(b",")[2])]
        assert got == reply
        terminal.heard.clear()
        sent = 0
        while sent < 30000:
            sent += int((await send(terminal, b"y" * 1500)).split(b",")[-1])
        paused.set()
        terminal.sim.feed(b"")
        await asyncio.sleep(0.05)
        assert len(received) == sent
        terminal.sim.close()
        server.close()

    asyncio.run(main())


def test_a_full_send_buffer_takes_less_than_asked():
    class Stuck(streams.Stream):
        async def drain(self):
            await asyncio.Event().wait()

    async def connect(host, port):
        near = Stuck()
        return near, near

    async def script(terminal):
        await online(terminal)
        counts = [int((await send(terminal, b"z" * 1500)).split(b",")[-1]) for _ in range(3)]
        assert counts == [1500, 500, 0]

    on_virtual_clock(script, ModemConfig(send_buffer=2000), connect)
