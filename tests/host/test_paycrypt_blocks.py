"""TR-31 key blocks as users see them: a key enters as its block says, does what its block allows, or does not enter."""

import psec
import pytest

import paycrypt
from paycrypt_cases import check_value
from paycrypt_stores import DOUBLE, KEK, OTHER, PAN, SECRET, fails, state, store_with

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

REFUSED = "key's mode forbids it"


def block(header, key=DOUBLE, kbpk=KEK):
    """`header`: usage, algorithm and mode, such as P0TE; or all sixteen characters."""
    return psec.tr31.wrap(kbpk, header if len(header) == 16 else f"B0000{header}00N0000", key)


def loaded(header, key=DOUBLE):
    store = store_with(paycrypt.KEK, KEK)
    assert store.load_block(1, 0, block(header, key)) == store.kcv(1)
    return store


def attempt(call, *arguments):
    """What a call is refused for, None when it does its work."""
    try:
        call(*arguments)
        return None
    except paycrypt.Error as error:
        return error.reason


@pytest.mark.parametrize(("mode", "makes", "checks"), [("C", 1, 1), ("G", 1, 0), ("V", 0, 1), ("N", 1, 1)])
@pytest.mark.parametrize("usage", ["M1", "M6"])
def test_a_mac_key_makes_or_checks_codes(usage, mode, makes, checks):
    store, alg = loaded(f"{usage}T{mode}"), paycrypt.MAC_CBC if usage == "M1" else paycrypt.MAC_CMAC
    assert attempt(store.mac, 1, alg, b"") == (None if makes else REFUSED)
    assert attempt(store.mac_stream, 1, alg) == (None if makes else REFUSED)
    assert attempt(store.verify, 1, alg, b"", bytes(8)) == (None if checks else REFUSED)


@pytest.mark.parametrize(
    ("usage", "algorithm", "serves"),
    [
        ("M0", "T", paycrypt.MAC_CBC),
        ("M1", "T", paycrypt.MAC_CBC),
        ("M1", "A", paycrypt.MAC_CBC),
        ("M3", "T", paycrypt.MAC_X919),
        ("M6", "T", paycrypt.MAC_CMAC),
        ("M6", "A", paycrypt.MAC_CMAC),
    ],
)
def test_a_mac_key_serves_the_algorithm_of_its_block(usage, algorithm, serves):
    store = loaded(f"{usage}{algorithm}N")
    algs = {paycrypt.MAC_CBC, paycrypt.MAC_CMAC} | (
        {paycrypt.MAC_X919, paycrypt.MAC_ECB_UNIONPAY} if algorithm == "T" else set()
    )
    for alg in algs:
        expected = None if alg == serves else "key is bound to another algorithm"
        assert attempt(store.mac, 1, alg, b"") == expected
        assert attempt(store.verify, 1, alg, b"", bytes(8)) == expected


def test_mode_and_algorithm_survive_sealing():
    store, other = loaded("M3TV"), paycrypt.KeyStore()
    other.unseal(store.seal(SECRET), SECRET)
    assert attempt(other.mac, 1, paycrypt.MAC_X919, b"") == REFUSED
    assert attempt(other.verify, 1, paycrypt.MAC_CBC, b"", bytes(8)) == "key is bound to another algorithm"
    assert attempt(other.verify, 1, paycrypt.MAC_X919, b"", bytes(8)) is None


def test_another_key_in_the_slot_is_free_again():
    store = loaded("M3TV")
    store.load(1, paycrypt.MAC, DOUBLE)
    assert attempt(store.mac, 1, paycrypt.MAC_CBC, b"") is None


@pytest.mark.parametrize(("mode", "wraps", "unwraps"), [("B", 1, 1), ("E", 1, 0), ("D", 0, 1), ("N", 1, 1)])
def test_a_data_key_wraps_or_unwraps(mode, wraps, unwraps):
    store = loaded(f"D0A{mode}", SECRET)
    blob = store_with(paycrypt.DATA, SECRET).wrap(0, b"data")
    assert attempt(store.wrap, 1, b"data") == (None if wraps else REFUSED)
    assert attempt(store.unwrap, 1, blob) == (None if unwraps else REFUSED)
    if mode != "N":
        assert attempt(store.mac, 1, paycrypt.MAC_CMAC, b"") == REFUSED


