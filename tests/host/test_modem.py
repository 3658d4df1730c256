"""Commands, start-up and recovery of lib/modem against a scripted modem on the virtual clock."""

import asyncio

import pytest

import streams
import virtualclock
from at_peer import Peer
from modem import DIGITS, CommandError, Modem, ModemError, ModemReset, ModemTimeout, mask
from modem.readings import registration, signal
from modem.trace import Trace


class Power:
    def __init__(self, peer):
        self.peer, self.calls = peer, []

    async def on(self, profile):
        self.calls.append("on")
        self._up()

    async def reset(self, profile):
        self.calls.append("reset")
        self._up()

    async def off(self, profile):
        self.calls.append("off")

    def _up(self):
        self.peer.dead = False
        self.peer.reboot()


class Cable:
    """A line that can be pulled: then every write, or every read and write, fails like a port that went away."""

    def __init__(self, stream):
        self._stream = stream
        self.pulled = ""
        self.calls = 0

    def _check(self, way):
        if way in self.pulled:
            self.calls += 1
            if self.calls > 20_000:
                raise RuntimeError("the line is asked without a pause")
            raise OSError(5, "gone")

    async def read(self, n):
        self._check("read")
        data = await self._stream.read(n)
        self._check("read")
        return data

    def write(self, data):
        self._check("write")
        self._stream.write(data)

    async def drain(self):
        await self._stream.drain()


class Bench:
    def __init__(self, power=False, profile="SIM7600", trace=None, **options):
        ours, theirs = streams.pair()
        self.peer = Peer(theirs)
        self.power = Power(self.peer) if power else None
        self.logged, self.states, self.pdus = [], [], []
        self.cable = Cable(ours)
        log = lambda *event: self.logged.append(event)  # noqa: E731
        self.modem = Modem(self.cable, profile, power=self.power, log=log, **options)
        if trace is not None:
            self.modem._dialogue.trace = Trace(trace)  # a longer recording than the terminal keeps
        self.modem.on_state = self.states.append
        self.modem.on_pdu = lambda *message: self.pdus.append(message)

    def run(self, scenario, limit=4 * 3600, ready=True):
        async def main():
            tasks = [asyncio.create_task(self.peer.run()), asyncio.create_task(self.modem.run())]
            try:
                if ready:
                    await self.modem.wait_ready(60)
                return await scenario(self)
            finally:
                assert not tasks[1].done(), "the modem task ended"
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        return virtualclock.run(main(), limit)


def bench(scenario, **options):
    run = {key: options.pop(key) for key in ("limit", "ready") if key in options}
    return Bench(**options).run(scenario, **run)


# ---- start


def test_start_sets_everything_up():
    async def scenario(b):
        m = b.modem
        await asyncio.sleep(1)
        assert (m.ready, m.registered, m.registration, m.signal, m.operator) == (True, True, 1, 21, "CHINA MOBILE")
        assert m.identity["model"] == "SIMCOM_SIM7600CE" and m.identity["firmware"] == "LE20B04"
        assert b.states == ["ready"]
        for command in ("ATE0", "AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,1,0,1,0"):
            assert command in b.peer.commands

    bench(scenario)


@pytest.mark.parametrize("pulled", ["write", "read write"])
def test_a_port_that_went_away_is_tried_in_peace_and_taken_up_again(pulled):
    async def scenario(b):
        await asyncio.sleep(1)
        for _ in range(2):
            b.logged.clear()
            b.cable.calls = 0
            b.cable.pulled = pulled
            b.peer.say("+CSQ: 21,99")  # ends the read that waits
            await asyncio.sleep(3600)
            assert not b.modem.ready
            assert b.logged.count(("start again", "line")) == 1
            assert len(b.logged) <= 5
            assert b.cable.calls < (200 if pulled == "write" else 4000)
            b.cable.pulled = ""
            await b.modem.wait_ready(60)

    b = Bench()
    b.run(scenario)


def test_a_modem_that_restarts_without_end_is_logged_once():
    async def scenario(b):
        b.peer.rules["AT+CPIN?"] = "RDY"
        b.peer.say("RDY")
        await asyncio.sleep(1)
        b.logged.clear()
        count = len(b.peer.commands)
        await asyncio.sleep(600)
        assert len(b.logged) <= 2
        assert len(b.peer.commands) - count < 3000

    bench(scenario)


