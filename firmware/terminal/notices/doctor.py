"""Slip printed, no SMS: which one cause, and which one remedy.

    with borrowed("terminal.notices.doctor") as doctor:
        finding = doctor.diagnose(facts)                    # ("no_network", "2 at the attempt, 4 tries")
        words = doctor.words("zh", finding.cause)
    words.what, words.remedy                                # ("没有手机网络",), ("把终端移到窗边", "检查天线")

The chain is walked from the transaction to the customer's bank; the first link that fails is the cause.

    transaction ─ switch ─ queue ─ modem ─ registration ─ signal ─ supply ─ storage ─ network ─ report ─ phone ─ bank
      unknown      off      no      no      no           weak     modem     flash    refused   phone    look  bank's
      unfinished   trial    number  answer  network      signal   falls     or SIM   with a    off,     at    own one
                            full…   SIM…    denied                over      full     code      none…    it    missing

Which evidence counts depends on how far the notice has got:
    a part is still to go   the terminal as it is now, before what an earlier try met: the present hinders the next try
    it has failed           what was noted at the attempt; the terminal may be well again
    the network had it      codes and reports alone: a weak signal did not hinder it
An answer that names its reason (a barred number) beats circumstances; one that says only "not now" is explained by
them. A supply that broke down during the attempt explains silence, restarts and doubt; it does not explain a SIM that is
missing. A delivery report beats everything.

The codes of network and reports are data (doctor_codes.txt), and so are the words (doctor_zh.txt, doctor_en.txt:
cause|what it is|remedy|sentence for the technician; "/" begins another row of the screen).

facts, all of them optional:
    record        the transaction's record, None when there is none        audience  "customer", "merchant"…
    wanted        why no notice was queued, a cause of the words' table, "" when nobody knows
    mode          "off", "trial", "on"                                     notice    Outbox.evidence(key) or None
    stage, registration, signal   as the modem has them now                sms       whether it can send any
    reports       "direct", "stored", "none"                               silent    none of the latest 10 got a report
    supply        under-voltage warnings and restarts since the start      payment   whether a payment has the line
    ahead         notices before this one                                  full      no room in the terminal
    sim_full      no room on the SIM                                       now       seconds, as the notice's times
    bank          what became of the bank's own message: "", "ok", "missing", "late", "different"
"""

from collections import namedtuple

from micropython import const

from terminal.clock import days

_WEAK = const(8)  # CSQ below it, -97 dBm (3GPP 27.007 §8.5): messages fail or take several tries
_UNSTABLE = const(3)  # breakdowns since the start that make the supply the suspect, without one during the attempt
_FRESH = const(120)  # seconds in which a report usually comes
_FORGOTTEN = const(5 * 86400)  # seconds: no notice lives longer
_SEARCHING = (0, 2, 4)  # +CREG, 3GPP 27.007 §7.2
_DENIED = (3, 8, 11)  # 8, 11: emergency calls only
_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."

# what the modem cannot do now, by its stage
_STAGES = {
    "no answer": "no_modem",
    "no sim": "no_sim",
    "sim locked": "sim_locked",
    "no sms": "no_sms",
    "sms not ready": "sms_not_ready",
    "not registered": "no_network",
    "denied": "denied",
}
# causes that say "not now" and leave the reason to the circumstances
_VAGUE = ("", "no_modem", "sms_not_ready", "no_network", "network", "modem_fault", "expired")
# causes found at the modem itself, before the air
_MODEM = ("no_modem", "no_sim", "sim_locked", "no_sms", "sms_not_ready")

Finding = namedtuple("Finding", ("cause", "detail"))
Words = namedtuple("Words", ("what", "remedy", "technician"))


def diagnose(facts: dict):
    """Return the Finding: a cause of the words' table, and a short English detail without a number."""
    for _, cause, text in _chain(facts):
        if cause:
            return Finding(cause, text)
    return Finding("unexplained", _state(facts.get("notice")))


def words(language: str, cause: str):
    """Return the Words for a cause: tuples `what` and `remedy` of one or two rows of at most 16 cells, and the sentence
    `technician`. Both tuples fit one screen.

    language: "zh" or "en". Raises KeyError for a cause that has none.
    """
    with open("%s/doctor_%s.txt" % (_FOLDER, language), encoding="utf-8") as file:
        for line in file:
            row = line.rstrip("\n").split("|")
            if row[0] == cause:
                return Words(tuple(row[1].split("/")), tuple(row[2].split("/")), row[3])
    raise KeyError(cause)


