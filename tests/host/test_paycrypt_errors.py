"""Every argument of every call of paycrypt: what is wrong is named, no value is told, nothing changes."""

import ast

import pytest

import paycrypt
from paycrypt_cases import check_value, ecb
from paycrypt_programs import CORE, packed
from paycrypt_stores import DOUBLE, KEK, OTHER, PAN, SECRET, state
from posterm.project import ROOT

STUB = ast.parse((ROOT / "lib/paycrypt/typing/paycrypt.pyi").read_text())
REASONS = set(packed("reason_texts", (CORE / "status.c").read_text()))
SIGNATURES = {
    f"{owner.name}.{node.name}": [
        (a.arg, ast.unparse(a.annotation)) for a in (*node.args.posonlyargs, *node.args.args)[1:]
    ]
    for owner in STUB.body
    if isinstance(owner, ast.ClassDef)
    for node in owner.body
    if isinstance(node, ast.FunctionDef) and node.name != "__init__"
}

CRYPTOGRAM, KCV = ecb(paycrypt.DES, KEK, DOUBLE), check_value(paycrypt.DES, DOUBLE)[:4]
BLOCK = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701"
KSN = bytes.fromhex("FFFF9876543210E00000")


class Scene:
    """A store with a key of each usage, a stream and a state that are under way, and what one call wants."""

    def __init__(self):
        self.store, self.dukpt = paycrypt.KeyStore(), paycrypt.Dukpt()
        self.store.load(0, paycrypt.DUKPT, OTHER)
        self.dukpt.start(self.store, 0, KSN)
        self.dukpt.next()
        self.dukpt.next()
        for slot, (usage, key, cipher) in enumerate(
            [
                (paycrypt.KEK, KEK, 0),
                (paycrypt.PIN, DOUBLE, 0),
                (paycrypt.MAC, DOUBLE, 0),
                (paycrypt.DATA, SECRET, 0),
                (paycrypt.DUKPT, DOUBLE, 0),
                (paycrypt.MAC, DOUBLE[:8], 0),
                (paycrypt.PIN, DOUBLE, paycrypt.AES),
                (paycrypt.KEK, bytes.fromhex("89E88CF7931444F334BD7547FC3F380C"), 0),
            ]
        ):
            self.store.load(slot, usage, key, cipher=cipher)
        self.stream = self.store.mac_stream(2, paycrypt.MAC_CBC)

    def good(self, call):
        """Arguments that `call` takes, by name."""
        return {
            "KeyStore.load": {"slot": 9, "usage": paycrypt.MAC, "key": DOUBLE},
            "KeyStore.load_under": {"slot": 9, "usage": paycrypt.MAC, "kek": 0, "cryptogram": CRYPTOGRAM, "kcv": KCV},
            "KeyStore.load_working": {"kek": 0, "pin_slot": 9, "mac_slot": 10, "field62": (CRYPTOGRAM + KCV) * 2},
            "KeyStore.load_block": {"slot": 9, "kek": 7, "block": BLOCK},
            "KeyStore.usage": {"slot": 0},
            "KeyStore.kcv": {"slot": 0},
            "KeyStore.erase": {"slot": 9},
            "KeyStore.mac": {"slot": 2, "alg": paycrypt.MAC_CBC, "data": b"data"},
            "KeyStore.verify": {"slot": 2, "alg": paycrypt.MAC_CBC, "data": b"data", "mac": bytes(8)},
            "KeyStore.mac_stream": {"slot": 2, "alg": paycrypt.MAC_CBC},
            "KeyStore.pin_block": {"slot": 1, "fmt": 0, "pin": bytearray(b"1234"), "pan": PAN},
            "KeyStore.wrap": {"slot": 3, "data": b"data"},
            "KeyStore.unwrap": {"slot": 3, "blob": self.store.wrap(3, b"data")},
            "KeyStore.seal": {"secret": SECRET},
            "KeyStore.unseal": {"blob": self.store.seal(SECRET), "secret": SECRET},
            "MacStream.update": {"data": b"data"},
            "Dukpt.start": {"store": self.store, "slot": 4, "ksn": KSN},
            "Dukpt.skip": {"ksn": KSN[:-1] + b"\x05"},
            "Dukpt.load": {"store": self.store, "slot": 9, "purpose": paycrypt.DUKPT_PIN},
            "Dukpt.seal": {"secret": SECRET},
            "Dukpt.unseal": {"blob": self.dukpt.seal(SECRET), "secret": SECRET},
        }[call]

    def call(self, call, arguments):
        owner, name = call.split(".")
        method = getattr({"KeyStore": self.store, "MacStream": self.stream, "Dukpt": self.dukpt}[owner], name)
        names = [name for name, _ in SIGNATURES[call]]
        required = list(self.good(call))
        by_place = [arguments[name] for name in names if name in required]
        return method(*by_place, **{name: value for name, value in arguments.items() if name not in required})

    def state(self):
        return state(self.store), self.dukpt.ksn()


