"""Writes des_circuit.h: DES's permutations and S-boxes as operations on whole words.

A table look-up with a secret index shows itself in cache timing, so the core has none. All eight S-boxes are one
polynomial over GF(2) (algebraic normal form) in six 32-bit words: bit 8k + b of each word belongs to output k of
the S-box in slot b. The half block is kept in that same order throughout, so the permutation P costs nothing; what
is left of it and of the expansion E is to bring six planes of eight bits each out of the half block. A plane comes
by one multiplication: a mask keeps its bits, the product's upper byte holds them in the order of the slots.

Which S-box has which slot, which output which byte, which input which plane, and which inputs are inverted (the
round keys absorb that) is free. ARRANGEMENT was found by simulated annealing for the fewest operations; this program
takes it as given, derives everything else from the tables of FIPS 46-3, and proves each multiplication for every value
of the plane's bits.

    python circuits_des.py            # rewrite the header beside this file
    python circuits_des.py --check    # exit status 1 when the header is not what this program writes
"""

import itertools
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTICE = "/* Written by circuits_des.py from the definitions in the standard; change it there. */\n"

# FIPS 46-3, appendix 1: S1 to S8, four rows of sixteen each.
S = (
    ("e4d12fb83a6c5907", "0f74e2d1a6cb9538", "41e8d62bfc973a50", "fc8249175b3ea06d"),
    ("f18e6b34972dc05a", "3d47f28ec01a69b5", "0e7ba4d158c6932f", "d8a13f42b67c05e9"),
    ("a09e63f51dc7b428", "d709346a285ecbf1", "d6498f30b12c5ae7", "1ad069874fe3b52c"),
    ("7de3069a1285bc4f", "d8b56f03472c1ae9", "a690cb7df13e5284", "3f06a1d8945bc72e"),
    ("2c417ab6853fd0e9", "eb2c47d150fa3986", "421bad78f9c5630e", "b8c71e2d6f09a453"),
    ("c1af92680d34e75b", "af427c9561de0b38", "9ef528c3704a1db6", "432c95fabe17608d"),
    ("4b2ef08d3c975a61", "d0b7491ae35c2f86", "14bdc37eaf680592", "6bd814a7950fe23c"),
    ("d2846fb1a93e50c7", "1fd8a374c56b0e92", "7b419ce206adf358", "21e74a8dfc90356b"),
)
# FIPS 46-3: P, output bit by output bit, bits numbered from 1 at the left.
P = (16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10)
P += (2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25)
# FIPS 46-3, permuted choice 2: the bits of C (1 to 28) and D (29 to 56) that make a round key.
CHOICE_2 = (14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2)
CHOICE_2 += (41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32)

# For each S-box its slot; the bytes of its outputs, first output first; the inputs (0 is b1, 5 is b6) of planes 0 to 5.
ARRANGEMENT = (
    (3, "3120", "023145"),
    (2, "2130", "543120"),
    (6, "3102", "021435"),
    (5, "1230", "531240"),
    (0, "0213", "034125"),
    (7, "3012", "031245"),
    (1, "3210", "521340"),
    (4, "0132", "013425"),
)
SLOT = [slot for slot, _, _ in ARRANGEMENT]
BYTE = [[int(digit) for digit in digits] for _, digits, _ in ARRANGEMENT]
INPUT = [[int(digit) for digit in digits] for _, _, digits in ARRANGEMENT]
BOX = [SLOT.index(slot) for slot in range(8)]
# Products of planes (bit n is plane n) that no S-box has when the right inputs are inverted.
ABSENT = (0b110000, 0b101000, 0b101001)

# Bits of a coefficient's index: planes 0 and 5 are the lowest, so that four words in a row share the others.
INDEX_PLANES = (0, 5, 1, 2, 3, 4)


def substitute(box: int, bits: int) -> int:
    """Output of S-box `box` (0 to 7) for the six input bits b1..b6, b1 being the most significant."""
    row = bits >> 4 & 2 | bits & 1
    return int(S[box][row][bits >> 1 & 15], 16)


def normal_form(values: list) -> list:
    """Algebraic normal form of a word-valued function: the Moebius transform over GF(2)."""
    form = list(values)
    step = 1
    while step < len(form):
        for index in range(len(form)):
            if index & step:
                form[index] ^= form[index ^ step]
        step *= 2
    return form


def box_form(box: int, inverted: int) -> list:
    """Coefficients of one S-box by planes (bit n of the index is plane n), planes in `inverted` inverted."""
    values = []
    for planes in range(64):
        bits = 0
        for plane in range(6):
            bits |= ((planes ^ inverted) >> plane & 1) << 5 - INPUT[box][plane]
        values.append(substitute(box, bits))
    return normal_form(values)


def inversions() -> list:
    """For each S-box the planes to invert, so that the products in ABSENT are absent."""
    return [
        next(inverted for inverted in range(64) if not any(box_form(box, inverted)[product] for product in ABSENT))
        for box in range(8)
    ]


INVERTED = inversions()


