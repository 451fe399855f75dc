"""The few things that the journal asks of a disk, by themselves: tests put a failing disk in their place."""

import errno
import os
from pathlib import Path

# What a person can mend by freeing space, while the run waits.
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def is_full(error: BaseException) -> bool:
    """True when `error` says that there is no space."""
    return isinstance(error, OSError) and error.errno in FULL


def write_all(descriptor: int, data: bytes) -> None:
    """Append all of `data`. Raises OSError; then any part of it may have been written."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync(descriptor: int) -> None:
    """Return once what was written survives a power cut. Raises OSError."""
    os.fsync(descriptor)


def cut(descriptor: int, size: int) -> None:
    """Drop what lies beyond `size` bytes. Raises OSError."""
    os.ftruncate(descriptor, size)


def sync_file(path: Path) -> None:
    """Sync a file that something else wrote."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make new and changed names in a folder survive a power cut (where folders can be synced)."""
    if os.name == "posix":
        sync_file(folder)
