"""Message memory of the SIM and the module."""

from dataclasses import dataclass

UNREAD, READ, UNSENT, SENT = 0, 1, 2, 3


@dataclass
class Stored:
    """One message: status of 27.005 §3.1 and the PDU with its SMSC octets."""

    status: int
    pdu: bytes


class Storage:
    """Slots numbered from `first`: 0 on SIM7600 and Quectel, 1 on SIM800."""

    def __init__(self, size: int, first: int = 0):
        self.size = size
        self.first = first
        self.slots: dict[int, Stored] = {}

    @property
    def places(self) -> range:
        return range(self.first, self.first + self.size)

    def add(self, pdu: bytes, status: int = UNREAD) -> int | None:
        """Store a message in the lowest free slot; None when full."""
        for index in self.places:
            if index not in self.slots:
                self.slots[index] = Stored(status, pdu)
                return index
        return None

    def delete(self, index: int, scope: int) -> None:
        """Delete one (scope 0), or all read (1), also sent (2), also unsent (3), or all (4), 27.005 §3.5.4."""
        if scope == 0:
            self.slots.pop(index, None)
            return
        gone = {1: (READ,), 2: (READ, SENT), 3: (READ, SENT, UNSENT), 4: (UNREAD, READ, SENT, UNSENT)}[scope]
        self.slots = {i: stored for i, stored in self.slots.items() if stored.status not in gone}