def coefficients() -> list:
    """64 words, indexed as INDEX_PLANES says."""
    words = [0] * 64
    for box in range(8):
        form = box_form(box, INVERTED[box])
        for index in range(64):
            product = sum((index >> bit & 1) << plane for bit, plane in enumerate(INDEX_PLANES))
            for output in range(4):
                words[index] |= (form[product] >> 3 - output & 1) << 8 * BYTE[box][output] + SLOT[box]
    return words


def place(bit: int) -> int:
    """Where bit 1 to 32 of a half block (FIPS 46-3 counting) is kept."""
    box, output = divmod(P[bit - 1] - 1, 4)
    return 8 * BYTE[box][output] + SLOT[box]


def plane_source(plane: int, slot: int) -> int:
    """Where the half block keeps the bit that belongs into this slot of the plane."""
    box = BOX[slot]
    return place((4 * box + INPUT[box][plane] + 31) % 32 + 1)


def multiplier(sources: dict) -> int:
    """The constant that brings bit sources[slot] to bit 24 + slot of the product, or 0 when there is none."""
    if any(source > 24 + slot for slot, source in sources.items()):
        return 0
    factor = sum(1 << step for step in {24 + slot - source for slot, source in sources.items()})
    for values in itertools.product((0, 1), repeat=len(sources)):
        word = sum(value << source for value, source in zip(values, sources.values(), strict=True))
        wanted = sum(value << slot for value, slot in zip(values, sources, strict=True))
        if (word * factor & 0xFFFFFFFF) >> 24 != wanted:
            return 0
    return factor


def plane_steps(plane: int) -> tuple:
    """(mask, factor, [(places to the right, mask), ...]): what the multiplication does not reach comes by shifts."""
    sources = {slot: plane_source(plane, slot) for slot in range(8)}
    for count in range(9):
        for apart in itertools.combinations(range(8), count):
            kept = {slot: source for slot, source in sources.items() if slot not in apart}
            factor = multiplier(kept)
            shifts = {}
            for slot in apart:
                places = sources[slot] - slot
                shifts[places] = shifts.get(places, 0) | 1 << slot
            if factor and all(places >= 0 for places in shifts):
                return sum(1 << source for source in kept.values()), factor, sorted(shifts.items())
    raise ValueError("no multiplier")


