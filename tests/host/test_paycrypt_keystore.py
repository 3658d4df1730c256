"""Keys that arrive under other keys, and data under a key: all or nothing."""

import pytest

import paycrypt
from paycrypt_cases import check_value, ecb
from paycrypt_stores import DOUBLE, KEK, OTHER, SECRET, fails, state, store_with

PIK, MAK = DOUBLE, OTHER


def under(key, kek=KEK, cipher=paycrypt.DES):
    return ecb(cipher, kek, key)


def kcv(key, cipher=paycrypt.DES):
    return check_value(cipher, key)[:4]


def field62(pik, mak):
    part = under(mak)
    return under(pik) + kcv(pik) + part + bytes(len(pik) - len(part)) + kcv(mak)


@pytest.fixture
def store():
    store = store_with(paycrypt.KEK, KEK)
    store.load(1, paycrypt.PIN, bytes(range(16)))
    store.load(2, paycrypt.MAC, bytes(range(8)))
    return store


# --- under a KEK ------------------------------------------------------------------------------------------------


def test_load_under_replaces_a_key(store):
    store.load_under(1, paycrypt.PIN, 0, under(PIK), kcv(PIK)[:3])
    assert store.kcv(1) == kcv(PIK)


def test_load_under_can_bring_the_next_kek(store):
    store.load_under(0, paycrypt.KEK, 0, under(PIK), kcv(PIK))
    assert (store.usage(0), store.kcv(0)) == (paycrypt.KEK, kcv(PIK))


def test_load_under_compares_all_that_it_is_given(store):
    value = check_value(paycrypt.DES, PIK)
    for size in (3, 4, 5):
        store.load_under(1, paycrypt.PIN, 0, under(PIK), value[:size])
        for bit in range(8 * size):
            bad = bytearray(value[:size])
            bad[bit // 8] ^= 1 << bit % 8
            assert fails("kcv", store.load_under, 1, paycrypt.PIN, 0, under(PIK), bad) == "check value differs"


def test_load_under_checks_by_the_method_that_is_named(store):
    legacy, cmac = (check_value(paycrypt.DES, PIK, method) for method in (1, 2))
    store.load_under(1, paycrypt.PIN, 0, under(PIK), legacy, kcv_method=paycrypt.KCV_LEGACY)
    store.load_under(1, paycrypt.PIN, 0, under(PIK), cmac, kcv_method=paycrypt.KCV_CMAC)
    fails("kcv", store.load_under, 1, paycrypt.PIN, 0, under(PIK), legacy, kcv_method=paycrypt.KCV_CMAC)
    fails("kcv", store.load_under, 1, paycrypt.PIN, 0, under(PIK), cmac, kcv_method=paycrypt.KCV_LEGACY)


def test_load_under_in_cbc_mode_wants_its_own_iv(store):
    iv = bytes(range(8))
    first = under(bytes(a ^ b for a, b in zip(PIK[:8], iv, strict=True)))
    cryptogram = first + under(bytes(a ^ b for a, b in zip(PIK[8:], first, strict=True)))
    store.load_under(1, paycrypt.PIN, 0, cryptogram, kcv(PIK), iv=iv)
    assert store.kcv(1) == kcv(PIK)
    fails("kcv", store.load_under, 1, paycrypt.PIN, 0, cryptogram, kcv(PIK))
    fails("kcv", store.load_under, 1, paycrypt.PIN, 0, cryptogram, kcv(PIK), iv=bytes(8))


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
        bad = bytearray(good)
        bad[place] ^= 0x40
        reason = fails("field62", store.load_working, 0, 1, 2, bad)
        # padding that is not zeros is half of a double-length key
        assert ("PIN key" in reason) == (place < mac_part) or place in padding
        assert state(store) == before


def test_sign_in_under_sm4_and_aes_takes_forty_bytes_of_that_cipher():
    for cipher in (paycrypt.SM4, paycrypt.AES):
        store = store_with(paycrypt.KEK, KEK, cipher=cipher)
        parts = [under(key, cipher=cipher) + ecb(cipher, key, bytes(16))[:4] for key in (PIK, MAK)]
        store.load_working(0, 1, 2, b"".join(parts))
        code = store_with(paycrypt.MAC, MAK, cipher=cipher).mac(0, paycrypt.MAC_CBC, b"text")
        assert store.mac(2, paycrypt.MAC_CBC, b"text") == code
        assert fails("field62", store.load_working, 0, 3, 4, bytes(24)) == "wrong length"
        fails("field62", store.load_working, 0, 3, 4, parts[0] + parts[1][:8] + bytes(8) + parts[1][16:])
        assert (store.usage(3), store.usage(4)) == (None, None)


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
    for key, cipher in ((SECRET[:16], paycrypt.DES), (SECRET[:16], paycrypt.AES), (SECRET[:16], paycrypt.SM4)):
        store.load(6, paycrypt.DATA, key, cipher=cipher)
        assert fails("slot", store.wrap, 6, b"") == "not for this key's cipher"
        assert fails("slot", store.unwrap, 6, bytes(16)) == "not for this key's cipher"
