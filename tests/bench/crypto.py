"""What the cryptography costs: `make bench-crypto`, or

    build/venv/bin/python tests/bench/crypto.py --only rv32 --cases 1000
    build/venv/bin/python tests/bench/crypto.py --json > before.json

Three parts: instructions on an emulated rv32imc beside BearSSL and the limits of the project, with sizes; nanoseconds
on this PC beside BearSSL; nanoseconds of the CPython binding beside psec. Limits are printed, never enforced.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of the tests, when this is run as a program
from bench import binding, compared, emulated  # noqa: E402

BUILD = emulated.ROOT / "build"
WORK = BUILD / "bench"

# instructions at most
LIMITS = {
    "3DES 2-key encrypt block": 12_000,
    "3DES 2-key decrypt block": 12_000,
    "3DES 3-key encrypt block": 12_000,
    "3DES 3-key decrypt block": 12_000,
    "AES-128 encrypt block": 5_200,
    "mac ECB DES 256": 10_000,
    "mac X9.19 256": 140_000,
}
# bytes at most
SIZE_LIMITS = {"core, all objects": 24 * 1024, "pc_keystore_t": 3 * 1024}
UNIONPAY_MODULE_LIMIT = 10 * 1024  # on microcontrollers

# our rows to BearSSL's that do the same work; its "expand" leaves a step to every CBC call
PEERS = {
    "DES expand": "DES expand",
    "DES encrypt block": "DES block",
    "3DES 2-key expand": "3DES 2-key expand",
    "3DES 2-key encrypt block": "3DES block",
    "3DES 3-key expand": "3DES 3-key expand",
    "3DES 3-key encrypt block": "3DES block",
    "AES-128 expand": "AES-128 expand",
    "AES-128 encrypt block": "AES-128 CBC 16",
    "AES-192 expand": "AES-192 expand",
    "AES-256 expand": "AES-256 expand",
    "mac CBC 3DES 256": "3DES CBC 256",
    "mac CMAC AES-128 256": "AES-128 CBC 256",
}
# gcc 12 -Os, for where the source can not be had
RECORDED = {
    "DES expand": 7_222,
    "DES block": 5_474,
    "3DES 2-key expand": 15_428,
    "3DES 3-key expand": 21_728,
    "3DES block": 16_004,
    "3DES CBC 256": 518_073,
    "AES-128 expand": 7_102,
    "AES-192 expand": 6_685,
    "AES-256 expand": 9_375,
    "AES-128 two blocks, planes": 4_925,
    "AES-128 CBC 16": 6_069,
    "AES-128 CBC 256": 85_449,
}

notes = Console(stderr=True, highlight=False)
# rows are not cut where nobody looks at a terminal
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def bearssl_source() -> Path | None:
    """BearSSL's source in build/bearssl, None where Debian's package can not be had."""
    folder = BUILD / "bearssl"
    script = Path(__file__).with_name("bearssl-source.sh")
    done = subprocess.run(["sh", str(script), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        notes.print(done.stderr.strip() or "no source of BearSSL", style="yellow")
        return None
    return folder


def modules() -> dict[str, int]:
    """Bytes of the native modules that have been built, by path."""
    return {str(path.relative_to(BUILD)): path.stat().st_size for path in sorted(BUILD.glob("natmod*/**/paycrypt.mpy"))}


def measure_rv32(cases: int, level: str, source: Path | None) -> dict:
    program, core = emulated.build(WORK / "rv32", level)
    sizes, rows = emulated.run(program, cases)
    peers = RECORDED
    if source:
        _, counted = emulated.run(emulated.build_peer(WORK / "rv32", source, level), min(cases, 20))
        peers = {name: int(median(counts)) for name, counts in counted.items()}
    objects = emulated.text_sizes(core)
    unionpay = emulated.objects(WORK / "rv32" / "unionpay", emulated.core_sources(), level, ("-DPC_SET_UNIONPAY",))
    return {
        "cases": cases,
        "level": level,
        "rows": {
            name: {
                "median": int(median(counts)),
                "min": min(counts),
                "max": max(counts),
                "limit": LIMITS.get(name),
                "bearssl": peers.get(PEERS.get(name, "")),
            }
            for name, counts in rows.items()
        },
        "bearssl": peers,
        "bearssl_measured": source is not None,
        "objects": objects,
        "sizes": {
            "core, all objects": sum(objects.values()),
            "core, UnionPay set": sum(emulated.text_sizes(unionpay).values()),
            **{name: size for name, size in sizes.items() if name != "case_t"},
        },
        "borrowed": emulated.borrowed(core),
        "modules": modules(),
    }


def measure_x86(source: Path | None) -> list[dict]:
    result = []
    for how, place in (("Debian's library, -Os", None), ("the same compiler, -O2", source)):
        if place is None and how.startswith("the same"):
            continue
        for (row, peer), (ours, theirs, ratio) in compared.run(WORK / "x86", place).items():
            result.append({"row": row, "peer": peer, "built": how, "ours_ns": ours, "theirs_ns": theirs,
                           "ratio": ratio})  # fmt: skip
    return result


def measure_python() -> list[dict]:
    return [
        {"row": row, "ours_ns": ours, "psec_ns": psec, "ratio": ratio}
        for row, (ours, psec, ratio) in binding.run().items()
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _limit(value: int, limit: int | None) -> str:
    if limit is None:
        return ""
    return f"{limit:,}" + (" [red]over[/]" if value > limit else " [green]kept[/]")


def show_rv32(part: dict) -> None:
    peer = "BearSSL" if part["bearssl_measured"] else "BearSSL, recorded"
    table = _table(
        f"rv32imc {part['level']}, instructions, {part['cases']} cases",
        "",
        "median",
        "min = max",
        "limit",
        peer,
        "of it",
    )
    for name, row in part["rows"].items():
        if name == emulated.CONTROL:
            continue
        spread = "yes" if row["min"] == row["max"] else f"[red]{row['min']:,} to {row['max']:,}[/]"
        other = row["bearssl"]
        beside = (f"{other:,}", f"{row['median'] / other:.2f}") if other else ("", "")
        table.add_row(name, f"{row['median']:,}", spread, _limit(row["median"], row["limit"]), *beside)
    console.print(table)
    control = part["rows"][emulated.CONTROL]
    console.print(
        f"a loop that branches on a key, to show that it would be seen: {control['min']} to {control['max']}\n"
    )
    table = _table(f"{peer}, constant-time ciphers, instructions", "", "median")
    for name, count in part["bearssl"].items():
        table.add_row(name, f"{count:,}")
    console.print(table)
    table = _table(f"rv32imc {part['level']}, bytes of code and constants", "", "bytes", "limit")
    for name, size in {**part["objects"], **part["sizes"]}.items():
        table.add_row(name, f"{size:,}", _limit(size, SIZE_LIMITS.get(name)))
    for name, size in part["modules"].items():
        table.add_row(
            name, f"{size:,}", _limit(size, UNIONPAY_MODULE_LIMIT if "unionpay" in name and "x64" not in name else None)
        )
    console.print(table)
    if part["borrowed"]:
        console.print("[red]calls outside the core:[/] " + ", ".join(part["borrowed"]))


def show_x86(part: list[dict]) -> None:
    table = _table(
        "x86-64 -O2, nanoseconds of processor time a call, medians",
        "",
        "BearSSL's",
        "built by",
        "ours",
        "theirs",
        "ours/theirs",
    )
    for row in part:
        ours, theirs = row["ours_ns"], row["theirs_ns"]
        table.add_row(row["row"], row["peer"], row["built"], f"{ours:,.0f}", f"{theirs:,.0f}", f"{row['ratio']:.2f}")
    console.print(table)


def show_python(part: list[dict]) -> None:
    table = _table(
        "CPython, nanoseconds of processor time a call, medians", "", "paycrypt", "psec", "times as fast", "limit"
    )
    for row in part:
        faster = 1 / row["ratio"]
        limit = "5.0 [green]kept[/]" if faster >= 5 else "5.0 [red]missed[/]"
        table.add_row(row["row"], f"{row['ours_ns']:,.0f}", f"{row['psec_ns']:,.0f}", f"{faster:.1f}",
                      limit if row["row"] == "retail MAC 256" else "")  # fmt: skip
    console.print(table)


@click.command(help="What the cryptography costs: instructions, nanoseconds, bytes.")
@click.option("--only", type=click.Choice(["rv32", "x86", "python"]), multiple=True, help="these parts; all without it")
@click.option("--cases", type=click.IntRange(2), default=200, show_default=True, help="inputs for each count")
@click.option(
    "--level", type=click.Choice(["-Os", "-O2"]), default="-Os", show_default=True, help="for rv32; limits are for -Os"
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object instead of tables")
def main(only: tuple[str, ...], cases: int, level: str, as_json: bool) -> None:
    parts = {
        "rv32": (emulated.missing, lambda: measure_rv32(cases, level, source), show_rv32),
        "x86": (compared.missing, lambda: measure_x86(source), show_x86),
        "python": (binding.missing, measure_python, show_python),
    }
    wanted = {}
    for name, (missing, measure, show) in parts.items():
        absent = missing() if not only or name in only else {}
        if absent:
            reasons = ", ".join(f"{what} ({remedy})" for what, remedy in absent.items())
            notes.print(f"{name}: skipped, missing: {reasons}", style="yellow")
        elif not only or name in only:
            wanted[name] = measure, show
    source = bearssl_source() if {"rv32", "x86"} & wanted.keys() else None
    results = {}
    failed = False
    for name, (measure, show) in wanted.items():
        try:
            results[name] = measure()
        except (emulated.Failed, subprocess.TimeoutExpired, ValueError) as error:
            failed = True
            notes.print(f"{name}: {error}", style="red", markup=False)
            continue
        if not as_json:
            show(results[name])
    if as_json:
        click.echo(json.dumps(results, indent=2))
    sys.exit(failed)


if __name__ == "__main__":
    main()
