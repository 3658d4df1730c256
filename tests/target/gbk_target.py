"""GBK on the device's interpreter, in little memory."""

import gc

import gbk

PAIRS = (
    ("", b""),
    ("POS 12.50\r\n", b"POS 12.50\r\n"),
    ("成功", b"\xb3\xc9\xb9\xa6"),
    ("￥", b"\xa3\xa4"),
    ("丂丄", b"\x81\x40\x81\x41"),  # the first hanzi of GBK/3
    ("狛狜", b"\xa0\xfe\xaa\x40"),  # its last, the first of GBK/4
    ("龥", b"\xfd\x9b"),  # the last in the order of Unicode
    ("一龠", b"\xd2\xbb\xd9\xdf"),
    ("，。：（）", b"\xa3\xac\xa1\xa3\xa3\xba\xa3\xa8\xa3\xa9"),
    ("─│┌┐└┘", b"\xa9\xa4\xa9\xa6\xa9\xb0\xa9\xb4\xa9\xb8\xa9\xbc"),
    ("〇", b"\xa9\x96"),
    ("﨩", b"\xfe\x4f"),
)

checks = 0
for text, data in PAIRS:
    assert gbk.encode(text) == data, text
    assert gbk.decode(data) == text, text
    assert gbk.missing(text) == 0
    checks += 3

assert gbk.encode("¥1") == b"\xa3\xa41"
assert gbk.encode("\U0001f600é€") == b"?\xa8\xa6?"
assert gbk.missing("\U0001f600é€") == 2
assert gbk.decode(b"\x80\xff\xb31\xa2\xab\xb3") == "\ufffd\ufffd\ufffd1\ufffd\ufffd"
assert gbk.decode(memoryview(b"\xb3\xc9")) == "成"
checks += 5


def walk() -> int:
    """Hanzi of every block of the table, there and back: more than the caches hold."""
    count = 0
    for code_point in range(0x4E00, 0x9FA6, 97):
        character = chr(code_point)
        assert gbk.decode(gbk.encode(character)) == character
        count += 1
    return count


def heap_used() -> int:
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


checks += walk()
before = heap_used()
checks += walk()
assert heap_used() - before < 512
checks += 1

print("ok", checks)
