"""The modem families as data: what each says at boot and about itself, which commands it has, what it offers for SMS.

    family("SIM800").ready            # ("Call Ready", "SMS Ready")

Sources: SIM800 Series AT Command Manual V1.09; SIM7500_SIM7600 Series AT Command Manual V2.00; A7600 Series AT Command
Manual V1.04; Quectel EC200x Series AT Commands Manual V1.1 and TCP(IP) Application Note.
"""

from dataclasses import dataclass, field, replace

OPTIONAL = ("+CEREG", "+CPSI", "+CICCID", "+CTZU", "+QCCID", "+QNWINFO")  # commands not every family has


@dataclass(frozen=True)
class Family:
    """One family. sockets: name of its TCP dialect. power: command -> (action, final result, word said at the end)."""

    name: str
    sockets: str
    manufacturer: str
    model: str
    firmware: str
    revision: str  # before the firmware's name in the answer to AT+CGMR
    banners: tuple[str, ...]
    ready: tuple[str, ...]  # when messages can be used, and after; the first one with "SMS" opens AT+CMGS
    no_sim: str
    cmee: int  # error style at power on
    cnmi_offer: str
    cnmi_limits: tuple[tuple[int, ...], ...]
    cpms_offer: str
    memories: tuple[str, str, str]
    first_slot: int
    creg_quotes: bool
    creg_access: tuple[str, ...]  # registrations that name the access technology
    prompt: bytes  # of AT+CMGS
    data_prompt: bytes
    iccid: str  # what AT+CCID says before the number
    access: int  # <AcT> of 3GPP 27.007 §7.3
    supply: str  # AT+CBC
    only: tuple[str, ...]  # those of OPTIONAL it has
    power: dict[str, tuple[str, str, str]]
    stored: dict[str, str] = field(default_factory=dict)


# settings the simulator stores and gives back without acting on them, in every family: start value
_STORED = {
    "+IFC": "0,0",
    "+ICF": "3,3",
    "+CSCLK": "0",
    "+CGDCONT": '1,"IP","CMNET","0.0.0.0",0,0',
    "+CGACT": "1,1",
    "+CTZR": "0",
    "+CGEREP": "0,0",
    "+CLIP": "0,1",
    "+CRC": "0",
    "+CSSN": "0,0",
    "+CUSD": "0",
    "+CCWA": "0,1",
    "+CMUX": "0",
}
_LTE_CNMI = ((0, 1, 2), (0, 1, 2, 3), (0, 2, 3), (0, 1, 2), (0, 1))

_SIM7600 = Family(
    name="SIM7600",
    sockets="netopen",
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600CE",
    firmware="LE20B04SIM7600CE",
    revision="+CGMR: ",
    banners=("RDY",),
    ready=("SMS DONE", "PB DONE"),
    no_sim="+CPIN: SIM REMOVED",
    cmee=2,
    cnmi_offer="(0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)",
    cnmi_limits=_LTE_CNMI,
    cpms_offer='("ME","MT","SM","SR"),("ME","MT","SM"),("ME","MT","SM")',
    memories=("SM", "SM", "SM"),
    first_slot=0,
    creg_quotes=False,
    creg_access=("+CEREG",),
    prompt=b"\r\n> ",
    data_prompt=b"\r\n>",
    iccid="+CCID: ",
    access=7,
    supply="+CBC: 3.907V",
    only=("+CEREG", "+CPSI", "+CICCID", "+CTZU"),
    power={"+CPOF": ("off", "OK", ""), "+CRESET": ("reboot", "OK", "")},
    stored={
        **_STORED,
        "+CNMP": "2",
        "+CIPMODE": "0",
        "+CIPTIMEOUT": "120000,120000,120000",
        "+CIPCCFG": "10,0,0,1,1,0,500",
        "+CIPHEAD": "1",
        "+CIPSRIP": "1",
        "+CSOCKSETPN": "1",
        "+CGSOCKCONT": '1,"IP","CMNET"',
        "+CVHU": "0",
    },
)

_A7670 = replace(
    _SIM7600,
    name="A7670",
    model="A7670C-LASS",
    firmware="A7670M6_V1.11.1",
    banners=("*ATREADY: 1",),
    data_prompt=b"\r\n>",
)

_SIM800 = Family(
    name="SIM800",
    sockets="cipstart",
    manufacturer="SIMCOM_Ltd",
    model="SIMCOM_SIM800C",
    firmware="1418B05SIM800C24",
    revision="Revision:",
    banners=("RDY", "+CFUN: 1"),
    ready=("Call Ready", "SMS Ready"),
    no_sim="+CPIN: NOT INSERTED",
    cmee=0,
    cnmi_offer="(0-3),(0-3),(0,2),(0,1),(0,1)",
    cnmi_limits=((0, 1, 2, 3), (0, 1, 2, 3), (0, 2), (0, 1), (0, 1)),
    cpms_offer='("SM","ME","SM_P","ME_P","MT"),("SM","ME","SM_P","ME_P","MT"),("SM","ME","SM_P","ME_P","MT")',
    memories=("SM", "SM", "SM"),
    first_slot=1,
    creg_quotes=True,
    creg_access=(),
    prompt=b"\r\n> ",
    data_prompt=b"\r\n> ",
    iccid="",
    access=0,
    supply="+CBC: 0,85,3987",
    only=(),
    power={"+CPOWD": ("off", "", "NORMAL POWER DOWN")},
    stored={
        **_STORED,
        "+CLTS": "0",
        "+CIPHEAD": "0",
        "+CIPMODE": "0",
        "+CIPSRIP": "0",
        "+CIPSPRT": "1",
        "+CIPQSEND": "0",
        "+CSGS": "0",
        "+CFGRI": "0",
    },
)

_EC200 = Family(
    name="EC200",
    sockets="qiopen",
    manufacturer="Quectel",
    model="EC200U",
    firmware="EC200UCNAAR03A11M08",
    revision="",
    banners=("RDY",),
    ready=("+QIND: SMS DONE", "+QIND: PB DONE"),
    no_sim="+CPIN: NOT INSERTED",
    cmee=1,
    cnmi_offer="(0-2),(0-3),(0,2),(0-2),(0,1)",
    cnmi_limits=((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1)),
    cpms_offer='("SM","ME","MT","SR"),("SM","ME","MT"),("SM","ME","MT")',
    memories=("SM", "SM", "SM"),
    first_slot=0,
    creg_quotes=True,
    creg_access=("+CREG", "+CGREG", "+CEREG"),
    prompt=b"\r\n> ",
    data_prompt=b"\r\n> ",
    iccid="+CCID: ",
    access=7,
    supply="+CBC: 0,0,3907",
    only=("+CEREG", "+QCCID", "+QNWINFO", "+CTZU"),
    power={"+QPOWD": ("off", "OK", "POWERED DOWN")},
    stored={
        **_STORED,
        "+QCFG": '"urc/ri/ring","pulse"',
        "+QURCCFG": '"urcport","uart1"',
        "+QSCLK": "0",
        "+CIPMODE": "0",
    },
)

_EC800 = replace(
    _EC200,
    name="EC800",
    model="EC800M",
    firmware="EC800MCNLCR06A01M04",
    cpms_offer='("SM","ME","MT"),("SM","ME","MT"),("SM","ME","MT")',
)

FAMILIES = {family.name: family for family in (_SIM800, _SIM7600, _A7670, _EC200, _EC800)}


def family(name: str) -> Family:
    """Return a family. Raises ValueError for a name that is none."""
    if name not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}")
    return FAMILIES[name]
