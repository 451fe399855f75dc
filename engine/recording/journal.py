"""The journal: what the run appends to, and the truth until the recording is finished.

The file is a magic line and then frames (`frames.py`). The first frame is the layout, twice, so that one
damaged place does not cost the whole journal; the others are blocks of records; the last, of a run that
ended by itself, says END.

Blocks are not compressed: zlib at level 1 on shuffled bytes halves them, but takes 0.85 ms of a core
for each 56 kB row (measured), beside a learner that could use that core, and saves only part of a
file that is deleted when the run ends.

A full disk is waited for: what could not be synced is kept, and written again when there is space.
"""

import json
import math
import os
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.recording import codec, disk, frames, lock
from engine.recording.frames import BLOCK, END, LAYOUT, MAGIC
from engine.recording.schema import Checkpoint, Event, Layout, Row

# Records gather for so long before they are written as one block, which costs half a millisecond of a core
# however few they are. For a while after an event a person waits for what comes of it: then a record is
# written as it comes, but for so long after the one before it.
GATHER_SECONDS = 0.06
PROMPT_SECONDS = 0.005
_PROMPT_FOR_SECONDS = 2.0
SYNC_SECONDS = 0.25
SYNC_BYTES = 4 << 20
_BLOCK_BYTES = 4 << 20
_PENDING_BYTES = 64 << 20  # a disk slower than the run: from here on the run waits for it

RETRY_SECONDS = 0.5  # between two tries of a full disk
PATIENCE_SECONDS = 10.0  # a journal that is closed waits no longer for space


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
        self._prompt_until = time.monotonic() + _PROMPT_FOR_SECONDS
        self._written = -math.inf  # when the last records were
        self._error: Exception | None = None
        self._obstacle: str | None = None
        self._acknowledged = 0
        self._journal = secrets.randbits(32)
        self._frames = 0
        self._rows = 0  # in frames made so far
        self._unsynced: list[bytes] = []  # frames since the last sync: written again if it fails
        self._checkpoints: list[Path] = []  # files that have to be on disk before the frames that name them
        try:
            beginning = MAGIC + self._frame(LAYOUT, start) + self._frame(LAYOUT, start)
            disk.write_all(self._file, beginning)
            disk.sync(self._file)
            disk.sync_folder(path.parent)
            self._synced_size = len(beginning)
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

    @property
    def row_bytes(self) -> int:
        """Bytes that a row has taken so far, on average; 0 before the first."""
        return self._synced_size // self._acknowledged if self._acknowledged else 0

    @property
    def obstacle(self) -> str | None:
        """Why nothing is being written just now, for a person; None when all is well. It passes by
        itself once there is space: until then a run should rest, and lose nothing."""
        return self._obstacle

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
            if isinstance(record, Event):
                self._prompt_until = time.monotonic() + _PROMPT_FOR_SECONDS
            if len(self._pending) == 1 or isinstance(record, Event):
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
        synced_at = time.monotonic()
        while True:
            with self._changed:
                due = synced_at + SYNC_SECONDS - time.monotonic() if self._unsynced else None
                records_came = self._changed.wait_for(
                    lambda: bool(self._pending) or self._closing.is_set(),
                    None if due is None else max(due, 0),
                )
            if records_came:
                self._gather()
            closing = self._closing.is_set()  # read before the records: none follow once it is set
            with self._changed:
                records, self._pending, self._pending_bytes = self._pending, [], 0
                self._changed.notify_all()
            self._write(records)
            if records:
                self._written = time.monotonic()
            if closing:
                self._put(self._frame(END, b""))
            if closing or (self._unsynced and time.monotonic() >= synced_at + SYNC_SECONDS):
                self._sync()
                synced_at = time.monotonic()
            if closing:
                return

    def _gather(self) -> None:
        """Wait for more records, less long where somebody waits for them."""
        began = time.monotonic()
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing.is_set() or self._prompt_until > began, GATHER_SECONDS
            )
        self._closing.wait(max(self._written + PROMPT_SECONDS - time.monotonic(), 0.0))

    def _write(self, records: list[Row | Event | Checkpoint]) -> None:
        """Write records as blocks of bounded size, with a sync wherever enough has gathered."""
        row_bytes = 8 * int(np.prod(self._shapes["metrics"])) + 4 * int(np.prod(self._shapes["policy"]))
        at_once = max(1, _BLOCK_BYTES // max(row_bytes, 1))
        for start in range(0, len(records), at_once):
            block = codec.block_of(self._layout, records[start : start + at_once], lossless=self._lossless)
            self._checkpoints += [self._path.parent / checkpoint.file for checkpoint in block.checkpoints]
            frame = self._frame(BLOCK, codec.encode_block(block))
            self._rows += len(block.steps)
            self._put(frame)
            if sum(map(len, self._unsynced)) >= SYNC_BYTES:
                self._sync()

    def _frame(self, kind: int, payload: bytes) -> bytes:
        self._frames += 1
        return frames.frame(self._journal, kind, self._frames - 1, self._rows, payload)

    def _put(self, frame: bytes) -> None:
        self._unsynced.append(frame)
        try:
            disk.write_all(self._file, frame)
        except OSError as error:
            self._wait_for_space(error)

    def _sync(self) -> None:
        """Have everything on disk that was written, and only then call it acknowledged."""
        for path in self._checkpoints:
            if path.exists():  # a person may have deleted it
                disk.sync_file(path)
        if self._checkpoints:
            disk.sync_folder(self._path.parent)
        try:
            disk.sync(self._file)
        except OSError as error:
            self._wait_for_space(error)
        self._synced_size += sum(map(len, self._unsynced))
        self._unsynced.clear()
        self._checkpoints.clear()
        self._acknowledged = self._rows

    def _wait_for_space(self, error: OSError) -> None:
        """Return once everything that was not synced is written and synced after all. A sync that
        failed may have dropped what it could not write, so all of it is written again.

        Raises:
            OSError: for any other error, or when a closed journal has waited long enough.
        """
        deadline = None
        while True:
            if not disk.is_full(error):
                raise error
            if self._closing.is_set():
                deadline = deadline or time.monotonic() + PATIENCE_SECONDS
                if time.monotonic() > deadline:
                    raise error
            self._obstacle = self._full(error)
            with self._changed:
                self._changed.notify_all()
                self._changed.wait(RETRY_SECONDS)
            try:
                disk.cut(self._file, self._synced_size)  # first: half a frame must not stand in between
                disk.write_all(self._file, b"".join(self._unsynced))
                disk.sync(self._file)
            except OSError as again:
                error = again
            else:
                self._obstacle = None
                return

    def _full(self, error: OSError) -> str:
        """What a person needs to know of a full disk, in one line."""
        needed = sum(map(len, self._unsynced)) + self._pending_bytes
        free = shutil.disk_usage(self._path.parent).free
        return (
            f"{self._path}: {error.strerror}; {mebibytes(free)} are free and {mebibytes(needed)} needed now; "
            f"{self._acknowledged} rows are safe on disk"
        )


def mebibytes(count: int) -> str:
    """A number of bytes for a person."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{-(-count // 1024)} KiB"


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
