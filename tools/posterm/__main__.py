"""`python -m posterm`: the same as the command `posterm`."""

from posterm.cli import main

main()
