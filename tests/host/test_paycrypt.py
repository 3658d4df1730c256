"""paycrypt as its users see it: the published vectors, who may use which key, what an error says, what is wiped."""

import json
from pathlib import Path

import pytest

import paycrypt

VECTORS = json.loads((Path(__file__).resolve().parent.parent / "vectors" / "crypto.json").read_text())
DOUBLE = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PAN = "4012345678909"


def store_with(usage, key, slot=0, **options):
    store = paycrypt.KeyStore()
    store.load(slot, usage, key, **options)
    return store


def fails(argument, call, *args, **options):
    with pytest.raises(paycrypt.Error) as caught:
        call(*args, **options)
    error = caught.value
    assert error.argument == argument
    assert str(error) == f"{error.argument}: {error.reason}"
    assert error.reason
    assert isinstance(error, ValueError)
    return error.reason


# --- vectors ----------------------------------------------------------------------------------------------------


def test_selftest_passes():
    assert paycrypt.selftest() is None


@pytest.mark.parametrize("vector", VECTORS["unionpay_ecb_mac"], ids=lambda v: v["de64_ascii"])
def test_unionpay_mac_gives_field_64(vector):
    store = store_with(paycrypt.MAC, bytes.fromhex(vector["mak"]))
    data = bytes.fromhex(vector["mab"])
    code = store.mac(0, paycrypt.MAC_ECB_UNIONPAY, data)
    assert code == vector["de64_ascii"].encode()
    assert store.verify(0, paycrypt.MAC_ECB_UNIONPAY, data, code)


@pytest.mark.parametrize("vector", VECTORS["signin_de62"])
def test_signin_enters_both_working_keys(vector):
    store = store_with(paycrypt.KEK, bytes.fromhex(vector["tmk"]))
    store.load_working(0, 1, 2, bytes.fromhex(vector["de62"]))
    assert store.kcv(1).hex().upper() == vector["pik_kcv"]
    assert store.kcv(2).hex().upper() == vector["mak_kcv"]
    assert (store.usage(1), store.usage(2)) == (paycrypt.PIN, paycrypt.MAC)
    single = store_with(paycrypt.MAC, bytes.fromhex(vector["mak"]))
    assert store.mac(2, paycrypt.MAC_CBC, b"text") == single.mac(0, paycrypt.MAC_CBC, b"text")


@pytest.mark.parametrize("vector", VECTORS["iso9797_1"])
def test_iso_9797_1_macs(vector):
    store = store_with(paycrypt.MAC, bytes.fromhex(vector["key"]))
    store.load(1, paycrypt.MAC, bytes.fromhex(vector["key"])[:8])
    data = vector["data_ascii"].encode()
    for pad in (1, 2):
        assert store.mac(0, paycrypt.MAC_X919, data, pad=pad).hex().upper() == vector[f"alg3_pad{pad}"]
        assert store.mac(1, paycrypt.MAC_CBC, data, pad).hex().upper() == vector[f"alg1_left_half_pad{pad}"]


@pytest.mark.parametrize("vector", VECTORS["pin_block"])
def test_pin_block_of_the_vector(vector):
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    store = store_with(paycrypt.PIN, DOUBLE)
    block = store.pin_block(0, vector["format"], bytearray(vector["pin"].encode()), vector["pan"])
    clear = Cipher(TripleDES(DOUBLE + DOUBLE[:8]), modes.ECB()).decryptor().update(block)
    assert clear.hex().upper() == vector["clear_block"]


# --- slots ------------------------------------------------------------------------------------------------------


def test_an_empty_slot_has_no_usage_and_no_check_value():
    store = paycrypt.KeyStore()
    assert [store.usage(slot) for slot in range(16)] == [None] * 16
    assert store.kcv(0) is None
    assert fails("slot", store.mac, 0, paycrypt.MAC_CBC, b"") == "slot is empty"


@pytest.mark.parametrize("slot", [-1, 16, 255, 256, 1 << 31, -(1 << 40), 1 << 64])
def test_a_slot_outside_the_store_is_named(slot):
    store = paycrypt.KeyStore()
    for call in (store.usage, store.kcv, store.erase):
        assert fails("slot", call, slot) == "out of range"
    fails("slot", store.load, slot, paycrypt.MAC, bytes(8))
    fails("slot", store.mac, slot, paycrypt.MAC_CBC, b"")


def test_erase_empties_one_slot_or_all():
    store = store_with(paycrypt.MAC, DOUBLE, slot=3)
    store.load(4, paycrypt.PIN, DOUBLE)
    store.erase(3)
    assert (store.usage(3), store.usage(4)) == (None, paycrypt.PIN)
    store.erase_all()
    assert store.usage(4) is None


