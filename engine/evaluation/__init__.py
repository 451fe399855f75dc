"""What is recorded of a learner: which columns, targets, probes and bins, and their values now.

Exact where the policy of a tabular task depends on (state, time, return to go) only; else from
rollouts. Looking is a pure function of the learner's state and the step: it moves no training stream.
Axes: S seeds, T targets, P probes, A actions, R bins, H horizon, N states, G returns to go.
"""

import math

import numpy as np

from engine.evaluation.closer import closer
from engine.evaluation.exact import ExactLook
from engine.evaluation.look import Columns, Look, Singles, policy_at
from engine.evaluation.sampled import SampledLook
from engine.evaluation.setting import sampled_setting, tabular_setting
from engine.learners.base import Learner
from engine.metrics.columns import columns
from engine.tasks.tabular import Floats
from engine.tasks.tabular_environment import TabularEnvironment

__all__ = ["Evaluation"]


class Evaluation:
    """Looks at one learner.

    Attributes:
        exact: by dynamic programming; no environment is asked.
        targets: [T] the environment's levels; NaN alone for a learner that takes no target.
        probe_labels: [P].
        columns: what `measure` may give, in the order of the recording.
        bins: [R] centres of the return distributions, reward units.
        constants: named arrays, as :class:`engine.recording.schema.Layout` lists them.
        task_description: plain data: name, help, outcomes, best_return, base_return (reward units)
            and, on a tabular task, success_drift: −ln of the base's probability of the best return
            that it reaches, nats.
    """

    def __init__(self, learner: Learner, seeds: tuple[int, ...]) -> None:
        environment = learner.environment
        tabular = isinstance(environment, TabularEnvironment)
        self._learner = learner
        self.targets = environment.levels if learner.conditioned else (math.nan,)
        asked = np.array(self.targets)
        setting = (
            tabular_setting(environment, asked)
            if isinstance(environment, TabularEnvironment)
            else sampled_setting(environment, asked)
        )
        self.exact = learner.markov and tabular
        self._setting = setting
        self._look: Look = (
            ExactLook(learner, setting, asked) if self.exact else SampledLook(learner, setting, asked, seeds)
        )
        self.probe_labels = setting.labels
        self.bins = tuple(setting.bins.tolist())
        self.constants = setting.constants
        self.task_description = dict(setting.description)
        self.columns = columns(
            exact=self.exact,
            conditioned=learner.conditioned,
            outcomes=bool(environment.outcome_names),
            reference=tabular,
            gold=isinstance(environment, TabularEnvironment) and environment.gold is not None,
            goals=environment.goals is not None,
            hidden=learner.features(setting.probes, environment.levels[-1]) is not None,
        )
        self._names = {column.name for column in self.columns}
        self._seen: tuple[object, bool, tuple[Columns, Singles, Singles]] | None = None

    def measure(self, step: int, *, closely: bool) -> tuple[Columns, Singles, Singles]:
        """Look, after `step` updates.

        Args:
            closely: the costlier columns too.

        Returns:
            {column name: [S]}, the policy at the probes [S, T, P, A] when asked for each target, and
            the probability of each bin of return [S, T, R].
        """
        # An oracle learns nothing: what was seen of it stays true until a knob is turned.
        fixed = self._learner.kind == "oracle"
        if fixed and self._seen is not None:
            knobs, seen_closely, seen = self._seen
            if knobs == self._learner.knobs and (seen_closely or not closely):
                return seen
        policy = self.policy(np.array(self.targets))
        measured, returns = self._look.measure(step, policy, closely=closely)
        if closely:
            target = self._look.target
            asked = self._learner.environment.levels[-1] if math.isnan(target) else target
            measured |= closer(self._learner, self._setting.probes, policy, step, asked)
        kept = {name: values for name, values in measured.items() if name in self._names}
        seen = kept, policy, returns.astype(np.float32)
        if fixed:
            self._seen = self._learner.knobs, closely, seen
        return seen

    def policy(self, targets: Floats) -> Singles:
        """Action probabilities [S, T, P, A] at the probes, had `targets` [T] been asked at their start.

        T is 1 for a learner that takes no target.
        """
        return policy_at(self._learner, self._setting.probes, targets)
