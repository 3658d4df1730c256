"""What the SMS codec and the AT engine promise about any bytes; a broken promise raises.

    promises.pdu(b"...")       # parse() gives a message or sms.Error
    promises.modem(b"...")     # a modem that says this does no harm

Each takes some bytes and is the same for the same bytes: what else it needs to choose comes from their checksum.
"""

import asyncio
import random
import re
from zlib import crc32

import sms
import streams
import virtualclock
from modem import ModemError
from modem.modem import Modem
from modem.parser import GARBAGE, PDU, RAW, Parser
from modem.sim7600 import SIM7600
from modem.trace import mask as masked
from sms.assembler import Assembler

_RUN = re.compile(r"[0-9](?:[ -]*[0-9]){5}")
_PLACEHOLDER = re.compile(r"<[0-9]+ (?:digits|hex)>")
_COMMAND = re.compile(rb"[^\r\x1a]*[\r\x1a]")
LINE_LIMIT = 1024
ANSWERS = {
    b"AT+CPIN?": b"+CPIN: READY",
    b"AT+CREG?": b"+CREG: 1,1",
    b"AT+CSQ": b"+CSQ: 20,99",
    b"AT+CMEE?": b"+CMEE: 1",
    b"AT+IPR?": b"+IPR: 115200",
    b"AT+CPMS?": b'+CPMS: "SM",1,10,"SM",1,10,"SM",1,10',
    b"AT+CNMI=?": b"+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)",
}


def _chance(data: bytes) -> random.Random:
    return random.Random(crc32(data))


def _pieces(data: bytes, chance: random.Random, longest: int) -> list[bytes]:
    pieces = []
    at = 0
    while at < len(data):
        size = chance.randint(1, longest)
        pieces.append(data[at : at + size])
        at += size
    return pieces


def _read(data) -> "sms.Deliver | sms.StatusReport | None":
    try:
        return sms.parse(data)
    except sms.Error as error:
        assert error.argument == "pdu"
        assert error.offset is None or 0 <= error.offset <= len(data)
        return None


def pdu(data: bytes) -> None:
    """parse() reads or refuses, the same from octets and from hexadecimal text, and what it reads is bounded."""
    message = _read(data)
    as_text = _read(data.hex())
    assert type(message) is type(as_text)
    if message is None:
        return
    assert {**vars(message)} == {**vars(as_text)}
    if isinstance(message, sms.StatusReport):
        assert 0 <= message.status <= 255 and 0 <= message.reference <= 255
        assert message.final or message.outcome == sms.TRYING
        return
    assert len(message.text) <= 160 and len(message.sender) <= 21
    message.text.encode()
    assert "\0" not in message.text or message.data is None
    if message.concat is not None:
        reference, total, index = message.concat
        assert 0 <= reference <= (0xFFFF if message.wide else 0xFF) and 1 <= index <= total <= 255
    if message.data is None:
        # what was read can be sent, and is read the same again
        sent = sms.submit("1", message.text, report=False)
        if len(sent) == 1:
            tpdu = sent[0].tpdu
            again = sms.parse(b"\x04" + tpdu[2:7] + bytes(7) + tpdu[7:], smsc=False)
            assert again.text == message.text


def parts(data: bytes) -> None:
    """An Assembler stays within its bounds and never joins texts of two senders, whatever arrives."""
    chance = _chance(data)
    drops = []
    whole = Assembler(limit=4, seconds=100, on_drop=lambda *dropped: drops.append(dropped))
    now = 0
    taken = 0
    for octet in data:
        now += octet >> 6
        sender = "ab"[octet & 1]
        total = 1 + (octet >> 1 & 3) + (15 if octet == 0xFE else 0)
        place = (chance.choice((3, 7)), total, chance.randint(1, total))
        part = sms.Deliver(sender, f"{sender}{octet >> 3 & 1}", None, (now,), place, chance.random() < 0.2)
        found = whole.add(part, now)
        taken += 1
        if found:
            assert found[0] == sender and set(found[1]) <= {sender, "0", "1"}
            assert len(found[1]) == 2 * total
        assert len(whole._open) <= 4 and len(whole._whole) <= 4
        assert sum(message.held for message in whole._open) <= 16
        assert all(0 < message.held < message.total for message in whole._open)
    assert len(drops) <= taken


