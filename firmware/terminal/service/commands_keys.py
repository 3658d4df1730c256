"""Console commands of the technician about keys and money. See console.py; loaded while one works."""

from binascii import unhexlify

import paycrypt


async def settle(console, services, _arguments):
    """Close the pending reversal without an answer, when people have settled it: its trace number confirms."""
    ledger = services.ledger
    pending = ledger.pending
    if pending is None:
        await console.say("none: no reversal is pending")
        return
    await console.say("trace number of the sale settled with the acquirer:")
    if bytes(await console.read(echo=True)) != b"%06d" % pending["trace"]:
        await console.say("refused: another trace number is pending")
        return
    ledger.settle(pending)
    services.log("reversal.settled", "trace %06d by hand" % pending["trace"])
    await console.say("ok")


async def tmk(console, services, _arguments):
    """Ask for two components of 32 or 48 hexadecimal digits; the key is their XOR.

    A single person enters zeros as the second one.
    """
    first = await _component(console, "component 1")
    if first is None:
        return
    second = await _component(console, "component 2")
    if second is None:
        paycrypt.wipe(first)
        return
    try:
        if len(first) != len(second):
            await console.say("refused: the components differ in length")
            return
        for i in range(len(first)):
            first[i] ^= second[i]
        kcv = services.keys.load_master(first)
    except paycrypt.Error as e:
        await console.say("refused: %s (the same component twice?)" % e)
        return
    finally:
        paycrypt.wipe(first)
        paycrypt.wipe(second)
    text = "".join("%02X" % b for b in kcv)
    services.log("tmk.loaded", "check value " + text)
    await console.say("ok check value " + text)


async def _component(console, name):
    await console.say("%s, 32 or 48 hexadecimal digits (not echoed):" % name)
    line = await console.read(echo=False)
    try:
        if len(line) not in (32, 48):
            raise ValueError
        return bytearray(unhexlify(bytes(line)))
    except ValueError:
        await console.say("refused: 32 or 48 hexadecimal digits")
        return None
    finally:
        paycrypt.wipe(line)
