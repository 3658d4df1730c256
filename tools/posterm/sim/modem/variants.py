"""Ways in which real modems differ from their manuals, each to be switched on or off at any time.

variants = Variants(("no_space", "cds_comma"))
variants.switch("blank_before_pdu", True)
"no_space" in variants
"""

VARIANTS = {
    # wording
    "no_space": "no space after the colon of any line: +CSQ:21,99",
    "prompt_line": "the prompt is a line of its own: CR LF > CR LF",
    "prompt_bare": "the prompt is > without a space",
    "blank_before_pdu": "blank lines between a header and its PDU",
    "dribble": "every byte comes alone",
    "cms_no_space": "+CMS ERROR:321",
    "cms_text": "+CMS ERROR: with a text when AT+CMEE=2",
    "cds_comma": "+CDS: ,25",
    # reports and storage
    "reports_stored": "reports are stored and announced by +CDSI although +CDS was asked for",
    "cdsi_wrong_memory": "+CDSI names another storage than the one used",
    "empty_ok": "reading an empty place answers a bare OK",
    "no_reports": "the modem takes no report from the network at all",
    "cnmi_refused": "AT+CNMI= is refused",
    "cnmi_no_direct": "AT+CNMI=? offers no direct reports, and they are refused",
    "keeps_reference": "the message goes out with the terminal's reference (normally the modem's own)",
    "no_sms": "the module has no short messages at all (A7670E-LNXY)",
    # radio and clock
    "csq_100": "AT+CSQ counts from 100 to 199 (some Quectel)",
    "csq_zero_at_boot": "AT+CSQ is 0,0 for some seconds after the boot",
    "creg_quotes": "area and cell of AT+CREG in quotes",
    "creg_no_quotes": "area and cell of AT+CREG without quotes",
    "creg_access": "AT+CREG names the access technology",
    "creg_no_access": "AT+CREG does not name the access technology",
    "cclk_1980": "the clock was never set: 80/01/06",
    "cclk_1970": "the clock was never set: 70/01/01",
    "sim_busy": "CME 14 for everything on the SIM until messages are ready",
}
OPPOSITES = (
    ("prompt_line", "prompt_bare"),
    ("creg_quotes", "creg_no_quotes"),
    ("creg_access", "creg_no_access"),
    ("cclk_1980", "cclk_1970"),
)


class Variants:
    """The variants that are on."""

    def __init__(self, names=()):
        self._on: set[str] = set()
        for name in names:
            self.switch(name, True)

    def __contains__(self, name: str) -> bool:
        return name in self._on

    def __iter__(self):
        return iter(sorted(self._on))

    def switch(self, name: str, on: bool) -> None:
        """Switch one; its opposite goes off. Raises ValueError for an unknown name."""
        if name not in VARIANTS:
            raise ValueError(f"a variant is one of {', '.join(VARIANTS)}")
        self._on.discard(name)
        if on:
            for pair in OPPOSITES:
                if name in pair:
                    self._on.difference_update(pair)
            self._on.add(name)

    def choose(self, yes: str, no: str, otherwise: bool) -> bool:
        """Return True when `yes` is on, False when `no` is, else what the family does."""
        return yes in self or (no not in self and otherwise)

    def spaced(self, text: str) -> str:
        """Return a line as this modem writes it."""
        if "no_space" in self and text[:1] in "+*^":
            head, colon, rest = text.partition(": ")
            if colon and " " not in head.replace(" ERROR", ""):
                return f"{head}:{rest}"
        return text
