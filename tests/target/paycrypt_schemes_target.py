"""paycrypt's schemes on the interpreter at hand: other ciphers, key transport, key blocks, PIN formats, DUKPT.

Values without a source beside them were made with the Python packages cryptography and psec.

MICROPYPATH=build/natmod/x64:lib:.frozen micropython -X heapsize=256K tests/target/paycrypt_schemes_target.py
"""

import gc
import sys

import paycrypt

done = 0


def same(actual, expected):
    global done
    if isinstance(expected, str) and not isinstance(actual, str):
        expected = bytes.fromhex(expected)
    assert actual == expected, (actual, expected)
    done += 1


def fails(argument, call, *args, **options):
    global done
    try:
        call(*args, **options)
    except paycrypt.Error as error:
        assert error.argument == argument, (error.argument, argument)
        assert str(error) == argument + ": " + error.reason
        done += 1
        return error.reason
    raise AssertionError("no error for " + argument)


KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
OTHER = bytes.fromhex("89ABCDEF0123456776543210FEDCBA98")
AES_KEY = bytes.fromhex("FEDCBA9876543210F1F1F1F1F1F1F1F1")
TEXT = b"Now is the time for all "
PAN = "4012345678909"
ACCOUNT = b"4012345678909D987"


def store_with(usage, key, slot=0, **options):
    store = paycrypt.KeyStore()
    store.load(slot, usage, key, **options)
    return store


def test_sm4():
    store = store_with(paycrypt.MAC, KEY, cipher=paycrypt.SM4)
    # GB/T 32907-2016 annex A.1: a CBC code over one block is that block encrypted
    same(store.mac(0, paycrypt.MAC_CBC, KEY), "681EDF34D206965E86B3E94F536E4246")
    same(store.mac(0, paycrypt.MAC_CBC, KEY + TEXT[:16]), "1B208564DAFAAC5E356CB5B3BB58C3B5")
    same(store.mac(0, paycrypt.MAC_CMAC, TEXT), "30D15846C31EC7318B42CC3188FC7FA2")
    same((store.kcv(0), store.kcv(0, paycrypt.KCV_CMAC)), (bytes.fromhex("2677F46B"), bytes.fromhex("909F5E6E")))
    same(fails("alg", store.mac, 0, paycrypt.MAC_X919, b""), "not for this key's cipher")
    store = store_with(paycrypt.KEK, KEY, cipher=paycrypt.SM4)
    field62 = "0951EE8C8246A07983E7CFDB0E7235150BDAA27706989C613DA668AD2A8DF782E1A8F96A1E9634B7"
    store.load_working(0, 1, 2, bytes.fromhex(field62))
    same(store.mac(2, paycrypt.MAC_CBC, bytes(16)), "1E9634B770F9AEBAA9344F5AFF9F82A3")
    same(store.usage(1), paycrypt.PIN)


def test_keys_under_keys():
    store = store_with(paycrypt.KEK, KEY)
    kcv = bytes.fromhex("EB7A8DF9")
    wrapped = bytes.fromhex("37C754C761004665EB6F9C32C2E0BE91")
    same(fails("kcv", store.load_under, 1, paycrypt.MAC, 0, wrapped, kcv), "check value differs")
    store.load_under(1, paycrypt.MAC, 0, wrapped, kcv, iv=bytes(range(8)))
    same((store.kcv(1), store.kcv(1, method=paycrypt.KCV_CMAC)), (kcv, bytes.fromhex("E1414CE0")))
    fails("iv", store.load_under, 1, paycrypt.MAC, 0, wrapped, kcv, iv=bytes(7))
    store.load_under(2, paycrypt.MAC, 0, bytes.fromhex("4230EF1CB268495597F4494DD23D8A72"), kcv[:3])
    same(store.kcv(2), kcv)
    store.load(3, paycrypt.KEK, AES_KEY, cipher=paycrypt.AES)
    wrapped = bytes.fromhex("BEE28C370F95C0B23FE6A3EE3E860FE4")
    store.load_under(4, paycrypt.MAC, 3, wrapped, bytes.fromhex("E308C1F3"), bytes(range(16)))
    same((store.kcv(4), store.kcv(4, paycrypt.KCV_LEGACY)), (bytes.fromhex("E308C1F3"), bytes.fromhex("EC497DA2")))


