"""`oracle`: exact answers."""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from commands.arguments import Number, Target, count
from engine.errors import UserError


@dataclass(frozen=True)
class Oracle:
    """The exact answer for a task: asked for a return, or at a KL weight, or the base itself."""

    task: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="TASK")]
    """Name of a built-in task, or path of a task's file (.toml, .npz)."""
    target: Target = math.nan
    """Return to ask the conditional oracle for, reward units; a pair such as 2,1 where goals are two."""
    best_of: Annotated[int, count("not asked")] = 0
    """The best of N episodes of the base."""
    rounds: Annotated[int, count("none")] = 0
    """With the target: the predictor after N rounds of its own data, from the policy that is best at it."""
    beta: Number = math.nan
    """KL weight β of the KL oracle, in reward units a nat."""
    base: bool = False
    """The base policy."""
    frontier: bool = False
    """Return against drift: of the KL oracle over its range, of the conditional oracle for every target."""
    json: bool = False
    """One JSON object instead of a table."""

    def __call__(self) -> int:
        from engine.tasks import registry, task_file

        name, text = task_file.read(Path(self.task)) if task_file.is_path(self.task) else (self.task, "")
        task = registry.load(name, text)
        asked = [
            isinstance(self.target, tuple) or not math.isnan(self.target),
            not math.isnan(self.beta),
            self.base,
            self.best_of > 0,
            self.frontier,
        ]
        if sum(asked) != 1:
            raise UserError(
                "oracle: ask for exactly one of --target G, --beta B, --base, --best-of N, --frontier"
            )
        from engine.oracles import answers  # here: a mistake is answered at once, without torch

        if self.frontier:
            answer = answers.frontiers(task)
        elif self.base:
            answer = answers.base(task)
        elif self.best_of:
            answer = answers.best_of(task, self.best_of)
        elif asked[0]:
            target = _coded(task, self.target)
            answer = (
                answers.iterated(task, target, self.rounds)
                if self.rounds
                else answers.conditional(task, target)
            )
        else:
            answer = answers.kl(task, self.beta)
        if answer.get("supported") is False:
            returns = answer["returns"]
            assert isinstance(returns, dict)
            print(
                f"supertask: no episode of the base returns {self.target}, so this is the base itself; "
                f"its returns: {', '.join(returns)}",
                file=sys.stderr,
            )
        if self.json:
            print(json.dumps(answer))
        elif self.frontier:
            _print_frontiers(answer)
        else:
            for key, value in answer.items():
                rows = value.items() if isinstance(value, dict) else [("", value)]
                for place, (name, inner) in enumerate(rows):
                    shown = _shown(inner) if isinstance(inner, float) else str(inner)
                    print(f"{key if place == 0 else '':<20} {f'{name:>8}  ' if name else ''}{shown}")
        return 0


def _shown(number: float, digits: int = 9) -> str:
    """What rounding left of a zero is shown as the zero that it is."""
    return f"{0.0 if abs(number) < 1e-12 else number:.{digits}g}"


def _print_frontiers(answer: dict[str, Any]) -> None:
    """Both frontiers as two tables of numbers, most drift last."""
    columns = ("mean", "drift", "asked", "collateral")
    print(f"{'KL oracle: beta':<26}{'mean':>16}{'drift':>16}")
    for row in answer["kl"]:
        beta = "infinite" if row["beta"] is None else f"{row['beta']:.6g}"
        print(f"{beta:>15}{'':<11}{_shown(row['mean']):>16}{_shown(row['drift']):>16}")
    print(f"\n{'conditional oracle: target':<26}" + "".join(f" {column:>13}" for column in columns))
    for row in answer["conditional"]:
        shown = (f"{_shown(row[column], 8):>13}" for column in columns)
        print(f"{row['target']:>15.10g}{'':<11} " + " ".join(shown))
    print(
        "\nNothing is left to chance: targets drawn at random trace out the KL oracle's frontier exactly."
        if answer["mixtures_reach_kl"]
        else "\nSomething is left to chance: asking for a return pays for luck too, the KL oracle does not."
    )


def _coded(task: Any, target: float | tuple[float, float]) -> float:
    """The return that a target names; a pair only where the task has two goals."""
    if not isinstance(target, tuple):
        return target
    if task.goals is None:
        raise UserError(f"oracle: task {task.name} has one return; allowed: one number")
    return float(task.goals.coded(*target))
