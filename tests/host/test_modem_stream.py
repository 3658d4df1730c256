"""TCP connections of lib/modem as streams, in every family's dialect: bytes unharmed, ends noticed, nothing stuck."""

import asyncio
import contextlib
import itertools
import random

import pytest

from at_sockets_peer import OPEN, PEERS, STORM, Bench, bench
from modem.errors import ConnectError, ModemError, ModemReset, ModemTimeout

FAMILIES = sorted(PEERS)
HOSTILE = (
    b'\x00\x10\r\nOK\r\n> \x1a\x1b+CMTI: "SM",1\r\n0, CLOSED\r\n+PDP: DEACT\r\nERROR\r\nSEND OK\r\n\r\n+QIRD: 5\r\n\xff'
)

pytestmark = pytest.mark.parametrize("name", FAMILIES)


async def within(seconds, work):
    return await asyncio.wait_for(work, seconds)


async def say(connection, data, seconds=30):
    connection.write(data)
    await within(seconds, connection.drain())


@pytest.mark.parametrize("piece", [0, 1, 7])
@pytest.mark.parametrize("storm", [(), STORM])
def test_any_bytes_pass_both_ways_whatever_the_modem_says_in_between(name, piece, storm):
    async def scenario(b):
        c = await b.connect()
        assert c.connected and not c.sent_any
        await say(c, HOSTILE * 40)
        assert c.sent_any and b.peer.links[0].sent == HOSTILE * 40
        b.peer.offer(0, HOSTILE * 50)
        assert await within(5, c.readexactly(2)) == HOSTILE[:2]
        rest = await within(60, c.readexactly(50 * len(HOSTILE) - 2))
        assert HOSTILE[:2] + rest == HOSTILE * 50
        assert c.connected
        c.close()
        await within(20, c.wait_closed())
        assert not c.connected and not b.peer.links

    bench(name, scenario, piece=piece, storm=storm)


def test_four_connections_with_interleaved_data(name):
    async def scenario(b):
        async def talk(number):
            c = await b.connect(f"host{number}.example")
            mine = bytes([65 + number]) * (700 + 311 * number)
            for at in range(0, len(mine), 200):
                await say(c, mine[at : at + 200])
                b.peer.offer(c.number, mine[at : at + 200])
                await asyncio.sleep(0.01 * number)
            got = await within(60, c.readexactly(len(mine)))
            far = b.peer.links[c.number]
            c.close()
            await c.wait_closed()
            return got == mine and far.sent == mine and far.host == f"host{number}.example"

        assert await asyncio.gather(*(talk(number) for number in range(4))) == [True] * 4
        assert not b.peer.links

    bench(name, scenario)


def test_what_came_before_the_end_is_still_read(name):
    async def scenario(b):
        c = await b.connect()
        b.peer.offer(0, b"good" + b"-" * 3000 + b"bye")
        b.peer.hang_up(0)
        await asyncio.sleep(0.2)
        assert not c.connected
        with pytest.raises(ConnectError):
            c.write(b"x")
        assert await c.read(4) == b"good"
        assert await c.readexactly(3000) == b"-" * 3000
        with pytest.raises(ConnectError, match="closed"):
            await c.readexactly(4)
        assert await c.read(100) == b"bye"
        assert await c.read(100) == b"" == await c.read(1)
        assert not c.sent_any
        c.close()
        again = await b.connect()
        assert again.connected

    bench(name, scenario)


def test_nothing_is_asked_for_when_nothing_is_wanted(name):
    async def scenario(b):
        c = await b.connect()
        assert await within(1, c.readexactly(0)) == b"" == await within(1, c.read(0))

    bench(name, scenario)


def test_unread_bytes_stay_in_the_modem(name):
    async def scenario(b):
        c = await b.connect()
        data = bytes(range(256)) * 80
        b.peer.offer(0, data)
        await asyncio.sleep(60)
        assert len(b.peer.links[0].waiting) == len(data)  # nobody has read: nothing was fetched
        got = await c.read(10)
        assert len(data) - len(b.peer.links[0].waiting) <= 256
        while len(got) < len(data):
            part = await within(5, c.read(1000))
            assert 1 <= len(part) <= 1000
            got += part
        assert got == data

    bench(name, scenario)


