"""Running an experiment without a window: start its runs, show progress, read what they recorded."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine import launch, numbers
from engine.errors import UserError
from engine.experiments import Experiment
from engine.protocol import Busy, Failed, Refused, Status, Waiting
from engine.recording.reader import Recording
from engine.telling import Teller, teller

POLL = 0.05  # seconds between two looks at the workers


@dataclass(frozen=True)
class Finished:
    """One run that came to its end: every metric at the last measured row as its mean over seeds, and of
    those that are estimated the standard error of that mean."""

    name: str
    learner: str
    file: Path
    updates: int
    seconds: float
    metrics: Mapping[str, float | None]
    errors: Mapping[str, float]

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON; what is not estimable is None."""
        plain = {"file": str(self.file), "metrics": dict(self.metrics), "errors": dict(self.errors)}
        return {**vars(self), **plain}


def run(experiment: Experiment, folder: Path, *, quiet: bool = False) -> list[Finished]:
    """Run every run of `experiment` to the end of its budget, as many at once as there are cores.

    Args:
        folder: where the recordings go; made if it is not there.
        quiet: say nothing of how far they are.

    Raises:
        UserError: when the folder cannot be written or a run fails.
    """
    make_folder(folder)
    waiting = list(experiment.runs)
    started: list[launch.RunHandle] = []
    done: list[Finished] = []
    told = teller(quiet=quiet)
    failed = True
    try:
        with _closing(started):
            while waiting or started:
                while waiting and len(started) < (os.cpu_count() or 1):
                    specification = waiting.pop(0)
                    started.append(launch.launch(specification, folder, hold=False))
                    told.begins(specification.name, specification.updates)
                for handle in list(started):
                    ended = not handle.alive()  # asked before the last reports are read: none is missed
                    _follow(handle, told)
                    if ended:
                        ending = handle.ending
                        handle.close()
                        started.remove(handle)
                        if ending:
                            name = handle.specification.name
                            raise UserError(f"run {name} failed: {ending}; what it has recorded is kept")
                        done.append(summary(handle.recording))
                        told.ends(handle.specification.name)
                time.sleep(POLL)
        failed = False
    finally:
        told.close(failed=failed)
    order = [specification.name for specification in experiment.runs]
    return sorted(done, key=lambda finished: order.index(finished.name))


def _follow(handle: launch.RunHandle, told: Teller) -> None:
    run = handle.specification.name
    for report in handle.reports():
        match report:
            case Status(step=step):
                told.reached(run, step)
            case Busy(words=words) as busy:
                told.busy(run, busy.held_up or words)
            case Waiting(message=message) if message:
                told.says(f"run {run} waits: {message}")
            case Refused(message=message):
                raise UserError(f"run {run}: {message}")
            case Failed(message=message, traceback=details):
                sys.stderr.write(details)
                raise UserError(f"run {run} failed: {message.removeprefix(f'run {run}: ')}")


@contextmanager
def _closing(started: list[launch.RunHandle]) -> Iterator[None]:
    """However the loop ends (an error, Ctrl+C), no worker outlives it and every recording is finished."""
    try:
        yield
    finally:
        launch.close_all(started)


def summary(path: Path) -> Finished:
    """What a finished recording says of its end."""
    with Recording.open(path) as recording:
        specification = recording.layout.provenance["specification"]
        metrics, errors = at_the_end(recording)
        return Finished(
            name=specification["name"],
            learner=specification["learner"],
            file=recording.path,
            updates=recording.last_step,
            seconds=round(recording.duration, 3),
            metrics=metrics,
            errors=errors,
        )


def at_the_end(recording: Recording) -> tuple[dict[str, float | None], dict[str, float]]:
    """Every metric as it stands at the last row (see :func:`engine.numbers.at_row`): the mean over the seeds
    that could be estimated, None where none could be, or where nothing was measured; and of what is estimated
    its standard error."""
    ends: dict[str, float | None] = {}
    errors: dict[str, float] = {}
    for number in numbers.at_row(recording, recording.rows - 1):
        finite = number.values[np.isfinite(number.values)]
        ends[number.column.name] = float(finite.mean()) if finite.size else None
        if finite.size and np.isfinite(number.error):
            errors[number.column.name] = number.error
    return ends, errors


def make_folder(folder: Path) -> None:
    """Make `folder` and see that it can be written. Raises UserError where it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".supertask-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"folder {folder}: {error.strerror}; allowed: a folder that can be written") from None
