"""KeyStore and MacStream."""

from threading import Lock

from ._arguments import HEALTH, check, flag, number, octets, text, view, writable
from ._core import ffi, lib


class KeyStore:
    """Sixteen write-only key slots, numbered 0 to 15. The memory is wiped when the store goes.

    Threads may share a store: its calls run one after the other.
    """

    __module__ = "paycrypt"
    __slots__ = ("_code", "_lock", "_out", "_size", "_store")

    def __init__(self) -> None:
        self._store = ffi.gc(ffi.new("pc_keystore_t *"), lib.pc_keystore_erase_all)
        lib.pc_keystore_init(self._store, HEALTH)
        self._lock = Lock()
        # of the last code that was made: room for each call of its own would cost as much time as the call
        self._out = ffi.new("uint8_t[]", lib.PC_BLOCK_MAX)
        self._size = ffi.new("size_t *")
        self._code = ffi.buffer(self._out)

    def _run(self, function, *arguments) -> None:
        with self._lock:
            check(function(self._store, *arguments))

    def load(self, slot: int, usage: int, key: bytes, /, cipher: int = 0, strict: bool = False) -> bytes:
        """Enter a clear key and return its check value (4 bytes).

        `cipher` DES: 8, 16 or 24 bytes (KEK 16 or 24, DUKPT 16); AES: 16, 24 or 32; SM4: 16, for all usages but DUKPT;
        0: AES for a DATA key of 32 bytes, else DES. `strict` refuses weak DES keys and equal neighbouring parts.
        """
        slot, usage, key, cipher = number(slot), number(usage), octets(key), number(cipher)
        kcv = ffi.new("uint8_t[]", lib.PC_KCV)
        self._run(lib.pc_keystore_load, slot, usage, cipher, flag(strict), key, len(key), kcv)
        return bytes(kcv)

    def load_under(
        self,
        slot: int,
        usage: int,
        kek: int,
        cryptogram: bytes,
        kcv: bytes,
        /,
        iv: bytes | None = None,
        cipher: int = 0,
        kcv_method: int = 0,
        strict: bool = False,
    ) -> None:
        """Enter a key encrypted under the KEK in slot `kek`: in CBC mode from `iv` (one block), without it in ECB mode.

        `kcv` (3 to 5 bytes) must be the beginning of its check value, made by `kcv_method` (KCV_LEGACY, KCV_CMAC; 0:
        CMAC for AES, legacy for the others); otherwise nothing changes. `cipher` 0: AES for a DATA key of 32 bytes,
        else the KEK's for 16 bytes, else DES.
        """
        slot, usage, kek = number(slot), number(usage), number(kek)
        cryptogram, kcv, start = view(cryptogram), view(kcv), view(b"" if iv is None else iv)
        wrapped = ffi.new("pc_wrapped_key_t *")
        wrapped.cryptogram, wrapped.size = cryptogram, len(cryptogram)
        wrapped.kcv, wrapped.kcv_size = kcv, len(kcv)
        wrapped.iv, wrapped.iv_size = ffi.NULL if iv is None else start, len(start)
        wrapped.cipher, wrapped.kcv_method, wrapped.strict = number(cipher), number(kcv_method), flag(strict)
        self._run(lib.pc_keystore_load_under, slot, usage, kek, wrapped)

    def load_working(self, kek: int, pin_slot: int, mac_slot: int, field62: bytes, /, strict: bool = False) -> None:
        """Enter PIN and MAC key of a sign-in answer (field 62, 24 or 40 bytes; SM4: 40), both or none."""
        kek, pin_slot, mac_slot, field62 = number(kek), number(pin_slot), number(mac_slot), octets(field62)
        self._run(lib.pc_keystore_load_working, kek, pin_slot, mac_slot, flag(strict), field62, len(field62))

    def load_block(self, slot: int, kek: int, block: str | bytes, /, strict: bool = False) -> bytes:
        """Enter the key of a TR-31 key block under the KEK in slot `kek`; return its check value (4 bytes).

        Usage, modes and algorithm are those of the block's header: versions A, B and C under triple DES, D under AES.
        """
        slot, kek, block = number(slot), number(kek), text(block)
        kcv = ffi.new("uint8_t[]", lib.PC_KCV)
        self._run(lib.pc_keystore_load_block, slot, kek, flag(strict), block, len(block), kcv)
        return bytes(kcv)

    def usage(self, slot: int, /) -> int | None:
        """Usage of the key in a slot, None when it is empty."""
        usage = ffi.new("int *")
        self._run(lib.pc_keystore_usage, number(slot), usage)
        return usage[0] or None

    def kcv(self, slot: int, /, method: int = 0) -> bytes | None:
        """Check value (4 bytes) of the key in a slot, None when it is empty. `method` as in `load_under`."""
        slot, method = number(slot), number(method)
        kcv = ffi.new("uint8_t[]", lib.PC_KCV)
        with self._lock:
            status = lib.pc_keystore_kcv(self._store, slot, method, kcv)
        if status == lib.SLOT_IS_EMPTY:
            return None
        check(status)
        return bytes(kcv)

    def erase(self, slot: int, /) -> None:
        """Wipe one slot."""
        self._run(lib.pc_keystore_erase, number(slot))

    def erase_all(self) -> None:
        """Wipe every slot."""
        self._run(lib.pc_keystore_erase_all)

    def mac(self, slot: int, alg: int, data: bytes, /, pad: int = 1) -> bytes:
        """Authentication code of `data` under a MAC or DATA key: 8 bytes, or 16 for AES and SM4.

        `pad` is the padding method of ISO/IEC 9797-1 (1 zeros, 2 a one bit and zeros) for MAC_X919 and MAC_CBC.
        """
        # asking for the types that nearly every call has costs less than the functions that take all
        if type(data) is not bytes:
            data = view(data)
        if not (type(slot) is type(alg) is type(pad) is int and -1 < slot < 16 and -1 < alg < 16 and -1 < pad < 16):
            slot, alg, pad = number(slot), number(alg), number(pad)
        with self._lock:
            status = lib.pc_keystore_mac(self._store, slot, alg, pad, data, len(data), self._out, self._size)
            if status:
                check(status)
            return self._code[: self._size[0]]

    def verify(self, slot: int, alg: int, data: bytes, mac: bytes, /, pad: int = 1) -> bool:
        """Whether `mac` is the code of `data`; constant time. A code of another length is False."""
        slot, alg, data, mac, pad = number(slot), number(alg), octets(data), octets(mac), number(pad)
        equal = ffi.new("int *")
        self._run(lib.pc_keystore_verify, slot, alg, pad, data, len(data), mac, len(mac), equal)
        return bool(equal[0])

    def mac_stream(self, slot: int, alg: int, /, pad: int = 1) -> "MacStream":
        """The same code in pieces: an object with update(data) and digest()."""
        stream = MacStream.__new__(MacStream)
        stream._keystore = self
        stream._stream = ffi.new("pc_mac_stream_t *")
        self._run(lib.pc_keystore_stream_start, number(slot), number(alg), number(pad), stream._stream)
        return stream

    def pin_block(self, slot: int, fmt: int, pin: bytearray, pan: str | bytes | None, /, entropy=None) -> bytes:
        """Encrypted PIN block of ISO 9564-1 format `fmt`: 0, 1 and 3 with DES, 4 with AES.

        `pin` is a bytearray of 4 to 12 ASCII digits and is zeroed in every case; `pan` has 13 to 19 digits, 12 to 19
        for format 4, and may be None for format 1. `entropy(n)` returns n random bytes: formats 1, 3 and 4 need some.
        """
        digits = writable(pin)
        try:
            slot, fmt = number(slot), number(fmt)
            pan = b"" if pan is None and fmt == 1 else text(pan)
            fill, fill_size = ffi.NULL, 0
            needed = lib.pc_pinblock_fill(fmt)
            if needed and entropy is not None:
                drawn = octets(entropy(needed))
                # one byte more than any format takes, so that the key store sees a fill that is too long
                fill_size = min(len(drawn), lib.PC_PINBLOCK_FILL_MAX + 1)
                fill = ffi.new("uint8_t[]", lib.PC_PINBLOCK_FILL_MAX + 1)
                ffi.memmove(fill, drawn, fill_size)
            with self._lock:
                check(
                    lib.pc_keystore_pin_block(
                        self._store,
                        slot,
                        fmt,
                        digits,
                        len(digits),
                        pan,
                        len(pan),
                        fill,
                        fill_size,
                        self._out,
                        self._size,
                    )
                )
                return self._code[: self._size[0]]
        finally:
            lib.pc_memory_wipe(digits, len(digits))
            ffi.release(digits)

    def wrap(self, slot: int, data: bytes, /, aad: bytes = b"") -> bytes:
        """AES-SIV (RFC 5297) of at most 256 bytes under a 32-byte DATA key: 16 bytes longer than `data`.

        Deterministic; `aad` is always exactly one string of associated data, also when it is empty.
        """
        slot, data, aad = number(slot), octets(data), octets(aad)
        out = ffi.new("uint8_t[]", lib.PC_SIV_TAG + lib.PC_WRAP_MAX)
        self._run(lib.pc_keystore_wrap, slot, data, len(data), aad, len(aad), out)
        return ffi.buffer(out)[: lib.PC_SIV_TAG + len(data)]

    def unwrap(self, slot: int, blob: bytes, /, aad: bytes = b"") -> bytes:
        """Undo `wrap`; an Error for `blob` when it or `aad` is not what was wrapped."""
        slot, blob, aad = number(slot), octets(blob), octets(aad)
        out = ffi.new("uint8_t[]", lib.PC_WRAP_MAX)
        try:
            self._run(lib.pc_keystore_unwrap, slot, blob, len(blob), aad, len(aad), out)
            return ffi.buffer(out)[: len(blob) - lib.PC_SIV_TAG]
        finally:
            lib.pc_memory_wipe(out, lib.PC_WRAP_MAX)

    def seal(self, secret: bytes, /) -> bytes:
        """All slots as one authenticated blob under the 32-byte device secret; deterministic, always of one size."""
        secret = octets(secret)
        blob = ffi.new("uint8_t[]", lib.PC_SEAL_SIZE)
        self._run(lib.pc_seal_store, secret, len(secret), blob)
        return bytes(blob)

    def unseal(self, blob: bytes, secret: bytes, /) -> None:
        """Replace all slots by those of a sealed blob; an Error, and no change, when it is not authentic."""
        blob, secret = octets(blob), octets(secret)
        self._run(lib.pc_seal_restore, blob, len(blob), secret, len(secret))


class MacStream:
    """A code in the making; KeyStore.mac_stream makes it. It holds no key and fails once its slot has another one."""

    __module__ = "paycrypt"
    __slots__ = ("_keystore", "_stream")

    def __init__(self) -> None:
        raise TypeError("KeyStore.mac_stream makes it")

    def update(self, data: bytes, /) -> None:
        """Add a piece of any size."""
        data = octets(data)
        self._keystore._run(lib.pc_keystore_stream_update, self._stream, data, len(data))

    def digest(self) -> bytes:
        """The code; ends the stream."""
        keystore = self._keystore
        with keystore._lock:
            check(lib.pc_keystore_stream_finish(keystore._store, self._stream, keystore._out, keystore._size))
            return keystore._code[: keystore._size[0]]
