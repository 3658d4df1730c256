"""The recording of the last dialogue: kept on trouble, nothing private in it, and good enough to be played again."""

import asyncio
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
import virtualclock
from modem import Modem, ModemTimeout, SmsRejected, mask
from modem.trace import Trace
from posterm.sim.modem.replay import Replay, parse_recording
from terminal.service.modemfile import ModemMemory, Recordings
from test_modem import bench
from test_modem_sms import PDU, REPORT, send


def no_log(event, detail):
    raise AssertionError((event, detail))


# ---- what is in it


def test_every_kind_of_step_has_its_form():
    async def scenario(b):
        connection = await b.modem.connect("10.1.2.3", 5000)
        connection.write(b"x" * 14)
        await connection.drain()
        b.peer.offer(b"y" * 9)
        assert await connection.readexactly(9) == b"y" * 9
        b.peer.submitted = "+CDS: 25\r\n" + REPORT + "\r\n+CMS ERROR: 38"
        with pytest.raises(SmsRejected):
            await send(b)
        b.peer.rules["AT+SLOW"] = ""
        with pytest.raises(ModemTimeout):
            await b.modem.command("AT+SLOW", timeout=1)
        await b.modem.command("AT+CSQ", "+CSQ:")
        steps = [line.split(" ", 1)[1] for line in b.modem.last_dialogue()[1:]]
        for step in (
            "> AT+CIPSEND=0,14", "> <14 bytes>", "< +CIPRXGET: 2,0,9,0", "< <9 bytes>", "> AT+CMGS=23", "< <prompt>",
            f"> <{len(PDU)} hex>", "> <CTRL-Z>", "< +CDS: 25", f"< <PDU of {len(REPORT)}>", "< +CMS ERROR: 38", "! cms 38",
            "> AT+SLOW", "! time-out", "> <ESC>",
        ):  # fmt: skip
            assert step in steps, step
        times = [int(line.split(" ", 1)[0]) for line in b.modem.last_dialogue()[1:]]
        assert times[0] == 0 and times == sorted(times)

    bench(scenario)


@given(st.lists(st.tuples(st.sampled_from("<>!"), st.text(st.characters(min_codepoint=32, max_codepoint=126)))))
def test_any_recording_is_bounded_and_can_be_read(lines):
    trace = Trace()
    for line in lines:
        trace.add(*line)
    assert len(trace.lines()) == min(len(lines), 40)
    for line in trace.lines():
        assert len(line) < 40 + 80 and mask(line.split(" ", 1)[1]) == line.split(" ", 1)[1]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("AT+CPIN=1234", "AT+CPIN=..."),
        ('AT+CPIN="12345678","1234"', "AT+CPIN=..."),
        ("ATD13800138000;", "ATD..."),
        ("AT+CGAUTH=1,1,user,word", "AT+CGAUTH=..."),
        ('+CNUM: "own","+8613800138000",145', '+CNUM: "own","+<13 digits>",145'),
        ("x" * 150 + "13800138000", "x" * 80),
        ("13800138000 " * 20, "<160 digits>"),
    ],
)
def test_what_is_private_is_not_shown(line, shown):
    trace = Trace()
    trace.add(">", line)
    text = trace.lines()[0]
    assert "138001" not in text and (text == "0 > " + shown or line.startswith("138"))


# ---- when it is kept


@pytest.mark.parametrize("trouble", ["time-out", "reset", "cms 38", "garbage", "supply"])
def test_trouble_is_told_once_it_is_in_the_recording(trouble):
    async def scenario(b):
        kept = []
        await asyncio.sleep(1)
        b.modem.on_trouble = lambda reason: kept.append((reason, b.modem.last_dialogue()[-1]))
        if trouble == "time-out":
            b.peer.rules["AT+SLOW"] = ""
            with pytest.raises(ModemTimeout):
                await b.modem.command("AT+SLOW", timeout=1)
        elif trouble == "reset":
            b.peer.reboot()
        elif trouble == "cms 38":
            b.peer.submitted = "+CMS ERROR: 38"
            with pytest.raises(SmsRejected):
                await send(b)
        elif trouble == "garbage":
            b.peer.raw(b"x" * 2000 + b"\r\n")
        else:
            b.peer.say("UNDER-VOLTAGE WARNNING")
        await asyncio.sleep(0.5)
        assert kept[0][0] == trouble and kept[0][1].endswith("! " + trouble)

    bench(scenario)


def test_a_fault_in_keeping_it_does_not_stop_the_modem():
    async def scenario(b):
        b.modem.on_trouble = lambda reason: 1 / 0
        b.peer.raw(b"x" * 2000 + b"\r\n")
        assert await b.modem.command("AT+CSQ", "+CSQ:")
        assert ("recording", "ZeroDivisionError") in b.logged

    bench(scenario)


