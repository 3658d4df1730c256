"""Whether notices are sent: off, trial, on. "on" wants a self-test that passed with this very modem and SIM.

    enabling = Enabling(board.storage, lambda: modem.identity, log)
    enabling.allows("customer")         # False
    enabling.passed()                   # by the self-test
    enabling.set("on")

    off ──set──> trial ──set, once the self-test has passed──> on
     ^             ^                                            │ another modem, firmware or SIM is found
     └─────────────┴────────────────────────────────────────────┘

In trial only the merchant and the self-test get messages; a self-test that runs may send its own in every mode.
The file notices.json holds the mode and what the self-test passed with ("model/firmware/fingerprint of the SIM"); it is
written anew and renamed over the old one.
"""

import json
import os

_NAME = "/notices.json"
_MODES = ("off", "trial", "on")
_TRIAL_AUDIENCES = ("merchant", "trial")
_ENOENT = 2


class TrialNeeded(ValueError):
    """Notices cannot be switched on. reason: "needtrial", or "nomodem" while modem and SIM are not known."""

    def __init__(self, reason):
        super().__init__("notices: the self-test has not passed with this modem and SIM")
        self.reason = reason


class Enabling:
    """directory: for notices.json. identity() -> dict with model, firmware and sim, as Modem.identity; values may be
    missing while they are not known. log(event, detail).

    mode: "off", "trial" or "on"; "off" without a file, and with one that cannot be read. echoed: whether the running
    self-test's message has come in.
    """

    def __init__(self, directory, identity, log):
        self._path = directory + _NAME
        self._identity = identity
        self._log = log
        self._code = ""  # of the latest self-test
        self.testing = False
        self.echoed = False
        self._trial = ""  # what the latest self-test passed with
        self.mode = "off"
        try:
            with open(self._path) as file:
                stored = json.load(file)
            mode, trial = stored["mode"], stored["trial"]
            if mode not in _MODES or not isinstance(trial, str):
                raise ValueError
        except OSError as error:
            if error.errno != _ENOENT:
                log("notices.mode", "unreadable, off: %s" % repr(error))
        except (ValueError, TypeError, KeyError):
            log("notices.mode", "unreadable, off")
        else:
            self.mode = mode
            self._trial = trial

    def set(self, mode: str) -> None:
        """Change the mode; it is on the medium when this returns.

        Raises TrialNeeded for "on" without a passed self-test, OSError when it cannot be stored: then it has not
        changed.
        """
        if mode not in _MODES:
            raise ValueError("notices: off, trial or on")
        self.check()
        if mode == "on":
            present = self._present()
            if not present or present != self._trial:
                raise TrialNeeded("needtrial" if present else "nomodem")
        if mode != self.mode:
            self._store(mode, self._trial)
            self._log("notices.mode", mode)

    def allows(self, audience: str) -> bool:
        """Tell whether a message to this audience may be sent now."""
        self.check()
        if self.mode == "on" or (self.testing and audience == "trial"):
            return True
        return self.mode == "trial" and audience in _TRIAL_AUDIENCES

    def check(self) -> None:
        """Go back to trial when modem, firmware or SIM are known and others than those of the self-test."""
        if self.mode != "on":
            return
        present = self._present()
        if not present or present == self._trial:
            return
        self.mode = "trial"
        self._log("notices.mode", "trial: another modem or SIM, self-test needed")
        try:
            self._store("trial", self._trial)
        except OSError as error:
            # the next start finds the same, and asks again
            self._log("notices.storage", repr(error))

    def passed(self) -> None:
        """The self-test has passed with the present modem and SIM. Raises OSError when that cannot be stored."""
        present = self._present()
        if present:
            self._store(self.mode, present)

    # the running self-test

    def begin(self, code: str) -> None:
        """A self-test begins, whose text holds this code: until end() its message may be sent in any mode."""
        self._code = code
        self.testing = True
        self.echoed = False

    def end(self) -> None:
        self.testing = False

    def expects(self, text: str) -> bool:
        """Take a message received; True when it is that of the latest self-test, also after its end."""
        if not self._code or self._code not in text:
            return False
        self.echoed = True
        return True

    def _present(self):
        """What the terminal sends with now, "" while that is not known."""
        identity = self._identity() or {}
        parts = [identity.get(name) or "" for name in ("model", "firmware", "sim")]
        return "/".join(parts) if all(parts) else ""

    def _store(self, mode, trial):
        with open(self._path + ".new", "w") as file:
            json.dump({"mode": mode, "trial": trial}, file)
        os.rename(self._path + ".new", self._path)
        self.mode = mode
        self._trial = trial
