"""A payment takes the line from SMS work: how long that may last, and what becomes of the message under way."""

import asyncio

import pytest

from modem import ModemError, ModemTimeout, SmsInDoubt, SmsRejected
from test_modem import bench
from test_modem_sms import DELIVER, PDU, Storage, send

FENCE = 0.3  # s of a fence with a modem that answers
STUCK = 3 * 2.1  # s of the fence's three tries


async def first_command(b):
    """Seconds from the claim to the result of the payment's first command."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    b.modem.claim()
    try:
        await b.modem.command("AT+CIPRXGET=1")
    finally:
        b.modem.release()
        b.waited = loop.time() - start
    return b.waited


async def outcome(b, **options):
    try:
        return await send(b, **options)
    except (SmsRejected, SmsInDoubt) as error:
        return type(error), error.code, error.reason


def test_without_sms_the_payment_waits_for_nothing():
    async def scenario(b):
        assert await first_command(b) < 0.05

    bench(scenario)


def test_a_message_before_its_prompt_is_broken_off_at_once():
    async def scenario(b):
        b.peer.hold_prompt = True
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        assert await first_command(b) < FENCE
        assert await task == (SmsRejected, None, "preempted")
        assert b.peer.payloads == []
        b.peer.hold_prompt = False
        assert await send(b) == 64

    bench(scenario)


def test_a_prompt_that_comes_after_the_claim_gets_no_message():
    async def scenario(b):
        b.peer.rules["AT+CMGS=23"] = ""  # the prompt comes late, behind the claim
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        b.modem.claim()
        b.peer._message = bytearray()
        b.peer.raw(b"\r\n> ")
        await b.modem.command("AT+CIPRXGET=1")
        assert await task == (SmsRejected, None, "preempted")
        assert b.peer.payloads == [] and b.peer.escapes == 1

    bench(scenario)


def test_a_message_between_text_and_ctrl_z_is_escaped():
    async def scenario(b):
        drained = asyncio.Event()
        written = []

        async def drain():
            if written[-1] == PDU.encode():
                await drained.wait()  # flow control: the line is slow
            await asyncio.sleep(0)

        b.cable.drain = drain
        write = b.cable.write
        b.cable.write = lambda data: (written.append(bytes(data)), write(data))
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        assert bytes(b.peer._message) == PDU.encode()
        b.modem.claim()
        drained.set()
        await b.modem.command("AT+CIPRXGET=1")
        assert await task == (SmsRejected, None, "preempted")
        assert b.peer.payloads == [] and b.peer.escapes == 1

    bench(scenario)


def test_a_message_after_its_ctrl_z_gets_eight_seconds_and_is_then_in_doubt():
    async def scenario(b):
        b.peer.submitted = ""
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(30)
        waited = await first_command(b)
        assert 8 <= waited < 8 + FENCE
        assert await task == (SmsInDoubt, None, "sms in doubt")
        b.peer.submitted = "+CMGS: 65\r\nOK"
        assert await send(b) == 65

    bench(scenario)


def test_its_result_within_the_eight_seconds_lets_the_payment_go_at_once():
    async def scenario(b):
        b.peer.submitted = ""
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        asyncio.get_running_loop().call_later(3, lambda: b.peer.say("+CMGS: 7", "OK"))
        assert 3 <= await first_command(b) < 3.1
        assert await task == 7

    bench(scenario)


@pytest.mark.parametrize(
    ("late", "wanted"),
    [
        ("+CMGS: 65\r\nOK", 65),
        ("+CMGS:65", 65),
        ("+CMS ERROR: 38", (SmsRejected, 38, "sms refused")),
        ("+CMS ERROR: 500", (SmsInDoubt, 500, "sms in doubt")),
        ("OK", (SmsInDoubt, None, "sms in doubt")),
    ],
)
def test_a_result_before_the_fences_reply_still_settles_the_message(late, wanted):
    async def scenario(b):
        b.peer.submitted = ""
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        for command in ("AT+CSQ", "AT+CMEE?", "AT+IPR?"):
            good = b.peer.rules[command]
            b.peer.rules[command] = lambda peer, text, good=good: late_once.pop() + good
        late_once = ["", "", "", "", late + "\r\n"]
        waited = await first_command(b)
        assert waited < 8 + 2 * FENCE + 2.2
        assert await task == wanted
        assert b.modem.ready

    bench(scenario)


def test_a_stuck_modem_fails_the_payment_within_the_stated_time_and_is_reset():
    async def scenario(b):
        b.peer.submitted = lambda peer: setattr(peer, "dead", True)
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(1)
        with pytest.raises(ModemError) as caught:
            await first_command(b)
        assert caught.value.reason == "no answer"
        assert 8 + STUCK - 0.1 <= b.waited <= 14.5
        assert (await task)[0] is SmsInDoubt
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(ModemError) as caught:
            await b.modem.command("AT+CSQ", "+CSQ:")
        assert caught.value.reason == "no answer" and loop.time() - start < 0.1
        assert b.modem.stage == "no answer"
        await b.modem.wait_ready(60)
        assert b.power.calls == ["reset"]

    bench(scenario, power=True)


def test_a_modem_that_hangs_without_sms_fails_in_bounded_time_too():
    async def scenario(b):
        await asyncio.sleep(1)
        b.peer.dead = True
        with pytest.raises(ModemTimeout):
            await first_command(b)
        assert b.waited < 5.1
        await asyncio.sleep(60)
        await b.modem.wait_ready(60)
        assert b.power.calls == ["reset"]

    bench(scenario, power=True)


def test_reading_a_stored_message_is_cut_short_and_done_later():
    async def scenario(b):
        storage = Storage(b, p3=DELIVER)
        good = b.peer.rules["AT+CMGR=3"]
        b.peer.rules["AT+CMGR=3"] = ""
        b.peer.say('+CMTI: "SM",3')
        await asyncio.sleep(0.5)
        assert await first_command(b) < 2 + FENCE + 0.1
        b.peer.rules["AT+CMGR=3"] = good
        await asyncio.sleep(60)
        assert b.pdus == [("CMT", DELIVER)] and storage.deleted == [3]

    bench(scenario)


def test_a_sweep_through_a_full_storage_stops_for_the_payment():
    async def scenario(b):
        storage = Storage(b, p0=DELIVER, p1=DELIVER, p2=DELIVER, p3=DELIVER)
        b.peer.say('+CMTI: "SM",-1')
        await asyncio.sleep(0.07)
        b.modem.claim()
        await b.modem.command("AT+CIPRXGET=1")
        count = len(b.peer.commands)
        await asyncio.sleep(60)
        assert len(b.peer.commands) == count
        b.modem.release()
        await asyncio.sleep(10)
        assert storage.deleted == [0, 1, 2, 3] and len(b.pdus) == 4

    bench(scenario)


def test_sms_waits_while_the_payment_lasts_and_goes_afterwards():
    async def scenario(b):
        b.modem.claim()
        task = asyncio.create_task(outcome(b))
        await asyncio.sleep(120)
        assert b.peer.payloads == [] and not task.done()
        b.modem.release()
        assert await task == 64

    bench(scenario)


def test_setting_up_sms_waits_for_the_payment_but_the_network_does_not():
    async def scenario(b):
        b.modem.claim()
        await b.modem.wait_ready(10)
        assert b.modem.stage == "sms not ready" and "AT+CMGF=0" not in b.peer.commands
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert caught.value.reason == "sms not ready"
        b.modem.release()
        await asyncio.sleep(5)
        assert b.modem.stage == "" and "sms ready" in b.states

    bench(scenario, ready=False)
