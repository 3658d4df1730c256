"""The acquirer's host as a UnionPay-style terminal meets it: sign-in, sale, void, refund, reversal, settlement.

    host = AcquirerHost(HostConfig())
    server = await asyncio.start_server(host.serve_connection, "127.0.0.1", 0)
    ...
    host.script(Fault("drop"))            # the next sale is charged, its answer never arrives
    host.accounts.charged("0017")         # fen charged to the card whose number ends so

`cards.json` names the cards: 0018 is a good one with PIN 123456, 0117 is short of money, 0208 meets silence.
The core knows no socket: `serve_connection` takes any pair of streams, so it also runs on a virtual clock.
Messages are packed by pyiso8583, keys and PIN blocks handled by cryptography.
"""

from posterm.sim.acquirer.cards import Card, CardTable
from posterm.sim.acquirer.faults import ACTIONS, Fault
from posterm.sim.acquirer.host import AcquirerHost, HostConfig
from posterm.sim.acquirer.keys import TEST_TMK, random_tmk, read_tmk

__all__ = [
    "ACTIONS",
    "AcquirerHost",
    "Card",
    "CardTable",
    "Fault",
    "HostConfig",
    "TEST_TMK",
    "random_tmk",
    "read_tmk",
]