def test_start_leaves_a_stuck_prompt():
    async def scenario(b):
        await b.modem.wait_ready(60)
        assert b.peer.escapes == 1

    b = Bench()
    b.peer._message = bytearray()
    b.run(scenario, ready=False)


@pytest.mark.parametrize(
    ("command", "reply", "reason"),
    [
        ("AT+CPIN?", "+CME ERROR: 10", "no sim"),
        ("AT+CPIN?", "+CPIN: NOT INSERTED\r\nOK", "no sim"),
        ("AT+CPIN?", "+CME ERROR: 11", "sim locked"),
        ("AT+CPIN?", "+CPIN: SIM PUK\r\nOK", "sim locked"),
        ("AT+CPIN?", "+CME ERROR: SIM not inserted", "no sim"),
        ("AT+CPIN?", "+CPIN: SIM PIN\r\nOK", "sim locked"),
        ("AT+CREG?", "+CREG: 1,2\r\nOK", "not registered"),
        ("AT+CREG?", "+CREG: 1,3\r\nOK", "denied"),
    ],
)
def test_wait_ready_names_the_reason_and_recovers(command, reply, reason):
    async def scenario(b):
        good = b.peer.rules[command]
        b.peer.rules[command] = reply
        with pytest.raises(ModemError) as caught:
            await b.modem.wait_ready(50)
        assert caught.value.reason == reason == b.modem.stage
        assert not b.modem.ready
        b.peer.rules[command] = good
        await b.modem.wait_ready(50)

    bench(scenario, ready=False)


def test_silent_modem_is_switched_on_then_reset():
    async def scenario(b):
        b.peer.dead = True
        with pytest.raises(ModemError) as caught:
            await b.modem.wait_ready(5)
        assert caught.value.reason == "no answer"
        await b.modem.wait_ready(60)
        assert b.power.calls == ["on"]
        b.peer.dead = True
        await asyncio.sleep(120)
        assert b.power.calls == ["on", "reset"]
        assert b.modem.ready
        assert b.states == ["ready", "lost", "ready"]

    bench(scenario, ready=False, power=True)


def test_dead_modem_gets_few_power_cycles():
    async def scenario(b):
        b.power._up = lambda: None
        b.peer.dead = True
        await asyncio.sleep(3600)
        assert 5 <= len(b.power.calls) <= 12
        assert not b.modem.ready

    bench(scenario, power=True)


def test_refused_settings_do_not_stop_the_start():
    async def scenario(b):
        for command in ("AT+CREG=1", "AT+CTZU=1", 'AT+CSCS="IRA"', "AT+CNMI=2,1,0,1,0", "AT+COPS?", "AT+CPMS?"):
            b.peer.rules[command] = "ERROR"
        await b.modem.wait_ready(60)
        assert b.modem.operator == ""
        assert "AT+CNMI=2,1,0,2,0" in b.peer.commands

    bench(scenario, ready=False)


# ---- commands


def test_urcs_around_a_reply_are_never_the_reply():
    async def scenario(b):
        b.peer.rules["AT+CIMI"] = "DST: 1\r\n+CREG: 5\r\n460000000000001\r\nPB DONE\r\nOK"
        assert await b.modem.command("AT+CIMI", DIGITS) == ["460000000000001"]
        assert b.modem.registration == 5
        b.peer.rules["AT+CSQ"] = "+CREG: 1\r\n+CSQ:9,99\r\nRING\r\nNO CARRIER\r\nOK"
        assert await b.modem.command("AT+CSQ", "+CSQ:") == ["+CSQ: 9,99"]
        assert b.modem.registration == 1

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        ("ERROR", "ERROR", None),
        ("+CME ERROR: 14", "CME", 14),
        ("+CME ERROR:SIM busy", "CME", 14),
        ("+CMS ERROR:321", "CMS", 321),
        ("+CMS ERROR: +8613800138000", "CMS", None),
        ("+CME ERROR: 99999999999999999999", "CME", 99999),
    ],
)
def test_errors(reply, kind, code):
    async def scenario(b):
        b.peer.rules['AT+CPBW=1,"13800138000"'] = reply
        with pytest.raises(CommandError) as caught:
            await b.modem.command('AT+CPBW=1,"13800138000"')
        assert (caught.value.command, caught.value.kind, caught.value.code) == ("CPBW", kind, code)
        assert "1380013" not in str(caught.value)

    bench(scenario)