def test_strict():
    store = paycrypt.KeyStore()
    for key, reason in (
        (b"\1" * 8, "weak key"),
        (KEY[:8] * 2, "equal parts"),
        (bytes.fromhex("E001E001F101F101"), "weak key"),
    ):
        same(fails("key", store.load, 0, paycrypt.MAC, key, strict=True), reason)
        same(len(store.load(0, paycrypt.MAC, key)), 4)
    same(len(store.load(0, paycrypt.MAC, KEY, strict=True)), 4)


KBPK = KEY[8:] + KEY[:8]
BLOCK_A = "A0088M3TC00N00008996F214928861FB1AC2FF7948E5F80E9617284902D0790DD1AC6E335528B321AA7E884A"
BLOCK_B = "B0096B1TX00N0000F7F97EB2729BCD621ACEB8C7B2D8376BF70CA53C98FD9DFB92F28D00D5273DC6EE7153967D1349D8"
BLOCK_C = "C0088M1TV00N00003BA1A6131CF0E20C4A2C37AEC8A6D083E1FD9D9FFAAEFC991730D6852BC9D0282AABFE47"
BLOCK_D = (
    "D0144P0AE00N0000A31BD7AAFC9D536A319684041B1034CC8B1D1DEC60A02878D5EB5BDDE27F1BB2"
    "77EA1AFB62EC57CE08E5CEC5B52A36BE4CC9F63F647E9D1FC6ACE1ED42B396E9"
)
BLOCK_OPTIONAL = (
    "D0176B1AX00N0200KS141234567890123456PB0C0000000032B2FC67243C7FC2B52427E9F42921C30C714426D5BC61F0"
    "B59F0D98DC8B1631E3B7B2CA01B36C3EE6555FC52482A7ED2D18D2915A413D98D391077EBECF925D"
)


def test_key_blocks():
    store = store_with(paycrypt.KEK, KEY)
    store.load(1, paycrypt.KEK, KBPK)
    same(store.load_block(2, 1, BLOCK_A), "08D7B4FB")
    same(store.mac(2, paycrypt.MAC_X919, TEXT), "A1C72E74EA3FA9B6")  # ISO/IEC 9797-1 annex B
    same(fails("alg", store.mac, 2, paycrypt.MAC_CBC, TEXT), "key is bound to another algorithm")
    store.load_block(3, 0, bytearray(BLOCK_C.encode()))
    same(store.verify(3, paycrypt.MAC_CBC, TEXT, bytes.fromhex("93462A6DB9B4A4D1")), True)
    same(fails("slot", store.mac, 3, paycrypt.MAC_CBC, TEXT), "key's mode forbids it")
    for block, reason in (
        (BLOCK_A, "not authentic"),
        (BLOCK_B[:60] + "0" + BLOCK_B[61:], "not authentic"),
        (BLOCK_C.replace("V", "C"), "not authentic"),
        (BLOCK_B.lower(), "unknown version"),
        (BLOCK_B[:-8], "wrong length"),
        (BLOCK_D, "not for this key's cipher"),
        ("", "wrong length"),
    ):
        same(fails("block", store.load_block, 3, 0, block), reason)
    same(store.usage(3), paycrypt.MAC)


def test_pin_formats():
    store = store_with(paycrypt.PIN, KEY)
    pin = bytearray(b"1234")
    same(store.pin_block(0, 1, pin, None, entropy=lambda n: bytes(range(1, n + 1))), "E384013EB0EEA21B")
    same(pin, bytearray(4))
    # pairs of equal bytes become the digits A B C D E F A B C F
    fill = bytes([byte for byte in (0, 50, 100, 150, 200, 250, 20, 70, 120, 255) for _ in range(2)])
    same(store.pin_block(0, 3, bytearray(b"1234"), PAN, lambda n: memoryview(fill)), "3AEA1CEFE66FE86D")
    # ANSI X9.24-3:2017, test vectors
    store = store_with(paycrypt.KEK, AES_KEY, cipher=paycrypt.AES)
    same(store.load_block(1, 0, BLOCK_D), "98964FF9")
    random = bytes.fromhex("2F69ADDE2E9E7ACE")
    block = store.pin_block(1, 4, bytearray(b"1234"), "4111111111111111", lambda n: random)
    same(block, "A912150391AB65A67E52883D81CE2D15")


