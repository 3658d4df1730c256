"""What is done about a customer's message: an answer bound, a query looked up, feedback kept, help given.

    with borrowed("terminal.notices.requests") as requests:
        requests.take(desk, sender, text, when, sequence)

In this order: services and ourselves (nothing), the end or beginning of offers, robots (nothing), an answer to an open
question, a request, else help once a day. An answer goes through the outbox under a key made of the message's sequence,
so that a repetition after a power cut sends nothing twice. Keeps no state.
"""

from terminal.ondemand import borrowed
from terminal.security import mask

from .outbox import OutboxFull


def take(desk, sender: str, text: str, when: int, sequence: int) -> None:
    """Deal with one message. Raises OSError when something could not be stored: to be repeated."""
    with borrowed("terminal.notices.senders") as senders:
        number = senders.phone(sender)
        ours = senders.same(desk.own, sender) or senders.same(desk.settings["own_mobile"], sender)
    if not number or ours:
        desk.count("service" if not number else "own")
        desk.log("reply.none", "from " + mask.number(sender))
        return
    event = desk.consent.take(sender, text, when) if desk.consent is not None else None
    if event is not None:
        if event:
            _reply(desk, sequence, number, "offer", event, {})
        return
    with borrowed("terminal.notices.reading") as reading:
        found = reading.read(text)
    if found.kind == "robot" or _is_echo(desk, text):
        desk.count("robot")
        desk.log("reply.none", "a robot's, from " + mask.number(sender))
    elif found.kind in ("", "yes", "no") and _answer(desk, sequence, number, when, found):
        return
    elif not desk.settings["requests"]:
        desk.count("off")
    elif found.kind == "query":
        _query(desk, sequence, number, found)
    elif found.kind == "feedback" and found.text:
        _feedback(desk, sequence, number, when, found.text)
    else:
        _reply(desk, sequence, number, "help", "reply_help", {})


def ask_again(desk) -> int:
    """Deal with the questions that have come to an end; return when to look again, in seconds. Raises OSError."""
    with borrowed("terminal.notices.questions") as questions:
        asked = desk.questions(questions)
        for key, number, step in asked.due():
            if step == "again":
                fields = {"voucher": _slip(questions.voucher(key))}
                if not _queue(desk, "reply-" + key, number, "question_again", fields):
                    continue
            elif step == "check" and desk.on_check is not None:
                desk.on_check(key, "unclear")
            asked.moved(key, step)
        return asked.next_due()


def _answer(desk, sequence, number, when, found) -> bool:
    """Bind an answer to its question. False when there is none for it."""
    verdict = found.kind if found.kind in ("yes", "no") else ""
    with borrowed("terminal.notices.questions") as questions:
        outcome, key, checks = desk.questions(questions).answer(number, verdict, found.slip, when, sequence)
        fields = {"voucher": _slip(questions.voucher(key))}
    for checked, why in checks:
        if desk.on_check is not None:
            desk.on_check(checked, why)
    if outcome in ("", "late"):
        if outcome:
            desk.count(outcome)
        return False
    if outcome == "yes":
        if desk.on_confirmed is not None:
            desk.on_confirmed(key)
        _reply(desk, sequence, number, "yes", "reply_confirmed", fields)
    elif outcome == "again":
        _reply(desk, sequence, number, "again", "question_again", fields)
    elif outcome == "unclear" and not checks:
        desk.count("unclear")  # to be asked again later
    else:
        _reply(desk, sequence, number, outcome, "reply_check", fields)
    return True


def _query(desk, sequence, number, found):
    """Slip and card tail must both fit; what is told otherwise does not show which of them does not."""
    record = None
    if not _tallied(desk, "blocked", number):
        record = desk.find(found.slip, found.tail)
    if record is None or record["trace"] != found.slip or record["card"][-4:] != found.tail:
        _reply(desk, sequence, number, "unknown", "reply_unknown", {}, wrong=True)
        return
    language = desk.settings["language"]
    with borrowed("terminal.notices.reading") as reading:
        result, advice = reading.words(language, "state", record["state"])
        kind = reading.words(language, "type", record["type"])[0]
    fields = {
        "voucher": _slip(found.slip),
        "tail": found.tail,
        "amount": "%d.%02d" % (record["amount"] // 100, record["amount"] % 100),
        "time": record["time"],
        "type": kind,
        "result": result,
        "advice": advice,
    }
    _reply(desk, sequence, number, "query", "reply_state", fields)


def _feedback(desk, sequence, number, when, text):
    if not _tallied(desk, "spend", number, "feedback", sequence):
        desk.log("reply.limited", mask.number(number))
        return
    with borrowed("terminal.notices.feedback") as feedback:
        feedback.Feedback(desk.directory + "/feedback").store(sequence, when, mask.number(number), text)
    _queue(desk, "reply-%08x" % sequence, number, "reply_feedback", {})


def _reply(desk, sequence, number, kind, event, fields, wrong=False):
    """Answer within the limits: counted first, then queued."""
    if _tallied(desk, "spend", number, kind, sequence, wrong):
        _queue(desk, "reply-%08x" % sequence, number, event, fields)
    else:
        desk.log("reply.limited", mask.number(number))


def _tallied(desk, what, *args):
    with borrowed("terminal.notices.tally") as tally:
        return getattr(desk.tally(tally), what)(*args)


def _queue(desk, key, number, event, fields) -> bool:
    """False when the outbox is full; whatever else is wrong with a text is logged, and another try would not help.

    While notices are not switched on nothing is answered: an answer that waits for days is worse than none."""
    if desk.allows is not None and not desk.allows("reply"):
        desk.log("reply.none", key + " notices are not on")
        return True
    fields["merchant"] = desk.settings["merchant_name"]
    fields["hotline"] = desk.settings["hotline"]
    try:
        desk.box.queue(key, event, "reply", number, desk.words.render(event, "customer", fields))
    except OutboxFull:
        desk.log("reply.notqueued", key + " outbox full")
        return False
    except ValueError as error:
        desk.log("reply.notqueued", "%s %s" % (key, type(error).__name__))
    return True


def _is_echo(desk, text) -> bool:
    """A notice of ours, or of another sender that signs like a service, has come back: people do not begin so."""
    text = text.strip()
    return text[:1] in ("【", "[") or text.startswith(desk.settings["merchant_name"] + ":")


def _slip(voucher) -> str:
    return "%06d" % max(0, voucher)
