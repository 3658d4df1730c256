"""How lib/modem finds out what it is talking to: family, rate, SIM, what SMS can do; and switching on and off."""

import asyncio
import sys

import pytest

from modem import FAMILIES, ModemError, SmsRejected, family
from modem.families import family_of
from modem.readings import number, offered
from test_modem import Bench, bench
from test_modem_sms import REPORT, Storage, send

SIM = "0a7d8acc"  # sha256 of the peer's IMSI
KEY = "SIMCOM_SIM7600CE LE20B04 "


class Memory:
    def __init__(self, **kept):
        self.kept, self.asked = kept, []

    def load(self, key):
        self.asked.append(key)
        return self.kept.get(key)

    def save(self, key, record):
        self.kept[key] = record


# ---- family


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("SIMCOM_SIM7600CE", "SIM7600"),
        ("SIM7670G-LNGV", "SIM7600"),
        ("SIMCOM_SIM800L", "SIM800"),
        ("SIM868", "SIM800"),
        ("A7670E-LASE", "A7670"),
        ("+CGMM: A7670C-LNSV", "A7670"),
        ("EC200U", "EC200"),
        ("EC800M-CN", "EC800"),
        ("ec200a", "EC200"),
    ],
)
def test_the_family_is_found_by_the_model(model, name):
    async def scenario(b):
        b.peer.rules["AT+CGMM"] = model + "\r\nOK"
        b.peer.rules["AT+CCID"] = b.peer.rules["AT+QCCID"] = "ERROR"
        await asyncio.sleep(30)
        assert b.modem.profile is family(name) and b.modem.ready
        assert not [event for event in b.logged if event[0] == "modem.unknown"]

    bench(scenario, profile=None, ready=False)


def test_an_unknown_model_is_named_and_served_by_the_nearest_table():
    async def scenario(b):
        b.peer.rules["AT+CGMM"] = "Neoway N58\r\nOK"
        await b.modem.wait_ready(60)
        assert ("modem.unknown", "Neoway N58") in b.logged
        assert b.modem.profile.name == "SIM7600" and await send(b) == 64

    bench(scenario, profile=None, ready=False)


def test_nothing_can_be_opened_before_the_family_is_known():
    async def scenario(b):
        b.peer.dead = True
        with pytest.raises(ModemError) as caught:
            await b.modem.connect("10.1.2.3", 5000)
        assert caught.value.reason == "no answer"

    bench(scenario, profile=None, ready=False)


def test_families_by_name_and_only_the_chosen_one_is_imported():
    for name in FAMILIES:
        assert family(name).link is not None
    assert family_of("") is None and family_of("Neoway") is None
    with pytest.raises(ValueError, match="unknown modem family"):
        family("SIM900")
    import subprocess

    code = "import sys, micropython, modem\nmodem.family('SIM800')\nprint(*sorted(m for m in sys.modules if m[:6] == 'modem.'))"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert "modem.sim800" in out.stdout and "quectel" not in out.stdout and "sim7600" not in out.stdout


# ---- rate


