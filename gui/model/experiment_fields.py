"""The fields of an experiment's form, made from the declarations: nothing here knows a learner or a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.experiments import COUNTS, DEFAULT_SEEDS, MOST_SEEDS
from engine.learners.knobs import Knob
from engine.specification import RunSpecification
from engine.toml_text import Place
from gui.model.scale import written

Kind = Literal["text", "choice", "bool"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be stated.

    Attributes:
        place: where it stands in the file.
        default: what holds where nothing is stated, in words.
        hint: what is allowed, with its unit, and what it is.
        choices: of a choice; of a text, what is offered beside what can be typed.
        labels: the choices in words, where those are others.
    """

    place: Place
    label: str
    hint: str = ""
    kind: Kind = "text"
    default: str = ""
    choices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def of_counts(place: Place, shared: Mapping[str, str]) -> list[Field]:
    """How much to run and record; `shared` is what the experiment says for all its runs."""
    defaults = {name: str(getattr(RunSpecification, name)) for name in COUNTS if name != "seeds"}
    defaults = {"seeds": str(DEFAULT_SEEDS), **defaults, **shared}
    most = f" to {MOST_SEEDS:,}"
    return [
        Field(
            (*place, name),
            name.replace("_", " ").capitalize(),
            f"{says[0].upper()}{says[1:]}. Whole numbers from 1{most if name == 'seeds' else ''}",
            default=defaults[name],
        )
        for name, says in COUNTS.items()
    ]


def of_knob(place: Place, knob: Knob, *, matters: bool = True) -> Field:
    """A knob's field: its help, range, scale and unit as they are declared; and where it has an effect, where
    it `matters` not."""
    words = [knob.help.rstrip(".")]
    if knob.kind in ("float", "int"):
        kind = "Whole numbers, " if knob.kind == "int" else ""
        words.append(f"{kind}{knob.range_text}{', logarithmic' if knob.scale == 'log' else ''}")
    if not knob.steerable:
        words.append("Fixed when the run starts")
    if not matters:
        words.append(knob.where.rstrip("."))
    kinds: dict[str, Kind] = {"choice": "choice", "bool": "bool"}
    default = str(knob.default).lower() if knob.kind == "bool" else written(knob.default)
    return Field(
        (*place, "knobs", knob.name),
        knob.label,
        ". ".join(words),
        kinds.get(knob.kind, "text"),
        default,
        knob.choices,
    )


def of_run(place: Place, learner: Mapping[str, Any], others: list[str]) -> list[Field]:
    """What a run may say that it need not: a task of its own, data if it learns from them, another base."""
    fields = [
        Field((*place, "task"), "Task of its own", "Where it is not the experiment's", default="as above")
    ]
    if learner.get("from_data"):
        sources = ("base", *(f"run: {name}" for name in others))
        hint = (
            "Episodes of the base, another run's own episodes, a recording (.h5) beside the file, or minari: "
            "and the path of a Minari data set or the name of an installed one"
        )
        fields.append(Field((*place, "data"), "Learns from", hint, default="base", choices=sources))
    hint = (
        "The task's own, or a network cloned from what another run does once it is trained, from a recording "
        "(.h5) or a Minari data set; not where the task is a table"
    )
    bases = ("task", *(f"run: {name}" for name in others))
    fields.append(Field((*place, "base"), "Base", hint, default="task", choices=bases))
    return fields
