"""A named set of runs, read from a TOML file: what an experiment is, what to try, what to expect.

Needs no torch: the app reads experiments before anything that can train has been started.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine import toml_text
from engine.claims.check import IDEAS, RELATIONS, Check
from engine.errors import UserError, one_of
from engine.learners.knobs import Knob
from engine.places import expanded
from engine.source_words import leads_to, recorded_source, run_named
from engine.specification import DataSet, Device, RunSpecification, Source, Value
from engine.tasks import data_set, recipe, task_file
from engine.toml_text import StatementError

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "experiments"
DEFAULT = "crossroads"
DEFAULT_SEEDS = 4
MOST_SEEDS = 10_000  # of a run; each has weights and a stream of its own
CLONED_EPISODES = 512  # per seed, that a run acts once trained, for a base to be cloned from

# How much to run and to record: whole numbers from 1, for all runs or for one.
COUNTS = {
    "seeds": "independent replicates of every run",
    "updates": "how many each run may make",
    "measure_every": "updates between two rows of measurements",
    "policy_every": "rows between two recorded policies",
    "checkpoint_every": "updates between two checkpoints",
}
_WORDS = ("title", "claim", "summary", "expect")
_EXPERIMENT_KEYS = (*_WORDS, "try", "task", *COUNTS, "curves", "against", "runs", "checks")
_RUN_KEYS = ("name", "learner", "task", "knobs", "data", "base", *COUNTS)


@dataclass(frozen=True)
class Experiment:
    """A question and the runs that answer it.

    Attributes:
        name: the file's stem, as on the command line.
        title, claim, summary, try_this, expect: for a person; `claim` is the id in docs (C1 … C8).
        runs: what to run, in the order they are shown.
        curves: the two metrics drawn as curves, upper and lower.
        against: what they are drawn against: `update`, or a metric.
        checks: what is expected of the end, tested by `python main.py claims`.
    """

    name: str
    title: str
    claim: str
    summary: str
    try_this: tuple[str, ...]
    expect: str
    runs: tuple[RunSpecification, ...]
    curves: tuple[str, ...] = ("return", "effective_modes")
    against: str = "update"
    checks: tuple[Check, ...] = ()


def names() -> tuple[str, ...]:
    """The experiments that ship, the default one first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return tuple(sorted(found, key=lambda name: name != DEFAULT))


def load(name_or_path: str) -> Experiment:
    """Read an experiment by name, from an experiment's file, or around a person's own task.

    A task's file (`kind = "grid"`, or .npz) becomes the default experiment on that task.

    Raises:
        UserError: for an unknown name, or a file that says something it should not: which line,
            which key, what is allowed.
    """
    if name_or_path in names():
        path = FOLDER / f"{name_or_path}.toml"
    elif (path := Path(name_or_path)).suffix not in task_file.ENDINGS:
        if re.search(r":\w|-v\d+\b", name_or_path):  # a class of one's own, an id of Gymnasium
            raise UserError(
                f"'{name_or_path}' is a task; allowed: an experiment, or the path of a .toml file with "
                f'task = "{name_or_path}" and its [[runs]]'
            )
        raise one_of("experiment", name_or_path, (*names(), "or the path of a .toml or .npz file"))
    if path.suffix == ".npz":
        return _around_task(*task_file.read(path), path.name)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path.name}: not a text file; expected an experiment or a task in TOML") from None
    except OSError as error:
        raise UserError(
            f"experiment {path}: {error.strerror}; allowed: {', '.join(names())}, or the path of a .toml file"
        ) from None
    data = toml_text.parse(text, path.name)
    if "kind" in data:
        return _around_task(path.stem, text, path.name)
    return read(text, path, data)


def read(text: str, path: Path, data: Mapping[str, Any] | None = None) -> Experiment:
    """The experiment that a text describes. Files that it names are sought beside `path`.

    Args:
        data: what is read of the text, where not all that it says.

    Raises:
        UserError: as :func:`load`; a :class:`StatementError` where TOML says something it should not.
    """
    return _Reader(path, text).experiment(toml_text.parse(text, path.name) if data is None else data)


def _around_task(name: str, text: str, file: str) -> Experiment:
    """The default experiment's runs on a person's own task; those asked for a return are asked for the
    best that the base reaches."""
    from engine.oracles.return_to_go import ReturnToGo  # here: the app starts without SciPy

    best = float(ReturnToGo(task_file.parse(text, name)).supported[-1])
    default = load(DEFAULT)
    runs = tuple(
        replace(
            run,
            task=name,
            task_text=text,
            knobs={**run.knobs, "target": best} if "target" in run.knobs else run.knobs,
        )
        for run in default.runs
    )
    return replace(
        default,
        name=name,
        title=f"{name}: what does the return cost?",
        summary=f"Every learner of the default experiment on the task in {file}.",
        runs=runs,
    )