def evidence_lines(facts: dict, finding) -> list:
    """Return the chain for the serial console: a line a link, "ok", "FAIL" or "-" (tells nothing), and the finding."""
    lines = []
    for step, cause, text in _chain(facts):
        mark = "FAIL" if cause else "ok" if text else "-"
        lines.append(("%-12s %-4s %s" % (step, mark, text)).rstrip())
    lines.append("=> %s: %s" % (finding.cause, finding.detail or "no detail"))
    return lines


def _chain(facts):
    """Iterate over (link, cause or "", what was found). The first cause is the one; the links behind it show the rest."""
    notice = facts.get("notice")
    yield _transaction(facts.get("record"), notice)
    if notice is None:
        yield _unqueued(facts)
        return

    state = notice["state"]
    waits = state in ("queued", "sending")
    doubt = state == "in_doubt"
    code = _last_cause(notice, waits)
    named, meaning = _meaning(code)
    if waits and named == "phone_gone":
        named = "phone_off"  # the network has given up, the terminal has not
    taken = not waits and (state in ("sent", "delivered") or code == "no report" or code.startswith("status"))
    met = not taken and not doubt and (not waits or code != "")  # something went wrong at an attempt
    vague = met and named in _VAGUE
    broken = bool(notice["supply"]) and (vague or doubt)
    present = _STAGES.get(facts.get("stage") or "", "") if waits else ""
    if waits and facts.get("sms") is False and present not in ("no_modem", "no_sim", "sim_locked"):
        present = "no_sms"
    if present and present in _VAGUE and (facts.get("supply") or 0) >= _UNSTABLE:
        broken = True

    yield _switch(facts, notice, waits)
    yield _queue(notice, named)

    cause = ""
    if present in _MODEM:
        cause = present
    elif met and named in _MODEM and _at(notice["registration"]) == "":
        cause = named
    if broken and cause in _VAGUE:
        cause = ""
    yield "modem", cause, _joined(facts.get("stage") or "ready" if waits else "", meaning if cause == named else "")

    cause = present if present in ("no_network", "denied") else ""
    if not cause and (vague or named == "denied"):
        cause = _at(notice["registration"]) or (named if named == "denied" else "")
    if broken and cause == "no_network":
        cause = ""
    yield "registration", cause, _joined(_figure(notice["registration"], facts.get("registration")), _tries(notice))

    strength = notice["signal"] if notice["signal"] is not None else facts.get("signal")
    weak = vague and not broken and _weak(strength)
    yield "signal", "weak_signal" if weak else "", _figure(notice["signal"], facts.get("signal"))

    text = "broke down during the attempt" if notice["supply"] else ""
    if facts.get("supply"):
        text = _joined(text, "%d breakdowns since the start" % facts["supply"])
    yield "supply", "supply" if broken else "", text or "steady"

    if waits and facts.get("full"):
        yield "storage", "storage", "no room in the terminal"
    else:
        yield "storage", "sim_full" if met and named == "sim_full" else "", meaning if named == "sim_full" else "room"

    yield _network(facts, notice, waits, doubt, met, named, _joined(code, meaning, _tries(notice)))
    if taken:
        yield from _afterwards(facts, notice, code, named, meaning)


def _transaction(record, notice):
    if record is None:
        if notice is None:
            return "transaction", "unknown_transaction", "no record"
        return "transaction", "", "none, " + notice["event"]
    text = "%06d %s %s" % (record.get("trace", 0), record["state"], record.get("time", ""))
    return "transaction", "unfinished" if notice is None and record["state"] in ("started", "reversing") else "", text


def _unqueued(facts):
    """Why there is no notice: what was noted then, else what the switch says now."""
    wanted = facts.get("wanted") or ""
    mode = facts.get("mode")
    if wanted == "no_number" and facts.get("audience") == "merchant":
        wanted = "no_merchant"
    if not wanted and (mode == "off" or (mode == "trial" and facts.get("audience") == "customer")):
        wanted = mode
    if not wanted and _age(facts) > _FORGOTTEN:
        wanted = "too_old"
    return "queue", wanted or "unexplained", "no notice queued"


def _age(facts):
    """Seconds since the transaction, 0 when they cannot be told."""
    time = (facts.get("record") or {}).get("time") or ""
    try:
        year, month, day = int(time[:4]), int(time[5:7]), int(time[8:10])
    except ValueError:
        return 0
    return (facts.get("now") or 0) - days(year, month, day) * 86400


def _switch(facts, notice, waits):
    mode = facts.get("mode") or ""
    cause = ""
    if waits and (mode == "off" or (mode == "trial" and notice["audience"] not in ("merchant", "trial"))):
        cause = mode
    return "switch", cause, mode


