"""Text mode (AT+CMGF=1), as programs on a computer use it: AT+CSMP, CSDH, and messages in the character set of AT+CSCS.

A text that does not fit the character set, as Chinese in "GSM", is shown as its UCS-2 octets in hexadecimal.
"""

from datetime import datetime

import gammu

from posterm.sim.modem.results import CmsFailure, Command, Failure
from posterm.sim.modem.storage import Stored
from posterm.sim.modem.tpdu import GSM_BASIC, SRR

STATUS_WORDS = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT")
START = (17, 167, 0, 0)  # AT+CSMP: first octet, validity, protocol identifier, coding scheme
BAD_TEXT = 305


def _time(when: datetime) -> str:
    quarters = int(when.utcoffset().total_seconds()) // 900 if when.tzinfo else 0
    return f"{when:%y/%m/%d,%H:%M:%S}{quarters:+03d}"


class TextMode:
    """`on`: AT+CMGF=1."""

    def __init__(self, messages):
        self.messages = messages
        self.reset()

    def reset(self) -> None:
        """After power on."""
        self.on = False
        self.settings = list(START)
        self.long_headers = 0

    async def parameters(self, command: Command):
        if command.op == "?":
            return ["+CSMP: " + ",".join(map(str, self.settings))]
        if command.op == "=?":
            return ["+CSMP: (0-255),(0-255),(0-255),(0-255)"]
        if command.op != "=":
            raise Failure
        self.settings = [command.number(index, 0, 255, default=old) for index, old in enumerate(self.settings)]
        return []

    async def headers(self, command: Command):
        if command.op == "?":
            return [f"+CSDH: {self.long_headers}"]
        if command.op == "=?":
            return ["+CSDH: (0,1)"]
        self.long_headers = command.number(0, 0, 1, default=0)
        return []

    # character sets

    @property
    def _charset(self) -> str:
        return self.messages.sim.general.charset

    def _coded(self, text: str) -> str:
        if self._charset == "UCS2" or not GSM_BASIC.issuperset(text):
            return text.encode("utf-16-be", "surrogatepass").hex().upper()
        return text.encode("latin-1").hex().upper() if self._charset == "HEX" else text

    def number(self, typed: str) -> str:
        """Read a number as typed, in UCS-2 where that is chosen. Fails with CMS 305."""
        try:
            number = bytes.fromhex(typed).decode("utf-16-be") if self._charset == "UCS2" else typed
        except ValueError as error:
            raise CmsFailure(BAD_TEXT) from error
        if number and not (number.lstrip("+").isascii() and number.lstrip("+").isdigit() and len(number) <= 21):
            raise CmsFailure(BAD_TEXT)
        return number

    def submit(self, number: str, typed: bytes) -> bytes:
        """Return the SMS-SUBMIT with empty SMSC octets for what was typed up to Ctrl-Z. Fails with CMS 305."""
        first, validity, protocol, scheme = self.settings
        wide = scheme & 0x0C == 0x08
        try:
            if wide or self._charset == "UCS2":
                text = bytes.fromhex(typed.decode("ascii")).decode("utf-16-be")
            elif self._charset == "HEX":
                text = bytes.fromhex(typed.decode("ascii")).decode("latin-1")
            else:
                text = typed.decode("latin-1").replace("\r\n", "\n").rstrip("\r")
            entry = {"ID": "ConcatenatedTextLong", "Buffer": text}
            parts = gammu.EncodeSMS({"Class": -1, "Unicode": wide, "Entries": [entry]})
            if len(parts) != 1:
                raise ValueError("text mode knows no long messages")
            kind = "Status_Report" if first & SRR else "Submit"
            parts[0].update(Number=number or "0", Type=kind, SMSC={"Location": 0, "Number": "+0", "Validity": "Max"})
            pdu = bytearray(gammu.EncodePDU(parts[0], "Submit"))
        except (ValueError, gammu.GSMError) as error:
            raise CmsFailure(BAD_TEXT) from error
        pdu[: pdu[0] + 1] = b"\0"
        place = 4 + 1 + (pdu[3] + 1) // 2  # behind the destination address
        pdu[place] = protocol
        if pdu[1] & 0x18 == 0x10:
            pdu[place + 2] = validity
        return bytes(pdu)

    # towards the terminal

    def stored(self, head: str, entry: Stored) -> str:
        """Return an entry as AT+CMGR or CMGL shows it."""
        return self._shown(f'{head}"{STATUS_WORDS[entry.status]}",', entry.pdu)

    def unasked(self, head: str, pdu: bytes) -> str:
        """Return a +CMT or +CDS."""
        return self._shown(head.partition(":")[0] + ": ", pdu)

    def _shown(self, head: str, pdu: bytes) -> str:
        try:
            message = gammu.DecodePDU(pdu, True)
        except (gammu.GSMError, ValueError):
            return f'{head}"",,\r\n{pdu.hex().upper()}'
        number = self._coded(message["Number"])
        kind = 145 if message["Number"].startswith("+") else 129
        if message["Type"] == "Status_Report":
            done, sent = message["DateTime"], message["SMSCDateTime"]
            fields = f'{message["MessageReference"]},"{number}",{kind},"{_time(sent)}","{_time(done)}"'
            return f"{head}6,{fields},{message['DeliveryStatus']}"
        text = message["Text"]
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        stamp = f'"{_time(message["DateTime"])}"' if message["Type"] == "Deliver" else ""
        tail = f",{kind},4,0,0,,,{len(text)}" if self.long_headers else ""
        return f'{head}"{number}","",{stamp}{tail}\r\n{self._coded(text)}'
