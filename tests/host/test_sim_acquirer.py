"""The acquirer simulator against a terminal written by hand: own packing, psec for DES and PIN blocks."""

import asyncio
import json
import random

import pytest
from psec import mac as psec_mac

import streams
import virtualclock
from posterm.sim.acquirer import AcquirerHost, CardTable, Fault, HostConfig
from posterm.sim.acquirer import keys as keys_module
from posterm.sim.acquirer.cards import Card, CardError
from posterm.sim.acquirer.commands import Commands
from test_sim_acquirer_terminal import GOOD, PAN, Terminal, ecb_mac, fields_of

# psec asks cryptography for the older place of triple DES
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def on_host(scenario, *, config=None, journal=None, limit=3600):
    """Run `scenario(host, terminal)` on a virtual clock with a signed-in terminal."""

    async def main():
        loop = asyncio.get_running_loop()
        host = AcquirerHost(config, now=lambda: 1_790_000_000 + loop.time(), journal=journal)
        terminal = Terminal(host)
        await terminal.connect()
        await terminal.sign_in()
        return await scenario(host, terminal)

    return virtualclock.run(main(), limit)


def test_sign_in_delivers_working_keys_with_check_values_and_batch():
    async def scenario(host, terminal):
        answer = await terminal.sign_in()
        assert answer["t"] == "0810" and answer["39"] == b"00"
        assert answer["60"] == "00000001003"
        assert len(answer["62"]) == 40
        assert host.status()["terminals"]["12345678"]["signed_in"]
        assert terminal.last_tpdu == bytes.fromhex("6000000003")

    on_host(scenario)


def test_short_mac_key_is_padded_with_zeros():
    async def scenario(_host, terminal):
        answer = await terminal.sign_in()
        assert answer["62"][28:36] == bytes(8)
        assert len(terminal.mak) == 8
        assert (await terminal.sale(100))["39"] == b"00"

    on_host(scenario, config=HostConfig(mak_bytes=8))


def test_sale_charges_once_and_its_answer_carries_a_mac():
    async def scenario(host, terminal):
        answer = await terminal.sale(12345, pin="123456")
        assert answer["39"] == b"00" and answer["t"] == "0210"
        assert answer["4"] == "000000012345" and answer["11"] == terminal.trace
        assert terminal.mac_ok
        assert len(answer["37"]) == 12 and len(answer["38"]) == 6
        assert host.charged(GOOD) == 12345
        event = host.events("sale")[0]
        assert (event["pin"], event["mac_ok"], event["amount"]) == ("ok", True, 12345)
        assert event["card"] == "622202*********" + GOOD

    on_host(scenario)


def test_swiped_sale_with_odd_track_and_sixteen_digit_card():
    async def scenario(host, terminal):
        track = "6222020000000023=4912101000000000000"
        answer = await terminal.sale(700, pan=None, track2=track, pin="1234", pin_pan="6222020000000023")
        assert answer["39"] == b"00"
        assert host.charged("0023") == 700

    on_host(scenario)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 0}, b"13"),
        ({"pan": "6222020000000000026"}, b"14"),
        ({"pan": "6222020000000000019"}, b"14"),
        ({"expiry": "4911"}, b"54"),
        ({"pan": "6222020000000000125", "expiry": "2001"}, b"54"),
        ({"pan": "6222020000000000117"}, b"51"),
        ({"pan": "6222020000000000109", "amount": 5001}, b"51"),
        ({"pan": "6222020000000000042", "pin": None}, b"55"),
        ({"pin": "123457"}, b"55"),
        ({"currency": "840"}, b"12"),
        ({"pin_pan": "6222020000000000034"}, b"99"),
    ],
)
def test_declines_name_the_reason_and_charge_nothing(change, code):
    async def scenario(host, terminal):
        answer = await terminal.sale(change.pop("amount", 100), **{"pin": "123456", **change})
        assert answer["39"] == code
        assert terminal.mac_ok
        assert all(card.charged == 0 for card in host.accounts)
        assert host.ledger()[0]["state"] == "declined"

    on_host(scenario)


