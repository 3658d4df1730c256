"""The TCP connection of lib/modem: bytes through unharmed, ends noticed, and `sent_any` tells the truth."""

import asyncio

import pytest

from at_peer import Peer
from modem import ConnectError, ModemError, ModemReset, ModemTimeout
from test_modem import bench

OPEN = 'AT+CIPOPEN=0,"TCP","10.1.2.3",5000'


async def connect(b, timeout=30):
    return await b.modem.connect("10.1.2.3", 5000, timeout)


def test_request_and_answer():
    async def scenario(b):
        c = await connect(b)
        assert c.connected and not c.sent_any
        request = b"\x00\x10\r\nOK\r\n> \x1a\x1b" * 400
        await c.send(request, 10)
        assert c.sent_any and b"".join(b.peer.payloads) == request
        assert max(len(part) for part in b.peer.payloads) <= 1460
        answer = b"\r\nOK\r\n+IPCLOSE: 0,1\r\nERROR\r\n\x00\xff" * 90
        b.peer.offer(answer)
        got = b""
        while len(got) < len(answer):
            part = await c.recv(700, 5)
            assert 1 <= len(part) <= 700
            got += part
        assert got == answer
        await c.close()
        assert not c.connected and "AT+CIPCLOSE=0" in b.peer.commands
        await c.close()
        c = await connect(b)
        assert b.peer.commands.count("AT+NETOPEN") == 1
        assert "OK" not in [line[2:] for line in b.modem.last_dialogue() if "bytes" in line]

    bench(scenario)


def test_dribbling_and_urcs_inside():
    async def scenario(b):
        b.peer.piece = 1
        c = await connect(b)
        b.peer.prompt = b"\r\n+CREG: 1\r\n\r\n>"
        await c.send(b"ping", 5)
        b.peer.offer(b"pong")
        assert await c.recv(100, 5) == b"pong"

    bench(scenario)


def test_recv_wakes_at_once_and_finds_data_without_a_urc():
    async def scenario(b):
        c = await connect(b)
        loop = asyncio.get_running_loop()
        loop.call_later(2, b.peer.offer, b"now")
        start = loop.time()
        assert await c.recv(9, 60) == b"now"
        assert loop.time() - start < 2.2
        loop.call_later(1, b.peer.host.extend, b"lost news")
        assert await c.recv(9, 60) == b"lost news"
        with pytest.raises(ModemTimeout):
            await c.recv(9, 20)
        assert c.connected

    bench(scenario)


def test_peer_closes_after_its_last_bytes():
    async def scenario(b):
        c = await connect(b)
        b.peer.host += b"bye"
        b.peer.say("+IPCLOSE: 0,1")
        assert await c.recv(2, 5) == b"by"
        assert await c.recv(2, 5) == b"e"
        assert await c.recv(2, 5) == b""
        assert not c.connected
        with pytest.raises(ConnectError):
            await c.send(b"x", 5)
        assert not c.sent_any
        await c.close()
        await connect(b)

    bench(scenario)


def test_accepted_and_closed_at_once():
    async def scenario(b):
        b.peer.rules[OPEN] = "OK\r\n+CIPOPEN: 0,0\r\n+IPCLOSE: 0,1"
        c = await connect(b)
        assert await c.recv(2, 5) == b""

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("OK\r\n+CIPOPEN: 0,10", 10),
        ("+CIPOPEN: 0,11\r\nOK", 11),
        ("+CIPOPEN:0,8\r\nERROR", 8),
        ("OK\r\n+CIPOPEN: 0,x", 255),
        ("ERROR", 1),
    ],
)
def test_refused_connection_names_the_code(reply, code):
    async def scenario(b):
        b.peer.rules[OPEN] = reply
        with pytest.raises(ConnectError) as caught:
            await connect(b)
        assert caught.value.code == code and "10.1.2" not in str(caught.value)
        b.peer.rules[OPEN] = "+CIPOPEN: 0,0\r\nOK"
        assert (await connect(b)).connected

    bench(scenario)


def test_context_that_died_is_opened_again():
    async def scenario(b):
        c = await connect(b)
        b.peer.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")
        assert await c.recv(1, 5) == b""
        answers = ["+CIPOPEN: 0,2\r\nERROR", "OK\r\n+CIPOPEN: 0,0"]
        b.peer.rules[OPEN] = lambda peer, text: answers.pop(0)
        assert (await connect(b)).connected
        assert "AT+NETCLOSE" in b.peer.commands

    bench(scenario)


@pytest.mark.parametrize(
    "reply", ["+IP ERROR: Network is already opened", "+IP ERROR: Network is already opened\r\nERROR"]
)
def test_context_open_already(reply):
    async def scenario(b):
        b.peer.rules["AT+NETOPEN"] = reply
        c = await connect(b)
        await c.send(b"x", 5)

    bench(scenario)


def test_refused_context():
    async def scenario(b):
        b.peer.rules["AT+NETOPEN"] = "OK\r\n+NETOPEN: 1"
        with pytest.raises(ConnectError):
            await connect(b)

    bench(scenario)


def test_connect_gives_up_in_time_and_the_late_connection_is_closed():
    async def scenario(b):
        b.peer.rules[OPEN] = "OK"
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(ModemTimeout):
            await connect(b, 12)
        assert loop.time() - start < 12.5
        b.peer.say("+CIPOPEN: 0,0")
        b.peer.rules[OPEN] = "OK\r\n+CIPOPEN: 0,0"
        b.peer.commands.clear()
        assert (await connect(b)).connected
        assert b.peer.commands[0] == "AT+CIPCLOSE=0"

    bench(scenario)


