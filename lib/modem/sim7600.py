"""SIM7600 and A7670 as tables. Source: SIM7500/SIM7600 Series AT Command Manual, chapters TCP/IP and SMS.

modem = Modem(stream, SIM7600)
"""

from .profile import Profile
from .sockets import NetLink

_SOCKET_ERRORS = {
    1: "network failure",
    2: "network not opened",
    3: "wrong parameter",
    4: "not connected",
    5: "no socket",
    8: "busy",
    9: "socket in use",
    10: "time-out",
    11: "name not found",
}

SIM7600 = Profile(
    "SIM7600",
    soft_error="+IP ERROR",
    raw=(("+CIPRXGET: 2,", 2),),
    hard_boot=("RDY", "*ATREADY", "START"),
    setup=("ATE0", "AT+CMEE=1", "AT+CREG=1", "AT+CTZU=1"),
    link=NetLink,
    socket_errors=_SOCKET_ERRORS,
    # context gone: close it and open it again, once, before an error is reported
    reopen_errors=(1, 2, 5, 9),
)

A7670 = SIM7600  # the same commands; only its banners differ, and both are listed
