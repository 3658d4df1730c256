"""MicroPython's linker of native modules, with the constants of different source files kept apart.

    python link_xtensa.py <MicroPython>/tools/mpy_ld.py <arguments of mpy_ld.py>

For Xtensa mpy_ld.py names an address it must relocate after its section and offset, and merges equal names. Two source
files that both have something at .rodata+0x18 then share one of the two (micropython issue 19276): a module of several
files reads wrong constants. Here each file's sections have names of their own; mpy_ld.py looks at their beginning only.
"""

import os
import sys


def main() -> None:
    tools, name = os.path.split(os.path.abspath(sys.argv[1]))
    sys.argv[:2] = [os.path.join(tools, name)]
    sys.path.insert(0, tools)
    import mpy_ld

    plain = mpy_ld.Section.from_elfsec

    def from_elfsec(elfsec, filename):
        section = plain(elfsec, filename)
        section.name = f"{section.name}.{filename}"
        return section

    mpy_ld.Section.from_elfsec = staticmethod(from_elfsec)
    mpy_ld.main()


main()
