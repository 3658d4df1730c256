"""The self-test: what the operator reads when sending, reports or receiving do not work, on a real outbox and network."""

import asyncio
import datetime
import types

import gammu
import pytest

import journal
import virtualclock
from modem import ModemError
from notices_network import Modem, Network
from terminal.notices import doctor, selftest, templates
from terminal.notices.enabling import Enabling
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender

OWN = "13900001111"
MERCHANT = "13812345678"
IDENTITY = {"model": "SIM7600CE", "firmware": "LE20B04", "sim": "1a2b3c4d"}


def protect(data):
    return bytes(b ^ 0x5A for b in data)


class Terminal:
    """A terminal whose own number is OWN: `echo` seconds after a submission the message comes in again, None: never."""

    def __init__(self, directory, network, plan, own=OWN, merchant="", echo=20, told=None, **modem):
        self.network = network
        self.log = []
        self.modem = Modem(network, plan)
        self.modem.capabilities = {"sms": True, "reports": "direct", "cnmi": "2,1,0,1,0", "storage": "SM"}
        self.modem.storage_full = False
        self.modem.own_number = self.own_number
        self.told = told
        for name, value in modem.items():
            setattr(self.modem, name, value)
        self.box = Outbox(journal.Journal(str(directory / "outbox")), protect, protect, network.now, self.note)
        self.enabling = Enabling(str(directory), lambda: IDENTITY, self.note)
        self.sender = Sender(self.box, self.modem, self.note, enabled=self.enabling.allows)
        self.modem.on_pdu = self.sender.on_pdu
        self.sender.on_message = self.received
        self.strange = []
        self.shown = []
        self.services = types.SimpleNamespace(
            outbox=self.box,
            modem=self.modem,
            enabling=self.enabling,
            settings={
                "own_mobile": own,
                "merchant_mobile": merchant,
                "merchant_name": "示例商店",
                "hotline": "4001234567",
            },
            words=templates.load("zh"),
            clock=types.SimpleNamespace(seconds=network.now, moment=lambda: (2026, 11, 21, 20, 45, 3)),
            log=self.note,
        )
        if echo is not None:
            network.submit = self.echoing(network.submit, echo)

    def echoing(self, submit, seconds):
        def submitted(*args):
            reference = submit(*args)
            asyncio.get_running_loop().call_later(seconds, self.deliver, len(self.network.submitted) - 1)
            return reference

        return submitted

    def deliver(self, index):
        number, text = self.network.submitted[index][:2]
        if number == OWN:
            self.modem.on_pdu("CMT", delivered(text))

    async def own_number(self):
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    def note(self, event, detail=""):
        assert OWN[-8:] not in detail and MERCHANT[-8:] not in detail
        self.log.append((event, detail))

    def received(self, message):
        if not self.enabling.expects(message.text):
            self.strange.append(message.text)

    def show(self, verdicts):
        self.shown.append(verdicts)


def delivered(text):
    """A SMS-DELIVER as the modem hands it on, by gammu."""
    message = {
        "Number": OWN,
        "Text": text,
        "SMSC": {"Number": "+8613800100500"},
        "Coding": "Unicode_No_Compression",
        "DateTime": datetime.datetime(2026, 11, 21, 20, 45, 20),
        "Folder": 0,
        "State": "UnRead",
        "Type": "Deliver",
        "UDH": {"Type": "NoUDH", "Text": b"", "ID8bit": -1, "ID16bit": -1, "PartNumber": -1, "AllParts": -1},
    }
    return gammu.EncodePDU(message, "Deliver").hex().upper()


