"""What can be set about the simulated modem before it starts."""

from dataclasses import dataclass, field

SIM_STATES = ("ready", "absent", "pin")

# 3GPP 27.007 §7.2 <stat>: names accepted wherever a registration is set by hand
REGISTRATION = {"none": 0, "home": 1, "searching": 2, "denied": 3, "unknown": 4, "roaming": 5, "sms-only": 6}
ATTACHED = (1, 5)
SMS_POSSIBLE = (1, 5, 6, 7, 9, 10)


@dataclass
class ModemConfig:
    """Times in seconds; numbers with or without a leading +. The identity is synthetic."""

    boot: float = 0.3  # power on or reset until the first banner
    sim_delay: float = 0.05  # banner until +CPIN: READY
    sms_delay: float = 0.1  # +CPIN: READY until SMS DONE
    registration_delay: float = 0.1  # +CPIN: READY until registered
    latency: float = 0.005  # command until its answer
    submit_latency: float = 0.2  # Ctrl-Z until +CMGS
    network_latency: float = 0.02  # OK until the asynchronous result of NETOPEN, CIPSEND, CIPCLOSE
    connect_timeout: float = 30.0  # CIPOPEN gives up with error 10
    data_timeout: float = 60.0  # an unfinished prompt ends with an error
    ack_timeout: float = 20.0  # a +CMT or +CDS not confirmed by CNMA in phase 2+ (27.005 §3.4.1)

    banners: tuple[str, ...] = ("RDY",)
    prompt: bytes = b"\r\n> "  # AT+CMGS
    data_prompt: bytes = b"\r\n>"  # AT+CIPSEND
    echo: bool = True
    cmee: int = 2  # the SIM7600 starts with verbose +CME ERROR texts
    ctzu: int = 1

    sim: str = "ready"
    pin: str = "1234"
    rssi: int = 21
    ber: int = 99
    registration: int = 1
    operator: str = "CHINA MOBILE"
    smsc: str | None = "+8613800100500"
    zone: int = 32  # local time zone in quarters of an hour
    memory: int = 20  # message slots on the SIM

    report_mode: str = "delivered"
    report_delay: float = 1.0
    first_reference: int = 61

    receive_buffer: int = 8192  # bytes held for one socket before the peer is slowed down
    send_buffer: int = 8192
    routes: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)  # dialled address -> real one

    manufacturer: str = "SIMCOM INCORPORATED"
    model: str = "SIMCOM_SIM7600CE"
    firmware: str = "LE20B04SIM7600CE"
    imei: str = "860000000000004"
    imsi: str = "460000000000001"
    iccid: str = "89860000000000000018"

    def __post_init__(self):
        if self.sim not in SIM_STATES:
            raise ValueError(f"sim must be one of {', '.join(SIM_STATES)}")
        if not 0 <= self.rssi <= 199:
            raise ValueError("rssi must be 0 to 31, 99, or 100 to 199")
        if not 0 <= self.first_reference <= 255:
            raise ValueError("first_reference must be 0 to 255")