class _Reader:
    """Turns one file's data into an experiment; knows the text, to name the line of what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.within: tuple[str, int] | None = None  # the [[runs]] or [[checks]] table that is being read

    def experiment(self, data: Mapping[str, Any]) -> Experiment:
        self._only(data, _EXPERIMENT_KEYS)
        runs = data.get("runs")
        if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
            raise self._error("runs", "is missing; allowed: one [[runs]] table or more")
        shared: dict[str, Any] = {key: self._count(data, key) for key in COUNTS if key in data}
        if "task" in data:
            shared["task"] = self._word(data, "task")
        tries = data.get("try", [])
        if not isinstance(tries, list) or not all(isinstance(item, str) for item in tries):
            raise self._error("try", 'is not a list of sentences; allowed: ["a sentence", "another"]')
        specifications = []
        for number, run in enumerate(runs):
            self.within = "runs", number
            specifications.append(self._run(run, shared))
        run_names = [specification.name for specification in specifications]
        for number, name in enumerate(run_names):
            if name in run_names[:number]:
                self.within = "runs", number
                raise self._error(
                    "name", f"is used by two runs; allowed: distinct names, not {', '.join(run_names)}"
                )
        self.within = None
        named = {specification.name: specification for specification in specifications}
        sources = {
            name: {run_named(self._word(run, key)) for key in ("data", "base")}
            for name, run in zip(run_names, runs, strict=True)
        }
        for number, run in enumerate(runs):
            self.within = "runs", number
            for key in ("data", "base"):
                if word := self._word(run, key):
                    if leads_to(run_names[number], run_named(word), sources):
                        raise self._error(
                            key, f"is {word!r}; allowed: a run that neither is this one nor learns from it"
                        )
                    said: dict[str, Any] = {key: self._source(key, word, named)}
                    changed = replace(specifications[number], **said)
                    specifications[number] = named[changed.name] = changed
        self.within = None
        specifications = [
            replace(run, place=sum(other.oracle == run.oracle for other in specifications[:number]))
            for number, run in enumerate(specifications)
        ]
        words = {key: self._word(data, key) for key in _WORDS}
        words["title"] = words["title"] or self.path.stem
        curves = data.get("curves", ["return", "effective_modes"])
        if not isinstance(curves, list) or len(curves) != 2 or not all(isinstance(c, str) for c in curves):
            raise self._error("curves", 'is not a pair of metrics; allowed: ["return", "effective_modes"]')
        return Experiment(
            name=self.path.stem,
            try_this=tuple(tries),
            runs=tuple(specifications),
            curves=tuple(curves),
            against=self._word(data, "against") or "update",
            checks=self._checks(data.get("checks", []), run_names),
            **words,
        )

    def _checks(self, data: Any, run_names: list[str]) -> tuple[Check, ...]:
        if not isinstance(data, list) or not all(isinstance(check, dict) for check in data):
            raise self._error("checks", "is not a list of tables; allowed: one [[checks]] table or more")
        checks = []
        for number, check in enumerate(data):
            self.within = "checks", number
            checks.append(self._check(check, run_names))
        self.within = None
        return tuple(checks)

    def _check(self, data: Mapping[str, Any], run_names: list[str]) -> Check:
        self._only(data, tuple(field.name for field in fields(Check)))
        for key in ("says", "run", "metric"):
            if not self._word(data, key):
                raise self._error(key, "is missing from a check; allowed: text in quotes")
        for key in ("run", "than_run"):
            if key in data and data[key] not in run_names:
                raise self._error(key, f"is {data[key]!r}; allowed: {', '.join(run_names)}")
        for key, allowed in (("relation", RELATIONS), ("idea", IDEAS)):
            if key in data and data[key] not in allowed:
                raise self._error(key, f"is {data[key]!r}; allowed: {', '.join(allowed)}")
        for key in ("than", "margin"):
            value = data.get(key, 0.0)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._error(key, f"is {value!r}; allowed: a number")
        if "relation" not in data or ("than" in data) == ("than_run" in data):
            raise self._error("relation", "needs exactly one of than (a number) and than_run (a run)")
        return Check(**data)

    def _run(self, own: Mapping[str, Any], shared: Mapping[str, Any]) -> RunSpecification:
        self._only(own, _RUN_KEYS)
        run = {**shared, **own}
        learner, task = self._word(run, "learner"), self._word(run, "task")
        for key, word in (("learner", learner), ("task", task)):
            if not word:
                number = self.within[1] + 1 if self.within else 1
                raise self._error(key, f"is missing from run {number}; allowed: its name in quotes")
        knobs = run.get("knobs", {})
        if not isinstance(knobs, dict):
            raise self._error("knobs", "is not a table; allowed: for example { learning_rate = 0.1 }")
        counts: dict[str, Any] = {key: self._count(run, key) for key in COUNTS if key in run}
        seeds = tuple(range(counts.pop("seeds", DEFAULT_SEEDS)))
        text = ""
        if task_file.is_path(task):
            task, text = task_file.read(self.path.parent / expanded(task))
        task = recipe.beside(task, self.path.parent)
        return RunSpecification(
            name=self._word(run, "name") or learner, task=task, task_text=text,
            learner=learner, knobs=knobs, seeds=seeds, **counts,
        )  # fmt: skip

    def _source(self, key: str, word: str, named: Mapping[str, RunSpecification]) -> Source | DataSet | None:
        """What `data = …` or `base = …` names: nothing new (the base's episodes, the task's base), another
        run of the experiment, a recording beside the file, or a Minari data set there or installed. A base
        is cloned from what a run does once it is trained."""
        plain, own = ("base", 0) if key == "data" else ("task", CLONED_EPISODES)
        if word == plain:
            return None
        try:
            if word.endswith(".h5"):
                return replace(recorded_source(self.path.parent / expanded(word)), own=own)
            if word.startswith(data_set.PREFIX):
                return data_set.found(word, self.path.parent)
        except UserError as error:
            raise self._error(key, f"cannot be had: {error}") from None
        name = run_named(word)
        if name not in named:
            allowed = "".join(f', "run: {other}"' for other in named)
            raise self._error(
                key, f'is {word!r}; allowed: "{plain}", a recording (.h5), "minari: NAME"{allowed}'
            )
        return Source(named[name], own=own)

    def _word(self, data: Mapping[str, Any], key: str) -> str:
        value = data.get(key, "")
        if not isinstance(value, str):
            raise self._error(key, f"is {value!r}; allowed: text in quotes")
        if "\0" in value:  # no system has a file of such a name
            raise self._error(key, f"is {value!r}; allowed: text without the character NUL")
        return value.strip()

    def _count(self, data: Mapping[str, Any], key: str) -> int:
        value = data[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._error(key, f"is {value!r}; allowed: whole numbers from 1")
        if key == "seeds" and value > MOST_SEEDS:
            raise self._error(key, f"is {value}; allowed: 1 to {MOST_SEEDS:,}")
        return value

    def _only(self, data: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for key in data:
            if key not in allowed:
                raise self._error(key, f"is unknown; allowed: {', '.join(allowed)}")

    def _error(self, key: str, what: str) -> StatementError:
        return StatementError(self.path.name, self.text, (*(self.within or ()), key), what)


def adjusted(
    experiment: Experiment,
    *,
    seeds: int | None = None,
    updates: int | None = None,
    device: Device | None = None,
    knobs: Mapping[str, Value] | None = None,
    catalogue: Mapping[str, Any],
) -> Experiment:
    """The experiment with what a person asked for on the command line or in the app.

    A knob is set on every run whose learner has it.

    Args:
        catalogue: as `engine.catalogue` gives it; every learner and knob is checked against it.

    Raises:
        UserError: for an unknown learner or knob, a value out of range, or a knob that no run has.
    """
    knobs = knobs or {}
    runs = []
    taken: set[str] = set()
    for run in experiment.runs:
        learners = catalogue["learners"]
        if run.learner not in learners:
            raise one_of(f"run {run.name}: learner", run.learner, tuple(learners))
        described = {data["name"]: Knob.from_data(data) for data in learners[run.learner]["knobs"]}
        values = {**run.knobs, **{name: value for name, value in knobs.items() if name in described}}
        for name, value in values.items():
            if name not in described:
                raise one_of(f"run {run.name}: knob", name, tuple(described))
            values[name] = described[name].validated(value)
        taken |= described.keys()
        changes: dict[str, Any] = {"knobs": values}
        if seeds is not None:
            if not 1 <= seeds <= MOST_SEEDS:
                raise UserError(f"seeds is {seeds}; allowed: 1 to {MOST_SEEDS:,}")
            changes["seeds"] = tuple(range(seeds))
        if updates is not None:
            changes["updates"] = updates
        if device is not None:
            changes["device"] = device
        runs.append(replace(run, **changes))
    for name in knobs:
        if name not in taken:
            raise one_of("knob", name, tuple(sorted(taken)))
    named = {run.name: run for run in runs}
    for number, run in enumerate(runs):
        shown: dict[str, Any] = {  # the same runs as are shown beside it
            key: replace(source, run=named[source.run.name])
            for key in ("data", "base")
            if isinstance(source := getattr(run, key), Source) and not source.recording
        }
        runs[number] = named[run.name] = replace(run, **shown)
    return replace(experiment, runs=tuple(runs))


def learning_from(experiment: Experiment, word: str, catalogue: Mapping[str, Any]) -> Experiment:
    """The experiment with every run that learns from data learning from what `word` names: the base, a
    recording or a Minari data set, sought from the working directory.

    Raises:
        UserError: when there is no such thing, or no run learns from data.
    """
    data: Source | DataSet | None = None
    if word.endswith(".h5"):
        data = recorded_source(Path(word))
    elif word.startswith(data_set.PREFIX):
        data = data_set.found(word, Path.cwd())
    elif word != "base":
        raise one_of("data", word, ("base", "a recording (.h5)", f"{data_set.PREFIX}NAME"))
    able = {name for name, learner in catalogue["learners"].items() if learner.get("from_data")}
    if not any(run.learner in able for run in experiment.runs):
        raise UserError(f"data {word}: no run learns from data; allowed learners: {', '.join(sorted(able))}")
    return replace(
        experiment,
        runs=tuple(replace(run, data=data) if run.learner in able else run for run in experiment.runs),
    )
