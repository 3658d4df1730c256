"""paycrypt as its users see it: slots, who may use which key, codes, two threads, the small functions."""

from threading import Thread

import pytest

import paycrypt
from paycrypt_cases import KINDS, cmac
from paycrypt_stores import DOUBLE, PAN, fails, key_of, state, store_with

USAGES = ("KEK", "PIN", "MAC", "DATA", "DUKPT")

# --- slots ------------------------------------------------------------------------------------------------------


def test_an_empty_slot_has_no_usage_and_no_check_value():
    store = paycrypt.KeyStore()
    assert [store.usage(slot) for slot in range(16)] == [None] * 16
    assert [store.kcv(slot) for slot in range(16)] == [None] * 16


def test_erase_empties_one_slot_or_all():
    store = store_with(paycrypt.MAC, DOUBLE, slot=3)
    store.load(4, paycrypt.PIN, DOUBLE)
    store.erase(3)
    assert (store.usage(3), store.usage(4)) == (None, paycrypt.PIN)
    assert fails("slot", store.mac, 3, paycrypt.MAC_CBC, b"") == "slot is empty"
    store.erase_all()
    assert store.usage(4) is None
    assert fails("slot", store.pin_block, 4, 0, bytearray(b"1234"), PAN) == "slot is empty"


def test_a_replaced_key_is_never_used_again():
    store = store_with(paycrypt.MAC, DOUBLE)
    before = store.mac(0, paycrypt.MAC_CBC, b"text")
    store.load(0, paycrypt.MAC, DOUBLE[::-1])
    assert store.mac(0, paycrypt.MAC_CBC, b"text") != before


