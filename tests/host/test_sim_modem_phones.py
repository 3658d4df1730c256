"""The virtual phones: on and off, full, wrong, answering; and how long the message centre tries."""

import asyncio
from datetime import timedelta

import pytest
from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu

from posterm.sim.modem import ModemConfig
from posterm.sim.modem.remote import Remote
from sim_modem_terminal import on_virtual_clock

ANNA, BERT = "+8613800138000", "+8613900139000"
HEAD, TAIL = "0031000B813108108300F00000", "02C834"  # to Anna, with a request for a report


def submit(number=ANNA, text="hi", seconds=None):
    part = encodeSmsSubmitPdu(number, text, requestStatusReport=True, validity=seconds and timedelta(seconds=seconds))[
        0
    ]
    return bytes(part.data)


async def reports(terminal, seconds):
    """Wait, return (number, status) of each report that came."""
    await asyncio.sleep(seconds)
    lines = terminal.lines()
    terminal.heard.clear()
    found = [decodeSmsPdu(pdu) for head, pdu in zip(lines[::2], lines[1::2], strict=True) if head[:5] == "+CDS:"]
    return [(report["number"], report["status"]) for report in found]


def play(script, **settings):
    async def main(terminal):
        await terminal.command("AT+CNMI=2,2,0,1,0")

        async def call(cmd, **arguments):
            return await Remote(terminal.sim)({"cmd": cmd, **arguments})

        return await script(terminal, call)

    return on_virtual_clock(main, ModemConfig(**settings), limit=10 * 86400)


def test_a_phone_that_is_off_gets_its_messages_when_it_is_switched_on():
    async def script(terminal, call):
        assert (await call("phone", number=ANNA, on=False))["phone"]["on"] is False
        await terminal.send_pdu(submit(text="one"))
        await terminal.send_pdu(submit(BERT, text="two"))
        assert await reports(terminal, 5) == [(ANNA, 0x30), (BERT, 0)]
        assert [m["text"] for m in (await call("inbox"))["messages"]] == ["two"]
        assert (await call("status"))["held"] == 1
        assert await reports(terminal, 3600) == []
        await call("phone", number="13800138000", on=True)
        assert [m["text"] for m in (await call("inbox", number=ANNA))["messages"]] == ["one"]
        assert await reports(terminal, 5) == [(ANNA, 0)]
        assert (await call("status"))["held"] == 0

    play(script)


@pytest.mark.parametrize("trouble", ["on", "full"])
def test_the_validity_of_a_message_ends_the_tries(trouble):
    async def script(terminal, call):
        await call("phone", number=ANNA, **{trouble: trouble == "full"})
        await terminal.send_pdu(submit(seconds=3600))
        assert await reports(terminal, 3500) == [(ANNA, 0x30)]
        assert await reports(terminal, 200) == [(ANNA, 0x46)]
        await call("phone", number=ANNA, on=True, full=False)
        assert await reports(terminal, 60) == []
        assert (await call("inbox"))["messages"] == []

    play(script)


def test_an_absolute_validity_and_none_at_all():
    async def script(terminal, call):
        await call("phone", number=ANNA, on=False)
        # until 12:04:05, an hour after the clock of these tests
        absolute = bytes.fromhex(HEAD.replace("0031", "0039", 1) + "52102021405023" + TAIL)
        assert await terminal.send_pdu(absolute) == ["+CMGS: 61", "OK"]
        assert [status for _, status in await reports(terminal, 3590)] == [0x30]
        assert [status for _, status in await reports(terminal, 20)] == [0x46]
        await terminal.send_pdu(bytes.fromhex(HEAD.replace("0031", "0021", 1) + TAIL))
        assert [status for _, status in await reports(terminal, 2 * 86400)] == [0x30]
        assert [status for _, status in await reports(terminal, 2 * 86400)] == [0x46]

    play(script)


