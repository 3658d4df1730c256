"""What only SIM7600 and A7670 do with TCP, and connections under the whole engine: resets noticed, payments without SMS."""

import asyncio

import pytest

from at_sockets_peer import bench as socket_bench
from modem import ConnectError, ModemError, ModemReset
from modem.families import family
from test_modem import bench

OPEN = "AT+CIPOPEN=0"


def run(scenario, **knobs):
    return socket_bench("SIM7600", scenario, **knobs)


async def say(connection, data, seconds=20):
    connection.write(data)
    await asyncio.wait_for(connection.drain(), seconds)


def test_context_and_connection_are_opened_in_order_and_once():
    async def scenario(b):
        b.link.apn = "cmnet"
        c = await b.connect()
        assert b.peer.commands[:3] == ['AT+CGDCONT=1,"IP","cmnet"', "AT+CIPRXGET=1", "AT+NETOPEN"]
        c.close()
        await c.wait_closed()
        await b.connect()
        assert b.peer.commands.count("AT+NETOPEN") == 1

    run(scenario)


@pytest.mark.parametrize(
    ("reply", "code", "reason"),
    [
        ("OK\r\n+CIPOPEN: 0,10", 10, "time-out"),
        ("+CIPOPEN: 0,11\r\nOK", 11, "name not found"),
        ("+CIPOPEN:0,3\r\nERROR", 3, "wrong parameter"),
        ("OK\r\n+CIPOPEN: 0,x", 255, "connect failed"),
        ("OK\r\n+CIPOPEN: 0,77", 77, "connect failed"),
    ],
)
def test_refused_connection_names_the_code(reply, code, reason):
    async def scenario(b):
        b.peer.once[OPEN] = [reply]
        with pytest.raises(ConnectError) as caught:
            await b.connect()
        assert (caught.value.code, caught.value.reason) == (code, reason) and "10.1.2" not in str(caught.value)
        b.peer.once[OPEN] = ["+CIPOPEN: 0,0\r\nOK"]
        assert (await b.connect()).connected

    run(scenario)


@pytest.mark.parametrize("reply", ["ERROR", "+CIPOPEN: 0,2\r\nERROR", "OK\r\n+CIPOPEN: 0,1"])
def test_a_dead_context_is_closed_and_opened_once_before_an_error_is_told(reply):
    async def scenario(b):
        b.peer.once[OPEN] = [reply]
        assert (await b.connect()).connected
        assert b.peer.commands.count("AT+NETCLOSE") == 1 and b.peer.commands.count("AT+NETOPEN") == 2

    run(scenario)


def test_a_context_that_carries_somebody_is_not_closed_for_another():
    async def scenario(b):
        first = await b.connect()
        b.peer.outcome["refused"] = 1
        with pytest.raises(ConnectError, match="network failure"):
            await b.connect("refused")
        assert "AT+NETCLOSE" not in b.peer.commands
        await say(first, b"x")

    run(scenario)


@pytest.mark.parametrize(
    "reply", ["+IP ERROR: Network is already opened", "+IP ERROR: Network is already opened\r\nERROR"]
)
def test_context_open_already(reply):
    async def scenario(b):
        b.peer.context = True
        b.peer.once["AT+NETOPEN"] = [reply]
        await say(await b.connect(), b"x")

    run(scenario)


@pytest.mark.parametrize("reply", ["OK\r\n+NETOPEN: 1", "+NETOPEN: 1\r\nOK", "OK\r\n+NETOPEN:"])
def test_refused_context(reply):
    async def scenario(b):
        b.peer.once["AT+NETOPEN"] = [reply]
        with pytest.raises(ConnectError, match="network not opened"):
            await b.connect()

    run(scenario)


def test_netclose_without_a_result_does_not_stop_the_new_context():
    async def scenario(b):
        await b.connect()
        b.peer.lose_network()
        b.peer.once["AT+NETCLOSE"] = ["OK"]
        assert (await b.connect(timeout=60)).connected
        assert ("no confirmation", "NETCLOSE") in b.logged

    run(scenario)