class Rated:
    """The peer hears only at its own rate; at another one noise arrives on both sides."""

    def __init__(self, b, rate):
        self.rate, self.line, self.tried = rate, 115200, []
        cable, peer = b.cable, b.peer
        write = cable.write
        cable.write = lambda data: write(data if self.line == self.rate else b"\xf8" * (len(data) // 3))
        cable.set_baudrate = self.change
        raw = peer.raw
        peer.raw = lambda data: raw(data if self.line == self.rate else b"\xfe\x00\xe0")
        peer.rules["AT+IPR=115200"] = self.obey
        b.modem._dialogue.set_baudrate = self.change

    def change(self, rate):
        self.tried.append(rate)
        self.line = rate

    def obey(self, peer, text):
        peer.say("OK")
        self.rate = 115200
        return ""


@pytest.mark.parametrize("rate", [9600, 57600, 38400, 19200, 230400, 460800])
def test_a_modem_at_another_rate_is_found_and_set_right(rate):
    async def scenario(b):
        rated = Rated(b, rate)
        await b.modem.wait_ready(60)
        assert rated.tried[0] == 115200 and rated.tried[-2:] == [rate, 115200] and rated.rate == 115200
        assert ("baud", f"{rate / 1000} kbit/s") in b.logged

    bench(scenario, ready=False)


def test_a_modem_that_refuses_another_rate_is_used_at_its_own():
    async def scenario(b):
        rated = Rated(b, 9600)
        b.peer.rules["AT+IPR=115200"] = "ERROR"
        await b.modem.wait_ready(60)
        assert rated.line == 9600

    bench(scenario, ready=False)


def test_a_dead_modem_leaves_the_line_at_the_usual_rate():
    async def scenario(b):
        rated = Rated(b, 1200)
        await asyncio.sleep(300)
        assert set(rated.tried) == {115200, 9600, 57600, 38400, 19200, 230400, 460800} and not b.modem.ready
        rated.rate = 115200
        await b.modem.wait_ready(120)

    bench(scenario, ready=False)


# ---- what SMS can do


@pytest.mark.parametrize(
    ("offer", "refused", "routing", "reports"),
    [
        ("+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)", (), "2,1,0,1,0", "direct"),
        ("+CNMI: (0-3),(0-3),(0,2),(0,1),(0,1)", (), "2,1,0,1,0", "direct"),  # SIM800
        ("+CNMI:(2),(0-2),(0,2),(0,2),(0)", (), "2,1,0,2,0", "stored"),
        ("+CNMI: (0,1),(0,1),(0),(0,1),(1)", (), "1,1,0,1,1", "direct"),
        ("+CNMI: (0-2),(0-3),(0),(0),(0)", (), "2,1,0,0,0", "none"),
        ("+CNMI: (0-2),(0-3),(0,2),(0-2)", (), "2,1,0,1", "direct"),
        ("+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)", ("2,1,0,1,0",), "2,1,0,2,0", "stored"),
        ("ERROR", (), "2,1,0,1,0", "direct"),
        ("ERROR", ("2,1,0,1,0",), "2,1,0,2,0", "stored"),
        ("+CNMI: rubbish", (), "2,1,0,1,0", "direct"),
        ("ERROR", ("",), "", "none"),
    ],
)
def test_the_routing_of_reports_is_one_the_modem_offers(offer, refused, routing, reports):
    async def scenario(b):
        b.peer.rules["AT+CNMI=?"] = offer if offer == "ERROR" else offer + "\r\nOK"

        def answer(peer, text):
            return "ERROR" if refused and text.startswith(tuple("AT+CNMI=" + value for value in refused)) else "OK"

        for mode in "0123":
            for ds in "012":
                for tail in ("", ",0", ",1"):
                    b.peer.rules[f"AT+CNMI={mode},1,0,{ds}{tail}"] = answer
        await b.modem.wait_ready(60)
        found = b.modem.capabilities
        assert (found["cnmi"], found["reports"]) == (routing, reports)
        given = [text for text in b.peer.commands if text.startswith("AT+CNMI=") and "?" not in text]
        assert routing == "" or given[-1] == "AT+CNMI=" + routing
        assert (("no reports", "CNMI") in b.logged) == (reports == "none")

    bench(scenario, ready=False)


@pytest.mark.parametrize(
    ("offer", "storage"),
    [
        ('+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM"),("ME","MT","SM")', "SM"),
        ('+CPMS: ("ME"),("ME"),("ME")', "ME"),
        ('+CPMS:("MT","SR"),("MT"),("MT")', "MT"),
        ("ERROR", ""),
    ],
)
def test_messages_are_kept_where_the_modem_can(offer, storage):
    async def scenario(b):
        b.peer.rules["AT+CPMS=?"] = offer if offer == "ERROR" else offer + "\r\nOK"
        await b.modem.wait_ready(60)
        assert b.modem.capabilities["storage"] == storage
        chosen = [text for text in b.peer.commands if text.startswith('AT+CPMS="') and text.count(",") == 2]
        assert chosen == ([f'AT+CPMS="{storage}","{storage}","{storage}"'] if storage else [])

    bench(scenario, ready=False)


def test_findings_are_kept_and_not_asked_for_again():
    memory = Memory()

    async def first(b):
        await asyncio.sleep(1)
        assert len(b.modem.identity["sim"]) == 8 and "AT+CNMI=?" in b.peer.commands

    async def second(b):
        await asyncio.sleep(1)
        assert b.modem.capabilities["reports"] == "direct"
        assert "AT+CNMI=?" not in b.peer.commands and "AT+CPMS=?" not in b.peer.commands
        assert "AT+CNMI=2,1,0,1,0" in b.peer.commands

    bench(first, memory=memory)
    (key,) = [key for key in memory.kept if key != "pin"]
    assert key.startswith(KEY) and "46000" not in key and len(key) == len(KEY) + 8
    bench(second, memory=memory)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"sms": True, "reports": "direct", "cnmi": '2,1\r\nAT+CMGD="x', "storage": "SM"},
        {"sms": True, "reports": "sometimes", "cnmi": "2,1,0,1,0", "storage": "SM"},
        ["sms"],
        {"sms": True, "reports": "direct", "cnmi": "3,1,0,1,0", "storage": "SM"},  # the modem refuses it now
    ],
)
def test_findings_that_make_no_sense_or_no_longer_hold_are_made_again(found):
    class Kept(Memory):
        def load(self, key):
            return found

    async def scenario(b):
        await asyncio.sleep(1)
        assert b.modem.capabilities["cnmi"] == "2,1,0,1,0" and "AT+CNMI=?" in b.peer.commands

    bench(scenario, memory=Kept())