def test_pin_tries_run_out():
    async def scenario(host, terminal):
        codes = [(await terminal.sale(100, pin="000000"))["39"] for _ in range(4)]
        assert codes == [b"55", b"55", b"55", b"75"]
        assert (await terminal.sale(100, pin="123456"))["39"] == b"75"
        host.accounts.change(GOOD, {"tries": 0})
        assert (await terminal.sale(100, pin="123456"))["39"] == b"00"

    on_host(scenario)


def test_wrong_mac_is_refused_without_charge():
    async def scenario(host, terminal):
        answer = await terminal.sale(100, mac=b"00000000")
        assert answer["39"] == b"A0" and "64" not in answer
        assert host.charged(GOOD) == 0 and host.events("sale")[0]["mac_ok"] is False

    on_host(scenario)


def test_strangers_are_refused():
    async def scenario(_host, terminal):
        terminal.number = b"87654321"
        assert (await terminal.sale(100))["39"] == b"97"
        terminal.number, terminal.merchant = b"12345678", b"999999999999999"
        assert (await terminal.sale(100))["39"] == b"03"

    on_host(scenario)


def test_expired_keys_ask_for_a_sign_in():
    async def scenario(host, terminal):
        host.expire_keys()
        assert (await terminal.sale(100))["39"] == b"77"
        await terminal.sign_in()
        assert (await terminal.sale(100))["39"] == b"00"
        assert (await terminal.network("0820", "002"))["39"] == b"00"
        assert (await terminal.sale(100))["39"] == b"77"
        assert (await terminal.network("0820", "301"))["t"] == "0830"

    on_host(scenario)


def test_a_repeated_request_gets_the_first_answer_and_no_second_charge():
    async def scenario(host, terminal):
        first = await terminal.sale(300)
        again = await terminal.sale(300, trace=terminal.trace)
        assert again["37"] == first["37"] and again["39"] == b"00"
        assert (await terminal.sale(301, trace=terminal.trace))["39"] == b"94"
        assert host.charged(GOOD) == 300

    on_host(scenario)


def test_reversal_undoes_once_and_stays_accepted():
    async def scenario(host, terminal):
        await terminal.sale(300)
        trace = terminal.trace
        assert (await terminal.reversal(300, trace))["39"] == b"00"
        assert (await terminal.reversal(300, trace))["39"] == b"00"
        assert host.charged(GOOD) == 0
        record = host.ledger()[0]
        assert (record["state"], record["reversals"], record["reversal_reason"]) == ("reversed", 2, "98")
        assert (await terminal.reversal(300, "999999"))["39"] == b"25"
        assert host.settlement.totals("12345678")["debits"] == 0

    on_host(scenario)


def test_reversal_of_a_declined_sale_and_of_another_amount():
    async def scenario(host, terminal):
        await terminal.sale(100, pin="999999")
        assert (await terminal.reversal(100, terminal.trace))["39"] == b"12"
        await terminal.sale(100)
        assert (await terminal.reversal(101, terminal.trace))["39"] == b"64"
        assert host.charged(GOOD) == 100

    on_host(scenario)


def test_void_and_refund_give_the_money_back():
    async def scenario(host, terminal):
        sale = await terminal.sale(1000)
        named = f"000001{terminal.trace}"
        assert (await terminal.void(999, sale["37"], named))["39"] == b"64"
        assert (await terminal.void(1000, sale["37"], named))["39"] == b"00"
        assert host.charged(GOOD) == 0
        assert (await terminal.void(1000, sale["37"], named))["39"] == b"12"
        sale = await terminal.sale(1000)
        for amount, code in ((400, b"00"), (600, b"00"), (1, b"64")):
            assert (await terminal.refund(amount, sale["37"]))["39"] == code
        assert host.charged(GOOD) == 0
        assert host.settlement.totals("12345678") == {"debit": 2000, "debits": 2, "credit": 2000, "credits": 3}

    on_host(scenario)


def test_balance_query_changes_nothing():
    async def scenario(host, terminal):
        answer = await terminal.balance()
        assert answer["39"] == b"00" and answer["54"].endswith(b"C000010000000")
        assert host.charged(GOOD) == 0

    on_host(scenario)


