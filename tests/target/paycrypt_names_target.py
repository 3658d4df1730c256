"""The names and signatures of paycrypt on the interpreter at hand.

SIGNATURES is the typed stub in short (test_paycrypt_names.py holds it against the stub): arguments by place, then those
that may be given by place or by name, with their defaults. Each call is made in every way the signature allows and
forbids, and with each option set to something else, which must show.
"""

import gc

import paycrypt

CONSTANTS = (
    "KEK PIN MAC DATA DUKPT DES AES SM4 MAC_ECB_UNIONPAY MAC_X919 MAC_CBC MAC_CMAC KCV_LEGACY KCV_CMAC "
    "DUKPT_PIN DUKPT_MAC_REQUEST DUKPT_MAC_RESPONSE DUKPT_DATA_REQUEST DUKPT_DATA_RESPONSE"
)
SIGNATURES = {
    "": {
        "equal": ("left right", ()),
        "wipe": ("buffer", ()),
        "selftest": ("", ()),
    },
    "MacStream": {
        "update": ("data", ()),
        "digest": ("", ()),
    },
    "KeyStore": {
        "load": ("slot usage key", (("cipher", 0), ("strict", False))),
        "load_under": (
            "slot usage kek cryptogram kcv",
            (("iv", None), ("cipher", 0), ("kcv_method", 0), ("strict", False)),
        ),
        "load_working": ("kek pin_slot mac_slot field62", (("strict", False),)),
        "load_block": ("slot kek block", (("strict", False),)),
        "usage": ("slot", ()),
        "kcv": ("slot", (("method", 0),)),
        "erase": ("slot", ()),
        "erase_all": ("", ()),
        "mac": ("slot alg data", (("pad", 1),)),
        "verify": ("slot alg data mac", (("pad", 1),)),
        "mac_stream": ("slot alg", (("pad", 1),)),
        "pin_block": ("slot fmt pin pan", (("entropy", None),)),
        "wrap": ("slot data", (("aad", b""),)),
        "unwrap": ("slot blob", (("aad", b""),)),
        "seal": ("secret", ()),
        "unseal": ("blob secret", ()),
    },
    "Dukpt": {
        "start": ("store slot ksn", ()),
        "next": ("", ()),
        "skip": ("ksn", ()),
        "ksn": ("", ()),
        "load": ("store slot purpose", (("cipher", 0), ("size", 0))),
        "finish": ("", ()),
        "seal": ("secret", ()),
        "unseal": ("blob secret", ()),
    },
}

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
WEAK = b"\1" * 16
WEAK_WRAPPED = bytes.fromhex("2531A13A84EBB8C62531A13A84EBB8C6")  # under KEY
WEAK_KCV = bytes.fromhex("8CA64DE9")
WEAK_BLOCK = "B0096P0TE00N000089C9A6B938729AA0062466C5848AD6DAD7F0BD7AAB2B2FEA8CC3D285B31E35278664443123EE027A"
KSN = bytes.fromhex("FFFF9876543210E00000")
SECRET = bytes(range(32))


def keystore():
    store = paycrypt.KeyStore()
    store.load(0, paycrypt.KEK, KEY)
    store.load(1, paycrypt.PIN, KEY)
    store.load(2, paycrypt.MAC, KEY)
    store.load(3, paycrypt.DATA, SECRET)
    store.load(4, paycrypt.DUKPT, KEY)
    return store


def dukpt():
    made = paycrypt.Dukpt()
    made.start(keystore(), 4, KSN)
    made.next()
    return made


RECEIVERS = {
    "": lambda: paycrypt,
    "MacStream": lambda: keystore().mac_stream(2, paycrypt.MAC_CBC),
    "KeyStore": keystore,
    "Dukpt": dukpt,
}

