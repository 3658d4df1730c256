"""Writes gf256_circuit.h, aes_circuit.h and sm4_circuit.h: the S-boxes of AES and SM4 as Boolean circuits.

A table look-up with a secret index shows itself in cache timing, so the core has none. Both S-boxes are the inverse in
GF(2^8) between linear maps (FIPS 197 section 5.1.1; GB/T 32907-2016), and the inverse is cheap in the tower

    GF(4) = GF(2)[W] / (W^2 + W + 1),  GF(16) = GF(4)[Z] / (Z^2 + Z + W),  GF(256) = GF(16)[Y] / (Y^2 + Y + NU)

with normal bases throughout: an element is h Y + l Y^16, and both conjugates of Y are 1 apart. Then

    1 / (h Y + l Y^16) = (l Y + h Y^16) / N,   N = h l + NU (h + l)^2 in GF(16)

A product in GF(16) is nine ANDs of sums of bits (Karatsuba twice), the same nine sums for every product. So a circuit
is: nine sums of h and nine of l straight from the byte, N, its inverse, nine sums of that, 18 ANDs, and sums straight
to the byte. The shared middle is gf256_circuit.h; the sums before and after belong to the cipher.

    python circuits_aes.py            # rewrite the headers beside this file
    python circuits_aes.py --check    # exit status 1 when a header is not what this program writes

The numbers in CIPHERS were found by trying all embeddings (8 roots, 255 scales) with a randomised form of Boyar and
Peralta's greedy search for short sequences of sums; whatever they are, prove() tries all 256 bytes.
"""

import itertools
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTICE = "/* Written by circuits_aes.py from the definitions in the standards; change it there. */\n"

NU = 8
# The nine sums of the bits x3 x2 x1 x0 of ((x3 W + x2 W^2) Z + (x1 W + x0 W^2) Z^4): of each half and of their sum.
FORMS = (8, 4, 12, 2, 1, 3, 10, 5, 15)
# Products of h l that become ORs: a | b = ab + a + b. It leaves of NU (h + l)^2 only this form for bit 0 and bit 3.
ORS = (2, 4, 8)
REST = {0: 4, 3: 11}

# The affine map of the S-box is a sum of the byte turned left and a constant; SM4 has it before the inversion as well.
# A root of the polynomial in the tower, a factor s in 1/x = s / (s x), and the order in which sums are made: before the
# middle, as sets of bits of the byte; after it, as sets of bits of the result that a common term goes to.
CIPHERS = {
    "aes": {
        "polynomial": 0x11B,
        "turns": (0, 1, 2, 3, 4),
        "constant": 0x63,
        "before": False,
        "root": 101,
        "scale": 234,
        "sums": (10, 144, 176, 154, 218, 155, 180, 46, 250, 97, 79, 77, 205, 23, 167, 253, 39, 78, 215),
        "shares": (72, 136, 200, 216, 220, 36, 3, 39, 255, 223, 33, 49, 177, 185, 121),
    },
    "sm4": {
        "polynomial": 0x1F5,
        "turns": (0, 1, 3, 6, 7),
        "constant": 0xD3,
        "before": True,
        "root": 145,
        "scale": 198,
        "sums": (36, 18, 54, 34, 35, 21, 85, 71, 103, 81, 149, 183, 40, 61, 168, 30, 169, 233),
        "shares": (24, 26, 17, 160, 177, 171, 169, 164, 13, 23, 15, 172, 87, 247, 91, 230, 102, 219, 202),
    },
}


def parity(value: int) -> int:
    return value.bit_count() & 1


def multiply(a: int, b: int, bits: int) -> int:
    """Product in the field of `bits` bits (2, 4 or 8) of the tower; the upper half belongs to W, Z or Y."""
    half = bits // 2
    if half == 1:
        cross = parity(a) & parity(b)
        return (cross ^ (a >> 1 & b >> 1)) << 1 | cross ^ (a & b & 1)
    low = (1 << half) - 1
    constant = 2 if half == 2 else NU
    cross = multiply(multiply(a >> half ^ a & low, b >> half ^ b & low, half), constant, half)
    return (multiply(a >> half, b >> half, half) ^ cross) << half | multiply(a & low, b & low, half) ^ cross


def apply(columns: list, value: int) -> int:
    result = 0
    for bit, column in enumerate(columns):
        if value >> bit & 1:
            result ^= column
    return result


def inverted(columns: list) -> list:
    image = {apply(columns, value): value for value in range(256)}
    return [image[1 << bit] for bit in range(8)]


def turned_sum(turns: tuple, value: int) -> int:
    """The linear part of a cipher's affine map: the sum of the byte turned left."""
    result = 0
    for turn in turns:
        result ^= value << turn | value >> 8 - turn
    return result & 255


