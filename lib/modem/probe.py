"""What this modem with this SIM can do for SMS: asked once, then kept in the modem's memory.

    found = await probe(ask, profile)    # {"sms": True, "reports": "direct", "cnmi": "2,1,0,1,0", "storage": "SM"}

Status reports may come directly (+CDS), or be stored and announced (+CDSI), or not at all. 3GPP 27.005 §3.4.1.
"""

from .errors import CommandError
from .readings import offered

_REPORTS = ("none", "direct", "stored")  # by <ds> of AT+CNMI


def _routings(groups) -> list:
    """Values for AT+CNMI that the modem offers, best first: buffered, messages stored and announced, direct reports."""
    if len(groups) < 4:
        return []
    found = []
    for ds in ("1", "2", "0"):
        if ds not in groups[3]:
            continue
        for mode in ("2", "1", "3"):
            if mode in groups[0] and "1" in groups[1]:
                text = mode + ",1,0," + ds
                if len(groups) > 4 and groups[4]:
                    text += ",0" if "0" in groups[4] else "," + groups[4][0]
                found.append(text)
                break
    return found


async def _offer(ask, text: str, prefix: str) -> list:
    try:
        lines = await ask(text, prefix)
    except CommandError:
        return []
    return offered(lines[0]) if lines else []


async def _accepted(ask, text: str) -> bool:
    try:
        await ask(text)
    except CommandError:
        return False
    return True


async def probe(ask, profile) -> dict:
    """`ask(text, *prefixes)` gives a command. Leaves the routing set. Raises ModemError when the modem is lost."""
    groups = await _offer(ask, "AT+CNMI=?", "+CNMI:")
    routing = ""
    for text in _routings(groups) + [text for text in profile.report_routing if not groups]:
        if await _accepted(ask, "AT+CNMI=" + text):
            routing = text
            break
    else:
        # refused although offered, or nothing offered that is known
        for text in profile.report_routing:
            if groups and await _accepted(ask, "AT+CNMI=" + text):
                routing = text
                break
    groups = await _offer(ask, "AT+CPMS=?", "+CPMS:")
    storage = ""
    for name in profile.storages:
        if groups and name in groups[-1]:
            storage = name
            break
    ds = routing.split(",")[3] if routing else "0"
    return {"sms": True, "reports": _REPORTS[int(ds)], "cnmi": routing, "storage": storage}
