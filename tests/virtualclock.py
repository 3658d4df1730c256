"""An asyncio loop whose clock jumps to the next timer: hours of protocol time pass in milliseconds.

    result = virtualclock.run(main(), limit=3600)

Only for code whose peers live on the same loop (no sockets, no ptys): when nothing is ready and no timer is
left, the program is stuck for ever and `run` raises `Deadlock` instead of hanging.
"""

import asyncio
import contextlib
import selectors


class Deadlock(AssertionError):
    """Nothing can happen any more, or virtual time ran past the limit."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.limit = None

    def select(self, timeout=None):
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock("every task waits and no timer is set")
        if timeout > 0:
            self.now += timeout
            if self.limit is not None and self.now > self.limit:
                raise Deadlock("virtual time ran past %s s" % self.limit)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, limit=None):
        self._jumping = _JumpingSelector()
        self._jumping.limit = limit
        super().__init__(self._jumping)
        self._clock_resolution = 1e-9

    def time(self):
        return self._jumping.now


def run(coro, limit=24 * 3600):
    """Run `coro` to its end on a fresh virtual loop. `limit`: seconds of virtual time allowed."""
    loop = VirtualLoop(limit)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(coro)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        # a simulated power cut, which is no Exception, may still be pending in a cancelled task
        with contextlib.suppress(BaseException):
            loop.run_until_complete(asyncio.sleep(0))
        asyncio.set_event_loop(None)
        loop.close()
