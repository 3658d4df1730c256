"""What every tier shares: the MicroPython names CPython lacks, and where the project lies."""

from pathlib import Path

import micropython  # noqa: F401 - installs time.ticks_*
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
