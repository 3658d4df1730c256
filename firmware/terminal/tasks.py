"""Named, supervised tasks: a dead one is logged and started again; the watchdog is fed only while the critical ones report.

tasks = Tasks(watchdog, log)
tasks.add("modem", modem.run)
tasks.add("operator", idle.run, critical=45)     # must call tasks.beat("operator") at least every 45 s
await tasks.run()
"""

import asyncio
import io
import sys
import time

from micropython import const

_LOOK = const(5)  # seconds between two looks at the critical tasks
_RESTART_FIRST = const(1)  # seconds before a dead task starts again, doubled each time
_RESTART_MAX = const(60)


class Tasks:
    def __init__(self, watchdog, log):
        self._watchdog = watchdog
        self._log = log
        self._tasks = []
        self._limits = {}
        self._beats = {}

    def add(self, name, start, critical=None):
        """Add task `name`; `start()` returns its coroutine; `critical`: seconds within which it must report, or None."""
        self._tasks.append((name, start))
        if critical is not None:
            self._limits[name] = critical * 1000

    def beat(self, name):
        """Report that task `name` is alive."""
        self._beats[name] = time.ticks_ms()

    async def run(self):
        """Run every task for ever."""
        for name in self._limits:
            self.beat(name)
        running = [asyncio.create_task(self._keep(name, start)) for name, start in self._tasks]
        late = None
        try:
            while True:
                now = time.ticks_ms()
                found = None
                for name, limit in self._limits.items():
                    if time.ticks_diff(now, self._beats[name]) > limit:
                        found = name
                if found is None:
                    self._watchdog.feed()
                elif found != late:
                    self._log("watchdog.starved", found)
                late = found
                await asyncio.sleep(_LOOK)
        finally:
            for task in running:
                task.cancel()

    async def _keep(self, name, start):
        wait = _RESTART_FIRST
        while True:
            began = time.ticks_ms()
            try:
                await start()
                self._log("task.ended", name)
            except Exception as e:  # noqa: BLE001 - the one place that turns a defect into a restart
                self._report(name, e)
            if time.ticks_diff(time.ticks_ms(), began) > 60000:
                wait = _RESTART_FIRST
            await asyncio.sleep(wait)
            wait = min(wait * 2, _RESTART_MAX)

    def _report(self, name, e):
        try:
            self._log("task.died", "%s %s" % (name, _where(e)))
        except MemoryError:
            return  # restarting the task matters more than the entry


def _where(e):
    """Return the class of `e` and where it was raised; never its text, which may quote data."""
    if not hasattr(sys, "print_exception"):
        frame = e.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        return "%s line %d" % (type(e).__name__, frame.tb_lineno if frame else 0)
    out = io.StringIO()
    sys.print_exception(e, out)
    lines = [line.strip() for line in out.getvalue().split("\n") if "File " in line]
    return "%s %s" % (type(e).__name__, " < ".join(reversed(lines[-3:])).replace("File ", ""))
