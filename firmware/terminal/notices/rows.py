"""Small tables in a file: one JSON list a line, replaced as a whole, so that a power cut leaves the old or the new one.

    for row in read(path): ...
    write(path, rows)

Read and written row by row: the table costs no heap.
"""

import json
import os


def read(path: str):
    """Iterate over the rows (lists); none when there is no file. A line that is no list is passed over."""
    try:
        file = open(path, encoding="utf-8")  # noqa: SIM115 - closed below, by the generator's own `with`
    except OSError:
        return
    with file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, list):
                yield row


def write(path: str, rows) -> None:
    """Replace the file by these rows, which may come from read() of the same file. Raises OSError; nothing changes then."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    os.rename(path + ".new", path)
