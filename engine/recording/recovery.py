"""Finishing what was left unfinished: the recorder, started again. There is no other repair."""

from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError
from engine.recording.files import Files
from engine.recording.journal import is_writing
from engine.recording.reader import Recording
from engine.recording.supervisor import RecorderSupervisor


@dataclass(frozen=True)
class Recovered:
    """A recording that was finished from its journal."""

    path: Path
    rows: int
    damaged: bool  # the journal could not be read everywhere; it is kept beside the recording

    def __str__(self) -> str:
        more = f"; its journal was damaged and is kept as {Files.of(self.path).damaged.name}"
        return f"{self.path} ({self.rows} rows{more if self.damaged else ''})"


def recover(path: Path) -> list[Recovered]:
    """Finish the recording at `path`, or every one below it if it is a folder. Runs that live are left
    alone; where nothing is unfinished, or a run died before it began, nothing is said. One that cannot
    be finished does not keep the others from it.

    Raises:
        UserError: when `path` does not exist or a recorder could not finish.
    """
    if path.is_dir():
        journals = sorted(path.rglob("*.journal"))
    else:
        files = Files.of(path)
        if not path.exists() and not files.journal.exists():
            raise UserError(
                f"{path}: no such file or folder; allowed: a recording, its journal or a folder of them"
            )
        journals = [files.journal] if files.journal.exists() else []
    dead = [journal for journal in journals if not is_writing(journal)]
    recovered: list[Recovered] = []
    failed: list[str] = []
    for journal in dead:
        files = Files.of(journal)
        status = RecorderSupervisor(journal).work()
        if status != 0:
            failed.append(f"{journal} (status {status})")
        elif files.final.exists():
            with Recording.open(files.final) as recording:
                recovered.append(Recovered(files.final, recording.rows, files.damaged.exists()))
    if failed:
        raise UserError(
            f"the recorder could not finish {', '.join(failed)}; these journals are kept; "
            f"recovered: {', '.join(map(str, recovered)) or 'none'}"
        )
    return recovered
