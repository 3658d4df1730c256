"""Messages to the acquirer, read back by pyiso8583; MAC and PIN block checked with psec and cryptography.

The specification below is written from the acquirer's field table, not from the firmware's.
"""

import iso8583
import psec
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import given, settings
from hypothesis import strategies as st

import paycrypt
from terminal.acquirer import table
from terminal.acquirer.errors import BadMac, NoAnswer
from terminal.acquirer.messages import Messages
from terminal.security.keys import Keys
from terminal.settings import TABLE as SETTINGS

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

TMK, PIK, MAK = bytes(range(16)), bytes(range(0x20, 0x30)), bytes(range(0x40, 0x50))


def fixed(data, size, **more):
    return {"data_enc": data, "len_enc": "bcd", "len_type": 0, "max_len": size, "desc": "", **more}


def packed(size, kind=0, pad=""):
    """Digits two an octet; `kind`: octets of the BCD length head, which counts digits."""
    more = {"left_pad": "", "right_pad": "0"} if pad == "right" else {"left_pad": "0", "right_pad": ""}
    return {
        "data_enc": "b",
        "len_enc": "bcd",
        "len_type": kind,
        "max_len": size,
        "len_count": "nibbles",
        "desc": "",
        **more,
    }


SPEC = {str(n): fixed("ascii", 0) for n in range(2, 129)} | {
    "h": fixed("b", 0),
    "t": fixed("b", 2),
    "p": fixed("b", 8),
    "2": packed(19, 1, "right"),
    "3": packed(6),
    "4": packed(12),
    "11": packed(6),
    "14": packed(4),
    "22": packed(3, pad="right"),
    "25": packed(2),
    "26": packed(2),
    "35": packed(37, 1, "right"),
    "39": fixed("ascii", 2),
    "41": fixed("ascii", 8),
    "42": fixed("ascii", 15),
    "49": fixed("ascii", 3),
    "52": fixed("b", 8),
    "53": packed(16),
    "60": packed(17, 2, "right"),
    "63": {"data_enc": "ascii", "len_enc": "bcd", "len_type": 2, "max_len": 163, "desc": ""},
    "64": fixed("b", 8),
}
for entry in SPEC.values():  # fixed fields of digits count digits too
    entry.setdefault("len_count", "bytes")


def tdes(key, data, decrypt=False):
    cipher = Cipher(TripleDES(key + key[:8]), modes.ECB())  # double length as K1 K2 K1
    worker = cipher.decryptor() if decrypt else cipher.encryptor()
    return worker.update(data) + worker.finalize()


def ecb_mac(data):
    """The UnionPay MAC as its description says it."""
    data += bytes(-len(data) % 8)
    block = bytes(8)
    for at in range(0, len(data), 8):
        block = bytes(a ^ b for a, b in zip(block, data[at : at + 8], strict=True))
    text = block.hex().upper().encode()
    first = tdes(MAK, text[:8])
    second = tdes(MAK, bytes(a ^ b for a, b in zip(first, text[8:], strict=True)))
    return second.hex().upper().encode()[:8]


MACS = {
    "ecb": ecb_mac,
    "x919": lambda data: psec.mac.generate_retail_mac(MAK[:8], MAK[8:], data, padding=1),
    "cbc": lambda data: psec.mac.generate_cbc_mac(MAK, data, padding=1),
}


def field62():
    def kcv(key):
        return tdes(key, bytes(8))[:4]

    return tdes(TMK, PIK) + kcv(PIK) + tdes(TMK, MAK) + kcv(MAK)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    made = Keys(
        paycrypt.KeyStore(), str(tmp_path_factory.mktemp("keys")), bytes(32), lambda n: bytes(n), lambda *_: None
    )
    made.load_master(bytearray(TMK))
    made.load_working(field62())
    return made


def messages(keys, **changes):
    return Messages({**{name: row[1] for name, row in SETTINGS.items()}, **changes}, keys)


def decode(message):
    decoded, _ = iso8583.decode(bytes(message), SPEC)
    return decoded


PANS = st.integers(10**12, 10**19 - 1).map(str)
IDENTITY = {"terminal_no": "10000001", "merchant_no": "898440154110001"}
RECORDS = st.fixed_dictionaries(
    {
        "type": st.just("sale"),
        "trace": st.integers(1, 999999),
        "batch": st.integers(0, 999999),
        "amount": st.integers(1, 99999999),
        "entry": st.sampled_from(["011", "012", "021", "022"]),
        "terminal_no": st.just(IDENTITY["terminal_no"]),
        "merchant_no": st.just(IDENTITY["merchant_no"]),
    }
)


@st.composite
def cards(draw):
    pan = draw(PANS)
    expiry = "%02d%02d" % (draw(st.integers(0, 99)), draw(st.integers(1, 12)))
    rest = draw(st.text("0123456789", max_size=37 - len(pan) - 5))
    return {"pan": pan, "expiry": expiry, "track2": draw(st.sampled_from([None, pan + "D" + expiry + rest]))}