def test_settlement_compares_and_opens_the_next_batch():
    async def scenario(host, terminal):
        await terminal.sale(1000)
        wrong = "0" * 30 + "0" + "0" * 31
        answer = await terminal.settle(wrong)
        assert answer["39"] == b"00" and answer["48"][30] == "2"
        assert host.settlement.batch("12345678") == "000001"
        answer = await terminal.settle("000000001000001000000000000000" + "0" + "0" * 31)
        assert (answer["48"][30], answer["48"][61]) == ("1", "1")
        assert (await terminal.sign_in())["60"] == "00000002003"

    on_host(scenario)


def test_batch_upload_after_different_totals():
    async def scenario(host, terminal):
        await terminal.settle("9" * 30 + "0" * 32)
        item = "22" + "000001" + PAN.rjust(20, "0") + "000000000100"
        assert (await terminal.upload("02" + item * 2, "201"))["39"] == b"00"
        assert (await terminal.upload("03" + item * 2, "201"))["39"] == b"30"
        assert (await terminal.upload("0003", "202"))["39"] == b"95"
        assert (await terminal.upload("0002", "202"))["39"] == b"00"
        assert host.settlement.batch("12345678") == "000002"

    on_host(scenario)


@pytest.mark.parametrize(
    ("behaviour", "charged"),
    [("silent", 0), ("hangup", 0), ("charged_silent", 100), ("drop", 100), ("truncate", 100), ("noise", 100)],
)
def test_no_usable_answer_comes_and_the_reversal_settles_it(behaviour, charged):
    async def scenario(host, terminal):
        host.script(behaviour)
        assert await terminal.sale(100, patience=60) is None
        assert host.charged(GOOD) == charged
        await terminal.connect()
        assert (await terminal.reversal(100, terminal.trace))["39"] == (b"00" if charged else b"25")
        assert host.charged(GOOD) == 0

    on_host(scenario)


def test_other_scripted_faults():
    async def scenario(host, terminal):
        host.script("badmac")
        answer = await terminal.sale(100)
        assert answer["39"] == b"00" and not terminal.mac_ok
        host.script({"action": "alter", "fields": {"11": "999999"}})
        answer = await terminal.sale(100)
        assert answer["11"] == "999999" and terminal.mac_ok
        host.script({"action": "approve", "handling": 3})
        await terminal.sale(100)
        assert terminal.last_header[2] & 0x0F == 3
        host.script({"action": "code", "code": "96", "on": "reversal"})
        assert (await terminal.reversal(100, terminal.trace))["39"] == b"96"
        host.script(Fault("close_at", byte=7))
        assert await terminal.sale(100) is None
        host.script({"action": "badkcv", "on": "sign-in"})
        await terminal.connect()
        with pytest.raises(AssertionError, match="check value"):
            await terminal.sign_in()
        with pytest.raises(ValueError, match="no behaviour"):
            host.script("explode")

    on_host(scenario)


def test_late_answer_lets_the_reversal_pass_it():
    async def scenario(host, terminal):
        host.script({"action": "late", "seconds": 70})
        assert await terminal.sale(100, patience=60) is None
        answer = await terminal.reversal(100, terminal.trace)
        assert answer["39"] == b"00" and host.charged(GOOD) == 0
        late = await terminal.receive(20)
        assert late["t"] == "0210"

    on_host(scenario)


def test_cards_with_habits_answer_reversals_normally():
    async def scenario(host, terminal):
        pan = host.accounts.by_tail("0216").pan
        assert await terminal.sale(100, pan=pan, patience=60) is None
        assert host.charged("0216") == 100
        assert (await terminal.reversal(100, terminal.trace, pan=pan))["39"] == b"00"
        assert host.charged("0216") == 0

    on_host(scenario)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xff",
        b"\x00\x05abcde",
        b"\x00\x20" + b"A" * 32,
        b"\x00\x30" + b"\x60" + b"\xff" * 47,
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_rubbish_is_named_and_other_links_live(rubbish):
    async def scenario(host, terminal):
        near, far = streams.pair()
        serving = asyncio.ensure_future(host.serve_connection(far, far))
        near.write(rubbish)
        await asyncio.sleep(30)
        near.close()
        await serving
        assert host.events("error")
        assert (await terminal.sale(100))["39"] == b"00"

    on_host(scenario)


