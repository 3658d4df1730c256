"""What can be set about the simulated modem before it starts."""

from dataclasses import dataclass, field

from posterm.sim.modem.families import Family, family
from posterm.sim.modem.variants import Variants

SIM_STATES = ("ready", "absent", "pin")
SPEEDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)

# 3GPP 27.007 §7.2 <stat>: names accepted wherever a registration is set by hand
REGISTRATION = {"none": 0, "home": 1, "searching": 2, "denied": 3, "unknown": 4, "roaming": 5, "sms-only": 6}
ATTACHED = (1, 5)
SMS_POSSIBLE = (1, 5, 6, 7, 9, 10)

# what the family decides unless it is set by hand
_FAMILYS_OWN = ("banners", "prompt", "data_prompt", "cmee", "manufacturer", "model", "firmware")


@dataclass
class ModemConfig:
    """Times in seconds; numbers with or without a leading +. The identity is synthetic.

    What is None is as usual in the family; after construction it has its value.
    """

    family: str = "SIM7600"
    variants: Variants = field(default_factory=Variants)  # or the names of those that are on

    boot: float = 0.3  # power on or reset until the first banner
    sim_delay: float = 0.05  # banner until +CPIN: READY
    sms_delay: float = 0.1  # +CPIN: READY until SMS DONE
    registration_delay: float = 0.1  # +CPIN: READY until registered
    latency: float = 0.005  # command until its answer
    submit_latency: float = 0.2  # Ctrl-Z until +CMGS
    network_latency: float = 0.02  # OK until the asynchronous result of NETOPEN, CIPSEND, CIPCLOSE
    context_latency: float = 0.02  # until CIICR or QIACT is answered
    connect_timeout: float = 30.0  # an attempt to connect is given up
    acknowledge_timeout: float = 30.0  # CIPSEND of the SIM800 waits for the peer, then SEND FAIL
    data_timeout: float = 60.0  # an unfinished prompt ends with an error
    ack_timeout: float = 20.0  # a +CMT or +CDS not confirmed by CNMA in phase 2+ (27.005 §3.4.1)
    signal_settles: float = 5.0  # boot until AT+CSQ is right, with csq_zero_at_boot
    brown_out_pause: float = 0.3  # power down until the supply has recovered

    banners: tuple[str, ...] | None = None
    prompt: bytes | None = None  # AT+CMGS
    data_prompt: bytes | None = None  # AT+CIPSEND, AT+QISEND
    echo: bool = True
    cmee: int | None = None
    ctzu: int = 1
    baud: int | None = None  # None: understands every speed

    sim: str = "ready"
    pin: str = "1234"
    rssi: int = 21
    ber: int = 99
    registration: int = 1
    operator: str = "CHINA MOBILE"
    own_number: str | None = None  # on the SIM; a message to it comes back
    smsc: str | None = "+8613800100500"
    zone: int = 32  # local time zone in quarters of an hour
    memory: int = 20  # message slots on the SIM

    report_mode: str = "delivered"
    report_delay: float = 1.0
    first_reference: int = 61

    receive_buffer: int = 8192  # bytes held for one socket before the peer is slowed down
    send_buffer: int = 8192
    drip: tuple[int, float] = (0, 0.0)  # a socket receives so many bytes every so many seconds; 0: as they come
    routes: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)  # dialled address -> real one

    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    imei: str = "860000000000004"
    imsi: str = "460000000000001"
    iccid: str = "89860000000000000018"

    def __post_init__(self):
        for name in _FAMILYS_OWN:
            if getattr(self, name) is None:
                setattr(self, name, getattr(self.kind, name))
        self.variants = Variants(self.variants)
        if self.model.upper().endswith("-LNXY"):
            self.variants.switch("no_sms", True)
        if self.sim not in SIM_STATES:
            raise ValueError(f"sim must be one of {', '.join(SIM_STATES)}")
        if not 0 <= self.rssi <= 199:
            raise ValueError("rssi must be 0 to 31, 99, or 100 to 199")
        if not 0 <= self.first_reference <= 255:
            raise ValueError("first_reference must be 0 to 255")
        if self.baud is not None and self.baud not in SPEEDS:
            raise ValueError(f"baud must be one of {', '.join(map(str, SPEEDS))}")

    @property
    def kind(self) -> Family:
        """The family's table. Raises ValueError when `family` names none."""
        return family(self.family)
