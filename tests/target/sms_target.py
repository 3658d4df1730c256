"""Short messages on the device's interpreter: alphabets, parts, reports, hostile PDUs, memory."""

import gc

import sms
from sms.assembler import Assembler

checks = 0


def same(value, expected):
    global checks
    assert value == expected, (value, expected)
    checks += 1


def refused(argument, offset, call, *arguments, **options):
    global checks
    try:
        call(*arguments, **options)
    except sms.Error as error:
        assert isinstance(error, ValueError)
        assert (error.argument, error.offset) == (argument, offset), (error.argument, error.offset)
        checks += 1
        return
    raise AssertionError("not refused")


# while the heap is in one piece
refused("text", None, sms.count, "成" * (255 * 67 + 1))

# outgoing: number, text, options, what follows the prompt of AT+CMGS
for number, text, options, expected in (
    ("+31641600986", "How are you?", {"report": False}, "0001000B911346610089F600000CC8F71D14969741F977FD07"),
    ("13912345678", "hellohel", {"ref": 0x40}, "0021400B813119325476F8000008E8329BFD4697D9"),
    ("10086", "[€]", {"report": False, "validity": 86400}, "00110005810180F60000A7061BDEA6BCF101"),
    ("+8613800138000", "成功\U0001f600", {"ref": 7}, "0021070D91683108108300F00008086210529FD83DDE00"),
    ("10086", "", {"report": False}, "00010005810180F6000000"),
):
    (part,) = sms.submit(number, text, **options)
    same(part.hex(), expected)
    same(part.length, len(expected) // 2 - 1)

for text, expected in (
    ("a" * 160, (sms.GSM7, 160, 1)),
    ("a" * 161, (sms.GSM7, 161, 2)),
    ("a" * 152 + "€" * 77, (sms.GSM7, 306, 3)),
    ("成" * 70, (sms.UCS2, 70, 1)),
    ("\U0001f600" * 67, (sms.UCS2, 134, 3)),
):
    same(sms.count(text), expected)

# parts: header, fill bit, whole pairs
first, second = sms.submit("10086", "a" * 152 + "€" + "b" * 20, report=False, ref=255, concat_ref=77)
same((first.index, first.total, first.reference, second.index, second.reference), (1, 2, 255, 2, 0))
same(first.tpdu[:16], b"\x41\xff\x05\x81\x01\x80\xf6\x00\x00\x9f\x05\x00\x03\x4d\x02\x01")
same(second.hex(), "00410005810180F600001D0500034D02023665B1582C168BC562B1582C168BC562B1582C06")
for part in sms.submit("10086", "\U0001f600" * 67):
    same(part.tpdu[-2:], b"\xde\x00")
    same(part.tpdu[16:18], b"\xd8\x3d")

first, second = sms.submit("10086", "成" * 67 + "aaaa", report=False, concat_ref=0x1234)
same(second.hex(), "00410105810180F6000811060804123402026210" + "0061" * 4)
same(sms.count("a" * 305, True), (sms.GSM7, 305, 3))

# incoming
report = sms.parse("079119890400202306400C91197909913764511090718384225110907183252200")
same((report.reference, report.recipient, report.status), (0x40, "+919790197346", 0))
same((report.timestamp, report.discharged), ((2015, 1, 9, 17, 38, 48, 22), (2015, 1, 9, 17, 38, 52, 22)))
same((report.outcome, report.final, report.delivered), (sms.DELIVERED, True, True))

message = sms.parse("07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07")
same((message.sender, message.text, message.data, message.concat), ("+31641600986", "How are you?", None, None))
same(message.timestamp, (2002, 8, 26, 19, 37, 41, 0))
message = sms.parse("040ED0C3A6B0250CBBD7000842506070809023086210529FD83DDE00", smsc=False)
same((message.sender, message.text), ("CMB-Bank", "成功\U0001f600"))
message = sms.parse("0891683108100005f0400d91683119325476f8000042506070809000090500034d0201d069")
same((message.text, message.concat, message.wide), ("hi", (77, 2, 1), False))
message = sms.parse("040C813119325476F80008425060708090230A621000000041D83D6210", smsc=False)
same((message.sender, message.text), ("13912345678", "成A\ufffd成"))

# parts put together again, the last one first and twice
whole = Assembler()
done = []
text = "成a\U0001f600" * 60
for part in reversed(sms.submit("10086", text, report=False, concat_ref=4660)):
    frame = b"\x44" + part.tpdu[2:9] + bytes(7) + part.tpdu[9:]
    for _ in range(2):
        done.append(whole.add(sms.parse(frame, smsc=False), 0))
same(done, [None] * 6 + [("10086", text, None), None])

# a message written and read back through the other direction's frame
for text in ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", "^{}\\[~]|€\f", "¡§¿ÄÖÑÜäöñüà", "成a\U0001f600"):
    (part,) = sms.submit("1", text, report=False)
    same(sms.parse(b"\x04\x01\x81\xf1" + part.tpdu[5:7] + bytes(7) + part.tpdu[7:], smsc=False).text, text)

# numbers
same(sms.check_number("138-0013 8000"), "13800138000")
same(sms.check_number("0086 13800138000"), "+8613800138000")
for typed in ("", "+", "1380013800", "12800138000", "+0123456789", "1380013800٣", "9" * 99):
    refused("number", None, sms.check_number, typed)

# refusals
for number in ("", "+", "1380013800x", "1" * 21, "１３８"):
    refused("number", None, sms.submit, number, "x")
refused("ref", None, sms.submit, "1", "x", ref=256)
refused("validity", None, sms.submit, "1", "x", validity=0)
for pdu, offset in (("", 0), ("0", None), ("zz", None), ("成", None), ("00" * 201, None), ("079119", 3), (b"\x00", 1)):
    refused("pdu", offset, sms.parse, pdu)


def hostile(seed):
    """Octets from a linear congruence: reads or refuses, nothing else."""
    octets = bytearray(40)
    for i in range(40):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        octets[i] = seed >> 16 & 0xFF
    octets[0] = 0
    octets[1] &= 0x47
    octets[2] &= 0x0F
    try:
        sms.parse(octets)
    except sms.Error as error:
        assert error.argument == "pdu"
    return seed


def heap_used():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


# ten thousand different characters leave nothing behind
mark = heap_used()
for start in range(0x4E00, 0x4E00 + 10000, 50):
    body = b"".join([bytes((code >> 8, code & 0xFF)) for code in range(start, start + 50)])
    message = sms.parse(b"\x04\x01\x81\xf1\x00\x08" + bytes(7) + bytes((100,)) + body, smsc=False)
    (part,) = sms.submit("1", message.text, report=False)
    assert part.tpdu[-100:] == body
    message = part = body = None
assert heap_used() - mark < 512, heap_used() - mark
checks += 1

seed = 1
for _ in range(50):
    seed = hostile(seed)
before = heap_used()
for _ in range(200):
    seed = hostile(seed)
assert heap_used() - before < 512
checks += 1

print("ok", checks)