def key_rows() -> tuple:
    """(rows, inversions) of the round keys, eight rows a group.

    Groups 0 to 3 are the bytes of the word added to the half block, 4 and 5 the bytes added to planes 0 and 5.
    A row is the number (0 to 47) of a bit of permuted choice 2; bit n of an inversion belongs to row n of the group.
    """
    rows = [[0] * 8 for _ in range(6)]
    flips = [0] * 6
    for box in range(8):
        for plane in range(6):
            byte, slot = divmod(plane_source(plane, SLOT[box]), 8) if 1 <= plane <= 4 else (4 + plane // 5, SLOT[box])
            rows[byte][slot] = 6 * box + INPUT[box][plane]
            flips[byte] |= (INVERTED[box] >> plane & 1) << slot
    return rows, flips


def key_fields() -> list:
    """(word, shift) of each field of eight rounds, see des.c: group by group, even turns before odd ones."""
    fields = []
    for group in key_rows()[0]:
        even = []
        odd = []
        for row in group:
            half, bit = divmod(CHOICE_2[row] - 1, 28)
            even.append((2 * half + bit % 2, bit // 2))
            odd.append((2 * half + 1 - bit % 2, ((bit + 1) // 2 + 7) % 14))
        fields += even + odd
    return fields


def benes(source: list) -> list:
    """Delta swaps (distance, mask) that bring bit source[i] to place i, for len(source) a power of two."""
    size = len(source)
    if size == 2:
        return [(1, 1 if source[0] == 1 else 0)]
    half = size // 2
    place_of = {bit: index for index, bit in enumerate(source)}
    side = {}  # which half carries the bit that starts at this place
    for start in range(size):
        bit = start
        while bit not in side:
            side[bit] = 0
            other = source[place_of[bit] ^ half]
            side[other] = 1
            bit = other ^ half
    first = sum(1 << i for i in range(half) if side[i])
    last = sum(1 << i for i in range(half) if side[source[i]])
    halves = []
    for which in range(2):
        inner = []
        for i in range(half):
            bit = source[i] if side[source[i]] == which else source[i + half]
            inner.append(bit % half)
        halves.append(benes(inner))
    middle = [(low[0], low[1] | high[1] << half) for low, high in zip(*halves, strict=True)]
    return [(half, first), *middle, (half, last)]


def half_block_source() -> list:
    """Where each bit of a half block stands once the bits of both halves are apart.

    IP takes the left half from the even bits of the eight bytes and the right half from the odd ones. Bytes 1 to 4
    give bits 7, 5, 3, 1 of the word's bytes (1 uppermost), bytes 5 to 8 the bits 6, 4, 2, 0.
    """
    source = [0] * 32
    for bit in range(32):
        column, byte = bit // 8, 7 - bit % 8
        source[place(bit + 1)] = 8 * (3 - byte % 4) + 7 - 2 * column - byte // 4
    return source


def half_block_swaps() -> list:
    """Delta swaps into the order of the arrangement: the shortest Benes network over all orders of the index bits."""
    source = half_block_source()
    best = None
    for order in itertools.permutations(range(5)):

        def turn(place_number: int, order: tuple = order) -> int:
            return sum((place_number >> bit & 1) << to for bit, to in enumerate(order))

        turned = [0] * 32
        for index, bit in enumerate(source):
            turned[turn(index)] = turn(bit)
        back = {turn(index): index for index in range(32)}
        swaps = []
        for distance, mask in benes(turned):
            if mask:
                swaps.append((back[distance], sum(1 << back[bit] for bit in range(32) if mask >> bit & 1)))
        if best is None or len(swaps) < len(best):
            best = swaps
    return best


def horner(words: list, index: int, step: int, bits: int) -> str:
    """Horner's scheme for the products of `bits` planes, from words[index] on in steps of `step` words."""
    if not bits:
        return f"F({index // step})" if any(words[index : index + step]) else ""
    distance = step << bits - 1
    low = horner(words, index, step, bits - 1)
    high = horner(words, index + distance, step, bits - 1)
    product = f"({high} & x{INDEX_PLANES[distance.bit_length() - 1]})" if high else ""
    return f"({low} ^ {product})" if low and product else low or product


def hexadecimal(words: list, per_line: int, form: str) -> str:
    lines = []
    for start in range(0, len(words), per_line):
        lines.append("    " + " ".join(form.format(word) + "," for word in words[start : start + per_line]))
    return "\n".join(lines) + "\n"


def wrapped(head: str, text: str) -> str:
    """A macro over several lines, broken between words."""
    lines = [head]
    line = "   "
    for word in text.split(" "):
        if len(line) + 1 + len(word) > 116:
            lines.append(line)
            line = "   "
        line += " " + word
    lines.append(line)
    return " \\\n".join(lines) + "\n"


def header() -> str:
    words = coefficients()
    steps = [plane_steps(plane) for plane in range(6)]
    table = words + [constant for mask, factor, _ in steps for constant in (mask, factor)]
    out = [NOTICE, "#ifndef PC_DES_CIRCUIT_H\n#define PC_DES_CIRCUIT_H\n#include <stdint.h>\n\n"]
    out.append(
        "/* Coefficients of the S-boxes' normal form; bits 0 to 5 of the index are planes 0, 5, 1, 2, 3, 4.\n"
        " * Behind them a mask and a factor for each plane. */\n"
    )
    out.append(f"static const uint32_t pc_des_table[{len(table)}] PC_DES_ALIGNED = {{\n")
    out.append(hexadecimal(table, 8, "0x{:08x}u") + "};\n\n")
    out.append(
        "/* Planes 0 to 5 of a half block; F(n) reads the table. The products may lack X(places to the right, mask). */\n"
    )
    for plane, (_, _, shifts) in enumerate(steps):
        rest = "".join(f" X({places}, {mask}u)" for places, mask in shifts)
        product = f"(((half) & F({64 + 2 * plane})) * F({65 + 2 * plane}) >> 24)"
        out.append(f"#define PC_DES_PLANE_{plane}(half, F) {product}\n#define PC_DES_REST_{plane}(X){rest}\n")
    out.append("\n/* The sums over planes 0, 5, 1 and 2 that belong to 1, x3, x4 and x3 x4. */\n")
    for quarter in range(4):
        out.append(wrapped(f"#define PC_DES_SUM_{quarter}(F, x0, x5, x1, x2)", horner(words, 16 * quarter, 1, 4)))
    out.append("\n/* The sum over planes 1 to 4, when F(n) is words 4n to 4n + 3 at once. */\n")
    out.append(wrapped("#define PC_DES_INNER_SUM(F, x1, x2, x3, x4)", horner(words, 0, 4, 4)))
    out.append("\n/* Half block to its order in the rounds, as delta swaps X(distance, mask); then the way back. */\n")
    swaps = [f"X({distance}, 0x{mask:08x}u)" for distance, mask in half_block_swaps()]
    out.append(wrapped("#define PC_DES_ARRANGE(X)", " ".join(swaps)))
    out.append(wrapped("#define PC_DES_REARRANGE(X)", " ".join(reversed(swaps))))
    out.append("\n/* Where a round key's bits come from: word << 5 | shift, see des.c. */\n")
    out.append("static const uint8_t pc_des_key_fields[96] = {\n")
    out.append(hexadecimal([word << 5 | shift for word, shift in key_fields()], 16, "0x{:02x}") + "};\n\n")
    out.append("/* Inverted inputs, one byte for each group of eight key bits. */\n")
    out.append("static const uint8_t pc_des_key_flips[6] = {\n")
    out.append(hexadecimal(key_rows()[1], 6, "0x{:02x}") + "};\n\n#endif\n")
    return "".join(out)


def main(arguments: list) -> int:
    path = HERE / "des_circuit.h"
    text = header()
    if "--check" not in arguments:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        sys.stderr.write("des_circuit.h is not what circuits_des.py writes\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
