"""The rounds of DES that a microcontroller runs, against the same oracles: this processor has rounds of its own."""

import os
import subprocess
import sys

import pytest

from paycrypt_cases import CASES
from paycrypt_programs import CORE, build_binding
from posterm.project import ROOT

TESTS = ["test_paycrypt_differential.py", "test_paycrypt_differential_mac.py"]


@pytest.fixture(scope="module")
def portable(tmp_path_factory):
    """Where the binding lies that is built of the portable code."""
    return build_binding(CORE, tmp_path_factory.mktemp("portable") / "cpython", "-O2", "-DPC_SCALAR")


def test_the_portable_rounds_pass_the_differential_tests(portable):
    environment = {**os.environ, "PYTHONPATH": str(portable)}
    where = subprocess.check_output(
        [sys.executable, "-c", "import paycrypt; print(paycrypt.__file__)"], env=environment
    )
    assert where.decode().startswith(str(portable))
    tests = [ROOT / "tests" / "host" / name for name in TESTS]
    environment["PAYCRYPT_CASES"] = str(CASES // 2)  # for each of three lengths of key
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "des or tdea", *tests]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert told.returncode == 0 and " passed" in told.stdout, told.stdout + told.stderr
