"""How far the runs of an experiment are, on standard error: bars on a terminal, else a line at times."""

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

SAY_EVERY = 5.0  # seconds between two lines of a run


class Teller(Protocol):
    """Hears how far each run is, by name."""

    def begins(self, run: str, updates: int) -> None: ...
    def reached(self, run: str, step: int) -> None: ...
    def busy(self, run: str, words: str) -> None: ...
    def says(self, line: str) -> None: ...
    def ends(self, run: str) -> None: ...
    def close(self, *, failed: bool) -> None: ...


def teller(*, quiet: bool) -> Teller:
    """What fits standard error."""
    return Bars(quiet=quiet) if quiet or sys.stderr.isatty() else Lines()


class Bars:
    """A bar a run, drawn over itself; nothing at all if `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        name, words = TextColumn("{task.description:<22}"), TextColumn("{task.fields[words]}")
        columns = (name, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), words)
        self._progress = Progress(*columns, console=Console(stderr=True, quiet=quiet))
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def begins(self, run: str, updates: int) -> None:
        """It is started."""
        self._tasks[run] = self._progress.add_task(run, total=updates, words="")

    def reached(self, run: str, step: int) -> None:
        """So many updates are done."""
        self._progress.update(self._tasks[run], completed=step, words="")

    def busy(self, run: str, words: str) -> None:
        """It is at something that takes long."""
        self._progress.update(self._tasks[run], words=words)

    def says(self, line: str) -> None:
        """Something that a person should know."""
        self._progress.console.print(line, markup=False)

    def ends(self, run: str) -> None:
        """Its bar stays."""

    def close(self, *, failed: bool) -> None:
        """Leave the bars; where a run failed, take them back: its message is all that is to be said."""
        self._progress.live.transient = failed
        self._progress.stop()


class Lines:
    """A line now and then, and one when a run ends."""

    def __init__(self) -> None:
        self._updates: dict[str, int] = {}
        self._steps: dict[str, int] = {}
        self._said: dict[str, float] = {}

    def begins(self, run: str, updates: int) -> None:
        """It is started."""
        self._updates[run], self._steps[run], self._said[run] = updates, 0, time.monotonic()

    def reached(self, run: str, step: int) -> None:
        """So many updates are done."""
        self._steps[run] = step
        self._at_times(run, f"{step} of {self._updates[run]} updates")

    def busy(self, run: str, words: str) -> None:
        """It is at something that takes long."""
        self._at_times(run, words)

    def says(self, line: str) -> None:
        """Something that a person should know."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def ends(self, run: str) -> None:
        """It is over."""
        self.says(f"{run}: {self._steps[run]} of {self._updates[run]} updates")

    def close(self, *, failed: bool) -> None:
        """Every line is said."""

    def _at_times(self, run: str, words: str) -> None:
        if words and time.monotonic() - self._said[run] >= SAY_EVERY:
            self._said[run] = time.monotonic()
            self.says(f"{run}: {words}")
