"""DUKPT as a terminal lives with it: serial numbers are stored first, no key serves twice, power fails at any time."""

import random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import dukpt_reading as host
import paycrypt
from paycrypt_cases import check_value
from paycrypt_stores import DOUBLE, OTHER, PAN, SECRET, fails, store_with

AES_IKID = bytes.fromhex("1234567890123456")
TDES_KSN = bytes.fromhex("FFFF9876543210E00000")
SCHEMES = {"tdes": (paycrypt.DES, 16), "aes128": (paycrypt.AES, 16), "aes256": (paycrypt.AES, 32)}
LAST = {"tdes": host.TDES_LAST, "aes128": host.AES_LAST, "aes256": host.AES_LAST}


def ksn_at(scheme, counter):
    return host.tdes_ksn(TDES_KSN, counter) if scheme == "tdes" else AES_IKID + counter.to_bytes(4, "big")


def counter_of(scheme, ksn):
    return host.tdes_counter(ksn) if scheme == "tdes" else int.from_bytes(ksn[8:], "big")


def initial(scheme):
    return (DOUBLE + OTHER)[: SCHEMES[scheme][1]]


def begun(scheme, counter=0):
    """A store, and a state that counts from `counter`."""
    store, dukpt = store_with(paycrypt.DUKPT, initial(scheme), cipher=SCHEMES[scheme][0]), paycrypt.Dukpt()
    dukpt.start(store, 0, ksn_at(scheme, counter))
    return store, dukpt


@pytest.fixture(params=list(SCHEMES))
def scheme(request):
    return request.param


# --- the life of a key ------------------------------------------------------------------------------------------


def test_the_initial_key_leaves_its_slot(scheme):
    store, _ = begun(scheme)
    assert store.usage(0) is None


def test_no_key_before_its_serial_number_is_handed_out_and_none_after_the_end(scheme):
    store, dukpt = begun(scheme)
    assert fails("dukpt", dukpt.load, store, 1, paycrypt.DUKPT_PIN) == "no transaction begun"
    ksn = dukpt.next()
    assert dukpt.ksn() == ksn == ksn_at(scheme, 1)
    dukpt.load(store, 1, paycrypt.DUKPT_PIN)
    dukpt.finish()
    assert fails("dukpt", dukpt.load, store, 2, paycrypt.DUKPT_PIN) == "no transaction begun"
    assert dukpt.ksn() == ksn
    assert (store.usage(1), store.usage(2)) == (paycrypt.PIN, None)


def test_an_empty_state_does_nothing():
    store, dukpt = paycrypt.KeyStore(), paycrypt.Dukpt()
    for call, arguments in (
        (dukpt.next, ()),
        (dukpt.ksn, ()),
        (dukpt.skip, (bytes(10),)),
        (dukpt.seal, (SECRET,)),
        (dukpt.load, (store, 0, paycrypt.DUKPT_PIN)),
    ):
        assert fails("dukpt", call, *arguments) == "nothing loaded"
    dukpt.finish()


def test_a_start_that_fails_changes_nothing():
    store, dukpt = begun("tdes")
    ksn = dukpt.next()
    store.load(0, paycrypt.DUKPT, OTHER)
    for bad, reason in (
        (bytes(9), "wrong length"),
        (bytes(11), "wrong length"),
        (bytes(8), "wrong length"),
        (b"", "wrong length"),
        (ksn_at("tdes", 0x0007FF), "impossible content"),
    ):
        assert fails("ksn", dukpt.start, store, 0, bad) == reason
    assert fails("slot", dukpt.start, store, 1, TDES_KSN) == "slot is empty"
    assert (dukpt.ksn(), store.usage(0)) == (ksn, paycrypt.DUKPT)
    store.load(0, paycrypt.DUKPT, OTHER, cipher=paycrypt.AES)
    for size in (0, 7, 9, 10, 11, 13):
        assert fails("ksn", dukpt.start, store, 0, bytes(size)) == "wrong length"
    assert fails("ksn", dukpt.start, store, 0, AES_IKID + bytes.fromhex("0001FFFF")) == "impossible content"
    assert (dukpt.ksn(), store.usage(0)) == (ksn, paycrypt.DUKPT)