def _queue(notice, named):
    """Ends that were decided in the terminal."""
    ended = notice["state"] == "failed" and named in ("cancelled", "number_wrong", "no_text", "incomplete")
    ours = ended and notice["cause"].split(" ")[0] not in ("CMS", "status")
    text = "%s %s to %s, %d parts, %s" % (
        notice["key"],
        notice["event"],
        notice["number"],
        len(notice["parts"]),
        _state(notice),
    )
    return "queue", named if ours else "", text


def _network(facts, notice, waits, doubt, met, named, text):
    """What the network said; and what a notice that nothing hinders is waiting for."""
    cause = ""
    if doubt:
        cause = "in_doubt"
    elif met:
        cause = named
    if waits and not cause:
        states = [part[0] for part in notice["parts"]]
        if "sending" in states:
            return "network", "on_its_way", "going out now"
        if "in_doubt" in states:
            return "network", "in_doubt", "a part in doubt, another is to go"
        ahead = facts.get("ahead") or 0
        cause = "payment_first" if facts.get("payment") else "waiting"
        text = "a payment has the line" if facts.get("payment") else "%d before it" % ahead
    elif met and not cause:
        cause = "unexplained"
    return "network", cause, text


def _afterwards(facts, notice, code, named, meaning):
    """Report, phone and bank of a notice that the network has taken."""
    state = notice["state"]
    if state != "delivered" and named not in ("", "delivered"):
        yield "report", named, _joined(code, meaning)
        return
    if state != "delivered" and not named:
        yield _unreported(facts, notice, code)
        return
    waited = notice["delivered"] - notice["sent"]
    yield "report", "", "delivered" + (" after %d s" % waited if 0 <= waited < _FORGOTTEN else "")
    bank = facts.get("bank") or ""
    yield "phone", "delivered" if bank in ("", "ok") else "", "a report says it has arrived"
    yield "bank", {"different": "bank_differs", "missing": "bank", "late": "bank"}.get(bank, ""), bank


def _unreported(facts, notice, code):
    """No final report: not yet, never on this modem, or not for this one."""
    ended = code == "no report"
    arrived = len([part for part in notice["parts"] if part[0] == "delivered"])
    waited = (facts.get("now") or 0) - notice["sent"]
    text = "%d of %d parts reported" % (arrived, len(notice["parts"]))
    if not ended and 0 <= waited < _FRESH:
        return "report", "on_its_way", "sent %d s ago" % waited
    if facts.get("reports") == "none":
        return "report", "reports_off", "the modem gets no reports"
    if facts.get("reports") == "stored" and facts.get("sim_full"):
        return "report", "sim_full", "no room for reports on the SIM"
    if facts.get("silent") and not arrived:
        return "report", "reports_off", "none of the latest 10 got a report"
    if not ended:
        return "report", "late", text
    return "report", "incomplete" if arrived else "no_report", text


def _last_cause(notice, waits):
    """The notice's own cause, or that of the latest try of a part that is not through; "too late" hides such a one."""
    cause = notice["cause"]
    if notice["state"] != "delivered" and (waits or cause in ("", "too late")):
        latest = -1
        for state, _, reason, _, at in notice["parts"]:
            if reason and state != "delivered" and at > latest:
                cause = reason
                latest = at
    return cause


def _meaning(code):
    """Return (cause, name) of a code of the table, ("", "") for one that is not in it."""
    word, _, number = code.rpartition(" ")
    with open(_FOLDER + "/doctor_codes.txt") as file:
        for line in file:
            name, cause, meaning = line.rstrip("\n").split("|")
            if name == code:
                return cause, meaning
            kind, _, span = name.rpartition(" ")
            low, _, high = span.partition("-")
            if kind == word and high and number.isdigit() and int(low) <= int(number) <= int(high):
                return cause, meaning
    return "", ""


def _at(registration):
    """The cause that a registration state is, "" for one that can send or is unknown."""
    if registration in _DENIED:
        return "denied"
    return "no_network" if registration in _SEARCHING else ""


def _weak(signal):
    """CSQ 0 to 31, or 100 to 191 on some modems; 99 and 199 are unknown."""
    if signal is None or signal in (99, 199):
        return False
    return signal < (100 + 2 * _WEAK + 3 if signal >= 100 else _WEAK)


def _figure(then, now):
    if then is not None:
        return "%d at the attempt" % then
    return "" if now is None else "%d now" % now


def _tries(notice):
    return "%d tries" % notice["tries"] if notice["tries"] else ""


def _state(notice):
    if notice is None:
        return "no notice"
    return _joined(notice["state"], notice["cause"])


def _joined(*texts):
    return ", ".join([text for text in texts if text])
