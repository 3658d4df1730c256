"""What is known about a transaction's notice, gathered for the doctor. Loaded while it works.

facts = gathered(services, record, "customer")
what, remedy = told(services, record, "customer", "zh")     # rows for the screen
lines = chain(services, record, "customer", "zh")           # for the technician
"""

from terminal.notices import notice_key
from terminal.ondemand import borrowed

AUDIENCES = ("customer", "merchant")


def gathered(services, record, audience):
    """Return the doctor's facts about the notice of `record` (a ledger record or None) to `audience`."""
    modem = services.modem
    box = services.outbox
    key = None if record is None else latest(box, record, audience)
    alarms = services.watch.alarms
    capabilities = modem.capabilities or {}
    return {
        "record": record,
        "audience": audience,
        "wanted": "" if record is None else _without(record, audience),
        "mode": services.enabling.mode,
        "notice": None if key is None else box.evidence(key),
        "stage": modem.stage,
        "registration": modem.registration,
        "signal": modem.signal,
        "sms": capabilities.get("sms", True),
        "reports": capabilities.get("reports", "direct"),
        "supply": modem.supply_warnings + modem.resets,
        "payment": modem.claimed,
        "ahead": 0 if key is None else _ahead(box, key),
        "full": not services.ledger.has_room,
        "sim_full": modem.storage_full,
        "silent": "reports" in alarms,
        "now": services.clock.seconds(),
        "bank": _bank(services, record),
    }


def latest(box, record, audience):
    """Return the key under which the transaction's notice went last (it may have been sent again), or None."""
    first = notice_key(record, audience)
    found = None
    key = first
    again = 1
    while box.state(key) is not None:
        found = key
        again += 1
        key = "%s~%d" % (first, again)
    return found


def told(services, record, audience, language):
    """Return (what, remedy), each up to two rows of 16 cells, in `language`."""
    with borrowed("terminal.notices.doctor") as doctor:
        words = doctor.words(language, doctor.diagnose(gathered(services, record, audience)).cause)
        return words.what, words.remedy


def chain(services, record, audience, language):
    """Return the evidence step by step, then cause and remedy, as lines of text."""
    with borrowed("terminal.notices.doctor") as doctor:
        facts = gathered(services, record, audience)
        finding = doctor.diagnose(facts)
        lines = doctor.evidence_lines(facts, finding)
        lines.append(doctor.words(language, finding.cause).technician)
        return lines


def _bank(services, record):
    """Return what the bank's messages say of the transaction, "" when nothing is known."""
    if record is None or services.bank is None:
        return ""
    return services.bank.verdict("%06d.%06d" % (record["batch"], record["trace"]))


def _ahead(box, key):
    """Return how many notices wait to be sent that were there before `key`."""
    count = 0
    for row in box.entries():
        if row[0] == key:
            return count
        count += row[4] == "queued"
    return 0


def _without(record, audience):
    """Return why the ledger says there is no such notice, "" when it does not."""
    for word in record.get("without", "").split():
        if word[:2] == audience[0] + ":":
            return word[2:]
    return ""
