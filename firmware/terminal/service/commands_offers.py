"""Console commands about offers by SMS. See console.py; loaded while one works. The offers lie in offers.json."""

import sms


async def offers(console, services, _arguments):
    """The offers, what became of them, and how many numbers agreed."""
    agreed, left = services.consent.count()
    await console.say("agreed=%d ended=%d" % (agreed, left))
    if services.offers is None:
        await console.say("off: setting `offers`")
        return
    try:
        for offer in services.offers.offers():
            await console.say(
                "%s group=%s %s to %s" % (offer["id"], offer["group"] or "-", offer["from"], offer["until"])
            )
    except ValueError as e:
        await console.say("offers.json is refused: %s" % e)
    for row in services.offers.status():
        await console.say("%s sent=%d delivered=%d failed=%d left=%d" % tuple(row))


async def join(console, services, arguments):
    """Take in a number whose owner asked for offers. It is not echoed."""
    await _with_number(console, lambda number: services.consent.join(number, arguments[0] if arguments else ""))


async def leave(console, services, _arguments):
    """Take a number out."""
    await _with_number(console, services.consent.leave)


async def _with_number(console, act):
    await console.say("number (not echoed):")
    line = bytes(await console.read(echo=False)).decode("ascii", "ignore")
    try:
        done = act(sms.check_number(line))
    except ValueError as e:
        await console.say("refused: %s" % e)
    except OSError as e:
        await console.say("refused: not stored, error %d" % e.errno)
    else:
        await console.say("ok" if done is not False else "none: it is not among them")
