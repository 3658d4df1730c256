"""What differs between modem families, as data. A new family is a new table such as sim7600.py."""


class Profile:
    """A table of facts; names given here replace the defaults below.

    raw, pdu         what the parser must know: see parser.Parser
    soft_error       head of a line that means failure and may or may not be followed by a final result
    hard_boot        heads of lines that only a start-up sends
    sim_ready        head of the line for a SIM that became ready; sms_ready: heads of lines for "SMS works now"
    setup            commands after each start; a refused one is logged and passed over
    sms_setup        commands once the SIM is ready, in the same way
    report_routing   alternatives for AT+CNMI, best first
    prompt_s         s from AT+CMGS or AT+CIPSEND to the prompt
    boot_s           s from power-up to the first answer; sms_boot_s: from SIM ready to "SMS works"
    poll_s           s between looks at signal and registration; register_s: s without network before a power reset
    link             class of the TCP dialect, see sockets.py
    send_limit, read_limit      octets per socket command
    """

    soft_error = None
    raw = ()
    pdu = ("+CMT:", "+CDS:", "+CMGR:")
    hard_boot = ("RDY",)
    sim_ready = "+CPIN"
    sms_ready = ("SMS DONE", "SMS Ready")
    setup = ("ATE0", "AT+CMEE=1")
    sms_setup = ("AT+CSMS=0", 'AT+CSCS="IRA"')
    report_routing = ("AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,0,2,0", "AT+CNMI=1,1,0,1,0")
    sms_busy = (14, 314, 512, 513, 515)
    prompt_s = 5
    boot_s = 30
    sms_boot_s = 20
    poll_s = 30
    register_s = 600
    link = None
    send_limit = 1460
    read_limit = 1460

    def __init__(self, name: str, **facts):
        self.name = name
        for key, value in facts.items():
            setattr(self, key, value)
