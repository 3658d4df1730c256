"""Console commands about SMS. See console.py; loaded while one works."""

import sms as lib_sms
from terminal.ondemand import borrowed


async def notices(console, services, _arguments):
    """The notices and their states, oldest first."""
    for key, event, _, number, state, cause, parts, _, _, _ in services.outbox.entries():
        await console.say("%s %s %s %s parts=%d cause=%s" % (key, event, number, state, parts, cause or "-"))


async def doctor(console, services, arguments):
    """Why the notices of one transaction did or did not arrive: evidence, cause, remedy."""
    if not arguments or not arguments[0].isdigit() or len(arguments[0]) > 6:
        await console.say("usage: doctor VOUCHER, up to six digits as on the slip")
        return
    record = services.ledger.find(int(arguments[0]))
    with borrowed("terminal.service.casework") as casework:
        for audience in casework.AUDIENCES if record is not None else ("customer",):
            await console.say("[%s]" % audience)
            for line in casework.chain(services, record, audience, "en"):
                await console.say(line)


async def watch(console, services, _arguments):
    """Success rate, delivery times, causes, parts, alarms, what customers wrote and what the bank says."""
    figures = services.watch.status()
    for name in sorted(figures):
        await console.say("%s=%s" % (name, _shown(figures[name])))
    for prefix, part in (("asked", services.desk), ("bank", services.bank)):
        figures = {} if part is None else part.status()
        if "days" in figures:
            figures["days"] = _week(figures["days"])
        for name in sorted(figures):
            await console.say("%s_%s=%s" % (prefix, name, _shown(figures[name])))


async def checks(console, services, _arguments):
    """Transactions that somebody has to look at, and why."""
    rows = services.checks.rows()
    for key, why, result in rows:
        await console.say("%s %s %s" % (key, why, result or "open"))
    if not rows:
        await console.say("none")


async def preview(console, services, arguments):
    """A notice with the file's sample values; without a name the list of all."""
    words = services.words
    wanted = tuple(arguments[:2]) if len(arguments) > 1 else (arguments[0], "customer") if arguments else None
    names = words.events()
    if wanted is not None and wanted not in names:
        await console.say("unknown: `preview` lists them")
        return
    for name in names if wanted is None else (wanted,):
        encoding, units, parts = words.preview(*name)
        await console.say("%s %s %s %d units %d parts" % (name + (encoding, units, parts)))
    if wanted is not None:
        await console.say(words.sample(*wanted))


async def sms(console, services, arguments):
    """Switch notices off, to trial or on."""
    if len(arguments) != 1 or arguments[0] not in ("off", "trial", "on"):
        await console.say("usage: sms off, sms trial or sms on; now: " + services.enabling.mode)
        return
    try:
        services.enabling.set(arguments[0])
    except ValueError as e:
        await console.say("refused: %s; `trial` must pass first with this modem and SIM" % e)
    except OSError as e:
        await console.say("refused: not stored, error %d" % e.errno)
    else:
        await console.say("ok " + services.enabling.mode)


async def trial(console, services, _arguments):
    """The self-test: whether sending, delivery reports and receiving work, with the real network."""
    told = []

    def show(verdicts):
        told[:] = verdicts

    with borrowed("terminal.notices.selftest") as selftest:
        passed = await selftest.run(services, show)
    for name, verdict, cause in told:
        await console.say("%s=%s%s" % (name, verdict, " " + cause if cause else ""))
    await console.say("passed" if passed else "not passed")


async def resend(console, services, arguments):
    """Send a finished notice again. The number is asked for and not echoed; empty: the old one."""
    key = arguments[0] if len(arguments) == 1 else ""
    if services.outbox.state(key) is None:
        await console.say("usage: resend KEY, a key as `notices` shows it")
        return
    await console.say("new number, empty for the old one (not echoed):")
    line = bytes(await console.read(echo=False)).decode("ascii", "ignore")
    number = None
    if line:
        try:
            number = lib_sms.check_number(line)
        except lib_sms.Error as e:
            await console.say("refused: %s" % e)
            return
    try:
        await console.say("ok " + services.outbox.resend(key, number))
    except ValueError as e:
        await console.say("refused: %s" % e)
    except OSError as e:
        await console.say("refused: not stored, error %d" % e.errno)


def _week(days):
    """Return the sum {kind: count} of [(day, {kind: count})]."""
    counts = {}
    for _, row in days:
        for kind in row:
            counts[kind] = counts.get(kind, 0) + row[kind]
    return counts


def _shown(value):
    if isinstance(value, dict):
        return ",".join("%s:%s" % (name, value[name]) for name in sorted(value)) or "-"
    if isinstance(value, (tuple, list)):
        return ",".join(value) or "-"
    return "-" if value is None else value