@pytest.mark.parametrize(
    ("usage", "size", "options", "good"),
    [
        ("KEK", 8, {}, False),
        ("KEK", 16, {}, True),
        ("KEK", 24, {}, True),
        ("KEK", 32, {}, False),
        ("PIN", 8, {}, True),
        ("PIN", 16, {}, True),
        ("PIN", 32, {}, False),
        ("MAC", 0, {}, False),
        ("MAC", 7, {}, False),
        ("MAC", 8, {}, True),
        ("MAC", 24, {}, True),
        ("MAC", 32, {}, False),
        ("MAC", 16, {"cipher": paycrypt.AES}, True),
        ("MAC", 32, {"cipher": paycrypt.AES}, True),
        ("MAC", 8, {"cipher": paycrypt.AES}, False),
        ("DATA", 16, {}, True),
        ("DATA", 32, {}, True),
        ("DATA", 32, {"cipher": paycrypt.DES}, False),
        ("DATA", 33, {}, False),
        ("DUKPT", 16, {}, True),
        ("DUKPT", 8, {}, False),
    ],
)
def test_key_sizes_by_usage(usage, size, options, good):
    store = paycrypt.KeyStore()
    key = bytearray(range(size))
    if good:
        assert len(store.load(0, getattr(paycrypt, usage), key, **options)) == 4
        assert store.usage(0) == getattr(paycrypt, usage)
    else:
        assert fails("key", store.load, 0, getattr(paycrypt, usage), key, **options) == "wrong length"
        assert store.usage(0) is None


def test_unknown_usage_and_cipher():
    store = paycrypt.KeyStore()
    for usage in (0, 6, -1, 1 << 40):
        fails("usage", store.load, 0, usage, DOUBLE)
    for cipher in (3, -1):
        fails("cipher", store.load, 0, paycrypt.MAC, DOUBLE, cipher=cipher)
    fails("cipher", store.load, 0, paycrypt.PIN, DOUBLE, cipher=paycrypt.AES)


USES = {
    "mac": ("MAC", "DATA"),
    "verify": ("MAC", "DATA"),
    "mac_stream": ("MAC", "DATA"),
    "pin_block": ("PIN",),
    "wrap": ("DATA",),
    "unwrap": ("DATA",),
    "load_under": ("KEK",),
    "load_working": ("KEK",),
}


FORBIDDEN = [(c, u) for c in USES for u in ("KEK", "PIN", "MAC", "DATA", "DUKPT") if u not in USES[c]]


@pytest.mark.parametrize(("call", "usage"), FORBIDDEN)
def test_a_key_serves_its_usage_alone(call, usage):
    store = store_with(getattr(paycrypt, usage), DOUBLE)
    arguments = {
        "mac": (0, paycrypt.MAC_CBC, b""),
        "verify": (0, paycrypt.MAC_CBC, b"", bytes(8)),
        "mac_stream": (0, paycrypt.MAC_CBC),
        "pin_block": (0, 0, bytearray(b"1234"), PAN),
        "wrap": (0, b""),
        "unwrap": (0, bytes(16)),
        "load_under": (1, paycrypt.MAC, 0, bytes(8), bytes(4)),
        "load_working": (0, 1, 2, bytes(40)),
    }[call]
    named = "kek" if call.startswith("load") else "slot"
    assert fails(named, getattr(store, call), *arguments) == "key has another usage"


# --- MAC --------------------------------------------------------------------------------------------------------


def test_mac_names_the_wrong_argument():
    store = store_with(paycrypt.MAC, DOUBLE)
    store.load(1, paycrypt.MAC, DOUBLE[:8])
    store.load(2, paycrypt.MAC, DOUBLE, cipher=paycrypt.AES)
    for alg in (0, 5, -1):
        fails("alg", store.mac, 0, alg, b"")
    for slot in (1, 2):
        fails("alg", store.mac, slot, paycrypt.MAC_X919, b"")
    fails("alg", store.mac, 2, paycrypt.MAC_ECB_UNIONPAY, b"")
    for pad in (0, 3):
        fails("pad", store.mac, 0, paycrypt.MAC_CBC, b"", pad=pad)
    fails("pad", store.mac, 0, paycrypt.MAC_ECB_UNIONPAY, b"", pad=2)
    fails("pad", store.mac, 0, paycrypt.MAC_CMAC, b"", pad=2)


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


@pytest.mark.parametrize("alg", ["MAC_ECB_UNIONPAY", "MAC_X919", "MAC_CBC", "MAC_CMAC"])
@pytest.mark.parametrize("piece", [1, 3, 8, 13, 16, 64])
def test_a_stream_gives_the_code_of_the_whole(alg, piece):
    alg = getattr(paycrypt, alg)
    store = store_with(paycrypt.MAC, DOUBLE)
    for size in (0, 1, 8, 16, 41):
        data = bytes(range(size))
        stream = store.mac_stream(0, alg)
        for start in range(0, size, piece):
            stream.update(data[start : start + piece])
        assert stream.digest() == store.mac(0, alg, data)