def coefficients() -> list:
    """What the product of two forms adds to a product in GF(16), form by form."""
    result = []
    for part in (4, 1, 0):
        for term in (2, 1, 3):  # W a + W^2 b + (W + W^2) (sum)
            value = term if part else multiply(term, 2, 2)
            result.append(value * part if part else value * 5)
    return result


def embedding(cipher: dict) -> tuple:
    """Columns of the maps from the byte to s x in the tower, and from the tower to the byte after the S-box."""
    powers = [255]
    for _ in range(7):
        powers.append(multiply(powers[-1], cipher["root"], 8))
    back = inverted(powers)
    into = [multiply(cipher["scale"], column, 8) for column in powers]
    if cipher["before"]:
        into = [apply(into, turned_sum(cipher["turns"], 1 << bit)) for bit in range(8)]
    out = []
    for bit in range(8):
        out.append(turned_sum(cipher["turns"], apply(back, multiply(cipher["scale"], 1 << bit, 8))))
    return into, out


class Circuit:
    """Gates (result, operator, left, right) over named signals."""

    def __init__(self, inputs: list) -> None:
        self.inputs = inputs
        self.gates: list = []
        self.results: dict = {}  # output → name of a signal

    def gate(self, name: str, left: str, operator: str, right: str) -> str:
        self.gates.append((name, operator, left, right))
        return name

    def run(self, values: dict) -> dict:
        values = dict(values)
        for name, operator, left, right in self.gates:
            a, b = values[left], values[right]
            values[name] = a & b if operator == "&" else a | b if operator == "|" else a ^ b
        return {output: values[name] for output, name in self.results.items()}

    def text(self, name: str, comment: str, outputs: int) -> str:
        """As a C function; inlined always, so that compilers keep the signals in registers."""
        out = [f"/* {comment} */\nstatic inline __attribute__((always_inline)) void\n"]
        out.append(f"{name}(const uint32_t x[{len(self.inputs)}], uint32_t y[{outputs}]) {{\n")
        for gate, operator, left, right in self.gates:
            out.append(f"    const uint32_t {gate} = {left} {operator} {right};\n")
        for output, signal in self.results.items():
            out.append(f"    {output} = {signal};\n")
        out.append("}\n\n")
        return "".join(out)


def summed(targets: list, order: tuple) -> list:
    """For each sum of `order` the two earlier ones that make it; the bits themselves are there from the start."""
    ready = [1 << bit for bit in range(8)]
    pairs = []
    for value in order:
        pairs.append(next(pair for pair in itertools.combinations(ready, 2) if pair[0] ^ pair[1] == value))
        ready.append(value)
    if not set(targets) <= set(ready):
        raise ValueError("the sums do not reach every target")
    return pairs


def forms_circuit(cipher: dict) -> Circuit:
    """Bits of the byte → y[0..8] forms of h, y[9..17] forms of l, y[18..] the rest of NU (h + l)^2."""
    into, _ = embedding(cipher)
    masks = [form << 4 for form in FORMS] + list(FORMS) + [form * 17 for form in REST.values()]
    targets = [sum(parity(mask & column) << bit for bit, column in enumerate(into)) for mask in masks]
    circuit = Circuit([f"x[{bit}]" for bit in range(8)])
    names = {1 << bit: name for bit, name in enumerate(circuit.inputs)}
    for value, (left, right) in zip(cipher["sums"], summed(targets, cipher["sums"]), strict=True):
        names[value] = circuit.gate(f"s{value}", names[left], "^", names[right])
    circuit.results = {f"y[{index}]": names[target] for index, target in enumerate(targets)}
    return circuit


def gather_circuit(cipher: dict) -> Circuit:
    """18 products → the byte: the transpose of a circuit that makes 18 sums of eight bits, gates taken backwards."""
    _, out = embedding(cipher)
    targets = [apply(out, value << 4) for value in coefficients()] + [apply(out, value) for value in coefficients()]
    circuit = Circuit([f"x[{index}]" for index in range(18)])
    names: dict = {}

    def add(place: int, signal: str) -> None:
        if place in names:
            signal = circuit.gate(f"t{len(circuit.gates)}", names[place], "^", signal)
        names[place] = signal

    for index, target in enumerate(targets):
        add(target, f"x[{index}]")
    pairs = summed(targets, cipher["shares"])
    for value, (left, right) in reversed(list(zip(cipher["shares"], pairs, strict=True))):
        add(left, names[value])
        add(right, names[value])
    circuit.results = {f"y[{bit}]": names[1 << bit] for bit in range(8)}
    return circuit