def test_command_refuses_control_characters():
    async def scenario(b):
        with pytest.raises(ValueError):
            await b.modem.command("AT\rATD112;")

    bench(scenario)


def test_late_reply_is_not_the_reply_of_the_next_command():
    async def scenario(b):
        b.peer.rules["AT+SLOW"] = ""
        b.peer.rules["AT+NEXT"] = "+NEXT: new\r\nOK"
        with pytest.raises(ModemTimeout):
            await b.modem.command("AT+SLOW", "+NEXT:", timeout=2)
        b.peer.rules["AT+CSQ"] = "+NEXT: old\r\nOK\r\n+CSQ: 3,99\r\nOK"  # the late result, then the fence's own
        assert await b.modem.command("AT+NEXT", "+NEXT:") == ["+NEXT: new"]

    bench(scenario)


def test_cancelled_command_leaves_the_line_usable():
    async def scenario(b):
        b.peer.rules["AT+SLOW"] = ""
        b.peer.rules["AT+NEXT"] = "+NEXT: 2\r\nOK"
        task = asyncio.create_task(b.modem.command("AT+SLOW", "+NEXT:", timeout=8))
        await asyncio.sleep(1)
        task.cancel()
        following = asyncio.create_task(b.modem.command("AT+NEXT", "+NEXT:"))
        await asyncio.sleep(1)
        assert not following.done()
        b.peer.say("+NEXT: 1", "OK")
        assert await following == ["+NEXT: 2"]
        with pytest.raises(asyncio.CancelledError):
            await task

    bench(scenario)


def test_gap_between_final_result_and_next_command():
    async def scenario(b):
        loop = asyncio.get_running_loop()
        times = []
        b.peer.rules["AT+X"] = lambda peer, text: times.append(loop.time()) or "OK"
        for _ in range(5):
            await b.modem.command("AT+X")
        assert min(b - a for a, b in zip(times, times[1:], strict=False)) >= 0.0195

    bench(scenario)


def test_dribbling_bytes():
    async def scenario(b):
        b.peer.piece = 1
        assert await b.modem.command("AT+COPS?", "+COPS:") == ['+COPS: 0,0,"CHINA MOBILE",7']

    bench(scenario)


def test_flood_of_garbage_and_of_lines_is_bounded():
    async def scenario(b):
        b.peer.raw(bytes(range(256)) * 40)
        b.peer.rules["AT+MANY"] = "\r\n".join(["+MANY: x"] * 500) + "\r\nOK"
        assert len(await b.modem.command("AT+MANY", "+MANY:")) <= 24
        tasks = [asyncio.create_task(b.modem.command("AT+CSQ", "+CSQ:")) for _ in range(40)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert any(isinstance(result, ModemError) and result.reason == "busy" for result in results)
        assert await b.modem.command("AT+CSQ", "+CSQ:")

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "clock"),
    [
        ('+CCLK: "26/02/28,23:59:58+32"', (2026, 2, 28, 23, 59, 58)),
        ('+CCLK:"26/02/28,23:59:58+32"', (2026, 2, 28, 23, 59, 58)),
        ('+CCLK: "80/01/06,00:00:12+00"', None),
        ('+CCLK: "70/01/01,00:00:12+00"', None),
        ('+CCLK: "26/13/28,23:59:58+32"', None),
        ("+CCLK: nonsense", None),
    ],
)
def test_clock(reply, clock):
    async def scenario(b):
        b.peer.rules["AT+CCLK?"] = reply + "\r\nOK"
        assert await b.modem.clock() == clock

    bench(scenario)


def test_registration_and_signal_forms():
    for text, stat in (
        ("+CREG: 1", 1),
        ("+CREG: 0,5", 5),
        ('+CREG: 1,"1A2B","01CD",7', 1),
        ("+CREG: 5,1A2B,01CD,7", 5),
        ("+CREG: 5,1234,01CD,7", 5),
        ('+CREG: 2,1,"1A2B","01CD",7', 1),
        ('+CREG: 2,3,"1A2B","01CD"', 3),
        ('+CREG: 2,"1A2B","01CD"', 2),
        ("+CREG: ", None),
        ("+CREG: x,y", None),
    ):
        assert registration(text) == stat, text
    for text, level in (("+CSQ: 0,0", 0), ("+CSQ: 31,99", 31), ("+CSQ: 99,99", None), ("+CSQ: 100,99", 0)):
        assert signal(text) == level
    assert signal("+CSQ: 191,0") == 31 and signal("+CSQ: -1") is None and signal("+CSQ: 55555") is None


