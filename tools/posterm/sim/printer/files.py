"""Writes files whole or not at all, so that a reader never meets half a slip."""

import os
from pathlib import Path

from PIL import Image


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` by a file with this content."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def save_png(image: Image.Image, path: Path) -> None:
    """Save a picture as PNG under exactly this name."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        image.save(fresh, "PNG")
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