def test_partial_acceptance_sends_the_rest():
    async def scenario(b):
        c = await b.connect()
        taken = [4, 0, 6]
        b.peer.take = lambda far, data: far.sent.extend(data[: taken[0]]) or taken.pop(0)
        await say(c, b"0123456789")
        assert b.peer.links[0].sent == b"0123456789"
        sends = [text for text in b.peer.commands if text.startswith("AT+CIPSEND")]
        assert sends == ["AT+CIPSEND=0,10", "AT+CIPSEND=0,6", "AT+CIPSEND=0,6"]

    run(scenario)


def test_missing_confirmation_is_not_fatal():
    async def scenario(b):
        c = await b.connect()
        b.peer.sent = lambda number, far, data: b.peer.say("OK")
        await say(c, b"x")
        assert ("no confirmation", "CIPSEND") in b.logged
        b.peer.offer(0, b"y")
        assert await c.read(1) == b"y"

    run(scenario)


def test_confirmation_that_says_disconnected():
    async def scenario(b):
        c = await b.connect()
        b.peer.sent = lambda number, far, data: b.peer.say("+CIPSEND: 0,1,-1", "OK")
        with pytest.raises(ConnectError, match="closed"):
            await say(c, b"x")
        assert not c.connected

    run(scenario)


def test_accepted_and_closed_at_once():
    async def scenario(b):
        b.peer.once[OPEN] = ["OK\r\n+CIPOPEN: 0,0\r\n+IPCLOSE: 0,1"]
        c = await b.connect()
        assert await c.read(2) == b""

    run(scenario)


def test_the_table():
    profile = family("A7670")
    assert profile.power_off == "AT+CPOF" and profile.off_ms >= 2500 and profile.off_s >= 23
    assert "*ATREADY" in profile.hard_boot and "RDY" in profile.hard_boot


# ---- under the whole engine

SCRIPTED = 'AT+CIPOPEN=0,"TCP","10.1.2.3",5000'


def connect(b, timeout=30):
    return b.modem.connect("10.1.2.3", 5000, timeout)


@pytest.mark.parametrize("turns", range(12))
def test_connection_of_a_caller_cancelled_at_the_last_moment(turns):
    async def scenario(b):
        b.peer.rules[SCRIPTED] = "OK"
        task = asyncio.create_task(connect(b))
        await asyncio.sleep(1)
        b.peer.say("+CIPOPEN: 0,0")
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(result, asyncio.CancelledError):
            result.close()
        await asyncio.sleep(5)
        assert b.peer.commands[-1] == "AT+CIPCLOSE=0"
        b.peer.rules[SCRIPTED] = "OK\r\n+CIPOPEN: 0,0"
        assert (await connect(b)).connected

    bench(scenario)


def test_reset_fails_everything_at_once():
    async def scenario(b):
        c = await connect(b)
        receiving = asyncio.create_task(c.read(1))
        b.peer.rules["AT+SLOW"] = ""
        slow = asyncio.create_task(b.modem.command("AT+SLOW", timeout=600))
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        start = loop.time()
        b.peer.reboot()
        for task in (receiving, slow):
            with pytest.raises(ModemReset):
                await task
        assert loop.time() - start < 1
        with pytest.raises(ModemError):
            await say(c, b"x")
        await b.modem.wait_ready(60)
        assert (await connect(b)).connected

    bench(scenario)


def test_reset_while_connecting():
    async def scenario(b):
        b.peer.rules[SCRIPTED] = "OK"
        task = asyncio.create_task(connect(b))
        await asyncio.sleep(1)
        b.peer.reboot()
        with pytest.raises(ModemReset):
            await task

    bench(scenario)


def test_reset_in_the_middle_of_announced_bytes():
    async def scenario(b):
        c = await connect(b)
        real = b.peer._command
        b.peer._command = lambda text: b.peer.raw(b"\r\n+CIPRXGET: 2,0,500,0\r\nabc")
        with pytest.raises(ModemError):
            await asyncio.wait_for(c.readexactly(500), 60)
        b.peer._command = real
        c.close()
        await c.wait_closed()
        await b.modem.wait_ready(100)
        assert (await connect(b)).connected

    bench(scenario)


def test_a_payment_goes_through_while_sms_does_not_work():
    async def scenario(b):
        b.peer.rules["AT+CMGF=0"] = "ERROR"
        await asyncio.sleep(20)
        assert b.modem.registered and b.modem.signal == 21
        await say(await connect(b), b"x")

    bench(scenario, ready=False)
