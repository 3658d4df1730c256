"""A longer search for faults in what reads strangers' bytes: the SMS codec and the AT engine.

    python tests/fuzz/parsers.py --seconds 60
    python tests/fuzz/parsers.py --target stream --seconds 600
    python tests/fuzz/parsers.py --target pdu --input build/fuzz/pdu-3f2a   # once more what was found

With atheris (pip install atheris) the search is led by coverage, else inputs are made from the seeds at random; the
seed of these is printed, for --seed. Exit status 1 when something was found; the input lies in build/fuzz then.

Seeds are the text files of corpus_sms and corpus_at. Each target is a function of some bytes that raises when a
promise is broken; see TARGETS.
"""

import argparse
import random
import re
import secrets
import subprocess
import sys
import time
import traceback
from pathlib import Path
from zlib import crc32

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/shims", "lib", "tests", "tests/fuzz")]

try:
    import atheris
except ImportError:
    atheris = None

if atheris and __name__ == "__main__" and "--target" in sys.argv:
    with atheris.instrument_imports(include=["sms", "modem"]):
        import promises
else:
    import promises

HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "fuzz"
LONGEST = 600

# name: (function, folder of its seeds)
TARGETS = {
    "pdu": (promises.pdu, "corpus_sms"),
    "parts": (promises.parts, "corpus_sms"),
    "stream": (promises.stream, "corpus_at"),
    "mask": (promises.mask, "corpus_at"),
    "modem": (promises.modem, "corpus_at"),
}
# what a mutation may put in: numbers at the borders, words of the two languages
WORDS = {
    "corpus_sms": [bytes((octet,)) for octet in (0, 1, 4, 6, 8, 0x1B, 0x44, 0x7F, 0x80, 0x91, 0xD0, 0xD8, 0xDC, 0xFF)]
    + [b"\x05\x00\x03\x07\x02\x01", b"\x06\x08\x04\x01\x07\x02\x01", b"\xd8\x3d\xde\x00", b"\x42\x50\x60\x70\x80\x90\x23"],
    "corpus_at": [b"\r\n", b"\r", b"\n", b">", b"> ", b"OK\r\n", b"ERROR\r\n", b"+CME ERROR: ", b"+CMS ERROR: ", b"+CMGS: "]
    + [b"+CDS: 25\r\n", b"+CMT: ,26\r\n", b"+CMGR: 0,,25\r\n", b"+CIPRXGET: 2,0,", b"+CIPRXGET: 1,0", b"13800138000"]
    + [b"RDY\r\n", b"+CPIN: ", b"+CREG: 1,1\r\n", b"+CSQ: ", b'+CMTI: "SM",', b",", b'"', b":", b"-1", b"999999999", b"\0"],
}  # fmt: skip


def seeds(folder: str) -> list[bytes]:
    """The seeds as the bytes a target takes."""
    found = []
    for path in sorted((HERE / folder).glob("*.txt")):
        for line in path.read_text(encoding="ascii").splitlines():
            if line.startswith("#"):
                continue
            if folder == "corpus_sms":
                found.append(bytes.fromhex(line))
            else:
                found.append(line.encode().decode("unicode_escape").encode("latin-1"))
    return found


def mutated(data: bytes, chance: random.Random, others: list[bytes], words: list[bytes]) -> bytes:
    """`data` with some changes."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        at = chance.randint(0, len(data))
        what = chance.randrange(7)
        if what == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1 and at < len(data):
            data[at] = chance.randrange(256)
        elif what == 2:
            del data[at : at + chance.choice((1, 1, 2, 8, 40))]
        elif what == 3:
            data[at:at] = data[at : at + chance.choice((1, 4, 20, 100))] * chance.choice((1, 1, 2, 20))
        elif what == 4:
            data[at:at] = chance.choice(words)
        elif what == 5 and at < len(data):
            word = chance.choice(words)
            data[at : at + len(word)] = word
        else:
            other = chance.choice(others)
            cut = chance.randint(0, len(other))
            data[at:] = other[cut:]
        del data[LONGEST:]
    return bytes(data)


def inputs(name: str, seed: str):
    """Endless inputs of the target `name`: the seeds as they are, then changed ones, always the same for a `seed`."""
    folder = TARGETS[name][1]
    pool = seeds(folder)
    chance = random.Random(f"{seed} {name}")
    yield from pool
    while True:
        yield mutated(chance.choice(pool), chance, pool, WORDS[folder])


def keep(name: str, data: bytes) -> Path:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}-{crc32(data):08x}"
    path.write_bytes(data)
    return path


def search(name: str, seconds: float, seed: str) -> bool:
    """Random search; return whether nothing was found."""
    check = TARGETS[name][0]
    end = time.monotonic() + seconds
    count = 0
    for data in inputs(name, seed):
        if time.monotonic() > end:
            break
        try:
            check(data)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            sys.stderr.write(
                f"{name}: found after {count} inputs, kept as {keep(name, data)}\n{traceback.format_exc()}"
            )
            return False
        count += 1
    sys.stderr.write(f"{name}: {count} inputs, nothing found\n")
    return True


def guided(name: str, seconds: int) -> None:
    """Search led by coverage; ends the process, with a status other than 0 when something was found."""
    corpus = OUT / f"corpus-{name}"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds(TARGETS[name][1]):
        (corpus / f"seed-{crc32(data):08x}").write_bytes(data)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={OUT}/{name}-", "-timeout=10"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[name][0])
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="in all (60)")
    parser.add_argument("--target", choices=TARGETS, help="this one alone")
    parser.add_argument("--seed", default=secrets.token_hex(8), help="of the random search (a fresh one)")
    parser.add_argument("--random", action="store_true", help="random search even where atheris is installed")
    parser.add_argument("--input", type=Path, help="a file to give to --target, instead of a search")
    arguments = parser.parse_args()
    if arguments.input:
        if not arguments.target:
            parser.error("--input needs --target")
        TARGETS[arguments.target][0](arguments.input.read_bytes())
        return 0
    if atheris and arguments.target and not arguments.random:
        guided(arguments.target, arguments.seconds)
    names = [arguments.target] if arguments.target else list(TARGETS)
    seconds = max(1, arguments.seconds // len(names))
    clean = True
    if atheris and not arguments.random:
        for name in names:  # libFuzzer takes a process for each
            command = [sys.executable, __file__, "--target", name, "--seconds", str(seconds)]
            done = subprocess.run(command, capture_output=True, text=True)
            count = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
            sys.stderr.write(f"{name}: {count[1]} inputs, nothing found\n" if count else done.stdout + done.stderr)
            clean = clean and done.returncode == 0
        return 0 if clean else 1
    sys.stderr.write(f"--seed {arguments.seed}\n")
    for name in names:
        clean = search(name, seconds, arguments.seed) and clean
    return 0 if clean else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