def play(tmp_path, plan=(), steps=None, reports=True, seconds=400, **options):
    """Run one self-test; return (passed, {name: (verdict, cause)}, terminal, virtual seconds it took)."""
    network = Network()

    async def main():
        terminal = Terminal(tmp_path, network, plan, **options)
        terminal.modem.reports = reports
        loop = asyncio.get_running_loop()
        task = loop.create_task(terminal.sender.run())
        if steps is not None:
            loop.call_later(10, steps, terminal)
        began = loop.time()
        passed = await asyncio.wait_for(selftest.run(terminal.services, terminal.show), seconds)
        took = loop.time() - began
        task.cancel()
        assert not terminal.enabling.testing
        return passed, {name: (verdict, cause) for name, verdict, cause in terminal.shown[-1]}, terminal, took

    return virtualclock.run(main(), limit=3600)


PASSED = ("passed", "")
UNTRIED = ("untried", "")


def test_all_is_well(tmp_path):
    passed, verdicts, terminal, took = play(tmp_path)
    assert passed
    assert verdicts == {"send": PASSED, "report": PASSED, "receive": PASSED}
    assert [row[0] for row in terminal.network.submitted] == [OWN]
    assert "示例商店" in terminal.network.submitted[0][1]
    assert took < 30
    assert terminal.strange == []
    # the operator sees each verdict as it comes
    assert [{n: v for n, v, _ in shown}["send"] for shown in terminal.shown][:2] == ["waiting", "waiting"]
    assert len({tuple(v for _, v, _ in shown) for shown in terminal.shown}) == 4
    terminal.enabling.set("on")  # now nothing stands in the way
    assert ("trial.passed", "send passed, report passed, receive passed") in terminal.log


def test_it_works_while_notices_are_off_and_sends_nothing_else(tmp_path):
    network = Network()

    async def main():
        terminal = Terminal(tmp_path, network, ())
        terminal.modem.reports = True
        task = asyncio.get_running_loop().create_task(terminal.sender.run())
        terminal.box.queue("1-c", "sale_approved", "customer", MERCHANT, "消费成功")
        assert terminal.enabling.mode == "off"
        assert await selftest.run(terminal.services, terminal.show)
        await asyncio.sleep(600)
        task.cancel()
        assert terminal.box.state("1-c")[0] == "queued"

    virtualclock.run(main())
    assert [row[0] for row in network.submitted] == [OWN]


def test_the_sim_tells_its_number(tmp_path):
    passed, verdicts, terminal, _ = play(tmp_path, own="", told="+86" + OWN, merchant=MERCHANT, echo=None)
    assert [row[0] for row in terminal.network.submitted] == ["+86" + OWN]
    assert verdicts["receive"] == ("failed", "no_echo")
    assert passed


@pytest.mark.parametrize("told", [None, "", ModemError("time-out")])
def test_without_an_own_number_the_merchant_gets_it(tmp_path, told):
    passed, verdicts, terminal, _ = play(tmp_path, own="", told=told, merchant=MERCHANT)
    assert passed
    assert verdicts == {"send": PASSED, "report": PASSED, "receive": UNTRIED}
    assert [row[0] for row in terminal.network.submitted] == [MERCHANT]


def test_without_any_number_nothing_is_tried(tmp_path):
    passed, verdicts, terminal, took = play(tmp_path, own="")
    assert not passed
    assert verdicts == {"send": ("failed", "no_own_number"), "report": UNTRIED, "receive": UNTRIED}
    assert took == 0
    assert not terminal.network.submitted


def test_a_number_that_is_none(tmp_path):
    passed, verdicts, _, _ = play(tmp_path, own="", told="no number stored", merchant=MERCHANT)
    assert not passed
    assert verdicts["send"] == ("failed", "number_wrong")


@pytest.mark.parametrize(
    ("plan", "cause"),
    [
        ([8], "barred"),
        ([330] * 20, "smsc"),
        ([331] * 20, "no_network"),
        ([322] * 20, "sim_full"),
        (["down"] * 20, "no_modem"),
    ],
)
def test_what_the_network_refuses_is_named(tmp_path, plan, cause):
    passed, verdicts, terminal, took = play(tmp_path, plan)
    assert not passed
    assert verdicts == {"send": ("failed", cause), "report": UNTRIED, "receive": UNTRIED}
    assert took <= 92
    assert terminal.box.open_count == 0  # it does not go out when nobody waits for it any longer
    with pytest.raises(ValueError, match="self-test"):
        terminal.enabling.set("on")


