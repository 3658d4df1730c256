"""What only SIM800 does: results that are lines of their own, a context with states, PDP DEACT."""

import asyncio

import pytest

from at_sockets_peer import Bench, CipStartPeer, bench
from modem.errors import ConnectError, ModemError
from modem.families import family


def run(scenario, **knobs):
    return bench("SIM800", scenario, **knobs)


async def say(connection, data, seconds=40):
    connection.write(data)
    await asyncio.wait_for(connection.drain(), seconds)


def test_the_context_is_opened_in_the_order_the_modem_wants():
    async def scenario(b):
        b.link.apn = "cmiot.test"
        await b.connect()
        wanted = ["AT+CIPSHUT", "AT+CIPMUX=1", "AT+CIPRXGET=1", 'AT+CSTT="cmiot.test","",""', "AT+CIICR", "AT+CIFSR"]
        assert b.peer.commands[:6] == wanted
        await b.connect()
        assert b.peer.commands.count("AT+CIICR") == 1

    run(scenario)


def test_an_access_point_that_could_be_a_command_is_not_given():
    async def scenario(b):
        b.link.apn = 'x","";+CPOWD=1;"'
        await b.connect()
        assert "AT+CSTT" in b.peer.commands and not any("CPOWD" in text for text in b.peer.commands)

    run(scenario)


@pytest.mark.parametrize("space", ["", " ", "  "])
def test_its_lines_come_with_and_without_a_space(space):
    async def scenario(b):
        c = await b.connect()
        await say(c, b"x" * 2000)
        b.peer.offer(0, b"answer")
        b.peer.hang_up(0)
        await asyncio.sleep(0.1)
        assert not c.connected and await c.readexactly(6) == b"answer"
        c.close()
        await c.wait_closed()
        assert (await b.connect()).connected

    run(scenario, space=space)


def test_no_line_of_one_connection_ends_a_command_of_another():
    async def scenario(b):
        first, second = await b.connect(), await b.connect()
        first.write(b"a" * 100)
        task = asyncio.create_task(first.drain())
        await asyncio.sleep(0.05)
        b.peer.say("1, SEND OK", "1, CLOSED", "1, CLOSE OK", "0, CLOSE OK")
        await asyncio.sleep(0.01)
        assert not task.done() and first.connected and not second.connected
        await task
        assert b.peer.links[0].sent == b"a" * 100

    run(scenario, latency=0.3)


def test_send_fail_breaks_the_connection():
    async def scenario(b):
        c = await b.connect()
        b.peer.sent = lambda number, far, data: b.peer.mark(number, "SEND FAIL")
        with pytest.raises(ConnectError, match="send failed"):
            await say(c, b"x")
        assert c.sent_any  # nobody knows
        with pytest.raises(ConnectError):
            await say(c, b"y")

    run(scenario)


def test_a_close_in_the_middle_of_a_send_does_not_hold_the_line_for_the_time_out():
    async def scenario(b):
        c = await b.connect()
        b.peer.sent = lambda number, far, data: b.peer.hang_up(number)
        b.peer.offer(0, b"goodbye, and why")
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(ConnectError, match="closed"):
            await say(c, b"x")
        assert loop.time() - start < 1
        assert await c.readexactly(16) == b"goodbye, and why" and await c.read(1) == b""

    run(scenario)


def test_a_close_between_command_and_prompt_leaves_no_open_prompt():
    async def scenario(b):
        c = await b.connect()
        other = await b.connect()
        real = b.peer.at_cipsend

        def closing(number, size):
            b.peer.mark(0, "CLOSED")
            b.peer.at_cipsend = real
            real(number, size)

        b.peer.at_cipsend = closing
        await asyncio.gather(say(c, b"abc"), return_exceptions=True)
        await say(other, b"def")
        assert b.peer.links[1].sent == b"def"

    run(scenario)


@pytest.mark.parametrize("state", ["PDP DEACT", "IP INITIAL", "IP GPRSACT"])
def test_a_refused_open_looks_at_the_state_and_starts_the_context_again(state):
    async def scenario(b):
        c = await b.connect()
        c.close()
        await c.wait_closed()
        b.peer.once["AT+CIPSTART"] = ["+CME ERROR: 3"]
        b.peer.once["AT+CIPSTATUS"] = [f"OK\r\nSTATE: {state}"]
        assert (await b.connect()).connected
        assert b.peer.commands.count("AT+CIPSHUT") == 2

    run(scenario)


@pytest.mark.parametrize("reply", ["", "OK", "ERROR"])
def test_a_state_that_is_not_told_leaves_the_first_error(reply):
    async def scenario(b):
        b.peer.outcome["refused"] = 1
        b.peer.once["AT+CIPSTATUS"] = [reply]
        with pytest.raises(ConnectError, match="connect failed"):
            await b.connect("refused")
        assert (await b.connect()).connected

    run(scenario)


def test_an_unreachable_peer_does_not_cost_the_context():
    async def scenario(b):
        b.peer.outcome["refused"] = 1
        for _ in range(3):
            with pytest.raises(ConnectError, match="connect failed"):
                await b.connect("refused")
        assert b.peer.commands.count("AT+CIPSHUT") == 1 == b.peer.commands.count("AT+CIICR")

    run(scenario)


def test_a_number_that_is_in_use_unknown_to_us_is_closed():
    async def scenario(b):
        await b.connect()
        b.peer.once["AT+CIPSTART=1"] = ["1, ALREADY CONNECT\r\nERROR"]
        c = await b.connect()
        assert c.number == 1 and "AT+CIPCLOSE=1" in b.peer.commands
        b.peer.once["AT+CIPSTART=2"] = ["ERROR\r\n2, ALREADY CONNECT"]  # the other order
        await b.connect()

    run(scenario)


def test_pdp_deact_ends_all_and_shut_ok_begins_anew():
    async def scenario(b):
        ones = [await b.connect() for _ in range(3)]
        waiting = [asyncio.create_task(c.read(1)) for c in ones]
        await asyncio.sleep(1)
        b.peer.lose_network()
        for task in waiting:
            with pytest.raises(ConnectError, match="network lost"):
                await asyncio.wait_for(task, 1)
        assert ("network lost", "") in b.logged
        c = await b.connect()
        await say(c, b"x")
        assert b.peer.commands.count("AT+CIPSHUT") == 2

    run(scenario)


def test_no_answer_to_cipshut_or_cifsr_ends_as_an_error():
    async def scenario(b):
        b.peer.once["AT+CIPSHUT"] = [""]
        with pytest.raises(ModemError):
            await b.connect(timeout=100)
        b.peer.once["AT+CIFSR"] = ["ERROR"]
        with pytest.raises(ConnectError, match="network not opened"):
            await b.connect()
        assert (await b.connect()).connected

    run(scenario)


def test_a_lost_send_ok_breaks_the_connection_and_frees_the_line():
    async def scenario(b):
        c = await b.connect()
        b.peer.sent = lambda number, far, data: None
        with pytest.raises(ModemError):
            await say(c, b"x", 60)
        del b.peer.sent
        b.peer.mark(0, "SEND OK")
        other = await b.connect()
        await say(other, b"y")
        assert b.peer.links[other.number].sent == b"y" and c.sent_any

    run(scenario)


def test_the_table():
    profile = family("SIM800")
    assert profile.raw == (("+CIPRXGET: 2,", 2),) and profile.send_limit <= CipStartPeer.LIMIT
    assert 1000 <= profile.on_ms < 1500 <= profile.off_ms <= 33000
    assert Bench("SIM800").link.LINKS == 6
