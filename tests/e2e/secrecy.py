"""Searches everything a shop leaves behind, files and screens, for what nobody may read there."""

from pathlib import Path

from till import PASSWORD, Till

from posterm.demo.scenario import CUSTOMER, GOOD, MERCHANT, PIN

SHOWN_OF_CARD = 6  # leading digits that may be seen
_PHONE_DIGITS = 8  # so many in a row of a phone number are too many


def forms_of_digits(digits: str) -> list[tuple[str, bytes]]:
    """Return the octets by which `digits` may be written: text, UCS-2, BCD at either alignment, swapped semi-octets."""
    even = digits[: len(digits) // 2 * 2]
    shifted = digits[1 : 1 + (len(digits) - 1) // 2 * 2]
    swapped = "".join(even[at + 1] + even[at] for at in range(0, len(even), 2))
    packed = [("BCD", even), ("shifted BCD", shifted), ("semi-octets", swapped)]
    return [
        ("text", digits.encode()),
        ("UCS-2", digits.encode("utf-16-be")),
        ("UCS-2 as text", digits.encode("utf-16-be").hex().upper().encode()),
        ("semi-octets as text", swapped.encode()),
        *((name, bytes.fromhex(form)) for name, form in packed),
    ]


def secrets_of(till: Till) -> list[tuple[str, bytes]]:
    """Return what must not be found: a name for the report and the octets."""
    tmk = till.rig.tmk
    card = GOOD.partition("=")[0]
    found = [
        ("PIN as text", PIN.encode()),
        ("master key", tmk),
        ("master key as text", tmk.hex().encode()),
        ("master key as TEXT", tmk.hex().upper().encode()),
        ("technician's password", PASSWORD.encode()),
        ("seventh digit of a card", card[: SHOWN_OF_CARD + 1].encode()),
    ]
    found += [("card number as " + name, form) for name, form in forms_of_digits(card)]
    for number in (CUSTOMER, MERCHANT):
        found += [("phone number as " + name, form) for name, form in forms_of_digits(number)]
        found.append(("head of a phone number", number[:_PHONE_DIGITS].encode()))
        found.append(("tail of a phone number", number[-_PHONE_DIGITS:].encode()))
    return found


def leaks(data: bytes, secrets: list[tuple[str, bytes]]) -> list[str]:
    """Return the names of the secrets in `data`."""
    return [name for name, secret in secrets if secret in data]


def search(till: Till) -> int:
    """Search files and screens of `till`; return how many of both there were."""
    secrets = secrets_of(till)
    files = [path for path in Path(till.rig.folder).rglob("*") if path.is_file()]
    found = {}
    for path in files:
        # the merchant configured its own number there
        if path != till.rig.storage / "settings.json":
            found[path.name] = leaks(path.read_bytes(), secrets)
    frames = till.collect_frames()
    for rows in frames:
        shown = leaks("".join(rows).encode(), secrets)
        if shown:
            found["screen " + " / ".join(rows)] = shown
    assert not {name: what for name, what in found.items() if what}
    return len(files) + len(frames)
