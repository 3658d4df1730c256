"""What the customers' phones have received: whole messages, and those of which parts are missing."""

import asyncio
from collections.abc import Callable

from posterm.sim.modem.phone import same_number
from posterm.sim.modem.tpdu import Submit

KEPT = 1000  # messages remembered in each list


class Inbox:
    """All phones' inboxes. log: called with each whole message, the number in full."""

    def __init__(self, log: Callable[[dict], None] | None = None):
        self._log = log
        self._changed = asyncio.Event()
        self.whole: list[dict] = []
        self.partial: dict[tuple, dict] = {}

    def collect(self, message: Submit, reference: int, time: str) -> bool:
        """Take one part; True when the message is whole by it."""
        if message.concat is None:
            self._receive(message, {1: message.text}, [reference], None, time)
            return True
        ref, total, part = message.concat
        if not 1 <= part <= total:
            return False  # 3GPP 23.040 §9.2.3.24.1: such an element is ignored
        key = (message.number, ref, total)
        entry = self.partial.setdefault(
            key, {"number": message.number, "concat": ref, "total": total, "parts": {}, "references": []}
        )
        entry["parts"][part] = message.text
        entry["references"].append(reference)
        whole = len(entry["parts"]) == total
        if whole:
            del self.partial[key]
            self._receive(message, entry["parts"], entry["references"], {"reference": ref, "total": total}, time)
        while len(self.partial) > KEPT:
            del self.partial[next(iter(self.partial))]
        return whole

    def _receive(
        self, message: Submit, parts: dict[int, str], references: list[int], udh: dict | None, time: str
    ) -> None:
        entry = {
            "number": message.number,
            "text": "".join(parts[part] for part in sorted(parts)),
            "parts": len(parts),
            "references": references,
            "coding": message.coding,
            "class": message.message_class,
            "udh": udh,
            "time": time,
        }
        self.whole.append(entry)
        del self.whole[:-KEPT]
        if self._log is not None:
            self._log(entry)
        self._changed.set()

    def messages(self, number: str | None = None) -> list[dict]:
        """Return what one phone, or all, received so far."""
        return [entry for entry in self.whole if number is None or same_number(number, entry["number"])]

    def incomplete(self) -> list[dict]:
        """Return messages of which parts are missing: number, concat, total, have, references."""
        return [
            {
                "number": entry["number"],
                "concat": entry["concat"],
                "total": entry["total"],
                "have": sorted(entry["parts"]),
                "references": entry["references"],
            }
            for entry in self.partial.values()
        ]

    async def wait(self, count: int, timeout: float, number: str | None = None) -> list[dict]:
        """Return the messages once there are `count`. Raises ValueError after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while len(self.messages(number)) < count:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - loop.time())
            except asyncio.TimeoutError:
                raise ValueError(f"only {len(self.messages(number))} of {count} messages arrived") from None
        return self.messages(number)

    def clear(self) -> None:
        """Empty the phones."""
        self.whole.clear()
        self.partial.clear()
