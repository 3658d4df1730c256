"""SMS submission, reports and stored messages of lib/modem: nothing sent twice, nothing lost, doubt named as such."""

import asyncio

import pytest

from modem import SmsInDoubt, SmsRejected
from test_modem import bench

PDU = "0011000B911316325476F80000AA0AE8329BFD4697D9EC37"
LENGTH = 23
REPORT = "079119890400202306400C91197909913764511090718384225110907183252200"
DELIVER = "0791198904002023040B911316325476F8000099309251619580022334"


async def send(b, **options):
    return await b.modem.send_pdu(PDU, LENGTH, **options)


def test_submission_returns_the_modems_reference():
    async def scenario(b):
        order = []
        assert await send(b, before_commit=lambda: order.append(list(b.peer.payloads))) == 64
        assert order == [[]]
        assert b.peer.payloads == [PDU.encode()]
        assert f"AT+CMGS={LENGTH}" in b.peer.commands
        assert PDU not in "\n".join(b.modem.last_dialogue())

    bench(scenario)


@pytest.mark.parametrize("prompt", [b"\r\n> ", b"\r\n>", b"\r\n>\r\n", b"\r\n+CREG: 1\r\n\r\n> "])
def test_prompt_variants(prompt):
    async def scenario(b):
        b.peer.prompt = prompt
        assert await send(b) == 64

    bench(scenario)


def test_report_before_the_reference():
    async def scenario(b):
        b.peer.submitted = "+CDS: 25\r\n" + REPORT + "\r\n+CMGS: 7\r\nOK"
        assert await send(b) == 7
        assert b.pdus == [("CDS", REPORT)]

    bench(scenario)


@pytest.mark.parametrize("header", ["+CDS: 25", "+CDS:25", "+CDS: ,25"])
def test_report_forms(header):
    async def scenario(b):
        b.peer.raw(b"\r\n" + header.encode() + b"\r\n\r\n\r\n" + REPORT.encode() + b"\r\n")
        b.peer.say("+CMT: ,20", "ERROR", "+CMT: ,20", DELIVER)
        await asyncio.sleep(0.1)
        assert b.pdus == [("CDS", REPORT), ("CMT", DELIVER)]

    bench(scenario)


def test_message_that_looks_like_a_result_does_not_end_a_command():
    async def scenario(b):
        b.peer.rules["AT+X"] = "+CMT: ,20\r\nOK\r\n+X: 1\r\nOK"
        assert await b.modem.command("AT+X", "+X:") == ["+X: 1"]

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "code"),
    [("+CMS ERROR: 38", 38), ("+CMS ERROR:321", 321), ("+CMS ERROR: memory full", 322), ("ERROR", None)],
)
def test_refusal(reply, code):
    async def scenario(b):
        b.peer.submitted = reply
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert caught.value.code == code
        b.peer.submitted = "+CMGS: 65\r\nOK"
        assert await send(b) == 65

    bench(scenario)


def test_refusal_at_the_command():
    async def scenario(b):
        b.peer.refuse_prompt = "+CMS ERROR: 304"
        committed = []
        with pytest.raises(SmsRejected) as caught:
            await send(b, before_commit=lambda: committed.append(1))
        assert caught.value.code == 304 and not committed

    bench(scenario)


def test_bad_length_never_reaches_the_modem():
    async def scenario(b):
        for pdu, length in (
            (PDU, LENGTH + 1),
            (PDU[:-1], LENGTH),
            ("", 0),
            ("zz" * 24, LENGTH),
            (PDU + "\x1a", LENGTH),
        ):
            with pytest.raises(SmsRejected):
                await b.modem.send_pdu(pdu, length)
        assert not [text for text in b.peer.commands if text.startswith("AT+CMGS=")]

    bench(scenario)


def test_missing_prompt_is_escaped_and_nothing_was_sent():
    async def scenario(b):
        b.peer.hold_prompt = True
        with pytest.raises(SmsRejected):
            await send(b)
        b.peer.hold_prompt = False
        b.peer._message = bytearray()  # the prompt came late and is still open
        assert await send(b) == 64
        assert b.peer.escapes == 1 and b.peer.payloads == [PDU.encode()]

    bench(scenario)


def test_before_commit_may_stop_the_submission():
    async def scenario(b):
        def refuse():
            raise OSError(28)

        with pytest.raises(OSError):
            await send(b, before_commit=refuse)
        assert b.peer.payloads == []
        assert await send(b) == 64
        assert b.peer.escapes == 1

    bench(scenario)


def test_silence_after_commit_is_doubt():
    async def scenario(b):
        b.peer.submitted = ""
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(SmsInDoubt):
            await send(b)
        assert 119 < loop.time() - start < 122
        b.peer.submitted = "+CMGS: 66\r\nOK"
        b.peer.rules["AT+CSQ"] = "+CMGS: 65\r\nOK\r\n+CSQ: 4,99\r\nOK"  # the late result of the first
        assert await send(b) == 66

    bench(scenario)


@pytest.mark.parametrize(
    ("reply", "code"),
    [("+CMS ERROR: 332", 332), ("+CMS ERROR: 500", 500), ("+CMS ERROR: unknown error", 500)],
)
def test_an_error_that_leaves_open_what_the_network_did_is_doubt(reply, code):
    async def scenario(b):
        b.peer.submitted = reply
        with pytest.raises(SmsInDoubt) as caught:
            await send(b)
        assert caught.value.code == code
        b.peer.refuse_prompt = reply  # the modem never had the PDU
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert caught.value.code == code

    bench(scenario)


