"""A base that is itself a network: it imitates given episodes once, and is fixed from then on.

It stands for a pretrained model: predictors learn from what it does, what a nat of divergence costs refers to
it, and drift is measured from it. There is one for all seeds of a run, made from the episodes of all seeds of
its source, so that it is the same whichever seeds learn. It knows the observation only, not the time.

Drift from it is sampled as on any task without a table: of the policy's own episodes, the divergence of the
two distributions at every context visited, with the standard error of their mean.
"""

import math

import torch
from torch import Tensor

from engine import activity
from engine.learners.networks import Network
from engine.learners.optimiser import Adam
from engine.tasks.dataset import Steps, Trajectories
from engine.tasks.environment import Environment
from engine.tasks.sources import pooled
from engine.tasks.streams import Streams

UPDATES = 400
BATCH = 512  # steps of the episodes in one of them
LEARNING_RATE = 0.003


class ClonedBase:
    """Called with observations […, D] it tells the base policy […, A] (`Environment.base_probabilities`)."""

    def __init__(self, environment: Environment, episodes: Trajectories) -> None:
        streams = Streams((0,), "cloned base", environment.device)
        self.family = environment.family
        self.network = Network(environment, streams, self.family.outputs, timed=False, conditioned=False)
        optimiser = Adam(list(self.network.parameters()))
        steps = Steps.of(pooled(episodes))
        with activity.at("cloning the base") as told:
            for update in range(UPDATES):
                told(f"update {update} of {UPDATES}")
                observations, _, _, actions = steps.drawn(streams, BATCH)
                rows = self.family.rows(self.network(observations))
                loss = self.family.surprise(rows, actions).mean(dim=1)
                # The rate falls to nothing: what is kept does not hang on the last few steps drawn.
                optimiser.step(loss, LEARNING_RATE * (1 - update / UPDATES))

    def __call__(self, observations: Tensor) -> Tensor:
        """See the class."""
        shape = observations.shape[:-1]
        with torch.no_grad():
            raw = self.network(observations.reshape(1, math.prod(shape), -1))
            return self.family.acted_by(raw).reshape(*shape, -1)
