"""What the modem's lines say: registration, signal, clock, number, and what a test command offers."""

from micropython import const

DENIED = const(3)
REGISTERED = (1, 5, 6, 7, 9, 10)  # 3GPP 27.007 §7.2: home, roaming, SMS only, CSFB not preferred


def registration(text: str):
    """The state in a `+CREG:` line, URC or answer to a query, or None. Quotes may be missing. 3GPP 27.007 §7.2.

    URC: stat[,lac,ci[,act]]; query: n,stat[,lac,ci[,act]].
    """
    fields = [field.strip() for field in text[text.find(":") + 1 :].split(",")]
    query = len(fields) in (2, 5) or (len(fields) == 4 and fields[1].isdigit() and len(fields[1]) <= 2)
    stat = fields[1] if query else fields[0]
    return int(stat) if stat.isdigit() and len(stat) <= 2 else None


def signal(text: str):
    """0..31 from a `+CSQ:` line, or None when unknown. 100..191 is a TD-SCDMA level in dBm + 216."""
    digits = text[text.find(":") + 1 :].split(",")[0].strip()
    value = int(digits) if digits.isdigit() and len(digits) < 4 else 99
    if 100 <= value <= 191:
        return max(0, min(31, (value - 216 + 113) // 2))
    return value if value <= 31 else None


def clock(text: str):
    """(year, month, day, hour, minute, second) from a `+CCLK:` line, or None when the clock was never set."""
    text = text[6:].strip().strip('"')
    digits = text[:17].replace("/", "").replace(",", "").replace(":", "")
    if len(text) >= 17 and len(digits) == 12 and digits.isdigit():
        year, month, day, hour, minute, second = [int(digits[at : at + 2]) for at in range(0, 12, 2)]
        # an unset clock starts at 80/01/06 (GPS) or 70/01/01
        if 23 < year < 70 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61:
            return (2000 + year, month, day, hour, minute, second)
    return None


def number(text: str):
    """The telephone number in a `+CNUM:` line (3GPP 27.007 §7.1: [alpha],number,type), or None. The name may hold
    anything, also a comma."""
    fields = text[text.find(":") + 1 :].strip().rsplit(",", 2)
    if len(fields) < 3 or not fields[2].strip().isdigit():
        fields = text[text.find(":") + 1 :].strip().split(",") + [""]
    found = fields[1].strip().strip('"')
    digits = found[1:] if found[:1] == "+" else found
    return found if digits.isdigit() and 3 <= len(digits) <= 20 else None


def offered(text: str) -> list:
    """The groups of an answer such as `+CNMI: (0-2),(0,1,3),("SM","ME")`, each a list of words without quotes.
    Ranges of one digit each are written out."""
    groups = []
    for part in text[text.find(":") + 1 :][:200].split("(")[1:9]:
        words = []
        for word in part.split(")")[0].split(","):
            word = word.strip().strip('"')
            if len(word) == 3 and word[1] == "-" and word[0].isdigit() and word[2].isdigit():
                words += [str(value) for value in range(int(word[0]), int(word[2]) + 1)]
            elif word:
                words.append(word)
        groups.append(words)
    return groups