@pytest.mark.parametrize("mac", MACS)
@settings(max_examples=60, deadline=None)
@given(
    record=RECORDS, card=cards(), pin=st.none() | st.text("0123456789", min_size=4, max_size=12), network=st.booleans()
)
def test_sale_is_what_the_field_table_says(keys, mac, record, card, pin, network):
    block = None if pin is None else keys.pin_block(bytearray(pin.encode()), card["pan"])
    code = "003" if network else "001"
    message, fields = messages(keys, mac=mac, network_code=code).request(record, card, block)
    got = decode(message)
    expected = {
        "t": "0200",
        "2": card["pan"],
        "3": "000000",
        "4": "%012d" % record["amount"],
        "11": "%06d" % record["trace"],
        "14": card["expiry"],
        "22": record["entry"],
        "25": "00",
        "41": "10000001",
        "42": "898440154110001",
        "49": "156",
        "60": "22%06d00020" % record["batch"],
    }
    if card["track2"]:
        expected["35"] = card["track2"]
    if pin is not None:
        expected |= {"26": "12", "52": block.hex().upper(), "53": "2" + ("6" if network else "0") + "0" * 14}
        assert psec.pinblock.decode_pinblock_iso_0(tdes(PIK, block, decrypt=True), card["pan"]) == pin
    found_mac = bytes.fromhex(got.pop("64"))
    got.pop("p"), got.pop("h", None)
    assert got == expected
    assert found_mac == MACS[mac](bytes(message[:-8]))
    assert fields[11] == expected["11"]


@settings(max_examples=60, deadline=None)
@given(record=RECORDS, card=cards(), reason=st.sampled_from(["98", "A0", "06"]))
def test_reversal_repeats_the_trace_and_carries_neither_pin_nor_track(keys, record, card, reason):
    message, _ = messages(keys).reversal(record, {**card, "track2": None}, reason)
    got = decode(message)
    assert set(got) - {"h", "p"} == {"t", *["2", "3", "4", "11", "14", "22", "25", "39", "41", "42", "49", "60", "64"]}
    assert (got["t"], got["39"], got["11"]) == ("0400", reason, "%06d" % record["trace"])
    assert got["60"] == "22%06d00020" % record["batch"]
    assert bytes.fromhex(got["64"]) == ecb_mac(bytes(message[:-8]))


@given(trace=st.integers(1, 999999), batch=st.integers(0, 999999), network=st.sampled_from(["001", "003"]))
def test_sign_in_names_operator_and_key_layout(keys, trace, batch, network):
    message, _ = messages(keys, network_code=network).sign_in(trace, batch)
    got = decode(message)
    assert set(got) - {"h", "p"} == {"t", "11", "41", "42", "60", "63"}
    assert (got["t"], got["60"], got["63"]) == ("0800", "00%06d%s" % (batch, network), "001")


def answer(fields, with_mac=True, **changes):
    """The host's answer to a request, made by pyiso8583."""
    named = {
        "t": "0210",
        "3": fields[3],
        "4": fields[4],
        "11": fields[11],
        "39": "00",
        "41": fields[41],
        "42": fields[42],
    }
    named |= {k.lstrip("f"): v for k, v in changes.items()}
    named = {k: v for k, v in named.items() if v is not None}
    if with_mac:
        named["64"] = "00" * 8
    raw, _ = iso8583.encode(named, SPEC)
    return memoryview(bytes(raw[:-8]) + ecb_mac(bytes(raw[:-8])) if with_mac else bytes(raw))


@pytest.fixture
def asked(keys):
    record = {"type": "sale", "trace": 7, "batch": 1, "amount": 2350, "entry": "021", **IDENTITY}
    card = {"pan": "6222020000000000018", "expiry": "4912", "track2": None}
    return messages(keys).request(record, card, None)[1]


def test_right_answer_is_taken(keys, asked):
    got = messages(keys).check(asked, answer(asked), mac_needed=True)
    assert got[39] == "00"


@pytest.mark.parametrize(
    "changes",
    [{"t": "0410"}, {"f3": "200000"}, {"f4": "000000002351"}, {"f11": "000008"}, {"f41": "10000002"}, {"f39": None}]
    + [{"f42": "898440154110002"}, {"f11": None}, {"f39": "  "}],
)
def test_answer_to_something_else_is_no_answer(keys, asked, changes):
    with pytest.raises(NoAnswer):
        messages(keys).check(asked, answer(asked, **changes), mac_needed=True)


def test_approval_needs_its_mac_and_a_refusal_does_not(keys, asked):
    with pytest.raises(BadMac):
        messages(keys).check(asked, answer(asked, with_mac=False), mac_needed=True)
    assert messages(keys).check(asked, answer(asked, with_mac=False, f39="51"), mac_needed=True)[39] == "51"


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_changed_bit_of_an_approval_is_refused(keys, data):
    record = {"type": "sale", "trace": 7, "batch": 1, "amount": 2350, "entry": "021", **IDENTITY}
    sent = messages(keys).request(record, {"pan": "6222020000000000018", "expiry": "4912", "track2": None}, None)[1]
    octets = bytearray(answer(sent))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((BadMac, NoAnswer)):
        messages(keys).check(sent, memoryview(bytes(octets)), mac_needed=True)


@settings(max_examples=100, deadline=None)
@given(octets=st.binary(max_size=300))
def test_noise_is_no_answer(keys, octets):
    sent = messages(keys).sign_in(1, 1)[1]
    with pytest.raises((BadMac, NoAnswer)):
        messages(keys).check(sent, memoryview(octets), mac_needed=True)


def test_every_transaction_names_known_fields():
    for mti, processing, condition, kind in table.TRANSACTIONS.values():
        assert len(mti) == 4
        assert len(processing) == 6
        assert len(condition) == len(kind) == 2
