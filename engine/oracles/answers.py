"""What an oracle does on a task, as plain data for a person or a program to read."""

import math

import numpy as np

from engine.errors import UserError
from engine.oracles import iterated as own_data
from engine.oracles.best_of_n import best_of_n
from engine.oracles.evaluation import Evaluation
from engine.oracles.frontier import conditional_frontier, frontier
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


def best_of(task: TabularTask, n: int) -> Answer:
    """The best of `n` episodes of the base, with the bound ln n − (n − 1)/n on its drift.

    Raises:
        UserError: when n is less than 1.
    """
    reference = Reference(task)
    kept = best_of_n(reference, n)
    return {
        "mean": kept.mean,
        "returns": _returns(reference, kept.returns),
        "drift": kept.drift,
        "asked": kept.drift,
        "collateral": 0.0,
        "effective_outcomes": _number(np.asarray(kept.effective_outcomes)),
        "bound": kept.bound,
        "best": reference.best_return,
    }


def iterated(task: TabularTask, target: float, rounds: int) -> Answer:
    """The predictor after `rounds` of its own data, from the policy best at reaching what it is asked.

    `scores` are the chances, averaged over all returns, of gathering what was asked after 0, 1, … rounds.

    Raises:
        UserError: for a task of more than one choice, or a return that the base never gathers.
    """
    reference = Reference(task)
    if not reference.supports(target):
        listed = ", ".join(f"{level:g}" for level in reference.supported_targets)
        raise UserError(f"task {task.name}: nobody ever gathers {target:g}; allowed: {listed}")
    levels = reference.supported_targets
    policies = own_data.rounds(task, levels, rounds, own_data.sharpest(task, levels))
    policy = task.base.copy()[None, None].repeat(task.horizon, axis=1)
    policy[0, 0, int(task.start.argmax())] = policies[-1][np.abs(levels - target).argmin()]
    return {
        **_answer(reference, reference.evaluator.evaluate(policy).item(0)),
        "scores": {
            str(number): float(score) for number, score in enumerate(own_data.score(task, policies, levels))
        },
    }


def frontiers(task: TabularTask) -> Answer:
    """Return against drift: of the KL oracle from β = ∞ to 0, and of the conditional oracle for each target.

    `mixtures` says whether agents that draw their target at random trace out the KL oracle's exactly.
    """
    reference = Reference(task)
    columns = ("target", "mean", "drift", "asked", "collateral")
    return {
        "kl": [
            {"beta": _number(np.asarray(beta)), "mean": mean, "drift": drift}
            for beta, mean, drift in frontier(reference.evaluator).tolist()
        ],
        "conditional": [
            dict(zip(columns, row, strict=True)) for row in conditional_frontier(reference).tolist()
        ],
        "mixtures_reach_kl": task.deterministic and bool(np.max(task.start) == 1),
    }


def _answer(reference: Reference, evaluation: Evaluation) -> Answer:
    """Mean return and its distribution, drift and its two parts in nats; None where undefined."""
    task = reference.task
    answer: Answer = {
        "mean": _number(evaluation.mean),
        "returns": _returns(reference, evaluation.returns),
        "drift": _number(evaluation.drift),
        "asked": _number(evaluation.asked),
        "collateral": _number(evaluation.collateral),
        "effective_outcomes": _number(evaluation.effective_outcomes),
        "best": reference.best_return,
    }
    if task.gold is not None:
        answer["gold"] = float(np.sum(evaluation.occupancy * task.gold))
    if task.goals is not None:
        parts = task.goals.parts(evaluation.values)
        answer["goals"] = {
            name: float(evaluation.returns @ part) for name, part in zip(task.goals.names, parts, strict=True)
        }
    return answer


def _returns(reference: Reference, probabilities: Floats) -> dict[str, float]:
    """P(return) of every return that this policy or the base reaches."""
    met = (reference.evaluator.base_returns > 0) | (probabilities > 0)
    values = reference.evaluator.values[met].tolist()
    return {f"{value:.10g}": p for value, p in zip(values, probabilities[met].tolist(), strict=True)}


def _number(value: Floats) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
