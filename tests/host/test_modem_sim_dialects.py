"""lib/modem's connections against the simulated modem, which was written apart from it: every family, found by itself."""

import asyncio
import contextlib
import socket

import pytest

import streams
import virtualclock
from modem import Modem
from modem.errors import ConnectError, ModemError
from posterm.sim.modem import ModemConfig, ModemSim

FAMILIES = ("SIM800", "SIM7600", "A7670", "EC200", "EC800")
HOSTILE = b'\x00\r\nOK\r\n> \x1a\x1b+CMTI: "SM",1\r\n0, CLOSED\r\n+PDP: DEACT\r\nERROR\r\nSEND OK\r\n\xff'


class Hosts:
    def __init__(self):
        self.ends = []

    async def connect(self, host, port):
        errors = {"refused": ConnectionRefusedError(), "nowhere": socket.gaierror()}
        if host in errors:
            raise errors[host]
        if host == "silent":
            await asyncio.sleep(3600)
        near, far = streams.pair()
        self.ends.append(far)
        return near, near


class Rig:
    def __init__(self, config, named):
        ours, line = streams.pair()
        self.hosts = Hosts()
        self.logged = []
        self.sim = ModemSim(line.write, self.hosts.connect, config)
        self.line = line
        name = config.family if named else None
        self.modem = Modem(ours, name, log=lambda *event: self.logged.append(event))

    async def listen(self):
        while True:
            self.sim.feed(await self.line.read(256))

    async def connect(self, host="host", timeout=30):
        return await self.modem.connect(host, 8583, timeout)


def run(family, scenario, named=True, **settings):
    async def main():
        rig = Rig(ModemConfig(family=family, **settings), named)
        rig.sim.start()
        tasks = [asyncio.create_task(rig.listen()), asyncio.create_task(rig.modem.run())]
        try:
            await rig.modem.wait_ready(120)
            return await scenario(rig)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            rig.sim.close()

    return virtualclock.run(main(), limit=7200)


async def say(connection, data, seconds=40):
    connection.write(data)
    await asyncio.wait_for(connection.drain(), seconds)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_conversation_of_four_at_once(family, named):
    async def scenario(rig):
        async def talk(number):
            c = await rig.connect(f"host{number}")
            far = rig.hosts.ends[-1]
            for turn in range(5):
                await say(c, bytes([turn]) + HOSTILE * (10 + number))
                assert await far.readexactly(1 + len(HOSTILE) * (10 + number)) == bytes([turn]) + HOSTILE * (
                    10 + number
                )
                far.write(HOSTILE * 30 + bytes([number, turn]))
                got = await asyncio.wait_for(c.readexactly(len(HOSTILE) * 30 + 2), 60)
                assert got == HOSTILE * 30 + bytes([number, turn])
            c.close()
            await c.wait_closed()
            assert far.is_closing()

        connections = [asyncio.create_task(talk(0))]
        for number in range(1, 4):
            await asyncio.sleep(1)
            connections.append(asyncio.create_task(talk(number)))
        await asyncio.gather(*connections)

    run(family, scenario, named)


@pytest.mark.parametrize("variant", ["no_space", "prompt_line", "prompt_bare", "dribble"])
@pytest.mark.parametrize("family", FAMILIES)
def test_ways_of_writing(family, variant):
    async def scenario(rig):
        c = await rig.connect()
        await say(c, HOSTILE * 20)
        far = rig.hosts.ends[0]
        assert await far.readexactly(20 * len(HOSTILE)) == HOSTILE * 20
        far.write(HOSTILE * 20)
        assert await asyncio.wait_for(c.readexactly(20 * len(HOSTILE)), 60) == HOSTILE * 20

    run(family, scenario, variants=(variant,))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_peer_closes_and_the_rest_is_read(family):
    async def scenario(rig):
        c = await rig.connect()
        rig.hosts.ends[0].write(b"last words")
        rig.hosts.ends[0].close()
        await asyncio.sleep(1)
        assert not c.connected
        assert await c.readexactly(10) == b"last words" and await c.read(1) == b""
        c.close()
        await c.wait_closed()
        again = await rig.connect()
        await say(again, b"x")
        assert again.number == 0

    run(family, scenario)


