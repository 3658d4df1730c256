"""Keys that arrive in sign-in answers and key blocks, made by OpenSSL and psec; weak keys from the standard's list."""

from itertools import product

import psec
import pytest

import paycrypt
from paycrypt_cases import CASES, KINDS, check_value, compare, ecb

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

# --- field 62 ---------------------------------------------------------------------------------------------------

# kinds of KEK, bytes of the PIN key, of the MAC key
LAYOUTS = {
    "24": (["2tdea", "3tdea"], 8, 8),
    "40": (["2tdea", "3tdea"], 16, 16),
    "40 padded": (["2tdea", "3tdea"], 16, 8),
    "sm4": (["sm4"], 16, 16),
    "aes": (["aes128", "aes192", "aes256"], 16, 16),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sign_in_answers(layout):
    kinds, pin_size, mac_size = LAYOUTS[layout]
    store = paycrypt.KeyStore()

    def case(chance):
        cipher, kek_size = KINDS[chance.choice(kinds)]
        kek, field62, kcvs = chance.randbytes(kek_size), b"", []
        for size in (pin_size, mac_size):
            key = chance.randbytes(size)
            part = ecb(cipher, kek, key)
            kcvs.append(ecb(cipher, key, bytes(16))[:4])
            field62 += part + bytes(pin_size - len(part)) + kcvs[-1]
        slots = chance.sample(range(16), 3)
        store.load(slots[0], paycrypt.KEK, kek, cipher=cipher)
        store.load_working(*slots, field62)
        ours = [(store.usage(slot), store.kcv(slot, method=paycrypt.KCV_LEGACY)) for slot in slots[1:]]
        return ours, list(zip((paycrypt.PIN, paycrypt.MAC), kcvs, strict=True)), kek, field62

    compare(f"field 62 {layout}", case)


# --- key blocks -------------------------------------------------------------------------------------------------

# version: cipher of the protection key, its sizes
VERSIONS = {
    "A": (paycrypt.DES, [16, 24]),
    "B": (paycrypt.DES, [16, 24]),
    "C": (paycrypt.DES, [16, 24]),
    "D": (paycrypt.AES, [16, 24, 32]),
}
# usage in the header: usage here, modes of use, sizes of key by algorithm
USAGES = {
    "K0": (paycrypt.KEK, "BDN", {"T": [16, 24], "A": [16, 24, 32]}),
    "K1": (paycrypt.KEK, "BDN", {"T": [16, 24], "A": [16, 24, 32]}),
    "P0": (paycrypt.PIN, "BEN", {"T": [16, 24], "A": [16, 24, 32], "D": [8]}),
    "M0": (paycrypt.MAC, "CGVN", {"T": [16, 24]}),
    "M1": (paycrypt.MAC, "CGVN", {"T": [16, 24], "A": [16, 24, 32], "D": [8]}),
    "M3": (paycrypt.MAC, "CGVN", {"T": [16]}),
    "M6": (paycrypt.MAC, "CGVN", {"T": [16, 24], "A": [16, 24, 32]}),
    "D0": (paycrypt.DATA, "BDEN", {"T": [16, 24], "A": [16, 24, 32], "D": [8]}),
    "B1": (paycrypt.DUKPT, "XN", {"T": [16], "A": [16, 24, 32]}),
}


def random_block(chance, version):
    """Protection key and its cipher, block as psec makes it, usage of the key inside, its cipher and itself."""
    kbpk_cipher, sizes = VERSIONS[version]
    kbpk = chance.randbytes(chance.choice(sizes))
    name = chance.choice(list(USAGES))
    usage, modes, algorithms = USAGES[name]
    algorithm = chance.choice(list(algorithms))
    key = chance.randbytes(chance.choice(algorithms[algorithm]))
    header = psec.tr31.Header(version, name, algorithm, chance.choice(modes), chance.choice(["00", "07", "zz"]), "N")
    for identifier in chance.sample(["KS", "KC", "TS", "IK"], chance.choice([0, 0, 1, 2])):
        header.blocks[identifier] = "0123456789ABCDEF"[: chance.randrange(17)] * chance.choice([1, 1, 1, 3])
    block = psec.tr31.KeyBlock(kbpk, header).wrap(key, chance.choice([None, 0, 40]))
    return kbpk_cipher, kbpk, block, usage, paycrypt.AES if algorithm == "A" else paycrypt.DES, key


@pytest.mark.parametrize("version", VERSIONS)
def test_key_blocks(version):
    store = paycrypt.KeyStore()

    def case(chance):
        kbpk_cipher, kbpk, block, usage, cipher, key = random_block(chance, version)
        store.load(0, paycrypt.KEK, kbpk, cipher=kbpk_cipher)
        ours = store.load_block(1, 0, chance.choice([block, block.encode()])), store.usage(1), store.kcv(1)
        return ours, (check_value(cipher, key)[:4], usage, check_value(cipher, key)[:4]), kbpk, block

    compare(f"key block {version}", case)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_key_block_with_one_changed_character(version):
    store = paycrypt.KeyStore()

    def case(chance):
        kbpk_cipher, kbpk, block, *_ = random_block(chance, version)
        place, other = chance.randrange(len(block)), chance.choice("0123456789ABCDEFGPKMDTNVX \n\0~")
        store.load(0, paycrypt.KEK, kbpk, cipher=kbpk_cipher)
        store.erase(1)
        if other == block[place]:
            return None, None
        try:
            store.load_block(1, 0, block[:place] + other + block[place + 1 :])
            return "taken", "refused", kbpk, block, place, other
        except paycrypt.Error as error:
            return (error.argument, store.usage(1)), ("block", None), kbpk, block, place, other

    compare(f"changed key block {version}", case, CASES // 4)


# --- weak keys --------------------------------------------------------------------------------------------------

# SP 800-67 section 3.3.2: four weak keys, six pairs of semi-weak ones
WEAK = """
    0101010101010101 FEFEFEFEFEFEFEFE E0E0E0E0F1F1F1F1 1F1F1F1F0E0E0E0E
    011F011F010E010E 1F011F010E010E01 01E001E001F101F1 E001E001F101F101
    01FE01FE01FE01FE FE01FE01FE01FE01 1FE01FE00EF10EF1 E01FE01FF10EF10E
    1FFE1FFE0EFE0EFE FE1FFE1FFE0EFE0E E0FEE0FEF1FEF1FE FEE0FEE0FEF1FEF1
"""
WEAK = [bytes.fromhex(word) for word in WEAK.split()]


def without_parity(key):
    return bytes(byte & 0xFE for byte in key)


def strict(store, key):
    """Why the store refuses a key, None when it takes it."""
    try:
        store.load(0, paycrypt.MAC, key, strict=True)
        return None
    except paycrypt.Error as error:
        return str(error)


def test_the_list_is_that_of_keys_that_undo_themselves_or_each_other():
    text = b"weakness"
    for key, other in [(key, key) for key in WEAK[:4]] + list(zip(WEAK[4::2], WEAK[5::2], strict=True)):
        assert ecb(paycrypt.DES, other, ecb(paycrypt.DES, key, text)) == text


@pytest.mark.parametrize("key", WEAK, ids=bytes.hex)
def test_a_weak_key_is_refused_whatever_its_parity(key):
    store = paycrypt.KeyStore()
    for parity in product((0, 1), repeat=8):
        variant = bytes(byte & 0xFE | bit for byte, bit in zip(key, parity, strict=True))
        assert strict(store, variant) == "key: weak key"
    assert store.usage(0) is None
    assert len(store.load(0, paycrypt.MAC, key)) == 4


@pytest.mark.parametrize("key", WEAK, ids=bytes.hex)
def test_the_neighbours_of_a_weak_key_are_taken(key):
    store, weak = paycrypt.KeyStore(), {without_parity(key) for key in WEAK}
    for one, two in product(range(64), repeat=2):
        other = bytearray(key)
        other[one // 8] ^= 1 << one % 8
        other[two // 8] ^= 1 << two % 8
        assert (strict(store, other) is None) == (without_parity(other) not in weak)


def test_strict_keys():
    # parts from a small stock, so that weak and equal ones are frequent
    store, weak = paycrypt.KeyStore(), {without_parity(key) for key in WEAK}

    def case(chance):
        stock = [
            chance.choice(WEAK),
            chance.randbytes(8),
            chance.randbytes(8),
            chance.randbytes(8),
            chance.randbytes(8),
        ]
        parts = [chance.choice(stock) for _ in range(chance.randint(1, 3))]
        parts = [bytes(byte ^ chance.randrange(2) for byte in part) for part in parts]
        bare = [without_parity(part) for part in parts]
        theirs = None
        if any(part in weak for part in bare):
            theirs = "key: weak key"
        elif any(left == right for left, right in zip(bare, bare[1:], strict=False)):
            theirs = "key: equal parts"
        return strict(store, b"".join(parts)), theirs, b"".join(parts)

    compare("strict", case)


def test_strict_reaches_every_way_in():
    store, kek, key = paycrypt.KeyStore(), bytes(range(16)), WEAK[4] + bytes(range(8))
    store.load(0, paycrypt.KEK, kek)
    cryptogram, kcv = ecb(paycrypt.DES, kek, key), check_value(paycrypt.DES, key)[:4]
    block = psec.tr31.wrap(kek, "B0000P0TE00N0000", key)
    field62 = cryptogram + kcv + cryptogram + kcv
    for named, call, arguments in (
        ("key", store.load, (1, paycrypt.PIN, key)),
        ("cryptogram", store.load_under, (1, paycrypt.PIN, 0, cryptogram, kcv)),
        ("field62", store.load_working, (0, 1, 2, field62)),
        ("block", store.load_block, (1, 0, block)),
    ):
        store.erase(1)
        with pytest.raises(paycrypt.Error, match=f"^{named}: weak key$"):
            call(*arguments, strict=True)
        assert store.usage(1) is None
        call(*arguments)
        assert store.usage(1) == paycrypt.PIN
