"""Keys, MACs and PIN blocks: the C core of paycrypt under CPython, with the names of the device's module.

    store = paycrypt.KeyStore()
    store.load(0, paycrypt.KEK, terminal_master_key)
    store.load_working(0, 1, 2, field62)                      # sign-in answer: PIN key and MAC key
    block = store.pin_block(1, 0, pin, pan)                   # `pin` is a bytearray and is zero afterwards
    code = store.mac(2, paycrypt.MAC_ECB_UNIONPAY, message)   # field 64

No call returns a key. Errors are `paycrypt.Error` with the attributes `argument` and `reason`.
"""

from operator import index

from ._core import ffi, lib

KEK = lib.PC_USAGE_KEK
PIN = lib.PC_USAGE_PIN
MAC = lib.PC_USAGE_MAC
DATA = lib.PC_USAGE_DATA
DUKPT = lib.PC_USAGE_DUKPT

DES = lib.PC_CIPHER_DES
AES = lib.PC_CIPHER_AES

MAC_ECB_UNIONPAY = lib.PC_MAC_ECB_UNIONPAY
MAC_X919 = lib.PC_MAC_X919
MAC_CBC = lib.PC_MAC_CBC
MAC_CMAC = lib.PC_MAC_CMAC


class Error(ValueError):
    """Invalid input. `argument` names it, `reason` says why; the text is "argument: reason" and holds no value."""

    argument = ""
    reason = ""


def _check(status: int) -> None:
    if status:
        argument = ffi.string(lib.pc_status_argument(status)).decode()
        reason = ffi.string(lib.pc_status_reason(status)).decode()
        error = Error(f"{argument}: {reason}")
        error.argument = argument
        error.reason = reason
        raise error


def _number(value) -> int:
    """`value` as a C int; one that does not fit becomes -1, which no argument allows."""
    number = index(value)
    return number if -0x80000000 <= number < 0x80000000 else -1


def _buffer(value):
    return ffi.from_buffer("uint8_t[]", value)


def _writable(value):
    try:
        return ffi.from_buffer("uint8_t[]", value, require_writable=True)
    except BufferError:
        raise TypeError("writable buffer expected") from None


