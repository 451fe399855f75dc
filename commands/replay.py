"""`replay`: is this recording what its run gives?"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from commands.arguments import Seeds
from commands.progress import progress

if TYPE_CHECKING:
    from engine.rerun import Verdict

EXIT_DIFFERS = 1


@dataclass(frozen=True)
class Replay:
    """Run a recording's specification and command log again, and compare every number bit for bit. Exit
    status 0 when all match, 1 when one does not."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording, or a session: then every run in it."""
    seeds: Seeds = ()
    """Compare only these of its seeds, for example 0,3."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        verdicts: list[Verdict] = []
        with _recordings(self.file) as (paths, session):
            for path, shown in paths.items():
                verdicts.append(replace(self._replayed(path), file=shown))
                if not self.json:
                    print(verdicts[-1])
        matches = all(verdict.matches for verdict in verdicts)
        if self.json:
            said = [verdict.as_data() for verdict in verdicts]
            print(json.dumps({"matches": matches, "runs": said} if session else said[0]))
        return 0 if matches else EXIT_DIFFERS

    def _replayed(self, path: Path) -> "Verdict":
        from engine.rerun import rerun

        with progress("rows") as told:
            return rerun(path, self.seeds, told)


@contextmanager
def _recordings(file: Path) -> Iterator[tuple[dict[Path, Path], bool]]:
    """The recordings of a session, laid out for as long as this lasts, or the one recording; each with the
    name that a person knows it by."""
    from engine import session_file

    if file.suffix != session_file.SUFFIX:
        yield {file: file}, False
        return
    with tempfile.TemporaryDirectory() as folder:
        session, paths = session_file.unpack(file, Path(folder))
        yield {path: file / run.file for path, run in zip(paths, session.runs, strict=True)}, True
