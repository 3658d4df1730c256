"""paycrypt against foreign implementations: `cryptography` (OpenSSL) and `psec`."""

import psec
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given, settings
from hypothesis import strategies as st

import paycrypt

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

quick = settings(max_examples=60, deadline=None)
messages = st.binary(max_size=80)
des_keys = st.sampled_from([8, 16, 24]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
aes_keys = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
siv_keys = st.binary(min_size=32, max_size=32).filter(lambda key: key[:16] != key[16:])


def triple(key: bytes) -> TripleDES:
    """A DES key of any length for OpenSSL, which wants three parts."""
    return TripleDES({8: key * 3, 16: key + key[:8], 24: key}[len(key)])


def ecb(key: bytes, data: bytes) -> bytes:
    return Cipher(triple(key), modes.ECB()).encryptor().update(data)


def store_with(usage, key, **options):
    store = paycrypt.KeyStore()
    kcv = store.load(0, usage, key, **options)
    assert store.kcv(0) == kcv
    return store, kcv


@quick
@given(des_keys)
def test_des_check_value_is_the_encryption_of_zeros(key):
    assert store_with(paycrypt.MAC, key)[1] == ecb(key, bytes(8))[:4]


@quick
@given(des_keys, st.binary(min_size=8, max_size=8))
def test_one_block(key, block):
    # CBC-MAC of one full block is the plain encryption
    assert store_with(paycrypt.MAC, key)[0].mac(0, paycrypt.MAC_CBC, block) == ecb(key, block)


@quick
@given(aes_keys, st.binary(min_size=16, max_size=16))
def test_one_aes_block(key, block):
    store, kcv = store_with(paycrypt.DATA, key, cipher=paycrypt.AES)
    assert store.mac(0, paycrypt.MAC_CBC, block) == Cipher(AES(key), modes.ECB()).encryptor().update(block)
    zeros = CMAC(AES(key))
    zeros.update(bytes(16))
    assert kcv == zeros.finalize()[:4]


@quick
@given(aes_keys, messages)
def test_cmac_with_aes(key, data):
    oracle = CMAC(AES(key))
    oracle.update(data)
    store, _ = store_with(paycrypt.MAC, key, cipher=paycrypt.AES)
    assert store.mac(0, paycrypt.MAC_CMAC, data) == oracle.finalize()


@quick
@given(des_keys, messages)
def test_cmac_with_tdes(key, data):
    oracle = CMAC(triple(key))
    oracle.update(data)
    assert store_with(paycrypt.MAC, key)[0].mac(0, paycrypt.MAC_CMAC, data) == oracle.finalize()


@quick
@given(des_keys, messages, st.sampled_from([1, 2]))
def test_cbc_mac_with_des(key, data, pad):
    code = store_with(paycrypt.MAC, key)[0].mac(0, paycrypt.MAC_CBC, data, pad=pad)
    assert code == psec.mac.generate_cbc_mac(key, data, pad)


@quick
@given(aes_keys, messages, st.sampled_from([1, 2]))
def test_cbc_mac_with_aes(key, data, pad):
    store, _ = store_with(paycrypt.MAC, key, cipher=paycrypt.AES)
    code = store.mac(0, paycrypt.MAC_CBC, data, pad=pad)
    assert code == psec.mac.generate_cbc_mac(key, data, pad, algorithm=psec.mac.Algorithm.AES)


@quick
@given(st.binary(min_size=16, max_size=16), messages, st.sampled_from([1, 2]))
def test_retail_mac(key, data, pad):
    code = store_with(paycrypt.MAC, key)[0].mac(0, paycrypt.MAC_X919, data, pad=pad)
    assert code == psec.mac.generate_retail_mac(key[:8], key[8:], data, pad)


@quick
@given(des_keys, messages)
def test_unionpay_mac(key, data):
    padded = data + bytes(-len(data) % 8)
    total = 0
    for start in range(0, len(padded), 8):
        total ^= int.from_bytes(padded[start : start + 8], "big")
    text = f"{total:016X}".encode()
    first = ecb(key, text[:8])
    second = ecb(key, bytes(a ^ b for a, b in zip(first, text[8:], strict=True)))
    code = store_with(paycrypt.MAC, key)[0].mac(0, paycrypt.MAC_ECB_UNIONPAY, data)
    assert code == second.hex().upper()[:8].encode()


digits = st.sampled_from("0123456789")


@quick
@given(des_keys, st.text(digits, min_size=4, max_size=12), st.text(digits, min_size=13, max_size=19))
def test_pin_block_format_0(key, pin, pan):
    block = store_with(paycrypt.PIN, key)[0].pin_block(0, 0, bytearray(pin.encode()), pan)
    assert block == ecb(key, psec.pinblock.encode_pinblock_iso_0(pin, pan))


@quick
@given(siv_keys, st.binary(max_size=256), st.binary(max_size=40))
def test_wrap_is_aes_siv(key, data, aad):
    store, _ = store_with(paycrypt.DATA, key)
    blob = store.wrap(0, data, aad=aad)
    if data:  # OpenSSL refuses an empty text
        assert blob == AESSIV(key).encrypt(data, [aad])
    assert store.unwrap(0, blob, aad=aad) == data


@pytest.mark.parametrize("size", [1, 15, 16, 17, 31, 32, 33, 255, 256])
def test_wrap_at_the_edges_of_blocks(size):
    key = bytes(range(32))
    store, _ = store_with(paycrypt.DATA, key)
    data = bytes(size)
    assert store.wrap(0, data) == AESSIV(key).encrypt(data, [b""])


@quick
@given(
    st.sampled_from([16, 24]).flatmap(lambda n: st.binary(min_size=n, max_size=n)), des_keys, st.sampled_from([3, 4])
)
def test_load_under_takes_what_openssl_wrapped(kek, key, size):
    store, _ = store_with(paycrypt.KEK, kek)
    store.load_under(1, paycrypt.MAC, 0, ecb(kek, key), ecb(key, bytes(8))[:size])
    assert store.mac(1, paycrypt.MAC_CBC, b"message") == psec.mac.generate_cbc_mac(key, b"message", 1)


@quick
@given(siv_keys, st.lists(st.tuples(st.integers(0, 15), des_keys), max_size=5))
def test_a_sealed_store_is_aes_siv_over_its_header(secret, keys):
    store = paycrypt.KeyStore()
    for slot, key in keys:
        store.load(slot, paycrypt.MAC, key)
    blob = store.seal(secret)
    text = AESSIV(secret).decrypt(blob[8:], [blob[:8]])
    assert blob[:8] == b"PCKS\x01\x10\x20\x00"
    for slot, key in dict(keys).items():
        record = text[35 * slot : 35 * slot + 35]
        assert record == bytes((paycrypt.MAC, paycrypt.DES, len(key))) + key + bytes(32 - len(key))