# ---- restarts


def test_restart_fails_the_command_and_sets_up_again():
    async def scenario(b):
        b.peer.rules["AT+SLOW"] = ""
        task = asyncio.create_task(b.modem.command("AT+SLOW", timeout=100))
        await asyncio.sleep(40)
        b.peer.commands.clear()
        b.peer.reboot()
        with pytest.raises(ModemReset):
            await task
        assert not b.modem.ready
        await b.modem.wait_ready(60)
        assert "AT+CNMI=2,1,0,1,0" in b.peer.commands
        assert b.states == ["ready", "reset", "ready"]

    bench(scenario)


@pytest.mark.parametrize(
    "banners", [("RDY",), ("*ATREADY: 1",), ("+CPIN: READY", "SMS DONE"), ("SMS DONE",), ("START",)]
)
def test_every_banner_is_noticed(banners):
    async def scenario(b):
        b.peer.reboot()
        await asyncio.sleep(0.5)
        await b.modem.wait_ready(60)
        await asyncio.sleep(5)
        b.peer.commands.clear()
        b.peer.reboot(*banners)
        await asyncio.sleep(0.1)
        assert not b.modem.ready
        await b.modem.wait_ready(60)
        await asyncio.sleep(25)
        assert b.modem.stage == "" and "AT+CNMI=2,1,0,1,0" in b.peer.commands

    bench(scenario)


def test_restart_without_a_banner_shows_by_its_echo():
    async def scenario(b):
        b.peer.rules["AT+CSQ"] = "AT+CSQ\r\n+CSQ: 5,99\r\nOK"
        await asyncio.sleep(40)
        assert "reset" in b.states
        b.peer.rules["AT+CSQ"] = "+CSQ: 5,99\r\nOK"
        await b.modem.wait_ready(60)

    bench(scenario)


def test_network_lost_and_found():
    async def scenario(b):
        b.peer.rules["AT+CREG?"] = "+CREG: 1,2\r\nOK"
        b.peer.say("+CREG: 2")
        await asyncio.sleep(1)
        assert not b.modem.ready and b.modem.registration == 2
        b.peer.rules["AT+CREG?"] = "+CREG: 1,5\r\nOK"
        b.peer.say("+CREG: 5")
        await b.modem.wait_ready(1)
        assert b.states == ["ready", "lost", "ready"]

    bench(scenario)


def test_polls_rest_while_a_payment_holds_the_line():
    async def scenario(b):
        await asyncio.sleep(1)
        b.modem.claim()
        b.modem.claim()
        b.modem.release()
        count = len(b.peer.commands)
        await asyncio.sleep(300)
        assert len(b.peer.commands) == count
        b.modem.release()
        await asyncio.sleep(100)
        assert len(b.peer.commands) > count

    bench(scenario)


# ---- what may be read by people


def test_dialogue_shows_no_number_pdu_or_text():
    async def scenario(b):
        b.peer.say(
            '+CLIP: "13800138000",129', "+CDS: 25", "0791191204" * 6, "6222021234567890123", "Your code is 9-1-1"
        )
        b.peer.say('+CUSD: 0,"4F60597D4F60597D",72', '+CMGL: 1,"REC","+86 138-0013-8000"')
        await asyncio.sleep(0.5)
        lines = b.modem.last_dialogue()
        text = "\n".join(lines)
        for secret in ("138001", "0791", "622202", "code", "4F60", "0013"):
            assert secret not in text
        assert lines[0] == "# posterm modem recording 1 SIMCOM_SIM7600CE LE20B04"
        assert [line for line in lines if line.endswith(' < +CLIP: "<11 digits>",129')]
        for _ in range(100):
            await b.modem.command("AT+CSQ", "+CSQ:")
        assert len(b.modem.last_dialogue()) == 1 + 40
        assert max(len(line) for line in b.modem.last_dialogue()) <= 80 + 10

    bench(scenario)


def test_mask():
    assert mask("tel 13800138000, ok") == "tel <11 digits>, ok"
    assert mask('+CREG: 1,"1A2B","1C3D",7') == '+CREG: 1,"1A2B","1C3D",7'
    assert mask("24/01/31,12:00:00+32") == "24/01/31,12:00:00+32"
    assert mask("0791AB4512") == "<10 hex>"
    assert mask("") == ""
