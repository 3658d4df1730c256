"""Transactions that somebody has to look at, because a customer's answer says otherwise than the record.

checks = Checks("/flash", log)
checks.add("000001.000012-c", "no")         # from the desk, see questions.py for the reasons
checks.due()                                # the first one the host has not been asked about, or None
checks.settle("000001.000012-c", "host 00")

The record itself never changes here: a message is no proof, only a reason to ask the host. The latest 20 are kept in
checks.json; nothing stays in memory but how many wait.
"""

import json
import os

from micropython import const

_MAX = const(20)


class Checks:
    """Args: `directory` for checks.json, `log(event, detail)`."""

    def __init__(self, directory, log):
        self._path = directory + "/checks.json"
        self._log = log
        self.waiting = 0
        self._count(self.rows())

    def rows(self):
        """Return [key of the notice, why, what the host said or ""] of each, oldest first."""
        try:
            with open(self._path) as file:
                rows = json.load(file)
        except OSError:
            return []
        except ValueError:
            self._log("check.file", "unreadable")
            return []
        if not isinstance(rows, list):
            return []
        return [row for row in rows if isinstance(row, list) and len(row) == 3][-_MAX:]

    def add(self, key, why):
        """Note that the record behind a notice must be looked at; the same one again changes nothing. Raises OSError."""
        rows = self.rows()
        for row in rows:
            if row[0] == key and (row[1] == why or not row[2]):
                return
        rows.append([key, why, ""])
        self._store(rows[-_MAX:])
        self._log("check.open", "%s %s" % (key, why))

    def due(self):
        """Return the key of the oldest one nobody has been asked about, or None."""
        if not self.waiting:
            return None
        for row in self.rows():
            if not row[2]:
                return row[0]
        self.waiting = 0
        return None

    def settle(self, key, result):
        """Store what came of it: "host 00", "by hand"… Raises OSError."""
        rows = self.rows()
        for row in rows:
            if row[0] == key and not row[2]:
                row[2] = result
                self._log("check.done", "%s %s" % (key, result))
        self._store(rows)

    def _count(self, rows):
        self.waiting = 0
        for row in rows:
            self.waiting += not row[2]

    def _store(self, rows):
        with open(self._path + ".new", "w") as file:
            json.dump(rows, file)
        os.rename(self._path + ".new", self._path)
        self._count(rows)
