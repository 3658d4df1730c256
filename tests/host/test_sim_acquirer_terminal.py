"""A payment terminal written by hand for tests of the acquirer simulator: packs and unpacks bytes itself."""

import asyncio

from psec import des, pinblock

import streams

PAN = "6222020000000000018"
GOOD = "0018"
TMK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")

# field: kind and size. n: BCD digits, a: text, b: bytes; a dot for each BCD digit of the length
FIELDS = {
    2: ("n", ".."), 3: ("n", 6), 4: ("n", 12), 11: ("n", 6), 12: ("n", 6), 13: ("n", 4), 14: ("n", 4), 15: ("n", 4),
    22: ("n", 3), 25: ("n", 2), 26: ("n", 2), 32: ("n", ".."), 35: ("n", ".."), 37: ("a", 12), 38: ("a", 6),
    39: ("a", 2), 41: ("a", 8), 42: ("a", 15), 44: ("a", ".."), 48: ("n", "..."), 49: ("a", 3), 52: ("b", 8),
    53: ("n", 16), 54: ("a", "..."), 60: ("n", "..."), 61: ("n", "..."), 62: ("b", "..."), 63: ("a", "..."),
    64: ("b", 8),
}  # fmt: skip


def ecb_mac(key: bytes, data: bytes) -> bytes:
    """UnionPay ECB with psec's DES."""
    data += bytes(-len(data) % 8)
    xor = bytes(8)
    for at in range(0, len(data), 8):
        xor = _xor(xor, data[at : at + 8])
    text = xor.hex().upper().encode()
    first = des.encrypt_tdes_ecb(key, text[:8])
    return des.encrypt_tdes_ecb(key, _xor(first, text[8:])).hex().upper().encode()[:8]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def fields_of(message: bytes) -> dict:
    """Unpack by hand: message type under t, BCD fields as str, others as bytes."""
    fields, at = {"t": message[:2].hex()}, 10
    bits = f"{int.from_bytes(message[2:10], 'big'):064b}"
    for number in (i for i in range(1, 65) if bits[i - 1] == "1"):
        kind, size = FIELDS[number]
        if isinstance(size, str):
            wide = 1 if size == ".." else 2
            size, at = int(message[at : at + wide].hex()), at + wide
        count = (size + 1) // 2 if kind == "n" else size
        data, at = message[at : at + count], at + count
        assert len(data) == count, f"field {number} is cut"
        fields[str(number)] = data.hex().upper()[:size] if kind == "n" else data
    assert at == len(message), "bytes after the last field"
    return fields


