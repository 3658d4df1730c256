"""What every tier shares: the MicroPython names CPython lacks, and where the project lies."""

import os
from pathlib import Path

import micropython  # noqa: F401 - installs time.ticks_*
import pytest
from hypothesis import settings

# no time limit for an example: the machine may be slow; in continuous integration the same examples every time
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
