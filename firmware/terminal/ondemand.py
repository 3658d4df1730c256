"""Modules needed seldom: imported for one piece of work and forgotten again, so that they cost heap only meanwhile.

    with borrowed("terminal.notices.doctor") as doctor:
        finding = doctor.diagnose(facts)

Such a module keeps no state of its own. One that something else has imported for good stays.
"""

import sys

_borrowers = {}  # module name -> how many are at work with it; only of modules this file has imported


class borrowed:  # noqa: N801 - reads as a phrase after `with`
    """Context manager that yields the module `name` (dotted)."""

    def __init__(self, name):
        self._name = name

    def __enter__(self):
        name = self._name
        if name not in sys.modules:
            __import__(name)
            _borrowers[name] = 0
        if name in _borrowers:
            _borrowers[name] += 1
        return sys.modules[name]

    def __exit__(self, *_exc):
        name = self._name
        if name not in _borrowers:
            return
        _borrowers[name] -= 1
        if _borrowers[name]:
            return
        del _borrowers[name]
        del sys.modules[name]
        parent, _, leaf = name.rpartition(".")
        if hasattr(sys.modules[parent], leaf):
            delattr(sys.modules[parent], leaf)
