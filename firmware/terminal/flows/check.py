"""Ask the host about a transaction whose customer says otherwise than the record. Loaded while it works.

A cancelled one is asked about with its reversal once more: the host answers 00 when it still had the charge, 25 or 12
when there is nothing to undo, and either way the card is not charged afterwards. About an approved or declined one this
kind of host has no question to answer: it is left to a person and to the settlement ("by hand").
"""

import paycrypt
from terminal.acquirer.errors import HostError
from terminal.security.card import restored

BY_HAND = "by hand"


async def run(services):
    """Take the oldest open check. Returns False when the host could not be asked now: try again later."""
    key = services.checks.due()
    if key is None:
        return True
    batch, _, rest = key.partition(".")
    voucher = rest.partition("-")[0]
    record = services.ledger.find(int(voucher), batch=int(batch)) if batch.isdigit() and voucher.isdigit() else None
    if record is None or record["state"] != "cancelled":
        services.checks.settle(key, BY_HAND)
        return True
    services.modem.claim()
    try:
        card = restored(services.keys.reveal(bytes.fromhex(record["sealed"])))
        code = await services.session.reverse(record, card, record["reason"])
    except HostError as e:
        services.log("check.open", "%s %s" % (key, e.reason))
        return False
    except (paycrypt.Error, ValueError) as e:
        services.log("check.card", "%s %s" % (key, type(e).__name__))
        services.checks.settle(key, BY_HAND)
        return True
    finally:
        services.modem.release()
    services.checks.settle(key, "host " + code)
    return True