def test_a_slow_peer_holds_the_writer_back_and_gets_every_byte_once(name):
    async def scenario(b):
        c = await b.connect()
        data = bytes(range(250)) * 16
        c.write(data)
        with pytest.raises(ConnectError, match="buffer full"):
            c.write(bytes(200))
        draining = asyncio.create_task(c.drain())
        await asyncio.sleep(10)
        assert not draining.done() and len(b.peer.links[0].sent) <= 2000
        for _ in range(20):
            b.peer.acknowledge()
            await asyncio.sleep(1)
        await within(60, draining)
        assert b.peer.links[0].sent == data
        await say(c, b"more" * 10)
        assert b.peer.links[0].sent == data + b"more" * 10

    bench(name, scenario, room=1500)


def test_a_peer_that_takes_nothing_breaks_the_connection_in_the_end(name):
    async def scenario(b):
        c = await b.connect()
        await say(c, b"0" * b.peer.room)
        c.write(b"1" * 100)
        with pytest.raises((asyncio.TimeoutError, ModemTimeout)):
            await within(40, c.drain())
        with pytest.raises(ConnectError, match="broken off"):
            c.write(b"2")
        with pytest.raises(ConnectError, match="broken off"):
            await c.read(1)

    bench(name, scenario, room=1460 if name == "SIM800" else 1500)


def test_bytes_are_found_when_the_announcement_got_lost(name):
    async def scenario(b):
        c = await b.connect()
        loop = asyncio.get_running_loop()
        b.peer.quiet = True
        loop.call_later(1, b.peer.offer, 0, b"lost news")
        start = loop.time()
        assert await within(60, c.read(9)) == b"lost news" and loop.time() - start < 6
        b.peer.quiet = False
        loop.call_later(2, b.peer.offer, 0, b"now")
        start = loop.time()
        assert await within(60, c.readexactly(3)) == b"now" and loop.time() - start < 2.2

    bench(name, scenario)


@pytest.mark.parametrize("piece", [0, 1])
def test_a_cancelled_read_loses_and_doubles_nothing(name, piece):
    async def scenario(b):
        c = await b.connect()
        data = bytes(range(251)) * 30
        moments = itertools.cycle([0, 0.0005, 0.001, 0.011, 0.02, 0.021, 0.03, 0.05, 0.11, 0.3])
        got = b""
        offered = 0
        while len(got) < len(data):
            if offered < len(data):
                b.peer.offer(0, data[offered : offered + 97])
                offered += 97
            try:
                got += await within(next(moments), c.read(50))
            except asyncio.TimeoutError:
                await asyncio.sleep(next(moments))
        assert got == data

    b = Bench(name)
    b.peer.piece = piece
    # every reply comes late, so that a read is cancelled before, during and after it
    command = b.peer.command
    b.peer.command = lambda text: b.peer.later(command, text, after=0.02)
    b.run(scenario)


def test_bytes_that_the_modem_gave_up_unseen_are_no_silent_gap(name):
    async def scenario(b):
        c = await b.connect()
        b.peer.offer(0, b"first and second")
        real, b.peer.give = b.peer.give, lambda *_: b.peer.links[0].waiting.__delitem__(slice(0, 6))
        with pytest.raises(asyncio.TimeoutError):
            await within(0.5, c.read(6))
        b.peer.give = real
        with pytest.raises(ModemError):
            await within(60, c.read(100))
        with pytest.raises(ConnectError, match="bytes lost"):
            await c.read(100)

    bench(name, scenario)


@pytest.mark.parametrize("moment", [0.0001, 0.001, 0.01, 0.02, 0.021, 0.03, 0.05, 0.06, 0.08, 0.1, 0.12, 0.17, 0.3, 1])
def test_a_cancelled_drain_breaks_the_connection_and_tells_the_truth(name, moment):
    async def scenario(b):
        c = await b.connect()
        c.write(b"PAY 100.00" * 300)
        try:
            await within(moment, c.drain())
            assert b.peer.links[0].sent == b"PAY 100.00" * 300
        except asyncio.TimeoutError:
            sent_any = c.sent_any
            with pytest.raises(ConnectError, match="broken off"):
                c.write(b"x")
            with pytest.raises(ConnectError, match="broken off"):
                await c.drain()
            far = b.peer.links[0]
            await asyncio.sleep(60)
            assert sent_any or not far.sent  # "nothing has left" must be true for ever
        c.close()
        fresh = await b.connect()
        await say(fresh, b"NEW")
        assert b.peer.links[fresh.number].sent == b"NEW"

    b = Bench(name)
    command = b.peer.command
    b.peer.command = lambda text: b.peer.later(command, text, after=0.01)
    b.run(scenario)


