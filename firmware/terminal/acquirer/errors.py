"""What can go wrong between terminal and host."""


class HostError(Exception):
    """Base. `reason` is a short constant text for the event log."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class NotSent(HostError):
    """No octet of the request left the terminal: nothing can have happened at the host."""


class NoAnswer(HostError):
    """The request may have reached the host and no valid answer came: the fate is unknown."""


class BadKeys(NoAnswer):
    """The working keys of a sign-in cannot be used: a check value differs, or the MAC setting needs another length."""


class BadMac(HostError):
    """The answer's MAC does not fit: treated as no answer, and a new sign-in is due."""


class Refused(HostError):
    """The host answered with a code other than approval. `code` is DE39."""

    def __init__(self, code):
        super().__init__("answer " + code)
        self.code = code
