"""AT modems on asyncio: command engine, TCP connection, SMS in PDU mode, and families as tables.

    from modem import Modem, SIM7600

    modem = Modem(stream, SIM7600)
    asyncio.create_task(modem.run())
    await modem.wait_ready(60)
    connection = await modem.connect("10.1.2.3", 5000)
    await connection.send(b"hello", 10)
    answer = await connection.recv(512, 30)
    await connection.close()

`stream` has `await read(n)`, `write(data)`, `await drain()`; give a UART a receive buffer of 4096 bytes or more.
"""

from .errors import CommandError, ConnectError, ModemError, ModemReset, ModemTimeout, SmsInDoubt, SmsRejected
from .job import ANY, DIGITS
from .modem import Modem
from .parser import Parser
from .profile import Profile
from .sim7600 import A7670, SIM7600
from .sockets import Connection
from .trace import mask

__all__ = (
    "A7670",
    "ANY",
    "DIGITS",
    "SIM7600",
    "CommandError",
    "ConnectError",
    "Connection",
    "Modem",
    "ModemError",
    "ModemReset",
    "ModemTimeout",
    "Parser",
    "Profile",
    "SmsInDoubt",
    "SmsRejected",
    "mask",
)
