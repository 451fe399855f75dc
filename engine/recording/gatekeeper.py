"""Files from elsewhere are looked at by a disposable process before this one opens them.

Every door has this gate: the open dialog, the library, a file dropped on the window, the command line. What
does not pass it: recordings of runs that this app has just started, and those that a run on this machine is
writing now (its journal is locked by a process that lives), because they change while they are read and come
from our own recorder. A file that passed is not looked at again while it stays as it was.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError
from engine.recording.files import Files
from engine.recording.inspection.findings import Defect
from engine.recording.journal import is_writing

WALL_SECONDS = 30.0
THOROUGH_SECONDS = 1800.0
_ROOT = Path(__file__).resolve().parents[2]
_admitted: dict[Path, tuple[int, int, int]] = {}


class Inspector:
    """One disposable process. It is started anew after it died of a file."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.deaths = 0

    def examine(self, path: Path, *, thorough: bool = False, seconds: float = WALL_SECONDS) -> list[Defect]:
        """The defects of a file; one of kind `crash` or `time` where the process died of it."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            process.stdin.write(json.dumps({"file": str(path.absolute()), "thorough": thorough}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if answer.endswith("\n"):
            return [Defect(**defect) for defect in json.loads(answer)]
        self.close()
        self.deaths += 1
        return [_death(process.returncode, late.is_set(), seconds)]

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            search = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine.recording.inspector"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": search},
                start_new_session=True,
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()

    def __enter__(self) -> "Inspector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _death(status: int, late: bool, seconds: float) -> Defect:
    if late or status == -getattr(signal, "SIGXCPU", 0):
        return Defect("time", "", f"takes longer to look at than a recording may ({seconds:g} s)")
    return Defect("crash", "", f"makes the HDF5 library fail (the inspection ended with status {status})")


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
    with Inspector() as inspector:
        seconds = THOROUGH_SECONDS if thorough else WALL_SECONDS
        return Report(file, inspector.examine(file, thorough=thorough, seconds=seconds))


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
    files = Files.of(path)
    for file in (files.final, files.part):
        if file.exists():
            return file
    if files.journal.exists():
        raise UserError(f"{files.final}: its run has just begun, or was killed; to finish it, type: recover")
    raise UserError(f"{files.final}: no such recording")
