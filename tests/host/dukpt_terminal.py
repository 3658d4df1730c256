"""A DUKPT terminal for tests: a state of the C core beside the keys that the host expects of it (dukpt_reading.py)."""

from typing import NamedTuple

import dukpt_reading as reading
from core_library import CONSTANTS

DES, AES = CONSTANTS["PC_CIPHER_DES"], CONSTANTS["PC_CIPHER_AES"]

# names of the working keys' algorithms in the reading: by cipher, by bytes
ALGORITHMS = {DES: {16: "2tdea", 24: "3tdea"}, AES: {16: "aes128", 24: "aes192", 32: "aes256"}}


class Scheme(NamedTuple):
    cipher: int
    size: int  # bytes of derivation key
    bits: int  # of the counter
    ones: int  # at most, in a valid counter
    last: int  # counter
    identity: int  # bytes of serial number drawn for a terminal

    def next_counter(self, counter):
        """The valid counter after `counter`, which is not the last."""
        counter += 1
        while counter.bit_count() > self.ones:
            counter += 1
        return counter

    def valid_up_to(self, counter):
        """The last valid counter up to `counter`, or 0."""
        while counter.bit_count() > self.ones:
            counter -= 1
        return counter

    def draw(self, rnd):
        """A counter that is not the last one; thick ones and thin ones."""
        counter = self.last
        while counter == self.last or counter.bit_count() > self.ones:
            counter = rnd.getrandbits(self.bits) & rnd.choice((-1, rnd.getrandbits(self.bits)))
        return counter


TDES = Scheme(DES, 16, 21, 10, reading.TDES_LAST, 10)
AES_SCHEMES = [Scheme(AES, size, 32, 16, reading.AES_LAST, 8) for size in (16, 24, 32)]
SCHEMES = [TDES, *AES_SCHEMES]


class Terminal:
    """A random initial key and serial number, as the host knows them; and a state of the core."""

    def __init__(self, core, scheme, rnd):
        self.scheme, self.state = scheme, core.state()
        self.key, self.identity = rnd.randbytes(scheme.size), rnd.randbytes(scheme.identity)
        self.known = {0: self.key}

    def start(self, counter):
        assert self.state.start(self.scheme.cipher, self.key, self.ksn(counter)) is None
        return self.state

    def ksn(self, counter):
        if self.scheme.cipher == DES:
            return reading.tdes_ksn(self.identity, counter)
        return self.identity + counter.to_bytes(4, "big")

    def transaction(self, counter):
        if counter not in self.known:
            if self.scheme.cipher == DES:
                self.known[counter] = reading.tdes_transaction(self.key, self.ksn(counter))
            else:
                self.known[counter] = reading.aes_transaction(self.key, self.identity, counter)
        return self.known[counter]

    def working(self, counter, purpose, algorithm):
        if self.scheme.cipher == DES:
            return reading.tdes_working(self.transaction(counter), purpose)
        return reading.aes_working(self.transaction(counter), self.identity, counter, purpose, algorithm)

    def offered(self):
        """Ciphers and sizes of the working keys that the scheme gives."""
        if self.scheme.cipher == DES:
            return [(DES, 16)]
        return [(DES, 16), (DES, 24), *((AES, size) for size in (16, 24, 32) if size <= self.scheme.size)]

    def check_transaction(self, counter):
        """Go on by one: the serial number and the key must be those of `counter`."""
        assert self.state.next() == self.ksn(counter) == self.state.ksn(), hex(counter)
        assert self.state.current == self.transaction(counter), hex(counter)

    def check_registers(self):
        """Register i is the key of the next counter whose lowest one is bit i; zeros where there is none. So nothing behind
        the counter can be derived from what is kept."""
        counter = self.state.counter
        for bit, register in enumerate(self.state.registers):
            node = (counter >> bit | 1) << bit
            ahead = bit < self.scheme.bits and node > counter and node.bit_count() <= self.scheme.ones
            assert register == (self.transaction(node) if ahead else b"").ljust(32, b"\0"), (hex(counter), bit)

    def check_absent(self, counters):
        for counter in counters:
            assert self.transaction(counter) not in self.state.raw(), hex(counter)


def ancestors(counter):
    """The counters on the way from the initial key to `counter`: without its lowest one, and so on down to 0."""
    while counter:
        counter &= counter - 1
        yield counter
