"""PIN blocks as users see them: the PIN is gone in every ending, and randomness fails closed."""

import random

import pytest

import paycrypt
from paycrypt_stores import DOUBLE, PAN, fails, store_with

NEEDS = {1: (paycrypt.DES, 5), 3: (paycrypt.DES, 20), 4: (paycrypt.AES, 8)}


def drawn(size):
    return bytes(range(1, size + 1))


@pytest.mark.parametrize(
    ("argument", "slot", "fmt", "pin", "pan"),
    [
        ("pin", 0, 0, b"123", PAN),
        ("pin", 0, 0, b"", PAN),
        ("pin", 0, 0, b"1234567890123", PAN),
        ("pin", 0, 0, b"1" * 300, PAN),
        ("pin", 0, 0, b"12a4", PAN),
        ("pin", 0, 0, b"12/4", PAN),
        ("pin", 0, 0, b"12:4", PAN),
        ("pin", 0, 0, b"\xff234", PAN),
        ("pin", 0, 0, b"\x001234", PAN),
        ("pan", 0, 0, b"1234", "401234567890"),
        ("pan", 0, 0, b"1234", "4" * 20),
        ("pan", 0, 0, b"1234", ""),
        ("pan", 0, 0, b"1234", "40123456789x9"),
        ("pan", 0, 0, b"1234", "401234567890\u0664"),
        ("pan", 0, 3, b"1234", "401234567890"),
        ("pan", 3, 4, b"1234", "40123456789"),
        ("pan", 3, 4, b"1234", "4" * 20),
        ("fmt", 0, 2, b"1234", PAN),
        ("fmt", 0, 5, b"1234", PAN),
        ("fmt", 0, -1, b"1234", PAN),
        ("fmt", 0, 1 << 70, b"1234", PAN),
        ("fmt", 0, 4, b"1234", PAN),
        ("fmt", 3, 0, b"1234", PAN),
        ("fmt", 3, 1, b"1234", PAN),
        ("fmt", 4, 1, b"1234", PAN),
        ("fmt", 4, 4, b"1234", PAN),
        ("slot", 1, 0, b"1234", PAN),
        ("slot", 2, 0, b"1234", PAN),
        ("slot", 99, 0, b"1234", PAN),
        ("slot", -1, 0, b"1234", PAN),
    ],
)
def test_a_pin_is_wiped_on_every_error_and_never_told(argument, slot, fmt, pin, pan):
    store = store_with(paycrypt.PIN, DOUBLE)
    store.load(2, paycrypt.MAC, DOUBLE)
    store.load(3, paycrypt.PIN, DOUBLE, cipher=paycrypt.AES)
    store.load(4, paycrypt.PIN, DOUBLE, cipher=paycrypt.SM4)
    digits = bytearray(pin)
    reason = fails(argument, store.pin_block, slot, fmt, digits, pan, entropy=drawn)
    assert digits == bytes(len(pin))
    assert not any(character.isdigit() for character in reason)


@pytest.mark.parametrize("fmt", [0, 1, 3, 4])
def test_a_pin_is_wiped_after_use_and_its_buffer_stays_usable(fmt):
    cipher, _ = NEEDS.get(fmt, (paycrypt.DES, 0))
    store = store_with(paycrypt.PIN, DOUBLE, cipher=cipher)
    digits = bytearray(b"1234")
    block = store.pin_block(0, fmt, digits, PAN.encode(), entropy=drawn)
    assert block == store.pin_block(0, fmt, bytearray(b"1234"), PAN, entropy=drawn)
    assert len(block) == (16 if fmt == 4 else 8)
    assert digits == bytes(4)
    digits.extend(b"5678")  # no export holds the buffer


def test_a_part_of_a_buffer_can_be_the_pin():
    store, line = store_with(paycrypt.PIN, DOUBLE), bytearray(b"<1234>")
    block = store.pin_block(0, 0, memoryview(line)[1:5], PAN)
    assert block == store.pin_block(0, 0, bytearray(b"1234"), PAN)
    assert line == b"<\0\0\0\0>"


@pytest.mark.parametrize(
    "arguments",
    [
        ("0", 0, PAN, None),
        (0, None, PAN, None),
        (0, 0.0, PAN, None),
        (0, 0, 4012345678909, None),
        (0, 0, None, None),
        (0, 3, None, drawn),
        (0, 1, PAN, "entropy"),
        (0, 1, PAN, 5),
    ],
)
def test_a_pin_is_wiped_on_a_type_error(arguments):
    slot, fmt, pan, entropy = arguments
    digits = bytearray(b"1234")
    with pytest.raises(TypeError):
        store_with(paycrypt.PIN, DOUBLE).pin_block(slot, fmt, digits, pan, entropy=entropy)
    assert digits == bytes(4)


