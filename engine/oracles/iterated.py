"""Iterated conditioning, exactly: a predictor whose data are its own behaviour (2205.06595).

Exact on tasks of one choice, where what the data show is a policy again. Over several steps the data of
a policy that is asked for a return are no Markov policy; the learner `iterated` samples those.
"""

import dataclasses

import numpy as np

from engine.errors import UserError
from engine.oracles.conditional import conditional_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.tabular import Floats, TabularTask


def sharpest(task: TabularTask, targets: Floats) -> Floats:
    """[T, A] at the one choice, for each target the action that leads there most often (ties shared)."""
    _one_choice(task)
    state = int(task.start.argmax())
    reach = ReturnToGo(task).action_values(0, targets)[state]  # [A, T]
    best = (reach == reach.max(axis=0)) & (task.base[state] > 0)[:, None]
    return np.asarray((best / best.sum(axis=0)).T)


def rounds(task: TabularTask, targets: Floats, count: int, start: Floats | None = None) -> Floats:
    """The predictor after 0, 1, … `count` rounds: [count + 1, T, A] at the one choice.

    In each round all targets are asked for equally often; the data that come of it have a marginal choice
    and, for each return gathered, a conditional one, which is the next predictor.

    Args:
        targets: [T] returns asked for, reward units.
        start: [T, A] the first gathering policy; that conditioned on the base's data where None.

    Raises:
        UserError: for a task of more than one choice, or a negative count.
    """
    _one_choice(task)
    if count < 0:
        raise UserError(f"rounds is {count}; allowed: whole numbers from 0")
    state = int(task.start.argmax())
    policy = _conditioned(task, targets, state) if start is None else start
    found = [policy]
    for _ in range(count):
        base = task.base.copy()
        base[state] = policy.mean(axis=0)
        policy = _conditioned(dataclasses.replace(task, base=base), targets, state)
        found.append(policy)
    return np.stack(found)


def score(task: TabularTask, policies: Floats, targets: Floats) -> Floats:
    """J: the chance that what was asked for is gathered, averaged over the targets. [..., T, A] → [...]."""
    _one_choice(task)
    reach = ReturnToGo(task).action_values(0, targets)[int(task.start.argmax())]  # [A, T]
    return np.asarray(np.einsum("...ta,at->...", policies, reach) / len(targets))


def _conditioned(task: TabularTask, targets: Floats, state: int) -> Floats:
    return np.asarray(conditional_policy(ReturnToGo(task), targets).policy[:, 0, state])


def _one_choice(task: TabularTask) -> None:
    if task.horizon != 1 or task.start.max() < 1:
        raise UserError(
            f"task {task.name}: rounds are exact for tasks of one choice, and this one has {task.horizon} "
            "steps; allowed: echo, coin, gambling, ties; or run the learner iterated"
        )