class KeyStore:
    """Sixteen write-only key slots, numbered 0 to 15. The memory is wiped when the store goes."""

    __slots__ = ("_store",)

    def __init__(self) -> None:
        self._store = ffi.gc(ffi.new("pc_keystore_t *"), lib.pc_keystore_erase_all)

    def load(self, slot: int, usage: int, key: bytes, /, cipher: int = 0) -> bytes:
        """Enter a clear key and return its check value (4 bytes).

        `key` of 8, 16 or 24 bytes is DES or triple DES; 32 bytes are AES-SIV and for DATA only. `cipher=AES` makes
        16, 24 or 32 bytes an AES key for MAC or DATA. A KEK has 16 or 24 bytes, a DUKPT key 16.
        """
        key = _buffer(key)
        kcv = ffi.new("uint8_t[]", lib.PC_KCV)
        _check(lib.pc_keystore_load(self._store, _number(slot), _number(usage), _number(cipher), key, len(key), kcv))
        return bytes(kcv)

    def load_under(self, slot: int, usage: int, kek: int, cryptogram: bytes, kcv: bytes, /) -> None:
        """Enter a DES key encrypted in ECB mode under the KEK in slot `kek`.

        `kcv` (3 or 4 bytes) must be the beginning of its check value; otherwise nothing changes.
        """
        cryptogram = _buffer(cryptogram)
        kcv = _buffer(kcv)
        _check(
            lib.pc_keystore_load_under(
                self._store,
                _number(slot),
                _number(usage),
                _number(kek),
                cryptogram,
                len(cryptogram),
                kcv,
                len(kcv),
            )
        )

    def load_working(self, kek: int, pin_slot: int, mac_slot: int, field62: bytes, /) -> None:
        """Enter PIN and MAC key of a sign-in answer (field 62, 24 or 40 bytes), both or none."""
        field62 = _buffer(field62)
        _check(
            lib.pc_keystore_load_working(
                self._store, _number(kek), _number(pin_slot), _number(mac_slot), field62, len(field62)
            )
        )

    def usage(self, slot: int, /) -> int | None:
        """Usage of the key in a slot, None when it is empty."""
        usage = ffi.new("int *")
        _check(lib.pc_keystore_usage(self._store, _number(slot), usage))
        return usage[0] or None

    def kcv(self, slot: int, /) -> bytes | None:
        """Check value (4 bytes) of the key in a slot, None when it is empty."""
        if self.usage(slot) is None:
            return None
        kcv = ffi.new("uint8_t[]", lib.PC_KCV)
        _check(lib.pc_keystore_kcv(self._store, _number(slot), kcv))
        return bytes(kcv)

    def erase(self, slot: int, /) -> None:
        """Wipe one slot."""
        _check(lib.pc_keystore_erase(self._store, _number(slot)))

    def erase_all(self) -> None:
        """Wipe every slot."""
        lib.pc_keystore_erase_all(self._store)

    def mac(self, slot: int, alg: int, data: bytes, /, pad: int = 1) -> bytes:
        """Authentication code of `data` under a MAC or DATA key: 8 bytes, or 16 for AES.

        `pad` is the padding method of ISO/IEC 9797-1 (1 zeros, 2 a one bit and zeros) for MAC_X919 and MAC_CBC.
        """
        data = _buffer(data)
        out = ffi.new("uint8_t[]", lib.PC_BLOCK_MAX)
        size = ffi.new("size_t *")
        _check(lib.pc_keystore_mac(self._store, _number(slot), _number(alg), _number(pad), data, len(data), out, size))
        return bytes(out)[: size[0]]

    def verify(self, slot: int, alg: int, data: bytes, mac: bytes, /, pad: int = 1) -> bool:
        """Whether `mac` is the code of `data`; constant time. A code of another length is False."""
        data = _buffer(data)
        mac = _buffer(mac)
        equal = ffi.new("int *")
        _check(
            lib.pc_keystore_verify(
                self._store,
                _number(slot),
                _number(alg),
                _number(pad),
                data,
                len(data),
                mac,
                len(mac),
                equal,
            )
        )
        return bool(equal[0])

    def mac_stream(self, slot: int, alg: int, /, pad: int = 1) -> "MacStream":
        """The same code in pieces: an object with update(data) and digest()."""
        return MacStream(self._store, _number(slot), _number(alg), _number(pad))

    def pin_block(self, slot: int, fmt: int, pin: bytearray, pan: str | bytes, /) -> bytes:
        """Encrypted PIN block of ISO 9564-1 format `fmt` (0).

        `pin` is a bytearray of 4 to 12 ASCII digits and is zeroed in every case; `pan` has 13 to 19 digits.
        """
        writable = _writable(pin)
        try:
            pan = _buffer(pan.encode("utf-8", "replace") if isinstance(pan, str) else pan)
            out = ffi.new("uint8_t[]", lib.PC_BLOCK_MAX)
            size = ffi.new("size_t *")
            _check(
                lib.pc_keystore_pin_block(
                    self._store,
                    _number(slot),
                    _number(fmt),
                    writable,
                    len(writable),
                    pan,
                    len(pan),
                    out,
                    size,
                )
            )
        finally:
            lib.pc_memory_wipe(writable, len(writable))
            ffi.release(writable)
        return bytes(out)[: size[0]]

    def wrap(self, slot: int, data: bytes, /, aad: bytes = b"") -> bytes:
        """AES-SIV (RFC 5297) of at most 256 bytes under a 32-byte DATA key: 16 bytes longer than `data`.

        Deterministic; `aad` is always exactly one string of associated data, also when it is empty.
        """
        data = _buffer(data)
        aad = _buffer(aad)
        out = ffi.new("uint8_t[]", lib.PC_SIV_TAG + lib.PC_WRAP_MAX)
        _check(lib.pc_keystore_wrap(self._store, _number(slot), data, len(data), aad, len(aad), out))
        return bytes(out)[: lib.PC_SIV_TAG + len(data)]

    def unwrap(self, slot: int, blob: bytes, /, aad: bytes = b"") -> bytes:
        """Undo `wrap`; an Error for `blob` when it or `aad` is not what was wrapped."""
        blob = _buffer(blob)
        aad = _buffer(aad)
        out = ffi.new("uint8_t[]", lib.PC_WRAP_MAX)
        try:
            _check(lib.pc_keystore_unwrap(self._store, _number(slot), blob, len(blob), aad, len(aad), out))
            return bytes(out)[: len(blob) - lib.PC_SIV_TAG]
        finally:
            lib.pc_memory_wipe(out, lib.PC_WRAP_MAX)

    def seal(self, secret: bytes, /) -> bytes:
        """All slots as one authenticated blob (584 bytes) under the 32-byte device secret; deterministic."""
        secret = _buffer(secret)
        blob = ffi.new("uint8_t[]", lib.PC_SEAL_SIZE)
        _check(lib.pc_seal_store(self._store, secret, len(secret), blob))
        return bytes(blob)

    def unseal(self, blob: bytes, secret: bytes, /) -> None:
        """Replace all slots by those of a sealed blob; an Error, and no change, when it is not authentic."""
        blob = _buffer(blob)
        secret = _buffer(secret)
        _check(lib.pc_seal_restore(self._store, blob, len(blob), secret, len(secret)))


class MacStream:
    """A code in the making; KeyStore.mac_stream makes it. It holds no key and fails once its slot has another one."""

    __slots__ = ("_store", "_stream")

    def __init__(self, store, slot: int, alg: int, pad: int) -> None:
        self._store = store
        self._stream = ffi.new("pc_mac_stream_t *")
        _check(lib.pc_keystore_stream_start(store, slot, alg, pad, self._stream))

    def update(self, data: bytes, /) -> None:
        """Add a piece of any size."""
        data = _buffer(data)
        _check(lib.pc_keystore_stream_update(self._store, self._stream, data, len(data)))

    def digest(self) -> bytes:
        """The code; ends the stream."""
        out = ffi.new("uint8_t[]", lib.PC_BLOCK_MAX)
        size = ffi.new("size_t *")
        _check(lib.pc_keystore_stream_finish(self._store, self._stream, out, size))
        return bytes(out)[: size[0]]


def equal(left: bytes, right: bytes, /) -> bool:
    """Whether two buffers are equal; the time depends on their lengths alone."""
    left = _buffer(left)
    right = _buffer(right)
    return len(left) == len(right) and bool(lib.pc_memory_equal(left, right, len(left)))


def wipe(buffer: bytearray, /) -> None:
    """Overwrite a writable buffer with zeros."""
    buffer = _writable(buffer)
    lib.pc_memory_wipe(buffer, len(buffer))
    ffi.release(buffer)


def selftest() -> None:
    """Known answers of every algorithm; an Error whose `argument` names the first that is wrong."""
    _check(lib.pc_selftest_run())
