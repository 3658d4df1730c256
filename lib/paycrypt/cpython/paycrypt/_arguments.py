"""Errors, and what the calls take: numbers, buffers and text, with the same refusals as on the device."""

from ._core import ffi, lib

# What the last self-test said, for all stores of this process.
HEALTH = ffi.new("pc_health_t *", {"status": lib.PC_HEALTH_UNTESTED})


class Error(ValueError):
    """Invalid input. `argument` names it, `reason` says why; the text is "argument: reason" and holds no value.

    After a self-test that failed, `argument` is the name of the algorithm.
    """

    __module__ = "paycrypt"
    argument = ""
    reason = ""


def check(status: int) -> None:
    """Raise Error for a status that is not 0."""
    if status:
        argument = ffi.string(lib.pc_status_argument(status)).decode()
        reason = ffi.string(lib.pc_status_reason(status)).decode()
        error = Error(f"{argument}: {reason}")
        error.argument = argument
        error.reason = reason
        raise error


def opened() -> None:
    """Raise Error after a self-test that failed: for calls that reach no store, which would say so itself."""
    if HEALTH.status < 0:
        check(HEALTH.status)


def number(value) -> int:
    """`value` as a C int; one that does not fit becomes -1, which no argument allows."""
    if not isinstance(value, int):
        raise TypeError("int expected")
    return value if -0x80000000 <= value < 0x80000000 else -1


def flag(value) -> bool:
    """`value`, a truth value or an integer."""
    return number(value) != 0


def view(value):
    """`value`, a buffer, as an array of C."""
    try:
        return ffi.from_buffer("uint8_t[]", value)
    except BufferError:
        raise TypeError("contiguous buffer expected") from None


def octets(value):
    """`value`, a buffer, as an argument of C: bytes go as they are, which is several times faster than a view."""
    return value if type(value) is bytes else view(value)


def text(value):
    """`value`, text or a buffer, as an argument of C."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else octets(value)


def writable(value):
    """`value`, a writable buffer, as an argument of C; to be given to ffi.release."""
    try:
        return ffi.from_buffer("uint8_t[]", value, require_writable=True)
    except BufferError:
        raise TypeError("writable buffer expected") from None
