"""paycrypt's small set (SET=unionpay): everything it offers, and how it refuses what it leaves out.

MICROPYPATH=<folder of that paycrypt.mpy>:.frozen micropython -X heapsize=256K tests/target/unionpay_check.py
"""

import gc

import paycrypt

done = 0


def fresh(usage, key):
    store = paycrypt.KeyStore()
    store.load(0, usage, bytes.fromhex(key))
    return store


def same(actual, expected):
    global done
    assert actual == expected, (actual, expected)
    done += 1


def fails(argument, reason, call, *args, **options):
    global done
    try:
        call(*args, **options)
    except paycrypt.Error as error:
        assert isinstance(error, ValueError)
        assert (error.argument, error.reason) == (argument, reason), error
        assert str(error) == argument + ": " + reason
        done += 1
        return
    raise AssertionError("no error for " + argument)


def refuses_type(call, *args, **options):
    global done
    try:
        call(*args, **options)
    except TypeError:
        done += 1
        return
    raise AssertionError("no TypeError")


DOUBLE = "0123456789ABCDEFFEDCBA9876543210"
TRIPLE = "133457799BBCDFF1E0FEE0FEF1FEF1FE4CA2161637D0133E"
TEXT = b"Now is the time for all "
PAN = "123456789012345678"


def test_codes():
    same(paycrypt.selftest(), None)
    # a captured sale
    store = fresh(paycrypt.MAC, "DAB36167E6DFB5EF")
    data = bytes.fromhex(
        "02003020048000C0803100000000000000000100000103200032323030333630303130343531323534313131303030313135"
        "360024413330313936323131313131313131313131313131313131001322006603000600"
    )
    same(store.mac(0, paycrypt.MAC_ECB_UNIONPAY, data), b"E5805ECB")
    # computed with OpenSSL
    store = fresh(paycrypt.MAC, DOUBLE)
    same(store.mac(0, paycrypt.MAC_ECB_UNIONPAY, TEXT[:13]), b"B24B7F5B")
    same(store.mac(0, paycrypt.MAC_ECB_UNIONPAY, b""), b"423EADC4")
    same(store.mac(0, paycrypt.MAC_CBC, TEXT[:17]), bytes.fromhex("B51B7A62A6910D2E"))
    store.load(1, paycrypt.DATA, bytes.fromhex(TRIPLE))
    same(store.mac(1, paycrypt.MAC_ECB_UNIONPAY, bytes(range(1, 101))), b"74436A53")
    same(store.mac(1, paycrypt.MAC_CBC, memoryview(TEXT)), bytes.fromhex("B92100F87C51D8B4"))
    # ISO/IEC 9797-1 annex B
    same(store.mac(0, paycrypt.MAC_X919, TEXT), bytes.fromhex("A1C72E74EA3FA9B6"))
    same(store.mac(0, paycrypt.MAC_X919, TEXT, pad=2), bytes.fromhex("E9086230CA3BE796"))
    store.load(0, paycrypt.MAC, bytes.fromhex(DOUBLE[:16]))
    same(store.mac(0, paycrypt.MAC_CBC, TEXT), bytes.fromhex("70A30640CC76DD8B"))
    same(store.mac(0, paycrypt.MAC_CBC, TEXT, 2), bytes.fromhex("10E1F0F108341B6D"))


def test_verify():
    store = fresh(paycrypt.MAC, DOUBLE)
    code = bytes.fromhex("A1C72E74EA3FA9B6")
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code), True)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code, pad=2), False)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code[:7]), False)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code[:7] + b"\xb7"), False)
    same(store.verify(0, paycrypt.MAC_X919, TEXT[:23], code), False)


def test_keys():
    store = paycrypt.KeyStore()
    key = bytes.fromhex(TRIPLE)
    # check values and cryptograms computed with OpenSSL
    for size, value in ((8, "948A43F9"), (16, "47F9FB63"), (24, "220B703C")):
        same(store.load(3, paycrypt.PIN, key[:size]), bytes.fromhex(value))
        same(store.kcv(3), bytes.fromhex(value))
        same(store.kcv(3, method=1), bytes.fromhex(value))
    store.load(15, paycrypt.KEK, bytes.fromhex(DOUBLE))
    under_cbc = bytes.fromhex("2A6F5C143D4690555149D0928C494974426900F4E71FF36E")
    under_ecb = bytes.fromhex("BAD32B371DF2EA54A5D98866E4C896E8D5CC1A02D9B8C1E0")
    value = bytes.fromhex("220B703C")
    store.load_under(1, paycrypt.MAC, 15, under_cbc, value, iv=bytes.fromhex("0011223344556677"))
    store.load_under(2, paycrypt.DATA, 15, under_ecb, value[:3])
    same((store.kcv(1), store.kcv(2)), (value, value))
    fails("kcv", "check value differs", store.load_under, 1, paycrypt.MAC, 15, under_cbc, value)
    fails("kcv", "check value differs", store.load_under, 4, paycrypt.MAC, 15, under_ecb, bytes(4))
    fails("kcv", "wrong length", store.load_under, 4, paycrypt.MAC, 15, under_ecb, value[:2])
    fails("iv", "wrong length", store.load_under, 4, paycrypt.MAC, 15, under_ecb, value, iv=bytes(7))
    fails("cryptogram", "wrong length", store.load_under, 4, paycrypt.MAC, 15, under_ecb[:12], value)
    fails("cryptogram", "wrong length", store.load_under, 4, paycrypt.KEK, 15, under_ecb[:8], value)
    fails("kek", "key has another usage", store.load_under, 4, paycrypt.MAC, 1, under_ecb, value)
    fails("kek", "slot is empty", store.load_under, 4, paycrypt.MAC, 0, under_ecb, value)
    same((store.usage(1), store.usage(2), store.usage(4)), (paycrypt.MAC, paycrypt.DATA, None))
    store.erase(1)
    same((store.usage(1), store.kcv(1), store.usage(2)), (None, None, paycrypt.DATA))
    store.erase_all()
    same([store.usage(slot) for slot in range(16)], [None] * 16)


