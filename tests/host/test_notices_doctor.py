"""The doctor: whatever kept an SMS from arriving, the shop reads one cause and one remedy that fit the screen."""

import asyncio
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gbk
import journal
import virtualclock
from notices_network import START, Modem, Network
from terminal.notices import doctor
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender
from terminal.ui.cells import width
from terminal.ui.screen import COLUMNS, ROWS

LANGUAGES = ("zh", "en")
NUMBER = "13812345678"
NOW = START + 1000
RECORD = {"trace": 12, "batch": 1, "state": "approved", "time": "2026-11-21 20:45:00", "card": "622202******0018"}
# words that the self-test uses and diagnose() does not give
TOLD_BY_SELFTEST = {"no_echo", "no_own_number"}


def part(state="sent", cause="", tries=1, reference=7, at=START):
    return (state, reference, cause, tries, at)


def notice(state="sent", cause="", parts=None, **changes):
    """Evidence as Outbox.evidence() gives it: a notice of one part, queued at START on a good network."""
    facts = {
        "key": "000001.000012-c",
        "event": "sale_approved",
        "audience": "customer",
        "number": "138****5678",
        "state": state,
        "cause": cause,
        "created": START,
        "sent": START + 3 if state in ("sent", "delivered") else 0,
        "delivered": START + 9 if state == "delivered" else 0,
        "signal": 17,
        "registration": 1,
        "supply": False,
        "parts": parts or [part(state, cause)],
    }
    facts.update(changes)
    facts.setdefault("tries", sum(row[3] for row in facts["parts"]))
    return facts


def queued(cause="", tries=0, **changes):
    if not tries:
        changes = {"signal": None, "registration": None, **changes}
    return notice("queued", cause, [part("queued", cause, tries, None)], **changes)


def facts(notice=None, **changes):
    """A terminal that is well."""
    return {
        "record": RECORD,
        "audience": "customer",
        "wanted": "",
        "mode": "on",
        "notice": notice,
        "stage": "",
        "registration": 1,
        "signal": 17,
        "sms": True,
        "reports": "direct",
        "supply": 0,
        "payment": False,
        "ahead": 0,
        "full": False,
        "sim_full": False,
        "silent": False,
        "now": NOW,
        "bank": "",
    } | changes


FAR = {"now": START + 40}