@pytest.mark.parametrize("pin", [b"1234", "1234", memoryview(b"1234")])
def test_a_pin_that_cannot_be_wiped_is_refused(pin):
    with pytest.raises(TypeError):
        store_with(paycrypt.PIN, DOUBLE).pin_block(0, 0, pin, PAN)


# --- randomness -------------------------------------------------------------------------------------------------


class Broken(Exception):
    """What a board's generator raises when its radio is off."""


def ending(fmt, entropy, pin=b"1234"):
    """What a PIN block with that source ends in; the PIN is gone whatever it is."""
    store, digits = store_with(paycrypt.PIN, DOUBLE, cipher=NEEDS.get(fmt, (paycrypt.DES, 0))[0]), bytearray(pin)
    try:
        return store.pin_block(0, fmt, digits, PAN, entropy=entropy)
    except (paycrypt.Error, TypeError, Broken, OSError, MemoryError) as error:
        return error
    finally:
        assert digits == bytes(len(pin))


@pytest.mark.parametrize("fmt", NEEDS)
def test_the_source_is_asked_once_for_what_is_needed(fmt):
    asked = []

    def entropy(size):
        asked.append(size)
        return drawn(size)

    assert isinstance(ending(fmt, entropy), bytes)
    assert asked == [NEEDS[fmt][1]]


def test_format_0_asks_for_nothing():
    assert isinstance(ending(0, lambda size: 1 / 0), bytes)
    assert isinstance(ending(0, None), bytes)


@pytest.mark.parametrize("fmt", NEEDS)
def test_a_source_that_is_missing_short_or_stuck_fails_closed(fmt):
    size = NEEDS[fmt][1]
    for entropy, reason in (
        (None, "missing"),
        (lambda n: b"", "wrong length"),
        (lambda n: drawn(n - 1), "wrong length"),
        (lambda n: drawn(n + 1), "wrong length"),
        (lambda n: drawn(n) * 20, "wrong length"),
        (lambda n: bytes(n), "stuck"),
        (lambda n: b"\xa5" * n, "stuck"),
    ):
        error = ending(fmt, entropy)
        assert isinstance(error, paycrypt.Error), (size, reason)
        assert (error.argument, error.reason) == ("entropy", reason)


@pytest.mark.parametrize("fmt", NEEDS)
@pytest.mark.parametrize("value", [None, 5, "text", [1, 2, 3]])
def test_a_source_that_returns_no_bytes_is_a_type_error(fmt, value):
    assert isinstance(ending(fmt, lambda size: value), TypeError)


@pytest.mark.parametrize("fmt", NEEDS)
@pytest.mark.parametrize("raised", [Broken, OSError, MemoryError])
def test_what_the_source_raises_goes_through(fmt, raised):
    def entropy(size):
        raise raised

    assert isinstance(ending(fmt, entropy), raised)


def test_ctrl_c_in_the_source_wipes_too():
    digits = bytearray(b"1234")

    def entropy(size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_with(paycrypt.PIN, DOUBLE).pin_block(0, 1, digits, PAN, entropy=entropy)
    assert digits == bytes(4)


def test_a_wrong_pin_with_a_good_source():
    for fmt in NEEDS:
        error = ending(fmt, drawn, b"12x4")
        assert (error.argument, error.reason) == ("pin", "not all digits")


def test_the_source_may_use_the_store_itself():
    # a generator that mixes in a code of the same store: no lock is held while it runs
    store = store_with(paycrypt.PIN, DOUBLE)
    store.load(1, paycrypt.MAC, DOUBLE)
    block = store.pin_block(0, 1, bytearray(b"1234"), PAN, entropy=lambda n: store.mac(1, paycrypt.MAC_CBC, b"x")[:n])
    assert len(block) == 8


def test_format_1_needs_no_pan_and_looks_at_none():
    store = store_with(paycrypt.PIN, DOUBLE)
    blocks = {store.pin_block(0, 1, bytearray(b"1234"), pan, entropy=drawn) for pan in (None, "", PAN, "not a PAN")}
    assert len(blocks) == 1


def test_other_randomness_gives_another_block():
    chance = random.Random(1)
    for fmt, (cipher, _) in NEEDS.items():
        store = store_with(paycrypt.PIN, DOUBLE, cipher=cipher)
        blocks = {store.pin_block(0, fmt, bytearray(b"1234"), PAN, entropy=chance.randbytes) for _ in range(100)}
        assert len(blocks) == 100
