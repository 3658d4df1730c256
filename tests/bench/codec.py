"""The SMS codec beside python-gsmmodem-new's, in CPython, on the same texts in the same minute.

rows = codec.run()       # {("encode", "GSM short"): (ours, theirs, ratio), ...}; ours and theirs in nanoseconds of
                         # processor time a message: (median, least, most); ratio: theirs to ours, median of the rounds

Encoding ends with the hexadecimal text for AT+CMGS, decoding begins with the one that follows +CMT or +CDS.
"""

import sys
from pathlib import Path
from statistics import median
from time import process_time_ns

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "shims"), str(ROOT / "lib")]

from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu  # noqa: E402

import sms  # noqa: E402

NUMBER = "+8613800138000"
STAMP = bytes.fromhex("42506070809023")
REPORT = "079119890400202306400C91197909913764511090718384225110907183252200"
SALE = "【消费】幸福小店 21日20:45 成功 ￥128.50 卡尾号1234。凭证000123，请核对；如非本人，请致电95555。"
TEXTS = {
    "GSM short": "Lucky Shop: sale of CNY 128.50 approved, card ending 1234, voucher 000123. Questions: 95555.",
    "GSM 160": "Lucky Shop: sale of CNY 128.50 approved, 21 Nov 20:45, card ending 1234, voucher 000123, reference "
    "123456789012. Keep the slip. Not your sale? Please call 95555",
    "GSM 3 parts": "Lucky Shop, order 7: price €12.50 [paid], thank you! " * 7,
    "Chinese short": SALE,
    "Chinese 3 parts": SALE * 3,
    "emoji": "付款成功😀 幸福小店 ￥128.50，卡尾号1234，凭证000123。欢迎再来🧧🎉",
}
ROUNDS = 40
ROUND_NS = 1_000_000  # for each of the two


def delivers(text: str) -> list[str]:
    """The parts of `text` as a phone receives them."""
    pdus = []
    for part in sms.submit(NUMBER, text, report=False, concat_ref=77):
        first, rest = part.tpdu[0] & 0x40 | 0x04, part.tpdu[2:]
        address = rest[: 2 + (rest[0] + 1) // 2]
        rest = rest[len(address) :]
        pdus.append((bytes((0, first)) + address + rest[:2] + STAMP + rest[2:]).hex().upper())
    return pdus


def _time(call, times: int) -> float:
    begin = process_time_ns()
    for _ in range(times):
        call()
    return (process_time_ns() - begin) / times


def compare(ours, theirs, rounds: int = ROUNDS) -> tuple:
    """Both timed in turns; see the module for what is returned."""
    times = max(1, int(ROUND_NS / _time(theirs, 20)))
    pairs = [(_time(ours, times), _time(theirs, times)) for _ in range(rounds)]
    columns = [(median(column), min(column), max(column)) for column in zip(*pairs, strict=True)]
    return (*columns, median(b / a for a, b in pairs))


def _encoders(text: str) -> tuple:
    return (
        lambda: [part.hex() for part in sms.submit(NUMBER, text)],
        lambda: [str(pdu) for pdu in encodeSmsSubmitPdu(NUMBER, text)],
    )


def _decoders(pdus: list[str]) -> tuple:
    return lambda: [sms.parse(pdu) for pdu in pdus], lambda: [decodeSmsPdu(pdu) for pdu in pdus]


def run(rounds: int = ROUNDS) -> dict[tuple[str, str], tuple]:
    rows = {}
    for name, text in TEXTS.items():
        ours, theirs = _encoders(text)
        if max(text) > "\uffff":  # it has no surrogate pairs: the encoder fails, the decoder leaves halves
            rows["encode", name] = compare(ours, ours, rounds)[0], None, None
        else:
            rows["encode", name] = compare(ours, theirs, rounds)
        rows["decode", name] = compare(*_decoders(delivers(text)), rounds)
    rows["decode", "status report"] = compare(*_decoders([REPORT]), rounds)
    return rows
