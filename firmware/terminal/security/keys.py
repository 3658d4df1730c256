"""The terminal's keys: which slot holds what, sealed in flash under the device's secret.

    keys = Keys(store, storage, secret, entropy, log)
    keys.load_master(bytearray(...)) -> check value     service mode
    keys.load_working(field62)                          at sign-in

The sealed file is replaced by rename: a power cut leaves the old keys or the new ones, never a mixture.
"""

import os
from errno import ENOENT

from micropython import const

import paycrypt

_TMK = const(0)
_PIK = const(1)
_MAK = const(2)
_LOCAL = const(3)  # protects card and phone numbers in this terminal's flash

_AAD = b"posterm.local"


class Keys:
    """Args: `store` a paycrypt.KeyStore, `storage` a directory, `secret` 32 octets, `entropy(n) -> n octets`,
    `log(event, text)`, `strict` whether weak keys and keys with equal halves are refused.
    """

    def __init__(self, store, storage, secret, entropy, log, strict=True):
        self._store = store
        self._strict = strict
        self._path = storage + "/keys.sealed"
        self._secret = secret
        try:
            with open(self._path, "rb") as file:
                store.unseal(file.read(), secret)
        except OSError as e:
            if e.errno != ENOENT:
                raise  # only a file that is not there means a new terminal
        except paycrypt.Error as e:
            log("keys.refused", str(e))
            os.rename(self._path, storage + "/keys.refused")  # evidence for service, never overwritten by new keys
        if store.usage(_LOCAL) is None:
            store.load(_LOCAL, paycrypt.DATA, bytearray(entropy(32)))
            self._seal()

    @property
    def has_master(self):
        """True when a terminal master key is loaded."""
        return self._store.usage(_TMK) is not None

    @property
    def has_working(self):
        """True when a sign-in has left a PIN key and a MAC key."""
        return self._store.usage(_PIK) is not None and self._store.usage(_MAK) is not None

    def load_master(self, key):
        """Load the master key (16 or 24 octets, wiped here) and return its check value; working keys under the old one go.

        Raises paycrypt.Error and changes nothing when its length or its halves are wrong.
        """
        try:
            kcv = self._store.load(_TMK, paycrypt.KEK, key, strict=self._strict)
        finally:
            paycrypt.wipe(key)
        self._store.erase(_PIK)
        self._store.erase(_MAK)
        self._seal()
        return kcv

    def load_working(self, field62):
        """Take the working keys of a sign-in answer. Raises paycrypt.Error and changes nothing when a check value differs."""
        self._store.load_working(_TMK, _PIK, _MAK, field62, strict=self._strict)
        self._seal()

    def check_value(self, name):
        """Return the check value of "TMK", "PIK" or "MAK" as hex, or "-"."""
        slot = {"TMK": _TMK, "PIK": _PIK, "MAK": _MAK}[name]
        if self._store.usage(slot) is None:
            return "-"
        return "".join("%02X" % b for b in self._store.kcv(slot))

    def pin_block(self, pin, card_number):
        """Encrypt `pin` (bytearray of digits, wiped) with the PAN into ISO 9564-1 format 0: 8 octets."""
        return self._store.pin_block(_PIK, 0, pin, card_number)

    def mac(self, algorithm, data):
        """Return the 8 octets of field 64 over `data`. `algorithm`: a paycrypt MAC constant."""
        return self._store.mac(_MAK, algorithm, data)

    def protect(self, data):
        """Encrypt up to 256 octets for this terminal's own flash."""
        return self._store.wrap(_LOCAL, data, _AAD)

    def reveal(self, blob):
        """Undo `protect`. Raises paycrypt.Error (a ValueError) when a bit was changed."""
        return self._store.unwrap(_LOCAL, blob, _AAD)

    def _seal(self):
        with open(self._path + ".new", "wb") as file:
            file.write(self._store.seal(self._secret))
        os.rename(self._path + ".new", self._path)