def test_schedules():
    # the one expanded key that is kept never serves another slot, nor a slot whose key has changed
    store = fresh(paycrypt.MAC, DOUBLE[:16])
    store.load(1, paycrypt.MAC, bytes.fromhex(DOUBLE))
    for _ in range(2):
        same(store.mac(0, paycrypt.MAC_CBC, TEXT), bytes.fromhex("70A30640CC76DD8B"))
        same(store.mac(1, paycrypt.MAC_X919, TEXT), bytes.fromhex("A1C72E74EA3FA9B6"))
    store.load(1, paycrypt.MAC, bytes.fromhex(DOUBLE[:16]))
    same(store.mac(1, paycrypt.MAC_CBC, TEXT), bytes.fromhex("70A30640CC76DD8B"))
    store.erase(1)
    fails("slot", "slot is empty", store.mac, 1, paycrypt.MAC_CBC, TEXT)


def test_sign_in():
    store = fresh(paycrypt.KEK, "CA5D92598DCA48CE8A4C76361A9269E9")
    field62 = bytes.fromhex("6701EAD6A9AD51E51AA406E2C27FCFA98D0A74B8B651F9E9BACE9AE10000000000000000AB7153CA")
    store.load_working(0, 1, 2, field62)
    same((store.kcv(1), store.kcv(2)), (bytes.fromhex("8D0A74B8"), bytes.fromhex("AB7153CA")))
    same((store.usage(1), store.usage(2), store.usage(3)), (paycrypt.PIN, paycrypt.MAC, None))
    for place, name in ((16, "PIN"), (39, "MAC")):
        bad = bytearray(field62)
        bad[place] ^= 1
        fails("field62", "check value of the " + name + " key differs", store.load_working, 0, 3, 4, bad)
        same((store.usage(3), store.usage(4)), (None, None))
    fails("field62", "wrong length", store.load_working, 0, 3, 4, field62[:39])
    fails("pin_slot", "slots must differ", store.load_working, 0, 0, 4, field62)
    fails("mac_slot", "slots must differ", store.load_working, 0, 3, 3, field62)
    fails("pin_slot", "out of range", store.load_working, 0, 16, 3, field62)
    fails("mac_slot", "out of range", store.load_working, 0, 3, -1, field62)
    fails("kek", "key has another usage", store.load_working, 1, 3, 4, field62)
    # single-length keys, computed with OpenSSL
    store = fresh(paycrypt.KEK, DOUBLE)
    store.load_working(0, 1, 2, bytes.fromhex("BAD32B371DF2EA54948A43F9D5CC1A02D9B8C1E04196C1D7"))
    same(store.kcv(1), bytes.fromhex("948A43F9"))


def test_pin():
    store = fresh(paycrypt.PIN, DOUBLE)
    pin = bytearray(b"123456")
    same(store.pin_block(0, 0, pin, PAN), bytes.fromhex("DECD0AF638E0474B"))
    same(pin, bytearray(6))
    store.load(1, paycrypt.MAC, bytes(8))
    for argument, reason, slot, fmt, digits, pan in (
        ("pin", "wrong length", 0, 0, b"123", PAN),
        ("pin", "wrong length", 0, 0, b"1234567890123", PAN),
        ("pin", "not all digits", 0, 0, b"12x4", PAN),
        ("pan", "wrong length", 0, 0, b"1234", PAN[:12]),
        ("pan", "wrong length", 0, 0, b"1234", PAN + "90"),
        ("pan", "not all digits", 0, 0, b"1234", b"12345678901234567/"),
        ("fmt", "not offered", 0, 1, b"1234", PAN),
        ("fmt", "not offered", 0, 1, b"1234", None),
        ("fmt", "not offered", 0, 3, b"1234", PAN),
        ("fmt", "not offered", 0, 4, b"1234", PAN),
        ("fmt", "not offered", 0, -1, b"1234", PAN),
        ("slot", "slot is empty", 2, 0, b"1234", PAN),
        ("slot", "key has another usage", 1, 0, b"1234", PAN),
        ("slot", "out of range", 1 << 40, 0, b"1234", PAN),
    ):
        pin = bytearray(digits)
        fails(argument, reason, store.pin_block, slot, fmt, pin, pan)
        same(pin, bytearray(len(digits)))
    for slot, fmt, pan in ((0, 0, None), ("0", 0, PAN), (0, 0.0, PAN)):
        pin = bytearray(b"1234")
        refuses_type(store.pin_block, slot, fmt, pin, pan)
        same(pin, bytearray(4))
    refuses_type(store.pin_block, 0, 0, b"1234", PAN)


