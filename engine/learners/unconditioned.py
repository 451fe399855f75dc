"""What the learners of one policy share, whatever they learn it from: how it is asked and told."""

from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.learners.base import Probes
from engine.learners.networks import Network
from engine.learners.policy import Policy, acts_by_table
from engine.learners.trained import TrainedLearner
from engine.tasks.dataset import Act


class Unconditioned(TrainedLearner):
    """A learner of one policy, which cannot be asked for a return."""

    conditioned = False
    markov = True
    policy: Policy

    def policy_table(self, targets: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Learner.policy_table`; [S, 1, H, N, A]."""
        with torch.no_grad():
            table = self.policy.table()
        return table.expand(-1, self.environment.horizon, -1, -1)[:, None]

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Learner.probabilities`; [S, 1, P, A]."""
        seeds = len(self.streams.seeds)
        with torch.no_grad():
            now = probes.observations[:, -1]
            rows, _ = self.policy(now.expand(seeds, *now.shape), probes.time.expand(seeds, -1))
            return self.family.recorded(rows)[:, None]

    def features(self, probes: Probes, target: float) -> Tensor | None:  # noqa: ARG002
        """See :meth:`Learner.features`."""
        body = self.policy.body
        if not isinstance(body, Network):
            return None
        seeds, now = len(self.streams.seeds), probes.observations[:, -1]
        with torch.no_grad():
            return body.features(now.expand(seeds, *now.shape), probes.time.expand(seeds, -1))

    def actor(self, target: float) -> Act:  # noqa: ARG002
        """See :meth:`Learner.actor`."""
        if self.environment.states == 0:
            return self.policy.act
        with torch.no_grad():
            return acts_by_table(self.policy.table())


class Rewarded(Unconditioned):
    """One that learns from what its own episodes were paid."""

    kind: ClassVar[Literal["predictor", "reward", "oracle"]] = "reward"
