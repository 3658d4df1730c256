"""The C core by itself: warnings, sanitizers, timing, remains in memory, fuzzing, generated code, texts."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import paycrypt_programs as programs
from paycrypt_programs import CHECK, CORE, ENVIRONMENT, SANITIZERS, WARNINGS, build, need, run
from posterm.project import ROOT

GENERATORS = sorted(path.name for path in CORE.glob("circuits*.py"))
CORPUS = ROOT / "tests" / "fuzz" / "corpus"


# the portable rounds of DES, as a microcontroller runs them; those of this processor; the small set
PATHS = {"portable": "-DPC_SCALAR", "own": "-UPC_SCALAR", "small": "-DPC_SET_UNIONPAY"}


def random_calls(folder, path):
    run(build(CHECK / "random_calls.c", folder / "random_calls", "-O1", PATHS[path], *WARNINGS, *SANITIZERS))


def secrets(folder, path, level):
    need("valgrind")
    need("gcc")
    if not programs.compiles("gcc", "#include <valgrind/memcheck.h>\nint main(void) { return 0; }"):
        programs.missing("valgrind", "valgrind/memcheck.h")
    program = build(CHECK / "secrets.c", folder / "secrets", level, PATHS[path], "-DPC_MEMCHECK")
    command = ["-q", "--error-exitcode=9", "--leak-check=no", program]
    run("valgrind", *command)
    assert "uninitialised" in run("valgrind", *command, "branch", status=9)


def remains(folder, path, level, compiler, linking):
    if compiler == "clang" and not programs.compiles("clang", "int main(void) { return 0; }", linking):
        pytest.skip(f"no clang {linking}, the second compiler: apt install clang llvm")
    options = {"compiler": compiler, "standard": "gnu99"}
    program = build(CHECK / "wiping.c", folder / "wiping", level, linking, PATHS[path], **options)
    run(program)
    assert "is left" in run(program, "leak")


# check, path and what else it takes; with -flto the compiler sees the core as one file and merges what it likes
JOBS = [(random_calls, path) for path in PATHS]
JOBS += [(secrets, path, level) for path in PATHS for level in ("-Os", "-O2")]
JOBS += [
    (remains, path, level, compiler, linking)
    for path, linking, levels in (
        ("portable", "-fno-lto", ("-Os", "-O2")),
        ("own", "-flto", ("-Os", "-O2", "-O3")),
        ("small", "-fno-lto", ("-Os", "-O2")),
    )
    for level in levels
    for compiler in ("gcc", "clang")
]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """All of them under way, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {job: pool.submit(job[0], tmp_path_factory.mktemp(job[0].__name__), *job[1:]) for job in JOBS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("job", [job for job in JOBS if job[0] is random_calls], ids=lambda job: job[1])
def test_random_calls_under_the_sanitizers(jobs, job):
    jobs[job].result()


@pytest.mark.parametrize("job", [job for job in JOBS if job[0] is secrets], ids=lambda job: "".join(job[1:]))
def test_no_branch_and_no_address_depends_on_a_secret(jobs, job):
    jobs[job].result()


@pytest.mark.parametrize("job", [job for job in JOBS if job[0] is remains], ids=lambda job: " ".join(job[1:]))
def test_nothing_secret_is_left_in_memory(jobs, job):
    jobs[job].result()


def test_what_a_host_or_a_flash_chip_may_send(tmp_path):
    seeds = sorted(CORPUS.iterdir())
    assert seeds
    if programs.fuzzer_available():
        options = ["-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]
        program = build(CHECK / "fuzz.c", tmp_path / "fuzz", *options, compiler="clang")
        (tmp_path / "found").mkdir()
        limits = ["-max_total_time=3", "-seed=1", "-max_len=1100", f"-artifact_prefix={tmp_path}/"]
        assert "Done " in run(program, *limits, tmp_path / "found", CORPUS)
    else:
        run(build(CHECK / "fuzz.c", tmp_path / "fuzz", "-O1", "-DPC_REPLAY", *SANITIZERS), *seeds)


def test_the_seeds_reach_what_they_are_for(tmp_path):
    # a block of each version enters a key, a sign-in answer enters two: or the fuzzer would only see refusals
    program = build(CHECK / "fuzz.c", tmp_path / "fuzz", "-O1", "-DPC_REPLAY", "--coverage")
    run(program, *sorted(CORPUS.iterdir()))
    counts = {}
    for name in ("tr31", "keystore_load", "seal"):
        data = next(tmp_path.glob(f"*{name}.gcno"))
        told = subprocess.run(["gcov", "-t", data], capture_output=True, text=True, env=ENVIRONMENT, check=True).stdout
        counts[name] = [line.split(":")[0].strip() for line in told.splitlines()]
    for name, lines in counts.items():
        ran, not_run = sum(word[:1].isdigit() for word in lines), lines.count("#####")
        assert ran > 0.7 * (ran + not_run), f"{name}: {ran} lines run, {not_run} not"


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_circuits_are_what_their_generator_writes(generator):
    assert subprocess.run([sys.executable, CORE / generator, "--check"]).returncode == 0


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_circuit_changed_by_hand_is_noticed(tmp_path, generator):
    folder = tmp_path / "core"
    shutil.copytree(CORE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for header in folder.glob("*_circuit.h"):
        header.write_text(header.read_text().replace("0x", "0x1", 1))
    command = [sys.executable, folder / generator, "--check"]
    result = subprocess.run(command, capture_output=True)
    assert result.returncode == 1 and b"Traceback" not in result.stderr


# --- texts ------------------------------------------------------------------------------------------------------

REASONS = {
    "RANGE": "out of range",
    "EMPTY": "slot is empty",
    "WRONG_USAGE": "key has another usage",
    "WRONG_MODE": "key's mode forbids it",
    "WRONG_ALG": "key is bound to another algorithm",
    "UNKNOWN": "not offered",
    "LENGTH": "wrong length",
    "DIGITS": "not all digits",
    "HEX": "not all hexadecimal",
    "WRONG_CIPHER": "not for this key's cipher",
    "NEEDS_DOUBLE": "needs a double-length key",
    "NOT_PADDED": "only 1 with this algorithm",
    "DIFFERS": "check value differs",
    "PIN_KEY_DIFFERS": "check value of the PIN key differs",
    "MAC_KEY_DIFFERS": "check value of the MAC key differs",
    "SAME_SLOT": "slots must differ",
    "CHANGED": "key was replaced meanwhile",
    "FINISHED": "already finished",
    "VERSION": "unknown version",
    "NOT_AUTHENTIC": "not authentic",
    "CONTENT": "impossible content",
    "WEAK": "weak key",
    "EQUAL_PARTS": "equal parts",
    "MISSING": "missing",
    "STUCK": "stuck",
    "UNLOADED": "nothing loaded",
    "EXHAUSTED": "counter exhausted",
    "NO_TRANSACTION": "no transaction begun",
    "OTHER_KEY": "of another key",
    "BEHIND": "lies behind the counter",
}
ALGORITHMS = {"CBC": "mac_cbc", "X919": "mac_x919", "UNIONPAY": "mac_ecb_unionpay", "PINBLOCK": "pin_block"}


def test_every_number_of_a_status_has_its_text():
    header, texts = (CORE / "status.h").read_text(), (CORE / "status.c").read_text()
    for enum, array, expected in (
        ("pc_argument", "argument_names", str.lower),
        ("pc_reason", "reason_texts", REASONS.get),
        ("pc_algorithm", "test_names", lambda name: ALGORITHMS.get(name, name.lower())),
    ):
        names = [name.split("_", 2)[2] for name in programs.enumerators(enum, header)]
        assert programs.packed(array, texts) == [expected(name) for name in names]