def test_nothing_left_when_the_prompt_did_not_come():
    async def scenario(b):
        c = await connect(b)
        b.peer.hold_prompt = True
        with pytest.raises(ModemTimeout):
            await c.send(b"secret", 20)
        assert not c.sent_any
        await c.close()
        assert await b.modem.command("AT+CSQ", "+CSQ:")

    bench(scenario)


def test_refused_send():
    async def scenario(b):
        c = await connect(b)
        b.peer.refuse_prompt = "+CIPERROR: 4\r\nERROR"
        with pytest.raises(ConnectError):
            await c.send(b"x", 5)
        assert not c.sent_any

    bench(scenario)


def test_cancelled_send_before_the_prompt_sends_nothing_later():
    async def scenario(b):
        c = await connect(b)
        b.peer.hold_prompt = True
        task = asyncio.create_task(c.send(b"PAY 100.00" * 30, 10))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(0.1)
        b.peer._need = 300  # the modem takes everything as data now, ESC too
        b.peer.raw(b"\r\n>")
        await asyncio.sleep(0.1)
        assert not c.sent_any
        await c.close()
        assert b"PAY" not in b"".join(b.peer.payloads)
        assert await b.modem.command("AT+CSQ", "+CSQ:")
        assert b.modem.ready

    bench(scenario)


def test_cancelled_recv_loses_no_bytes():
    async def scenario(b):
        c = await connect(b)
        held = []
        original = Peer._command

        def slow(peer, text):
            if text.startswith("AT+CIPRXGET=2"):
                asyncio.get_running_loop().call_later(1, original, peer, text)
                held.append(text)
            else:
                original(peer, text)

        b.peer._command = slow.__get__(b.peer)
        b.peer.host += b"answer"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(c.recv(100, 30), 0.5)
        assert held
        await asyncio.sleep(2)
        assert await c.recv(100, 5) == b"answer"

    bench(scenario)


def test_partial_acceptance_sends_the_rest():
    async def scenario(b):
        c = await connect(b)
        b.peer.confirm = False
        taken = [4, 0, 6]
        original = b.peer._payload

        def payload(byte):
            size = b.peer._need
            original(byte)
            if not b.peer._need:
                b.peer.say(f"+CIPSEND: 0,{size},{taken.pop(0)}")

        b.peer._payload = payload
        await c.send(b"0123456789", 20)
        assert b.peer.payloads == [b"0123456789", b"456789", b"456789"]

    bench(scenario)


def test_missing_confirmation_is_not_fatal():
    async def scenario(b):
        c = await connect(b)
        b.peer.confirm = False
        await c.send(b"x", 20)
        b.peer.offer(b"y")
        assert await c.recv(1, 5) == b"y"

    bench(scenario)


def test_reset_fails_everything_at_once():
    async def scenario(b):
        c = await connect(b)
        receiving = asyncio.create_task(c.recv(1, 600))
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
            await c.send(b"x", 5)
        await b.modem.wait_ready(60)
        assert (await connect(b)).connected

    bench(scenario)


def test_reset_while_connecting():
    async def scenario(b):
        b.peer.rules[OPEN] = "OK"
        task = asyncio.create_task(connect(b))
        await asyncio.sleep(1)
        b.peer.reboot()
        with pytest.raises(ModemReset):
            await task

    bench(scenario)


def test_reset_in_the_middle_of_announced_bytes():
    async def scenario(b):
        c = await connect(b)
        b.peer._command = lambda text: b.peer.raw(b"\r\n+CIPRXGET: 2,0,500,0\r\nabc") or b.peer.rules.clear()
        with pytest.raises(ModemError):
            await c.recv(500, 20)
        del b.peer._command
        b.peer.rules = Peer(None).rules
        await b.modem.wait_ready(100)
        assert (await connect(b)).connected

    bench(scenario)


def test_one_connection_at_a_time_and_sane_addresses():
    async def scenario(b):
        await connect(b)
        with pytest.raises(ModemError):
            await connect(b)
        for host, port in (('x"\rATD1;', 1), ("", 1), ("a" * 101, 1), ("host", 0), ("host", 65536)):
            with pytest.raises(ConnectError):
                await b.modem.connect(host, port)

    bench(scenario)


@pytest.mark.parametrize("turns", range(12))
def test_connection_of_a_caller_cancelled_at_the_last_moment(turns):
    async def scenario(b):
        b.peer.rules[OPEN] = "OK"
        task = asyncio.create_task(connect(b))
        await asyncio.sleep(1)
        b.peer.say("+CIPOPEN: 0,0")
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(result, asyncio.CancelledError):
            await result.close()
        b.peer.rules[OPEN] = "OK\r\n+CIPOPEN: 0,0"
        assert (await connect(b)).connected

    bench(scenario)


def test_network_is_watched_while_sms_does_not_work():
    async def scenario(b):
        b.peer.rules["AT+CMGF=0"] = "ERROR"
        await asyncio.sleep(20)
        assert not b.modem.ready and b.modem.registered and b.modem.signal == 21
        c = await connect(b)
        await c.send(b"x", 5)

    bench(scenario, ready=False)
