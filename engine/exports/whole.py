"""Files that are there whole or not at all."""

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import UserError
from engine.recording import disk


def partial_of(path: Path, pid: int | None = None) -> Path:
    """Where a process writes what is to become `path`: beside it, so that a rename is all that is left."""
    return path.with_name(f".{path.name}.{os.getpid() if pid is None else pid}.partial")


def scratch_of(path: Path) -> Path:
    """Where a process may keep what it needs on the way to `path`."""
    return partial_of(path).with_suffix(".scratch")


def discard(path: Path, pid: int | None = None) -> None:
    """Remove what a process (this one by default) left of an unfinished `path`, if anything."""
    for left in path.parent.glob(glob.escape(partial_of(path, pid).stem) + ".*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a place to write to; once it is on the disk it becomes `path`. If anything goes wrong, nothing is
    left of it and what was at `path` stays.

    Raises:
        UserError: when it cannot be written.
    """
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: no such folder; allowed: a folder that exists")
    try:
        partial = partial_of(path)
        yield partial
        for file in partial.rglob("*") if partial.is_dir() else (partial,):
            if file.is_file():
                disk.sync_file(file)
        partial.replace(path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        discard(path)
