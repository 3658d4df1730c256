"""A modem in software (SIM800, SIM7600, A7670, EC200, EC800), with the network, a message centre and the customers' phones.

    sim = ModemSim(write=port.write)        # bytes towards the terminal
    sim.start()
    sim.feed(b"AT+CSQ\\r")                  # bytes from the terminal
    sim.centre.inbox                        # what the phones received

It keeps to the running asyncio loop for time, so it also runs on a virtual clock with streams in memory. Short
messages are decoded with libgammu, never with the terminal's own code.
"""

from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.core import ModemSim

__all__ = ["ModemConfig", "ModemSim"]
