"""What the interpreter runs first: the ROMFS image in flash becomes the only place modules are imported from.

micropython -X heapsize=256K start.py       (next to flash.mpy)
"""

import sys

import vfs

import flash

vfs.mount(vfs.VfsRom(flash.image()), "/rom")
sys.path[:] = ["/rom", ".frozen"]
import main  # noqa: E402, F401
