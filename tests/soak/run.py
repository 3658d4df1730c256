"""The soak of the notices: 1,000 transactions over 7 simulated days with faults by chance (`make soak-sms`).

    build/venv/bin/python tests/soak/run.py [transactions] [days] [seed]

Prints what happened, and ends with 1 when a notice was delivered twice, has no end or no cause, when the terminal claims
a delivery that no phone saw, or when the heap grew. The phones are here; they keep what is incomplete for three days,
longer than any network tries.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import click

from posterm import image
from posterm.project import BUILD, tool

HERE = Path(__file__).parent
ASYNCIO = BUILD / "micropython" / "extmod"
HEAP = "512K"  # the modem and the network of the soak live in it too
PATIENCE = 3 * 86400
HEAP_GROWTH = 4000  # octets allowed between the end of the warm-up and the end, on a 64-bit machine


class Figures:
    """What the lines of a soak add up to."""

    def __init__(self):
        self.queued = {}
        self.ends = {}
        self.faults = Counter()
        self.inboxes = {}
        self.waiting = {}
        self.heap = []  # (octets, open notices) each day
        self.rest = []  # (octets, open notices) after the warm-up and at the end
        self.open = []
        self.commits = 0
        self.writes = (0, 0, 0)

    def take(self, line):
        kind, *fields = line.split(" ")
        if kind == "Q":
            self.queued[fields[0]] = fields[1]
        elif kind == "E":
            self.ends.setdefault(fields[0], []).append((fields[1], fields[2]))
        elif kind == "D":
            at, number, *place, text = fields
            self._deliver(int(at), number, *map(int, place), bytes.fromhex(text).decode("utf-16-be"))
        elif kind == "H":
            self.heap.append((int(fields[1]), int(fields[2])))
        elif kind == "B":
            self.rest.append((int(fields[1]), int(fields[2])))
        elif kind == "O":
            self.open.append(fields[0])
        elif kind == "C":
            self.commits = int(fields[0])
        elif kind == "W":
            self.writes = tuple(map(int, fields))
        elif kind == "R":
            self.faults[" ".join(fields)] += 1
        else:
            raise ValueError(line)

    def _deliver(self, at, number, reference, part, parts, text):
        inbox = self.inboxes.setdefault(number, Counter())
        if parts == 1:
            inbox[text.rstrip("款")] += 1
            return
        since, whole = self.waiting.get((number, reference, parts), (0, {}))
        if at - since > PATIENCE:
            since, whole = at, {}
        whole[part] = text
        self.waiting[number, reference, parts] = since, whole
        if len(whole) == parts:
            inbox["".join(whole[i] for i in sorted(whole)).rstrip("款")] += 1
            del self.waiting[number, reference, parts]

    def violations(self):
        """What must not have happened, in words."""
        for key, number in self.queued.items():
            ends = self.ends.get(key, [])
            seen = self.inboxes.get(number, Counter())[key]
            if seen > 1:
                yield f"{key}: the phone got it {seen} times"
            if len(ends) != 1:
                yield f"{key}: ended {len(ends)} times"
            for state, cause in ends:
                if state == "delivered" and not seen:
                    yield f"{key}: delivered, says the terminal, but not to the phone"
                if state != "delivered" and cause == "-":
                    yield f"{key}: {state} without a cause"
        for key in self.open:
            yield f"{key}: still open at the end"
        if self.heap_growth > HEAP_GROWTH:
            yield f"heap: {self.heap_growth} octets more than after the warm-up"

    @property
    def heap_growth(self):
        """Octets in use at the end beyond those after the warm-up, nothing being open both times."""
        return self.rest[-1][0] - self.rest[0][0]

    def table(self):
        """The figures as lines."""
        states = Counter(f"{state} {cause}" for ends in self.ends.values() for state, cause in ends)
        count = max(1, len(self.queued))
        yield f"notices queued          {len(self.queued)}"
        for state, number in states.most_common():
            yield f"  {state:<22}{number}"
        arrived = sum(1 for key, number in self.queued.items() if self.inboxes.get(number, Counter())[key])
        yield f"arrived at their phone  {arrived} ({100 * arrived / count:.1f} %)"
        yield f"Ctrl-Z to the modem     {self.commits}"
        for fault, number in sorted(self.faults.items()):
            yield f"  {fault:<22}{number}"
        written, compactions, octets = self.writes
        yield f"appends to flash        {written / count:.2f} a notice, {octets / count:.0f} octets a notice"
        yield f"compactions             {compactions}"
        heap = ", ".join(f"{size} ({notices})" for size, notices in self.heap)
        yield f"heap (open notices)     {heap}"
        yield f"heap at rest            {self.rest[0][0]} after the warm-up, {self.rest[-1][0]} at the end"


def soak(transactions, days, seed):
    """Run it and return the Figures."""
    figures = Figures()
    modules = image.build("UNIX") / "rom"
    with tempfile.TemporaryDirectory() as folder:
        command = [tool("micropython"), "-X", f"heapsize={HEAP}", HERE / "soak.py"]
        command += [str(transactions), str(days), str(seed), folder + "/outbox", ASYNCIO]
        path = f"{modules}:{HERE}:.frozen"
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"MICROPYPATH": path}) as running:
            for line in running.stdout:
                figures.take(line.rstrip("\n"))
        if running.returncode:
            raise RuntimeError("the soak fell; see above")
    return figures


def main(arguments):
    transactions, days, seed = (list(map(int, arguments)) + [1000, 7, 1][len(arguments) :])[:3]
    click.echo(f"soak: {transactions} transactions in {days} days, seed {seed}")
    figures = soak(transactions, days, seed)
    for line in figures.table():
        click.echo(line)
    violations = list(figures.violations())
    for line in violations:
        click.echo(f"VIOLATION {line}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
