"""Sealed stores and derivation states: they come back whole, or nothing changes."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import paycrypt
from paycrypt_stores import DOUBLE, KEK, OTHER, SECRET, fails, state, store_with

SIZE = 616
HEADER = b"PCKS\x02\x10\x25\x00"
MESSAGE = b"message"


@pytest.fixture
def store():
    return store_with(paycrypt.KEK, KEK)


@pytest.fixture
def full():
    store = store_with(paycrypt.KEK, KEK)
    store.load(1, paycrypt.PIN, DOUBLE)
    store.load(2, paycrypt.MAC, OTHER[:8])
    store.load(3, paycrypt.MAC, OTHER + DOUBLE[:8])
    store.load(4, paycrypt.DUKPT, OTHER)
    store.load(5, paycrypt.MAC, OTHER, cipher=paycrypt.AES)
    store.load(6, paycrypt.MAC, OTHER, cipher=paycrypt.SM4)
    store.load(15, paycrypt.DATA, SECRET)
    return store


def test_a_sealed_store_comes_back_whole(full):
    blob = full.seal(SECRET)
    assert len(blob) == SIZE
    assert blob == full.seal(SECRET)
    other = store_with(paycrypt.MAC, OTHER, slot=9)
    other.unseal(blob, SECRET)
    assert state(other) == state(full)
    assert other.wrap(15, MESSAGE) == full.wrap(15, MESSAGE)
    assert other.seal(SECRET) == blob
    for key in (KEK, DOUBLE, OTHER, SECRET):
        assert not any(key[i : i + 4] in blob for i in range(len(key) - 3))


def test_an_empty_store_seals_to_the_same_size(full):
    assert len(paycrypt.KeyStore().seal(SECRET)) == len(full.seal(SECRET))


def test_unseal_refuses_every_changed_bit(store, full):
    before = state(store)
    blob = bytearray(full.seal(SECRET))
    for bit in range(8 * len(blob)):
        blob[bit // 8] ^= 1 << bit % 8
        # the fifth byte is the version
        reason = "unknown version" if bit // 8 == 4 else "not authentic"
        assert fails("blob", store.unseal, blob, SECRET) == reason
        blob[bit // 8] ^= 1 << bit % 8
    assert state(store) == before
    store.unseal(blob, SECRET)


def test_unseal_refuses_another_secret_version_and_length(store, full):
    before = state(store)
    blob = full.seal(SECRET)
    for bit in range(256):
        other = bytearray(SECRET)
        other[bit // 8] ^= 1 << bit % 8
        assert fails("blob", store.unseal, blob, other) == "not authentic"
    for size in (0, 7, 8, 23, SIZE - 1):
        assert fails("blob", store.unseal, blob[:size], SECRET) == "wrong length"
    assert fails("blob", store.unseal, blob + b"\0", SECRET) == "wrong length"
    for size in (0, 16, 31, 33, 64):
        assert fails("secret", store.unseal, blob, bytes(size)) == "wrong length"
        assert fails("secret", full.seal, bytes(size)) == "wrong length"
    assert state(store) == before


def test_an_older_version_is_named(store):
    # as version 1 wrote it: 584 bytes, 35 a slot
    header = b"PCKS\x01\x10\x20\x00"
    blob = header + AESSIV(SECRET).encrypt(bytes(16 * 35), [header])
    assert fails("blob", store.unseal, blob, SECRET) == "unknown version"
    assert store.usage(0) == paycrypt.KEK


def record(usage, cipher, size, modes=15, alg=0, key=b""):
    return bytes((usage, cipher, size, modes, alg)) + key.ljust(32, b"\0")


@pytest.mark.parametrize(
    "last",
    [
        record(9, paycrypt.DES, 16),
        record(paycrypt.KEK, paycrypt.DES, 8),
        record(paycrypt.KEK, 0, 16),
        record(paycrypt.PIN, paycrypt.AES, 8),
        record(paycrypt.MAC, 4, 16),
        record(paycrypt.MAC, paycrypt.DES, 255),
        record(paycrypt.MAC, paycrypt.DES, 0),
        record(paycrypt.MAC, paycrypt.SM4, 32),
        record(paycrypt.DUKPT, paycrypt.SM4, 16),
        record(paycrypt.MAC, paycrypt.DES, 16, modes=16),
        record(paycrypt.MAC, paycrypt.DES, 16, alg=5),
        record(paycrypt.MAC, paycrypt.DES, 8, key=bytes(31) + b"\1"),
        record(0, 0, 0, 0, key=bytes(31) + b"\1"),
        record(0, 0, 0, 15),
    ],
    ids=lambda value: value.hex()[:10],
)
def test_unseal_refuses_impossible_slots_even_when_authentic(store, last):
    before = state(store)
    blob = HEADER + AESSIV(SECRET).encrypt(bytes(37 * 15) + last, [HEADER])
    assert fails("blob", store.unseal, blob, SECRET) == "impossible content"
    assert state(store) == before


# --- derivation states ------------------------------------------------------------------------------------------

STATES = [(paycrypt.DES, 16, 376), (paycrypt.AES, 16, 552), (paycrypt.AES, 24, 808), (paycrypt.AES, 32, 1064)]
KSN = {paycrypt.DES: bytes.fromhex("FFFF9876543210E00000"), paycrypt.AES: bytes.fromhex("123456789012345600000000")}


def begun(cipher, size, steps=5):
    store, dukpt = store_with(paycrypt.DUKPT, (DOUBLE + OTHER)[:size], cipher=cipher), paycrypt.Dukpt()
    dukpt.start(store, 0, KSN[cipher])
    for _ in range(steps):
        dukpt.next()
    return store, dukpt


def following(dukpt, count=8):
    """Serial numbers and PIN keys to come."""
    store, seen = paycrypt.KeyStore(), []
    for _ in range(count):
        ksn = dukpt.next()
        dukpt.load(store, 0, paycrypt.DUKPT_PIN)
        seen.append((ksn, store.kcv(0)))
    return seen


@pytest.mark.parametrize(("cipher", "size", "length"), STATES)
def test_a_sealed_state_goes_on_where_it_was(cipher, size, length):
    store, dukpt = begun(cipher, size)
    blob = dukpt.seal(SECRET)
    assert len(blob) == length
    assert blob == dukpt.seal(SECRET)
    other = paycrypt.Dukpt()
    other.unseal(blob, SECRET)
    assert other.ksn() == dukpt.ksn()
    # the transaction under way is not kept
    assert fails("dukpt", other.load, store, 1, paycrypt.DUKPT_PIN) == "no transaction begun"
    assert following(other) == following(dukpt)


@pytest.mark.parametrize(("cipher", "size", "length"), STATES[:2])
def test_a_sealed_state_with_a_changed_bit_changes_nothing(cipher, size, length):
    _, dukpt = begun(cipher, size)
    blob, ksn = bytearray(dukpt.seal(SECRET)), dukpt.next()
    for bit in range(8 * length):
        blob[bit // 8] ^= 1 << bit % 8
        assert fails("blob", dukpt.unseal, blob, SECRET) in ("not authentic", "unknown version", "wrong length")
        blob[bit // 8] ^= 1 << bit % 8
    assert dukpt.ksn() == ksn
    dukpt.unseal(blob, SECRET)
    assert dukpt.ksn() != ksn


def test_a_state_takes_no_other_secret_length_or_blob():
    store, dukpt = begun(paycrypt.AES, 16)
    blob, empty = dukpt.seal(SECRET), paycrypt.Dukpt()
    assert fails("blob", empty.unseal, blob, bytes(32)) == "not authentic"
    assert fails("blob", empty.unseal, blob[:4] + b"\1" + blob[5:], SECRET) == "unknown version"
    for size in (0, 7, 8, len(blob) - 1):
        assert fails("blob", empty.unseal, blob[:size], SECRET) == "wrong length"
    for size in (0, 31, 33):
        assert fails("secret", empty.unseal, blob, bytes(size)) == "wrong length"
        assert fails("secret", dukpt.seal, bytes(size)) == "wrong length"
    # a store's blob is no state, a state's no store
    fails("blob", empty.unseal, store.seal(SECRET), SECRET)
    fails("blob", store.unseal, blob, SECRET)
    assert fails("dukpt", empty.seal, SECRET) == "nothing loaded"
    assert fails("dukpt", empty.ksn) == "nothing loaded"
