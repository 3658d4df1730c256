"""Keys, MACs and PIN blocks: the C core of paycrypt under CPython, with the names of the device's module.

    store = paycrypt.KeyStore()
    store.load(0, paycrypt.KEK, terminal_master_key)
    store.load_working(0, 1, 2, field62)                      # sign-in answer: PIN key and MAC key
    block = store.pin_block(1, 0, pin, pan)                   # `pin` is a bytearray and is zero afterwards
    code = store.mac(2, paycrypt.MAC_ECB_UNIONPAY, message)   # field 64

No call returns a key. Errors are `paycrypt.Error` with the attributes `argument` and `reason`.
"""

from ._arguments import HEALTH as _HEALTH
from ._arguments import Error as Error
from ._arguments import check as _check
from ._arguments import octets as _octets
from ._arguments import writable as _writable
from ._core import ffi as _ffi
from ._core import lib as _lib
from ._dukpt import Dukpt as Dukpt
from ._keystore import KeyStore as KeyStore
from ._keystore import MacStream as MacStream

KEK = _lib.PC_USAGE_KEK
PIN = _lib.PC_USAGE_PIN
MAC = _lib.PC_USAGE_MAC
DATA = _lib.PC_USAGE_DATA
DUKPT = _lib.PC_USAGE_DUKPT

DES = _lib.PC_CIPHER_DES
AES = _lib.PC_CIPHER_AES
SM4 = _lib.PC_CIPHER_SM4

MAC_ECB_UNIONPAY = _lib.PC_MAC_ECB_UNIONPAY
MAC_X919 = _lib.PC_MAC_X919
MAC_CBC = _lib.PC_MAC_CBC
MAC_CMAC = _lib.PC_MAC_CMAC

KCV_LEGACY = _lib.PC_KCV_LEGACY
KCV_CMAC = _lib.PC_KCV_CMAC

DUKPT_PIN = _lib.PC_DUKPT_PIN
DUKPT_MAC_REQUEST = _lib.PC_DUKPT_MAC_REQUEST
DUKPT_MAC_RESPONSE = _lib.PC_DUKPT_MAC_RESPONSE
DUKPT_DATA_REQUEST = _lib.PC_DUKPT_DATA_REQUEST
DUKPT_DATA_RESPONSE = _lib.PC_DUKPT_DATA_RESPONSE


def equal(left: bytes, right: bytes, /) -> bool:
    """Whether two buffers are equal; the time depends on their lengths alone."""
    left, right = _octets(left), _octets(right)
    return len(left) == len(right) and bool(_lib.pc_memory_equal(left, right, len(left)))


def wipe(buffer: bytearray, /) -> None:
    """Overwrite a writable buffer with zeros."""
    view = _writable(buffer)
    _lib.pc_memory_wipe(view, len(view))
    _ffi.release(view)


def selftest() -> None:
    """Known answers of every algorithm; an Error whose `argument` names the first that is wrong.

    After a failure every key operation of every store raises the same Error.
    """
    _check(_lib.pc_selftest_run(_HEALTH))