def test_another_sim_or_firmware_is_probed_on_its_own():
    memory = Memory()

    async def scenario(b):
        await asyncio.sleep(1)

    bench(scenario, memory=memory)
    b = Bench(memory=memory)
    b.peer.rules["AT+CIMI"] = "460001234567891\r\nOK"
    b.run(scenario)
    b = Bench(memory=memory)
    b.peer.rules["AT+CGMR"] = "LE20B05\r\nOK"
    b.run(scenario)
    assert len(memory.kept) == 3


def test_a_sim_without_imsi_is_known_by_its_serial_number():
    async def scenario(b):
        b.peer.rules["AT+CIMI"] = "ERROR"
        b.peer.rules[b.modem.profile.iccid] = '+CCID: "89860012345678901234"\r\nOK'
        await b.modem.wait_ready(60)
        assert len(b.modem.identity["sim"]) == 8
        assert "898600" not in str(b.modem.identity) + "".join(b.modem.last_dialogue())

    bench(scenario, ready=False)


def test_a_module_without_sms_serves_payments_and_says_so():
    async def scenario(b):
        for command in ("AT+CMGF=0", "AT+CSMS=0", "AT+CPMS?", "AT+CNMI=?", "AT+CPMS=?"):
            b.peer.rules[command] = "ERROR"
        await b.modem.wait_ready(60)
        await asyncio.sleep(30)
        assert (b.modem.stage, b.modem.ready, b.modem.sms_ready) == ("no sms", True, False)
        assert b.modem.capabilities == {"sms": False}
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert (caught.value.code, caught.value.reason) == (None, "no sms")
        count = len(b.peer.commands)
        await asyncio.sleep(3600)
        assert b.modem.ready and len(b.peer.commands) - count < 3600 / 30 * 3
        await b.modem.connect("10.1.2.3", 5000)

    bench(scenario, ready=False)


@pytest.mark.parametrize("busy", ["+CMS ERROR: 14", "+CMS ERROR:314", "+CME ERROR: SIM busy", "+CMS ERROR: 515"])
def test_sms_that_is_not_ready_yet_does_not_hold_up_payments(busy):
    async def scenario(b):
        good = b.peer.rules["AT+CPMS?"]
        b.peer.rules["AT+CPMS?"] = busy
        await b.modem.wait_ready(20)
        await asyncio.sleep(60)
        assert (b.modem.stage, b.modem.ready) == ("sms not ready", True)
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert (caught.value.code, caught.value.reason) == (None, "sms not ready")
        b.peer.rules["AT+CPMS?"] = good
        await asyncio.sleep(5)
        assert b.modem.stage == "" and b.states == ["ready", "sms ready"]
        assert await send(b) == 64

    bench(scenario, ready=False)


def test_stored_reports_are_fetched_and_what_was_not_read_stays():
    async def scenario(b):
        storage = Storage(b, p1=REPORT)
        b.peer.rules['AT+CPMS="SR"'] = "+CPMS: 1,4,0,4,0,4\r\nOK"
        b.peer.say('+CDSI: "SR",3')  # a bare OK: the report is elsewhere
        await asyncio.sleep(10)
        assert b.pdus == [("CDS", REPORT)] and storage.deleted == [1] and "AT+CMGD=3" not in b.peer.commands

    bench(scenario)


