"""Disks that fail, put in the place of the journal's: one that logs, one that is full."""

import errno
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

from engine.recording import disk, frames

SECTOR, PAGE = 512, 4096


@dataclass
class Log:
    """Everything that a journal asked of its disk, in order: what was written, or None for a sync."""

    moments: list[bytes | None] = field(default_factory=list)

    @contextmanager
    def taken(self) -> Iterator["Log"]:
        """Log every write and sync meanwhile; they are done as well."""
        write_all, sync = disk.write_all, disk.sync

        def logged_write(descriptor: int, data: bytes) -> None:
            write_all(descriptor, data)
            self.moments.append(data)

        def logged_sync(descriptor: int) -> None:
            sync(descriptor)
            self.moments.append(None)

        with mock.patch.multiple(disk, write_all=logged_write, sync=logged_sync):
            yield self

    def before(self, moment: int) -> tuple[bytes, bytes]:
        """What was synced and what was written in the first so many moments."""
        written = b"".join(data for data in self.moments[:moment] if data is not None)
        syncs = [index for index in range(moment) if self.moments[index] is None]
        synced = b"".join(d for d in self.moments[: syncs[-1] if syncs else 0] if d is not None)
        return synced, written


def after_power_cut(synced: bytes, written: bytes, chance: random.Random) -> bytes:
    """What a disk may hold after a power cut: what was synced, and of what came after each page new, old
    or torn at a sector. The file's size is anything between the two."""
    size = chance.choice((len(written), chance.randint(len(synced), len(written))))
    old = synced.ljust(len(written), b"\0")
    held = bytearray(written)
    for page in range(len(synced) // PAGE * PAGE, len(written), PAGE):
        fate = chance.choice(("new", "old", "torn"))
        kept = {"new": PAGE, "old": 0, "torn": SECTOR * chance.randrange(PAGE // SECTOR)}[fate]
        held[page + kept : page + PAGE] = old[page + kept : page + PAGE]
    return bytes(held[:size])


def rows_in(journal: bytes) -> int:
    """Rows in the whole frames of a sound journal, counted without its reader."""
    rows, at = 0, len(frames.MAGIC)
    while at + frames.HEADER <= len(journal):
        header = frames.parse(journal[at : at + frames.HEADER])
        assert header is not None
        payload = journal[at + frames.HEADER : at + frames.HEADER + header.length]
        if header.kind == frames.BLOCK and len(payload) == header.length:
            rows += struct.unpack_from("<I", payload)[0]
        at += frames.HEADER + header.length
    return rows


@dataclass
class FullDisk:
    """Full at its n-th request (a write or a sync, counted from 0) and for some more; then there is space.

    A write leaves half of itself behind; a sync drops everything since the last one, as a disk may that
    only notices then.
    """

    full_at: int
    full_for: int
    error: int = errno.ENOSPC
    requests: int = 0
    refused: int = 0
    synced: int = 0

    @contextmanager
    def in_place(self) -> Iterator["FullDisk"]:
        """Stand in for the real disk meanwhile."""
        write_all, sync = disk.write_all, disk.sync

        def write(descriptor: int, data: bytes) -> None:
            if self._full():
                os.write(descriptor, data[: len(data) // 2])
                raise OSError(self.error, os.strerror(self.error))
            write_all(descriptor, data)

        def checked_sync(descriptor: int) -> None:
            if self._full():
                os.ftruncate(descriptor, self.synced)
                raise OSError(self.error, os.strerror(self.error))
            sync(descriptor)
            self.synced = os.fstat(descriptor).st_size

        with mock.patch.multiple(disk, write_all=write, sync=checked_sync):
            yield self

    def _full(self) -> bool:
        self.requests += 1
        full = self.full_at <= self.requests - 1 < self.full_at + self.full_for
        self.refused += full
        return full
