"""An experiment as it is being written, field by field.

A TOML text is all there is. A field reads from it and writes into it, comments and order stay as they are,
and what is wrong is what the engine says of the text: a form and a file cannot disagree.
"""

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from engine.experiments import COUNTS
from engine.learners.knobs import Knob
from engine.places import expanded
from engine.tasks import recipe, registry, task_file
from engine.toml_text import Place, StatementError
from gui.model import experiment_fields
from gui.model.draft_file import DraftFile
from gui.model.experiment_fields import Field
from gui.model.named_files import from_here

WORDS = ("title", "summary", "task", "name", "learner", "data", "base")  # keys whose values are never numbers
FILES = ("task", "data", "base")  # and those that may name files


class ExperimentDraft(DraftFile):
    """What the form edits."""

    # What is wrong

    def said(self, place: Place) -> str:
        """What is wrong in one place, and what is allowed; empty where nothing is."""
        return next((problem.said for problem in self.problems if self._shown_at(problem) == place), "")

    def _shown_at(self, problem: StatementError) -> Place:
        """A task that a run lacks is asked for where the experiment's is."""
        place = problem.place
        return ("task",) if place[-1] == "task" and not self.stated(place) else place

    @property
    def why_not(self) -> str:
        """Why it cannot be run; empty when it can."""
        if self.fault:
            return self.fault
        return "\n".join(f"{self._where(problem)} {problem.said}" for problem in self.problems)

    def _where(self, problem: StatementError) -> str:
        place = self._shown_at(problem)
        field = next((field for field in self.fields() if field.place == place), None)
        label = field.label if field else str(place[-1])
        if place[0] == "runs" and len(place) > 1 and int(place[1]) < len(self.runs):
            return f"{self.run_name(int(place[1]))}: {label}"
        if place[0] == "checks":
            return f"{self.path.name} line {problem.line}, a check: {place[-1]}"
        return label

    # The fields

    def fields(self) -> list[Field]:
        """Every field, of the experiment and of its runs."""
        return [*self.shared_fields(), *(f for n in range(len(self.runs)) for f in self.run_fields(n))]

    def shared_fields(self) -> list[Field]:
        """What is said of the whole experiment."""
        return [
            Field(("title",), "Title"),
            Field(("summary",), "Summary", default="What is asked, in a sentence"),
            Field(("task",), "Task", choices=tuple(self.catalogue["tasks"])),
            *experiment_fields.of_counts((), {}),
        ]

    def run_fields(self, number: int) -> list[Field]:
        """Everything that one run says, its knobs last."""
        place: Place = ("runs", number)
        learners = self.catalogue["learners"]
        shared = {name: text for name in COUNTS if (text := self.stated((name,)))}
        own = [
            Field((*place, "name"), "Name", default=self.stated((*place, "learner"))),
            Field(
                (*place, "learner"),
                "Learner",
                kind="choice",
                choices=tuple(learners),
                labels=tuple(learner["label"] for learner in learners.values()),
            ),
        ]
        learner = learners.get(self.stated((*place, "learner")))
        if learner is None:
            return own
        others = [self.run_name(n) for n in range(len(self.runs)) if n != number]
        tabular = self.tabular(number)
        knobs = [Knob.from_data(data) for data in learner["knobs"]]
        seen = [k for k in knobs if k.matters(tabular=tabular) or self.stated((*place, "knobs", k.name))]
        return [
            *own,
            *experiment_fields.of_counts(place, shared),
            *experiment_fields.of_run(place, learner, others),
            *(experiment_fields.of_knob(place, knob, matters=knob.matters(tabular=tabular)) for knob in seen),
        ]

    def put(self, place: Place, typed: str) -> None:
        """Say this in a place: nothing, a number, true or false, or words."""
        before = self.stated(place)
        if typed == before:
            return
        holder: MutableMapping[str, Any] = self.document
        if place[0] == "runs":
            number = int(place[1])
            holder = self.runs[number]
            if place[2] == "knobs":
                holder = holder.setdefault("knobs", tomlkit.inline_table())
            elif place[2] == "name":
                self._rename(self.run_name(number), typed.strip() or self.stated((*place[:2], "learner")))
            elif place[2] == "learner":
                self._change_learner(number, typed)
        key = str(place[-1])
        if key in FILES:
            typed = from_here(typed, self.path.parent, Path.cwd())
        if typed.strip():
            holder[key] = _value(typed, words=key in WORDS)
        else:
            holder.pop(key, None)
        if place[0] == "runs" and place[2] == "knobs" and not holder:
            self.runs[int(place[1])].pop("knobs")
        self.look(place)

    # The task and what it leaves open

    @property
    def task(self) -> tuple[str, dict[str, str]]:
        """The task's name, and what is stated of what it leaves open."""
        name, _, rest = self.stated(("task",)).partition("(")
        return name.strip(), dict(re.findall(r"(\w+)\s*=\s*([^,)]*)", rest))

    def task_parameters(self) -> dict[str, str]:
        """What a built-in task leaves open, with its default."""
        known = self.catalogue["tasks"].get(self.task[0], {})
        return {name: f"{value:g}" for name, value in known.get("parameters", {}).items()}

    def put_task_parameter(self, parameter: str, typed: str) -> None:
        """Say what is left open; nothing stands for the default."""
        name, numbers = self.task
        numbers = {**numbers, parameter: typed.strip()}
        listed = ", ".join(f"{key}={numbers[key]}" for key in self.task_parameters() if numbers.get(key))
        self.put(("task",), f"{name}({listed})" if listed else name)

    def code_files(self) -> list[Path]:
        """The files of one's own code that the tasks name."""
        words = [
            self.stated(place) for place in (("task",), *(("runs", n, "task") for n in range(len(self.runs))))
        ]
        return [self.path.parent / expanded(file) for word in words for file in recipe.files(word)]

    # The runs

    def tabular(self, number: int) -> bool:
        """Whether a run's task is a table, as far as its name tells."""
        task = (self.stated(("runs", number, "task")) or self.stated(("task",))).strip()
        return task_file.is_path(task) or registry.known(task)

    @property
    def runs(self) -> list[MutableMapping[str, Any]]:
        """The tables of the runs; none where the text has something else in their place."""
        runs = self.document.get("runs", [])
        return runs if isinstance(runs, list) and all(isinstance(run, Mapping) for run in runs) else []

    def run_name(self, number: int) -> str:
        """As it will be called."""
        return self.stated(("runs", number, "name")) or self.stated(("runs", number, "learner"))

    @property
    def oracles(self) -> list[bool]:
        """Of each run whether it is exact, and so drawn as such."""
        return [
            self.stated(("runs", number, "learner")).endswith("_oracle") for number in range(len(self.runs))
        ]

    @property
    def wrong_runs(self) -> set[int]:
        """The runs of which something is wrong."""
        places = (self._shown_at(problem) for problem in self.problems)
        return {int(place[1]) for place in places if place[0] == "runs" and len(place) > 1}

    def add_run(self, learner: str) -> int:
        """One more run, with the learner's own knobs. Returns its number."""
        run = tomlkit.table()
        run["name"] = self._free_name(self.catalogue["learners"][learner]["label"])
        run["learner"] = learner
        return self._append(run)

    def copy_run(self, number: int) -> int:
        """One more run like another. Returns its number."""
        copied = tomlkit.table()
        for key, value in tomlkit.parse(tomlkit.dumps(dict(self.runs[number]))).items():
            copied[key] = value
        copied["name"] = self._free_name(self.run_name(number))
        return self._append(copied)

    def _append(self, run: Any) -> int:
        if not self.runs:
            self.document["runs"] = tomlkit.aot()
        else:
            self.runs[-1].add(tomlkit.nl())  # type: ignore[attr-defined]
        self.runs.append(run)
        self.look()
        return len(self.runs) - 1

    def remove_run(self, number: int) -> None:
        """Take a run out, and with it the checks that are about it."""
        name = self.run_name(number)
        del self.runs[number]
        checks = self.document.get("checks", [])
        for place in reversed(range(len(checks))):
            if name in (checks[place].get("run"), checks[place].get("than_run")):
                del checks[place]
        self.look()

    def _free_name(self, wanted: str) -> str:
        taken = {self.run_name(number) for number in range(len(self.runs))}
        stem = re.sub(r" \d+$", "", wanted)
        numbered = (f"{stem} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in taken)

    def _rename(self, before: str, after: str) -> None:
        """What is said of a run by its name goes on being said of it."""
        for check in self.document.get("checks", []):
            for key in ("run", "than_run"):
                if check.get(key) == before:
                    check[key] = after
        for run in self.runs:
            for key in ("data", "base"):
                if str(run.get(key, "")).removeprefix("run:").strip() == before:
                    run[key] = f"run: {after}"

    def _change_learner(self, number: int, after: str) -> None:
        """Knobs that the new learner does not have go; a name that was the old learner's own becomes its."""
        learners, run = self.catalogue["learners"], self.runs[number]
        before = self.stated(("runs", number, "learner"))
        if after not in learners:
            return
        kept = {data["name"] for data in learners[after]["knobs"]}
        for name in [name for name in run.get("knobs", {}) if name not in kept]:
            del run["knobs"][name]
        if not run.get("knobs", True):
            del run["knobs"]
        name = self.run_name(number)
        own = {before.casefold(), learners.get(before, {"label": ""})["label"].casefold()}
        if "name" in run and re.sub(r" \d+$", "", name).casefold() in own:
            new = self._free_name(learners[after]["label"])
            self._rename(name, new)
            run["name"] = new


def _value(typed: str, *, words: bool) -> Any:
    """What was typed, as TOML holds it: a number as it was typed; of what is none the engine says so."""
    if words:
        return typed
    text = typed.strip().replace(",", ".")
    try:
        return tomlkit.value(text)
    except (TOMLKitError, ValueError):
        pass
    try:
        return float(text)
    except ValueError:
        return typed.strip()
