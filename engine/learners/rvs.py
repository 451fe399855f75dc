"""Return-conditioned network (RvS, 2112.10751): predict the action from the state and what it led to."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.base import Probes
from engine.learners.heads import family_of
from engine.learners.networks import Network
from engine.learners.optimiser import Adam
from engine.learners.predictor import Predictor, PredictorKnobs
from engine.learners.rollouts import asked_at
from engine.learners.trained import GRADIENT_NORM, LOSS
from engine.recording.schema import MetricColumn
from engine.tasks.dataset import Act, Contexts, Steps
from engine.tasks.environment import Environment
from engine.tasks.sources import training_data
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


class RvS(Predictor):
    """One network over (state, time, return to go), trained by cross-entropy."""

    name = "rvs"
    label = "RvS"
    help = "Supervised: predicts the base's action from the state and the return that followed."
    markov = True
    from_data = True
    in_boxes = True
    Knobs = PredictorKnobs
    diagnostics: ClassVar[tuple[MetricColumn, ...]] = (LOSS, GRADIENT_NORM)

    def __init__(
        self, environment: Environment, knobs: PredictorKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.family = family_of(environment, knobs.head)
        self.network = Network(environment, streams, self.family.outputs, timed=True, conditioned=True)
        self.optimiser = Adam(list(self.network.parameters()))
        self.steps = Steps.of(training_data(environment, knobs.data_episodes, streams.seeds))
        self.contexts: Contexts | None = None
        if isinstance(environment, TabularEnvironment):
            self.contexts = Contexts.of(self.steps, environment)

    def _update(self) -> dict[str, Tensor]:
        loss = self._prediction_loss()
        norm = self.optimiser.step(loss, self.knobs.learning_rate)
        return {"loss": loss.detach(), "gradient_norm": norm}

    def _prediction_loss(self) -> Tensor:
        """[S] cross-entropy of the base's actions given what they led to."""
        return self._batch_loss() if self.contexts is None else self._whole_loss(self.contexts)

    def _batch_loss(self) -> Tensor:
        """[S] cross-entropy on steps drawn from the data."""
        observations, times, returns_to_go, actions = self.steps.drawn(self.streams, self.knobs.batch)
        rows = self.family.rows(self.network(observations, times, returns_to_go))
        return self.family.surprise(rows, actions).mean(dim=1)

    def _whole_loss(self, data: Contexts) -> Tensor:
        """[S] cross-entropy on all of the data at once, which the counts of a small task allow."""
        seeds = len(self.streams.seeds)
        rows = (data.observations, data.times, data.returns_to_go)
        logits = self.network(*(row.expand(seeds, -1) for row in rows))
        return -(data.frequency * functional.log_softmax(logits, dim=-1)).flatten(1).sum(dim=1)

    def policy_table(self, targets: Tensor) -> Tensor:
        """See :meth:`Learner.policy_table`."""
        with torch.no_grad():
            table: Tensor = functional.softmax(self.network.table(targets), dim=-1)
        return table

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """See :meth:`Learner.probabilities`."""
        seeds, shape = len(self.streams.seeds), (len(targets), len(probes.time))
        now = probes.observations[:, -1]
        observations = now.expand(seeds, len(targets), *now.shape).flatten(1, 2)
        times = probes.time.expand(seeds, *shape).flatten(1)
        asked = asked_at(probes, targets).expand(seeds, *shape).flatten(1)
        with torch.no_grad():
            rows = self.family.rows(self.network(observations, times, asked))
            return self.family.recorded(rows).reshape(seeds, *shape, -1)

    def features(self, probes: Probes, target: float) -> Tensor:
        """See :meth:`Learner.features`."""
        seeds, count = len(self.streams.seeds), len(probes.time)
        now = probes.observations[:, -1]
        asked = asked_at(probes, torch.tensor([target], device=self.device)).expand(seeds, count)
        with torch.no_grad():
            return self.network.features(
                now.expand(seeds, *now.shape), probes.time.expand(seeds, count), asked
            )

    def actor(self, target: float) -> Act:
        """See :meth:`Learner.actor`."""
        earned: Tensor | float = 0.0

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
            nonlocal earned
            earned = reward if time == 0 else earned + reward
            times = torch.full(observation.shape[:2], time, device=observation.device)
            return self.family.acted_by(self.network(observation, times, target - earned))

        return act