@pytest.mark.parametrize("moment", [0, 0.01, 0.021, 0.03, 0.05, 0.1, 0.3, 0.5, 0.55, 0.62, 0.7, 0.8, 0.9, 1, 1.2])
def test_a_cancelled_connect_leaves_nothing_open(name, moment):
    async def scenario(b):
        task = asyncio.create_task(b.connect())
        await asyncio.sleep(moment)
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(result, asyncio.CancelledError):
            result.close()
        await asyncio.sleep(30)
        assert not b.peer.links
        c = await b.connect()
        await say(c, b"x")
        assert b.peer.still_open() == [c.number]

    bench(name, scenario)


def test_a_connection_that_comes_up_too_late_is_closed_at_once(name):
    async def scenario(b):
        b.peer.latency = 20
        with pytest.raises(ModemTimeout):
            await b.connect(timeout=35 if name == "SIM800" else 15)
        b.peer.latency = 0.05
        c = await b.connect()  # meanwhile another one works, under a number of its own
        await asyncio.sleep(60)
        assert b.peer.still_open() == [c.number]
        await say(c, b"x")
        assert b.peer.links[c.number].sent == b"x"

    bench(name, scenario)


@pytest.mark.parametrize("moment", [0.01, 0.03, 0.3, 0.56, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.5, 2.5, 3.02, 4])
def test_a_restart_in_every_state_ends_it_at_once_and_leaves_nothing_behind(name, moment):
    async def scenario(b):
        async def user():
            c = await b.connect()
            await say(c, bytes(4000))
            await asyncio.sleep(1)
            await c.readexactly(5)
            await c.read(5)

        task = asyncio.create_task(user())
        if moment > 2:
            asyncio.get_running_loop().call_later(2, lambda: 0 in b.peer.links and b.peer.offer(0, b"12345"))
        await asyncio.sleep(moment)
        b.restart()
        with pytest.raises(ModemReset):
            await within(1, task)
        c = await b.connect()
        await say(c, b"fresh")
        assert b.peer.links[c.number].sent == b"fresh"
        assert sum(holder is not None for holder in b.link.slots) == 1

    bench(name, scenario)


@pytest.mark.parametrize("host", ["refused", "nowhere", "silent"])
def test_a_refused_connection_is_explained_and_costs_nothing_later(name, host):
    async def scenario(b):
        code, word = b.peer.ERRORS[host]
        b.peer.outcome[host] = code
        with pytest.raises(ConnectError) as caught:
            await b.connect(host)
        assert caught.value.reason == word and host not in str(caught.value)
        other = await b.connect()
        with pytest.raises(ConnectError):
            await b.connect(host)
        await say(other, b"still there")
        assert b.peer.still_open() == [other.number]

    bench(name, scenario)


def test_no_answer_to_an_open_ends_in_time(name):
    async def scenario(b):
        b.peer.outcome["silent"] = None
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(ModemTimeout):
            await b.connect("silent", timeout=12)
        assert loop.time() - start < 12.5
        await say(await b.connect(), b"x")

    bench(name, scenario)


@pytest.mark.parametrize("told", [True, False])
def test_a_context_that_died_is_opened_again(name, told):
    async def scenario(b):
        c = await b.connect()
        b.peer.offer(0, b"half an ans")
        assert await c.read(4) == b"half"
        b.peer.lose_network(told)
        if told:
            await asyncio.sleep(0.1)
            with pytest.raises(ConnectError):
                await within(1, c.readexactly(20))
        c.close()
        again = await b.connect()
        await say(again, b"x")
        assert b.peer.links[again.number].sent == b"x"

    bench(name, scenario)


