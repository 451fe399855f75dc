"""What an oracle does on a task, as plain data for a person or a program to read."""

import math

from engine.oracles.evaluation import Evaluation
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats, TabularTask

Answer = dict[str, object]


def base(task: TabularTask) -> Answer:
    """The base policy."""
    reference = Reference(task)
    return _answer(reference, reference.base)


def conditional(task: TabularTask, target: float) -> Answer:
    """The conditional oracle asked for `target` (reward units).

    `supported` is false where the base never reaches the target; the oracle is the base then.
    """
    reference = Reference(task)
    return {**_answer(reference, reference.conditional(target)), "supported": reference.supports(target)}


def kl(task: TabularTask, beta: float) -> Answer:
    """The KL oracle at weight `beta` (reward units a nat).

    Raises:
        UserError: for a weight out of range.
    """
    reference = Reference(task)
    return _answer(reference, reference.kl(beta))


def _answer(reference: Reference, evaluation: Evaluation) -> Answer:
    """Mean return and its distribution, drift and its two parts in nats; None where undefined."""
    met = (reference.evaluator.base_returns > 0) | (evaluation.returns > 0)
    returns = zip(evaluation.values[met].tolist(), evaluation.returns[met].tolist(), strict=True)
    return {
        "mean": _number(evaluation.mean),
        "returns": {f"{value:.10g}": p for value, p in returns},
        "drift": _number(evaluation.drift),
        "asked": _number(evaluation.asked),
        "collateral": _number(evaluation.collateral),
        "effective_outcomes": _number(evaluation.effective_outcomes),
    }


def _number(value: Floats) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
