"""The recordings that a page of claims is written from: run, unless they are there already."""

import time
from contextlib import ExitStack
from pathlib import Path

from engine import headless
from engine.claims.report import Result
from engine.claims.verdict import judged
from engine.errors import UserError
from engine.experiments import Experiment
from engine.recording.gatekeeper import admit
from engine.recording.reader import Recording
from engine.specification import RunSpecification


def collected(experiment: Experiment, folder: Path) -> tuple[Result, list[Path]]:
    """Run an experiment into `folder`, and judge it. What an earlier, interrupted call finished stays.

    Returns:
        the result, and the recordings in the order of the experiment's runs.

    Raises:
        UserError: when the folder cannot be written, a run fails or a file that is there is refused.
    """
    paths = recorded(experiment, folder)
    said = (folder / "seconds.txt").read_text(encoding="utf-8", errors="replace").strip()
    try:
        seconds = float(said)
    except ValueError:
        raise UserError(f"{folder / 'seconds.txt'}: {said[:40]!r}; allowed: how long the runs took") from None
    with ExitStack() as stack:
        names = [run.name for run in experiment.runs]
        opened = [stack.enter_context(Recording.open(path)) for path in paths]
        by_name = dict(zip(names, opened, strict=True))
        verdicts = [judged(check, by_name) for check in experiment.checks]
    return Result(experiment, verdicts, seconds), paths


def recorded(experiment: Experiment, folder: Path) -> list[Path]:
    """The recordings of `experiment` in `folder`, in the order of its runs: run, unless all are there.

    Raises:
        UserError: as :func:`collected`.
    """
    began = time.monotonic()
    paths = finished(experiment, folder)
    if paths is None:
        paths = [run.file for run in headless.run(experiment, folder)]
        (folder / "seconds.txt").write_text(f"{time.monotonic() - began:.1f}\n", encoding="utf-8")
    return paths


def finished(experiment: Experiment, folder: Path) -> list[Path] | None:
    """The recordings of `experiment` in `folder`, if every run is there to the same specification.

    Raises:
        UserError: when a file there is refused: another may have put it there.
    """
    found: list[tuple[RunSpecification, Path]] = []
    if not (folder / "seconds.txt").exists():
        return None
    for path in sorted(folder.glob("*.h5")):
        admit(path)
        with Recording.open(path) as recording:
            if data := recording.layout.provenance.get("specification"):
                found.append((RunSpecification.from_data(data), path))
    paths = [next((path for made, path in found if made == run), None) for run in experiment.runs]
    there = [path for path in paths if path is not None]
    return there if len(there) == len(paths) else None