def test_an_aes_start_takes_the_identification_alone():
    store, dukpt = store_with(paycrypt.DUKPT, DOUBLE, cipher=paycrypt.AES), paycrypt.Dukpt()
    dukpt.start(store, 0, AES_IKID)
    assert dukpt.next() == AES_IKID + b"\0\0\0\1"


# --- what a working key may do ----------------------------------------------------------------------------------


def test_working_keys_serve_their_purpose_alone(scheme):
    store, dukpt = begun(scheme)
    dukpt.next()
    purposes = ("PIN", "MAC_REQUEST", "MAC_RESPONSE", "DATA_REQUEST", "DATA_RESPONSE")
    for slot, name in enumerate(purposes):
        dukpt.load(store, slot, getattr(paycrypt, f"DUKPT_{name}"))
    assert [store.usage(slot) for slot in range(5)] == [2, 3, 3, 4, 4]
    assert len({store.kcv(slot, method=1) for slot in range(5)}) == 5 if scheme != "tdes" else True
    fmt = 0 if scheme == "tdes" else 4
    assert store.pin_block(0, fmt, bytearray(b"1234"), PAN, entropy=lambda n: bytes(range(n)))
    code = store.mac(1, paycrypt.MAC_CMAC, b"request")
    assert fails("slot", store.verify, 1, paycrypt.MAC_CMAC, b"request", code) == "key's mode forbids it"
    assert store.verify(2, paycrypt.MAC_CMAC, b"response", code) is False
    assert fails("slot", store.mac, 2, paycrypt.MAC_CMAC, b"") == "key's mode forbids it"
    assert fails("slot", store.mac_stream, 2, paycrypt.MAC_CMAC) == "key's mode forbids it"
    if scheme == "aes256":
        blob = store.wrap(3, b"data")
        assert fails("slot", store.unwrap, 3, blob) == "key's mode forbids it"
        assert fails("slot", store.wrap, 4, b"data") == "key's mode forbids it"


@pytest.mark.parametrize(
    ("scheme", "cipher", "size", "argument"),
    [
        ("aes128", paycrypt.AES, 24, "size"),
        ("aes128", paycrypt.AES, 32, "size"),
        ("aes256", paycrypt.DES, 8, "size"),
        ("aes256", paycrypt.DES, 32, "size"),
        ("aes256", paycrypt.AES, 33, "size"),
        ("aes256", paycrypt.AES, -1, "size"),
        ("aes256", paycrypt.SM4, 16, "cipher"),
        ("tdes", paycrypt.AES, 16, "cipher"),
        ("tdes", paycrypt.DES, 24, "size"),
        ("tdes", paycrypt.DES, 8, "size"),
    ],
)
def test_no_working_key_is_longer_than_the_scheme_gives(scheme, cipher, size, argument):
    store, dukpt = begun(scheme)
    dukpt.next()
    fails(argument, dukpt.load, store, 1, paycrypt.DUKPT_PIN, cipher=cipher, size=size)
    assert store.usage(1) is None


def test_an_aes_scheme_gives_des_keys_too():
    store, dukpt = begun("aes256")
    dukpt.next()
    ends = host.aes_transaction(initial("aes256"), AES_IKID, 1)
    for name, size in (("2tdea", 16), ("3tdea", 24)):
        dukpt.load(store, 1, paycrypt.DUKPT_PIN, cipher=paycrypt.DES, size=size)
        assert store.kcv(1) == check_value(paycrypt.DES, host.aes_working(ends, AES_IKID, 1, "pin", name))[:4]


# --- restarts ---------------------------------------------------------------------------------------------------


def test_after_an_older_blob_skip_leads_on(scheme):
    store, dukpt = begun(scheme)
    for _ in range(3):
        dukpt.next()
    blob = dukpt.seal(SECRET)
    stored = [dukpt.next() for _ in range(6)][-1]
    again = paycrypt.Dukpt()
    again.unseal(blob, SECRET)
    again.skip(stored)
    # its key may have been used before the power went
    assert fails("dukpt", again.load, store, 1, paycrypt.DUKPT_PIN) == "no transaction begun"
    assert again.ksn() == stored
    assert again.next() == dukpt.next()
    again.load(store, 1, paycrypt.DUKPT_PIN)
    dukpt.load(store, 2, paycrypt.DUKPT_PIN)
    assert store.kcv(1) == store.kcv(2)


