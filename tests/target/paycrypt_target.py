"""paycrypt on the interpreter at hand: published vectors, errors, wiping, and the sealed store.

MICROPYPATH=build/natmod/x64:lib:.frozen micropython -X heapsize=256K tests/target/paycrypt_target.py
"""

import gc

import paycrypt

done = 0


def fresh(usage, key, **options):
    store = paycrypt.KeyStore()
    store.load(0, usage, bytes.fromhex(key), **options)
    return store


def same(actual, expected):
    global done
    assert actual == expected, (actual, expected)
    done += 1


def fails(argument, call, *args, **options):
    global done
    try:
        call(*args, **options)
    except paycrypt.Error as error:
        assert isinstance(error, ValueError)
        assert error.argument == argument, (error.argument, argument)
        assert error.reason
        assert str(error) == argument + ": " + error.reason
        done += 1
        return error.reason
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
TEXT = b"Now is the time for all "
PAN = "123456789012345678"


def test_known_answers():
    same(paycrypt.selftest(), None)
    # a captured sale
    store = fresh(paycrypt.MAC, "DAB36167E6DFB5EF")
    data = bytes.fromhex(
        "02003020048000C0803100000000000000000100000103200032323030333630303130343531323534313131303030313135"
        "360024413330313936323131313131313131313131313131313131001322006603000600"
    )
    same(store.mac(0, paycrypt.MAC_ECB_UNIONPAY, data), b"E5805ECB")
    # ISO/IEC 9797-1 annex B
    store = fresh(paycrypt.MAC, DOUBLE)
    same(store.mac(0, paycrypt.MAC_X919, TEXT), bytes.fromhex("A1C72E74EA3FA9B6"))
    same(store.mac(0, paycrypt.MAC_X919, TEXT, pad=2), bytes.fromhex("E9086230CA3BE796"))
    store = fresh(paycrypt.MAC, DOUBLE[:16])
    same(store.mac(0, paycrypt.MAC_CBC, TEXT), bytes.fromhex("70A30640CC76DD8B"))
    same(store.mac(0, paycrypt.MAC_CBC, TEXT, 2), bytes.fromhex("10E1F0F108341B6D"))
    # SP 800-38B appendix D.1, examples 1 and 3
    store = fresh(paycrypt.MAC, "2B7E151628AED2A6ABF7158809CF4F3C", cipher=paycrypt.AES)
    same(store.mac(0, paycrypt.MAC_CMAC, b""), bytes.fromhex("BB1D6929E95937287FA37D129B756746"))
    data = bytes.fromhex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411")
    same(store.mac(0, paycrypt.MAC_CMAC, data), bytes.fromhex("DFA66747DE9AE63030CA32611497C827"))
    # RFC 5297 appendix A.1
    store = fresh(paycrypt.DATA, "FFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF")
    aad = bytes.fromhex("101112131415161718191A1B1C1D1E1F2021222324252627")
    text = bytes.fromhex("112233445566778899AABBCCDDEE")
    blob = bytes.fromhex("85632D07C6E8F37F950ACD320A2ECC9340C02B9690C4DC04DAEF7F6AFE5C")
    same(store.wrap(0, text, aad=aad), blob)
    same(store.unwrap(0, blob, aad=aad), text)


def test_sign_in():
    store = fresh(paycrypt.KEK, "CA5D92598DCA48CE8A4C76361A9269E9")
    field62 = bytes.fromhex("6701EAD6A9AD51E51AA406E2C27FCFA98D0A74B8B651F9E9BACE9AE10000000000000000AB7153CA")
    store.load_working(0, 1, 2, field62)
    same(store.kcv(1), bytes.fromhex("8D0A74B8"))
    same(store.kcv(2), bytes.fromhex("AB7153CA"))
    same((store.usage(1), store.usage(2), store.usage(3)), (paycrypt.PIN, paycrypt.MAC, None))
    bad = bytearray(field62)
    bad[39] ^= 1
    same(fails("field62", store.load_working, 0, 3, 4, bad), "check value of the MAC key differs")
    same((store.usage(3), store.kcv(4)), (None, None))
    store.load_under(5, paycrypt.PIN, 0, field62[:16], field62[16:19])
    same(store.kcv(5), store.kcv(1))
    fails("kcv", store.load_under, 5, paycrypt.PIN, 0, field62[:16], bytes(4))
    fails("kek", store.load_under, 5, paycrypt.PIN, 1, field62[:16], field62[16:20])


def test_pin():
    store = fresh(paycrypt.PIN, DOUBLE)
    pin = bytearray(b"123456")
    same(store.pin_block(0, 0, pin, PAN), bytes.fromhex("DECD0AF638E0474B"))
    same(pin, bytearray(6))
    for argument, slot, fmt, digits, pan in (
        ("pin", 0, 0, b"123", PAN),
        ("pin", 0, 0, b"12x4", PAN),
        ("pan", 0, 0, b"1234", PAN[:12]),
        ("pan", 0, 0, b"1234", b"12345678901234567/"),
        ("fmt", 0, 2, b"1234", PAN),
        ("slot", 1, 0, b"1234", PAN),
        ("slot", 1 << 40, 0, b"1234", PAN),
    ):
        pin = bytearray(digits)
        fails(argument, store.pin_block, slot, fmt, pin, pan)
        same(pin, bytearray(len(digits)))
    pin = bytearray(b"1234")
    refuses_type(store.pin_block, 0, 0, pin, None)
    same(pin, bytearray(4))
    pin = bytearray(b"1234")
    refuses_type(store.pin_block, "0", 0, pin, PAN)
    same(pin, bytearray(4))
    refuses_type(store.pin_block, 0, 0, b"1234", PAN)


