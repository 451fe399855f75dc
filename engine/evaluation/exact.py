"""Looking by exact evaluation."""

import numpy as np

from engine.evaluation.look import Columns, Look, Singles, as_targets
from engine.evaluation.setting import Setting
from engine.learners.base import Learner
from engine.metrics.exact import ExactMeasure
from engine.readout import read
from engine.tasks.tabular import Floats


class ExactLook(Look):
    """By exact evaluation of one policy table."""

    def __init__(self, learner: Learner, setting: Setting, targets: Floats) -> None:
        super().__init__(learner, setting, targets)
        assert setting.reference is not None
        # A learner without targets is held against the oracle at the best return, which is no target.
        self._measure = ExactMeasure(setting.reference, targets if learner.conditioned else np.empty(0))
        self._levels: tuple[float, Floats] | None = None

    def measure(self, step: int, policy: Singles, *, closely: bool) -> tuple[Columns, Floats]:  # noqa: ARG002
        """See :meth:`Look.measure`."""
        if not self.learner.conditioned:
            table = self._table(np.zeros(1))[:, 0]
            measured, returns = self._measure.unconditioned(table)
            return measured | (self._measure.deep(table) if closely else {}), returns
        target = self.target
        if self._levels is None or self._levels[0] != target:
            self._levels = target, self._measure.levels(target)
        levels = self._levels[1]
        measured, returns = self._measure.conditioned(self._table(levels), levels, target)
        if closely:
            levels = self._measure.deep_levels(target)
            measured |= self._measure.deep_conditioned(self._table(levels), levels, target)
        return measured, returns

    def _table(self, levels: Floats) -> Floats:
        """[S, G, H, N, A] as the learner acts at returns to go [G]."""
        return read(self.learner.policy_table(as_targets(self.learner, levels)))
