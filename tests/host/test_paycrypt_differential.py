"""paycrypt's ciphers against OpenSSL: encryption, decryption, check values, and sixteen keys in one store."""

import pytest

import paycrypt
from paycrypt_cases import KEKS, KINDS, block_size, check_value, compare, decrypted, ecb


@pytest.mark.parametrize("kind", KINDS)
def test_one_block_encrypted(kind):
    cipher, size = KINDS[kind]
    store = paycrypt.KeyStore()

    def case(chance):
        # CBC-MAC of one full block is its encryption
        key, block = chance.randbytes(size), chance.randbytes(block_size(cipher))
        store.load(7, paycrypt.MAC, key, cipher=cipher)
        return store.mac(7, paycrypt.MAC_CBC, block), ecb(cipher, key, block), key, block

    compare(f"encryption {kind}", case)


def wrapped_kinds(kek_block):
    return [kind for kind, (_, size) in KINDS.items() if size % kek_block == 0]


@pytest.mark.parametrize("mode", ["ECB", "CBC"])
@pytest.mark.parametrize("kind", KEKS)
def test_keys_decrypted(kind, mode):
    kek_cipher, kek_size = KINDS[kind]
    block = block_size(kek_cipher)
    kinds = wrapped_kinds(block)
    store = paycrypt.KeyStore()

    def case(chance):
        kek = chance.randbytes(kek_size)
        cipher, size = KINDS[chance.choice(kinds)]
        cryptogram = chance.randbytes(size)
        iv = chance.randbytes(block) if mode == "CBC" else None
        key = decrypted(kek_cipher, kek, cryptogram, iv)
        method = chance.randrange(3)
        given = check_value(cipher, key, method)[: chance.randint(3, 5)]
        store.load(0, paycrypt.KEK, kek, cipher=kek_cipher)
        store.load_under(1, paycrypt.MAC, 0, cryptogram, given, iv=iv, cipher=cipher, kcv_method=method)
        return store.kcv(1), check_value(cipher, key)[:4], kek, cryptogram, iv

    compare(f"decryption {kind} {mode}", case)


def test_single_des_decrypted():
    # a double-length key of equal halves is DES
    store = paycrypt.KeyStore()

    def case(chance):
        kek, cryptogram = chance.randbytes(8), chance.randbytes(8)
        key = decrypted(paycrypt.DES, kek, cryptogram)
        store.load(0, paycrypt.KEK, kek * 2)
        store.load_under(1, paycrypt.MAC, 0, cryptogram, check_value(paycrypt.DES, key))
        return store.mac(1, paycrypt.MAC_CBC, cryptogram), ecb(paycrypt.DES, key, cryptogram), kek, cryptogram

    compare("decryption des", case)


@pytest.mark.parametrize("kind", KINDS)
def test_check_values(kind):
    cipher, size = KINDS[kind]
    store = paycrypt.KeyStore()

    def case(chance):
        key, method = chance.randbytes(size), chance.randrange(3)
        given = store.load(0, paycrypt.MAC, key, cipher=cipher)
        ours = given, store.kcv(0, method=method)
        return ours, (check_value(cipher, key)[:4], check_value(cipher, key, method)[:4]), key, method

    compare(f"check value {kind}", case)


def test_cipher_left_out_follows_the_kek():
    # load_under with 16 bytes: the KEK's cipher; DATA with 32 bytes: AES; all others DES
    store = paycrypt.KeyStore()

    def case(chance):
        kek_cipher, kek_size = KINDS[chance.choice(KEKS)]
        size = chance.choice([8, 16, 24, 32] if kek_cipher == paycrypt.DES else [16, 32])
        cipher = {16: kek_cipher, 32: paycrypt.AES}.get(size, paycrypt.DES)
        kek, cryptogram = chance.randbytes(kek_size), chance.randbytes(size)
        key = decrypted(kek_cipher, kek, cryptogram)
        store.load(0, paycrypt.KEK, kek, cipher=kek_cipher)
        store.load_under(1, paycrypt.DATA, 0, cryptogram, check_value(cipher, key))
        block = chance.randbytes(block_size(cipher))
        return store.mac(1, paycrypt.MAC_CBC, block), ecb(cipher, key, block), kek, cryptogram

    compare("cipher left out", case)


def test_sixteen_keys_in_turn():
    # more keys than expanded ones are kept: loaded, replaced, erased, restored, used in any order
    store = paycrypt.KeyStore()
    keys = {}
    secret = bytes(range(32))

    def load(chance, slot):
        cipher, size = KINDS[chance.choice(list(KINDS))]
        keys[slot] = cipher, chance.randbytes(size)
        store.load(slot, paycrypt.MAC, keys[slot][1], cipher=cipher)

    def case(chance):
        slot, action = chance.randrange(16), chance.randrange(40)
        if slot not in keys or action < 8:
            load(chance, slot)
        elif action == 8:
            store.erase(slot)
            del keys[slot]
        elif action == 9:
            store.unseal(store.seal(secret), secret)
        used = chance.choice(list(keys)) if keys else None
        if used is None:
            return None, None
        cipher, key = keys[used]
        block = chance.randbytes(block_size(cipher))
        return store.mac(used, paycrypt.MAC_CBC, block), ecb(cipher, key, block), used, slot, action

    compare("sixteen keys", case)
