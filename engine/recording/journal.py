"""The journal: what the run appends to, and the truth until the recording is finished.

The file is a magic line and then frames: length, kind and CRC-32 in nine bytes, then the payload. The first
frame is the layout; the others are blocks of records; the last, of a run that ended by itself, says END.
A frame that is cut short or whose checksum is wrong ends the journal as far as a reader is concerned.

Blocks are not compressed: zlib at level 1 on shuffled bytes halves them, but takes 0.85 ms of a core
for each 56 kB row (measured), beside a learner that could use that core, and saves only part of a
file that is deleted when the run ends.
"""

import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.recording import codec, lock
from engine.recording.codec import Block
from engine.recording.schema import Checkpoint, Event, Layout, Row

MAGIC = b"supertask journal 1\n"
LAYOUT, BLOCK, END = 1, 2, 3

WRITE_SECONDS = 0.02  # records gather for this long before they are written as one block
SYNC_SECONDS = 0.25
SYNC_BYTES = 4 << 20
_BLOCK_BYTES = 4 << 20
_PENDING_BYTES = 64 << 20  # a disk slower than the run: from here on the run waits for it

_FRAME = struct.Struct("<IBI")  # length, kind, CRC-32 of both and the payload
_START = struct.Struct("<IB")


class JournalError(OSError):
    """The journal cannot be written. What was acknowledged is safe; the run has to pause or end."""


def is_writing(path: Path) -> bool:
    """True while the run that writes the journal at `path` lives and has not closed it."""
    return lock.is_locked(path)