def test_arguments():
    store = fresh(paycrypt.MAC, DOUBLE)
    for slot in (-1, 16, 1 << 64):
        fails("slot", "out of range", store.kcv, slot)
        fails("slot", "out of range", store.erase, slot)
        fails("slot", "out of range", store.usage, slot)
        fails("slot", "out of range", store.load, slot, paycrypt.MAC, bytes(8))
    fails("key", "wrong length", store.load, 1, paycrypt.KEK, bytes(8))
    for size in (0, 7, 9, 25, 32):
        fails("key", "wrong length", store.load, 1, paycrypt.DATA, bytes(size))
    fails("alg", "needs a double-length key", fresh(paycrypt.MAC, TRIPLE).mac, 0, paycrypt.MAC_X919, b"")
    fails("pad", "only 1 with this algorithm", store.mac, 0, paycrypt.MAC_ECB_UNIONPAY, b"", pad=2)
    fails("pad", "not offered", store.mac, 0, paycrypt.MAC_CBC, b"", pad=3)
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, "text")
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, b"", padding=1)
    refuses_type(store.mac, 0, paycrypt.MAC_CBC)
    refuses_type(store.mac, 0.0, paycrypt.MAC_CBC, b"")
    refuses_type(paycrypt.KeyStore.mac, paycrypt, 0, paycrypt.MAC_CBC, b"")
    refuses_type(paycrypt.equal, b"", "")
    refuses_type(paycrypt.wipe, b"constant")


def test_what_is_left_out():
    store = fresh(paycrypt.KEK, DOUBLE)
    # DUKPT is usage 5; AES and SM4 are ciphers 2 and 3; CMAC is code 4 and check value 2
    for usage in (0, 5, 6):
        fails("usage", "not offered", store.load, 1, usage, bytes(16))
        fails("usage", "not offered", store.load_under, 1, usage, 0, bytes(16), bytes(4))
    for cipher in (-1, 2, 3, 4):
        fails("cipher", "not offered", store.load, 1, paycrypt.MAC, bytes(16), cipher=cipher)
        fails("cipher", "not offered", store.load_under, 1, paycrypt.MAC, 0, bytes(16), bytes(4), cipher=cipher)
    for method in (-1, 2, 3):
        fails("method", "not offered", store.kcv, 0, method=method)
        fails("kcv_method", "not offered", store.load_under, 1, paycrypt.MAC, 0, bytes(16), bytes(4), kcv_method=method)
    fails("strict", "not offered", store.load, 1, paycrypt.MAC, bytes.fromhex(DOUBLE), strict=True)
    same(store.load(1, paycrypt.MAC, bytes.fromhex(DOUBLE), cipher=1, strict=False), store.kcv(0))
    for alg in (-1, 0, 4, 5):
        fails("alg", "not offered", store.mac, 1, alg, b"")
        fails("alg", "not offered", store.verify, 1, alg, b"", bytes(8))
    for name in ("load_block", "mac_stream", "wrap", "unwrap", "seal", "unseal"):
        same(hasattr(store, name), False)
    for name in ("Dukpt", "MacStream", "DUKPT", "AES", "SM4", "MAC_CMAC", "KCV_CMAC", "DUKPT_PIN"):
        same(hasattr(paycrypt, name), False)


def test_equal_and_wipe():
    same(paycrypt.equal(b"abc", bytearray(b"abc")), True)
    same(paycrypt.equal(b"abc", b"abd"), False)
    same(paycrypt.equal(b"abc", b"ab"), False)
    buffer = bytearray(b"secret")
    paycrypt.wipe(memoryview(buffer)[1:4])
    same(buffer, bytearray(b"s\0\0\0et"))


def test_error():
    for error, argument, reason in (
        (paycrypt.Error("pin: not all digits"), "pin", "not all digits"),
        (paycrypt.Error("other"), "", ""),
        (paycrypt.Error(7), "", ""),
        (paycrypt.Error(), "", ""),
    ):
        same((error.argument, error.reason), (argument, reason))


for test in (
    test_codes,
    test_verify,
    test_keys,
    test_schedules,
    test_sign_in,
    test_pin,
    test_arguments,
    test_what_is_left_out,
    test_equal_and_wipe,
    test_error,
):
    test()
    gc.collect()
print("ok", done)
