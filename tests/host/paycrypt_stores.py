"""What the tests of paycrypt's users' view share: keys, full stores, refusals."""

import pytest

import paycrypt
from paycrypt_cases import KINDS

KEK = bytes.fromhex("CA5D92598DCA48CE8A4C76361A9269E9")
DOUBLE = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
OTHER = bytes.fromhex("5BB5C72CD00B7338807A23AD32B36D45")
SECRET = bytes(range(32))
PAN = "4012345678909"


def key_of(kind):
    """A key of that kind (paycrypt_cases), its halves and thirds different."""
    return (DOUBLE + OTHER)[: KINDS[kind][1]]


def store_with(usage, key, slot=0, **options):
    store = paycrypt.KeyStore()
    store.load(slot, usage, key, **options)
    return store


def state(store):
    """All that shows of a store: usages, both check values, codes by those keys that make some."""
    shown = []
    for slot in range(16):
        usage = store.usage(slot)
        codes = [store.kcv(slot, method=method) for method in (1, 2)]
        if usage in (paycrypt.MAC, paycrypt.DATA):
            try:
                codes.append(store.mac(slot, paycrypt.MAC_CMAC, b"state"))
            except paycrypt.Error as error:
                codes.append(str(error))
        shown.append((usage, codes))
    return shown


def fails(argument, call, *args, **options):
    """Call; the error names `argument` and says nothing but its reason, which is returned."""
    with pytest.raises(paycrypt.Error) as caught:
        call(*args, **options)
    error = caught.value
    assert error.argument == argument
    assert str(error) == f"{error.argument}: {error.reason}"
    assert error.reason
    assert isinstance(error, ValueError)
    return error.reason