def drawn(result):
    """An entropy function that notes what it was asked for, then returns `result` or raises it."""
    asked = []

    def entropy(count):
        asked.append(count)
        gc.collect()
        if isinstance(result, Exception):
            raise result
        return result

    return entropy, asked


def test_entropy_fails_closed():
    store = store_with(paycrypt.PIN, KEY)
    for result, reason in ((b"", "wrong length"), (bytes(range(4)), "wrong length"), (bytes(range(6)), "wrong length"),
                           (bytes(range(64)), "wrong length"), (b"7" * 5, "stuck")):  # fmt: skip
        pin = bytearray(b"1234")
        entropy, asked = drawn(result)
        same(fails("entropy", store.pin_block, 0, 1, pin, None, entropy), reason)
        same((pin, asked), (bytearray(4), [5]))
    pin = bytearray(b"1234")
    same(fails("entropy", store.pin_block, 0, 1, pin, PAN), "missing")
    same(pin, bytearray(4))
    for result, kind in (("text5", TypeError), (None, TypeError), (OSError(5), OSError), (KeyError("x"), KeyError)):
        pin = bytearray(b"1234")
        entropy, asked = drawn(result)
        try:
            store.pin_block(0, 3, pin, PAN, entropy)
        except kind as error:
            assert not isinstance(result, Exception) or error is result
        else:
            raise AssertionError("no exception")
        same((pin, asked), (bytearray(4), [20]))
    # asked only when a format needs some
    entropy, asked = drawn(KeyError("x"))
    store.pin_block(0, 0, bytearray(b"1234"), PAN, entropy)
    same(asked, [])
    for pan, fmt in ((None, 0), (None, 3), (5, 1)):
        pin = bytearray(b"1234")
        try:
            store.pin_block(0, fmt, pin, pan, drawn(bytes(range(20)))[0])
        except TypeError:
            same(pin, bytearray(4))
        else:
            raise AssertionError("no TypeError")


def test_dukpt_des():
    # ANSI X9.24-1:2009 annex: initial key 6AC292FA…, its first transaction
    store = store_with(paycrypt.KEK, KEY)
    same(store.load_block(1, 0, BLOCK_B), "AF8C074A")
    same(store.usage(1), paycrypt.DUKPT)
    base = bytes.fromhex("FFFF9876543210E00000")
    dukpt = paycrypt.Dukpt()
    same(fails("dukpt", dukpt.next), "nothing loaded")
    fails("ksn", dukpt.start, store, 1, base[:9])
    dukpt.start(store, 1, base)
    same((store.usage(1), dukpt.ksn()), (None, base))
    same(fails("dukpt", dukpt.load, store, 2, paycrypt.DUKPT_PIN), "no transaction begun")
    same(dukpt.next(), "FFFF9876543210E00001")
    dukpt.load(store, 2, paycrypt.DUKPT_PIN)
    same(store.pin_block(2, 0, bytearray(b"1234"), PAN), "1B9C1845EB993A7A")
    dukpt.load(store, 3, paycrypt.DUKPT_MAC_REQUEST)
    same(store.mac(3, paycrypt.MAC_X919, ACCOUNT)[:4], "9CCC7817")
    dukpt.load(store, 4, paycrypt.DUKPT_MAC_RESPONSE)
    same(fails("slot", store.mac, 4, paycrypt.MAC_X919, ACCOUNT), "key's mode forbids it")
    same(store.verify(4, paycrypt.MAC_X919, ACCOUNT, bytes(8)), False)
    dukpt.load(store, 5, paycrypt.DUKPT_DATA_REQUEST)
    same(store.usage(5), paycrypt.DATA)
    fails("purpose", dukpt.load, store, 2, 0)
    fails("cipher", dukpt.load, store, 2, paycrypt.DUKPT_PIN, cipher=paycrypt.AES)
    fails("size", dukpt.load, store, 2, paycrypt.DUKPT_PIN, size=24)
    fails("size", dukpt.load, store, 2, paycrypt.DUKPT_PIN, size=-1)
    dukpt.finish()
    same(fails("dukpt", dukpt.load, store, 2, paycrypt.DUKPT_PIN), "no transaction begun")
    # the last counter before EFF800 has ten one bits as well
    dukpt.skip(bytes.fromhex("FFFF9876543210EFF600"))
    same(fails("ksn", dukpt.skip, base), "lies behind the counter")
    same(fails("ksn", dukpt.skip, b"\0" + base[1:]), "of another key")
    same(dukpt.next(), "FFFF9876543210EFF800")
    dukpt.load(store, 2, paycrypt.DUKPT_PIN)
    same(store.pin_block(2, 0, bytearray(b"1234"), PAN), "33365F5CC6F23C35")


