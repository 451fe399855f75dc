"""Files from elsewhere are looked at by a disposable process before this one opens them.

Every door has this gate: the open dialog, the library, a file dropped on the window, the command line. What
does not pass it: recordings of runs that this app has just started, and those that a run on this machine is
writing now (its journal is locked by a process that lives), because they change while they are read and come
from our own recorder. A file that passed is not looked at again while it stays as it was.
"""

import atexit
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError
from engine.markup import harmless, is_markup
from engine.recording.disposable import Disposable, Outcome
from engine.recording.files import Files
from engine.recording.inspection.findings import Defect
from engine.recording.journal import is_writing
from engine.recording.served import MEMORY


@dataclass(frozen=True)
class Budget:
    """How long one file may take to look at, in seconds."""

    processor: int
    wall: float


ORDINARY = Budget(20, 30.0)
THOROUGH = Budget(600, 1800.0)

# What an inspection says that died of its file: kind of defect and words, by how it ended.
ENDINGS = {
    "late": ("time", "takes longer to look at than a recording may ({wall:g} s)"),
    "processor": ("time", "takes more processor time to look at than a recording may ({processor} s)"),
    "memory": ("memory", "needs more memory to look at than a recording may ({memory} MiB)"),
    "signal": ("crash", "makes the program that looks at it crash ({detail})"),
    "killed": ("crash", "had its inspection killed by the system, which may be short of memory ({detail})"),
    "exit": ("crash", "makes the program that looks at it end ({detail})"),
    "failure": ("failure", "could not be looked at, which is a defect of this program: {detail}"),
}

_inspector = Disposable("engine.recording.inspector")  # loaded for the first file, kept for the next
atexit.register(_inspector.close)
_one_at_a_time = threading.Lock()
_admitted: dict[Path, tuple[int, int, int]] = {}


def warm_up() -> None:
    """Have the process that inspects loaded before the first file comes. Returns at once."""
    with _one_at_a_time:
        _inspector.begin()


@dataclass(frozen=True)
class Report:
    """What was found in a file, and which file it was."""

    file: Path
    defects: list[Defect]


def examine(path: Path, *, thorough: bool = False) -> Report:
    """Look at the recording that `path` names in a process of its own.

    Raises:
        UserError: when there is nothing to look at.
    """
    file = _file(path)
    budget = THOROUGH if thorough else ORDINARY
    request = {"file": str(file.absolute()), "thorough": thorough}
    with _one_at_a_time:
        outcome = _inspector.ask(request, processor_seconds=budget.processor, wall_seconds=budget.wall)
    return Report(file, defects_of(outcome, budget))


def defects_of(outcome: Outcome, budget: Budget) -> list[Defect]:
    """What an inspection found, or the one defect that ended it."""
    if outcome.value is not None:
        return [Defect(**defect) for defect in outcome.value]
    kind, words = ENDINGS["killed" if outcome.detail == "SIGKILL" else outcome.ending]
    said = words.format(
        wall=budget.wall, processor=budget.processor, memory=MEMORY >> 20, detail=outcome.detail
    )
    return [Defect(kind, "", said)]


def admit(path: Path) -> None:
    """Return if the recording that `path` names may be opened.

    Raises:
        UserError: in one line, with the first thing that is wrong with it.
    """
    if _ours(path):
        return
    file = _file(path)
    status = file.stat()
    now = status.st_ino, status.st_size, status.st_mtime_ns
    if _admitted.get(file) == now:
        return
    defects = examine(file).defects
    if defects:
        more = f" (and {len(defects) - 1} more)" if len(defects) > 1 else ""
        raise UserError(f"{file}: refused: {defects[0]}{more}")
    _admitted[file] = now


def _ours(path: Path) -> bool:
    """A run on this machine is writing it now."""
    journal = Files.of(path).journal
    return journal.exists() and is_writing(journal)


def _file(path: Path) -> Path:
    if path.is_dir():
        raise UserError(f"{path}: is a folder; allowed: a recording (.h5)")
    if path.is_file() and path.suffix not in (".h5", ".part", ".journal"):
        raise UserError(f"{path}: is not a recording; allowed: a file that ends in .h5")
    if is_markup(path.name):
        raise UserError(f"{harmless(str(path))}: its name would be taken for HTML; allowed: another name")
    files = Files.of(path)
    for file in (files.final, files.part):
        if file.exists():
            return file
    if files.journal.exists():
        raise UserError(f"{files.final}: its run has just begun, or was killed; to finish it, type: recover")
    raise UserError(f"{files.final}: no such recording")
