"""What can go wrong with a modem. No text ever holds a number, a PDU or payload bytes: only command names and codes."""


class ModemError(Exception):
    """Base of all. `.reason`: short English text, e.g. "no answer", "no sim", "not registered", "sms not ready"."""

    def __init__(self, reason: str, text: str = None):
        super().__init__(text or reason)
        self.reason = reason


class ModemTimeout(ModemError):
    """No final result in time. `.command`: the command's name without arguments."""

    def __init__(self, command: str):
        super().__init__("time-out", command + ": time-out")
        self.command = command


class ModemReset(ModemError):
    """The modem restarted (or was given up): what was under way is void."""

    def __init__(self):
        super().__init__("reset")


class CommandError(ModemError):
    """The modem refused. `.command` name, `.kind` "ERROR", "CME", "CMS", "IP" or a call result, `.code` int or None."""

    def __init__(self, command: str, code, kind: str):
        super().__init__("refused", f"{command}: {kind}" if code is None else f"{command}: {kind} {code}")
        self.command = command
        self.code = code
        self.kind = kind


class ConnectError(ModemError):
    """No TCP connection, or it broke. `.code`: the modem's socket error or None."""

    def __init__(self, reason: str, code=None):
        super().__init__(reason, reason if code is None else f"{reason} ({code})")
        self.code = code


class SmsRejected(ModemError):
    """The message was not sent. `.code`: 3GPP 27.005 §3.2.5 (CMS) code, or None when the modem never saw the PDU."""

    def __init__(self, code=None, reason: str = "sms refused"):
        super().__init__(reason, reason if code is None else f"{reason} ({code})")
        self.code = code


class SmsInDoubt(ModemError):
    """The message may or may not have gone. `.code`: 332 (network time-out) or 500 (unknown error) when the modem
    itself reported it after Ctrl-Z, else None. Source: 3GPP 27.005 §3.2.5."""

    def __init__(self, code=None):
        super().__init__("sms in doubt")
        self.code = code
