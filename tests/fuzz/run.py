"""A longer search for faults in paycrypt: the differential tests with many fresh cases, then libFuzzer.

    python tests/fuzz/run.py --seconds 60

Exit status 1 when either found something. What libFuzzer found is in build/fuzz/; the seed is printed, for --seed.
"""

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("tools", "tests/host"):
    sys.path.insert(0, str(ROOT / folder))

import paycrypt_programs as programs  # noqa: E402

OUT = ROOT / "build" / "fuzz"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"


def differential(cases, seed):
    """Run the differential tests; return whether they passed."""
    tests = [str(path) for path in sorted((ROOT / "tests" / "host").glob("test_paycrypt_differential*.py"))]
    environment = {**os.environ, "PAYCRYPT_CASES": str(cases), "PAYCRYPT_SEED": seed}
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=ROOT, env=environment).returncode == 0


def fuzz(seconds):
    """Run libFuzzer, without it the seeds alone; return whether nothing was found. What leads further is kept."""
    found = OUT / "corpus"
    found.mkdir(parents=True, exist_ok=True)
    target = programs.CHECK / "fuzz.c"
    if not programs.fuzzer_available():
        sys.stderr.write("no libFuzzer (apt install clang libclang-rt-14-dev): only the seeds are run\n")
        program = programs.build(target, OUT / "replay", "-O1", "-DPC_REPLAY", *programs.SANITIZERS)
        return subprocess.run([program, *CORPUS.iterdir()], env=programs.ENVIRONMENT).returncode == 0
    options = ["-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]
    program = programs.build(target, OUT / "fuzz", *options, compiler="clang")
    limits = [f"-max_total_time={seconds}", "-max_len=1100", "-print_final_stats=1", f"-artifact_prefix={OUT}/"]
    return subprocess.run([program, *limits, found, CORPUS], env=programs.ENVIRONMENT).returncode == 0


def at_least_one(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=at_least_one, default=60, help="of libFuzzer (60)")
    parser.add_argument(
        "--cases", type=at_least_one, default=50000, help="of each differential test (50000: four minutes in all)"
    )
    parser.add_argument("--seed", default=secrets.token_hex(8), help="of the cases (a fresh one)")
    arguments = parser.parse_args()
    sys.stderr.write(f"PAYCRYPT_SEED={arguments.seed}\n")
    sys.stderr.write(f"[1/2] differential tests, {arguments.cases} cases each\n")
    same = differential(arguments.cases, arguments.seed)
    sys.stderr.write(f"[2/2] libFuzzer for {arguments.seconds} seconds\n")
    return 0 if fuzz(arguments.seconds) and same else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
