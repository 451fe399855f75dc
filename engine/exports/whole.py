"""Files that are there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import UserError


def partial_of(path: Path, pid: int | None = None) -> Path:
    """Where a process writes what is to become `path`: beside it, so that a rename is all that is left."""
    return path.with_name(f".{path.name}.{os.getpid() if pid is None else pid}.partial")


def discard(path: Path, pid: int | None = None) -> None:
    """Remove what a process (this one by default) left of an unfinished `path`, if anything."""
    partial = partial_of(path, pid)
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    elif partial.parent.is_dir():
        partial.unlink(missing_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a place to write to; it becomes `path` if all goes well, and otherwise nothing is left of it.

    Raises:
        UserError: when it cannot be written.
    """
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: no such folder; allowed: a folder that exists")
    try:
        yield partial_of(path)
        partial_of(path).replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        discard(path)
