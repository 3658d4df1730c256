"""What a customer's message says. The words are data: replies.txt, one meaning a line, kind|word|word...

    read("１ 000012")          # Reading: kind "yes", slip 12
    read("查询 000012/0018")    # kind "query", slip 12, tail "0018"
    read("FK 很好")            # kind "feedback", text "很好"

Keeps no state: borrowed for one message (ondemand.py). Any text is taken, in one pass over slices of one character:
MicroPython keeps each different character that an index, a loop over a text or chr() makes, for ever.
"""

_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_STOPS = " :：,，.。、-\t\r\n\u3000"  # between the word and a feedback


class Reading:
    """kind: "yes", "no", "query", "feedback", "help", "robot", "" when it is none of these.

    slip: the slip number named, None for none. tail: the card's last 4 digits, "" for none. text: of a feedback.
    """

    def __init__(self, kind, slip=None, tail="", text=""):
        self.kind = kind
        self.slip = slip
        self.tail = tail
        self.text = text


def read(text: str) -> Reading:
    """Read a message of at most 500 characters: in any case, half or full width, with any separators."""
    tokens, end = _split(text)
    if not tokens:
        return Reading("help" if text.strip() in ("?", "？") else "")
    robot = "".join(tokens[:3])
    kind = ""
    word = ""
    with open(_FOLDER + "/replies.txt", encoding="utf-8") as file:
        for line in file:
            words = line.strip().split("|")
            for candidate in words[1:]:
                if words[0] == "robot":
                    found = robot.startswith(candidate)
                else:
                    found = tokens[0] == candidate or (
                        # Chinese is written without gaps: 查询小票000012
                        words[0] in ("query", "feedback", "help")
                        and candidate > "~"
                        and tokens[0].startswith(candidate)
                    )
                if found and len(candidate) > len(word):
                    kind, word = words[0], candidate
        if kind in ("", "yes", "no"):
            return _answer(file, tokens, kind)
    if kind == "query":
        return _query(tokens)
    if kind == "feedback":
        end -= len(tokens[0]) - len(word)
        while end < len(text) and text[end : end + 1] in _STOPS:
            end += 1
        return Reading(kind, text=text[end:].strip())
    return Reading(kind)


def _answer(file, tokens, kind):
    """A verdict, alone or with the slip number before or behind it; what is more, or contradicts itself, is neither."""
    if len(tokens) == 1:
        return Reading(kind)
    if len(tokens) != 2:
        return Reading("")
    first = kind
    second = ""
    file.seek(0)
    for line in file:
        words = line.strip().split("|")
        if words[0] in ("yes", "no") and tokens[1] in words:
            second = words[0]
    if first and not second:
        slip = _slip(tokens[1])
        kind = first
    elif second and not first:
        slip = _slip(tokens[0])
        kind = second
    elif first and first == second and tokens[0] != tokens[1]:
        return Reading(first)  # "1 是"
    else:
        slip = None
    return Reading("" if slip is None else kind, slip)


def _query(tokens):
    """Slip number and card tail behind the word, apart or run together; without both it is a call for help."""
    numbers = [token for token in tokens if "0" <= token[0] <= "9"]
    if len(numbers) == 1 and 5 <= len(numbers[0]) <= 10:
        numbers = [numbers[0][:-4], numbers[0][-4:]]
    if len(numbers) == 2 and len(numbers[1]) == 4 and len(numbers[0]) <= 6:
        return Reading("query", int(numbers[0]), numbers[1])
    return Reading("help")


def _slip(token):
    return int(token) if "0" <= token[0] <= "9" and len(token) <= 6 else None


def _split(text):
    """Return (tokens, end of the first): runs of digits, of Latin letters and of other letters, half width, upper case."""
    tokens = []
    end = 0
    run = []
    before = ""
    for i in range(len(text)):
        c = text[i : i + 1]
        code = ord(c)
        if 0xFF01 <= code <= 0xFF5E:
            code -= 0xFEE0  # full width
        if 0x61 <= code <= 0x7A:
            code -= 0x20
        if 0x30 <= code <= 0x39:
            sort = "digit"
        elif 0x41 <= code <= 0x5A:
            sort = "latin"
        elif 0x3400 <= code <= 0x9FFF:
            sort = "han"
        else:
            sort = ""  # separators, and scripts in which nothing is asked
        if sort != before and run:
            tokens.append("".join(run))
            run = []
            end = end or i
        if sort:
            run.append(c if sort == "han" else chr(code))
        before = sort
    if run:
        tokens.append("".join(run))
        end = end or len(text)
    return tokens, end


def words(language: str, kind: str, key: str) -> list:
    """Return the words for a state or type in the notices' language: replies_<language>.txt, kind|key|words..."""
    found = []
    with open(_FOLDER + "/replies_" + language + ".txt", encoding="utf-8") as file:
        for line in file:
            row = line.rstrip("\n").split("|")
            if row[0] == kind and (row[1] == key or (row[1] == "*" and not found)):
                found = row[2:]
    return found