class JournalWriter:
    """Append to a new journal. An append costs microseconds: a thread of its own writes and syncs."""

    def __init__(self, path: Path, layout: Layout, *, lossless: bool = False) -> None:
        """Create the journal at `path` and write its layout to disk.

        `lossless` keeps policies at full float32 instead of 12 mantissa bits.

        Raises:
            UserError: when the file exists or the folder cannot be written.
        """
        self._layout = layout
        self._lossless = lossless
        self._shapes = {
            "metrics": (len(layout.seeds), len(layout.columns)),
            "policy": layout.policy_shape,
            "returns": (len(layout.seeds), len(layout.targets), len(layout.returns)),
        }
        start = codec.encode_layout(layout, lossless=lossless)
        self._path = path
        self._file = _create(path)
        self._changed = threading.Condition()
        self._pending: list[Row | Event | Checkpoint] = []
        self._pending_bytes = 0
        self._closing = threading.Event()
        self._error: Exception | None = None
        self._acknowledged = 0
        self._written = 0
        try:
            _write_all(self._file, MAGIC + _frame(LAYOUT, start))
            os.fsync(self._file)
            _sync_folder(path.parent)
        except OSError as error:
            os.close(self._file)
            raise UserError(f"cannot write {path}: {error.strerror}") from None
        # A daemon, so that a run that fails leaves at once: what it had not yet written is the torn
        # tail that the reader is made for.
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    @property
    def acknowledged(self) -> int:
        """Rows that are synced to disk: these survive whatever happens."""
        return self._acknowledged

    def row(self, row: Row) -> None:
        """Append a row; its arrays are copied, so the caller may reuse them.

        Raises:
            ValueError: for arrays that do not fit the layout.
            JournalError: when an earlier append could not be written.
        """
        copied = Row(
            row.step,
            row.seconds,
            self._copied("metrics", row.metrics, np.float64),
            None if row.policy is None else self._copied("policy", row.policy, np.float32),
            None if row.returns is None else self._copied("returns", row.returns, np.float32),
        )
        size = sum(a.nbytes for a in (copied.metrics, copied.policy, copied.returns) if a is not None)
        self._append(copied, size)

    def event(self, event: Event) -> None:
        """Append an event.

        Raises:
            TypeError: when its data are not JSON-serialisable.
            JournalError: as :meth:`row`.
        """
        # Through JSON here and not in the thread: the mistake shows where it was made, and data that
        # change later do not change what happened.
        self._append(Event(**json.loads(json.dumps(codec.event_data(event)))), 1000)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Append a checkpoint's name. Raises JournalError as :meth:`row`."""
        self._append(checkpoint, 1000)

    def close(self) -> None:
        """Write what is pending, say END, sync and let go of the file. Closing twice is fine.

        Raises:
            JournalError: when something could not be written.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()
        os.close(self._file)
        self._raise_if_failed()

    def _copied(self, what: str, array: NDArray[Any], dtype: type) -> NDArray[Any]:
        if array.shape != self._shapes[what]:
            raise ValueError(f"{what} has shape {array.shape}; the layout says {self._shapes[what]}")
        return np.array(array, dtype=dtype)

    def _append(self, record: Row | Event | Checkpoint, size: int) -> None:
        with self._changed:
            self._raise_if_failed()
            if self._closing.is_set():
                raise JournalError(f"the journal {self._path} is closed")
            while self._pending_bytes > _PENDING_BYTES and self._error is None:
                self._changed.wait()
            self._raise_if_failed()
            self._pending.append(record)
            self._pending_bytes += size
            if len(self._pending) == 1:
                self._changed.notify_all()

    def _raise_if_failed(self) -> None:
        if self._error is not None:
            why = getattr(self._error, "strerror", None) or repr(self._error)
            raise JournalError(
                f"cannot write {self._path}: {why}; {self._acknowledged} rows are safe on disk"
            ) from self._error

    def _work(self) -> None:
        try:
            self._write_until_closed()
        except Exception as error:  # whatever it is: the run must hear of it, not lose rows in silence
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _write_until_closed(self) -> None:
        unsynced, synced_at = 0, time.monotonic()
        while True:
            with self._changed:
                due = synced_at + SYNC_SECONDS - time.monotonic() if unsynced else None
                self._changed.wait_for(
                    lambda: bool(self._pending) or self._closing.is_set(),
                    None if due is None else max(due, 0),
                )
            self._closing.wait(WRITE_SECONDS)
            closing = self._closing.is_set()  # read before the records: none follow once it is set
            with self._changed:
                records, self._pending, self._pending_bytes = self._pending, [], 0
                self._changed.notify_all()
            unsynced += self._write(records)
            if closing:
                _write_all(self._file, _frame(END, b""))
            if closing or unsynced >= SYNC_BYTES or (
                unsynced and time.monotonic() >= synced_at + SYNC_SECONDS
            ):  # fmt: skip
                os.fsync(self._file)
                self._acknowledged = self._written
                unsynced, synced_at = 0, time.monotonic()
            if closing:
                return

    def _write(self, records: list[Row | Event | Checkpoint]) -> int:
        """Write records as blocks of bounded size; returns the bytes."""
        row_bytes = 8 * int(np.prod(self._shapes["metrics"])) + 4 * int(np.prod(self._shapes["policy"]))
        at_once = max(1, _BLOCK_BYTES // max(row_bytes, 1))
        total = 0
        for start in range(0, len(records), at_once):
            block = codec.block_of(self._layout, records[start : start + at_once], lossless=self._lossless)
            frame = _frame(BLOCK, codec.encode_block(block))
            _write_all(self._file, frame)
            self._written += len(block.steps)
            total += len(frame)
        return total


class JournalReader:
    """Read a journal from its start, as far as it is whole; it may still be growing."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            UserError: when it is not a journal.
            FileNotFoundError: when there is none.
        """
        self._path = path
        self._stream = path.open("rb", buffering=0)
        self._at = 0
        self.layout: Layout | None = None  # None until its frame is whole
        self.lossless = False
        self.ended = False  # the run closed its journal
        self.damaged = False  # stopped at a frame that is all there but wrong, not at one cut short
        self.rows = 0  # in the blocks given so far
        start = self._stream.read(len(MAGIC))
        if not MAGIC.startswith(start):
            self.close()
            raise UserError(f"{path} is not a journal of a recording")
        self._read_layout()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    @property
    def unread(self) -> int:
        """Bytes after the last whole frame: the torn tail, once :meth:`blocks` has run dry."""
        return os.fstat(self._stream.fileno()).st_size - self._at

    def begun(self) -> bool:
        """True once the layout is whole; it is looked for again at each call."""
        self._read_layout()
        return self.layout is not None

    def blocks(self) -> Iterator[Block]:
        """Give the whole blocks that have not been given yet. Call it again to follow."""
        if not self.begun():
            return
        assert self.layout is not None
        while not self.ended and (frame := self._next_frame()) is not None:
            kind, payload = frame
            if kind == END:
                self.ended = True
            else:
                block = codec.decode_block(self.layout, payload, self.rows)
                self.rows += len(block.steps)
                yield block

    def batches(self, size: int = 8 << 20, count: int = 1024) -> Iterator[Block]:
        """The same as :meth:`blocks`, in blocks merged to about `size` bytes or `count` blocks."""
        gathered: list[Block] = []
        nbytes = 0
        for block in self.blocks():
            gathered.append(block)
            nbytes += block.nbytes
            if nbytes >= size or len(gathered) >= count:
                yield codec.merged(gathered)
                gathered, nbytes = [], 0
        if gathered:
            yield codec.merged(gathered)

    def _read_layout(self) -> None:
        if self.layout is None:
            self._at = len(MAGIC)
            frame = self._next_frame()
            if frame is not None:
                self.layout, self.lossless = codec.decode_layout(frame[1])

    def _next_frame(self) -> tuple[int, bytes] | None:
        self._stream.seek(self._at)
        header = self._stream.read(_FRAME.size)
        if len(header) < _FRAME.size:
            return None
        length, kind, checksum = _FRAME.unpack(header)
        if length > self.unread - _FRAME.size:  # do not ask for the gigabytes that garbage may promise
            return None
        payload = self._stream.read(length)
        if len(payload) < length:
            return None
        self.damaged = zlib.crc32(payload, zlib.crc32(header[: _START.size])) != checksum
        if self.damaged:
            return None
        self._at += _FRAME.size + length
        return kind, payload


def _frame(kind: int, payload: bytes) -> bytes:
    start = _START.pack(len(payload), kind)
    return _FRAME.pack(len(payload), kind, zlib.crc32(payload, zlib.crc32(start))) + payload


def _create(path: Path) -> int:
    """Create and lock a new file. A recorder that saw it unlocked for an instant may have taken it for
    a dead run's and deleted it: then create it again."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        except FileExistsError:
            raise UserError(f"{path} exists already; recover or move it, or choose another name") from None
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from None
        lock.lock(descriptor, wait=True)
        if lock.same_file(descriptor, path):
            return descriptor
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut (where folders can be synced)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
