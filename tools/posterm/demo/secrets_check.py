"""No secret may be left in anything the demo wrote: every file is searched for the cards, the keys, the numbers."""

from pathlib import Path

from posterm.demo.checks import demand
from posterm.demo.scenario import CUSTOMER, GOOD, MERCHANT, OWN, POOR, SILENT
from posterm.rig import Rig


def check(rig: Rig, *folders: Path) -> str:
    """Search every file below `folders` and the firmware's storage; raise Failed naming file and kind of secret."""
    cards = [track.partition("=")[0] for track in (GOOD, POOR, SILENT)]
    secrets = {"card number": cards, "master key": [rig.tmk.hex()]}
    phones = {"phone number": [CUSTOMER, MERCHANT, OWN]}
    count = 0
    for folder in {*folders, rig.folder}:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            count += 1
            data = path.read_bytes()
            # the merchant configured its own number; everywhere else a full number is a leak
            kinds = secrets if path == rig.storage / "settings.json" else {**secrets, **phones}
            for kind, values in kinds.items():
                for value in values:
                    for form in (value.encode(), value.upper().encode(), _packed(value)):
                        demand(form not in data, f"{path.name} holds a {kind}")
    return f"{count} files hold no card number, key or phone number"


def _packed(value: str) -> bytes:
    """Return digits two an octet, as messages carry them (the last of an odd number left out)."""
    return bytes.fromhex(value[: len(value) // 2 * 2])
