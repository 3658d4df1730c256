"""The host's answer codes (DE39) in words: for the operator, what to do, and for the customer's notice.

    answer = find("zh", "51")
    answer.text, answer.step, answer.reason, answer.advice

The words are data: answers_zh.txt and answers_en.txt, one line a code: code|text|step|reason|advice.
Read line by line, so that the table costs no heap.
"""

_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_ANY = "**"  # the line for a code that is not in the table


class Answer:
    """`text` and `step` for the screen, `reason` and `advice` for the notice; `known`: the code has words of its own."""

    def __init__(self, code, known, text, step, reason, advice):
        self.code = code
        self.known = known
        self.text = text
        self.step = step
        self.reason = reason
        self.advice = advice


def known(code):
    """Return True when DE39 `code` has a line of its own."""
    return find("en", code).known


def find(language, code):
    """Return the Answer for DE39 `code` (two characters); an unknown code gets the general words."""
    general = None
    with open("%s/answers_%s.txt" % (_FOLDER, language)) as file:
        for line in file:
            if line[:2] == code:
                return Answer(code, True, *line.rstrip("\n").split("|")[1:5])
            if line[:2] == _ANY:
                general = line
    return Answer(code, False, *general.rstrip("\n").split("|")[1:5])
