"""Commands of the control socket: a script or a test steers the host and reads its books."""

from typing import Any

from posterm.sim.acquirer.cards import Card
from posterm.sim.acquirer.host import AcquirerHost
from posterm.sim.control import CommandTable


class Commands(CommandTable):
    """Answers `{"cmd": name, ...}`; an unknown name or wrong argument raises ValueError with the reason."""

    def __init__(self, host: AcquirerHost):
        self._host = host
        self.table = {
            "status": self._status,
            "events": self._events,
            "wait_event": self._wait_event,
            "ledger": self._ledger,
            "totals": self._totals,
            "charged": self._charged,
            "cards": self._cards,
            "set_card": self._set_card,
            "next": self._next,
            "clear_script": self._clear_script,
            "expire_keys": self._expire_keys,
        }

    async def _status(self) -> dict:
        return self._host.status()

    async def _events(self, type: str | None = None, after: int = 0, where: dict | None = None) -> dict:
        return {"events": self._host.events(type, after, where)}

    async def _wait_event(
        self, type: str | None = None, timeout: float = 10, after: int = 0, where: dict | None = None
    ) -> dict:
        return {"event": await self._host.wait_event(type, timeout, after, where)}

    async def _ledger(self) -> dict:
        return {"transactions": self._host.ledger()}

    async def _totals(self, terminal: str | None = None, batch: str | None = None) -> dict:
        terminal = terminal or next(iter(self._host.config.terminals))
        batch = batch or self._host.settlement.batch(terminal)
        return {"terminal": terminal, "batch": batch, **self._host.settlement.totals(terminal, batch)}

    async def _charged(self, card: str) -> dict:
        return {"charged": self._host.charged(card), "balance": self._host.accounts.by_tail(card).balance}

    async def _cards(self) -> dict:
        return {"cards": [_public(card) for card in self._host.accounts]}

    async def _set_card(self, card: str | None = None, **values: Any) -> dict:
        """Change the card ending in `card` (see cards.CHANGEABLE), or add one by pan, pin, expiry and balance."""
        if card is None:
            made = Card(**values)
            self._host.accounts.add(made)
            return {"card": _public(made)}
        changed = self._host.accounts.change(card, values)
        return {"card": _public(changed)}

    async def _next(self, behaviour: str | dict | None = None, count: int = 1, **fault: object) -> dict:
        """`behaviour` as in the card table, or the parts of a Fault: action, code, seconds, fields, on and so forth."""
        self._host.script(behaviour if behaviour is not None else fault, count)
        return {"script": self._host.status()["script"]}

    async def _clear_script(self) -> dict:
        self._host.clear_script()
        return {}

    async def _expire_keys(self) -> dict:
        self._host.expire_keys()
        return {}


def _public(card: Card) -> dict:
    return {
        "card": card.pan[-4:],
        "name": card.name,
        "balance": card.balance,
        "charged": card.charged,
        "behaviour": card.behaviour,
        "tries": card.tries,
    }
