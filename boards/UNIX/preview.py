"""Run by MicroPython on the firmware's image: print every notice with its sample values, one JSON object a line.

micropython preview.py LANGUAGE [DIRECTORY]        next to flash.mpy; DIRECTORY may hold a shop's own templates
"""

import json
import sys

import vfs

import flash

vfs.mount(vfs.VfsRom(flash.image()), "/rom")
sys.path[:] = ["/rom", ".frozen"]

from terminal.notices import templates  # noqa: E402

try:
    words = templates.load(*sys.argv[1:3])
    for event, audience in words.events():
        encoding, units, parts = words.preview(event, audience)
        print(
            json.dumps(
                {
                    "event": event,
                    "audience": audience,
                    "encoding": encoding,
                    "units": units,
                    "parts": parts,
                    "longest": words.longest(event, audience)[2],
                    "text": words.sample(event, audience),
                }
            )
        )
except templates.TemplateError as e:
    print(json.dumps({"error": str(e)}))
