"""The core beside BearSSL's constant-time ciphers on this PC (x86/compare.c)."""

import shutil
import subprocess
from pathlib import Path
from statistics import median

from bench.emulated import CORE, Failed, core_sources

HERE = Path(__file__).resolve().parent / "x86"
THEIRS = (
    "symcipher/des_*",
    "symcipher/aes_common*",
    "symcipher/aes_ct*",
    "codec/dec32*",
    "codec/enc32*",
    "codec/ccopy*",
)


def missing() -> dict[str, str]:
    """What is not there, each with its Debian package."""
    absent = {} if shutil.which("gcc") else {"gcc": "gcc"}
    header = "#include <bearssl.h>\n"
    if not absent and subprocess.run(["gcc", "-E", "-"], input=header, capture_output=True, text=True).returncode:
        absent["bearssl.h"] = "libbearssl-dev"
    return absent


def _run(*command) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Failed(f"{command[0]}: {done.stderr[-2000:]}")
    return done.stdout


def summary(rounds: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Both medians, and the median of the ratios: a machine that slows down half-way spoils the former alone."""
    return median(a for a, _ in rounds), median(b for _, b in rounds), median(a / b for a, b in rounds)


def run(folder: Path, source: Path | None = None) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Median nanoseconds of ours and of theirs, median of each round's ratio ours to theirs; by row and peer.

    Without `source` the peer is Debian's library, which is compiled for size (-Os); with it, its files are compiled
    as ours are, -O2."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / ("compare-source" if source else "compare")
    peer = [file for pattern in THEIRS for file in sorted((source / "src").glob(f"{pattern}.c"))] if source else []
    includes = [f"-I{source / 'src'}", f"-I{source / 'inc'}"] if source else []
    _run("gcc", "-std=c99", "-O2", f"-I{CORE}", *includes, HERE / "compare.c", *core_sources(), *peer,
         *([] if source else ["-l:libbearssl.a"]), "-o", program)  # fmt: skip
    rounds: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for line in _run(program).splitlines():
        name, _, times = line.rpartition(": ")
        row, _, peer_name = name.partition("|")
        ours, theirs = times.split()
        rounds.setdefault((row, peer_name), []).append((float(ours), float(theirs)))
    return {name: summary(pairs) for name, pairs in rounds.items()}
