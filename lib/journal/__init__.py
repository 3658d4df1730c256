"""Append-only journal that survives a power cut at any byte.

    import journal

    log = journal.Journal("/data/ledger")
    sequence = log.append("sale", b"...")           # on the medium when it returns
    for sequence, kind, payload in log.replay():    # oldest first, one record in memory
        ...
    log.compact(lambda sequence, kind, payload: kind != "note")

Works on any directory whose file system renames in one step: POSIX, littlefs, FAT. One Journal object a directory.
"""

from .log import Full, Journal
from .record import MAX_KIND, MAX_PAYLOAD

__all__ = ("MAX_KIND", "MAX_PAYLOAD", "Full", "Journal")
