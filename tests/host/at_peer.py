"""A scripted modem in memory for the tests of lib/modem. It answers from a table and does what a test tells it to.

peer = Peer(stream)
peer.rules["AT+CSQ"] = "+CSQ: 21,99\\r\\nOK"      # lines; "" for no answer; or a callable(peer, command)
peer.say("+CMTI: \\"SM\\",3")                     # a URC, now
"""

import asyncio

READY = {
    "AT": "OK",
    "ATE0": "OK",
    "AT+CMEE=1": "OK",
    "AT+CREG=1": "OK",
    "AT+CTZU=1": "OK",
    "AT+CMEE?": "+CMEE: 1\r\nOK",
    "AT+IPR?": "+IPR: 115200\r\nOK",
    "AT+CIMI": "460001234567890\r\nOK",
    "AT+CPIN?": "+CPIN: READY\r\nOK",
    "AT+CGMM": "SIMCOM_SIM7600CE\r\nOK",
    "AT+CGMR": "+CGMR: LE20B04\r\nOK",
    "AT+CNMI=?": "+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)\r\nOK",
    "AT+CMGF=0": "OK",
    "AT+CPMS?": '+CPMS: "SM",0,4,"SM",0,4,"SM",0,4\r\nOK',
    "AT+CPMS=?": '+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM"),("ME","MT","SM")\r\nOK',
    'AT+CPMS="SM","SM","SM"': "+CPMS: 0,4,0,4,0,4\r\nOK",
    'AT+CPMS="SM"': "+CPMS: 0,4,0,4,0,4\r\nOK",
    "AT+CSMS=0": "+CSMS: 1,1,1\r\nOK",
    'AT+CSCS="IRA"': "OK",
    "AT+CNMI=2,1,0,1,0": "OK",
    "AT+CSQ": "+CSQ: 21,99\r\nOK",
    "AT+CREG?": "+CREG: 1,1\r\nOK",
    "AT+COPS?": '+COPS: 0,0,"CHINA MOBILE",7\r\nOK',
    "AT+CIPRXGET=1": "OK",
    "AT+NETOPEN": "OK\r\n+NETOPEN: 0",
    "AT+NETCLOSE": "OK\r\n+NETCLOSE: 0",
    'AT+CIPOPEN=0,"TCP","10.1.2.3",5000': "OK\r\n+CIPOPEN: 0,0",
    "AT+CIPCLOSE=0": "OK\r\n+CIPCLOSE: 0,0",
}


class Peer:
    """`prompt`: bytes of the prompt. `piece`: octets per write, 0 for all at once. `dead`: it hears nothing."""

    def __init__(self, stream, rules=None):
        self.stream = stream
        self.rules = dict(READY if rules is None else rules)
        self.prompt = b"\r\n> "
        self.piece = 0
        self.commands = []
        self.payloads = []
        self.escapes = 0
        self.submitted = "+CMGS: 64\r\nOK"  # after Ctrl-Z; "" for silence; or a callable(peer)
        self.host = bytearray()  # what AT+CIPRXGET=2 gives
        self.refuse_prompt = None
        self.hold_prompt = False
        self.confirm = True
        self.dead = False
        self._message = None
        self._need = 0
        self._got = b""

    def raw(self, data):
        step = self.piece or len(data)
        for at in range(0, len(data), step):
            self.stream.write(data[at : at + step])

    def say(self, *lines):
        for line in lines:
            self.raw(b"\r\n" + line.encode() + b"\r\n")

    def answer(self, text):
        if callable(text):
            text = text(self)
        for line in (text or "").split("\r\n"):
            if line:
                self.say(line)

    def reboot(self, *banners):
        """Banners; what was being entered is forgotten."""
        self._message, self._need, self._got = None, 0, b""
        self.host = bytearray()
        self.say(*(banners or ("RDY", "+CPIN: READY", "SMS DONE", "PB DONE")))

    def offer(self, data):
        """The host sent `data`."""
        self.host += data
        self.say("+CIPRXGET: 1,0")

    async def run(self):
        line = bytearray()
        while True:
            data = await self.stream.read(64)
            if not data:
                return
            if self.dead:
                continue
            for byte in data:
                if self._need:
                    self._payload(byte)
                elif self._message is not None:
                    self._text(byte)
                elif byte == 13:
                    text = line.decode("latin-1").replace("\x1b", "")
                    line = bytearray()
                    if text:
                        self._command(text)
                else:
                    line.append(byte)
            await asyncio.sleep(0.001)

    def _payload(self, byte):
        self._got += bytes([byte])
        if len(self._got) == self._need:
            self.payloads.append(self._got)
            size, self._need, self._got = self._need, 0, b""
            self.say("OK")
            if self.confirm:
                self.say(f"+CIPSEND: 0,{size},{size}")

    def _text(self, byte):
        if byte == 27:
            self._message = None
            self.escapes += 1
            self.say("OK")
        elif byte == 26:
            self.payloads.append(bytes(self._message))
            self._message = None
            self.answer(self.submitted)
        else:
            self._message.append(byte)

    def _command(self, text):
        self.commands.append(text)
        rule = self.rules.get(text)
        if rule is not None:
            self.answer(rule(self, text) if callable(rule) else rule)
        elif text.startswith(("AT+CMGS=", "AT+CIPSEND=")):
            if self.refuse_prompt:
                self.answer(self.refuse_prompt)
            elif not self.hold_prompt:
                self.raw(self.prompt)
                if text.startswith("AT+CMGS="):
                    self._message = bytearray()
                else:
                    self._need = int(text.split(",")[1])
        elif text.startswith("AT+CIPRXGET=2,0,"):
            size = int(text.split(",")[2])
            got, self.host = bytes(self.host[:size]), self.host[size:]
            if got:
                self.raw(b"\r\n+CIPRXGET: 2,0,%d,%d\r\n" % (len(got), len(self.host)) + got + b"\r\n\r\nOK\r\n")
            else:
                self.say("+IP ERROR: No data", "ERROR")
        else:
            self.say("ERROR")