CASES = [
    # the transaction
    ("unknown_transaction", facts(record=None)),
    ("unfinished", facts(record=RECORD | {"state": "started"})),
    ("unfinished", facts(record=RECORD | {"state": "reversing"}, mode="off")),
    # no notice was queued: what was noted then beats the switch as it is now
    ("quiet", facts(wanted="quiet")),
    ("off", facts(wanted="off", mode="on")),
    ("off", facts(mode="off")),
    ("trial", facts(wanted="trial", mode="on")),
    ("trial", facts(mode="trial")),
    ("no_number", facts(wanted="no_number", mode="off")),
    ("no_merchant", facts(wanted="no_number", audience="merchant")),
    ("number_wrong", facts(wanted="number_wrong")),
    ("no_text", facts(wanted="no_text")),
    ("outbox_full", facts(wanted="outbox_full")),
    ("storage", facts(wanted="storage")),
    ("too_old", facts(now=START + 30 * 86400)),
    ("unexplained", facts(now=START + 86400)),
    ("unexplained", facts(record=RECORD | {"time": "?"})),
    # it waits, and the terminal as it is now says why
    ("off", facts(queued(), mode="off", stage="no sim")),
    ("trial", facts(queued(), mode="trial")),
    ("waiting", facts(queued(audience="merchant"), mode="trial")),
    ("waiting", facts(queued(), ahead=3)),
    ("payment_first", facts(queued(), payment=True, ahead=3)),
    ("on_its_way", facts(notice("sending", parts=[part("sending", "", 1, None)]))),
    ("no_modem", facts(queued(), stage="no answer")),
    ("no_sim", facts(queued(), stage="no sim", payment=True)),
    ("sim_locked", facts(queued(), stage="sim locked")),
    ("sms_not_ready", facts(queued(), stage="sms not ready")),
    ("no_sms", facts(queued(), stage="no sms")),
    ("no_sms", facts(queued(), sms=False)),
    ("no_sms", facts(queued(), sms=False, stage="not registered")),
    ("no_sim", facts(queued(), sms=False, stage="no sim")),
    ("no_network", facts(queued(), stage="not registered", registration=2)),
    ("denied", facts(queued(), stage="denied", registration=3)),
    ("storage", facts(queued(), full=True)),
    # the modem that falls over again and again: the supply, not what it says in between
    ("supply", facts(queued(), stage="no answer", supply=5)),
    ("supply", facts(queued(), stage="not registered", supply=3)),
    ("no_sim", facts(queued(), stage="no sim", supply=9)),
    ("no_network", facts(queued(), stage="not registered", supply=1)),
    # it waits for another try after a refusal: the present, else what the refusal says, else the air at that time
    ("no_sim", facts(queued("CMS 38", 4), stage="no sim")),
    ("network", facts(queued("CMS 38", 4), ahead=3, payment=True)),
    ("network", facts(queued("CMS 332", 1))),
    ("no_network", facts(queued("CMS 331", 1))),
    ("no_network", facts(queued("not registered"))),
    ("no_network", facts(queued("CMS 38", 2, registration=2))),
    ("denied", facts(queued("CMS 38", 2, registration=3))),
    ("denied", facts(queued("denied"))),
    ("weak_signal", facts(queued("CMS 42", 2, signal=3))),
    ("weak_signal", facts(queued("CMS 331", 2, signal=104))),
    ("network", facts(queued("CMS 42", 2, signal=99))),
    ("network", facts(queued("CMS 42", 2, signal=130))),
    ("supply", facts(queued("modem", 2, supply=True))),
    ("supply", facts(queued("CMS 515", 2, supply=True, signal=3, registration=2))),
    ("modem_fault", facts(queued("CMS 515", 2))),
    ("modem_fault", facts(queued("CMS 500", 2))),
    ("no_modem", facts(queued("modem", 1))),
    ("smsc", facts(queued("CMS 330", 3, signal=2))),
    ("sim_full", facts(queued("CMS 322", 3))),
    ("phone_off", facts(queued("status 96", 1))),
    ("phone_off", facts(queued("status 70", 1, signal=2))),
    ("waiting", facts(queued("", 1, signal=3))),
    ("in_doubt", facts(notice("sending", parts=[part("in_doubt"), part("queued", "", 0, None)]))),
    # it has failed: what was noted at the attempt, however well the terminal is now
    ("number_wrong", facts(notice("failed", "CMS 1", signal=2))),
    ("number_wrong", facts(notice("failed", "CMS 28"))),
    ("number_wrong", facts(notice("failed", "number", [part("queued", "", 0, None)]))),
    ("barred", facts(notice("failed", "CMS 8", registration=3))),
    ("barred", facts(notice("failed", "CMS 50"))),
    ("refused", facts(notice("failed", "CMS 21", signal=2))),
    ("message", facts(notice("failed", "CMS 304"))),
    ("message", facts(notice("failed", "CMS 96"))),
    ("no_sms", facts(notice("failed", "CMS 69"))),
    ("no_sim", facts(notice("failed", "no sim", [part("queued", "", 0, None)]))),
    ("no_network", facts(notice("failed", "not registered", [part("queued", "", 0, None)], registration=None))),
    ("no_text", facts(notice("failed", "text", [part("queued", "", 0, None)]))),
    ("expired", facts(notice("failed", "too late", [part("queued", "", 0, None)], registration=None, signal=None))),
    ("smsc", facts(notice("failed", "too late", [part("queued", "CMS 330", 9, None)]))),
    ("weak_signal", facts(notice("failed", "too late", [part("queued", "CMS 38", 9, None)], signal=4))),
    ("supply", facts(notice("failed", "too late", [part("queued", "CMS 38", 9, None)], supply=True))),
    ("no_network", facts(notice("failed", "CMS 331", signal=17, registration=0), stage="", registration=1)),
    ("cancelled", facts(notice("failed", "cancelled", [part("queued", "", 0, None)]), mode="off", stage="no sim")),
    ("incomplete", facts(notice("failed", "window", [part("delivered"), part("in_doubt")]))),
    ("unexplained", facts(notice("failed", "CMS 290"))),
    ("unexplained", facts(notice("failed", ""))),
    # nobody knows whether it went
    ("in_doubt", facts(notice("in_doubt", "", [part("in_doubt", "", 1, None)], signal=3))),
    ("supply", facts(notice("in_doubt", "", [part("in_doubt", "", 1, None)], supply=True))),
    ("no_report", facts(notice("failed", "no report", [part("in_doubt", "", 1, None)]))),
    # the network had it: neither signal nor modem matter any more
    ("on_its_way", facts(notice("sent", signal=2, supply=True), stage="no answer", **FAR)),
    ("late", facts(notice("sent"))),
    ("late", facts(notice("sent"), now=START - 86400)),
    ("reports_off", facts(notice("sent"), reports="none")),
    ("reports_off", facts(notice("sent", "no report"), silent=True)),
    ("sim_full", facts(notice("sent"), reports="stored", sim_full=True)),
    ("late", facts(notice("sent"), reports="direct", sim_full=True)),
    ("no_report", facts(notice("sent", "no report"))),
    ("incomplete", facts(notice("sent", "no report", [part("delivered"), part("sent")]), silent=True)),
    ("phone_off", facts(notice("sent", parts=[part("sent", "status 48")]))),
    ("phone_off", facts(notice("failed", "status 32"))),
    ("phone_full", facts(notice("failed", "status 101"))),
    ("phone_full", facts(notice("sent", parts=[part("sent", "status 37")]))),
    ("phone_gone", facts(notice("failed", "status 70", signal=1, registration=2, supply=True))),
    ("phone_gone", facts(notice("failed", "status 98"))),
    ("number_wrong", facts(notice("failed", "status 65"))),
    ("number_wrong", facts(notice("failed", "status 67"))),
    ("blocked", facts(notice("failed", "status 66"))),
    ("filtered", facts(notice("failed", "status 72"))),
    ("cancelled", facts(notice("failed", "status 71"))),
    ("refused", facts(notice("failed", "status 80"))),
    # it has arrived, whatever else happened
    ("delivered", facts(notice("delivered", signal=1, supply=True), mode="off", stage="no sim", full=True)),
    ("delivered", facts(notice("delivered", "CMS 38", [part("delivered", "CMS 38", 5)]), bank="ok")),
    ("bank", facts(notice("delivered"), bank="missing")),
    ("bank", facts(notice("delivered"), bank="late")),
    ("bank_differs", facts(notice("delivered"), bank="different")),
    # a notice that belongs to no transaction
    ("barred", facts(notice("failed", "CMS 8", key="trial-1", event="trial", audience="trial"), record=None)),
]