def test_skipping_to_where_it_is_ends_the_transaction(scheme):
    store, dukpt = begun(scheme)
    ksn = dukpt.next()
    dukpt.skip(ksn)
    assert fails("dukpt", dukpt.load, store, 1, paycrypt.DUKPT_PIN) == "no transaction begun"
    assert dukpt.next() == ksn_at(scheme, 2)


def test_skip_refuses_what_leads_back_or_nowhere(scheme):
    store, dukpt = begun(scheme, 8)
    dukpt.next()
    here = dukpt.next()
    foreign = bytes((here[0] ^ 1, *here[1:]))
    impossible = ksn_at(scheme, (1 << 21) - 1 if scheme == "tdes" else (1 << 32) - 1)
    for ksn, reason in (
        (ksn_at(scheme, 9), "lies behind the counter"),
        (ksn_at(scheme, 0), "lies behind the counter"),
        (foreign, "of another key"),
        (impossible, "impossible content"),
        (here[:-1], "wrong length"),
        (here + b"\0", "wrong length"),
        (b"", "wrong length"),
    ):
        assert fails("ksn", dukpt.skip, ksn) == reason
    # and the transaction goes on
    assert dukpt.ksn() == here
    dukpt.load(store, 1, paycrypt.DUKPT_PIN)


def test_no_serial_number_twice_wherever_the_power_fails(scheme):
    # each turn the number is stored, then used; sometimes the state is sealed; sometimes the power fails
    chance = random.Random(scheme)
    _, dukpt = begun(scheme)
    blob, stored, used = dukpt.seal(SECRET), dukpt.ksn(), []
    for _ in range(600):
        stored = dukpt.next()
        used.append(stored)
        if chance.randrange(5) == 0:
            blob = dukpt.seal(SECRET)
        if chance.randrange(7) == 0:
            dukpt = paycrypt.Dukpt()
            dukpt.unseal(blob, SECRET)
            dukpt.skip(stored)
        if chance.randrange(50) == 0:
            # a host that wants another range: far ahead
            ahead = counter_of(scheme, stored) | 1 << chance.randrange(16)
            if ahead.bit_count() <= 10:
                dukpt.skip(ksn_at(scheme, ahead))
    counters = [counter_of(scheme, ksn) for ksn in used]
    assert counters == sorted(set(counters))


# --- the end ----------------------------------------------------------------------------------------------------


def test_the_last_counter_and_then_none(scheme):
    last = LAST[scheme]
    before = last - 1
    while before.bit_count() > (10 if scheme == "tdes" else 16):
        before -= 1
    store, dukpt = begun(scheme, before)
    assert dukpt.next() == ksn_at(scheme, last)
    dukpt.load(store, 1, paycrypt.DUKPT_PIN)
    for _ in range(3):
        assert fails("dukpt", dukpt.next) == "counter exhausted"
        assert fails("dukpt", dukpt.load, store, 2, paycrypt.DUKPT_PIN) == "no transaction begun"
        assert dukpt.ksn() == ksn_at(scheme, last)
    again = paycrypt.Dukpt()
    again.unseal(dukpt.seal(SECRET), SECRET)
    assert fails("dukpt", again.next) == "counter exhausted"


def test_what_is_kept_tells_nothing_of_what_was_used():
    # the sealed state, opened: neither the initial key nor a key of a counter that has been handed out
    _, dukpt = begun("aes128")
    for _ in range(20):
        dukpt.next()
    blob = dukpt.seal(SECRET)
    clear = AESSIV(SECRET).decrypt(blob[8:], [blob[:8]])
    spent = [initial("aes128")] + [host.aes_transaction(initial("aes128"), AES_IKID, c) for c in range(1, 21)]
    assert not any(key[i : i + 4] in clear for key in spent for i in range(13))
    assert host.aes_transaction(initial("aes128"), AES_IKID, 24) in clear
