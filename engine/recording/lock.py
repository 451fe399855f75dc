"""Locks that die with their process: the only honest answer to "is someone still writing this?"."""

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Windows locks forbid reading, so the locked byte lies far beyond any data. It has no shared
    # locks: there, every lock is exclusive.
    _LOCKED_BYTE = 2**40

    def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool:  # noqa: ARG001
        """Lock an open file; see the version for other systems."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool:
        """Lock an open file until its descriptor is closed or its process dies.

        Two open descriptors conflict even within one process. Returns False when another one holds
        a conflicting lock and `wait` is not set.
        """
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def same_file(descriptor: int, path: Path) -> bool:
    """True while `path` still names the file that `descriptor` has open."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def is_locked(path: Path) -> bool:
    """True when some process holds an exclusive lock on the file at `path`; False when there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except PermissionError:  # someone else's file on a read-only medium: nobody writes it from here
        return False
    try:
        return not lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


def acquire(path: Path) -> int | None:
    """Create and lock the file at `path`; None when another process has it. Close the result to release.

    The holder may delete the file while holding it: whoever locked the deleted one notices and tries
    again.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not lock(descriptor):
            os.close(descriptor)
            return None
        if same_file(descriptor, path):
            return descriptor
        os.close(descriptor)


def sign(descriptor: int) -> None:
    """Write into a locked file whose it is, so that a holder that hangs can be ended."""
    with contextlib.suppress(OSError):  # a full disk: the work itself may still succeed
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())


def holder(path: Path) -> int | None:
    """The process that has the file at `path` locked and signed; None when there is none."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() and is_locked(path) else None
