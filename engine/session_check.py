"""What a session file holds, and whether all of it is whole and sound."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine import session_file
from engine.recording.gatekeeper import examine
from engine.recording.inspection.findings import Defect
from engine.recording.reader import Recording
from engine.session_file import SavedRun, SessionFile


@dataclass(frozen=True)
class CheckedRun:
    """One run of a session.

    Attributes:
        rows, seeds: of the recording; 0 where it has defects.
        checkpoints: those that are in the session.
        defects: of the recording and of its checkpoints.
    """

    run: SavedRun
    rows: int
    seeds: int
    checkpoints: int
    defects: list[Defect]


def check(path: Path) -> tuple[SessionFile, list[CheckedRun]]:
    """Lay a session out for as long as this takes, and read every recording in it to its last byte.

    Raises:
        UserError: where the file is not a session, is damaged, or holds what it has no business to hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        session, files = session_file.unpack(path, Path(folder))
        return session, [_checked(run, file) for run, file in zip(session.runs, files, strict=True)]


def _checked(run: SavedRun, file: Path) -> CheckedRun:
    defects = examine(file, thorough=True).defects
    if defects:
        return CheckedRun(run, 0, 0, 0, defects)
    with Recording.open(file) as recording:
        there = [named for named in recording.checkpoints if file.with_name(named.file).exists()]
        for checkpoint in there:
            with file.with_name(checkpoint.file).open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != checkpoint.sha256:
                    words = "is not the checkpoint that its recording names: another sha256"
                    defects.append(Defect("checkpoint", checkpoint.file, words))
        return CheckedRun(run, recording.rows, len(recording.layout.seeds), len(there), defects)