def test_a_pin_key_makes_pin_blocks():
    store = loaded("P0TE")
    made = store.pin_block(1, 0, bytearray(b"1234"), PAN)
    assert made == store_with(paycrypt.PIN, DOUBLE).pin_block(0, 0, bytearray(b"1234"), PAN)


def test_a_kek_opens_the_next_block():
    store = loaded("K0TD", OTHER)
    assert store.load_block(2, 1, block("P0TE", kbpk=OTHER)) == check_value(paycrypt.DES, DOUBLE)[:4]


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "key", "reason"),
    [
        # a mode that the usage has no use for, a usage or algorithm that is not offered
        ("P0TD", DOUBLE, "not offered"),
        ("P0TG", DOUBLE, "not offered"),
        ("P0TX", DOUBLE, "not offered"),
        ("M3TE", DOUBLE, "not offered"),
        ("K0TE", DOUBLE, "not offered"),
        ("B1TE", DOUBLE, "not offered"),
        ("B0TX", DOUBLE, "not offered"),
        ("C0TC", DOUBLE, "not offered"),
        ("E0TN", DOUBLE, "not offered"),
        ("V0TC", DOUBLE, "not offered"),
        ("P0RE", DOUBLE, "not offered"),
        ("P0SE", DOUBLE, "not offered"),
        ("M3AC", DOUBLE, "not offered"),
        ("M6DC", DOUBLE[:8], "not offered"),
        ("B0000P0TEc1N0000", DOUBLE, "not offered"),
        ("B0000P0TE00N0001", DOUBLE, "not offered"),
        # a key of another length than the algorithm has
        ("P0TE", DOUBLE[:8], "impossible content"),
        ("P0DE", DOUBLE, "impossible content"),
        ("M3TC", DOUBLE + OTHER[:8], "impossible content"),
        ("B1TX", DOUBLE + OTHER[:8], "impossible content"),
        ("P0AE", DOUBLE[:8], "impossible content"),
        ("P0TE", SECRET, "impossible content"),
        ("P0AE", DOUBLE[:15], "impossible content"),
        ("P0TE", SECRET + OTHER, "impossible content"),
    ],
)
def test_an_authentic_block_that_says_what_is_not_offered(header, key, reason):
    store = store_with(paycrypt.KEK, KEK)
    store.load(1, paycrypt.MAC, OTHER)
    before = state(store)
    assert fails("block", store.load_block, 1, 0, block(header, key)) == reason
    assert state(store) == before


def test_a_block_of_another_version_or_under_another_key():
    store = store_with(paycrypt.KEK, KEK)
    store.load(2, paycrypt.KEK, KEK, cipher=paycrypt.AES)
    store.load(3, paycrypt.KEK, KEK, cipher=paycrypt.SM4)
    for version in "ABCD":
        made = block(f"{version}0000P0TE00N0000")
        right, wrong = (2, 0) if version == "D" else (0, 2)
        assert store.load_block(1, right, made)
        assert fails("block", store.load_block, 1, wrong, made) == "not for this key's cipher"
        assert fails("block", store.load_block, 1, 3, made) == "not for this key's cipher"
        store.load(4, paycrypt.KEK, OTHER, cipher=paycrypt.AES if version == "D" else paycrypt.DES)
        assert fails("block", store.load_block, 1, 4, made) == "not authentic"
    assert fails("block", store.load_block, 1, 0, "E" + made[1:]) == "unknown version"


def test_what_is_no_block_at_all():
    store = store_with(paycrypt.KEK, KEK)
    made = block("P0TE")
    for text in ("", "B", made[:15], made[:-1], made + "0", made + "00000000", made * 9):
        assert fails("block", store.load_block, 1, 0, text) == "wrong length"
    # characters: lower case is no hexadecimal digit here, letters are no length
    assert fails("block", store.load_block, 1, 0, made[:-1] + "x") == "not all hexadecimal"
    assert fails("block", store.load_block, 1, 0, made[:-1] + "a") == "not all hexadecimal"
    assert fails("block", store.load_block, 1, 0, made[0] + "00x0" + made[5:]) == "not all digits"
    assert fails("block", store.load_block, 1, 0, made[:12] + "0A" + made[14:]) == "not all digits"
    assert fails("block", store.load_block, 1, 0, made[:12] + "99" + made[14:]).startswith(("wrong", "not"))
    assert store.usage(1) is None
