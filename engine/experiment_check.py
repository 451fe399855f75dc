"""Everything that is wrong with an experiment's text, at once and with its place, for a form to show.

The rules are those of the reader, the knobs' declarations and the tasks; there are no others here.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import experiments, toml_text
from engine.errors import UserError
from engine.experiments import Experiment
from engine.learners.knobs import Knob
from engine.tasks import registry
from engine.toml_text import Place, StatementError

MISSING = "?"  # stands for a learner or task that is not said


def problems(text: str, path: Path, catalogue: Mapping[str, Any]) -> list[StatementError]:
    """What is wrong, in the order of the reader; empty for an experiment that can be run.

    Args:
        catalogue: as `engine.catalogue` gives it.

    Raises:
        UserError: when the text is not TOML, or is a task's.
    """
    data = toml_text.parse(text, path.name)
    if "kind" in data:
        raise UserError(f"{path.name}: a task, not an experiment; allowed: an experiment with [[runs]]")
    found: list[StatementError] = []
    while True:
        try:
            experiment = experiments.read(text, path, data)
        except StatementError as error:
            found.append(error)
            if not _mended(data, error.place):
                return found  # without runs nothing more can be said
        except UserError as error:  # a file that is named, or a number that makes no sense
            return [*found, StatementError(path.name, text, ("task",), str(error))]
        else:
            break
    return [*found, *_of_runs(experiment, text, path, catalogue)]


def _mended(data: dict[str, Any], place: Place) -> bool:
    """Take out what stands at a place, or put something where a word is missing, so that the reader gets
    further. Returns whether it does. Checks go together: they come last."""
    if place[0] == "checks":
        place = ("checks",)
    holder: Any = data
    for part in place[:-1]:
        holder = holder[part]
    stood = holder.pop(place[-1], None) is not None
    if place[-1] == "name" and len(place) > 1:  # without one it would have its learner's, which may be taken
        holder["name"] = f"{MISSING} {place[1]}"
        return True
    if not stood and place[-1] in ("learner", "task"):
        holder[place[-1]] = MISSING
        return True
    return stood and place != ("runs",)


def _of_runs(
    experiment: Experiment, text: str, path: Path, catalogue: Mapping[str, Any]
) -> Iterator[StatementError]:
    """Learners, knobs and tasks that there are not, and values that they do not take."""
    stated = toml_text.parse(text, path.name)
    told: set[str] = set()
    for number, run in enumerate(experiment.runs):
        place: Place = ("runs", number)
        own = "task" in stated["runs"][number]
        fault = "" if run.task == MISSING else _task_fault(run.task, run.task_text)
        if fault and (own or fault not in told):
            told.add(fault)
            yield StatementError(path.name, text, (*place, "task") if own else ("task",), fault)
        learners = catalogue["learners"]
        if run.learner == MISSING:
            continue
        if run.learner not in learners:
            said = f"is {run.learner!r}; allowed: {', '.join(learners)}"
            yield StatementError(path.name, text, (*place, "learner"), said)
            continue
        if learners[run.learner]["on_tables"] and not (fault or run.task_text or registry.known(run.task)):
            said = f"is {run.learner!r}, which needs a table of states; {run.task} has none"
            able = ", ".join(name for name, data in learners.items() if not data["on_tables"])
            yield StatementError(path.name, text, (*place, "learner"), f"{said}; allowed: {able}")
        knobs = {data["name"]: Knob.from_data(data) for data in learners[run.learner]["knobs"]}
        for name, value in run.knobs.items():
            where = (*place, "knobs", name)
            if name not in knobs:
                said = f"is no knob of {run.learner}; allowed: {', '.join(knobs)}"
                yield StatementError(path.name, text, where, said)
                continue
            try:
                knobs[name].validated(value)
            except UserError as error:
                said = str(error).removeprefix(f"knob {name}").removeprefix(":").strip()
                yield StatementError(path.name, text, where, said)


def _task_fault(name: str, text: str) -> str:
    """What is wrong with a task; empty when nothing is. A file of one's own may have changed since."""
    return _fault(name, text) if ":" in name else _remembered_fault(name, text)


def _fault(name: str, text: str) -> str:
    try:
        registry.check(name, text)
        if text or registry.known(name):
            registry.load(name, text)
    except UserError as error:
        return str(error).removeprefix("task ")
    return ""


_remembered_fault = lru_cache(maxsize=64)(_fault)