def test_random_messages_never_end_the_host():
    async def scenario(host, terminal):
        numbers = random.Random(5)
        for _ in range(300):
            body = bytes.fromhex("6000030000603100310000") + bytes.fromhex(
                numbers.choice(["0200", "0800", "0400", "0500"])
            )
            body += numbers.randbytes(numbers.randrange(8, 120))
            terminal.send_body(body)
        await asyncio.sleep(1)
        await terminal.connect()
        assert (await terminal.sign_in())["39"] == b"00"
        assert all(card.charged == 0 for card in host.accounts)

    on_host(scenario)


def test_missing_field_is_a_format_error():
    async def scenario(host, terminal):
        assert (await terminal.exchange("0200", {3: "000000", 25: "00", 11: "000009"}))["39"] == b"30"
        assert host.events("sale")[-1]["field"] == "4"

    on_host(scenario)


def test_journal_and_events_hold_no_secret(tmp_path):
    path = tmp_path / "journal"
    with path.open("w", encoding="utf-8") as journal:

        async def scenario(host, terminal):
            await terminal.sale(100, pin="123456")
            await terminal.reversal(100, terminal.trace)
            terminal.send_body(b"\x60" + PAN.encode() * 4)
            await asyncio.sleep(20)
            return json.dumps([host.events(), host.ledger(), host.status()]) + repr(list(host.accounts)), [
                key.hex().upper() for key in (terminal.pik, terminal.mak, terminal.tmk)
            ]

        shown, secrets = on_host(scenario, journal=journal)
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) >= 4
    for secret in (PAN, "123456", *secrets):
        # the amount, trace and merchant number are public; the merchant number of the test starts with these digits
        assert secret not in (text + shown).replace("123456789012345", "").replace("12345678", "")


def test_events_can_be_awaited():
    async def scenario(host, terminal):
        waiting = asyncio.ensure_future(host.wait_event("sale", timeout=5, where={"amount": 77}))
        await terminal.sale(76)
        await terminal.sale(77)
        assert (await waiting)["amount"] == 77
        with pytest.raises(ValueError, match="no event refund"):
            await host.wait_event("refund", timeout=5)

    on_host(scenario)


def test_mac_and_key_check_values_as_published():
    """A captured terminal log and a public article; the second MAC key is double-length."""
    mab = bytes.fromhex(
        "02003020048000C0803100000000000000000100000103200032323030333630303130343531323534313131303030313135"
        "360024413330313936323131313131313131313131313131313131001322006603000600"
    )
    assert keys_module.unionpay_ecb_mac(bytes.fromhex("DAB36167E6DFB5EF"), mab) == b"E5805ECB"
    assert ecb_mac(bytes.fromhex("DAB36167E6DFB5EF"), mab) == b"E5805ECB"
    assert keys_module.check_value(bytes.fromhex("807A23AD32B36D457AE91FDF927570EA")).hex().upper() == "8D0A74B8"
    assert keys_module.check_value(bytes.fromhex("5BB5C72CD00B7338")).hex().upper() == "AB7153CA"


def test_other_mac_algorithms_agree_with_psec():
    """Some hosts use X9.19 or CBC; psec computes the same, and ISO/IEC 9797-1 annex B has the first one."""
    key, text = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), b"Now is the time for all "
    assert keys_module.x919_mac(key, text).hex().upper() == "A1C72E74EA3FA9B6"
    for size in (1, 8, 23, 200):
        data = bytes(range(size))
        assert keys_module.x919_mac(key, data) == psec_mac.generate_retail_mac(key[:8], key[8:], data, 1)
        assert keys_module.cbc_mac(key, data) == psec_mac.generate_cbc_mac(key, data, 1)

    async def scenario(host, terminal):
        terminal.mac_of = lambda key, data: psec_mac.generate_retail_mac(key[:8], key[8:], data, 1)
        assert (await terminal.sale(100))["39"] == b"00" and terminal.mac_ok

    on_host(scenario, config=HostConfig(mac="x9.19"))


