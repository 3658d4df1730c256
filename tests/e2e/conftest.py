"""The e2e tier: the firmware in real MicroPython between simulated devices, each a process of its own."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest
import secrecy
from till import MODEM, SETTINGS, Till

from posterm import image
from posterm.rig import Rig

LANES = 10  # shops that work at the same time; a shop mostly waits
WARDS = 8


@pytest.fixture(scope="session")
def firmware(tmp_path_factory) -> Path:
    """Folder of the firmware's image, compiled once; what happens to the sources meanwhile does not matter."""
    built = image.build("UNIX")
    folder = tmp_path_factory.mktemp("image")
    for name in ("flash.mpy", "start.py"):
        shutil.copyfile(built / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def command(root) -> Callable[..., subprocess.CompletedProcess]:
    """Return `command(*words)`: run the installed command `posterm` and return what it said."""
    program = Path(sys.executable).with_name("posterm")

    def run(*words: object, timeout: float = 60) -> subprocess.CompletedProcess:
        return subprocess.run(
            [program, *map(str, words)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False, cwd=root,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def till(tmp_path_factory, firmware) -> Iterator[Till]:
    """One open till for a module's tests, searched for secrets when they are through."""
    with Rig(tmp_path_factory.mktemp("rig"), SETTINGS, modem=MODEM, firmware=firmware) as rig:
        till = Till(rig)
        till.open()
        yield till
        secrecy.search(till)


class Lanes:
    """Several tills that serve cases at the same time.

    outcome = lanes.start(case, argument)     # case(till, argument) runs as soon as a till is free
    outcome.result()                          # what it returned or raised
    """

    def __init__(self, tills: list[Till]):
        self._free: SimpleQueue[Till] = SimpleQueue()
        for till in tills:
            self._free.put(till)
        self._pool = ThreadPoolExecutor(len(tills))

    def start(self, case: Callable, *arguments: object) -> Future:
        return self._pool.submit(self._serve, case, arguments)

    def _serve(self, case: Callable, arguments: tuple) -> object:
        till = self._free.get()
        try:
            till.ready()
            return case(till, *arguments)
        finally:
            till.collect_frames()
            self._free.put(till)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def opened(name: str, count: int, tmp_path_factory, firmware: Path) -> Iterator[Lanes]:
    """Open `count` tills, search them for secrets when the last case is through."""
    with ExitStack() as stack:
        tills = []
        for number in range(count):
            folder = tmp_path_factory.mktemp(f"{name}{number}")
            tills.append(Till(stack.enter_context(Rig(folder, SETTINGS, modem=MODEM, firmware=firmware))))
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(Till.open, tills))
        lanes = Lanes(tills)
        yield lanes
        lanes.close()
        for till in tills:
            secrecy.search(till)


@pytest.fixture(scope="session")
def lanes(tmp_path_factory, firmware) -> Iterator[Lanes]:
    """Tills that serve the cases of all files."""
    with opened("lane", LANES, tmp_path_factory, firmware) as lanes:
        yield lanes


@pytest.fixture(scope="module")
def wards(tmp_path_factory, firmware) -> Iterator[Lanes]:
    """Tills of one file alone, which may change their settings and storage."""
    with opened("ward", WARDS, tmp_path_factory, firmware) as lanes:
        yield lanes
