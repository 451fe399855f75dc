"""`replay`: is this recording what its run gives?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from commands.arguments import Seeds

EXIT_DIFFERS = 1


@dataclass(frozen=True)
class Replay:
    """Run a recording's specification and command log again, and compare every number bit for bit. Exit
    status 0 when all match, 1 when one does not."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    seeds: Seeds = ()
    """Compare only these of its seeds, for example 0,3."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from engine.rerun import rerun

        console = Console(stderr=True)
        console.quiet = not console.is_terminal
        columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("rows", total=None)
            verdict = rerun(
                self.file, self.seeds, lambda done, of: progress.update(task, completed=done, total=of)
            )
        print(json.dumps(verdict.as_data()) if self.json else verdict)
        return 0 if verdict.matches else EXIT_DIFFERS
