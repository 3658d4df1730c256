"""The technician's password: salted, slowly hashed, tries counted in flash before they are compared.

The first login on a new terminal sets the password. File technician.json: salt, hash, tries. A damaged file is no new
terminal: it locks.
"""

import asyncio
import hashlib
import json
import os
from errno import ENOENT

from micropython import const

import paycrypt

_ROUNDS = const(2000)  # of SHA-256: about half a second on an ESP32
_TRIES = const(5)
_LOW = const(6)
_HIGH = const(32)


class Technician:
    """Args: `storage` directory, `entropy(n)`, `log`."""

    def __init__(self, storage, entropy, log):
        self._path = storage + "/technician.json"
        self._entropy = entropy
        self._log = log
        try:
            with open(self._path) as file:
                state = json.load(file)
            self._state = {"salt": str(state["salt"]), "hash": str(state["hash"]), "tries": int(state["tries"])}
        except OSError as e:
            if e.errno != ENOENT:
                raise
            self._state = None
        except (ValueError, TypeError, KeyError):
            log("technician.damaged")
            self._state = {"salt": "", "hash": "", "tries": _TRIES}

    @property
    def is_set(self):
        return self._state is not None

    @property
    def tries_left(self):
        return _TRIES - self._state["tries"] if self._state else _TRIES

    async def set(self, password):
        """Set the password: bytearray of 6 to 32 octets, wiped. Returns False when its length is not allowed."""
        try:
            if not _LOW <= len(password) <= _HIGH:
                return False
            salt = self._entropy(16)
            self._state = {"salt": _hex(salt), "hash": _hex(await _hash(salt, password)), "tries": 0}
        finally:
            paycrypt.wipe(password)
        self._store()
        self._log("technician.set")
        return True

    async def check(self, password):
        """Return True when `password` (bytearray, wiped) is right. A wrong one costs one of five tries, also over a power cut."""
        try:
            if self.tries_left <= 0:
                return False
            self._state["tries"] += 1
            self._store()
            given = await _hash(bytes.fromhex(self._state["salt"]), password)
            right = paycrypt.equal(given, bytes.fromhex(self._state["hash"]))
        finally:
            paycrypt.wipe(password)
        if right:
            self._state["tries"] = 0
            self._store()
        self._log("technician.login", "ok" if right else "refused, %d tries left" % self.tries_left)
        return right

    def _store(self):
        with open(self._path + ".new", "w") as file:
            json.dump(self._state, file)
        os.rename(self._path + ".new", self._path)


async def _hash(salt, password):
    digest = hashlib.sha256(bytes(salt) + bytes(password)).digest()
    for i in range(_ROUNDS):
        digest = hashlib.sha256(digest + salt).digest()
        if i % 100 == 0:
            await asyncio.sleep(0)  # the payment loop goes on
    return digest


def _hex(data):
    return "".join("%02x" % b for b in data)