def lines(root, language):
    text = (root / f"firmware/terminal/notices/doctor_{language}.txt").read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines()]


@pytest.mark.parametrize(("cause", "evidence"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_one_cause_is_found(cause, evidence):
    finding = doctor.diagnose(evidence)
    assert finding.cause == cause, doctor.evidence_lines(evidence, finding)
    assert NUMBER not in finding.detail


def test_every_cause_in_the_words_can_be_found(root):
    assert {row[0] for row in lines(root, "zh")} == {cause for cause, _ in CASES} | TOLD_BY_SELFTEST


def test_both_languages_explain_the_same_causes_once(root):
    zh, en = ([row[0] for row in lines(root, language)] for language in LANGUAGES)
    assert zh == en
    assert len(zh) == len(set(zh))


@pytest.mark.parametrize("language", LANGUAGES)
def test_cause_and_remedy_fit_one_screen(root, language):
    for row in lines(root, language):
        assert len(row) == 4 and all(row), row
        words = doctor.words(language, row[0])
        assert words.technician == row[3]
        assert len(words.what) + len(words.remedy) <= ROWS
        for rows in (words.what, words.remedy):
            assert 1 <= len(rows) <= 2
            for text in rows:
                assert 0 < width(text) <= COLUMNS, (row[0], text)
                assert text == text.strip()
                # the display's font ROM and the printer know GBK only
                assert gbk.missing(text) == 0, text
        if language == "zh":
            assert any("CJK" in unicodedata.name(c, "") for c in "".join(words.what))
        else:
            assert "".join(words.what + words.remedy).isascii()
    with pytest.raises(KeyError):
        doctor.words(language, "no_such_cause")


def test_every_code_leads_to_words(root):
    causes = {row[0] for row in lines(root, "en")}
    text = (root / "firmware/terminal/notices/doctor_codes.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        code, cause, meaning = line.split("|")
        assert cause in causes, line
        assert meaning and code


def test_every_status_of_the_standard_has_a_cause():
    for status in range(32, 128):
        assert doctor.diagnose(facts(notice("failed", "status %d" % status))).cause != "unexplained", status
    # groups of 3GPP 23.040 §9.2.3.15: still trying, failed for good, given up
    groups = [
        {doctor.diagnose(facts(notice("failed", "status %d" % status))).cause for status in range(low, low + 32)}
        for low in (32, 64, 96)
    ]
    assert groups[0] == {"phone_off", "phone_full"}
    assert "phone_off" not in groups[1] | groups[2]


def test_the_console_shows_the_chain_with_the_failed_link():
    evidence = facts(queued("CMS 331", 2, registration=2, signal=9), supply=1)
    finding = doctor.diagnose(evidence)
    shown = doctor.evidence_lines(evidence, finding)
    assert [line.split()[0] for line in shown[:-1]] == [
        *("transaction", "switch", "queue", "modem", "registration", "signal", "supply", "storage", "network")
    ]
    assert [line.split()[0] for line in shown if line.split()[1] == "FAIL"][0] == "registration"
    assert "2 at the attempt, 2 tries" in shown[4]
    assert "138****5678" in shown[2]
    assert shown[-1].startswith("=> no_network: ")
    assert all(len(line) <= 120 and line.isascii() for line in shown)


def test_the_chain_of_an_sms_that_arrived_ends_at_the_bank():
    evidence = facts(notice("delivered"), bank="missing")
    shown = doctor.evidence_lines(evidence, doctor.diagnose(evidence))
    assert "delivered after 6 s" in shown[-4]
    assert shown[-2].split()[:2] == ["bank", "FAIL"]


CODES = st.one_of(
    st.sampled_from(
        ["", "modem", "no report", "too late", "window", "number", "text", "cancelled", "no sim", "denied"]
    ),
    st.integers(0, 600).map("CMS {}".format),
    st.integers(0, 255).map("status {}".format),
    st.text(max_size=12),
)
STATES = st.sampled_from(["queued", "sending", "sent", "delivered", "failed", "in_doubt"])


@given(
    state=STATES,
    cause=CODES,
    parts=st.lists(st.tuples(STATES, st.none() | st.integers(0, 255), CODES, st.integers(0, 60), st.integers(0, NOW))),
    signal=st.none() | st.integers(0, 255),
    registration=st.none() | st.integers(0, 255),
    supply=st.booleans(),
    stage=st.sampled_from(["", "no answer", "no sim", "not registered", "sms not ready", "another"]),
    missing=st.sets(st.sampled_from(sorted(facts()))),
)
def test_any_evidence_gets_one_cause_with_words(state, cause, parts, signal, registration, supply, stage, missing):
    evidence = facts(
        notice(state, cause, parts, signal=signal, registration=registration, supply=supply),
        stage=stage,
        signal=signal,
        registration=registration,
    )
    for name in missing:
        del evidence[name]
    finding = doctor.diagnose(evidence)
    assert doctor.words("zh", finding.cause).what
    assert doctor.evidence_lines(evidence, finding)[-1].startswith("=> " + finding.cause)


# the same with the real outbox and sender on a network that misbehaves


def protect(data):
    return bytes(b ^ 0x5A for b in data)


def story(tmp_path, plan, seconds, meanwhile=None, **changes):
    """Queue one notice, let `plan` happen to it, and ask the doctor after so many seconds."""
    network = Network()

    async def main():
        box = Outbox(journal.Journal(str(tmp_path / "outbox")), protect, protect, network.now, lambda *_: None)
        modem = Modem(network, plan)
        sender = Sender(box, modem, lambda *_: None)
        modem.on_pdu = sender.on_pdu
        task = asyncio.get_running_loop().create_task(sender.run())
        try:
            if meanwhile is not None:
                meanwhile(modem)
            box.queue("000001.000012-c", "sale_approved", "customer", NUMBER, "【示例商店】消费￥23.50成功")
            await asyncio.sleep(seconds)
            evidence = facts(box.evidence("000001.000012-c"), now=network.now(), stage=modem.stage, **changes)
            finding = doctor.diagnose(evidence)
            assert NUMBER not in "".join(doctor.evidence_lines(evidence, finding))
            return finding.cause
        finally:
            task.cancel()

    return virtualclock.run(main(), limit=9 * 86400)


def reporting(status):
    def prepare(modem):
        modem.submitted = lambda: modem.on_pdu("CDS", modem.network.report(0, status))
        asyncio.get_running_loop().call_later(10, modem.submitted)

    return prepare


def weak(modem):
    modem.signal = 3


def gone(modem):
    modem.ready = False
    modem.stage = "no sim"


@pytest.mark.parametrize(
    ("cause", "plan", "seconds", "meanwhile"),
    [
        ("on_its_way", [], 1, None),
        ("on_its_way", [], 30, None),
        ("late", [], 3600, None),
        ("no_report", [], 2 * 86400, None),
        ("delivered", [], 60, reporting(0)),
        ("number_wrong", [], 60, reporting(0x43)),
        ("filtered", [], 60, reporting(0x48)),
        ("phone_off", [], 60, reporting(0x60)),
        ("barred", [8], 60, None),
        ("number_wrong", [1], 60, None),
        ("no_network", [331] * 9, 60, None),
        ("weak_signal", [331] * 9, 60, weak),
        ("smsc", [330] * 9, 60, None),
        ("sim_full", [322] * 9, 60, None),
        ("network", [38] * 9, 60, None),
        ("no_modem", ["down"] * 9, 30, None),
        ("in_doubt", ["lost"], 60, None),
        ("no_report", ["lost"], 2 * 86400, None),
        ("no_sim", [], 60, gone),
    ],
)
def test_what_the_outbox_tells_leads_to_the_cause(tmp_path, cause, plan, seconds, meanwhile):
    assert story(tmp_path, plan, seconds, meanwhile) == cause