@pytest.mark.parametrize("moment", [0.58, 0.6, 0.63, 0.66, 0.7])
def test_a_context_that_dies_while_connecting_is_opened_again(name, moment):
    async def scenario(b):
        task = asyncio.create_task(b.connect(timeout=60))
        await asyncio.sleep(moment)
        if b.peer.context:
            b.peer.lose_network()
        (c,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(c, ConnectError) or not c.connected:  # it was up for a moment
            c = await b.connect()
        await say(c, b"x")
        assert b.peer.links[c.number].sent == b"x"

    bench(name, scenario)


def test_a_context_that_takes_long_is_not_begun_anew_for_each_caller(name):
    async def scenario(b):
        b.peer.activation = 50
        for _ in range(2):
            with pytest.raises(ModemTimeout):
                await b.connect(timeout=20)
        c = await b.connect(timeout=20)
        await say(c, b"x")
        slow = {"SIM7600": "AT+NETOPEN", "SIM800": "AT+CIICR", "EC200": "AT+QIACT=1"}[name]
        assert b.peer.commands.count(slow) == 1

    bench(name, scenario)


def test_a_refused_context_is_an_error_and_can_be_tried_again(name):
    async def scenario(b):
        slow, reply = {
            "SIM7600": ("AT+NETOPEN", "OK\r\n+NETOPEN: 1"),
            "SIM800": ("AT+CIICR", "ERROR"),
            "EC200": ("AT+QIACT=1", "ERROR"),
        }[name]
        b.peer.once[slow] = [reply] * (2 if name == "EC200" else 1)
        with pytest.raises(ConnectError, match="network not opened"):
            await b.connect()
        await say(await b.connect(), b"x")

    bench(name, scenario)


def test_what_an_earlier_start_of_the_terminal_left_open_is_closed(name):
    async def scenario(b):
        first = await b.connect()
        await say(first, b"before")
        # the terminal restarts, the modem does not
        b.link = b.profile.link(b.dialogue, b.profile, b.log)
        c = await b.connect()
        await say(c, b"after")
        assert b.peer.links[c.number].sent == b"after"
        assert b.peer.still_open() == [c.number]

    bench(name, scenario)


@pytest.mark.parametrize("reply", ["ERROR", ""])
def test_a_close_that_fails_does_not_stop_the_next_connection(name, reply):
    async def scenario(b):
        c = await b.connect()
        b.peer.once[b.peer.CLOSE] = [reply]
        c.close()
        await within(60, c.wait_closed())
        # the modem still has it; the number is closed once more, or refused as being in use and closed then
        again = await b.connect(timeout=60)
        await say(again, b"x")
        assert b.peer.links[again.number].sent == b"x"

    bench(name, scenario)


def test_no_more_connections_than_the_modem_has_and_forgotten_ones_make_room(name):
    async def scenario(b):
        open_ones = [await b.connect() for _ in range(b.link.LINKS)]
        assert sorted(c.number for c in open_ones) == list(range(b.link.LINKS))
        with pytest.raises(ModemError, match="too many"):
            await b.connect()
        b.peer.hang_up(3)
        await asyncio.sleep(0.1)
        c = await b.connect()  # its user never closed number 3
        assert c.number == 3 and c.connected and not open_ones[3].connected
        with pytest.raises(ConnectError):
            await open_ones[3].read(1)
        await say(c, b"x")
        open_ones[3].close()
        await asyncio.sleep(1)
        assert b.peer.links[3].state == OPEN and b.peer.links[3].sent == b"x"

    bench(name, scenario)


def test_a_refused_or_unanswered_prompt_means_that_nothing_left(name):
    async def scenario(b):
        send = "AT+QISEND" if name == "EC200" else "AT+CIPSEND"
        for reply in ("ERROR", ""):
            c = await b.connect()
            b.peer.once[send] = [reply]
            with pytest.raises(ModemError):
                await say(c, b"secret")
            assert not c.sent_any and not b.peer.links[c.number].sent
            c.close()
            await c.wait_closed()

    bench(name, scenario)


def test_a_peer_that_closes_while_bytes_are_sent_ends_the_drain(name):
    async def scenario(b):
        c = await b.connect()
        c.write(bytes(1400))
        task = asyncio.create_task(c.drain())
        await asyncio.sleep(0.03)
        b.peer.hang_up(0)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(task, return_exceptions=True)
        assert loop.time() - start < 6
        with pytest.raises(ModemError):
            await say(c, b"x")
        c.close()
        await say(await b.connect(), b"x")

    bench(name, scenario)


@pytest.mark.parametrize(("host", "port"), [('x"\rATD1;', 1), ("", 1), ("a" * 101, 1), ("host", 0), ("host", 65536)])
def test_addresses_that_could_be_commands_are_refused(name, host, port):
    async def scenario(b):
        with pytest.raises(ConnectError, match="bad address"):
            await b.link.connect(host, port, 5)
        assert not b.peer.commands

    bench(name, scenario)


def test_nonsense_in_the_dialects_own_words_does_no_harm(name):
    async def scenario(b):
        c = await b.connect()
        b.peer.say(
            "+CIPOPEN: 99,0", "+CIPOPEN: x,y", "+CIPOPEN", "+IPCLOSE: 77,1", "+CIPRXGET: 1,9", "+CIPRXGET: 1", "+NETOPEN:",
            "9, CLOSED", "7,", "0, CONNECT OK", "+QIOPEN: 0,0", "+QIOPEN: 14,0", '+QIURC: "recv",40', '+QIURC: "closed"',
            '+QIURC: "pdpdeact",5', "+QIURC:", "STATE:", "+CIPSEND: 0,x", "+CIPCLOSE: 3,0", "+CIPRXGET: 2,0,0,0", "+QIRD: 0",
        )  # fmt: skip
        await say(c, b"ping")
        b.peer.offer(0, b"pong")
        assert await within(5, c.readexactly(4)) == b"pong"

    bench(name, scenario)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_bytes_stay_in_order_and_the_line_usable(name, seed):
    """Three users at once, whose hosts, network and modem fail at random; some of them lose patience."""
    chance = random.Random(seed)

    async def scenario(b):
        async def user(number):
            try:
                c = await b.connect(f"host{number}", timeout=chance.choice([0.3, 2, 30]))
            except ModemError:
                return
            far = b.peer.links.get(c.number)
            offered, got, written = b"", b"", b""
            try:
                for turn in range(chance.randrange(1, 12)):
                    mine = bytes([65 + number, turn]) * chance.choice([1, 100, 1000])
                    if chance.random() < 0.6:
                        c.write(mine)
                        written += mine
                        await within(chance.choice([0.05, 5, 20]), c.drain())
                    if chance.random() < 0.6 and b.peer.links.get(c.number) is far is not None:
                        b.peer.offer(c.number, mine)
                        offered += mine
                    with contextlib.suppress(asyncio.TimeoutError):
                        got += await within(chance.choice([0.001, 0.02, 0.5]), c.read(chance.choice([1, 700])))
                while len(got) < len(offered):
                    part = await within(20, c.read(1000))
                    got += part
                    if not part:
                        break
            except (ModemError, asyncio.TimeoutError):
                pass
            finally:
                c.close()
            assert offered.startswith(got)
            if far is not None:
                assert written.startswith(bytes(far.sent))
                assert c.sent_any or not far.sent

        async def trouble():
            while True:
                await asyncio.sleep(chance.uniform(0.05, 3))
                fault = chance.randrange(6)
                numbers = b.peer.still_open()
                if fault == 0 and numbers:
                    b.peer.hang_up(chance.choice(numbers))
                elif fault == 1 and b.peer.context:
                    b.peer.lose_network(told=chance.random() < 0.7)
                elif fault == 2 and chance.random() < 0.3:
                    b.restart()
                else:
                    b.peer.say(*chance.sample(STORM, 2))

        troubled = asyncio.create_task(trouble())
        for _ in range(6):
            users = [asyncio.create_task(user(number)) for number in range(3)]
            await asyncio.sleep(chance.uniform(0, 1))
            if chance.random() < 0.3:
                users[0].cancel()
            for result in await asyncio.gather(*users, return_exceptions=True):
                assert result is None or isinstance(result, asyncio.CancelledError), repr(result)
        troubled.cancel()
        await asyncio.sleep(60)
        with contextlib.suppress(ModemError):  # it may be the one that finds the context dead
            (await b.connect()).close()
        c = await b.connect()
        await say(c, b"end")
        assert b.peer.links[c.number].sent == b"end" and b.peer.still_open() == [c.number]

    bench(name, scenario, storm=STORM if seed % 4 == 0 else (), piece=seed % 3)
