"""Who sent a message: whether a person can have that number, and whether two numbers are one telephone's.

    phone("8613812345678")      # "+8613812345678"; "" for 10086, 1069…, "BANK"
    same("13812345678", "+8613812345678")

Networks give a number in national or international form. Numbers that only services have get no answer: two robots
that answer each other would never end.
"""

_HOME = "+86"


def phone(sender: str) -> str:
    """Return the number in international form (ITU-T E.164), "" when it is no person's.

    At home a mobile number has 11 digits and begins with 13 to 19; service numbers begin with 10, 11 or 12, or are
    shorter or longer. Abroad any number of 8 to 15 digits counts.
    """
    digits = sender[1:] if sender[:1] == "+" else sender
    if not digits or not all("0" <= c <= "9" for c in digits):
        return ""
    if sender[0] == "+" and digits[:2] != _HOME[1:]:
        return sender if 8 <= len(digits) <= 15 and digits[0] != "0" else ""
    if len(digits) == 13 and digits[:2] == _HOME[1:]:
        digits = digits[2:]
    elif sender[0] == "+":
        return ""
    return _HOME + digits if len(digits) == 11 and digits[0] == "1" and digits[1] >= "3" else ""


def same(ours: str, theirs: str) -> bool:
    """Tell whether two numbers are one telephone's. A home number and a foreign one with the same digits are not."""
    a = phone(ours)
    return a != "" and a == phone(theirs)
