"""What differs between modem families, as data. A new family is a new table such as sim7600.py.

SIM800 = Profile("SIM800", power_off="AT+CPOWD=1", on_ms=1200, ...)

The defaults below are what a modem gets whose family is not known yet: they hold for all families.
"""


class Profile:
    """A table of facts; names given here replace the defaults below. Lines are given by their beginning, with one space
    after a colon.

    raw, pdu         what the parser must know: see parser.Parser
    soft_error       head of a line that means failure and may or may not be followed by a final result
    hard_boot        heads of lines that only a start-up sends
    sim_ready        head of the line for a SIM that became ready; sms_ready: lines for "SMS works now"
    banners          other lines of a start-up, which say nothing that is needed
    supply           lines about the supply voltage; down: lines after which the modem is off
    setup            commands after each start; a refused one is logged and passed over
    sms_setup        commands once the SIM is ready, in the same way
    report_routing   alternatives for AT+CNMI when the modem does not say what it offers, best first
    storages         where incoming messages may be kept, best first
    sms_busy         CME or CMS codes that mean "not yet" while the modem starts
    iccid            command for the SIM's serial number, asked when AT+CIMI is refused
    restart          command for a restart; power_off: command to switch off, or None
    prompt_s         s from AT+CMGS or AT+CIPSEND to the prompt
    yield_s          s that a message after its Ctrl-Z may still take once a payment wants the line
    boot_s           s from power-up to the first answer; sms_boot_s: from SIM ready to "SMS works"
    poll_s           s between looks at signal and registration; register_s: s without network before a power reset
    baud             rate the modem is set to when it was found at another one
    on_ms, off_ms    length of the pulse at PWRKEY that switches on and off; reset_ms: of the pulse at RESET
    off_s            s from the off pulse (or the command) until the modem is off and may be switched on again
    power_rest_s     longest pause between two power cycles of a modem that does not answer: some stand few a day
    link             class of the TCP dialect, see link.py
    send_limit, read_limit      octets per socket command
    """

    soft_error = None
    raw = ()
    pdu = ("+CMT:", "+CDS:", "+CMGR:")
    hard_boot = ("RDY", "*ATREADY", "START")
    sim_ready = "+CPIN"
    sms_ready = ("SMS DONE", "SMS Ready", "+QIND: SMS DONE")
    banners = ("Call Ready", "PB DONE", "+QIND: PB DONE")
    supply = (
        "UNDER-VOLTAGE WARNNING",  # spelled so by SIM800
        "UNDER-VOLTAGE WARNING",
        "UNDER-VOLTAGE POWER DOWN",
        "OVER-VOLTAGE WARNNING",
        "OVER-VOLTAGE WARNING",
        "OVER-VOLTAGE POWER DOWN",
    )
    down = ("NORMAL POWER DOWN", "POWERED DOWN", "UNDER-VOLTAGE POWER DOWN", "OVER-VOLTAGE POWER DOWN")
    setup = ("ATE0", "AT+CMEE=1", "AT+CREG=1", "AT+CTZU=1")
    sms_setup = ('AT+CSCS="IRA"',)
    report_routing = ("2,1,0,1,0", "2,1,0,2,0", "1,1,0,1,0")
    storages = ("SM", "ME", "MT")
    sms_busy = (14, 314, 512, 513, 515)
    iccid = "AT+CCID"
    restart = "AT+CFUN=1,1"  # 3GPP 27.007 §8.2
    power_off = None
    prompt_s = 5
    yield_s = 8
    boot_s = 30
    sms_boot_s = 20
    poll_s = 30
    register_s = 600
    baud = 115200
    on_ms = 2000  # long enough for all families, too short to switch one off that wants 2.5 s
    off_ms = 3000
    reset_ms = 300
    off_s = 23
    power_rest_s = 600
    link = None
    send_limit = 1460
    read_limit = 1460

    def __init__(self, name: str, **facts):
        self.name = name
        for key, value in facts.items():
            setattr(self, key, value)
