"""Folders whose entries outlive a power cut."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make *folder*, and those above it, where they are not there yet; each is on disk when this returns."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the entries of *folder* to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
