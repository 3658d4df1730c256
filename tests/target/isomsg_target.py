"""ISO 8583 packing and unpacking on the device: known bytes, round trips, refusals, and a heap that stays level."""

import gc

import micropython  # noqa: F401 - gives CPython the device's clock

import isomsg

SPEC = {
    2: ("n..", 19),
    3: ("n", 6),
    4: ("n", 12),
    11: ("n", 6),
    22: ("n", 3),
    23: ("n", 3, "r"),
    35: ("z..", 37),
    39: ("an", 2),
    41: ("ans", 8),
    48: ("n...", 322),
    55: ("b...", 255),
    60: ("n...", 17),
    62: ("b...", 512),
    63: ("ans...", 163, "raw"),
    64: ("b", 8),
    70: ("n", 3),
}
checks = 0


def check(fact):
    global checks
    assert fact
    checks += 1


def refused(action, field):
    try:
        action()
    except isomsg.Error as error:
        check(error.field == field)
        check(str(error).startswith(f"field {field} at byte {error.offset}: "))
    else:
        check(False)


message = {
    0: "0200",
    2: "6222021234567890123",
    3: "000000",
    4: "000000000100",
    22: "021",
    23: "001",
    35: "6222021234567890123D25121010000",
    39: "A0",
    41: "TERM 001",
    48: "1234567890" * 32,
    55: bytes(range(255)),
    60: "22000001000",
    62: bytes(512),
    63: b"\xb3\xc9\xb9\xa6",
    64: bytes(8),
}
data = isomsg.encode(SPEC, message)
check(bytes(data[:13]) == b"\x02\x00\x70\x00\x06\x00\x22\x81\x02\x17\x19\x62\x22")
check(isomsg.decode(SPEC, data) == message)
check(isomsg.decode(SPEC, memoryview(data)) == message)
data[-8:] = b"ABCDEF01"
check(isomsg.decode(SPEC, data)[64] == b"ABCDEF01")

message[70] = "301"
check(isomsg.decode(SPEC, isomsg.encode(SPEC, message)) == message)
shown = isomsg.mask(message)
check(shown[2] == "622202*********0123")
check(shown[35] == "[31]" and shown[62] == "[512]" and shown[4] == "000000000100")

refused(lambda: isomsg.encode(SPEC, {0: "0200", 4: "1"}), 4)
refused(lambda: isomsg.encode(SPEC, {0: "0200", 5: "1"}), 5)
refused(lambda: isomsg.encode(SPEC, {0: "0200", 41: "终端号码abcd"}), 41)
refused(lambda: isomsg.encode(SPEC, {0: "02"}), 0)
for size in range(len(data)):
    try:
        isomsg.decode(SPEC, memoryview(data)[:size])
        check(False)
    except isomsg.Error:
        pass
check(True)

if hasattr(gc, "mem_free"):
    free = []
    for _ in range(4):
        for _ in range(20):
            isomsg.decode(SPEC, isomsg.encode(SPEC, message))
        gc.collect()
        free.append(gc.mem_free())
    print("# free", free)
    # the collector is conservative: single buffers may look alive for a round, a leak of 20 messages would be 20 kB
    check(free[1] - free[3] < 4096)
print("ok", checks)