@pytest.mark.parametrize("family", FAMILIES)
def test_refusals(family):
    async def scenario(rig):
        for host in ("refused", "nowhere"):
            with pytest.raises(ConnectError):
                await rig.connect(host)
        with pytest.raises(ModemError):
            await rig.connect("silent", timeout=20)
        c = await rig.connect()
        await say(c, b"x")
        await asyncio.sleep(60)
        assert await rig.hosts.ends[-1].read(1) == b"x"

    run(family, scenario)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_network_goes_and_comes_back(family):
    async def scenario(rig):
        c = await rig.connect()
        rig.sim.sockets.network_lost()
        with pytest.raises(ConnectError, match="network lost"):
            await asyncio.wait_for(c.readexactly(5), 5)
        c.close()
        again = await rig.connect()
        await say(again, b"x")

    run(family, scenario)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reboot_in_the_middle(family):
    async def scenario(rig):
        for moment in (0.0, 0.01, 0.05, 0.3, 1.0):
            c = await rig.connect()
            reading = asyncio.create_task(c.read(10))
            sending = asyncio.create_task(say(c, bytes(3000)))
            await asyncio.sleep(moment)
            rig.sim.reboot()
            for task in (reading, sending):
                with contextlib.suppress(ModemError):
                    await asyncio.wait_for(task, 60)
            await rig.modem.wait_ready(120)
            assert not c.connected
        await say(await rig.connect(), b"x")

    run(family, scenario)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_slow_peer(family):
    async def scenario(rig):
        c = await rig.connect()
        link = rig.sim.sockets.links[0]
        room = asyncio.Event()

        async def drain():
            await room.wait()

        link.writer.drain = drain
        data = bytes(range(250)) * 16
        c.write(data)
        task = asyncio.create_task(c.drain())
        await asyncio.sleep(10)
        assert not task.done()
        room.set()
        await asyncio.wait_for(task, 30)
        assert await rig.hosts.ends[0].readexactly(len(data)) == data

    run(family, scenario, send_buffer=2000)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_slow_reader_slows_the_peer_down(family):
    async def scenario(rig):
        c = await rig.connect()
        data = bytes(range(251)) * 60
        rig.hosts.ends[0].write(data)
        await asyncio.sleep(30)
        assert len(rig.sim.sockets.links[0].received) == 2048
        assert await asyncio.wait_for(c.readexactly(len(data)), 60) == data

    run(family, scenario, receive_buffer=2048)


POINTS = (
    "netopen",
    "netopen_done",
    "cipopen",
    "cipopen_done",
    "cipsend",
    "cipsend_prompt",
    "cipsend_sent",
    "ciprxget",
    "ciprxget_half",
    "cipclose",
)


@pytest.mark.parametrize("action", ["reboot", "silence"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("family", ["SIM800", "SIM7600", "EC200"])
def test_a_fault_at_every_point_ends_in_an_error_or_in_the_truth(family, point, action):
    question, answer = b"question" * 100, HOSTILE * 40

    async def scenario(rig):
        rig.sim.fault_on(point, action)
        c = None
        try:
            c = await rig.connect(timeout=200)
            await say(c, question)
            far = rig.hosts.ends[-1]
            assert await far.readexactly(len(question)) == question
            far.write(answer)
            assert await asyncio.wait_for(c.readexactly(len(answer)), 60) == answer
        except (ModemError, asyncio.TimeoutError):
            if c is not None and not c.sent_any and rig.hosts.ends:
                await asyncio.sleep(60)
                assert not rig.hosts.ends[-1]._buffer  # nothing has left, now or later
        if c is not None:
            c.close()
            await asyncio.wait_for(c.wait_closed(), 60)
        await rig.modem.wait_ready(300)
        with contextlib.suppress(ModemError):  # the first may meet what the fault has left behind
            (await rig.connect()).close()
        fresh = await rig.connect(timeout=200)
        await say(fresh, b"fresh")
        assert await rig.hosts.ends[-1].readexactly(5) == b"fresh"

    run(family, scenario)


@pytest.mark.parametrize("family", FAMILIES)
def test_lines_between_all_lines(family):
    async def scenario(rig):
        rig.sim.faults.storm(3)
        c = await rig.connect()
        for turn in range(5):
            await say(c, HOSTILE * 30)
            assert await rig.hosts.ends[0].readexactly(30 * len(HOSTILE)) == HOSTILE * 30
            rig.hosts.ends[0].write(HOSTILE * (turn + 1))
            got = await asyncio.wait_for(c.readexactly((turn + 1) * len(HOSTILE)), 60)
            assert got == HOSTILE * (turn + 1)
        c.close()
        await c.wait_closed()

    run(family, scenario)
