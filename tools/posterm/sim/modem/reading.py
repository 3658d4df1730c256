"""AT+CMGR, CMGL and CMGD: what lies in the message memories."""

from collections.abc import Awaitable, Callable

from posterm.sim.modem.results import CmsFailure, Command, Failure
from posterm.sim.modem.storage import READ, UNREAD, Storage, Stored
from posterm.sim.modem.textmode import STATUS_WORDS
from posterm.sim.modem.tpdu import tpdu_length

BAD_INDEX = 321
ALL = 4  # <stat> of AT+CMGL


class Reading:
    """The way in."""

    def __init__(self, messages):
        self.messages = messages
        self.sim = messages.sim
        self.commands: dict[str, Callable[[Command], Awaitable]] = {
            "+CMGR": self.read,
            "+CMGL": self.list,
            "+CMGD": self.delete,
        }

    @property
    def _storage(self) -> Storage:
        return self.messages.storages[self.messages.memories[0]]

    def _shown(self, head: str, entry: Stored, place: str = "") -> str:
        if self.messages.text.on:
            return self.messages.text.stored(head + place, entry)
        return self.messages.block(f"{head}{place}{entry.status},,{tpdu_length(entry.pdu)}", entry.pdu)

    async def read(self, command: Command):
        if command.op == "=?":
            return []
        self.messages.need_ready()
        entry = self._storage.slots.get(command.number(0, 0, 999))
        if entry is None:
            if "empty_ok" in self.sim.config.variants:
                return []
            raise CmsFailure(BAD_INDEX)
        await self.sim.faults.passing("cmgr")
        answer = self._shown("+CMGR: ", entry)
        await self.sim.faults.halfway("cmgr_half", f"\r\n{answer}".encode("latin-1"))
        entry.status = READ if entry.status == UNREAD else entry.status
        return [answer]

    def _wanted(self, command: Command) -> int:
        if not self.messages.text.on:
            return command.number(0, 0, ALL, default=0)
        word = command.string(0, default="REC UNREAD").upper()
        if word not in (*STATUS_WORDS, "ALL"):
            raise Failure
        return ALL if word == "ALL" else STATUS_WORDS.index(word)

    async def list(self, command: Command):
        if command.op == "=?":
            words = ",".join(f'"{word}"' for word in (*STATUS_WORDS, "ALL"))
            return [f"+CMGL: ({words if self.messages.text.on else '0-4'})"]
        self.messages.need_ready()
        wanted = self._wanted(command)
        lines = []
        for index, entry in sorted(self._storage.slots.items()):
            if wanted in (ALL, entry.status):
                lines.append(self._shown("+CMGL: ", entry, f"{index},"))
                entry.status = READ if entry.status == UNREAD else entry.status
        return lines

    async def delete(self, command: Command):
        self.messages.need_ready()
        storage = self._storage
        if command.op == "=?":
            return [f"+CMGD: ({','.join(map(str, sorted(storage.slots)))}),(0-4)"]
        index, scope = command.number(0, 0, 999), command.number(1, 0, 4, default=0)
        if scope == 0 and index not in storage.places:
            raise CmsFailure(BAD_INDEX)
        storage.delete(index, scope)
        self.messages.room_made()
        return []
