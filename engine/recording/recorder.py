"""The recorder: follows a journal and keeps an HDF5 file that everybody can read. A process of its own.

`python -m engine.recording.recorder JOURNAL`. While the run lives it writes `NAME.h5.part` (SWMR). When
the journal ends, or its writer is gone, it writes the finished `NAME.h5` from the journal, checks it
against the journal, and only then deletes the journal. Starting it again is the only repair there is.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py

from engine.errors import UserError
from engine.recording import disk, lock
from engine.recording.codec import Block
from engine.recording.files import Files
from engine.recording.journal import is_writing
from engine.recording.journal_reader import JournalReader
from engine.recording.layout_h5 import COUNTERS, RecordingFile
from engine.recording.supervisor import EXIT_BUSY

FOLLOW_SECONDS = 0.025  # between two looks at the journal: also the rate at which readers see rows
PROMPT_SECONDS = 0.005  # the same for a while after an event: somebody waits for what comes of it
_PROMPT_FOR_SECONDS = 2.0
EXIT_WRITE = 74  # the file could not be written


def record(path: Path) -> None:
    """Follow the journal at `path` to its end and leave the finished recording in its place.

    A dead run's journal that never began holds nothing and is removed.

    Raises:
        UserError: when `path` is no journal, or is damaged where it begins.
        OSError: when a file cannot be written; nothing is lost, the journal stays.
    """
    files = Files.of(path)
    journal = JournalReader(files.journal)
    while not journal.begun():
        if _never_begins(files, journal):
            journal.close()
            return
        time.sleep(FOLLOW_SECONDS)
    if is_writing(files.journal):
        _follow(files, journal)
    journal.close()
    finalise(files)


def _never_begins(files: Files, journal: JournalReader) -> bool:
    """Remove the journal if its run died before the layout was whole. The lock is held meanwhile: a run
    that has only just created the file waits for it, sees the file gone, and creates it again."""
    descriptor = os.open(files.journal, os.O_RDWR)
    try:
        if not lock.lock(descriptor, shared=True) or journal.begun():
            return False
        if journal.damaged or not journal.torn:
            files.journal.replace(files.damaged)
            raise UserError(
                f"{files.journal} is damaged where it begins, so that nothing can be recovered from it; "
                f"it is kept as {files.damaged.name}"
            )
        files.journal.unlink()
        return True
    finally:
        os.close(descriptor)


def _follow(files: Files, journal: JournalReader) -> None:
    """Keep the live file until the run has ended."""
    assert journal.layout is not None
    live = RecordingFile(str(files.part_new), journal.layout, lossless=journal.lossless, live=True)
    shown = False
    prompt_until = 0.0
    while True:
        beat(files)
        # Asked before the last look, so that nothing written in between is missed.
        writing = is_writing(files.journal)
        for block in journal.batches():
            live.append(block)
            live.commit()
            beat(files)
            if block.events:
                prompt_until = time.monotonic() + _PROMPT_FOR_SECONDS
        if not shown:
            # Only a file that has caught up takes the place of the one before it.
            files.part_new.replace(files.part)
            shown = True
        if journal.ended or not writing:
            live.close()
            return
        time.sleep(PROMPT_SECONDS if time.monotonic() < prompt_until else FOLLOW_SECONDS)


def finalise(files: Files) -> None:
    """Write the finished recording from the journal, check it, and delete what led to it. A damaged
    journal is put aside instead: the recording holds what could be read, and says what could not."""
    journal = JournalReader(files.journal)
    assert journal.layout is not None
    finished = RecordingFile(str(files.final_new), journal.layout, lossless=journal.lossless, live=False)
    for block in _to_the_end(journal):
        finished.append(block)
        beat(files)
    finished.close()
    damaged = journal.damaged
    journal.close()
    _check(files)
    disk.sync_file(files.final_new)  # HDF5 never asks the disk to keep what it wrote
    files.final_new.replace(files.final)
    disk.sync_folder(files.folder)
    files.part.unlink(missing_ok=True)
    files.part_new.unlink(missing_ok=True)
    # The journal goes last: as long as it is there, a recorder that starts again cleans up the rest.
    if damaged:
        files.journal.replace(files.damaged)
        sys.stderr.write(f"recorder: {files.journal} was damaged; it is kept as {files.damaged.name}\n")
    else:
        files.journal.unlink()


def _to_the_end(journal: JournalReader) -> Iterator[Block]:
    """Everything in a journal that grows no more, and what there is to tell of its end."""
    yield from journal.batches()
    if (told := journal.unreadable_tail()) is not None:
        yield told


def _check(files: Files) -> None:
    """Compare the finished file with the journal, bit for bit. Raises OSError where they differ."""
    journal = JournalReader(files.journal)
    policies = returns = events = checkpoints = 0
    with h5py.File(files.final_new, "r") as file:
        entry = file["entry"]
        for block in _to_the_end(journal):
            beat(files)
            events += len(block.events)
            checkpoints += len(block.checkpoints)
            rows = slice(journal.rows - len(block.steps), journal.rows)
            pairs = (
                (entry["step"][rows], block.steps),
                (entry["time"][rows], block.seconds),
                (entry["metrics"][rows], block.metrics),
                (entry["policy_row"][policies : policies + len(block.policies)], block.policy_rows),
                (entry["returns_row"][returns : returns + len(block.returns)], block.returns_rows),
                (entry["policy"][policies : policies + len(block.policies)], block.policies),
                (entry["returns"][returns : returns + len(block.returns)], block.returns),
            )
            policies += len(block.policies)
            returns += len(block.returns)
            if any(written.tobytes() != meant.tobytes() for written, meant in pairs):
                raise OSError(f"{files.final_new} differs from its journal near row {rows.start}")
        held = dict(zip(COUNTERS, entry["commit"][...].tolist(), strict=True))
        for what, count in (("rows", journal.rows), ("events", events), ("checkpoints", checkpoints)):
            if held[what] != count:
                raise OSError(f"{files.final_new} holds {held[what]} {what} of {count}")
    journal.close()


def beat(files: Files) -> None:
    """Show whoever watches that this recorder is at work: the lock file's time changes."""
    with contextlib.suppress(FileNotFoundError):  # called from a test, without a lock
        os.utime(files.lock)


def main(path: Path) -> int:
    """Record the journal at `path`; the exit status of the process."""
    files = Files.of(path)
    try:
        held = lock.acquire(files.lock)
    except OSError as error:
        sys.stderr.write(f"recorder: {files.lock}: {error.strerror}; the journal is kept\n")
        return EXIT_WRITE
    if held is None:
        return EXIT_BUSY
    status = 0
    try:
        lock.sign(held)
        if files.journal.exists():
            record(path)
    except UserError as error:
        sys.stderr.write(f"recorder: {error}\n")
        status = 2
    except (OSError, RuntimeError) as error:
        # The HDF5 handle must not be touched again, not even by its destructor.
        sys.stderr.write(f"recorder: {files.name}: {error}; the journal is kept\n")
        sys.stderr.flush()
        # Half a copy must not keep the journal, which is the truth, from the space it needs.
        files.part_new.unlink(missing_ok=True)
        files.final_new.unlink(missing_ok=True)
        os._exit(EXIT_WRITE)
    files.lock.unlink(missing_ok=True)
    os.close(held)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
