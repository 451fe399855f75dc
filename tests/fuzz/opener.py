"""What the app does with a recording that was admitted, in a process that may die of it.

The answer is `ok`, `refused: …` (a UserError), or `error: …` for all else, a defect of ours.
"""

import tempfile
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UserError
from engine.headless import at_the_end, summary
from engine.recording.served import serve
from gui.model.marks import marks
from gui.model.run_item import RunItem
from tests.fuzz.harness import samples


def use(path: Path) -> str:
    """Open it as the app does and look at everything that a view looks at."""
    try:
        item = RunItem.recorded(path, 0)
    except UserError as error:
        return f"refused: {error}"
    try:
        look(item, path)
    finally:
        item.close()
    return "ok"


def look(item: RunItem, path: Path) -> None:
    """At all of it."""
    recording = item.recording
    assert recording is not None
    marks([item])
    steps = (-1.0, 0.0, recording.last_step / 2, float(recording.last_step))
    with np.errstate(all="ignore"):
        for column in recording.layout.columns:
            series = item.series(column.name)
            series.points(-np.inf, np.inf, 300)
            series.points(0, recording.last_step, 2)
            series.means(0, recording.last_step, 300)
            for step in steps:
                series.at(step)
        for step in steps:
            row = item.row_at(int(step))
            if row >= 0:
                recording.policy(row)
                recording.returns(row)
    for target in (0.0, 1.0):
        item.nearest_target(target)
    if any(column.name == "return" for column in recording.layout.columns):
        at_the_end(recording)
        if {"name", "learner"} <= set(recording.layout.provenance.get("specification") or ()):
            summary(path)


def answer(request: dict[str, Any]) -> str:
    """What came of opening a file, in a line."""
    try:
        return use(Path(request["file"]))
    except MemoryError:
        raise
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"error: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        return said.replace("\n", " ")


def warm() -> None:
    """Load what is loaded when it is first needed: from then on no file of Python's own is opened."""
    with tempfile.TemporaryDirectory() as folder:
        samples(Path(folder))
        for path in Path(folder).iterdir():
            use(path)


if __name__ == "__main__":
    warm()
    serve(answer)
