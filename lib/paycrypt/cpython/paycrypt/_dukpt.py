"""Dukpt: a derived unique key per transaction."""

from threading import Lock

from ._arguments import HEALTH, check, number, octets, opened
from ._core import ffi, lib
from ._keystore import KeyStore


def _keystore(value) -> KeyStore:
    if not isinstance(value, KeyStore):
        raise TypeError("KeyStore expected")
    return value


class Dukpt:
    """The terminal's side of ANSI X9.24-1 (triple DES) and X9.24-3 (AES). The memory is wiped when it goes.

        dukpt.start(store, 0, ksn)            # once: the initial key moves out of slot 0
        ksn = dukpt.next()                    # for each transaction; store it before its key is used
        dukpt.load(store, 1, DUKPT_PIN)       # slot 1 now makes PIN blocks
        dukpt.finish()

    After a restart `unseal` an older blob and `skip` to the stored serial number. Threads may share it.
    """

    __module__ = "paycrypt"
    __slots__ = ("_dukpt", "_ksn", "_lock", "_size")

    def __init__(self) -> None:
        self._dukpt = ffi.gc(ffi.new("pc_dukpt_t *"), lib.pc_dukpt_init)
        lib.pc_dukpt_init(self._dukpt)
        if HEALTH.status == lib.PC_HEALTH_UNTESTED:
            lib.pc_selftest_run(HEALTH)
        self._ksn = ffi.new("uint8_t[]", lib.PC_DUKPT_KSN_MAX)
        self._size = ffi.new("size_t *")
        self._lock = Lock()

    def _run(self, function, *arguments) -> None:
        opened()
        with self._lock:
            check(function(self._dukpt, *arguments))

    def _serial(self, function) -> bytes:
        opened()
        with self._lock:
            check(function(self._dukpt, self._ksn, self._size))
            return ffi.buffer(self._ksn)[: self._size[0]]

    def start(self, store: KeyStore, slot: int, ksn: bytes, /) -> None:
        """Move the initial key out of a DUKPT slot. `ksn`: 10 bytes (DES), 12 or the first 8 of them (AES).

        Counters up to the one in `ksn` count as used.
        """
        store, slot, ksn = _keystore(store), number(slot), octets(ksn)
        with self._lock:
            store._run(lib.pc_keystore_dukpt_start, slot, ksn, len(ksn), self._dukpt)

    def next(self) -> bytes:
        """Go to the next transaction; return its serial number, to be stored before its key is used."""
        return self._serial(lib.pc_dukpt_next)

    def skip(self, ksn: bytes, /) -> None:
        """Count everything up to the serial number `ksn` as used."""
        ksn = octets(ksn)
        self._run(lib.pc_dukpt_skip, ksn, len(ksn))

    def ksn(self) -> bytes:
        """Serial number of the last transaction begun or skipped."""
        return self._serial(lib.pc_dukpt_ksn)

    def load(self, store: KeyStore, slot: int, purpose: int, /, cipher: int = 0, size: int = 0) -> None:
        """Enter a working key of the current transaction into a slot. `purpose`: DUKPT_PIN, DUKPT_MAC_REQUEST, …

        `cipher` and `size` (bytes) 0: the scheme's own. An AES scheme also gives DES keys.
        """
        store, slot, purpose = _keystore(store), number(slot), number(purpose)
        # as in C, where the size is unsigned
        cipher, size = number(cipher), number(size) % (1 << 32)
        with self._lock:
            store._run(lib.pc_keystore_load_derived, slot, self._dukpt, purpose, cipher, size)

    def finish(self) -> None:
        """The transaction is over: wipe its key."""
        with self._lock:
            lib.pc_dukpt_finish(self._dukpt)

    def seal(self, secret: bytes, /) -> bytes:
        """The state as one authenticated blob under the 32-byte device secret."""
        secret = octets(secret)
        blob, size = ffi.new("uint8_t[]", lib.PC_SEAL_DUKPT_MAX), ffi.new("size_t *")
        self._run(lib.pc_seal_dukpt, secret, len(secret), blob, size)
        return ffi.buffer(blob)[: size[0]]

    def unseal(self, blob: bytes, secret: bytes, /) -> None:
        """Replace the state by a sealed one; an Error, and no change, when it is not authentic."""
        blob, secret = octets(blob), octets(secret)
        self._run(lib.pc_seal_dukpt_restore, blob, len(blob), secret, len(secret))