OUTSIDE = [-1, 16, 255, 256, 1 << 31, -(1 << 40), 1 << 64]
NO_CIPHER = [-1, 4, 256, 1 << 40]
# call, argument that is wrong, values, argument that is named, reason
ROWS = [
    *[(call, "slot", OUTSIDE, "slot", "out of range") for call in SIGNATURES if "slot" in dict(SIGNATURES[call])],
    *[(call, "kek", OUTSIDE, "kek", "out of range") for call in SIGNATURES if "kek" in dict(SIGNATURES[call])],
    *[(call, "kek", [15], "kek", "slot is empty") for call in SIGNATURES if "kek" in dict(SIGNATURES[call])],
    *[
        (call, "kek", [1, 2, 3, 4], "kek", "key has another usage")
        for call in SIGNATURES
        if "kek" in dict(SIGNATURES[call])
    ],
    *[
        (f"KeyStore.{name}", "slot", [15], "slot", "slot is empty")
        for name in ("mac", "verify", "mac_stream", "pin_block", "wrap", "unwrap")
    ],
    ("KeyStore.load", "usage", [0, 6, -1, 1 << 40], "usage", "not offered"),
    ("KeyStore.load", "cipher", NO_CIPHER, "cipher", "not offered"),
    ("KeyStore.load", "key", [b"", bytes(7), bytes(17), bytes(32), bytes(4096)], "key", "wrong length"),
    ("KeyStore.load_under", "usage", [0, 6, -1, 1 << 40], "usage", "not offered"),
    ("KeyStore.load_under", "cipher", NO_CIPHER, "cipher", "not offered"),
    ("KeyStore.load_under", "cryptogram", [b"", CRYPTOGRAM[:15], bytes(32), bytes(4096)], "cryptogram", "wrong length"),
    ("KeyStore.load_under", "kcv", [b"", KCV[:2], KCV + b"\0\0"], "kcv", "wrong length"),
    (
        "KeyStore.load_under",
        "kcv",
        [bytes(4), KCV[:3] + bytes((KCV[3] ^ 1,)), KCV + b"\0"],
        "kcv",
        "check value differs",
    ),
    ("KeyStore.load_under", "iv", [b"", bytes(7), bytes(16)], "iv", "wrong length"),
    ("KeyStore.load_under", "iv", [b"\1" + bytes(7)], "kcv", "check value differs"),
    ("KeyStore.load_under", "kcv_method", [-1, 3, 1 << 40], "kcv_method", "not offered"),
    ("KeyStore.load_under", "kcv_method", [2], "kcv", "check value differs"),
    ("KeyStore.load_working", "pin_slot", OUTSIDE, "pin_slot", "out of range"),
    ("KeyStore.load_working", "mac_slot", OUTSIDE, "mac_slot", "out of range"),
    ("KeyStore.load_working", "pin_slot", [0], "pin_slot", "slots must differ"),
    ("KeyStore.load_working", "mac_slot", [0, 9], "mac_slot", "slots must differ"),
    (
        "KeyStore.load_working",
        "field62",
        [b"", bytes(23), bytes(25), bytes(39), bytes(41), bytes(80)],
        "field62",
        "wrong length",
    ),
    (
        "KeyStore.load_working",
        "field62",
        [bytes(40), CRYPTOGRAM + bytes(4) + CRYPTOGRAM + KCV],
        "field62",
        "check value of the PIN key differs",
    ),
    (
        "KeyStore.load_working",
        "field62",
        [CRYPTOGRAM + KCV + CRYPTOGRAM + bytes(4), CRYPTOGRAM + KCV + bytes(20)],
        "field62",
        "check value of the MAC key differs",
    ),
    ("KeyStore.load_block", "block", ["", BLOCK[:-1], BLOCK[:15], b"A" * 600], "block", "wrong length"),
    ("KeyStore.load_block", "block", [BLOCK[:-1] + "2", BLOCK.replace("P0", "M3")], "block", "not authentic"),
    ("KeyStore.load_block", "block", ["X" + BLOCK[1:]], "block", "unknown version"),
    ("KeyStore.load_block", "block", ["D" + BLOCK[1:]], "block", "not for this key's cipher"),
    ("KeyStore.load_block", "block", [BLOCK[:-1] + "x", BLOCK[:-1] + "\u00e9"], "block", None),
    ("KeyStore.kcv", "method", [-1, 3, 1 << 40], "method", "not offered"),
    *[
        row
        for name in ("mac", "verify", "mac_stream")
        for row in (
            (f"KeyStore.{name}", "slot", [0, 1, 4], "slot", "key has another usage"),
            (f"KeyStore.{name}", "alg", [0, 5, -1, 1 << 40], "alg", "not offered"),
            (f"KeyStore.{name}", "pad", [0, 3, -1, 1 << 40], "pad", "not offered"),
        )
    ],
    ("KeyStore.pin_block", "slot", [0, 2, 3], "slot", "key has another usage"),
    ("KeyStore.pin_block", "slot", [6], "fmt", "not for this key's cipher"),
    ("KeyStore.pin_block", "fmt", [2, 5, -1, 1 << 40], "fmt", "not offered"),
    ("KeyStore.pin_block", "fmt", [4], "fmt", "not for this key's cipher"),
    ("KeyStore.pin_block", "fmt", [1, 3], "entropy", "missing"),
    ("KeyStore.wrap", "slot", [0, 1, 2], "slot", "key has another usage"),
    ("KeyStore.wrap", "data", [bytes(257), bytes(4096)], "data", "wrong length"),
    ("KeyStore.unwrap", "slot", [0, 1, 2], "slot", "key has another usage"),
    ("KeyStore.unwrap", "blob", [b"", bytes(15), bytes(273)], "blob", "wrong length"),
    ("KeyStore.unwrap", "blob", [bytes(16), bytes(20), bytes(272)], "blob", "not authentic"),
    ("KeyStore.unwrap", "aad", [b"\0", bytes(100)], "blob", "not authentic"),
    ("KeyStore.seal", "secret", [b"", bytes(31), bytes(33)], "secret", "wrong length"),
    ("KeyStore.unseal", "secret", [b"", bytes(31), bytes(33)], "secret", "wrong length"),
    ("KeyStore.unseal", "secret", [bytes(32)], "blob", "not authentic"),
    ("KeyStore.unseal", "blob", [b"", bytes(615), bytes(617)], "blob", "wrong length"),
    ("KeyStore.unseal", "blob", [bytes(616)], "blob", "not authentic"),
    ("KeyStore.unseal", "blob", [b"PCKS\x01" + bytes(579), b"PCKS\x03" + bytes(700)], "blob", "unknown version"),
    ("Dukpt.start", "slot", [0, 1, 2, 3], "slot", "key has another usage"),
    ("Dukpt.start", "slot", [15], "slot", "slot is empty"),
    ("Dukpt.start", "ksn", [b"", bytes(9), bytes(11)], "ksn", "wrong length"),
    ("Dukpt.start", "ksn", [KSN[:7] + b"\xff\xff\xff"], "ksn", "impossible content"),
    ("Dukpt.skip", "ksn", [b"", bytes(9), bytes(12)], "ksn", "wrong length"),
    ("Dukpt.skip", "ksn", [bytes(10)], "ksn", "of another key"),
    ("Dukpt.skip", "ksn", [KSN], "ksn", "lies behind the counter"),
    ("Dukpt.skip", "ksn", [KSN[:7] + b"\xff\xff\xff"], "ksn", "impossible content"),
    ("Dukpt.load", "purpose", [0, 6, -1, 1 << 40], "purpose", "not offered"),
    ("Dukpt.load", "cipher", [-1, paycrypt.AES, paycrypt.SM4, 4, 1 << 40], "cipher", "not offered"),
    ("Dukpt.load", "size", [8, 15, 24, 32, 4096, -1, 1 << 40], "size", "wrong length"),
    ("Dukpt.seal", "secret", [b"", bytes(31), bytes(33)], "secret", "wrong length"),
    ("Dukpt.unseal", "secret", [b"", bytes(31), bytes(33)], "secret", "wrong length"),
    ("Dukpt.unseal", "secret", [bytes(32)], "blob", "not authentic"),
    ("Dukpt.unseal", "blob", [b"", b"PCDK\x02"], "blob", "wrong length"),
    ("Dukpt.unseal", "blob", [bytes(376), bytes(5000)], "blob", "not authentic"),
]
# any value is right, or test_paycrypt_pin.py and test_paycrypt_differential_keys.py look at it
FREE = {
    ("KeyStore.load", "strict"),
    ("KeyStore.load_under", "strict"),
    ("KeyStore.load_working", "strict"),
    ("KeyStore.load_block", "strict"),
    ("KeyStore.mac", "data"),
    ("KeyStore.verify", "data"),
    ("KeyStore.verify", "mac"),
    ("KeyStore.wrap", "aad"),
    ("KeyStore.pin_block", "pin"),
    ("KeyStore.pin_block", "pan"),
    ("KeyStore.pin_block", "entropy"),
    ("MacStream.update", "data"),
    ("Dukpt.start", "store"),
    ("Dukpt.load", "store"),
}


