"""The heap does not creep: what a sale takes it gives back, but for the lists that are bounded."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from till import SETTINGS, Till

from posterm.rig import Rig

SALES = 5
WARM_UP = 2  # the first sales fill buffers and caches that stay
CREEP = 512  # octets by which two measurements may differ at all
NOTICE = 600  # octets of one finished notice in the outbox's list of the latest 50, on a 64-bit machine
FREE = 16 * 1024  # octets left at rest


def heap(till: Till) -> tuple[int, int]:
    """Return octets used and free, after a collection, once the terminal is at rest."""
    till.idle()
    status = till.status()
    return int(status["heap_used"]), int(status["heap_free"])


def grown(till: Till, sell) -> int:
    """Return by how many octets the used heap grows over `SALES` calls of `sell(fen)`."""
    for number in range(WARM_UP):
        sell(9000 + number)
    before, _ = heap(till)
    for number in range(SALES):
        sell(9100 + number)
    after, free = heap(till)
    assert free >= FREE
    return after - before


@pytest.fixture(scope="module")
def quiet_till(tmp_path_factory, firmware):
    """A till that sends no notices."""
    with Rig(tmp_path_factory.mktemp("rig"), SETTINGS, firmware=firmware, notices="off") as rig:
        till = Till(rig)
        till.open()
        yield till


@pytest.fixture(scope="module")
def growth(quiet_till, till):
    """By how many octets the heap grows, without and with notices; both are measured at the same time."""

    def sell_quietly(fen):
        quiet_till.enter(fen, customer=None)
        quiet_till.take_slips()

    with ThreadPoolExecutor(2) as pool:
        without = pool.submit(grown, quiet_till, sell_quietly)
        with_notices = pool.submit(grown, till, till.sell)
    return without, with_notices


def test_sales_without_notices_keep_nothing(growth):
    assert growth[0].result() <= CREEP


def test_sales_with_notices_keep_no_more_than_the_list_of_notices(growth):
    assert growth[1].result() <= CREEP + SALES * 2 * NOTICE