def test_a_wrong_number_is_reported_or_refused_at_once():
    async def script(terminal, call):
        await call("phone", number=ANNA, exists=False)
        assert await terminal.send_pdu(submit()) == ["+CMGS: 61", "OK"]
        assert await reports(terminal, 5) == [(ANNA, 0x41)]
        await call("phone", number=ANNA, refuse=1)
        assert await terminal.send_pdu(submit()) == ["+CMS ERROR: 1"]
        assert await terminal.send_pdu(submit(BERT)) == ["+CMGS: 62", "OK"]
        await call("phone", number=ANNA, refuse=None, exists=True)
        assert await terminal.send_pdu(submit()) == ["+CMGS: 63", "OK"]
        assert [m["number"] for m in (await call("inbox"))["messages"]] == [BERT, ANNA]

    play(script)


def test_a_phone_answers_each_whole_message_as_often_as_it_was_told():
    async def script(terminal, call):
        await call("phone", number=ANNA, answer="1", answers=2, report="never")
        parts = encodeSmsSubmitPdu(ANNA, "请确认" * 60)
        answers = []
        for _ in range(3):
            for part in parts:
                await terminal.send_pdu(bytes(part.data))
            await asyncio.sleep(5)
            answers += [decodeSmsPdu(line) for line in terminal.lines() if line[:1] == "0"]
            terminal.heard.clear()
        assert [(m["number"], m["text"]) for m in answers] == [(ANNA, "1")] * 2

    play(script)


def test_reports_of_one_phone_do_not_change_those_of_another():
    async def script(terminal, call):
        await call("phone", number=ANNA, report="failed:0x45")
        await terminal.send_pdu(submit())
        await terminal.send_pdu(submit(BERT))
        assert await reports(terminal, 5) == [(ANNA, 0x45), (BERT, 0)]
        await call("report_mode", mode="twice")
        await terminal.send_pdu(submit())
        assert await reports(terminal, 5) == [(ANNA, 0), (ANNA, 0)]

    play(script)


@pytest.mark.parametrize(
    "wrong",
    [{"on": "yes"}, {"report": "maybe"}, {"answers": -1}, {"refuse": 1000}, {"answer": 7}, {"mood": "good"}],
)
def test_an_impossible_phone_is_refused(wrong):
    async def script(terminal, call):
        with pytest.raises(ValueError, match="a |report mode|true or false|null"):
            await call("phone", number=ANNA, **wrong)

    play(script)


@pytest.mark.parametrize(("effect", "answer"), [("refused", "+CMS ERROR: 330"), ("lost", "+CMGS: 61")])
def test_a_wrong_message_centre(effect, answer):
    async def script(terminal, call):
        await call("wrong_smsc", effect=effect)
        assert (await terminal.send_pdu(submit()))[0] == answer
        assert await reports(terminal, 60) == []
        assert (await call("inbox"))["messages"] == []
        # the terminal may name the right one itself, in the message or on the SIM
        right = bytes.fromhex("0891683108100005F0") + submit()[1:]
        assert (await terminal.send_pdu(right))[0].startswith("+CMGS: ")
        assert len((await call("inbox"))["messages"]) == 1
        await call("wrong_smsc", effect="")
        assert (await terminal.send_pdu(submit()))[0].startswith("+CMGS: ")
        assert len((await call("inbox"))["messages"]) == 2

    play(script)


def test_a_late_reference_and_a_memory_filled_by_hand():
    async def script(terminal, call):
        await terminal.command("AT+CNMI=2,1,0,1,0")
        await call("delay", name="submit", seconds=55)
        start = asyncio.get_running_loop().time()
        assert await terminal.send_pdu(submit()) == ["+CMGS: 61", "OK"]
        assert 55 < asyncio.get_running_loop().time() - start < 56
        assert await call("fill", memory="SM", leave=1) == {"added": 19}
        await call("deliver", **{"from": "95588"}, text="1")
        await call("deliver", **{"from": "95588"}, text="2")
        await terminal.until(b'+CMTI: "SM",-1')
        assert len((await call("stored"))["messages"]) == 20
        assert (await call("status"))["waiting"] >= 1
        terminal.heard.clear()
        await terminal.command("AT+CMGD=0")
        await terminal.until(b'+CMTI: "SM",0')

    play(script)
