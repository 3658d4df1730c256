"""What only Quectel EC200 and EC800 do: SEND OK that means queued, one announcement until drained, ids that stay used."""

import asyncio

import pytest

from at_sockets_peer import Bench, bench
from modem.errors import ConnectError
from modem.families import family


def run(scenario, **knobs):
    return bench("EC200", scenario, **knobs)


async def say(connection, data, seconds=40):
    connection.write(data)
    await asyncio.wait_for(connection.drain(), seconds)


def test_a_context_left_open_is_used_and_another_one_opened():
    async def scenario(b):
        b.link.apn = "cmiot.test"
        await b.connect()
        assert b.peer.commands[:3] == ['AT+QICSGP=1,1,"cmiot.test","","",0', "AT+QIACT?", "AT+QIACT=1"]
        b.link = b.profile.link(b.dialogue, b.profile, b.log)
        b.peer.commands.clear()
        assert (await b.connect()).connected
        assert "AT+QIACT=1" not in b.peer.commands and "AT+QICLOSE=0" in b.peer.commands

    run(scenario)


def test_another_context_that_is_active_is_not_ours():
    async def scenario(b):
        b.peer.once["AT+QIACT?"] = ['+QIACT: 2,1,1,"10.0.0.1"\r\n+QIACT: 1,0,1,""\r\nOK']
        await b.connect()
        assert "AT+QIACT=1" in b.peer.commands

    run(scenario)


def test_reading_goes_on_until_the_modem_says_that_nothing_is_left():
    async def scenario(b):
        c = await b.connect()
        b.peer.offer(0, b"1" * 1000)
        assert await c.readexactly(300) == b"1" * 300
        b.peer.offer(0, b"2" * 10)  # not announced: it was not drained
        assert (await c.readexactly(710))[-10:] == b"2" * 10
        start = asyncio.get_running_loop().time()
        task = asyncio.create_task(c.readexactly(3))
        await asyncio.sleep(1)
        b.peer.offer(0, b"333")
        assert await task == b"333"
        assert asyncio.get_running_loop().time() - start < 1.5

    run(scenario)


def test_data_that_comes_between_the_empty_read_and_its_ok_is_not_forgotten():
    async def scenario(b):
        c = await b.connect()
        b.peer.once["AT+QIRD"] = ['+QIRD: 0\r\n+QIURC: "recv",0\r\nOK']
        start = asyncio.get_running_loop().time()
        task = asyncio.create_task(c.readexactly(4))
        b.peer.quiet = True
        b.peer.offer(0, b"data")
        assert await task == b"data"
        assert asyncio.get_running_loop().time() - start < 1

    run(scenario)


def test_a_full_buffer_is_asked_about_before_the_data_go_out_again():
    async def scenario(b):
        c = await b.connect()
        await say(c, b"0" * 1500)
        c.write(b"1" * 1000)
        task = asyncio.create_task(c.drain())
        await asyncio.sleep(8)
        sends = [text for text in b.peer.commands if text == "AT+QISEND=0,1000"]
        assert 1 <= len(sends) <= 5 and "AT+QISEND=0,0" in b.peer.commands and not task.done()
        b.peer.acknowledge()
        await asyncio.wait_for(task, 10)
        assert b.peer.links[0].sent == b"0" * 1500 + b"1" * 1000

    run(scenario, room=1600)


def test_an_id_left_in_use_is_closed_and_tried_again():
    async def scenario(b):
        b.peer.context = True
        b.peer.opened(0, "of an earlier start")
        c = await b.connect()
        await say(c, b"x")
        assert b.peer.links[0].sent == b"x" and b.peer.commands.count("AT+QICLOSE=0") == 1

    run(scenario)


def test_an_id_that_stays_in_use_is_an_error_with_its_word():
    async def scenario(b):
        b.peer.once["AT+QIOPEN"] = ["OK\r\n+QIOPEN: 0,563"] * 2
        with pytest.raises(ConnectError, match="socket in use") as caught:
            await b.connect()
        assert caught.value.code == 563

    run(scenario)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (565, "name not found"),
        (566, "connect failed"),
        (569, "time-out"),
        (552, "wrong parameter"),
        (999, "connect failed"),
    ],
)
def test_a_refused_command_is_explained_by_its_last_error(code, word):
    async def scenario(b):
        b.peer.once["AT+QIOPEN"] = ["ERROR"]
        b.peer.once["AT+QIGETERROR"] = [f"+QIGETERROR: {code},whatever it is called\r\nOK"]
        with pytest.raises(ConnectError) as caught:
            await b.connect()
        assert (caught.value.reason, caught.value.code) == (word, code)

    run(scenario)


def test_a_peer_that_closed_keeps_its_id_until_it_is_closed_here_too():
    async def scenario(b):
        c = await b.connect()
        b.peer.offer(0, b"bye")
        b.peer.hang_up(0)
        assert await c.readexactly(3) == b"bye" and await c.read(1) == b""
        assert 0 in b.peer.links
        c.close()
        await c.wait_closed()
        assert "AT+QICLOSE=0" in b.peer.commands and not b.peer.links
        assert (await b.connect()).number == 0

    run(scenario)


def test_a_context_that_the_network_ended_is_deactivated_first():
    async def scenario(b):
        c = await b.connect()
        b.peer.lose_network()
        with pytest.raises(ConnectError, match="network lost"):
            await asyncio.wait_for(c.read(1), 1)
        c.close()
        b.peer.commands.clear()
        fresh = await b.connect()
        await say(fresh, b"x")
        at = b.peer.commands.index
        assert at("AT+QIDEACT=1") < at("AT+QIACT=1")

    run(scenario)


def test_a_context_that_ended_unnoticed_is_found_by_the_open():
    async def scenario(b):
        c = await b.connect()
        c.close()
        await c.wait_closed()
        b.peer.lose_network(told=False)
        b.peer.once["AT+QIACT?"] = ['+QIACT: 1,1,1,"10.7.1.2"\r\nOK']  # the modem believes in it, too
        with pytest.raises(ConnectError, match="network lost"):
            await b.connect()
        assert (await b.connect()).connected

    run(scenario)


def test_the_table():
    profile = family("EC800")
    assert profile.raw == (("+QIRD:", 0),) and profile.read_limit <= 1500
    assert profile.power_off == "AT+QPOWD" and profile.on_ms == 2000
    assert Bench("EC200").link.LINKS == 12
