"""DUKPT in the C core against published tables and against the host's reading of the standards (dukpt_reading.py)."""

import json

import pytest

import core_library
import dukpt_reading as reading
from core_library import CASES, CONSTANTS
from dukpt_terminal import AES, AES_SCHEMES, ALGORITHMS, DES, SCHEMES, TDES, Terminal, ancestors

PURPOSES = {name: CONSTANTS[f"PC_DUKPT_{name.upper()}"] for name in reading.PURPOSES}
PIN = PURPOSES["pin"]

EMPTY = ("dukpt", "nothing loaded")
EXHAUSTED = ("dukpt", "counter exhausted")
NO_TRANSACTION = ("dukpt", "no transaction begun")
IMPOSSIBLE = ("ksn", "impossible content")
BEHIND = ("ksn", "lies behind the counter")

each_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=["tdes", "aes128", "aes192", "aes256"])


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    return core_library.load(tmp_path_factory)


@pytest.fixture
def rnd(request):
    return core_library.seeded(request.node.name)


@pytest.fixture
def terminal(core, scheme, rnd):
    return Terminal(core, scheme, rnd)


@pytest.fixture(scope="module")
def published(root):
    return json.loads((root / "tests" / "vectors" / "dukpt.json").read_text())


def unhex(entry):
    return {name: bytes.fromhex(value) for name, value in entry.items()}


def follow(core, scheme, initial_key, transactions):
    """Let a state walk to each of the published transactions, which follow one another."""
    state, mask = core.state(), (1 << scheme.bits) - 1
    first = int.from_bytes(transactions[0]["ksn"], "big")
    before = first - (first & mask) + scheme.valid_up_to((first & mask) - 1)
    assert state.start(scheme.cipher, initial_key, before.to_bytes(len(transactions[0]["ksn"]), "big")) is None
    for expected in transactions:
        assert state.next() == expected["ksn"]
        yield state, expected


def test_published_tdes_tables(core, published):
    for table in published["tdes"]:
        key, pin_block = bytes.fromhex(table["initial_key"]), bytes.fromhex(table["clear_pin_block"])
        for state, expected in follow(core, TDES, key, [unhex(entry) for entry in table["transactions"]]):
            assert state.current == expected["transaction_key"]
            assert reading.tdes(state.working_key(PIN, DES, 16), pin_block) == expected["encrypted_pin_block"]


