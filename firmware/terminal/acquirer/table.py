"""The acquirer's messages as data: fields (UnionPay-style ISO 8583) and transactions.

A new transaction is a row here. Formats follow `isomsg`; odd digit counts are left aligned except field 23.
"""

# number: (format, digits or octets), see lib/isomsg
FIELDS = {
    2: ("n..", 19),  # primary account number
    3: ("n", 6),  # processing code
    4: ("n", 12),  # amount in fen
    11: ("n", 6),  # trace number
    12: ("n", 6),  # local time hhmmss
    13: ("n", 4),  # local date MMDD
    14: ("n", 4),  # card expiry YYMM
    15: ("n", 4),  # settlement date MMDD
    22: ("n", 3),  # entry mode
    23: ("n", 3, "r"),  # card sequence number
    25: ("n", 2),  # condition code
    26: ("n", 2),  # longest PIN
    32: ("n..", 11),  # acquirer
    35: ("z..", 37),  # track 2
    36: ("z...", 104),  # track 3
    37: ("an", 12),  # reference number
    38: ("an", 6),  # authorisation number
    39: ("an", 2),  # answer code
    41: ("ans", 8),  # terminal number
    42: ("ans", 15),  # merchant number
    44: ("ans..", 25, "raw"),  # issuer and acquirer
    48: ("n...", 322),  # settlement data
    49: ("an", 3),  # currency
    52: ("b", 8),  # PIN block
    53: ("n", 16),  # security information
    54: ("ans...", 20),  # balance
    55: ("b...", 255),  # chip data
    60: ("n...", 17),  # type, batch, network code, capability
    61: ("n...", 29),  # original transaction
    62: ("b...", 512),  # keys
    63: ("ans...", 163, "raw"),  # operator, organisation
    64: ("b", 8),  # MAC
}

# name: (MTI, processing code DE3, condition code DE25, type DE60.1)
TRANSACTIONS = {
    "sale": ("0200", "000000", "00", "22"),
}

NETWORK = "000"  # DE60.3 of financial messages
CAPABILITY = "20"  # DE60.4 magnetic reader, DE60.5 no chip fallback

SIGN_IN_MTI = "0800"
REVERSAL_MTI = "0400"

# why a reversal is sent (DE39 of the 0400)
NO_ANSWER = "98"
BAD_MAC = "A0"
OTHER = "06"

# answers to a request that are neither approval nor refusal (in progress, a part approved): undone
UNSETTLED = ("09", "10")

# answers to a 0400 that end it: done, invalid (the host holds no such sale), original not found
REVERSAL_ENDED = ("00", "12", "25")

# handling digit of the header: what the host asks for
HANDLING_SIGN_IN = "3"