def test_reset_before_commit_sends_nothing_after_commit_is_doubt():
    async def scenario(b):
        b.peer.hold_prompt = True
        task = asyncio.create_task(send(b))
        await asyncio.sleep(1)
        b.peer.reboot()
        with pytest.raises(SmsRejected):
            await task
        b.peer.hold_prompt = False
        await b.modem.wait_ready(60)
        b.peer.submitted = lambda peer: peer.reboot()
        with pytest.raises(SmsInDoubt):
            await send(b)
        await b.modem.wait_ready(60)
        assert len(b.peer.payloads) == 1

    bench(scenario)


def test_reference_before_a_reset_proves_acceptance():
    async def scenario(b):
        b.peer.submitted = "+CMGS:9\r\nRDY"
        assert await send(b) == 9

    bench(scenario)


@pytest.mark.parametrize("reply", ["OK", "+CMGS: x\r\nOK", "+CMGS: 999\r\nOK"])
def test_acceptance_without_a_reference_is_doubt(reply):
    async def scenario(b):
        b.peer.submitted = reply
        with pytest.raises(SmsInDoubt):
            await send(b)

    bench(scenario)


def test_not_registered_is_refused_at_once():
    async def scenario(b):
        b.peer.say("+CREG: 2")
        await asyncio.sleep(0.1)
        with pytest.raises(SmsRejected) as caught:
            await send(b)
        assert caught.value.code is None

    bench(scenario)


def test_payment_goes_first_and_a_running_submission_finishes():
    async def scenario(b):
        b.peer.submitted = ""
        first = asyncio.create_task(send(b))
        await asyncio.sleep(1)
        b.modem.claim()
        second = asyncio.create_task(send(b))
        payment = asyncio.create_task(b.modem.command("AT+CSQ", "+CSQ:"))
        await asyncio.sleep(5)
        b.peer.say("+CMGS: 1", "OK")
        assert await first == 1
        assert await payment
        b.peer.submitted = "+CMGS: 2\r\nOK"
        await asyncio.sleep(30)
        assert len(b.peer.payloads) == 1 and not second.done()
        b.modem.release()
        assert await second == 2

    bench(scenario)


def test_cancelled_before_the_prompt_is_not_sent():
    async def scenario(b):
        b.peer.hold_prompt = True
        task = asyncio.create_task(send(b))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(0.5)
        b.peer._message = bytearray()
        b.peer.raw(b"\r\n> ")
        await asyncio.sleep(1)
        assert b.peer.payloads == []
        b.peer.hold_prompt = False
        assert await send(b) == 64
        assert b.peer.payloads == [PDU.encode()]

    bench(scenario)


# ---- stored messages


class Storage:
    """AT+CPMS, CMGR and CMGD of the peer, for one storage of four places."""

    def __init__(self, b, **places):
        self.places = {int(key[1:]): pdu for key, pdu in places.items()}
        self.deleted = []
        rules = b.peer.rules
        rules['AT+CPMS="SM"'] = lambda peer, text: f"+CPMS: {len(self.places)},4,0,4,0,4\r\nOK"
        rules["AT+CPMS?"] = lambda peer, text: f'+CPMS: "SM",{len(self.places)},4,"SM",0,4,"SM",0,4\r\nOK'
        for index in range(6):
            rules[f"AT+CMGR={index}"] = lambda peer, text, index=index: self.read(index)
            rules[f"AT+CMGD={index}"] = lambda peer, text, index=index: self.delete(index)

    def read(self, index):
        if index > 4:
            return "+CMS ERROR: 321"
        return f"+CMGR: 0,,20\r\n{self.places[index]}\r\nOK" if index in self.places else "OK"

    def delete(self, index):
        del self.places[index]
        self.deleted.append(index)
        return "OK"


def test_announced_message_is_read_handed_on_and_deleted():
    async def scenario(b):
        storage = Storage(b, p3=DELIVER, p1=REPORT)
        b.peer.say('+CMTI: "SM",3', '+CDSI: "SM",1', '+CMTI: "SM",2')
        await asyncio.sleep(5)
        assert b.pdus == [("CMT", DELIVER), ("CDS", REPORT)]
        assert storage.deleted == [3, 1] and "AT+CMGD=2" not in b.peer.commands

    bench(scenario)


def test_message_not_taken_stays_and_is_offered_again():
    async def scenario(b):
        storage = Storage(b, p3=DELIVER)
        taken = []

        def refuse(kind, pdu):
            raise OSError(28)

        b.modem.on_pdu = refuse
        b.peer.say('+CMTI: "SM",3')
        await asyncio.sleep(60)
        assert storage.deleted == []
        b.modem.on_pdu = lambda *message: taken.append(message)
        await asyncio.sleep(1200)
        assert taken == [("CMT", DELIVER)] and storage.deleted == [3]

    bench(scenario)


@pytest.mark.parametrize("news", ['+CMTI: "SM",-1', "+CMTI: rubbish", '+CMTI: "SM",99999', "+CMTI:"])
def test_full_or_odd_storage_is_gone_through(news):
    async def scenario(b):
        storage = Storage(b, p0=DELIVER, p4=REPORT)
        b.peer.say(news)
        await asyncio.sleep(20)
        assert sorted(storage.deleted) == [0, 4] and len(b.pdus) == 2

    bench(scenario)


def test_messages_from_before_the_start_are_fetched():
    async def scenario(b):
        storage = Storage(b, p1=DELIVER)
        await b.modem.wait_ready(60)
        await asyncio.sleep(40)
        assert storage.deleted == [1]

    bench(scenario, ready=False)


def test_reset_fails_a_queued_submission_as_not_sent():
    async def scenario(b):
        b.modem.claim()
        task = asyncio.create_task(send(b))
        await asyncio.sleep(1)
        b.peer.reboot()
        with pytest.raises(SmsRejected):
            await task
        assert b.peer.payloads == []

    bench(scenario)
