"""`check`: is this file a recording, or a session, whole and sound?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

if TYPE_CHECKING:
    from engine.recording.inspection.findings import Defect

CHECKS = (  # what is looked at, in order, and the kinds of defect that it finds
    ("a regular file of HDF5 that can be read in reasonable time and memory",
     ("kind", "format", "memory", "time", "crash", "failure")),
    ("links that stay within the file", ("soft link", "external link", "foreign link", "cycle", "members")),
    ("a schema version that this program reads", ("version", "newer")),
    ("every member: its type, where and how it is stored, its size",
     ("missing", "type", "external storage", "virtual", "filter", "reference", "size", "chunks")),
    ("shapes, descriptions and constants", ("shape", "text", "markup", "value")),
    ("counters, indices and the order of rows", ("commit", "index", "order")),
    ("all data, to the last byte", ("damaged",)),
    ("the overview, against the rows", ("overview",)),
)  # fmt: skip
ARCHIVE = "an archive of members that a session has, stored as they are, none damaged"


@dataclass(frozen=True)
class Check:
    """Check a recording to its last byte, in a process that it cannot harm; of a session every recording, and
    its checkpoints. Exit status 1: defects."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording, or a session (.supertask)."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine.session_file import SUFFIX

        sound = self._session() if self.file.suffix == SUFFIX else self._recording()
        return 0 if sound else 1

    def _recording(self) -> bool:
        from engine.recording.gatekeeper import examine

        report = examine(self.file, thorough=True)
        if self.json:
            print(json.dumps({"file": str(report.file), **_as_data(report.defects)}))
            return not report.defects
        print(report.file)
        judged = True  # what comes after a defect may not have been looked at
        for words, kinds in CHECKS:
            found = [defect for defect in report.defects if defect.kind in kinds]
            if not found:
                print(f"{'ok' if judged else '-':<8}{words}")
            for defect in found:
                print(f"defect  {defect}")
            judged = judged and not found
        return not report.defects

    def _session(self) -> bool:
        from engine import session_check
        from engine.errors import UserError
        from engine.recording.inspection.findings import printable

        if not self.file.is_file():
            raise UserError(f"{self.file}: no such session")
        try:
            session, runs = session_check.check(self.file)
        except UserError as error:
            words = str(error).removeprefix(f"{self.file}: ")
            if self.json:
                archive = {"kind": "archive", "where": "", "words": words}
                print(json.dumps({"file": str(self.file), "ok": False, "defects": [archive], "runs": []}))
            else:
                print(f"{self.file}\ndefect  {words}")
            return False
        sound = not any(run.defects for run in runs)
        if self.json:
            about = [{**vars(run), "run": vars(run.run), **_as_data(run.defects)} for run in runs]
            print(json.dumps({"file": str(self.file), "ok": sound, "defects": [], "runs": about}))
            return sound
        cursor = "the newest update" if session.cursor is None else f"update {session.cursor}"
        notes = f"; notes of {len(session.notes)} characters" if session.notes else ""
        print(f"{self.file}\nholds   {len(runs)} runs, looked at {cursor}{notes}\nok      {ARCHIVE}")
        for run in runs:
            title = f"{run.run.file}, {printable(run.run.name)}"
            for defect in run.defects:
                print(f"defect  {title}: {defect}")
            if not run.defects:
                print(f"ok      {title}: {run.rows} rows, {run.seeds} seeds, {run.checkpoints} checkpoints")
        return sound


def _as_data(defects: "Sequence[Defect]") -> dict[str, object]:
    return {"ok": not defects, "defects": [vars(defect) for defect in defects]}
