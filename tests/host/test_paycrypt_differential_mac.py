"""paycrypt's authentication codes against psec, OpenSSL and plain readings: whole, in pieces, checked."""

import psec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes

import paycrypt
from paycrypt_cases import CASES, KINDS, algorithm, block_size, cmac, compare, data_of_any_size, unionpay_reading

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

UNIONPAY = [kind for kind, (cipher, _) in KINDS.items() if cipher != paycrypt.AES]


def retail(cipher, key, data, pad):
    return psec.mac.generate_retail_mac(key[:8], key[8:], data, pad)


def chained(cipher, key, data, pad):
    if cipher != paycrypt.SM4:
        name = psec.mac.Algorithm.AES if cipher == paycrypt.AES else psec.mac.Algorithm.DES
        return psec.mac.generate_cbc_mac(key, data, pad, algorithm=name)
    padded = data + b"\x80" * (pad == 2)
    padded += bytes(-len(padded) % 16 or 16 * (not padded))
    return Cipher(algorithm(cipher, key), modes.CBC(bytes(16))).encryptor().update(padded)[-16:]


# algorithm, kinds of key, padding methods, oracle
CODES = {
    "x919": (paycrypt.MAC_X919, ["2tdea"], [1, 2], retail),
    "cbc": (paycrypt.MAC_CBC, list(KINDS), [1, 2], chained),
    "cmac": (paycrypt.MAC_CMAC, list(KINDS), [1], lambda c, k, d, pad: cmac(c, k, d)),
    "unionpay": (paycrypt.MAC_ECB_UNIONPAY, UNIONPAY, [1], lambda c, k, d, pad: unionpay_reading(c, k, d)),
}
ALL = [(name, kind, pad) for name, (_, kinds, pads, _) in CODES.items() for kind in kinds for pad in pads]


@pytest.mark.parametrize(("name", "kind", "pad"), ALL)
def test_codes(name, kind, pad):
    alg, _, _, oracle = CODES[name]
    cipher, size = KINDS[kind]
    store = paycrypt.KeyStore()

    def case(chance):
        key, data = chance.randbytes(size), data_of_any_size(chance)
        store.load(0, chance.choice([paycrypt.MAC, paycrypt.DATA]), key, cipher=cipher)
        return store.mac(0, alg, data, pad=pad), oracle(cipher, key, data, pad), key, data

    compare(f"code {name} {kind} {pad}", case)


@pytest.mark.parametrize("name", CODES)
def test_two_streams_in_pieces(name):
    # of any size, by turns, while other keys of the store are used
    alg, kinds, pads, oracle = CODES[name]
    store = paycrypt.KeyStore()

    def case(chance):
        made = []
        for slot in (2, 3):
            cipher, size = KINDS[chance.choice(kinds)]
            key, data, pad = chance.randbytes(size), data_of_any_size(chance), chance.choice(pads)
            store.load(slot, paycrypt.MAC, key, cipher=cipher)
            made.append((store.mac_stream(slot, alg, pad=pad), data, oracle(cipher, key, data, pad)))
        places = [0, 0]
        while any(place < len(data) for place, (_, data, _) in zip(places, made, strict=True)):
            turn, piece = chance.randrange(2), chance.choice([0, 1, 7, 8, 9, 16, 40])
            stream, data, _ = made[turn]
            stream.update(data[places[turn] : places[turn] + piece])
            places[turn] += piece
        return [stream.digest() for stream, _, _ in made], [code for _, _, code in made], [data for _, data, _ in made]

    compare(f"stream {name}", case, CASES // 2)


@pytest.mark.parametrize("name", CODES)
def test_verify_takes_the_right_code_alone(name):
    alg, kinds, pads, oracle = CODES[name]
    store = paycrypt.KeyStore()

    def case(chance):
        cipher, size = KINDS[chance.choice(kinds)]
        key, data, pad = chance.randbytes(size), data_of_any_size(chance), chance.choice(pads)
        store.load(0, paycrypt.MAC, key, cipher=cipher)
        code = bytearray(oracle(cipher, key, data, pad))
        right = chance.randrange(2) == 1
        if not right:
            code[chance.randrange(len(code))] ^= 1 << chance.randrange(8)
        return store.verify(0, alg, data, code, pad=pad), right, key, data, bytes(code)

    compare(f"verify {name}", case)


@pytest.mark.parametrize(("name", "kind"), sorted({(name, kind) for name, kind, _ in ALL}))
def test_every_length_up_to_five_blocks(name, kind):
    alg, _, pads, oracle = CODES[name]
    cipher, size = KINDS[kind]
    key = bytes(range(7, 7 + size))
    store = paycrypt.KeyStore()
    store.load(0, paycrypt.MAC, key, cipher=cipher)
    for length in range(5 * block_size(cipher) + 1):
        data = bytes(range(200, 200 - length, -1))
        for pad in pads:
            assert store.mac(0, alg, data, pad=pad) == oracle(cipher, key, data, pad), length
