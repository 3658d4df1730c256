"""The one exception of the package."""


class Error(ValueError):
    """A message that cannot be built or read.

    argument: the name of the offending argument, "pdu" for what parse() refuses.
    offset: octets from the beginning of the PDU; None when the whole is meant.
    Its text names both and the reason; it never quotes a number or a message.
    """

    def __init__(self, argument: str, reason: str, offset: "int | None" = None):
        place = argument if offset is None else f"{argument} at {offset}"
        super().__init__(f"{place}: {reason}")
        self.argument = argument
        self.offset = offset
