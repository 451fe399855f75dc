"""`list`: what there is."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from engine.errors import one_of

KINDS = ("experiments", "tasks", "learners", "metrics")


@dataclass(frozen=True)
class List:
    """What there is: experiments, tasks, learners, metrics; of one learner also its knobs."""

    what: Annotated[
        tyro.conf.Positional[str], tyro.conf.arg(metavar="WHAT", help_behavior_hint="(default: all)")
    ] = ""
    """`experiments`, `tasks`, `learners` or `metrics` alone; or a learner's name, for its knobs."""
    json: bool = False
    """One JSON object instead of text: everything, whatever WHAT is."""

    def __call__(self) -> int:
        from engine.learners.names import NAMES

        allowed = ("", *KINDS, *NAMES)
        if self.what not in allowed:  # before torch is imported
            raise one_of("list", self.what, allowed[1:])
        from engine import catalogue, experiments

        described = catalogue.describe()
        titles = {name: experiments.load(name).title for name in experiments.names()}
        if self.json:
            print(json.dumps({"experiments": titles, **described}))
            return 0
        if self.what in NAMES:
            _print_learner(described["learners"][self.what])
            return 0
        found = {
            "experiments": titles,
            "tasks": {name: task["help"] for name, task in described["tasks"].items()},
            "learners": {name: learner["help"] for name, learner in described["learners"].items()},
            "metrics": {metric["name"]: _metric(metric) for metric in described["metrics"]},
        }
        for kind in [self.what] if self.what else KINDS:
            for name, words in found[kind].items():
                print(f"{kind[:-1]:<12}{name:<22} {words}")
        if self.what in ("", "learners"):
            print("For a learner's knobs and their ranges: python main.py list LEARNER")
        return 0


def _metric(metric: dict[str, Any]) -> str:
    return f"{metric['help']} ({metric['unit']})" if metric["unit"] else str(metric["help"])


def _print_learner(learner: dict[str, Any]) -> None:
    """Name and help; a line for each knob with its default and what is allowed."""
    from engine.learners.knobs import Knob

    print(f"{learner['name']}: {learner['help']}")
    for data in learner["knobs"]:
        knob = Knob.from_data(data)
        more = ("" if knob.steerable else "Fixed when the run starts.", knob.where)
        words = " ".join(part for part in (knob.help, *more) if part)
        print(f"  {knob.name:<22} {knob.default}; allowed: {knob.range_text}. {words}")
