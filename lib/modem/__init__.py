"""AT modems on asyncio: command engine, TCP connections, SMS in PDU mode, and families as tables.

    from modem import Modem

    modem = Modem(stream)                       # or Modem(stream, "SIM7600"), see FAMILIES
    asyncio.create_task(modem.run())
    await modem.wait_ready(60)
    connection = await modem.connect("10.1.2.3", 5000)
    connection.write(b"hello")
    await connection.drain()
    answer = await connection.read(512)
    connection.close()

`stream` has `await read(n)`, `write(data)`, `await drain()`; give a UART a receive buffer of 4096 bytes or more.
"""

from .errors import CommandError, ConnectError, ModemError, ModemReset, ModemTimeout, SmsInDoubt, SmsRejected
from .families import FAMILIES, family
from .job import ANY, DIGITS
from .modem import Modem
from .parser import Parser
from .profile import Profile
from .trace import mask

__all__ = (
    "ANY",
    "DIGITS",
    "FAMILIES",
    "CommandError",
    "ConnectError",
    "Modem",
    "ModemError",
    "ModemReset",
    "ModemTimeout",
    "Parser",
    "Profile",
    "SmsInDoubt",
    "SmsRejected",
    "family",
    "mask",
)