def test_a_stream_ends_with_its_digest_and_with_its_key():
    store = store_with(paycrypt.MAC, DOUBLE)
    stream = store.mac_stream(0, paycrypt.MAC_CBC)
    stream.digest()
    assert fails("data", stream.update, b"x") == "already finished"
    stream = store.mac_stream(0, paycrypt.MAC_CBC)
    store.load(0, paycrypt.MAC, DOUBLE)
    assert fails("slot", stream.update, b"x") == "key was replaced meanwhile"


# --- PIN --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "slot", "fmt", "pin", "pan"),
    [
        ("pin", 0, 0, b"123", PAN),
        ("pin", 0, 0, b"1234567890123", PAN),
        ("pin", 0, 0, b"12a4", PAN),
        ("pin", 0, 0, b"12/4", PAN),
        ("pin", 0, 0, b"12:4", PAN),
        ("pin", 0, 0, b"\xff234", PAN),
        ("pan", 0, 0, b"1234", "401234567890"),
        ("pan", 0, 0, b"1234", "4" * 20),
        ("pan", 0, 0, b"1234", "40123456789x9"),
        ("pan", 0, 0, b"1234", "401234567890\u0664"),
        ("fmt", 0, 1, b"1234", PAN),
        ("fmt", 0, 3, b"1234", PAN),
        ("fmt", 0, 4, b"1234", PAN),
        ("slot", 1, 0, b"1234", PAN),
        ("slot", 2, 0, b"1234", PAN),
        ("slot", 99, 0, b"1234", PAN),
    ],
)
def test_a_pin_is_wiped_on_every_error_and_never_told(argument, slot, fmt, pin, pan):
    store = store_with(paycrypt.PIN, DOUBLE)
    store.load(2, paycrypt.MAC, DOUBLE)
    digits = bytearray(pin)
    reason = fails(argument, store.pin_block, slot, fmt, digits, pan)
    assert digits == bytes(len(pin))
    assert "1234" not in reason and PAN not in reason


@pytest.mark.parametrize("arguments", [("0", 0, PAN), (0, None, PAN), (0, 0, 4012345678909), (0, 0, None)])
def test_a_pin_is_wiped_on_a_type_error(arguments):
    slot, fmt, pan = arguments
    digits = bytearray(b"1234")
    with pytest.raises(TypeError):
        store_with(paycrypt.PIN, DOUBLE).pin_block(slot, fmt, digits, pan)
    assert digits == bytes(4)


def test_a_pin_is_wiped_after_use_and_its_buffer_stays_usable():
    store = store_with(paycrypt.PIN, DOUBLE)
    digits = bytearray(b"1234")
    assert store.pin_block(0, 0, digits, PAN.encode()) == store.pin_block(0, 0, bytearray(b"1234"), PAN)
    assert digits == bytes(4)
    digits.extend(b"5678")  # no export holds the buffer


@pytest.mark.parametrize("pin", [b"1234", "1234"])
def test_a_pin_that_cannot_be_wiped_is_refused(pin):
    with pytest.raises(TypeError):
        store_with(paycrypt.PIN, DOUBLE).pin_block(0, 0, pin, PAN)


# --- the rest ---------------------------------------------------------------------------------------------------


def test_equal_and_wipe():
    assert paycrypt.equal(b"abc", bytearray(b"abc")) is True
    assert paycrypt.equal(b"", b"") is True
    for other in (b"abd", b"ab", b"abcd", b"\x00bc", b""):
        assert paycrypt.equal(b"abc", other) is False
    secret = bytearray(b"secret")
    paycrypt.wipe(memoryview(secret)[1:4])
    assert secret == b"s\0\0\0et"
    with pytest.raises(TypeError):
        paycrypt.wipe(b"constant")


@pytest.mark.parametrize("value", ["text", 5, None])
def test_only_buffers_are_data(value):
    store = store_with(paycrypt.MAC, DOUBLE)
    for call in (
        lambda: store.mac(0, paycrypt.MAC_CBC, value),
        lambda: store.load(0, paycrypt.MAC, value),
        lambda: paycrypt.equal(b"", value),
        lambda: store.seal(value),
    ):
        with pytest.raises(TypeError):
            call()


def test_the_store_shows_nothing():
    store = store_with(paycrypt.MAC, DOUBLE)
    assert DOUBLE.hex() not in repr(store) + str(vars(type(store)).keys())
    assert not hasattr(store, "__dict__")
