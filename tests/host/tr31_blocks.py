"""TR-31 key blocks for tests of their import: made by `psec`, with what the core is to make of them by the table of tr31.h.

    header, size = draw_header("B", rnd)
    key = rnd.randbytes(size)
    core.tr31_open(kind, kbpk, tr31.wrap(kbpk, header, key)) == expected(header, key)

The core is that of core_library.py, `tr31` is psec's.
"""

import string

import psec
from psec import tr31

from core_library import CONSTANTS

DES, AES = CONSTANTS["PC_CIPHER_DES"], CONSTANTS["PC_CIPHER_AES"]
KEK, PIN, MAC, DATA, DUKPT = (CONSTANTS[f"PC_USAGE_{name}"] for name in ("KEK", "PIN", "MAC", "DATA", "DUKPT"))
GENERATE, VERIFY, ENCRYPT, DECRYPT, ALL = (
    CONSTANTS[f"PC_MODE_{name}"] for name in ("GENERATE", "VERIFY", "ENCRYPT", "DECRYPT", "ALL")
)
CBC, X919, CMAC = (CONSTANTS[f"PC_MAC_{name}"] for name in ("CBC", "X919", "CMAC"))

NOT_OFFERED = ("block", "not offered")
CONTENT = ("block", "impossible content")

VERSIONS = "ABCD"
AUTHENTICATOR = {"A": 8, "B": 16, "C": 8, "D": 32}  # characters
KIND = {"A": DES, "B": DES, "C": DES, "D": AES}  # of the protection key

# the table of tr31.h: usage here, modes of use, lengths in bytes by algorithm, the one code served
TDES_KEYS, AES_KEYS, DES_KEYS = {"T": (16, 24)}, {"A": (16, 24, 32)}, {"D": (8,)}
USAGES = {
    "K0": (KEK, "BDN", {**TDES_KEYS, **AES_KEYS}, 0),
    "K1": (KEK, "BDN", {**TDES_KEYS, **AES_KEYS}, 0),
    "P0": (PIN, "BEN", {**TDES_KEYS, **AES_KEYS, **DES_KEYS}, 0),
    "M0": (MAC, "CGVN", TDES_KEYS, CBC),
    "M1": (MAC, "CGVN", {**TDES_KEYS, **AES_KEYS, **DES_KEYS}, CBC),
    "M3": (MAC, "CGVN", {"T": (16,)}, X919),
    "M6": (MAC, "CGVN", {**TDES_KEYS, **AES_KEYS}, CMAC),
    "D0": (DATA, "BDEN", {**TDES_KEYS, **AES_KEYS, **DES_KEYS}, 0),
    "B1": (DUKPT, "XN", {"T": (16,), **AES_KEYS}, 0),
}
MODES = {"B": ENCRYPT | DECRYPT, "C": GENERATE | VERIFY, "D": DECRYPT, "E": ENCRYPT, "G": GENERATE, "V": VERIFY}
SERVED = {KEK: DECRYPT, PIN: ENCRYPT, MAC: GENERATE | VERIFY, DATA: ENCRYPT | DECRYPT, DUKPT: ALL}


def draw_kbpk(version, rnd):
    return rnd.randbytes(rnd.choice((16, 24, 32) if version == "D" else (16, 24)))


def add_optional_blocks(header, rnd):
    for name in rnd.sample(("KS", "KV", "TS", "CT", "HM", "LB", "10", "ZZ"), rnd.choice((0, 0, 1, 2, 3))):
        size = rnd.choice((0, 1, 5, 16, 40))
        header.blocks[name] = "".join(chr(rnd.randrange(0x20, 0x7F)) for _ in range(size))


def draw_header(version, rnd):
    """A header whose fields mostly fit together, and the size of a key that mostly fits it."""
    characters = string.ascii_uppercase + string.digits
    usage = rnd.choice(list(USAGES)) if rnd.random() < 0.9 else "".join(rnd.choices(characters, k=2))
    _, modes, lengths, _ = USAGES.get(usage, USAGES["D0"])
    algorithm = rnd.choice(list(lengths)) if rnd.random() < 0.9 else rnd.choice("TAD" + characters)
    mode = rnd.choice(modes) if rnd.random() < 0.9 else rnd.choice("BCDEGNVX" + characters)
    sizes = lengths.get(algorithm, (8, 16)) if rnd.random() < 0.9 else (1, 8, 10, 16, 24, 31, 32, 40)
    key_version = "00" if rnd.random() < 0.9 else rnd.choice(("c1", "12", "01", "C0"))
    header = tr31.Header(version, usage, algorithm, mode, key_version, rnd.choice("ENS"))
    add_optional_blocks(header, rnd)
    return header, rnd.choice(sizes)


def expected(header, key):
    """What the core makes of an authentic block, by the table of tr31.h."""
    if header.key_usage not in USAGES or header.version_num.startswith("c"):
        return NOT_OFFERED
    usage, modes, lengths, alg = USAGES[header.key_usage]
    if header.mode_of_use not in modes or header.algorithm not in lengths:
        return NOT_OFFERED
    if len(key) not in lengths[header.algorithm]:
        return CONTENT
    allowed = SERVED[usage] & MODES.get(header.mode_of_use, ALL)
    return key, AES if header.algorithm == "A" else DES, usage, allowed, alg


def seal(version, kbpk, fields, clear):
    """An authentic block of any header `fields` (from the usage on) and any clear text, by psec's own parts: psec.tr31.wrap
    writes none that is wrong inside."""
    parts = tr31.KeyBlock(kbpk)
    header = f"{version}{5 + len(fields) + 2 * len(clear) + AUTHENTICATOR[version]:04}{fields}"
    if version in "AC":
        encryption, authentication = parts._c_derive()
        encrypted = psec.des.encrypt_tdes_cbc(encryption, header.encode()[:8], clear)
        code = parts._c_generate_mac(authentication, header, encrypted)
    elif version == "B":
        encryption, authentication = parts._b_derive()
        code = parts._b_generate_mac(authentication, header, clear)
        encrypted = psec.des.encrypt_tdes_cbc(encryption, code, clear)
    else:
        encryption, authentication = parts._d_derive()
        code = parts._d_generate_mac(authentication, header, clear)
        encrypted = psec.aes.encrypt_aes_cbc(encryption, code, clear)
    return header + encrypted.hex().upper() + code.hex().upper()