# ---- SIM lock


def locked(pin="1234", **options):
    b = Bench(pin=pin, **options)
    b.peer.rules["AT+CPIN?"] = "+CPIN: SIM PIN\r\nOK"
    return b


def test_the_pin_unlocks_the_sim_once():
    async def scenario(b):
        def unlock(peer, text):
            peer.rules["AT+CPIN?"] = "+CPIN: READY\r\nOK"
            return "OK"

        b.peer.rules["AT+CPIN=1234"] = unlock
        await b.modem.wait_ready(60)
        assert b.peer.commands.count("AT+CPIN=1234") == 1
        assert "1234" not in "".join(str(b.logged)) and "AT+CPIN=1" not in "".join(b.modem.last_dialogue())

    locked().run(scenario, ready=False)


def test_a_refused_pin_is_never_tried_again_not_even_after_a_power_cut():
    memory = Memory()

    async def scenario(b):
        b.peer.rules["AT+CPIN=1234"] = "+CME ERROR: 16"
        await asyncio.sleep(600)
        assert (b.modem.stage, b.modem.ready) == ("sim locked", False)
        b.tries = b.peer.commands.count("AT+CPIN=1234")

    for tries in (1, 0, 0):
        b = locked(memory=memory)
        b.run(scenario, ready=False)
        assert b.tries == tries
    assert "1234" not in str(memory.kept)


def test_power_cuts_at_the_pin_leave_the_sims_last_try_alone():
    memory = Memory()

    async def scenario(b):
        b.peer.rules["AT+CPIN=1234"] = ""  # the power fails before the answer
        await asyncio.sleep(10)
        b.tries = b.peer.commands.count("AT+CPIN=1234")

    tries = []
    for _ in range(4):
        b = locked(memory=memory)
        b.run(scenario, ready=False)
        tries.append(b.tries)
    assert tries == [1, 1, 0, 0]


@pytest.mark.parametrize("pin", ["", "12", "12\r\n", "123456789", "PIN1"])
def test_a_pin_that_is_none_is_not_sent(pin):
    async def scenario(b):
        await asyncio.sleep(30)
        assert b.modem.stage == "sim locked" and not [text for text in b.peer.commands if text.startswith("AT+CPIN=")]

    locked(pin).run(scenario, ready=False)


def test_a_puk_is_not_answered_with_the_pin():
    async def scenario(b):
        b.peer.rules["AT+CPIN?"] = "+CPIN: SIM PUK\r\nOK"
        await asyncio.sleep(30)
        assert b.modem.stage == "sim locked" and "AT+CPIN=1234" not in b.peer.commands

    locked().run(scenario, ready=False)


# ---- restart, switching off, supply


def test_restart_by_the_familys_command_is_no_fault():
    async def scenario(b):
        await asyncio.sleep(1)

        def reboot(peer, text):
            peer.say("OK")
            asyncio.get_running_loop().call_later(3, peer.reboot)
            return ""

        b.peer.rules["AT+CRESET"] = reboot
        await b.modem.restart()
        assert not b.modem.ready
        await asyncio.sleep(60)
        assert b.modem.ready and b.modem.resets == 0
        b.peer.reboot()
        await asyncio.sleep(10)
        assert b.modem.ready and b.modem.resets == 1

    bench(scenario)


def test_a_restart_right_after_a_good_start_is_a_fault():
    """A supply too weak to send shows at the first message, seconds after modem and terminal were switched on together."""

    async def scenario(b):
        await asyncio.sleep(3)
        assert b.modem.sms_ready and b.modem.resets == 0
        b.peer.reboot()
        await asyncio.sleep(10)
        assert b.modem.ready and b.modem.resets == 1

    bench(scenario)


def test_restart_of_a_modem_that_refuses_goes_by_power_or_is_an_error():
    async def scenario(b):
        b.peer.rules["AT+CRESET"] = "ERROR"
        if b.power is None:
            with pytest.raises(ModemError):
                await b.modem.restart()
        else:
            await b.modem.restart()
            await b.modem.wait_ready(60)
            assert b.power.calls == ["reset"]

    bench(scenario)
    bench(scenario, power=True)


