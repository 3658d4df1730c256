"""Keys that arrive under other keys, data under a key, and the sealed store: all or nothing."""

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import paycrypt

KEK = bytes.fromhex("CA5D92598DCA48CE8A4C76361A9269E9")
PIK = bytes.fromhex("807A23AD32B36D457AE91FDF927570EA")
MAK = bytes.fromhex("5BB5C72CD00B73380123456789ABCDEF")
SECRET = bytes(range(32))
MESSAGE = b"message"


def ecb(key, data):
    triple = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    return Cipher(TripleDES(triple), modes.ECB()).encryptor().update(data)


def kcv(key):
    return ecb(key, bytes(8))[:4]


def field62(pik, mak):
    mak_part = ecb(KEK, mak)
    return ecb(KEK, pik) + kcv(pik) + mak_part + bytes(len(pik) - len(mak_part)) + kcv(mak)


def fails(argument, call, *args, **options):
    with pytest.raises(paycrypt.Error) as caught:
        call(*args, **options)
    assert caught.value.argument == argument
    return caught.value.reason


def state(store):
    return [(store.usage(slot), store.kcv(slot)) for slot in range(16)]


@pytest.fixture
def store():
    store = paycrypt.KeyStore()
    store.load(0, paycrypt.KEK, KEK)
    store.load(1, paycrypt.PIN, bytes(range(16)))
    store.load(2, paycrypt.MAC, bytes(range(8)))
    return store


# --- under a KEK ------------------------------------------------------------------------------------------------


def test_load_under_replaces_a_key(store):
    store.load_under(1, paycrypt.PIN, 0, ecb(KEK, PIK), kcv(PIK)[:3])
    assert store.kcv(1) == kcv(PIK)


def test_load_under_can_bring_the_next_kek(store):
    store.load_under(0, paycrypt.KEK, 0, ecb(KEK, PIK), kcv(PIK))
    assert (store.usage(0), store.kcv(0)) == (paycrypt.KEK, kcv(PIK))


@pytest.mark.parametrize(
    ("argument", "arguments"),
    [
        ("kcv", (1, paycrypt.PIN, 0, ecb(KEK, PIK), bytes(4))),
        ("kcv", (1, paycrypt.PIN, 0, ecb(KEK, PIK), kcv(PIK)[:2])),
        ("kcv", (1, paycrypt.PIN, 0, ecb(KEK, PIK), kcv(PIK) + b"\0")),
        ("kcv", (1, paycrypt.PIN, 0, ecb(KEK, PIK), b"")),
        ("cryptogram", (1, paycrypt.PIN, 0, ecb(KEK, PIK)[:15], kcv(PIK))),
        ("cryptogram", (1, paycrypt.PIN, 0, b"", kcv(PIK))),
        ("cryptogram", (1, paycrypt.DATA, 0, bytes(32), kcv(PIK))),
        ("cryptogram", (1, paycrypt.KEK, 0, bytes(8), kcv(PIK))),
        ("usage", (1, 9, 0, ecb(KEK, PIK), kcv(PIK))),
        ("slot", (16, paycrypt.PIN, 0, ecb(KEK, PIK), kcv(PIK))),
        ("kek", (1, paycrypt.PIN, 5, ecb(KEK, PIK), kcv(PIK))),
        ("kek", (1, paycrypt.PIN, 2, ecb(KEK, PIK), kcv(PIK))),
        ("kek", (1, paycrypt.PIN, -1, ecb(KEK, PIK), kcv(PIK))),
    ],
)
def test_load_under_changes_nothing_when_it_fails(store, argument, arguments):
    before = state(store)
    fails(argument, store.load_under, *arguments)
    assert state(store) == before


# --- sign-in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pik", "mak"), [(PIK, MAK[:8]), (PIK, MAK), (PIK[:8], MAK[:8])])
def test_sign_in_layouts(store, pik, mak):
    store.load_working(0, 1, 2, field62(pik, mak))
    assert (store.kcv(1), store.kcv(2)) == (kcv(pik), kcv(mak))


@pytest.mark.parametrize("pik_size", [16, 8])
def test_sign_in_takes_both_keys_or_none(store, pik_size):
    before = state(store)
    good = field62(PIK[:pik_size], MAK[:8])
    mac_part = pik_size + 4
    padding = range(mac_part + 8, mac_part + pik_size)
    for place in range(len(good)):
        if place in padding:
            continue
        bad = bytearray(good)
        bad[place] ^= 0x40
        reason = fails("field62", store.load_working, 0, 1, 2, bad)
        assert ("PIN key" in reason) == (place < mac_part)
        assert state(store) == before


@pytest.mark.parametrize("size", [0, 23, 25, 39, 41, 80])
def test_sign_in_of_another_length(store, size):
    assert fails("field62", store.load_working, 0, 1, 2, bytes(size)) == "wrong length"


@pytest.mark.parametrize(
    ("argument", "slots"),
    [
        ("mac_slot", (0, 1, 1)),
        ("mac_slot", (0, 1, 0)),
        ("pin_slot", (0, 0, 2)),
        ("pin_slot", (0, 16, 2)),
        ("mac_slot", (0, 1, 16)),
        ("kek", (16, 1, 2)),
        ("kek", (1, 3, 4)),
    ],
)
def test_sign_in_names_the_wrong_slot(store, argument, slots):
    before = state(store)
    fails(argument, store.load_working, *slots, field62(PIK, MAK[:8]))
    assert state(store) == before


