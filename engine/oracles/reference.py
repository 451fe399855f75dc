"""The exact answers that a run is held against, computed once a task."""

import dataclasses
from functools import cached_property

import numpy as np

from engine.oracles.conditional import Conditional, conditional_policy, evaluate_conditional
from engine.oracles.evaluation import Evaluation, ExactEvaluator
from engine.oracles.kl import greedy_limit, kl_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.tabular import Floats, TabularTask


class Reference:
    """Base, conditional oracle and KL oracle of one task, each exactly evaluated.

    Attributes:
        task: the task.
        evaluator: evaluates any policy on it.
        table: the return-to-go table of its base.
    """

    def __init__(self, task: TabularTask) -> None:
        self.task = task
        self.evaluator = ExactEvaluator(task)
        self.table = ReturnToGo(task)
        self._conditional: dict[float, Evaluation] = {}

    @property
    def base(self) -> Evaluation:
        """The base policy."""
        return self.evaluator.base

    @cached_property
    def supported_targets(self) -> Floats:
        """Returns that the base reaches, ascending, reward units."""
        return self.evaluator.values[self.evaluator.base_returns > 0]

    @cached_property
    def best_return(self) -> float:
        """The largest expected return of any policy that does what the data ever do in states that look so.

        Without `shown` that is a policy within the base's support. Of several demonstrators it may
        take one's choice here and another's there.
        """
        task = self.task
        if task.shown is not None:
            done = np.zeros_like(task.base)
            np.add.at(done, task.shown, self.base.occupancy)
            pooled = np.where(done.sum(axis=1, keepdims=True) > 0, done, task.base)[task.shown]
            task = dataclasses.replace(task, base=pooled / pooled.sum(axis=1, keepdims=True))
        return float(task.start @ greedy_limit(task)[1][0])

    def supports(self, target: float) -> bool:
        """Whether the base reaches this return at all."""
        return bool(
            np.any(np.isclose(self.supported_targets, target, rtol=0, atol=1e-6 * self.task.reward_unit))
        )

    def conditional(self, target: float) -> Evaluation:
        """The conditional oracle asked for `target`. Where that is out of support it is the base."""
        if target not in self._conditional:
            found = evaluate_conditional(self.table, self.evaluator, np.array([target]))
            self._conditional[target] = found.item(0)
        return self._conditional[target]

    def conditional_table(self, target: float) -> Conditional:
        """π* at every return to go that asking for `target` can lead to."""
        return conditional_policy(self.table, self.evaluator.levels_for(np.array([target])))

    def kl(self, beta: float) -> Evaluation:
        """The KL oracle at weight `beta`, reward units a nat."""
        return self.evaluator.evaluate(kl_policy(self.task, np.array([beta])).policy).item(0)
