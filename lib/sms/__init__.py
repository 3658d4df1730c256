"""Short messages as PDUs (3GPP 23.040, 23.038): what AT+CMGS sends, what +CMT, +CDS and AT+CMGR bring.

    import sms
    for part in sms.submit("+8613800138000", "您的卡消费￥12.50"):
        modem.send(part.length, part.hex())      # AT+CMGS=<length>, then the hexadecimal text and Ctrl-Z
    report = sms.parse(line_after_cds)           # StatusReport or Deliver
    if report.final and not report.delivered: ...

Nothing here talks to a modem or keeps state; sms.assembler, which puts long messages together, does and is imported by
itself. What the network sends is hostile: parse() refuses it with sms.Error and with nothing else.
"""

from .address import check_number
from .error import Error
from .incoming import ABANDONED, DELIVERED, FAILED, TRYING, Deliver, StatusReport, parse
from .outgoing import GSM7, UCS2, Part, count, submit

__all__ = (
    "ABANDONED",
    "DELIVERED",
    "FAILED",
    "GSM7",
    "TRYING",
    "UCS2",
    "Deliver",
    "Error",
    "Part",
    "StatusReport",
    "check_number",
    "count",
    "parse",
    "submit",
)