# usage: kinds of key it takes; a size that no kind has is refused for all
TAKEN = {
    "KEK": ("2tdea", "3tdea", "aes128", "aes192", "aes256", "sm4"),
    "PIN": tuple(KINDS),
    "MAC": tuple(KINDS),
    "DATA": tuple(KINDS),
    "DUKPT": ("2tdea", "aes128", "aes192", "aes256"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("usage", USAGES)
def test_kinds_of_key_by_usage(usage, kind):
    cipher, _ = KINDS[kind]
    store = paycrypt.KeyStore()
    arguments = (0, getattr(paycrypt, usage), key_of(kind))
    if kind in TAKEN[usage]:
        assert len(store.load(*arguments, cipher=cipher)) == 4
        assert store.usage(0) == getattr(paycrypt, usage)
    else:
        # SM4 has no derivation scheme at all
        named = "cipher" if (usage, kind) == ("DUKPT", "sm4") else "key"
        fails(named, store.load, *arguments, cipher=cipher)
        assert store.usage(0) is None


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("cipher", [0, paycrypt.DES, paycrypt.AES])
def test_no_other_length_is_a_key(usage, cipher):
    store = paycrypt.KeyStore()
    good = {8, 16, 24} if cipher == paycrypt.DES else {16, 24, 32} if cipher == paycrypt.AES else {8, 16, 24, 32}
    for size in set(range(70)) - good | {256, 4096, 65536 + 16}:
        assert fails("key", store.load, 0, getattr(paycrypt, usage), bytes(size), cipher=cipher) == "wrong length"


def test_the_cipher_that_is_meant_when_none_is_named():
    store = paycrypt.KeyStore()
    for kind, options in (("2tdea", {}), ("aes256", {"cipher": paycrypt.AES})):
        store.load(0, paycrypt.DATA, key_of(kind), **options)
        named = store.kcv(0)
        assert store.load(1, paycrypt.DATA, key_of(kind)) == named
    assert fails("key", store.load, 0, paycrypt.MAC, key_of("aes256")) == "wrong length"


# --- usage ------------------------------------------------------------------------------------------------------

# call: usages of key it takes, its arguments with the key in slot 0
CALLS = {
    "mac": ("MAC DATA", (0, paycrypt.MAC_CBC, b"")),
    "verify": ("MAC DATA", (0, paycrypt.MAC_CBC, b"", bytes(8))),
    "mac_stream": ("MAC DATA", (0, paycrypt.MAC_CBC)),
    "pin_block": ("PIN", (0, 0, bytearray(b"1234"), PAN)),
    "wrap": ("DATA", (0, b"")),
    "unwrap": ("DATA", (0, bytes(16))),
    "load_under": ("KEK", (1, paycrypt.MAC, 0, bytes(8), bytes(4))),
    "load_working": ("KEK", (0, 1, 2, bytes(40))),
    "load_block": ("KEK", (1, 0, "B0080P0TE00E0000" + "0" * 64)),
}


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("call", CALLS)
def test_a_key_serves_its_usage_alone(call, usage):
    allowed, arguments = CALLS[call]
    store = store_with(getattr(paycrypt, usage), DOUBLE)
    arguments = [bytearray(a) if isinstance(a, bytearray) else a for a in arguments]
    try:
        getattr(store, call)(*arguments)
        refused = None
    except paycrypt.Error as error:
        refused = str(error)
    named = "kek" if call.startswith("load") else "slot"
    assert (refused == f"{named}: key has another usage") == (usage not in allowed.split())


@pytest.mark.parametrize("usage", USAGES)
def test_only_an_initial_key_begins_a_derivation(usage):
    store, dukpt = store_with(getattr(paycrypt, usage), DOUBLE), paycrypt.Dukpt()
    if usage == "DUKPT":
        dukpt.start(store, 0, bytes(10))
        assert store.usage(0) is None
    else:
        assert fails("slot", dukpt.start, store, 0, bytes(10)) == "key has another usage"
        assert store.usage(0) is not None


# --- codes ------------------------------------------------------------------------------------------------------


def test_an_algorithm_is_refused_for_another_key():
    store = paycrypt.KeyStore()
    for slot, kind in enumerate(KINDS):
        store.load(slot, paycrypt.MAC, key_of(kind), cipher=KINDS[kind][0])
    for slot, kind in enumerate(KINDS):
        cipher = KINDS[kind][0]
        x919 = None if kind == "2tdea" else "needs a double-length key" if cipher == paycrypt.DES else "cipher"
        for alg, refused in (
            (paycrypt.MAC_X919, x919),
            (paycrypt.MAC_ECB_UNIONPAY, "cipher" if cipher == paycrypt.AES else None),
            (paycrypt.MAC_CBC, None),
            (paycrypt.MAC_CMAC, None),
        ):
            if refused:
                reason = "not for this key's cipher" if refused == "cipher" else refused
                assert fails("alg", store.mac, slot, alg, b"") == reason
                assert fails("alg", store.mac_stream, slot, alg) == reason
            else:
                assert len(store.mac(slot, alg, b"")) in (8, 16)


def test_verify_refuses_every_changed_bit_and_every_other_length():
    store = store_with(paycrypt.MAC, DOUBLE)
    code = store.mac(0, paycrypt.MAC_X919, b"message")
    assert store.verify(0, paycrypt.MAC_X919, b"message", code) is True
    for bit in range(64):
        other = bytearray(code)
        other[bit // 8] ^= 1 << bit % 8
        assert store.verify(0, paycrypt.MAC_X919, b"message", other) is False
    for size in (0, 4, 7, 9, 16):
        assert store.verify(0, paycrypt.MAC_X919, b"message", (code * 2)[:size]) is False


def test_a_stream_ends_with_its_digest():
    store = store_with(paycrypt.MAC, DOUBLE)
    stream = store.mac_stream(0, paycrypt.MAC_CBC)
    stream.update(b"x")
    assert stream.digest() == store.mac(0, paycrypt.MAC_CBC, b"x")
    assert fails("data", stream.update, b"x") == "already finished"
    assert fails("data", stream.digest) == "already finished"


@pytest.mark.parametrize("change", ["load", "erase", "erase_all", "unseal"])
def test_a_stream_ends_with_its_key(change):
    store = store_with(paycrypt.MAC, DOUBLE)
    blob = store.seal(bytes(range(32)))
    stream = store.mac_stream(0, paycrypt.MAC_CBC)
    stream.update(b"x")
    {
        "load": lambda: store.load(0, paycrypt.MAC, DOUBLE),
        "erase": lambda: store.erase(0),
        "erase_all": lambda: store.erase_all(),
        "unseal": lambda: store.unseal(blob, bytes(range(32))),
    }[change]()
    assert fails("slot", stream.update, b"x") == "key was replaced meanwhile"
    assert fails("data", stream.digest) == "already finished"


def test_a_stream_outlives_other_changes_and_the_name_of_its_store():
    store = store_with(paycrypt.MAC, DOUBLE)
    whole = store.mac(0, paycrypt.MAC_CMAC, b"ab")
    stream = store.mac_stream(0, paycrypt.MAC_CMAC)
    stream.update(b"a")
    for slot in range(1, 16):
        store.load(slot, paycrypt.MAC, bytes(range(slot, slot + 16)))
        store.mac(slot, paycrypt.MAC_CMAC, b"")
    del store
    stream.update(b"b")
    assert stream.digest() == whole


# --- threads ----------------------------------------------------------------------------------------------------


def test_threads_may_share_a_store():
    # sixteen keys, half of whose expanded forms fit: the threads push out each other's all the time
    store, data, wrong = paycrypt.KeyStore(), bytes(range(256)) * 8, []
    for slot in range(16):
        store.load(slot, paycrypt.MAC, bytes(range(slot, slot + 16)), cipher=paycrypt.AES)
    codes = [cmac(paycrypt.AES, bytes(range(slot, slot + 16)), data) for slot in range(16)]

    def work(first, step):
        for turn in range(400):
            slot = (first + step * turn) % 16
            if store.mac(slot, paycrypt.MAC_CMAC, data) != codes[slot]:
                wrong.append(slot)

    threads = [Thread(target=work, args=arguments) for arguments in ((0, 1), (5, 3), (9, 7))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- the rest ---------------------------------------------------------------------------------------------------


def test_equal_and_wipe():
    assert paycrypt.equal(b"abc", bytearray(b"abc")) is True
    assert paycrypt.equal(b"", b"") is True
    for other in (b"abd", b"ab", b"abcd", b"\x00bc", b""):
        assert paycrypt.equal(b"abc", other) is False
    secret = bytearray(b"secret")
    paycrypt.wipe(memoryview(secret)[1:4])
    assert secret == b"s\0\0\0et"
    for constant in (b"constant", "text", 5):
        with pytest.raises(TypeError):
            paycrypt.wipe(constant)


def test_any_buffer_is_data():
    store = store_with(paycrypt.MAC, DOUBLE)
    code = store.mac(0, paycrypt.MAC_CBC, b"data")
    for data in (bytearray(b"data"), memoryview(b"data"), memoryview(b" data ")[1:5]):
        assert store.mac(0, paycrypt.MAC_CBC, data) == code
    with pytest.raises(TypeError):
        store.mac(0, paycrypt.MAC_CBC, memoryview(b"d.a.t.a.")[::2])


def test_the_store_shows_nothing():
    store = store_with(paycrypt.MAC, DOUBLE)
    assert DOUBLE.hex() not in repr(store) + str(vars(type(store)).keys())
    assert not hasattr(store, "__dict__")
    assert len(state(store)) == 16