# Arguments by place that succeed, and for each option a value that changes the result.
CALLS = {
    ".equal": (lambda: (b"a", b"a"), {}),
    ".wipe": (lambda: (bytearray(3),), {}),
    ".selftest": (lambda: (), {}),
    "MacStream.update": (lambda: (b"text",), {}),
    "MacStream.digest": (lambda: (), {}),
    "KeyStore.load": (lambda: (6, paycrypt.MAC, WEAK), {"cipher": paycrypt.AES, "strict": True}),
    "KeyStore.load_under": (
        lambda: (6, paycrypt.MAC, 0, WEAK_WRAPPED, WEAK_KCV),
        {"iv": bytes(8), "cipher": paycrypt.AES, "kcv_method": paycrypt.KCV_CMAC, "strict": True},
    ),
    "KeyStore.load_working": (lambda: (0, 6, 7, (WEAK_WRAPPED + WEAK_KCV) * 2), {"strict": True}),
    "KeyStore.load_block": (lambda: (6, 0, WEAK_BLOCK), {"strict": True}),
    "KeyStore.usage": (lambda: (2,), {}),
    "KeyStore.kcv": (lambda: (2,), {"method": paycrypt.KCV_CMAC}),
    "KeyStore.erase": (lambda: (2,), {}),
    "KeyStore.erase_all": (lambda: (), {}),
    "KeyStore.mac": (lambda: (2, paycrypt.MAC_X919, b"text"), {"pad": 2}),
    "KeyStore.verify": (lambda: (2, paycrypt.MAC_X919, b"", keystore().mac(2, paycrypt.MAC_X919, b"")), {"pad": 2}),
    "KeyStore.mac_stream": (lambda: (2, paycrypt.MAC_X919), {"pad": 2}),
    "KeyStore.pin_block": (lambda: (1, 3, bytearray(b"1234"), "4012345678909"), {"entropy": lambda n: bytes(range(n))}),
    "KeyStore.wrap": (lambda: (3, b"text"), {"aad": b"aad"}),
    "KeyStore.unwrap": (lambda: (3, keystore().wrap(3, b"text")), {"aad": b"aad"}),
    "KeyStore.seal": (lambda: (SECRET,), {}),
    "KeyStore.unseal": (lambda: (keystore().seal(SECRET), SECRET), {}),
    "Dukpt.start": (lambda: (keystore(), 4, KSN), {}),
    "Dukpt.next": (lambda: (), {}),
    "Dukpt.skip": (lambda: (KSN[:9] + b"\2",), {}),
    "Dukpt.ksn": (lambda: (), {}),
    "Dukpt.load": (lambda: (keystore(), 6, paycrypt.DUKPT_PIN), {"cipher": paycrypt.AES, "size": 24}),
    "Dukpt.finish": (lambda: (), {}),
    "Dukpt.seal": (lambda: (SECRET,), {}),
    "Dukpt.unseal": (lambda: (dukpt().seal(SECRET), SECRET), {}),
}

done = 0


def holds(truth, *what):
    global done
    assert truth, what
    done += 1


def call(owner, name, args, options):
    """What a call on a fresh object gives: its result, or TypeError, or the text of its Error."""
    gc.collect()
    try:
        result = getattr(RECEIVERS[owner](), name)(*args, **options)
    except paycrypt.Error as error:
        return "error", str(error)
    except TypeError:
        return TypeError
    return "result", result.digest() if isinstance(result, paycrypt.MacStream) else result


def check_call(owner, name, places, options):
    arguments, others = CALLS[owner + "." + name]
    places = places.split()
    names = [option for option, _ in options]
    defaults = dict(options)
    holds(set(others) == set(defaults), owner, name)
    count = len(arguments())
    holds(count == len(places), owner, name, "arguments")
    plain = call(owner, name, arguments(), {})
    holds(plain is not TypeError, owner, name, "refused")
    if name != "pin_block":
        holds(plain[0] == "result", owner, name, plain)
    # one too few, one too many, a name that does not exist, by name what goes by place
    everything = arguments() + tuple([defaults[option] for option in names])
    if len(names) < 2:
        holds(call(owner, name, everything, {}) == plain, owner, name, "defaults by place")
    holds(call(owner, name, everything + (0,), {}) is TypeError, owner, name, "one too many")
    holds(call(owner, name, arguments(), {"nonsense": 1}) is TypeError, owner, name, "unknown name")
    if count:
        last = arguments()[-1]
        holds(call(owner, name, arguments()[:-1], {}) is TypeError, owner, name, "one too few")
        holds(call(owner, name, arguments()[:-1], {places[-1]: last}) is TypeError, owner, name, places[-1])
    for place, option in enumerate(names):
        given = call(owner, name, arguments(), {option: defaults[option]})
        holds(given == plain, owner, name, option, "default")
        given = call(owner, name, arguments(), {option: others[option]})
        holds(given != plain and given is not TypeError, owner, name, option, "has no effect")
        before = tuple([defaults[known] for known in names[:place]])
        by_place = call(owner, name, arguments() + before + (others[option],), {})
        holds(by_place == given, owner, name, option, "by place")
        if type(defaults[option]) is int:
            said = call(owner, name, arguments(), {option: 99})[1]
            holds(said.startswith(option + ": "), owner, name, option, said)


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def check_names():
    classes = {owner for owner in SIGNATURES if owner} | {"Error"}
    holds(public(paycrypt) == classes | set(SIGNATURES[""]) | set(CONSTANTS.split()), public(paycrypt))
    for owner in SIGNATURES:
        if owner:
            found = public(RECEIVERS[owner]())
            holds(found == set(SIGNATURES[owner]), owner, found)
    for name in CONSTANTS.split():
        holds(isinstance(getattr(paycrypt, name), int), name)
    for owner in ("KeyStore", "Dukpt", "MacStream"):
        made = getattr(paycrypt, owner)
        for args, options in (((1,), {}), ((), {"slot": 1})):
            try:
                made(*args, **options)
            except TypeError:
                holds(True)
            else:
                holds(False, owner, args, options)


if __name__ == "__main__":
    check_names()
    for owner, calls in SIGNATURES.items():
        for name, (places, options) in calls.items():
            check_call(owner, name, places, options)
    print("ok", done)