# --- wrap -------------------------------------------------------------------------------------------------------


def test_unwrap_refuses_every_changed_bit_and_other_data(store):
    store.load(5, paycrypt.DATA, SECRET)
    blob = store.wrap(5, b"batch record", aad=b"trace 17")
    assert store.unwrap(5, blob, aad=b"trace 17") == b"batch record"
    for bit in range(len(blob) * 8):
        bad = bytearray(blob)
        bad[bit // 8] ^= 1 << bit % 8
        assert fails("blob", store.unwrap, 5, bad, aad=b"trace 17") == "not authentic"
    fails("blob", store.unwrap, 5, blob, aad=b"trace 18")
    fails("blob", store.unwrap, 5, blob)
    fails("blob", store.unwrap, 5, blob[:-1], aad=b"trace 17")
    for size in (0, 15, 273, 1000):
        assert fails("blob", store.unwrap, 5, bytes(size)) == "wrong length"
    store.load(5, paycrypt.DATA, SECRET[::-1])
    fails("blob", store.unwrap, 5, blob, aad=b"trace 17")


def test_wrap_limits(store):
    store.load(5, paycrypt.DATA, SECRET)
    assert store.unwrap(5, store.wrap(5, b"")) == b""
    assert len(store.wrap(5, bytes(256))) == 272
    assert fails("data", store.wrap, 5, bytes(257)) == "wrong length"
    store.load(6, paycrypt.DATA, SECRET[:16])
    assert fails("slot", store.wrap, 6, b"") == "not for this key's cipher"


# --- seal -------------------------------------------------------------------------------------------------------


@pytest.fixture
def full():
    store = paycrypt.KeyStore()
    store.load(0, paycrypt.KEK, KEK)
    store.load(1, paycrypt.PIN, PIK)
    store.load(2, paycrypt.MAC, MAK[:8])
    store.load(3, paycrypt.MAC, MAK + PIK[:8])
    store.load(4, paycrypt.DUKPT, MAK)
    store.load(5, paycrypt.MAC, MAK, cipher=paycrypt.AES)
    store.load(15, paycrypt.DATA, SECRET)
    return store


def test_a_sealed_store_comes_back_whole(full):
    blob = full.seal(SECRET)
    assert len(blob) == 584
    assert blob == full.seal(SECRET)
    other = paycrypt.KeyStore()
    other.load(9, paycrypt.MAC, MAK)
    other.unseal(blob, SECRET)
    assert state(other) == state(full)
    for slot in (2, 3, 5, 15):
        assert other.mac(slot, paycrypt.MAC_CMAC, MESSAGE) == full.mac(slot, paycrypt.MAC_CMAC, MESSAGE)
    assert other.wrap(15, MESSAGE) == full.wrap(15, MESSAGE)
    assert other.seal(SECRET) == blob
    for key in (KEK, PIK, MAK, SECRET):
        assert key[:8] not in blob


def test_an_empty_store_seals_to_the_same_size(full):
    assert len(paycrypt.KeyStore().seal(SECRET)) == len(full.seal(SECRET))


def test_unseal_refuses_a_changed_bit_anywhere(store, full):
    before = state(store)
    blob = full.seal(SECRET)
    for place in range(len(blob)):
        bad = bytearray(blob)
        bad[place] ^= 1 << place % 8
        fails("blob", store.unseal, bad, SECRET)
    assert state(store) == before


def test_unseal_refuses_another_secret_version_and_length(store, full):
    before = state(store)
    blob = full.seal(SECRET)
    assert fails("blob", store.unseal, blob, bytes(32)) == "not authentic"
    assert fails("blob", store.unseal, blob[:4] + b"\x02" + blob[5:], SECRET) == "unknown version"
    for size in (0, 7, 8, 23, 583):
        assert fails("blob", store.unseal, blob[:size], SECRET) == "wrong length"
    assert fails("blob", store.unseal, blob + b"\0", SECRET) == "wrong length"
    for size in (0, 16, 31, 33, 64):
        assert fails("secret", store.unseal, blob, bytes(size)) == "wrong length"
        assert fails("secret", full.seal, bytes(size)) == "wrong length"
    assert state(store) == before


@pytest.mark.parametrize(
    "record",
    [
        bytes((9, 1, 16)) + bytes(32),
        bytes((paycrypt.KEK, 1, 8)) + bytes(32),
        bytes((paycrypt.PIN, 2, 16)) + bytes(32),
        bytes((paycrypt.MAC, 3, 16)) + bytes(32),
        bytes((paycrypt.MAC, 1, 255)) + bytes(32),
        bytes((paycrypt.MAC, 1, 8)) + bytes(31) + b"\1",
        bytes((0, 0, 0)) + bytes(31) + b"\1",
    ],
)
def test_unseal_refuses_impossible_slots_even_when_authentic(store, record):
    before = state(store)
    header = b"PCKS\x01\x10\x20\x00"
    text = bytes(35 * 15) + record
    blob = header + AESSIV(SECRET).encrypt(text, [header])
    assert fails("blob", store.unseal, blob, SECRET) == "impossible content"
    assert state(store) == before