def test_every_argument_of_the_stub_is_looked_at():
    arguments = {(call, name) for call, parameters in SIGNATURES.items() for name, _ in parameters}
    assert arguments == {(call, name) for call, name, *_ in ROWS} | FREE


@pytest.mark.parametrize("call", [call for call, parameters in SIGNATURES.items() if parameters])
def test_what_the_rows_start_from_is_right(call):
    scene = Scene()
    scene.call(call, scene.good(call))


@pytest.mark.parametrize(
    ("call", "name", "values", "named", "reason"), ROWS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_wrong_argument_is_named_and_nothing_changes(call, name, values, named, reason):
    scene = Scene()
    before = scene.state()
    for value in values:
        with pytest.raises(paycrypt.Error) as caught:
            scene.call(call, {**scene.good(call), name: value})
        error = caught.value
        assert error.argument == named
        assert error.reason == reason or (reason is None and error.reason in REASONS)
        # a constant text: nothing of the value
        assert str(error) == f"{named}: {error.reason}" and error.reason in REASONS
        assert error.args == (str(error),)
        assert scene.state() == before


WRONG = {
    "int": ["1", None, 1.0, b"1", [1]],
    "_Bytes": ["text", 5, None, [1, 2], 1.5],
    "_Bytes | None": ["text", 5, [1, 2]],
    "str | _Bytes": [5, None, [1, 2]],
    "str | _Bytes | None": [5, [1, 2]],
    "bytearray | memoryview": [b"1234", "1234", None, 5, memoryview(b"1234")],
    "KeyStore": [None, 5, "store", paycrypt.Dukpt()],
    "bool": [],
}
TYPED = [
    (call, name, kind) for call, parameters in SIGNATURES.items() for name, kind in parameters if "Callable" not in kind
]


@pytest.mark.parametrize(("call", "name", "kind"), TYPED)
def test_a_wrong_type_is_a_type_error_and_nothing_changes(call, name, kind):
    scene = Scene()
    before = scene.state()
    for value in WRONG[kind]:
        with pytest.raises(TypeError):
            scene.call(call, {**scene.good(call), name: value})
        assert scene.state() == before