def test_arguments():
    store = fresh(paycrypt.MAC, DOUBLE)
    same(fails("slot", store.mac, 1, paycrypt.MAC_CBC, b""), "slot is empty")
    same(fails("slot", store.pin_block, 0, 0, bytearray(b"1234"), PAN), "key has another usage")
    fails("slot", store.kcv, 16)
    fails("slot", store.erase, -1)
    fails("slot", store.usage, 1 << 64)
    fails("usage", store.load, 0, 0, bytes(8))
    fails("key", store.load, 0, paycrypt.KEK, bytes(8))
    fails("key", store.load, 0, paycrypt.MAC, bytes(32))
    fails("cipher", store.load, 0, paycrypt.PIN, bytes(16), cipher=4)
    fails("method", store.kcv, 0, method=3)
    fails("alg", store.mac, 0, 9, b"")
    fails("pad", store.mac, 0, paycrypt.MAC_CBC, b"", pad=3)
    fails("slot", store.wrap, 0, b"")
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, "text")
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, b"", padding=1)
    refuses_type(store.mac, 0, paycrypt.MAC_CBC)
    refuses_type(store.mac, 0.0, paycrypt.MAC_CBC, b"")
    refuses_type(store.mac, 0, "3", b"")
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, [1, 2])
    refuses_type(store.mac, 0, paycrypt.MAC_CBC, None)
    refuses_type(store.load_under, 1, paycrypt.PIN, 0, bytes(16), bytes(4), iv="text")
    refuses_type(paycrypt.equal, b"", "")
    refuses_type(paycrypt.MacStream)
    refuses_type(paycrypt.wipe, b"constant")


def test_verify_and_stream():
    store = fresh(paycrypt.MAC, DOUBLE)
    code = store.mac(0, paycrypt.MAC_X919, TEXT)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code), True)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code[:7]), False)
    same(store.verify(0, paycrypt.MAC_X919, TEXT, code, pad=2), False)
    stream = store.mac_stream(0, paycrypt.MAC_X919)
    for start in range(0, len(TEXT), 5):
        stream.update(memoryview(TEXT)[start : start + 5])
    same(stream.digest(), code)
    same(fails("data", stream.digest), "already finished")
    stream = store.mac_stream(0, paycrypt.MAC_CBC, pad=2)
    store.erase(0)
    same(fails("slot", stream.update, b"x"), "key was replaced meanwhile")
    # a stream keeps its store alive
    stream = fresh(paycrypt.MAC, DOUBLE).mac_stream(0, paycrypt.MAC_X919)
    gc.collect()
    for _ in range(20):
        bytearray(2000)
    stream.update(TEXT)
    same(stream.digest(), code)


def test_wrap_and_seal():
    secret = bytes(range(32))
    store = fresh(paycrypt.DATA, DOUBLE + DOUBLE[16:] + DOUBLE[:16])
    store.load(15, paycrypt.KEK, bytes.fromhex(DOUBLE))
    blob = store.wrap(0, b"record")
    same(store.unwrap(0, blob), b"record")
    fails("blob", store.unwrap, 0, blob, aad=b"other")
    fails("data", store.wrap, 0, bytes(257))
    sealed = store.seal(secret)
    same(len(sealed), 616)
    other = fresh(paycrypt.MAC, DOUBLE)
    for place in (0, 4, 5, 8, 23, 24, 300, 615):
        bad = bytearray(sealed)
        bad[place] ^= 0x10
        fails("blob", other.unseal, bad, secret)
        same(other.usage(0), paycrypt.MAC)
    fails("blob", other.unseal, sealed, bytes(32))
    fails("blob", other.unseal, sealed[:615], secret)
    fails("secret", other.unseal, sealed, secret[:31])
    other.unseal(sealed, secret)
    same((other.kcv(0), other.kcv(15)), (store.kcv(0), store.kcv(15)))
    same(other.unwrap(0, blob), b"record")
    same(other.seal(secret), sealed)


def test_equal_and_wipe():
    same(paycrypt.equal(b"abc", bytearray(b"abc")), True)
    same(paycrypt.equal(b"abc", b"abd"), False)
    same(paycrypt.equal(b"abc", b"ab"), False)
    buffer = bytearray(b"secret")
    paycrypt.wipe(memoryview(buffer)[1:4])
    same(buffer, bytearray(b"s\0\0\0et"))


for test in (
    test_known_answers,
    test_sign_in,
    test_pin,
    test_arguments,
    test_verify_and_stream,
    test_wrap_and_seal,
    test_equal_and_wipe,
):
    test()
    gc.collect()
print("ok", done)