def middle_circuit() -> Circuit:
    """x[0..8] forms of h, x[9..17] of l, x[18..19] rest → y[0..8] products with l, y[9..17] with h, of 1 / N."""
    circuit = Circuit([f"x[{index}]" for index in range(20)])
    gate = circuit.gate
    p = [gate(f"p{i}", f"x[{i}]", "|" if i in ORS else "&", f"x[{i + 9}]") for i in range(9)]
    gate("cross", p[7], "^", p[8])
    gate("wcross", p[6], "^", p[7])
    for half in (1, 0):  # the coefficients of Z and Z^4
        a, b, both = p[3 * (1 - half) : 3 * (1 - half) + 3]
        gate(f"m{2 * half + 1}", gate(f"u{2 * half + 1}", both, "^", a), "^", "cross")
        gate(f"m{2 * half}", gate(f"u{2 * half}", both, "^", b), "^", "wcross")
    n = [f"m{bit}" for bit in range(4)]
    for index, bit in enumerate(REST):
        n[bit] = gate(f"n{bit}", n[bit], "^", f"x[{18 + index}]")
    # The inverse in GF(16): two products of bits, then each bit of the result as (sum & sum) ^ sum.
    low = gate("low", n[0], "^", n[1])
    high = gate("high", n[2], "^", n[3])
    even = gate("even", n[0], "&", n[2])
    odd = gate("odd", n[1], "&", n[3])
    i = {}
    for bit, factor, other, rest, form in (
        (3, n[1], (even, high), low, 8),
        (1, n[3], (even, low), high, 2),
        (2, low, (odd, n[2]), n[0], 4),
        (0, high, (odd, n[0]), n[2], 1),
    ):
        total = gate(f"a{bit}", other[0], "^", other[1])
        i[form] = gate(f"i{bit}", gate(f"b{bit}", factor, "&", total), "^", rest)
    for form, left, right in ((12, 8, 4), (3, 2, 1), (10, 8, 2), (5, 4, 1), (15, 10, 5)):
        i[form] = gate(f"f{form}", i[left], "^", i[right])
    for index, form in enumerate(FORMS):
        circuit.results[f"y[{index}]"] = gate(f"l{index}", i[form], "&", f"x[{index + 9}]")
        circuit.results[f"y[{index + 9}]"] = gate(f"h{index}", i[form], "&", f"x[{index}]")
    return circuit


def prove(cipher: dict) -> None:
    """All bytes through the circuits, against inversion and linear maps computed with polynomials."""

    def product(a: int, b: int) -> int:
        result = 0
        for _ in range(8):
            result ^= a * (b & 1)
            b >>= 1
            a = a << 1 ^ cipher["polynomial"] * (a >> 7)
        return result

    for byte in range(256):
        value = turned_sum(cipher["turns"], byte) if cipher["before"] else byte
        inverse = next((other for other in range(256) if product(value, other) == 1), 0)
        signals = {f"y[{bit}]": byte >> bit & 1 for bit in range(8)}
        for circuit in (forms_circuit(cipher), middle_circuit(), gather_circuit(cipher)):
            signals = circuit.run({name.replace("y", "x"): bit for name, bit in signals.items()})
        if sum(signals[f"y[{bit}]"] << bit for bit in range(8)) != turned_sum(cipher["turns"], inverse):
            raise ValueError(f"wrong for byte {byte}")


def header(guard: str, functions: list) -> str:
    return f"{NOTICE}#ifndef {guard}\n#define {guard}\n#include <stdint.h>\n\n{''.join(functions)}#endif\n"


def headers() -> dict:
    text = "Nine sums of h, nine of l and two of both to the 18 products that make the inverse."
    files = {"gf256_circuit.h": header("PC_GF256_CIRCUIT_H", [middle_circuit().text("pc_gf256_invert", text, 18)])}
    for name, cipher in CIPHERS.items():
        prove(cipher)
        constants = f"#define PC_{name.upper()}_AFTER 0x{cipher['constant']:02x}u /* the affine map's constant */\n"
        if cipher["before"]:
            matrix = [turned_sum(cipher["turns"], 1 << bit) for bit in range(8)]
            before = apply(inverted(matrix), cipher["constant"])
            constants += f"#define PC_{name.upper()}_BEFORE 0x{before:02x}u /* what the matrix takes to it */\n"
        text = "Planes of the byte to the sums that pc_gf256_invert takes."
        forms = forms_circuit(cipher).text(f"pc_{name}_forms", text, 20)
        text = "The products of pc_gf256_invert to planes of the result; AFTER is not added here."
        gather = gather_circuit(cipher).text(f"pc_{name}_gather", text, 8)
        files[f"{name}_circuit.h"] = header(f"PC_{name.upper()}_CIRCUIT_H", [f"{constants}\n", forms, gather])
    return files


def main(arguments: list) -> int:
    stale = 0
    for name, text in headers().items():
        path = HERE / name
        if "--check" not in arguments:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.stderr.write(f"{name} is not what circuits_aes.py writes\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