def test_scripted_refusal_still_looks_at_the_pin():
    async def scenario(host, terminal):
        host.script("51")
        assert (await terminal.sale(100, pin="123456"))["39"] == b"51"
        assert host.events("sale")[0]["pin"] == "ok"

    on_host(scenario)


def test_hand_packing_agrees_with_the_table():
    """The terminal of these tests and pyiso8583 read each other's odd lengths alike."""
    from posterm.sim.acquirer.message import decode

    packed = Terminal.pack("0200", {2: PAN, 22: "021", 35: "62220200000000234912", 60: "22000001003", 61: "1" * 29})
    fields = decode(packed)
    assert (fields["2"], fields["22"], fields["60"], fields["61"]) == (PAN, "021", "22000001003", "1" * 29)
    assert fields_of(packed)["35"] == fields["35"]


def test_control_commands():
    async def scenario(host, terminal):
        control = Commands(host)
        await control({"cmd": "next", "behaviour": "silent"})
        assert await terminal.sale(100) is None
        await terminal.sale(100)
        seen = (await control({"cmd": "events", "type": "sale"}))["events"]
        assert [event["fault"] for event in seen] == ["silent", None]
        later = await control({"cmd": "wait_event", "type": "sale", "after": seen[0]["seq"], "timeout": 1})
        assert later["event"] == seen[1]
        (record,) = (await control({"cmd": "ledger"}))["transactions"]
        assert (record["state"], record["card"][-4:]) == ("approved", GOOD)
        assert (await control({"cmd": "totals"}))["debit"] == 100
        await control({"cmd": "expire_keys"})
        assert not (await control({"cmd": "status"}))["terminals"]["12345678"]["signed_in"]
        await control({"cmd": "set_card", "card": GOOD, "behaviour": "43"})
        await terminal.sign_in()
        assert (await terminal.sale(100))["39"] == b"43"
        new = {"pan": "6222020000000000901", "pin": "1234", "expiry": "4912", "balance": 1}
        assert (await control({"cmd": "set_card", **new}))["card"]["card"] == "0901"
        assert len((await control({"cmd": "cards"}))["cards"]) == len(list(CardTable.load())) + 1
        await control({"cmd": "next", "action": "drop", "count": 3})
        await control({"cmd": "clear_script"})
        assert host.status()["script"] == 0
        for wrong in ({"cmd": "explode"}, {"cmd": "set_card", "card": "0000"}, {"cmd": "next", "on": "mars"}):
            with pytest.raises(ValueError):
                await control(wrong)

    on_host(scenario)


@pytest.mark.parametrize(
    "change",
    [
        {"pan": "6222020000000000019"},
        {"pan": "12"},
        {"pin": "12"},
        {"expiry": "4913"},
        {"balance": "5"},
        {"behaviour": "explode"},
        {"behaviour": {"action": "late", "hours": 1}},
    ],
)
def test_wrong_cards_are_named_by_their_tail_only(change):
    entry = {"pan": PAN, "pin": "123456", "expiry": "4912", "balance": 1, **change}
    with pytest.raises(CardError) as caught:
        Card(**entry)
    assert entry["pan"] == "12" or entry["pan"] not in str(caught.value)


def test_card_table_files(tmp_path):
    for content in ("{", '{"pan": 1}', "[1]", '[{"pan": "6222020000000000018"}]'):
        (tmp_path / "cards.json").write_text(content)
        with pytest.raises(CardError, match="no list of cards"):
            CardTable.load(tmp_path / "cards.json")
    with pytest.raises(CardError, match="cannot read"):
        CardTable.load(tmp_path / "none.json")
    table = CardTable.load()
    assert all(len(card.track2) <= 37 and "=4912101" in card.track2 or card.expiry != "4912" for card in table)
    with pytest.raises(CardError, match="same four digits"):
        table.add(Card("6222020000018000018", "1234", "4912", 1))
