"""paycrypt gives the published answers: every entry of tests/vectors/crypto.json."""

import json

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

import paycrypt
from paycrypt_stores import DOUBLE, store_with
from posterm.project import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "crypto.json").read_text())
COVERED = {"unionpay_ecb_mac", "signin_de62", "iso9797_1", "dukpt_tdes", "dukpt_aes", "pin_block", "sm4"}


def test_every_entry_is_read_here():
    assert set(VECTORS) - {"note"} == COVERED


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


@pytest.mark.parametrize("vector", [v for v in VECTORS["pin_block"] if v["format"] == 0])
def test_pin_block_format_0(vector):
    store = store_with(paycrypt.PIN, DOUBLE)
    block = store.pin_block(0, 0, bytearray(vector["pin"].encode()), vector["pan"])
    clear = Cipher(TripleDES(DOUBLE + DOUBLE[:8]), modes.ECB()).decryptor().update(block)
    assert clear.hex().upper() == vector["clear_block"]


@pytest.mark.parametrize("vector", [v for v in VECTORS["pin_block"] if v["format"] == 4])
def test_pin_block_format_4(vector):
    store = store_with(paycrypt.PIN, bytes.fromhex(vector["key"]), cipher=paycrypt.AES)
    pin, drawn = bytearray(vector["pin"].encode()), bytes.fromhex(vector["random"])
    block = store.pin_block(0, 4, pin, vector["pan"], entropy=lambda size: drawn[:size])
    assert block.hex().upper() == vector["block"]


@pytest.mark.parametrize("vector", VECTORS["sm4"])
def test_sm4(vector):
    store = store_with(paycrypt.MAC, bytes.fromhex(vector["key"]), cipher=paycrypt.SM4)
    assert store.mac(0, paycrypt.MAC_CBC, bytes.fromhex(vector["plain"])).hex().upper() == vector["cipher"]


def transaction(initial, ksn, cipher):
    """A state just before the counter in `ksn`, and a store."""
    store = store_with(paycrypt.DUKPT, initial, cipher=cipher)
    counter = int.from_bytes(ksn[-4:], "big") & (0x1FFFFF if cipher == paycrypt.DES else 0xFFFFFFFF)
    before = (int.from_bytes(ksn, "big") - counter + previous(counter, cipher)).to_bytes(len(ksn), "big")
    dukpt = paycrypt.Dukpt()
    dukpt.start(store, 0, before)
    assert dukpt.next() == ksn
    return store, dukpt


def previous(counter, cipher):
    """The valid counter before `counter`."""
    ones = 10 if cipher == paycrypt.DES else 16
    counter -= 1
    while counter.bit_count() > ones:
        counter -= 1
    return counter


@pytest.mark.parametrize("vector", VECTORS["dukpt_tdes"], ids=lambda v: v["ksn"])
def test_dukpt_triple_des(vector):
    initial = bytes.fromhex(VECTORS["dukpt_tdes"][0]["ik"])
    store, dukpt = transaction(initial, bytes.fromhex(vector["ksn"]), paycrypt.DES)
    # the variant of the published transaction key for PINs
    pin_key = bytes(
        byte ^ (0xFF if place % 8 == 7 else 0) for place, byte in enumerate(bytes.fromhex(vector["txn_key"]))
    )
    dukpt.load(store, 1, paycrypt.DUKPT_PIN)
    assert store.kcv(1) == store_with(paycrypt.PIN, pin_key).kcv(0)
    if "pin_block" in vector:
        block = store.pin_block(1, 0, bytearray(vector["pin"].encode()), vector["pan"])
        assert block.hex().upper() == vector["pin_block"]
    if "mac_request" in vector:
        dukpt.load(store, 2, paycrypt.DUKPT_MAC_REQUEST)
        code = store.mac(2, paycrypt.MAC_X919, vector["mac_data_ascii"].encode())
        assert code.hex().upper().startswith(vector["mac_request"])


@pytest.mark.parametrize("vector", VECTORS["dukpt_aes"], ids=lambda v: v["counter"])
def test_dukpt_aes(vector):
    ksn = bytes.fromhex(vector["ikid"] + vector["counter"])
    store, dukpt = transaction(bytes.fromhex(vector["ik"]), ksn, paycrypt.AES)
    dukpt.load(store, 1, paycrypt.DUKPT_PIN)
    dukpt.load(store, 2, paycrypt.DUKPT_MAC_REQUEST)
    pin_key = store_with(paycrypt.PIN, bytes.fromhex(vector["pin_key"]), cipher=paycrypt.AES)
    mac_key = store_with(paycrypt.MAC, bytes.fromhex(vector["mac_key"]), cipher=paycrypt.AES)
    assert (store.kcv(1), store.kcv(2)) == (pin_key.kcv(0), mac_key.kcv(0))
    code = store.mac(2, paycrypt.MAC_CMAC, vector["mac_data_ascii"].encode())
    assert code.hex().upper() == vector["cmac"]
