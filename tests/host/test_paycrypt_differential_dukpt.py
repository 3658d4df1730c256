"""paycrypt's derived keys against the host's reading of X9.24 (dukpt_reading.py), which knows the base key."""

import pytest

import dukpt_reading as host
import paycrypt
from paycrypt_cases import CASES, check_value, compare

# what a working key is for: number and usage here
PURPOSES = {
    "pin": (paycrypt.DUKPT_PIN, paycrypt.PIN),
    "mac_request": (paycrypt.DUKPT_MAC_REQUEST, paycrypt.MAC),
    "mac_response": (paycrypt.DUKPT_MAC_RESPONSE, paycrypt.MAC),
    "data_request": (paycrypt.DUKPT_DATA_REQUEST, paycrypt.DATA),
    "data_response": (paycrypt.DUKPT_DATA_RESPONSE, paycrypt.DATA),
}
# working keys of an AES scheme: name in the reading, cipher, bytes
DERIVED = [
    ("2tdea", paycrypt.DES, 16),
    ("3tdea", paycrypt.DES, 24),
    ("aes128", paycrypt.AES, 16),
    ("aes192", paycrypt.AES, 24),
    ("aes256", paycrypt.AES, 32),
]


def random_counter(chance, bits, ones):
    """A valid counter; often with as many ones as are allowed, often near either end."""
    count = chance.choice([0, 1, ones, ones - 1, chance.randrange(ones + 1)])
    return sum(1 << place for place in chance.sample(range(bits), count))


def valid_after(counter, valid, bits):
    """The next counter the scheme allows, None behind the last."""
    counter += 1
    while not valid(counter):
        if counter >> bits:
            return None
        counter += counter & -counter
    return counter


def begun(chance, key, cipher, ksn_of, bits, ones, valid):
    """A state that has arrived, by start, skip, steps and a restart, at a random counter; and that counter."""
    store, dukpt = paycrypt.KeyStore(), paycrypt.Dukpt()
    first, second = sorted(random_counter(chance, bits, ones) for _ in range(2))
    store.load(3, paycrypt.DUKPT, key, cipher=cipher)
    dukpt.start(store, 3, ksn_of(first))
    if chance.randrange(2):
        dukpt.skip(ksn_of(second))
        first = second
    if chance.randrange(4) == 0:
        secret = chance.randbytes(32)
        blob, dukpt = dukpt.seal(secret), paycrypt.Dukpt()
        dukpt.unseal(blob, secret)
    for _ in range(chance.randint(1, 3)):
        following = valid_after(first, valid, bits)
        if following is None:
            break
        if dukpt.next() != ksn_of(following):
            return store, dukpt, None
        first = following
    return store, dukpt, first


def outcome(store, slot):
    return store.usage(slot), store.kcv(slot, method=1), store.kcv(slot, method=2)


def expected(purpose, cipher, key):
    return PURPOSES[purpose][1], check_value(cipher, key, 1)[:4], check_value(cipher, key, 2)[:4]


def test_triple_des_scheme():
    def case(chance):
        bdk, ksn = chance.randbytes(16), chance.randbytes(10)
        initial = host.tdes_initial(bdk, ksn)
        store, dukpt, counter = begun(
            chance, initial, paycrypt.DES, lambda c: host.tdes_ksn(ksn, c), 21, 10, host.tdes_valid
        )
        if counter is None:
            return "another serial number", "", bdk, ksn
        purpose = chance.choice(list(PURPOSES))
        serial = host.tdes_ksn(ksn, counter)
        try:
            dukpt.load(store, 5, PURPOSES[purpose][0])
        except paycrypt.Error as error:
            # only behind the last counter
            return (str(error), dukpt.ksn(), counter), ("dukpt: no transaction begun", serial, host.TDES_LAST)
        key = host.tdes_working(host.tdes_transaction(initial, serial), purpose)
        return (dukpt.ksn(), *outcome(store, 5)), (serial, *expected(purpose, paycrypt.DES, key)), bdk, serial, purpose

    compare("DUKPT TDES", case)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_aes_scheme(size):
    def case(chance):
        bdk, ikid = chance.randbytes(size), chance.randbytes(8)
        initial = host.aes_initial(bdk, ikid)
        store, dukpt, counter = begun(
            chance, initial, paycrypt.AES, lambda c: ikid + c.to_bytes(4, "big"), 32, 16, host.aes_valid
        )
        if counter is None:
            return "another serial number", "", bdk, ikid
        purpose = chance.choice(list(PURPOSES))
        name, cipher, key_size = chance.choice([row for row in DERIVED if row[1] == paycrypt.DES or row[2] <= size])
        serial = ikid + counter.to_bytes(4, "big")
        try:
            dukpt.load(store, 5, PURPOSES[purpose][0], cipher=cipher, size=key_size)
        except paycrypt.Error as error:
            return (str(error), dukpt.ksn(), counter), ("dukpt: no transaction begun", serial, host.AES_LAST)
        key = host.aes_working(host.aes_transaction(initial, ikid, counter), ikid, counter, purpose, name)
        return (dukpt.ksn(), *outcome(store, 5)), (serial, *expected(purpose, cipher, key)), bdk, serial, purpose, name

    compare(f"DUKPT AES {size}", case, CASES // 2)