class Terminal:
    """One terminal on an in-memory link to `host`."""

    def __init__(self, host):
        self.host = host
        self.tmk = TMK
        self.pik = self.mak = b""
        self.number, self.merchant = b"12345678", b"123456789012345"
        self.trace, self.batch = "000000", "000001"
        self.link = self.last_tpdu = self.last_header = None
        self.mac_ok = False
        self.mac_of = ecb_mac

    async def connect(self):
        self.link, far = streams.pair()
        self.serving = asyncio.ensure_future(self.host.serve_connection(far, far))

    @staticmethod
    def pack(mti: str, fields: dict) -> bytes:
        bitmap, body = 0, b""
        for number in sorted(fields):
            kind, size = FIELDS[number]
            value = fields[number]
            bitmap |= 1 << (64 - number)
            if isinstance(size, str):
                body += bytes.fromhex(str(len(value)).zfill(2 if size == ".." else 4))
            if kind == "n":
                body += bytes.fromhex(value + "0" * (len(value) % 2))
            else:
                body += value if isinstance(value, bytes) else value.encode()
        return bytes.fromhex(mti) + bitmap.to_bytes(8, "big") + body

    def send_body(self, body: bytes):
        self.link.write(len(body).to_bytes(2, "big") + body)

    async def receive(self, patience: float):
        """Return the next answer's fields, None when none comes or it makes no sense."""
        try:
            return await asyncio.wait_for(self._receive(), patience)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, AssertionError, KeyError, ValueError):
            return None

    async def _receive(self):
        size = int.from_bytes(await self.link.readexactly(2), "big")
        body = await self.link.readexactly(size)
        self.last_tpdu, self.last_header = body[:5], body[5:11]
        fields = fields_of(body[11:])
        self.mac_ok = "64" in fields and bool(self.mak) and self.mac_of(self.mak, body[11:-8]) == fields["64"]
        return fields

    async def exchange(self, mti, fields, mac=None, sign=True, patience=10.0):
        fields = {41: self.number, 42: self.merchant, **fields}
        if sign and self.mak:
            fields[64] = bytes(8)
            message = self.pack(mti, fields)
            fields[64] = mac or self.mac_of(self.mak, message[:-8])
        self.send_body(bytes.fromhex("6000030000" + "603100310000") + self.pack(mti, fields))
        return await self.receive(patience)

    async def network(self, mti, code):
        return await self.exchange(mti, {11: "000001", 60: f"00{self.batch}{code}", 63: "01 "}, sign=False)

    async def sign_in(self):
        answer = await self.network("0800", "003")
        block = answer["62"]
        self.pik = des.decrypt_tdes_ecb(self.tmk, block[:16])
        mak = block[20:36] if any(block[28:36]) else block[20:28]
        self.mak = des.decrypt_tdes_ecb(self.tmk, mak)
        for key, kcv in ((self.pik, block[16:20]), (self.mak, block[36:40])):
            assert des.generate_kcv(key, 4) == kcv, "check value"
        return answer

    def _next_trace(self):
        self.trace = f"{int(self.trace) + 1:06d}"
        return self.trace

    async def sale(
        self, amount, *, pan=PAN, track2=None, pin=None, pin_pan=None, expiry=None, currency="156", trace=None, **how
    ):
        fields = {
            3: "000000", 4: f"{amount:012d}", 11: trace or self._next_trace(), 25: "00", 49: currency,
            60: f"22{self.batch}0006", 22: ("02" if track2 else "01") + ("1" if pin else "2"),
        }  # fmt: skip
        if pan:
            fields.update({2: pan, 14: expiry or "4912"})
        if track2:
            fields[35] = track2.replace("=", "D")
        if pin:
            clear = pinblock.encode_pinblock_iso_0(pin, pin_pan or pan)
            fields.update({26: "12", 52: des.encrypt_tdes_ecb(self.pik, clear), 53: "2600000000000000"})
        return await self.exchange("0200", fields, **how)

    async def reversal(self, amount, trace, pan=PAN, reason="98"):
        fields = {2: pan, 3: "000000", 4: f"{amount:012d}", 11: trace, 14: "4912", 22: "012", 25: "00", 39: reason}
        return await self.exchange("0400", {**fields, 49: "156", 60: f"22{self.batch}0006"})

    async def balance(self):
        fields = {2: PAN, 3: "310000", 11: self._next_trace(), 14: "4912", 22: "012", 25: "00", 49: "156"}
        return await self.exchange("0200", {**fields, 60: f"01{self.batch}0006"})

    async def _back(self, mti, kind, amount, reference, named):
        fields = {2: PAN, 3: "200000", 4: f"{amount:012d}", 11: self._next_trace(), 14: "4912", 22: "012", 25: "00"}
        fields.update({37: reference, 49: "156", 60: f"{kind}{self.batch}0006", 61: named})
        return await self.exchange(mti, fields)

    async def void(self, amount, reference, named):
        return await self._back("0200", "23", amount, reference, named)

    async def refund(self, amount, reference):
        return await self._back("0220", "25", amount, reference, "000001" + "000000" + "1121")

    async def settle(self, claim):
        fields = {11: self._next_trace(), 48: claim, 49: "156", 60: f"00{self.batch}201", 63: "01 "}
        return await self.exchange("0500", fields, sign=False)

    async def upload(self, items, code):
        fields = {11: self._next_trace(), 48: items, 60: f"00{self.batch}{code}"}
        return await self.exchange("0320", fields, sign=False)
