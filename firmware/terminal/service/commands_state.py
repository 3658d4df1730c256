"""Console commands that show how the terminal is. See console.py; loaded while one works."""

import gc


async def status(console, services, _arguments):
    """Versions, keys, modem and pending work, one `name=value` a line."""
    modem = services.modem
    ledger = services.ledger
    keys = services.keys
    pending = ledger.pending
    rows = (
        ("version", services.version),
        ("board", "%s %s" % (services.board.name, services.board.serial_number)),
        ("tmk", keys.check_value("TMK")),
        ("pik", keys.check_value("PIK")),
        ("mak", keys.check_value("MAK")),
        ("signed_in", _yes(services.session.signed_in)),
        ("batch", "%06d" % ledger.batch),
        ("trace", "%06d" % ledger.trace),
        ("modem", modem.stage or ("ready" if modem.ready else "not ready")),
        ("model", modem.identity.get("model", "-") + _family(modem)),
        ("registration", str(modem.registration)),
        ("signal", "-" if modem.signal is None else str(modem.signal)),
        ("modem_restarts", str(modem.resets)),
        ("supply_warnings", str(modem.supply_warnings)),
        ("reversal", "none" if pending is None else "trace %06d" % pending["trace"]),
        ("room", str(ledger.room)),
        ("notices", services.enabling.mode),
        ("notices_open", str(services.outbox.open_count)),
        ("alarms", ",".join(services.watch.alarms) or "none"),
    ) + _heap()
    for name, value in rows:
        await console.say("%s=%s" % (name, value))


async def last(console, services, _arguments):
    """The last transaction."""
    record = services.ledger.last
    if record is None:
        await console.say("none")
        return
    for name in ("type", "state", "trace", "batch", "amount", "card", "time", "code", "reference", "reason", "without"):
        if name in record:
            await console.say("%s=%s" % (name, record[name]))


async def log(console, services, _arguments):
    """The last events."""
    for line in services.log.last(40):
        await console.say(line)


async def modem(console, services, _arguments):
    """The last lines exchanged with the modem."""
    for line in services.modem.last_dialogue():
        await console.say(line)


async def recording(console, services, _arguments):
    """The dialogue that was kept when the modem last gave trouble."""
    lines = list(services.recordings.lines())
    for line in lines:
        await console.say(line)
    if not lines:
        await console.say("none")


def _family(modem):
    """Return a remark about a model that is in no table."""
    if modem.family_known or not modem.identity.get("model"):
        return ""
    return " (unknown, used like %s: see setting `modem`)" % modem.profile.name


def _heap():
    """Return the rows about the heap after a collection; an interpreter that does not tell adds none."""
    gc.collect()
    return tuple(
        (name, str(getattr(gc, function)()))
        for name, function in (("heap_used", "mem_alloc"), ("heap_free", "mem_free"))
        if hasattr(gc, function)
    )


def _yes(value):
    return "yes" if value else "no"
