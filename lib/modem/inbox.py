"""Messages the modem stored: read, hand on, then delete. Nothing is deleted that was not read and taken.

    +CMTI: "SM",3   ->  AT+CPMS="SM"  AT+CMGR=3  on_pdu(...)  AT+CMGD=3

A full or unknown storage (index -1, more news than the list holds, a fault on the way) is gone through from its first
to its last place, a few places at a time.
"""

from micropython import const

from .errors import CommandError, ModemError
from .job import SMS

_WAITING_LIMIT = const(16)
_PLACES_LIMIT = const(255)
_STEP = const(8)  # places at a time


def pdu_kind(pdu: str):
    """ "CDS" for a status report, "CMT" for any other message, None when it is no PDU. 3GPP 23.040 §9.2.3.1."""
    if len(pdu) < 6 or len(pdu) > 400 or len(pdu) % 2:
        return None
    for char in pdu:
        if char not in "0123456789ABCDEFabcdef":
            return None
    first = 2 + 2 * int(pdu[:2], 16)
    if first + 2 > len(pdu):
        return None
    return "CDS" if int(pdu[first : first + 2], 16) & 3 == 2 else "CMT"


def _storage_name(field: str):
    name = field.strip().strip('"')
    return name if len(name) == 2 and "AA" <= name <= "ZZ" else None


class Inbox:
    def __init__(self, dialogue, deliver, log):
        self._dialogue = dialogue
        self._deliver = deliver  # deliver(pdu) -> bool: taken
        self._log = log
        self._waiting = []
        self._selected = None
        self._rest = None  # [storage, next place, places, messages left, storages done] of a sweep under way
        self.sweep = False
        self.kept = False  # a message was read and not taken
        self.crowded = False  # the modem said that its storage is full; nothing was deleted since
        self.on_news = None
        dialogue.urcs["+CMTI"] = self._announced
        dialogue.urcs["+CDSI"] = self._announced

    @property
    def pending(self) -> bool:
        return self.sweep or self._rest is not None or bool(self._waiting)

    def reset(self) -> None:
        """After a start of the modem: places and selection are unknown."""
        self._waiting = []
        self._selected = self._rest = None
        self.sweep = True

    def full(self) -> None:
        """The modem says that its storage is full."""
        self.crowded = True
        self._look_everywhere()

    def _look_everywhere(self) -> None:
        self.sweep = True
        if self.on_news is not None:
            self.on_news()

    def _announced(self, text: str, pdu) -> None:
        fields = text[text.find(":") + 1 :].split(",")
        storage = _storage_name(fields[0])
        index = fields[1].strip() if len(fields) > 1 else ""
        if index == "-1":
            self.full()
            return
        if storage is None or not index.isdigit() or len(index) > 4 or len(self._waiting) >= _WAITING_LIMIT:
            self._look_everywhere()
            return
        self._waiting.append((storage, int(index)))
        if self.on_news is not None:
            self.on_news()

    async def work(self) -> None:
        """Fetch some of what was announced; `.pending` tells whether to come again. Raises ModemError; what was not
        fetched is found again later."""
        try:
            if self._waiting:
                storage, index = self._waiting.pop(0)
                await self._select(storage)
                if not await self._fetch(index) and storage == "SR":
                    self.sweep = True  # some announce a report there and keep it elsewhere
            elif self._rest is not None:
                await self._step(self._rest)
            elif self.sweep:
                self.sweep = self.kept = False
                await self._begin([])
        except CommandError as error:
            self._rest = None
            self._log("storage refused", str(error))
        except ModemError:
            self._rest = None
            self.sweep = True
            raise

    async def _select(self, storage: str) -> list:
        """Returns [used, places] of the storage, or [] when it was selected before."""
        if storage == self._selected:
            return []
        self._selected = None
        lines = await self._dialogue.command(f'AT+CPMS="{storage}"', "+CPMS:", rank=SMS)
        self._selected = storage
        fields = lines[0][6:].split(",") if lines else []
        return [int(field) for field in fields[:2] if field.strip().isdigit()]

    async def _fetch(self, index: int) -> bool:
        """Read one place; True when a message was there."""
        try:
            lines = await self._dialogue.command(f"AT+CMGR={index}", "+CMGR:", timeout=10, rank=SMS)
        except CommandError:
            return False  # an empty or illegal place
        if len(lines) < 2:
            return False  # a bare OK: nothing was read, so nothing is deleted
        if lines[0][6:].split(",")[0].strip() not in ("0", "1"):
            return True  # an outgoing message somebody stored
        if self._deliver(lines[1]):
            await self._dialogue.command(f"AT+CMGD={index}", timeout=10, rank=SMS)
            self.crowded = False
        else:
            self.kept = True
        return True

    async def _begin(self, done) -> None:
        """Start with the next storage that holds something."""
        self._rest = None
        lines = await self._dialogue.command("AT+CPMS?", "+CPMS:", rank=SMS)
        fields = lines[0][6:].split(",") if lines else []
        for at in range(0, min(len(fields), 9), 3):
            storage = _storage_name(fields[at])
            used = fields[at + 1].strip() if at + 1 < len(fields) else ""
            if storage is None or storage in done or not used.isdigit() or not int(used[:4]):
                continue
            self._selected = None
            counts = await self._select(storage)
            if len(counts) == 2:
                self._rest = [storage, 0, min(counts[1], _PLACES_LIMIT), counts[0], done + [storage]]
                return

    async def _step(self, rest) -> None:
        storage, first, places, left, done = rest
        await self._select(storage)
        for index in range(first, min(first + _STEP, places + 1)):
            if left <= 0:
                break
            left -= await self._fetch(index)
        if left > 0 and first + _STEP <= places:
            self._rest = [storage, first + _STEP, places, left, done]
        else:
            await self._begin(done)
