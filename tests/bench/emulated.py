"""Instruction counts on an emulated 32-bit RISC-V, the instruction set of the ESP32-C3 (rv32imc).

    program = emulated.build(folder, emulated.core_sources())
    sizes, rows = emulated.run(program, cases=200)      # rows: name to the count of each case

QEMU counts every instruction it retires, so the figures are exact and repeat.
"""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import cases as inputs

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "lib" / "paycrypt" / "core"
HERE = Path(__file__).resolve().parent / "rv32"
CROSS = "riscv64-unknown-elf-"
# command to the Debian package that has it
NEEDED = {f"{CROSS}gcc": "gcc-riscv64-unknown-elf", "qemu-system-riscv32": "qemu-system-misc"}
MACHINE = ["-std=c99", "-mabi=ilp32", "-ffreestanding", "-nostdlib"]
# as the native module is compiled
CORE_OPTIONS = ["-march=rv32imc", "-fno-tree-loop-distribute-patterns", "-ffunction-sections", "-fdata-sections"]
BENCH_OPTIONS = ["-march=rv32imc_zicsr", "-fno-tree-loop-distribute-patterns", "-Wall", "-Wextra"]
CASES_AT = 0x80400000
CONTROL = "control"  # the row that shows that a branch on a key is seen


class Failed(RuntimeError):
    """A tool that ended with an error, and what it said."""


def missing() -> dict[str, str]:
    """Commands that are not there, each with its Debian package."""
    return {command: package for command, package in NEEDED.items() if shutil.which(command) is None}


def core_sources() -> list[Path]:
    return sorted(CORE.glob("*.c"))


def _tool(*command, timeout: int = 120) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)  # fmt: skip
    if done.returncode:
        raise Failed(f"{command[0]}: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout


def _compile(folder: Path, source: Path, *options) -> Path:
    target = folder / f"{source.stem}.o"
    _tool(f"{CROSS}gcc", *MACHINE, *options, "-c", source, "-o", target)
    return target


def objects(folder: Path, sources: list[Path], level: str = "-Os", more: tuple = ()) -> list[Path]:
    """Compile what is measured, with `more` options."""
    folder.mkdir(parents=True, exist_ok=True)
    options = [*CORE_OPTIONS, level, f"-I{CORE}", *more]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda source: _compile(folder, source, *options), sources))


def link(folder: Path, measured: list[Path], rows: list[str], more: tuple = (), libraries: tuple = ()) -> Path:
    """Link it with the files `rows` of rv32/."""
    options = [*BENCH_OPTIONS, "-Os", f"-I{HERE}", f"-I{CORE}", *more]
    own = [_compile(folder, HERE / name, *options) for name in ("crt0.S", "main.c", "libc.c", *rows)]
    program = folder / "bench.elf"
    _tool(f"{CROSS}ld", "-m", "elf32lriscv", "--gc-sections", "-T", HERE / "link.ld", *own, *measured, *libraries,
          "-o", program)  # fmt: skip
    return program


def build(folder: Path, level: str = "-Os") -> tuple[Path, list[Path]]:
    """The program with all rows of the core, and the core's objects."""
    core = objects(folder / "core", core_sources(), level)
    return link(folder, core, ["ciphers.c", "stores.c"]), core


def build_peer(folder: Path, source: Path, level: str = "-Os") -> Path:
    """The program with BearSSL's rows."""
    names = ["des_ct", "des_ct_cbcenc", "des_support", "aes_common", "aes_ct", "aes_ct_enc", "aes_ct_cbcenc"]
    files = [source / "src" / "symcipher" / f"{name}.c" for name in names]
    files += [source / "src" / "codec" / f"{name}.c" for name in ("dec32le", "enc32le")]
    includes = tuple(f"-I{folder}" for folder in (HERE / "peer", source / "src", source / "inc"))
    libgcc = _tool(f"{CROSS}gcc", "-march=rv32imc", "-mabi=ilp32", "-print-libgcc-file-name").strip()
    measured = objects(folder / "peer", files, level, includes)
    return link(folder / "peer", measured, ["peer.c"], includes, (libgcc,))


def run(program: Path, cases: int, seconds: int = 120) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Sizes in bytes and counts in instructions, both by name."""
    data = program.with_name("cases.bin")
    data.write_bytes(inputs.pack(cases))
    said = _tool("qemu-system-riscv32", "-M", "virt", "-bios", "none", "-icount", "shift=0", "-display", "none",
                 "-monitor", "none", "-serial", "stdio", "-kernel", program,
                 "-device", f"loader,file={data},addr={CASES_AT:#x},force-raw=on", timeout=seconds)  # fmt: skip
    sizes = {name: int(size) for name, size in re.findall(r"^size (.+): (\d+)$", said, re.MULTILINE)}
    if sizes.get("case_t", inputs.SIZE) != inputs.SIZE:
        raise Failed("case_t and cases.py differ")
    rows = re.findall(r"^row (.+):((?: \d+)+)$", said, re.MULTILINE)
    return sizes, {name: [int(count) for count in counts.split()] for name, counts in rows}


def borrowed(core: list[Path]) -> list[str]:
    """What the core calls outside itself; a native module can not be made of it then."""
    lines = [line.split() for line in _tool(f"{CROSS}nm", "-A", *core).splitlines()]
    own = {words[-1] for words in lines if words[-2] in "TRD"}
    return sorted(f"{Path(words[0].split(':')[0]).name}: {words[-1]}" for words in lines
                  if words[-2] == "U" and words[-1] not in own)  # fmt: skip


def text_sizes(core: list[Path]) -> dict[str, int]:
    """Bytes of code and constants of each object; a core with writable data is a Failed."""
    sizes = {}
    for line in _tool(f"{CROSS}size", *core).splitlines()[1:]:
        text, data, bss, *_, name = line.split()
        if int(data) or int(bss):
            raise Failed(f"{Path(name).name} has writable data")
        sizes[Path(name).stem] = int(text)
    return sizes
