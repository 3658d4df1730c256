"""The few names MicroPython has and CPython lacks, so that device code runs unchanged in the host tier.

`time.ticks_ms()` follows the running event loop: under `virtualclock.run()` it is virtual time.
"""

import asyncio
import time

_PERIOD = 1 << 30  # ticks wrap like on the device, so that code comparing them with `<` is found out


def const(value):
    return value


def _ticks_ms():
    try:
        seconds = asyncio.get_running_loop().time()
    except RuntimeError:
        seconds = time.monotonic()
    # start shortly before the wrap-around: every test crosses it
    return int(seconds * 1000 + _PERIOD - 5000) % _PERIOD


def _ticks_add(ticks, delta):
    return (ticks + delta) % _PERIOD


def _ticks_diff(end, start):
    half = _PERIOD // 2
    return (end - start + half) % _PERIOD - half


time.ticks_ms = _ticks_ms
time.ticks_add = _ticks_add
time.ticks_diff = _ticks_diff