def test_a_recording_plays_the_modem_for_the_same_start():
    async def record(b):
        await asyncio.sleep(1)
        b.modem.on_trouble = None
        assert await send(b) == 64
        return b.modem.last_dialogue()

    text = "\n".join(bench(record, trace=400))

    async def play():
        ours, theirs = streams.pair()
        replay = Replay(theirs.write, parse_recording(text))
        modem = Modem(ours, "SIM7600")

        async def typed():
            while True:
                replay.feed(await theirs.read(64))

        tasks = [asyncio.create_task(typed()), asyncio.create_task(modem.run())]
        replay.start()
        await modem.wait_ready(60)
        await asyncio.sleep(1)
        reference = await modem.send_pdu(PDU, 23)
        await asyncio.wait_for(replay.ended.wait(), 60)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return replay.problem, reference

    assert virtualclock.run(play()) == ("", 64)


# ---- files


class Clock:
    def __init__(self):
        self.now = 800_000_000

    def seconds(self):
        return self.now

    def moment(self):
        return (2026, 11, 21, 20, 45, 3)


def test_recordings_keep_the_last_trouble_at_most_once_a_minute(tmp_path):
    clock, log = Clock(), []
    recordings = Recordings(str(tmp_path), clock, lambda *event: log.append(event))
    assert list(recordings.lines()) == []
    assert recordings.keep("cms 38", ["# posterm modem recording 1 A B", "0 > AT"])
    clock.now += 59
    assert not recordings.keep("reset", ["# posterm modem recording 1 A B", "0 > ATE0"])
    wanted = ["# posterm modem recording 1 A B", "# 2026-11-21 20:45:03 cms 38", "0 > AT"]
    assert list(recordings.lines()) == wanted and log == [("modem.recording", "cms 38")]
    assert [step.text for step in parse_recording("\n".join(wanted))] == ["AT"]
    clock.now += 1
    assert recordings.keep("reset", ["# posterm modem recording 1 A B", "0 > ATE0"])
    assert list(Recordings(str(tmp_path), clock, no_log).lines())[2] == "0 > ATE0"
    clock.now -= 10_000  # the clock was set back
    assert recordings.keep("reset", ["# posterm modem recording 1 A B"])
    assert sorted(os.listdir(tmp_path)) == ["modem.rec"]


def test_a_recording_stays_below_8_kilobytes(tmp_path):
    Recordings(str(tmp_path), Clock(), lambda *event: None).keep("reset", ["x" * 90] * 500)
    assert 7000 < os.path.getsize(tmp_path / "modem.rec") <= 8192


def test_a_full_flash_is_logged_and_the_old_recording_stays(tmp_path):
    clock, log = Clock(), []
    recordings = Recordings(str(tmp_path), clock, lambda *event: log.append(event))
    assert recordings.keep("cms 38", ["a"])
    clock.now += 100
    (tmp_path / "modem.rec.new").mkdir()
    assert not recordings.keep("reset", ["b"])
    assert log[-1][0] == "modem.recording" and "not kept" in log[-1][1]
    assert next(recordings.lines()) == "a"


def test_memory_gives_back_what_was_saved_and_nothing_else(tmp_path):
    memory = ModemMemory(str(tmp_path), no_log)
    found = {"sms": True, "reports": "direct", "cnmi": "2,1,0,1,0", "storage": "SM"}
    assert memory.load("A B 12345678") is None
    memory.save("A B 12345678", found)
    memory.save("pin", {"pin": "ab", "tries": 9})
    for other in range(100):
        memory.save(f"A B {other:08x}", found)
    memory.save("A B 12345678", found)
    memory = ModemMemory(str(tmp_path), no_log)
    assert memory.load("A B 12345678") == found and memory.load("A B 87654321") is None
    assert memory.load("pin") == {"pin": "ab", "tries": 9}
    assert len(os.listdir(tmp_path)) <= 9


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'["pin"]', b'["pin", 5]', b'["nip", {}]', b"\xff\xfe", b"[" * 600]
)
def test_a_spoilt_memory_is_no_memory(tmp_path, content):
    (tmp_path / "modem_pin.json").write_bytes(content)
    assert ModemMemory(str(tmp_path), no_log).load("pin") is None


def test_memory_survives_a_power_cut_and_a_full_flash(tmp_path):
    log = []
    memory = ModemMemory(str(tmp_path), lambda *event: log.append(event))
    memory.save("pin", {"tries": 1})
    (tmp_path / "modem_pin.json.new").write_text('["pin", {"tr')  # cut in the middle of the next save
    assert memory.load("pin") == {"tries": 1}
    memory.save("pin", {"tries": 2})
    assert memory.load("pin") == {"tries": 2} and log == []
    memory.save("pin", {"tries": "x" * 600})
    (tmp_path / "modem_pin.json.new").mkdir()
    memory.save("pin", {"tries": 3})
    assert memory.load("pin") == {"tries": 2} and [event for event, _ in log] == ["modem.memory"] * 2
    assert json.loads((tmp_path / "modem_pin.json").read_text()) == ["pin", {"tries": 2}]