def test_dukpt_aes():
    # ANSI X9.24-3:2017, test vectors: initial key 1273671E…, transaction 1
    store = store_with(paycrypt.KEK, AES_KEY, cipher=paycrypt.AES)
    store.load_block(1, 0, BLOCK_OPTIONAL)
    dukpt = paycrypt.Dukpt()
    dukpt.start(store, 1, bytes.fromhex("1234567890123456"))
    same(dukpt.next(), "123456789012345600000001")
    dukpt.load(store, 2, paycrypt.DUKPT_PIN)
    same(store.kcv(2), "98964FF9")
    dukpt.load(store, 3, paycrypt.DUKPT_MAC_REQUEST)
    same(store.mac(3, paycrypt.MAC_CMAC, ACCOUNT), "A2EB5C1C35809E58404E873C3C411E31")
    dukpt.load(store, 4, paycrypt.DUKPT_PIN, paycrypt.DES, 16)
    same(len(store.pin_block(4, 0, bytearray(b"1234"), PAN)), 8)
    dukpt.skip(bytes.fromhex("1234567890123456FFFF0000"))
    same(fails("dukpt", dukpt.next), "counter exhausted")


def test_sealed_dukpt():
    secret = bytes(range(32))
    store = store_with(paycrypt.DUKPT, bytes.fromhex("6AC292FAA1315B4D858AB3A3D7D5933A"))
    dukpt = paycrypt.Dukpt()
    same(fails("dukpt", dukpt.seal, secret), "nothing loaded")
    dukpt.start(store, 0, bytes.fromhex("FFFF9876543210E00000"))
    dukpt.next()
    blob = dukpt.seal(secret)
    again = paycrypt.Dukpt()
    again.unseal(blob, secret)
    same(again.ksn(), dukpt.ksn())
    same(again.next(), dukpt.next())
    dukpt.load(store, 2, paycrypt.DUKPT_PIN)
    again.load(store, 3, paycrypt.DUKPT_PIN)
    same(store.kcv(2), store.kcv(3))
    bad = bytearray(blob)
    bad[len(bad) // 2] ^= 1
    same(fails("blob", again.unseal, bad, secret), "not authentic")
    fails("secret", again.unseal, blob, secret[:31])
    fails("blob", again.unseal, store.seal(secret), secret)
    same(again.ksn(), dukpt.ksn())


def test_what_is_kept_without_the_module():
    """A native module's types live on the heap: one that is still held keeps what it needs."""
    global paycrypt
    kept, held = paycrypt.Error, paycrypt.Dukpt
    sys.modules.pop("paycrypt", None)
    paycrypt = None
    for _ in range(3):
        gc.collect()
        waste = [bytes(40 + i) for i in range(100)]
        del waste
    try:
        held().next()
        raise AssertionError("not refused")
    except kept as error:
        same((error.argument, error.reason), ("dukpt", "nothing loaded"))


for test in (
    test_sm4,
    test_keys_under_keys,
    test_strict,
    test_key_blocks,
    test_pin_formats,
    test_entropy_fails_closed,
    test_dukpt_des,
    test_dukpt_aes,
    test_sealed_dukpt,
    test_what_is_kept_without_the_module,
):
    test()
    gc.collect()
print("ok", done)