@pytest.mark.parametrize(
    ("profile", "command", "reply"),
    [
        ("SIM7600", "AT+CPOF", "OK"),
        ("SIM800", "AT+CPOWD=1", "NORMAL POWER DOWN"),
        ("EC200", "AT+QPOWD", "OK\r\nPOWERED DOWN"),
    ],
)
def test_power_down_is_for_good_until_restart(profile, command, reply):
    async def scenario(b):
        def off(peer, text):
            peer.answer(reply)
            peer.dead = True
            return ""

        b.peer.rules[command] = off
        await b.modem.power_down()
        assert b.power.calls == [] and not b.modem.ready
        count = len(b.peer.commands)
        await asyncio.sleep(3600)
        assert b.power.calls == [] and len(b.peer.commands) == count and b.modem.stage == "no answer"
        await b.modem.restart()
        await b.modem.wait_ready(60)
        assert b.power.calls in (["on"], ["reset"])

    bench(scenario, profile=profile, power=True)


def test_a_modem_that_does_not_sign_off_is_switched_off_by_its_key():
    async def scenario(b):
        b.peer.rules["AT+CPOF"] = ""
        await b.modem.power_down()
        assert b.power.calls == ["off"]

    bench(scenario, power=True)


def test_supply_warnings_and_a_brown_out_loop_are_counted():
    async def scenario(b):
        await asyncio.sleep(60)
        b.peer.say("UNDER-VOLTAGE WARNNING", "UNDER-VOLTAGE WARNNING")
        await asyncio.sleep(1)
        assert (b.modem.supply_warnings, b.modem.resets, b.modem.ready) == (2, 0, True)
        assert ("supply", "UNDER-VOLTAGE WARNNING") in b.logged
        for _ in range(5):
            b.peer.reboot("RDY")
            await asyncio.sleep(2)
        assert b.modem.resets == 5
        b.peer.dead = True
        b.peer.say("UNDER-VOLTAGE POWER DOWN")
        await asyncio.sleep(0.1)
        assert b.modem.supply_warnings == 3
        await asyncio.sleep(3)
        assert not b.modem.ready and b.modem.stage == "no answer"
        await b.modem.wait_ready(120)
        assert b.power.calls == ["reset"]

    bench(scenario, profile="SIM800", power=True)


def test_denied_is_told_apart_and_not_answered_by_power_cycles():
    async def scenario(b):
        b.peer.rules["AT+CREG?"] = "+CREG: 1,3\r\nOK"
        b.peer.say("+CREG: 3")
        await asyncio.sleep(3600)
        assert b.modem.stage == "denied" and b.power.calls == []
        b.peer.rules["AT+CREG?"] = "+CREG: 1,2\r\nOK"
        b.peer.say("+CREG: 2")
        await asyncio.sleep(5)
        assert b.modem.stage == "not registered" and b.power.calls == []
        await asyncio.sleep(620)
        assert b.power.calls == ["reset"]

    bench(scenario, power=True)


# ---- what it tells


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ('+CNUM: "own","+8613800138000",145', "+8613800138000"),
        ('+CNUM:,"13800138000",129', "13800138000"),
        ('+CNUM: "a,b","13800138000",129', "13800138000"),
        ('+CNUM: "",""  ,129\r\n+CNUM: "2","10086",129', "10086"),
        ('+CNUM: "","",129', None),
        ("+CNUM: ", None),
        ('+CNUM: "x","138;AT",129', None),
        ("", None),
    ],
)
def test_own_number(reply, wanted):
    async def scenario(b):
        b.peer.rules["AT+CNUM"] = reply + "\r\nOK"
        assert await b.modem.own_number() == wanted
        assert "1380013" not in "".join(b.modem.last_dialogue())

    bench(scenario)


def test_own_number_refused():
    async def scenario(b):
        assert await b.modem.own_number() is None

    bench(scenario)


def test_offers_are_read_whatever_their_form():
    assert offered('+CPMS: ("SM" , "ME"),()') == [["SM", "ME"], []]
    assert offered("+CNMI: (0-2),(3)") == [["0", "1", "2"], ["3"]]
    assert offered("") == [] and offered("+X: ((((") == [[], [], [], []]
    assert number("") is None and number("+CNUM: ,") is None
