"""Finds a family's table. Only the one that is asked for is imported: the others cost no memory.

family("SIM800")                    # the table
family_of("SIMCOM_SIM7600CE")       # "SIM7600"
"""

import sys

FAMILIES = ("SIM800", "SIM7600", "A7670", "EC200", "EC800")

_MODULES = ("sim800", "sim7600", "sim7600", "quectel", "quectel")
# what the answer to AT+CGMM holds, and the family that speaks the same dialect; the first that fits
_MODELS = (
    ("SIM8", "SIM800"),
    ("SIM7", "SIM7600"),
    ("A76", "A7670"),
    ("EC8", "EC800"),
    ("EC2", "EC200"),
    ("EG9", "EC200"),
)


def family(name: str):
    """Return the Profile called `name`, one of FAMILIES. Raises ValueError for any other."""
    if name not in FAMILIES:
        raise ValueError("unknown modem family")
    module = __name__.rpartition(".")[0] + "." + _MODULES[FAMILIES.index(name)]
    __import__(module)
    return getattr(sys.modules[module], name)


def family_of(model: str):
    """The family's name for a model as AT+CGMM tells it, or None."""
    model = model.upper()
    for part, name in _MODELS:
        if part in model:
            return name
    return None