def test_a_modem_that_is_not_ready(tmp_path):
    passed, verdicts, terminal, _ = play(tmp_path, ready=False, stage="sim locked")
    assert not passed
    assert verdicts["send"] == ("failed", "sim_locked")


def test_reports_that_never_come(tmp_path):
    passed, verdicts, _, took = play(tmp_path, reports=False)
    assert not passed
    assert verdicts == {"send": PASSED, "report": ("failed", "no_report"), "receive": PASSED}
    assert 120 < took < 130


def test_a_modem_without_reports_passes_by_the_echo(tmp_path):
    passed, verdicts, terminal, _ = play(tmp_path, reports=False, capabilities={"sms": True, "reports": "none"})
    assert passed
    assert verdicts == {"send": PASSED, "report": ("untried", "reports_off"), "receive": PASSED}
    terminal.enabling.set("on")


def test_a_modem_without_reports_and_no_echo_does_not_pass(tmp_path):
    passed, verdicts, _, _ = play(tmp_path, reports=False, echo=None, capabilities={"sms": True, "reports": "none"})
    assert not passed
    assert verdicts["receive"] == ("failed", "no_echo")


def test_a_report_that_says_it_did_not_arrive(tmp_path):
    passed, verdicts, _, took = play(
        tmp_path, reports=False, echo=None, steps=lambda t: t.modem.on_pdu("CDS", t.network.report(0, 0x48))
    )
    assert not passed
    assert verdicts["send"] == PASSED
    assert verdicts["report"] == ("failed", "filtered")
    assert took < 130


def test_what_the_network_gave_up_is_not_sent_again(tmp_path):
    passed, verdicts, terminal, _ = play(
        tmp_path, reports=False, echo=None, steps=lambda t: t.modem.on_pdu("CDS", t.network.report(0, 0x60))
    )
    assert not passed
    assert verdicts["report"] == ("failed", "phone_off")
    assert terminal.box.open_count == 0


def test_a_full_sim_receives_nothing(tmp_path):
    _, verdicts, _, _ = play(tmp_path, echo=None, storage_full=True)
    assert verdicts["receive"] == ("failed", "sim_full")


def test_the_echo_proves_what_was_in_doubt(tmp_path):
    passed, verdicts, _, _ = play(tmp_path, ["gone"])
    assert verdicts == {"send": PASSED, "report": ("failed", "no_report"), "receive": PASSED}
    assert not passed


def test_what_was_lost_stays_in_doubt(tmp_path):
    passed, verdicts, _, took = play(tmp_path, ["lost"])
    assert not passed
    assert verdicts == {"send": ("failed", "in_doubt"), "report": UNTRIED, "receive": UNTRIED}
    assert took < 220


def test_a_second_test_begins_anew(tmp_path):
    network = Network()

    async def main():
        terminal = Terminal(tmp_path, network, [8])
        terminal.modem.reports = True
        task = asyncio.get_running_loop().create_task(terminal.sender.run())
        assert not await selftest.run(terminal.services, terminal.show)
        await asyncio.sleep(1)
        assert await selftest.run(terminal.services, terminal.show)
        first, second = [row[1] for row in network.submitted], terminal.strange
        assert len(first) == 1 and second == []
        task.cancel()

    virtualclock.run(main())


def test_storage_that_fails_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise journal.Full

    monkeypatch.setattr(journal.Journal, "append", full)
    passed, verdicts, _, _ = play(tmp_path)
    assert not passed
    assert verdicts["send"] == ("failed", "storage")


def test_every_cause_shown_has_words(tmp_path):
    for cause in (
        "no_own_number",
        "no_echo",
        "no_report",
        "reports_off",
        "sim_full",
        "storage",
        "outbox_full",
        "no_text",
    ):
        for language in ("zh", "en"):
            assert doctor.words(language, cause).remedy
