"""Message memory of the SIM and the module."""

from dataclasses import dataclass

UNREAD, READ = 0, 1


@dataclass
class Stored:
    """One message: status of 27.005 §3.1 and the PDU with its SMSC octets."""

    status: int
    pdu: bytes


class Storage:
    """Slots numbered from 0, as on the SIM7600."""

    def __init__(self, size: int):
        self.size = size
        self.slots: dict[int, Stored] = {}

    def add(self, pdu: bytes) -> int | None:
        """Store an unread message in the lowest free slot; None when full."""
        for index in range(self.size):
            if index not in self.slots:
                self.slots[index] = Stored(UNREAD, pdu)
                return index
        return None

    def delete(self, index: int, scope: int) -> None:
        """Delete one (scope 0), or all with status read (1 to 3), or all (4), 27.005 §3.5.4."""
        if scope == 0:
            self.slots.pop(index, None)
        elif scope == 4:
            self.slots.clear()
        else:
            self.slots = {i: stored for i, stored in self.slots.items() if stored.status == UNREAD}
