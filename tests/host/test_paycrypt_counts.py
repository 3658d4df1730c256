"""Every call of the C core takes the same number of instructions whatever keys, PINs and texts it is given.

Counted on an emulated 32-bit RISC-V, the instruction set of the ESP32-C3, compiled as the native module is (-Os) and as
firmware is (-O2).
`make bench-crypto` counts the same with more inputs and prints the figures.
"""

import os

import pytest

from bench import emulated

CASES = 12  # five of them extreme: zeros, ones, weak keys


@pytest.fixture(scope="module", params=["-Os", "-O2"])
def counted(request, tmp_path_factory):
    """Counts of each case, by row."""
    absent = emulated.missing()
    if absent:
        reason = f"missing {', '.join(absent)}: sudo apt install {' '.join(sorted(set(absent.values())))}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    program, _ = emulated.build(tmp_path_factory.mktemp("rv32"), request.param)
    _, rows = emulated.run(program, CASES)
    return rows


def test_the_count_does_not_depend_on_secrets(counted):
    varying = {name: sorted(set(counts)) for name, counts in counted.items() if len(set(counts)) != 1}
    varying.pop(emulated.CONTROL)
    assert varying == {}
    assert all(len(counts) == CASES for counts in counted.values())


def test_right_and_wrong_code_take_the_same_count(counted):
    assert counted["verify X9.19 256, right"] == counted["verify X9.19 256, wrong"]


def test_a_branch_on_a_key_would_be_seen(counted):
    assert len(set(counted[emulated.CONTROL])) > 1