def test_published_aes_tables(core, published):
    for table in published["aes"]:
        bdk, transactions = bytes.fromhex(table["bdk"]), [unhex(entry) for entry in table["transactions"]]
        scheme = AES_SCHEMES[len(bdk) // 8 - 2]
        for state, expected in follow(core, scheme, reading.aes_initial(bdk, transactions[0]["ksn"][:8]), transactions):
            assert state.current == expected["transaction_key"]
            for purpose in PURPOSES.keys() & {name.removesuffix("_key") for name in expected}:
                assert state.working_key(PURPOSES[purpose], AES, 16) == expected[f"{purpose}_key"]


def test_the_reading_agrees_with_the_tdes_tables(published):
    for table in published["tdes"]:
        for entry in map(unhex, table["transactions"]):
            initial = reading.tdes_initial(bytes.fromhex(table["bdk"]), entry["ksn"])
            assert initial == bytes.fromhex(table["initial_key"])
            assert reading.tdes_transaction(initial, entry["ksn"]) == entry["transaction_key"]


def test_the_reading_agrees_with_the_aes_tables(published):
    for table in published["aes"]:
        for entry in map(unhex, table["transactions"]):
            identity, counter = entry["ksn"][:8], int.from_bytes(entry["ksn"][8:], "big")
            initial = reading.aes_initial(bytes.fromhex(table["bdk"]), identity)
            assert initial.hex().upper() == table.get("initial_key", initial.hex().upper())
            assert reading.aes_transaction(initial, identity, counter) == entry["transaction_key"]


def test_a_new_state_is_zeros_whatever_the_memory_held(core):
    assert not any(core.state().raw())


@each_scheme
def test_any_counter_gives_the_hosts_keys(core, scheme, rnd):
    for _ in range(CASES if scheme is TDES else CASES // len(AES_SCHEMES) + 1):
        terminal, counter = Terminal(core, scheme, rnd), scheme.draw(rnd)
        state = terminal.start(counter)
        counter = scheme.next_counter(counter)
        terminal.check_transaction(counter)
        purpose, (cipher, size) = rnd.choice(reading.PURPOSES), rnd.choice(terminal.offered())
        key = terminal.working(counter, purpose, ALGORITHMS[cipher][size])
        assert state.working_key(PURPOSES[purpose], cipher, size) == key, (hex(counter), purpose, cipher, size)


@each_scheme
def test_the_first_3000_transactions(terminal, scheme):
    state, counter = terminal.start(0), 0
    assert state.ksn() == terminal.ksn(0)
    assert not state.live
    for _ in range(3000):
        counter = scheme.next_counter(counter)
        terminal.check_transaction(counter)


@pytest.mark.skipif(CASES < 100_000, reason="walks over a million counters: PAYCRYPT_CASES=100000")
def test_all_tdes_transactions(core, rnd):
    terminal = Terminal(core, TDES, rnd)
    state, counter, count = terminal.start(0), 0, 0
    while state.next() != EXHAUSTED:
        count, before, counter = count + 1, counter, state.counter
        assert counter > before
        if count % 5003 == 0:
            assert state.current == terminal.transaction(counter)
    assert (count, counter) == (1_048_575, TDES.last)


@each_scheme
def test_every_working_key_of_a_transaction(terminal, scheme, rnd):
    counter = scheme.draw(rnd)
    state, counter = terminal.start(counter), scheme.next_counter(counter)
    state.next()
    for purpose, number in PURPOSES.items():
        for cipher, size in terminal.offered():
            expected = terminal.working(counter, purpose, ALGORITHMS[cipher][size])
            assert state.working_key(number, cipher, size) == expected, (purpose, cipher, size)


@each_scheme
def test_working_keys_that_are_not_offered(terminal, scheme):
    state = terminal.start(0)
    state.next()
    for size in {0, 8, 15, 17, 24, 31, 32, 33} - {
        size for cipher, size in terminal.offered() if cipher == scheme.cipher
    }:
        assert state.working_key(PIN, scheme.cipher, size) == ("size", "wrong length")
    for cipher in {-1, 0, 3, 255, AES} - {scheme.cipher}:
        assert state.working_key(PIN, cipher, 16) == ("cipher", "not offered")
    for purpose in (-1, 0, 6, 255):
        assert state.working_key(purpose, scheme.cipher, 16) == ("purpose", "not offered")


@each_scheme
def test_no_working_key_after_the_transaction(terminal):
    state = terminal.start(0)
    assert state.working_key(PIN, DES, 16) == NO_TRANSACTION
    state.next()
    state.finish()
    assert state.working_key(PIN, DES, 16) == NO_TRANSACTION
    terminal.check_absent([1])


def draw_target(scheme, counter, rnd):
    """A counter to skip to: near, one bit ahead, or anywhere; not always possible."""
    near, one_bit = counter + rnd.choice((-1, 0, 1, 2, 3, 8, 100, 1000)), counter + (1 << rnd.randrange(scheme.bits))
    return rnd.choice((near, near, one_bit, rnd.getrandbits(scheme.bits))) & (1 << scheme.bits) - 1


def skip(terminal, target):
    """Skip to `target`, or see it refused and nothing changed."""
    state, before = terminal.state, terminal.state.raw()
    possible = target.bit_count() <= terminal.scheme.ones
    if possible and target >= state.counter:
        assert state.skip(terminal.ksn(target)) is None
        assert (state.counter, state.live, state.ksn()) == (target, False, terminal.ksn(target))
        terminal.check_absent([target])
    else:
        assert state.skip(terminal.ksn(target)) == (BEHIND if possible else IMPOSSIBLE)
        assert state.raw() == before


@each_scheme
def test_nothing_used_can_be_had_from_what_is_kept(core, scheme, rnd):
    for _ in range(CASES // 200 + 1):
        terminal, counter = Terminal(core, scheme, rnd), rnd.choice((0, scheme.draw(rnd)))
        state, used = terminal.start(counter), {0, counter}
        terminal.check_registers()
        terminal.check_absent([counter, *ancestors(counter)])
        for _ in range(20):
            if rnd.random() < 0.4 and state.counter != scheme.last:
                terminal.check_transaction(scheme.next_counter(state.counter))
            else:
                skip(terminal, draw_target(scheme, state.counter, rnd))
            terminal.check_registers()
            terminal.check_absent([*(used - {state.counter}), *ancestors(state.counter)])
            used.add(state.counter)


@each_scheme
def test_no_skip_back(terminal, scheme):
    state = terminal.start(7)
    before = state.raw()
    for counter in range(7):
        assert state.skip(terminal.ksn(counter)) == BEHIND, counter
    assert state.raw() == before


@each_scheme
def test_carries_into_every_bit(core, scheme, rnd):
    for bit in range(1, scheme.bits):
        terminal = Terminal(core, scheme, rnd)
        for target in {1 << bit, 3 << bit - 1, 1 << bit | 1 << scheme.bits - 1}:
            counter = scheme.valid_up_to(target - 1)
            terminal.start(counter)
            for _ in range(4):
                counter = scheme.next_counter(counter)
                terminal.check_transaction(counter)
                terminal.check_registers()


@each_scheme
def test_the_last_transactions(terminal, scheme):
    counter = scheme.valid_up_to(scheme.last - (1 << scheme.bits - scheme.ones + 2))
    terminal.start(counter)
    while counter != scheme.last:
        counter = scheme.next_counter(counter)
        terminal.check_transaction(counter)
    assert terminal.state.next() == EXHAUSTED
    assert not any(terminal.state.current)
    terminal.check_registers()


@each_scheme
def test_an_exhausted_state_stays_so(terminal, scheme):
    state = terminal.start(scheme.last)
    for _ in range(3):
        assert state.next() == EXHAUSTED
    assert state.ksn() == terminal.ksn(scheme.last)
    assert state.skip(terminal.ksn(scheme.last)) is None
    assert state.next() == EXHAUSTED
    assert not any(b"".join(state.registers))


def test_an_empty_state_does_nothing(core):
    state = core.state()
    assert state.next() == state.ksn() == state.skip(bytes(10)) == state.working_key(PIN, DES, 16) == EMPTY


@each_scheme
def test_initial_keys_of_another_length(core, scheme):
    for size in set(range(66)) - ({16} if scheme is TDES else {16, 24, 32}):
        state = core.state()
        assert state.start(scheme.cipher, bytes(size), bytes(10 if scheme is TDES else 12)) == ("key", "wrong length")
        assert not any(state.raw())


def test_ciphers_that_have_no_scheme(core):
    for cipher in (-1, 0, 3, 77):
        assert core.state().start(cipher, bytes(16), bytes(10)) == ("key", "not for this key's cipher")


@each_scheme
def test_serial_numbers_of_another_length(terminal, scheme):
    state = terminal.start(5)
    before = state.raw()
    for size in set(range(40)) - ({10} if scheme is TDES else {8, 12}):
        assert state.start(scheme.cipher, bytes(scheme.size), bytes(size)) == ("ksn", "wrong length")
    for size in set(range(40)) - {len(terminal.ksn(5))}:
        assert state.skip(bytes(size)) == ("ksn", "wrong length")
    assert state.raw() == before


@each_scheme
def test_a_counter_with_too_many_ones(terminal, scheme):
    state = terminal.start(5)
    before = state.raw()
    impossible = terminal.ksn((1 << scheme.ones + 1) - 1)
    assert state.start(scheme.cipher, bytes(scheme.size), impossible) == IMPOSSIBLE
    assert state.skip(impossible) == IMPOSSIBLE
    assert state.raw() == before


@each_scheme
def test_every_bit_of_the_identification_counts(terminal, scheme):
    state = terminal.start(5)
    before, ksn = state.raw(), terminal.ksn(5)
    for bit in range(scheme.bits, 8 * len(ksn)):
        other = (int.from_bytes(ksn, "big") ^ 1 << bit).to_bytes(len(ksn), "big")
        assert state.skip(other) == ("ksn", "of another key"), bit
    assert state.raw() == before


def test_an_aes_state_starts_with_the_identification_alone(core):
    state = core.state()
    assert state.start(AES, bytes(32), b"12345678") is None
    assert state.ksn() == b"12345678" + bytes(4)
