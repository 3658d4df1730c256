"""What users of other drivers lose to, one dialogue each, as modems were seen to say it."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modem import DIGITS, CommandError, ModemTimeout, SmsInDoubt, SmsRejected
from test_modem import Bench, bench
from test_modem_sms import DELIVER, PDU, REPORT, Storage, send


def rejected(b):
    return asyncio.gather(send(b), return_exceptions=True)


# ---- boot


BOOTS = {
    "SIM800": ("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"),
    "SIM7600": ("RDY", "+CPIN: READY", "SMS DONE", "PB DONE"),
    "A7670": ("*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE"),
    "EC200": ("RDY", "+CPIN: READY", "+QUSIM: 1", "+CFUN: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
}
MODELS = {"SIM800": "SIMCOM_SIM800C", "SIM7600": "SIMCOM_SIM7600CE", "A7670": "A7670C", "EC200": "EC200S"}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", BOOTS)
def test_boot_too_early_sms_waits_for_the_modems_word_the_network_does_not(name, known):
    async def scenario(b):
        b.peer.dead = True  # it boots with the terminal
        for text in BOOTS[name][:-2]:
            await asyncio.sleep(0.7)
            b.peer.dead = False
            b.peer.say(text)
        await asyncio.sleep(8)
        assert b.modem.ready and b.modem.stage == "sms not ready" and "AT+CMGF=0" not in b.peer.commands
        for text in BOOTS[name][-2:]:
            b.peer.say(text)
            await asyncio.sleep(0.5)
        await asyncio.sleep(3)
        assert b.modem.stage == "" and b.modem.resets == 0 and b.states == ["ready", "sms ready"]
        assert await send(b) == 64

    b = Bench(profile=name if known else None)
    b.peer.rules["AT+CGMM"] = MODELS[name] + "\r\nOK"
    b.run(scenario, ready=False)


def test_a_modem_that_never_says_sms_ready_is_asked_after_a_while():
    async def scenario(b):
        b.peer.reboot("RDY", "+CPIN: READY")
        await asyncio.sleep(30)
        assert await send(b) == 64

    bench(scenario)


def test_echo_is_not_taken_for_a_reply():
    async def scenario(b):
        echoing = [True]

        def with_echo(reply):
            return lambda peer, text: (text + "\r\n" if echoing[0] else "") + reply

        for command, reply in list(b.peer.rules.items()):
            b.peer.rules[command] = with_echo(reply)
        b.peer.rules["ATE0"] = lambda peer, text: echoing.clear() or echoing.append(False) or "ATE0\r\nOK"
        await b.modem.wait_ready(60)
        await asyncio.sleep(1)
        assert b.modem.identity["model"] == "SIMCOM_SIM7600CE" and b.modem.operator == "CHINA MOBILE"

    bench(scenario, ready=False, profile=None)


# ---- lines in the wrong place


@pytest.mark.parametrize("urc", ["DST: 1", "+CTZV: +32", "*PSUTTZ: 26,3,4", "PB DONE", "RING", "+CIEV: 10,1"])
def test_a_urc_is_not_taken_as_the_reply(urc):
    async def scenario(b):
        b.peer.rules["AT+CIMI"] = urc + "\r\n460001234567890\r\n" + urc + "\r\nOK"
        assert await b.modem.command("AT+CIMI", DIGITS) == ["460001234567890"]

    bench(scenario)


@pytest.mark.parametrize(
    ("urc", "seen"),
    [
        ("+CREG: 5", lambda b: b.modem.registration == 5),
        ("+CDS: 25\r\n" + REPORT, lambda b: b.pdus == [("CDS", REPORT)]),
        ('+CMTI: "SM",2', lambda b: "AT+CMGR=2" in b.peer.commands),
        ("UNDER-VOLTAGE WARNNING", lambda b: b.modem.supply_warnings == 1),
    ],
)
@pytest.mark.parametrize("place", ["before", "inside", "before OK"])
def test_a_urc_inside_a_reply_is_not_swallowed(urc, seen, place):
    async def scenario(b):
        await asyncio.sleep(1)
        lines = ['+COPS: 0,0,"CHINA MOBILE",7', "+COPS: 1", "OK"]
        lines.insert({"before": 0, "inside": 1, "before OK": 2}[place], urc)
        b.peer.rules["AT+COPS?"] = "\r\n".join(lines)
        assert len(await b.modem.command("AT+COPS?", "+COPS:")) == 2
        await asyncio.sleep(3)
        assert seen(b)

    bench(scenario, profile="SIM800")


@pytest.mark.parametrize("body", ["OK", "ERROR", "+CMGS: 9", "> ", "+CMS ERROR: 38", "RDY", "+CPIN: READY", "SMS DONE"])
def test_a_message_that_reads_like_the_modem_ends_nothing(body):
    async def scenario(b):
        b.peer.submitted = f"+CMT: ,{len(body)}\r\n{body}\r\n+CMGS: 5\r\nOK"
        assert await send(b) == 5
        assert b.modem.ready and b.modem.resets == 0

    bench(scenario)


def test_a_storm_of_urcs_between_prompt_and_reference():
    async def scenario(b):
        storm = b"".join(b'\r\n+CREG: 1,"1A2B","%04X",7\r\n\r\nDST: 1\r\n' % n for n in range(200))
        b.peer.prompt = storm + b"\r\n> "
        b.peer.submitted = lambda peer: (peer.raw(storm), "+CMGS: 77\r\nOK")[1]
        assert await send(b) == 77

    bench(scenario)


def test_bytes_of_a_whole_receive_buffer_at_once():
    async def scenario(b):
        b.peer.say("+CDS: 25", REPORT)
        block = b"\r\n+CDS: 25\r\n" + REPORT.encode() + b"\r\n"
        b.peer.raw(block * (4096 // len(block)))
        await asyncio.sleep(1)
        assert b.pdus == [("CDS", REPORT)] * (1 + 4096 // len(block))

    bench(scenario)


URCS = st.sampled_from(
    [
        "+CREG: 5",
        "DST: 1",
        "+CDS: 25\r\n" + REPORT,
        "+CMT: ,2\r\nOK",
        "RING",
        "NO CARRIER",
        '+CMTI: "SM",1',
        "> ",
        "+CSQ:",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(URCS, max_size=3), min_size=4, max_size=4), st.integers(0, 9))
def test_whatever_comes_between_a_command_gets_its_own_reply(urcs, piece):
    async def scenario(b):
        await asyncio.sleep(1)
        lines = ["+NEXT: 1", "+NEXT: 2", "OK"]
        b.peer.piece = piece
        said = [text for urc, line in zip(urcs, lines, strict=False) for text in (*urc, line)] + urcs[3]
        b.peer.rules["AT+NEXT"] = "\r\n".join(said)
        for _ in range(3):
            assert await b.modem.command("AT+NEXT", "+NEXT:") == ["+NEXT: 1", "+NEXT: 2"]
        await asyncio.sleep(0.1)
        assert b.modem.ready and await send(b) == 64

    bench(scenario)


HOSTILE = st.sampled_from(
    [b"\r\n+CIPRXGET: 2,0,1400,0\r\n", b"\r\nRDY\r\n", b"\r\n+CPIN: NOT READY\r\n", b"\r\n+CDS: 5\r\n",
     b"\r\nNORMAL POWER DOWN\r\n", b"\r\n+CREG: 3\r\n", b"\r\n+IPCLOSE: 99,x\r\n", b"\r\n+CMTI: \"SM\",-1\r\n",
     b"\r\nAT+CSQ\r\n", b"z" * 1200]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.binary(min_size=1, max_size=40) | HOSTILE | URCS.map(lambda text: b"\r\n" + text.encode() + b"\r\n"),
        max_size=12,
    )
)
def test_no_bytes_end_the_modem_or_spoil_the_next_command(pieces):
    async def scenario(b):
        await asyncio.sleep(1)
        for piece in pieces:
            b.peer.raw(piece)
        b.peer.raw(b"\r\nx\r\n")
        await asyncio.sleep(120)
        b.peer.rules["AT+NEXT"] = "+NEXT: 1\r\nOK"
        assert await b.modem.command("AT+NEXT", "+NEXT:") == ["+NEXT: 1"]

    bench(scenario)


# ---- prompts and errors


@pytest.mark.parametrize("prompt", [b"\r\n> ", b"\r\n>", b">", b"\r\n>\r\n", b"\r\n> \r\n", b"\r\n\x00> "])
@pytest.mark.parametrize("piece", [0, 1])
def test_prompt_variants(prompt, piece):
    async def scenario(b):
        b.peer.prompt, b.peer.piece = prompt, piece
        assert await send(b) == 64 and b.peer.payloads == [PDU.encode()]

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("+CMS ERROR:321", 321),
        ("+CMS ERROR: 8", 8),
        ("+CMS ERROR:SMSC address unknown", 330),
        ("+CMS ERROR: No network service", 331),
        ("+CMS ERROR: something new", None),
        ("+CME ERROR: SIM failure", 13),
    ],
)
def test_error_variants(reply, code):
    async def scenario(b):
        b.peer.submitted = reply
        (error,) = await rejected(b)
        assert isinstance(error, SmsRejected) and error.code == code

    bench(scenario)


def test_a_command_a_modem_does_not_know_ends_at_once():
    async def scenario(b):
        b.peer.rules["AT+X"] = "COMMAND NOT SUPPORT"
        with pytest.raises(CommandError):
            await b.modem.command("AT+X", timeout=60)

    bench(scenario)


# ---- messages


def test_the_storage_named_by_cmti_is_the_one_that_is_read():
    async def scenario(b):
        storage = Storage(b, p3=DELIVER)
        selected = []
        for name in ("ME", "SM"):
            b.peer.rules[f'AT+CPMS="{name}"'] = lambda peer, text, name=name: (
                selected.append(name) or "+CPMS: 1,4,0,4,0,4\r\nOK"
            )
        good = b.peer.rules["AT+CMGR=3"]
        b.peer.rules["AT+CMGR=3"] = lambda peer, text: good(peer, text) if selected[-1] == "ME" else "OK"
        b.peer.say('+CMTI: "ME",3')
        await asyncio.sleep(5)
        assert b.pdus == [("CMT", DELIVER)] and storage.deleted == [3]

    bench(scenario)


@pytest.mark.parametrize("reply", ["OK", "+CMGR: 0,,0\r\n\r\nOK", "ERROR", "+CMS ERROR: 321", "+CMGR: 0,,20\r\nOK"])
def test_what_was_not_read_is_not_deleted(reply):
    async def scenario(b):
        for index in range(5):
            b.peer.rules[f"AT+CMGR={index}"] = reply
        b.peer.rules['AT+CPMS="SR"'] = b.peer.rules['AT+CPMS="SM"'] = "+CPMS: 1,4,0,4,0,4\r\nOK"
        b.peer.rules["AT+CPMS?"] = '+CPMS: "SM",1,4,"SM",1,4,"SM",1,4\r\nOK'
        b.peer.say('+CDSI: "SR",1', '+CMTI: "SM",2')
        await asyncio.sleep(60)
        assert not [text for text in b.peer.commands if text.startswith("AT+CMGD")]

    bench(scenario)


def test_another_message_at_the_reports_place_is_handed_on_as_what_it_is():
    async def scenario(b):
        storage = Storage(b, p1=DELIVER)
        b.peer.rules['AT+CPMS="SR"'] = "+CPMS: 1,4,0,4,0,4\r\nOK"
        b.peer.say('+CDSI: "SR",1')
        await asyncio.sleep(5)
        assert b.pdus == [("CMT", DELIVER)] and storage.deleted == [1]

    bench(scenario)


@pytest.mark.parametrize("sign", ["submission", "news"])
def test_a_full_storage_is_emptied_in_small_steps(sign):
    async def scenario(b):
        places = 40
        stored = dict.fromkeys(range(places), DELIVER)
        b.peer.rules['AT+CPMS="SM"'] = lambda peer, text: f"+CPMS: {len(stored)},{places},0,4,0,4\r\nOK"
        b.peer.rules["AT+CPMS?"] = lambda peer, text: f'+CPMS: "SM",{len(stored)},{places},"SM",0,4,"SM",0,4\r\nOK'
        for index in range(places):
            b.peer.rules[f"AT+CMGR={index}"] = lambda peer, text, index=index: (
                f"+CMGR: 0,,20\r\n{stored[index]}\r\nOK" if index in stored else "OK"
            )
            b.peer.rules[f"AT+CMGD={index}"] = lambda peer, text, index=index: stored.pop(index) and "OK"
        if sign == "submission":
            b.peer.submitted = "+CMS ERROR: 322"
            (error,) = await rejected(b)
            assert error.code == 322
        else:
            b.peer.say('+CMTI: "SM",-1')
        await asyncio.sleep(10)
        assert stored == {} and len(b.pdus) == places

    async def after_start(b):
        await asyncio.sleep(20)
        await scenario(b)

    bench(after_start)


def test_a_message_nobody_takes_does_not_keep_the_line_busy():
    async def scenario(b):
        Storage(b, p0=DELIVER, p1=DELIVER)
        b.modem.on_pdu = None
        b.peer.say('+CMTI: "SM",0')
        await asyncio.sleep(5)
        count = len(b.peer.commands)
        await asyncio.sleep(600)
        assert len(b.peer.commands) - count < 100

    bench(scenario)


@pytest.mark.parametrize("reply", ["+CMS ERROR: 332", "+CMS ERROR: 500", "OK", ""])
def test_an_ambiguous_result_is_doubt_and_nothing_is_sent_again(reply):
    async def scenario(b):
        b.peer.submitted = reply
        (error,) = await rejected(b)
        assert isinstance(error, SmsInDoubt)
        await asyncio.sleep(600)
        assert len(b.peer.payloads) == 1

    bench(scenario)


def test_reports_are_acknowledged_by_the_modem_itself():
    async def scenario(b):
        b.peer.say("+CDS: 25", REPORT)
        await asyncio.sleep(10)
        assert "AT+CSMS=0" in b.peer.commands and not [text for text in b.peer.commands if "CNMA" in text]

    bench(scenario)


# ---- hangs


def test_every_command_ends_and_the_line_lives_on():
    async def scenario(b):
        loop = asyncio.get_running_loop()
        b.peer.rules["AT+HANG"] = ""
        start = loop.time()
        with pytest.raises(ModemTimeout):
            await b.modem.command("AT+HANG", timeout=7)
        assert loop.time() - start < 7.1
        assert await b.modem.command("AT+CSQ", "+CSQ:") == ["+CSQ: 21,99"]

    bench(scenario)


def test_flow_control_that_holds_the_line_is_no_hang():
    async def scenario(b):
        await asyncio.sleep(1)

        async def drain():
            await asyncio.sleep(10_000)

        good = b.cable.drain
        b.cable.drain = drain
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(b.modem.command("AT+CSQ", "+CSQ:"), return_exceptions=True)
        assert loop.time() - start < 11
        await asyncio.sleep(60)
        b.cable.drain = good
        await b.modem.wait_ready(120)

    bench(scenario)


def test_results_of_unanswered_fences_that_come_together_confuse_nothing():
    async def scenario(b):
        await asyncio.sleep(1)
        held, good = [], {}
        for command in ("AT+CSQ", "AT+CMEE?", "AT+IPR?"):
            good[command] = b.peer.rules[command]
            b.peer.rules[command] = lambda peer, text: held.append(good[text]) or ""
        b.peer.rules["AT+HANG"] = ""
        b.peer.rules["AT+NEXT"] = "+NEXT: 1\r\nOK"
        with pytest.raises(ModemTimeout):
            await b.modem.command("AT+HANG", timeout=1)
        task = asyncio.create_task(b.modem.command("AT+NEXT", "+NEXT:"))
        await asyncio.sleep(5)
        assert len(held) == 3
        for command in good:
            b.peer.rules[command] = good[command]
        b.peer.answer("\r\n".join(held))
        assert await task == ["+NEXT: 1"]
        assert await b.modem.command("AT+CSQ", "+CSQ:") == ["+CSQ: 21,99"]

    bench(scenario)


# ---- clock


@pytest.mark.parametrize("zone", ["+32", "-16", "+00", ""])
def test_the_clock_is_local_time_whatever_the_zone(zone):
    async def scenario(b):
        b.peer.rules["AT+CCLK?"] = f'+CCLK: "26/11/21,20:45:03{zone}"\r\nOK'
        assert await b.modem.clock() == (2026, 11, 21, 20, 45, 3)

    bench(scenario)


def test_an_announced_pdu_that_never_came_does_not_swallow_the_next_reply():
    """Noise that looks like `+CMT:` is the last thing on the line; seconds later a command is given."""

    async def scenario(b):
        b.peer.rules["AT+CIMI"] = "460000000000001\r\nOK"
        b.peer.say("+CMT: ,24")
        await asyncio.sleep(3)
        assert await b.modem.command("AT+CIMI", DIGITS) == ["460000000000001"]

    bench(scenario)
