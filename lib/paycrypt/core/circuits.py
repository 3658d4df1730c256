"""Writes des_circuit.h and aes_circuit.h: the ciphers' S-boxes as Boolean circuits.

A table look-up with a secret index shows itself in cache timing, so the core has none. This program derives
the replacement from the standards' definitions and writes it as C:

* DES (FIPS 46-3): the algebraic normal form of all eight S-boxes at once, and the permutation P as a Benes network.
* AES (FIPS 197): inversion in GF(2^8) moved into the tower GF((2^4)^2), where it is a handful of gates.

    python circuits.py            # rewrite both headers beside this file
    python circuits.py --check    # exit status 1 when a header is not what this program writes
"""

import itertools
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTICE = "/* Written by circuits.py from the definitions in the standard; change it there. */\n"

# FIPS 46-3, appendix 1: S1 to S8, four rows of sixteen each.
DES_S = (
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
DES_P = (16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10)
DES_P += (2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25)


def des_sbox(box: int, bits: int) -> int:
    """Output of S-box `box` (0 to 7) for the six input bits b1..b6, b1 being the most significant."""
    row = bits >> 4 & 2 | bits & 1
    return int(DES_S[box][row][bits >> 1 & 15], 16)


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


def des_normal_form() -> list:
    """64 words; bit i of a word belongs to the bit i that the S-boxes put out, S1 in the top nibble."""
    words = []
    for bits in range(64):
        word = 0
        for box in range(8):
            word = word << 4 | des_sbox(box, bits)
        words.append(word)
    return normal_form(words)


def benes(source: list) -> list:
    """Delta swaps (distance, mask) that bring bit source[i] to place i, for len(source) a power of two."""
    size = len(source)
    if size == 2:
        return [(1, 1 if source[0] == 1 else 0)]
    half = size // 2
    place = {bit: index for index, bit in enumerate(source)}
    side = {}  # which half carries the bit that starts at this place
    for start in range(size):
        bit = start
        while bit not in side:
            side[bit] = 0
            other = source[place[bit] ^ half]
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


def des_header() -> str:
    out = [NOTICE, "#ifndef PC_DES_CIRCUIT_H\n#define PC_DES_CIRCUIT_H\n#include <stdint.h>\n\n"]
    out.append(
        "/* Coefficient of each product of input bits; index bit 0 is b6, bit 5 is b1 (FIPS 46-3, S1 to S8). */\n"
    )
    out.append("static const uint32_t pc_des_normal_form[64] = {\n")
    form = des_normal_form()
    for row in range(0, 64, 8):
        out.append("    " + " ".join(f"0x{word:08x}u," for word in form[row : row + 8]) + "\n")
    out.append("};\n\n/* The permutation P of FIPS 46-3 as a Benes network of delta swaps. */\n")
    out.append("static inline uint32_t pc_des_permute(uint32_t x) {\n    uint32_t t;\n")
    source = [0] * 32
    for index, bit in enumerate(DES_P):
        source[31 - index] = 32 - bit
    for distance, mask in benes(source):
        if mask:
            out.append(f"    t = ((x >> {distance}) ^ x) & 0x{mask:08x}u;\n    x ^= t ^ (t << {distance});\n")
    out.append("    return x;\n}\n\n#endif\n")
    return "".join(out)


# --- AES -------------------------------------------------------------------------------------------------------


def gf16_multiply(a: int, b: int) -> int:
    """Product in GF(2)[z] / (z^4 + z + 1)."""
    product = 0
    for bit in range(4):
        if b >> bit & 1:
            product ^= a << bit
    for bit in (6, 5, 4):
        if product >> bit & 1:
            product ^= 0b10011 << bit - 4
    return product


def gf16_invert(a: int) -> int:
    return next((b for b in range(16) if gf16_multiply(a, b) == 1), 0)


def tower_multiply(a: int, b: int, nu: int) -> int:
    """Product in GF(16)[Y] / (Y^2 + Y + nu); the high nibble is the coefficient of Y."""
    high = gf16_multiply(a >> 4, b >> 4)
    cross = gf16_multiply(a >> 4, b & 15) ^ gf16_multiply(a & 15, b >> 4)
    low = gf16_multiply(a & 15, b & 15)
    return (cross ^ high) << 4 | low ^ gf16_multiply(high, nu)


def columns_apply(columns: list, value: int) -> int:
    result = 0
    for bit, column in enumerate(columns):
        if value >> bit & 1:
            result ^= column
    return result


def columns_invert(columns: list) -> list:
    image = {columns_apply(columns, value): value for value in range(256)}
    return [image[1 << bit] for bit in range(8)]


def rows_of(columns: list, outputs: int) -> list:
    """For each output bit the set of input numbers that are added."""
    return [{i for i, column in enumerate(columns) if column >> bit & 1} for bit in range(outputs)]


def shared_sums(rows: list, inputs: int) -> tuple:
    """Greedy sharing of two-term sums: (pairs in order, outputs as one-term rows)."""
    rows = [set(row) for row in rows]
    pairs = []
    while any(len(row) > 1 for row in rows):
        count = {}
        for row in rows:
            for pair in itertools.combinations(sorted(row), 2):
                count[pair] = count.get(pair, 0) + 1
        best = max(count, key=lambda pair: (count[pair], -pair[0], -pair[1]))
        term = inputs + len(pairs)
        pairs.append(best)
        for row in rows:
            if row.issuperset(best):
                row.difference_update(best)
                row.add(term)
    return pairs, [next(iter(row)) for row in rows]


def aes_affine(value: int) -> int:
    """The linear part of the S-box's affine map, FIPS 197 section 5.1.1."""
    result = 0
    for turn in range(5):
        result ^= value << turn | value >> 8 - turn
    return result & 255


def aes_tower() -> tuple:
    """(nu, map into the tower, map out of it with the affine part) with the fewest additions."""
    best = None
    for nu in range(1, 16):
        if any(gf16_multiply(y, y) ^ y ^ nu == 0 for y in range(16)):
            continue  # Y^2 + Y + nu has a root: not a field
        for beta in range(2, 256):
            powers = [1]
            for _ in range(8):
                powers.append(tower_multiply(powers[-1], beta, nu))
            if powers[8] ^ powers[4] ^ powers[3] ^ powers[1] ^ 1:
                continue  # beta is not a root of x^8 + x^4 + x^3 + x + 1
            into = powers[:8]
            back = [aes_affine(column) for column in columns_invert(into)]
            cost = len(shared_sums(rows_of(into, 8), 8)[0]) + len(shared_sums(rows_of(back, 8), 8)[0])
            if best is None or cost < best[0]:
                best = (cost, nu, into, back)
    return best[1:]


def linear_function(name: str, comment: str, columns: list, outputs: int) -> str:
    """C function from planes x[len(columns)] to planes y[outputs]."""
    inputs = len(columns)
    pairs, result = shared_sums(rows_of(columns, outputs), inputs)

    def term(number: int) -> str:
        return f"x[{number}]" if number < inputs else f"t{number - inputs}"

    out = [f"/* {comment} */\n", f"static inline void {name}(const uint32_t x[{inputs}], uint32_t y[{outputs}]) {{\n"]
    for number, (left, right) in enumerate(pairs):
        out.append(f"    const uint32_t t{number} = {term(left)} ^ {term(right)};\n")
    for bit, number in enumerate(result):
        out.append(f"    y[{bit}] = {term(number)};\n")
    out.append("}\n\n")
    return "".join(out)


def invert_function() -> str:
    form = normal_form([gf16_invert(a) for a in range(16)])
    out = ["/* Inverse in GF(16), 0 for 0, as algebraic normal form. */\n"]
    out.append("static inline void pc_aes_gf16_invert(const uint32_t x[4], uint32_t y[4]) {\n")
    names = {1 << bit: f"x[{bit}]" for bit in range(4)}
    for product in sorted((p for p in range(16) if p not in names and p), key=lambda p: (p.bit_count(), p)):
        if any(form[p] and p & product == product for p in range(16)):
            low = product & -product
            names[product] = f"p{product}"
            out.append(f"    const uint32_t p{product} = {names[low]} & {names[product ^ low]};\n")
    for bit in range(4):
        terms = [names[p] for p in range(1, 16) if form[p] >> bit & 1]
        out.append(f"    y[{bit}] = {' ^ '.join(terms)};\n")
    out.append("}\n\n")
    return "".join(out)


def aes_header() -> str:
    nu, into, back = aes_tower()
    norm = []  # nu h^2 + l^2, inputs l in planes 0..3 and h in planes 4..7
    for bit in range(8):
        value = 1 << bit
        low, high = value & 15, value >> 4
        norm.append(gf16_multiply(low, low) ^ gf16_multiply(nu, gf16_multiply(high, high)))
    out = [NOTICE, "#ifndef PC_AES_CIRCUIT_H\n#define PC_AES_CIRCUIT_H\n#include <stdint.h>\n\n"]
    text = f"GF(2^8) of FIPS 197 to GF(16)[Y] / (Y^2 + Y + {nu}), GF(16) by z^4 + z + 1; planes 4..7 hold h of hY + l."
    out.append(linear_function("pc_aes_to_tower", text, into, 8))
    text = f"{nu} h^2 + l^2: the part of the norm that is linear over GF(2)."
    out.append(linear_function("pc_aes_norm_linear", text, norm, 4))
    out.append(invert_function())
    text = "Back to GF(2^8), and the matrix of the affine map (FIPS 197, 5.1.1)."
    out.append(linear_function("pc_aes_from_tower", text, back, 8))
    out.append("#endif\n")
    return "".join(out)


def main(arguments: list) -> int:
    stale = 0
    for name, text in (("des_circuit.h", des_header()), ("aes_circuit.h", aes_header())):
        path = HERE / name
        if "--check" not in arguments:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.stderr.write(f"{name} is not what circuits.py writes\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
