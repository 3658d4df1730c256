"""paycrypt's wrapped data and sealed stores against OpenSSL's AES-SIV."""

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import paycrypt
from paycrypt_cases import CASES, KINDS, cmac, compare, doubled, xor


def siv_key(chance):
    """OpenSSL refuses equal halves; they do not come by chance."""
    return chance.randbytes(32)


def empty_reading(key, aad):
    """RFC 5297 section 2.4 for an empty text, which OpenSSL refuses."""
    chain = xor(doubled(cmac(paycrypt.AES, key[:16], bytes(16))), cmac(paycrypt.AES, key[:16], aad))
    return cmac(paycrypt.AES, key[:16], xor(doubled(chain), b"\x80" + bytes(15)))


def test_wrap():
    store = paycrypt.KeyStore()

    def case(chance):
        key = siv_key(chance)
        data, aad = chance.randbytes(chance.randrange(257)), chance.randbytes(chance.choice([0, 1, 15, 16, 17, 40]))
        store.load(0, paycrypt.DATA, key)
        blob = store.wrap(0, data, aad=aad)
        theirs = AESSIV(key).encrypt(data, [aad]) if data else empty_reading(key, aad)
        return (blob, store.unwrap(0, theirs, aad=aad)), (theirs, data), key, aad

    compare("wrap", case)


def test_unwrap_refuses_one_changed_bit():
    store = paycrypt.KeyStore()

    def case(chance):
        key, data, aad = siv_key(chance), chance.randbytes(chance.randrange(1, 64)), chance.randbytes(7)
        parts = [bytearray(AESSIV(key).encrypt(data, [aad])), bytearray(aad)]
        part = chance.choice(parts)
        part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
        store.load(0, paycrypt.DATA, key)
        try:
            return store.unwrap(0, parts[0], aad=parts[1]), None, key, data
        except paycrypt.Error as error:
            return str(error), "blob: not authentic"

    compare("unwrap", case)


def test_a_sealed_store():
    # header; sixteen times usage, cipher, size, modes, algorithm, key filled up to 32 bytes
    header = b"PCKS\x02\x10\x25\x00"

    def case(chance):
        store, secret, records = paycrypt.KeyStore(), siv_key(chance), [bytes(37)] * 16
        for _ in range(chance.randrange(24)):
            cipher, size = KINDS[chance.choice(list(KINDS))]
            usage, slot = chance.choice([paycrypt.PIN, paycrypt.MAC, paycrypt.DATA]), chance.randrange(16)
            key = chance.randbytes(size)
            store.load(slot, usage, key, cipher=cipher)
            records[slot] = bytes((usage, cipher, size, 15, 0)) + key + bytes(32 - size)
        blob = header + AESSIV(secret).encrypt(b"".join(records), [header])
        restored = paycrypt.KeyStore()
        restored.unseal(blob, secret)
        return (store.seal(secret), restored.seal(secret)), (blob, blob), secret

    compare("seal", case, CASES // 10)
