"""What a step's outcome must look like from outside the firmware: at the host, on the paper, on the phones.

Each check returns a short text for the person watching, or raises `Failed` saying what was found instead.
"""

from posterm.rig import Rig


class Failed(AssertionError):
    """A step did not happen as it must; the text says what was seen."""


def demand(condition: object, otherwise: str) -> None:
    """Raise Failed(otherwise) unless `condition` holds."""
    if not condition:
        raise Failed(otherwise)


def host_event(rig: Rig, kind: str, after: int, **expected: object) -> dict:
    """Return the host's next event of `kind` after event number `after`, its fields checked against `expected`."""
    event = rig.acquirer.call("wait_event", type=kind, after=after, timeout=15)["event"]
    for name, value in expected.items():
        demand(event.get(name) == value, f"the host's {kind} event has {name} {event.get(name)!r}, not {value!r}")
    return event


def transactions(rig: Rig, tail: str) -> list[dict]:
    """Return the host's book of the card ending in `tail`."""
    return [row for row in rig.acquirer.call("ledger")["transactions"] if row["card"].endswith(tail)]


def charged(rig: Rig, tail: str) -> int:
    """Return what the host has charged to the card ending in `tail`, in fen."""
    return rig.acquirer.call("charged", card=tail)["charged"]


def slips(rig: Rig) -> list[dict]:
    """Return the finished slips: number, text."""
    return [slip for slip in rig.printer.call("slips")["slips"] if slip["ended"]]


def wait_slips(rig: Rig, count: int, timeout: float = 20) -> list[dict]:
    """Wait until `count` slips are finished; return them all."""

    def enough() -> list[dict] | None:
        found = slips(rig)
        return found if len(found) >= count else None

    return rig.wait_until(enough, timeout, f"slip number {count}")


def messages(rig: Rig, number: str, count: int, timeout: float = 15) -> list[dict]:
    """Wait until the phone `number` has `count` messages; return them."""
    return rig.modem.call("wait_inbox", n=count, number=number, timeout=timeout)["messages"]


def delivered(rig: Rig, key: str, timeout: float = 15) -> None:
    """Wait until the terminal has taken in the delivery report of notice `key`."""

    def reported() -> bool:
        return any(line.startswith(key) and " delivered " in line for line in rig.console.ask("notices"))

    rig.wait_until(reported, timeout, f"the delivery report of notice {key}")


def contains(text: str, *parts: str, where: str) -> None:
    """Demand that `text` holds every one of `parts`."""
    for part in parts:
        demand(part in text, f"{where} lacks {part!r}")
