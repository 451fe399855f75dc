"""The recorder: follows a journal and keeps an HDF5 file that everybody can read. A process of its own.

`python -m engine.recording.recorder JOURNAL`. While the run lives it writes `NAME.h5.part` (SWMR). When
the journal ends, or its writer is gone, it writes the finished `NAME.h5` from the journal, checks it
against the journal, and only then deletes the journal. Starting it again is the only repair there is.
"""

import os
import sys
import time
from pathlib import Path

import h5py

from engine.errors import UserError
from engine.recording import lock
from engine.recording.files import Files
from engine.recording.journal import JournalReader, is_writing
from engine.recording.layout_h5 import RecordingFile

FOLLOW_SECONDS = 0.025  # between two looks at the journal: also the rate at which readers see rows
EXIT_BUSY = 3  # another recorder has this journal
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
        if journal.damaged:
            raise UserError(f"{files.journal} is damaged where it begins; nothing can be recovered from it")
        files.journal.unlink()
        return True
    finally:
        os.close(descriptor)


def _follow(files: Files, journal: JournalReader) -> None:
    """Keep the live file until the run has ended."""
    assert journal.layout is not None
    live = RecordingFile(str(files.part_new), journal.layout, lossless=journal.lossless, live=True)
    shown = False
    while True:
        # Asked before the last look, so that nothing written in between is missed.
        writing = is_writing(files.journal)
        for block in journal.batches():
            live.append(block)
            live.commit()
        if not shown:
            # Only a file that has caught up takes the place of the one before it.
            files.part_new.replace(files.part)
            shown = True
        if journal.ended or not writing:
            live.close()
            return
        time.sleep(FOLLOW_SECONDS)


def finalise(files: Files) -> None:
    """Write the finished recording from the journal, check it, and delete what led to it. A journal with
    bytes that cannot be read is put aside instead: the recording holds what comes before."""
    journal = JournalReader(files.journal)
    assert journal.layout is not None
    finished = RecordingFile(str(files.final_new), journal.layout, lossless=journal.lossless, live=False)
    for block in journal.batches():
        finished.append(block)
    finished.close()
    unread = 0 if journal.ended else journal.unread
    journal.close()
    _check(files)
    _sync(files.final_new)
    files.final_new.replace(files.final)
    if os.name == "posix":
        _sync(files.folder)
    files.part.unlink(missing_ok=True)
    files.part_new.unlink(missing_ok=True)
    # The journal goes last: as long as it is there, a recorder that starts again cleans up the rest.
    if unread:
        # A frame that its writer was killed over, or one whose length is wrong: the two look alike, so
        # nothing that could not be read is ever deleted.
        files.journal.replace(files.damaged)
        sys.stderr.write(
            f"recorder: {unread} bytes of {files.journal} after row {journal.rows} cannot be read; "
            f"kept as {files.damaged.name}\n"
        )
    else:
        files.journal.unlink()


def _check(files: Files) -> None:
    """Compare the finished file with the journal, bit for bit. Raises OSError where they differ."""
    journal = JournalReader(files.journal)
    policies = returns = 0
    with h5py.File(files.final_new, "r") as file:
        entry = file["entry"]
        for block in journal.batches():
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
        if int(entry["commit"][0]) != journal.rows:
            raise OSError(f"{files.final_new} holds {int(entry['commit'][0])} rows of {journal.rows}")
    journal.close()


def _sync(path: Path) -> None:
    """HDF5 never asks the disk to keep what it wrote; do so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(path: Path) -> int:
    """Record the journal at `path`; the exit status of the process."""
    files = Files.of(path)
    held = lock.acquire(files.lock)
    if held is None:
        return EXIT_BUSY
    status = 0
    try:
        if files.journal.exists():
            record(path)
    except UserError as error:
        sys.stderr.write(f"recorder: {error}\n")
        status = 2
    except (OSError, RuntimeError) as error:
        # The HDF5 handle must not be touched again, not even by its destructor.
        sys.stderr.write(f"recorder: {files.name}: {error}; the journal is kept\n")
        sys.stderr.flush()
        os._exit(EXIT_WRITE)
    files.lock.unlink(missing_ok=True)
    os.close(held)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
