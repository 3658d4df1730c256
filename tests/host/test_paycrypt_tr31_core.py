"""Import of TR-31 key blocks in the C core: blocks that `psec` wraps, and everything else that is not one."""

import pytest
from psec import tr31

import core_library
from core_library import CASES, CONSTANTS
from tr31_blocks import (
    AES,
    AUTHENTICATOR,
    CONTENT,
    DATA,
    DECRYPT,
    DES,
    ENCRYPT,
    KIND,
    NOT_OFFERED,
    VERSIONS,
    draw_header,
    draw_kbpk,
    expected,
    seal,
)

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

LENGTH = ("block", "wrong length")
DIGITS = ("block", "not all digits")
HEX = ("block", "not all hexadecimal")
WRONG_CIPHER = ("block", "not for this key's cipher")
VERSION = ("block", "unknown version")
NOT_AUTHENTIC = ("block", "not authentic")

each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    return core_library.load(tmp_path_factory)


@pytest.fixture
def rnd(request):
    return core_library.seeded(request.node.name)


@each_version
def test_what_psec_wraps(core, rnd, version):
    opened = 0
    for _ in range(CASES // len(VERSIONS) + 1):
        kbpk, (header, size) = draw_kbpk(version, rnd), draw_header(version, rnd)
        key = rnd.randbytes(size)
        block = tr31.wrap(kbpk, header, key, rnd.choice((None, size, 24, 32, 48, 64)))
        answer = core.tr31_open(KIND[version], kbpk, block)
        assert answer == (expected(header, key) if len(block) <= CONSTANTS["PC_TR31_MAX"] else LENGTH), block
        opened += answer[0] == key
    assert opened > CASES / len(VERSIONS) / 3


def pin_block_key(version, rnd, optional=""):
    """A protection key and an authentic block with a PIN key, which the core does open."""
    header = tr31.Header(version, "P0", "A" if version == "D" else "T", "E", "00", "N")
    if optional:
        header.blocks["KS"] = optional
    kbpk = draw_kbpk(version, rnd)
    return kbpk, tr31.wrap(kbpk, header, rnd.randbytes(16))


@each_version
@pytest.mark.parametrize("optional", ["", "00604B12"], ids=["plain", "optional"])
def test_every_changed_character_is_refused(core, rnd, version, optional):
    kbpk, block = pin_block_key(version, rnd, optional)
    text = block.encode()
    assert len(core.tr31_open(KIND[version], kbpk, text)) == 5
    for place, character in enumerate(text):
        for other in set(range(256)) - {character}:
            changed = text[:place] + bytes((other,)) + text[place + 1 :]
            assert core.tr31_open(KIND[version], kbpk, changed)[0] == "block", (changed, place)


@each_version
def test_every_lost_or_added_character_is_refused(core, rnd, version):
    kbpk, block = pin_block_key(version, rnd, "00604B12")
    for place in range(len(block)):
        for changed in (block[:place], block[:place] + "0" + block[place:], block[:place] + block[place + 1 :]):
            assert core.tr31_open(KIND[version], kbpk, changed)[0] == "block", (changed, place)


CHANGES = {
    "unknown version": (0, "E", VERSION),
    "lower-case version": (0, "a", VERSION),
    "length with a letter": (3, "X", DIGITS),
    "hexadecimal length": (3, "A", DIGITS),
    "length zero": (1, "0000", LENGTH),
    "count of optional blocks": (12, "0x", DIGITS),
    "lower-case hexadecimal": (-1, "a", HEX),
    "not hexadecimal": (-1, "G", HEX),
    "another usage": (5, "D0", NOT_AUTHENTIC),
    "unknown usage": (5, "P1", NOT_AUTHENTIC),
    "another algorithm": (7, "D", NOT_AUTHENTIC),
    "another mode": (8, "B", NOT_AUTHENTIC),
    "component": (9, "c1", NOT_AUTHENTIC),
    "exportable": (11, "E", NOT_AUTHENTIC),
    "reserved characters": (14, "01", NOT_AUTHENTIC),
}


@each_version
@pytest.mark.parametrize("change", CHANGES)
def test_the_reason_of_a_refusal(core, rnd, version, change):
    place, text, reason = CHANGES[change]
    kbpk, block = pin_block_key(version, rnd)
    place %= len(block)
    assert core.tr31_open(KIND[version], kbpk, block[:place] + text + block[place + len(text) :]) == reason


@each_version
def test_every_character_of_key_and_authenticator_counts(core, rnd, version):
    kbpk, block = pin_block_key(version, rnd)
    for place in range(16, len(block)):
        other = "1" if block[place] == "0" else "0"
        assert core.tr31_open(KIND[version], kbpk, block[:place] + other + block[place + 1 :]) == NOT_AUTHENTIC


@each_version
def test_another_protection_key(core, rnd, version):
    kbpk, block = pin_block_key(version, rnd)
    for bit in range(8 * len(kbpk)):
        if version == "D" or bit % 8:  # the last bit of each byte of a DES key is parity, which no cipher looks at
            other = (int.from_bytes(kbpk, "big") ^ 1 << bit).to_bytes(len(kbpk), "big")
            assert core.tr31_open(KIND[version], other, block) == NOT_AUTHENTIC, bit


@each_version
def test_protection_keys_of_another_cipher_or_length(core, rnd, version):
    kbpk, block = pin_block_key(version, rnd)
    fitting = (16, 24, 32) if version == "D" else (16, 24)
    for kind in (-1, 0, DES, AES, 3, 9):
        for size in (0, 8, 15, 16, 24, 32, 40):
            if kind != KIND[version] or size not in fitting:
                assert core.tr31_open(kind, bytes(size), block) == WRONG_CIPHER, (kind, size)


@each_version
def test_shorter_than_a_header_or_longer_than_the_longest(core, rnd, version):
    kbpk = draw_kbpk(version, rnd)
    for size in (*range(16), 513, 520, 528, 9999):
        block = f"{version}{size:04}P0TE00N0000".ljust(size, "0")[:size]
        assert core.tr31_open(KIND[version], kbpk, block) == LENGTH, size


@each_version
def test_the_length_inside(core, rnd, version):
    kbpk = draw_kbpk(version, rnd)
    for bits in (*range(700), 1024, 2048, 4096, 0x8000, 0x8080, 0xFFFF):
        clear = bits.to_bytes(2, "big") + rnd.randbytes(30)
        answer = core.tr31_open(KIND[version], kbpk, seal(version, kbpk, "D0TN00N0000", clear))
        if bits in (128, 192):
            assert answer == (clear[2 : 2 + bits // 8], DES, DATA, ENCRYPT | DECRYPT, 0)
        else:
            assert answer == CONTENT, bits


@each_version
def test_a_key_that_runs_over_the_end_of_the_text(core, rnd, version):
    kbpk = draw_kbpk(version, rnd)
    for size, bits in ((16, 128), (16, 192), (16, 256)):
        block = seal(version, kbpk, "D0AN00N0000", bits.to_bytes(2, "big") + rnd.randbytes(size - 2))
        assert core.tr31_open(KIND[version], kbpk, block) == CONTENT, bits


@each_version
def test_reserved_characters_of_an_authentic_block(core, rnd, version):
    kbpk = draw_kbpk(version, rnd)
    for reserved in ("01", "10", "  ", "FF"):
        block = seal(version, kbpk, f"D0TN00N00{reserved}", b"\0\x80" + bytes(30))
        assert core.tr31_open(KIND[version], kbpk, block) == NOT_OFFERED, reserved


KEY = bytes(range(16))


def open_with_optional(core, rnd, version, count, blocks):
    """Open an authentic block with these optional blocks."""
    kbpk = draw_kbpk(version, rnd)
    fields = f"P0{'A' if version == 'D' else 'T'}E00N{count}00{blocks}"
    return core.tr31_open(KIND[version], kbpk, seal(version, kbpk, fields, b"\0\x80" + KEY + bytes(14)))


@each_version
@pytest.mark.parametrize(
    "count, blocks",
    [
        ("01", "KS10" + "x" * 12),
        ("02", "KS04PB0C" + "0" * 8),
        ("04", "AB04CD04EF04GH04"),
        ("01", "LB20" + "Lower case, ~ and punctuation!"[:28]),
        ("01", "KS000110" + "z" * 8),
        ("01", "KS00020010" + "y" * 6),
        ("01", "KS0003000010" + "y" * 4),
        ("01", "KS0006000000000020" + "q" * 14),
    ],
)
def test_forms_of_optional_blocks(core, rnd, version, count, blocks):
    assert open_with_optional(core, rnd, version, count, blocks)[0] == KEY


@each_version
@pytest.mark.parametrize(
    "count, blocks, reasons",
    [
        ("01", "KS03" + "x" * 12, {LENGTH}),  # shorter than its own beginning
        ("01", "KSFF" + "x" * 12, {LENGTH}),  # longer than what is left
        ("01", "KS0000" + "x" * 10, {LENGTH}),  # a length of no digits
        ("01", "KS00020009" + "y" * 6, {LENGTH}),
        ("01", "KS0002FFFF" + "x" * 6, {LENGTH}),
        ("01", "KS00FF" + "0" * 10, {LENGTH, HEX}),
        ("01", "KS0g" + "x" * 12, {HEX}),
        ("01", "KS0a" + "x" * 12, {HEX}),
        ("01", "KS000200g0" + "y" * 6, {HEX}),
        ("01", "KS10" + "x" * 11 + "\x1f", {CONTENT}),
        ("01", "KS10" + "x" * 11 + "\x7f", {CONTENT}),
        ("01", "\0S10" + "x" * 12, {CONTENT}),
        ("00", "KS10" + "x" * 12, {LENGTH, HEX}),  # fewer announced than there are, then more
        ("02", "KS10" + "x" * 12, {LENGTH, HEX, NOT_AUTHENTIC}),
        ("99", "KS10" + "x" * 12, {LENGTH, HEX}),
    ],
)
def test_optional_blocks_out_of_form(core, rnd, version, count, blocks, reasons):
    assert open_with_optional(core, rnd, version, count, blocks) in reasons


@each_version
def test_the_longest_block_taken(core, rnd, version):
    size = CONSTANTS["PC_TR31_MAX"] - 16 - 64 - AUTHENTICATOR[version]
    assert open_with_optional(core, rnd, version, "01", f"KS0002{size:04X}".ljust(size, "x"))[0] == KEY
    size += 16
    assert open_with_optional(core, rnd, version, "01", f"KS0002{size:04X}".ljust(size, "x")) == LENGTH


def draw_garbage(version, rnd):
    """Noise; or a true header before noise of hexadecimal characters, with optional blocks announced or not."""
    size = rnd.choice((rnd.randrange(600), 8 * rnd.randrange(2, 65), 16 * rnd.randrange(1, 33)))
    if rnd.random() < 0.3:
        return rnd.randbytes(size)
    stated = size if rnd.random() < 0.9 else rnd.randrange(10000)
    block = f"{version}{stated:04}P0TE00N{rnd.choice((0, 0, 1, 1, 2, 5, 99)):02}00KS".encode()
    block += bytes(rnd.choices(b"0123", k=8)) if rnd.random() < 0.4 else b""
    return (block + bytes(rnd.choices(b"0123456789ABCDEF", k=size)))[:size]


@each_version
def test_garbage_is_refused(core, rnd, version):
    for _ in range(CASES // len(VERSIONS) + 1):
        block = draw_garbage(version, rnd)
        assert core.tr31_open(KIND[version], draw_kbpk(version, rnd), block)[0] == "block", block