def _events(pieces: list[bytes]) -> list:
    parser = Parser(raw=SIM7600.raw, pdu=SIM7600.pdu, line_limit=LINE_LIMIT)
    return [event for piece in pieces for event in parser.feed(piece)]


def stream(data: bytes) -> None:
    """The parser gives the same events for every split, all of them bounded."""
    chance = _chance(data)
    events = _events([data])
    assert events == _events([bytes((octet,)) for octet in data])
    assert events == _events(_pieces(data, chance, 7))
    assert events == _events(_pieces(data, chance, 64))
    assert len(events) <= len(data) + 1
    for kind, text, payload in events:
        assert len(text) <= LINE_LIMIT + 1  # a space may be put in
        assert text.isascii() and "\r" not in text and "\n" not in text
        if kind == RAW:
            assert 0 < len(payload) <= 1500
        elif kind == PDU:
            assert 0 < len(payload) <= LINE_LIMIT
        else:
            assert payload is None
            assert text or kind != 0 or kind == GARBAGE


def mask(data: bytes) -> None:
    """No run of six digits, spaces and hyphens within it or not, comes through; what has no digits is left alone."""
    text = data.decode("latin-1")
    shown = masked(text)
    assert not _RUN.search(_PLACEHOLDER.sub("<>", shown)), shown
    assert len(shown) <= len(text) + 8 * (len(text) // 6 + 1)
    if not any(character in "0123456789" for character in text):
        assert shown == text


def modem(data: bytes) -> None:
    """The engine lives on, within its bounds, and shows no number, whatever a modem says to whatever it is asked."""
    virtualclock.run(_talk(data), limit=24 * 3600)


async def _talk(data: bytes) -> None:
    chance = _chance(data)
    ours, theirs = streams.pair()
    shown: list[str] = []
    engine = Modem(ours, SIM7600, log=lambda event, detail: shown.append(f"{event} {detail}"))
    engine.on_pdu = lambda kind, line: _read(line)
    obliging = chance.random() < 0.7
    (part,) = sms.submit("10086", "A")

    async def answer():
        said = b""
        while True:
            said += await theirs.read(256)
            for command in _COMMAND.findall(said):
                words = command.lstrip(b"\x1b").rstrip(b"\r\x1a")
                if not obliging and chance.random() < 0.5:
                    continue
                if words.startswith((b"AT+CMGS=", b"AT+CIPSEND=")):
                    theirs.write(b"\r\n> ")
                elif command.endswith(b"\x1a"):
                    theirs.write(b"\r\n+CMGS: 7\r\n\r\nOK\r\n")
                elif words in ANSWERS:
                    theirs.write(b"\r\n" + ANSWERS[words] + b"\r\n\r\nOK\r\n")
                elif words:
                    theirs.write(b"\r\nOK\r\n")
            said = _COMMAND.sub(b"", said)[-1000:]

    async def ask():
        while True:
            await asyncio.sleep(chance.randint(1, 20))
            try:
                if chance.random() < 0.5:
                    reference = await engine.send_pdu(part.hex(), part.length, timeout=30)
                    assert 0 <= reference <= 255
                else:
                    await engine.command("AT+CSQ", "+CSQ:")
            except ModemError:
                pass

    tasks = [asyncio.create_task(coro) for coro in (engine.run(), answer(), ask())]
    await asyncio.sleep(chance.choice((0, 1, 5, 60)))
    for piece in _pieces(data, chance, 80):
        theirs.write(piece)
        if chance.random() < 0.5:
            await asyncio.sleep(chance.choice((0, 0.01, 0.5, 3, 40)))
    await asyncio.sleep(120)
    for task in tasks:
        if task.done():
            task.result()
        assert not task.done()
    assert 0 <= engine.registration <= 99 and (engine.signal is None or 0 <= engine.signal <= 31)
    for line in shown + engine.last_dialogue()[1:]:
        assert not _RUN.search(_PLACEHOLDER.sub("<>", line.split(" ", 1)[-1])), line
    assert len(engine.last_dialogue()) <= 64
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
