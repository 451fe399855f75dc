"""The dial: loss = (1 − λ)·prediction + λ·RL, on one return-conditioned network.

At λ = 0 it is RvS (2112.10751); at λ = 1 it is REINFORCE, asked for its current target. In between it
predicts the base's data and climbs the reward of its own episodes at once.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from engine.learners.knobs import knob
from engine.learners.predictor import PredictorKnobs
from engine.learners.reinforce import mean_of_the_others
from engine.learners.rows import Rows, in_pieces, total
from engine.learners.rvs import RvS
from engine.learners.trained import GRADIENT_NORM, LOSS, diagnostic
from engine.recording.schema import MetricColumn
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class DialKnobs(PredictorKnobs):
    """What may be turned."""

    rl_share: float = knob(
        0.5,
        label="Share of RL λ",
        help="0 predicts only, 1 is pure RL; in between the two losses are mixed.",
        low=0.0,
        high=1.0,
    )
    prediction_updates: int = knob(
        0,
        label="Prediction first",
        help="For so many updates the share of RL is 0, whatever the dial says: RL is then added to a "
        "trained predictor.",
        unit="updates",
        low=0,
        high=100_000,
        steerable=False,
    )
    episodes: int = knob(
        32,
        label="Episodes",
        help="Own episodes that the RL part of an update learns from.",
        low=2,
        high=1024,
        scale="log",
    )


class Dial(RvS):
    """Predicts from the base's data, and is paid for its own episodes."""

    name = "dial"
    label = "Dial"
    help = "Between prediction and RL: one network, the two losses mixed by a share that may be turned live."
    Knobs = DialKnobs
    diagnostics: ClassVar[tuple[MetricColumn, ...]] = (
        LOSS,
        GRADIENT_NORM,
        diagnostic(
            "dose",
            "Dose of RL",
            "KL of the present policy's episodes from the policy as it was when RL began, at the contexts "
            "that the last episodes visited; of a mixture, estimated from the actions taken there.",
            "nats",
        ),
    )
    knobs: DialKnobs

    def __init__(
        self, environment: Environment, knobs: DialKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        # The weights as they were before the first update with a share of RL.
        self.before = self.optimiser.weights.clone()
        self.acting = Streams(streams.seeds, "the dial's own episodes", device)

    @property
    def share(self) -> float:
        """λ in force."""
        return 0.0 if self.predicts_first else self.knobs.rl_share

    @property
    def predicts_first(self) -> bool:
        """Whether RL has yet to be added."""
        return self.updates < self.knobs.prediction_updates

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`."""
        return self.environment.states > 0

    @property
    def phase(self) -> Hashable:
        """See :attr:`TrainedLearner.phase`."""
        return self.knobs, self.predicts_first

    @property
    def drawn_from(self) -> Sequence[Streams]:
        """See :attr:`TrainedLearner.drawn_from`."""
        return self.streams, self.acting

    def _update(self) -> dict[str, Tensor]:
        share = self.share
        if share == 0:
            loss = self._prediction_loss()
            dose = torch.zeros_like(loss.detach())
        else:
            with torch.no_grad():
                actor = self.actor(self.knobs.target)
                episodes = self.gather(actor, self.knobs.episodes, self.acting)
            pieces = in_pieces(self.environment, episodes.mask)
            along = [self._along(episodes, rows) for rows in pieces]
            loss = share * self._reward_loss(episodes, pieces, along)
            if share < 1:
                loss = loss + (1 - share) * self._prediction_loss()
            dose = self._dose(episodes, pieces, along)
        norm = self.optimiser.step(loss, self.knobs.learning_rate)
        if self.predicts_first:
            self.before.copy_(self.optimiser.weights)
        return {"loss": loss.detach(), "gradient_norm": norm, "dose": dose}

    def _reward_loss(self, episodes: Trajectories, pieces: list[Rows], along: list[Tensor]) -> Tensor:
        """[S] REINFORCE's, with the mean of the other episodes for a baseline."""
        advantages = episodes.returns_to_go
        advantages = advantages - mean_of_the_others(advantages, episodes.mask)
        gains = []
        for rows, policy in zip(pieces, along, strict=True):
            log_taken = self.family.log_probability(policy, rows.of(episodes.actions))
            gains.append(rows.summed(rows.of(advantages) * log_taken))
        return -total(gains) / self.knobs.episodes

    def _along(self, episodes: Trajectories, rows: Rows) -> Tensor:
        """π [S, M, Q] at these contexts of its own episodes, asked for the current target."""
        times = torch.arange(episodes.mask.shape[2], device=self.device).expand_as(episodes.mask)
        asked = self.knobs.target - (episodes.rewards.cumsum(dim=2) - episodes.rewards)
        raw = self.network(rows.of(episodes.observations), rows.of(times), rows.of(asked))
        return self.family.rows(raw)

    def _dose(self, episodes: Trajectories, pieces: list[Rows], along: list[Tensor]) -> Tensor:
        """[S] mean over the episodes of Σ_t KL(π ‖ π before RL) at each visited context."""
        now = self.optimiser.state()
        with torch.no_grad():
            self.optimiser.load({**now, "weights": self.before})
            before = [self._along(episodes, rows) for rows in pieces]
            self.optimiser.load(now)
            moved = [
                rows.summed(self.family.moved(here, there, rows.of(episodes.actions)))
                for rows, here, there in zip(pieces, along, before, strict=True)
            ]
        return total(moved) / episodes.mask.shape[1]

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        return {**super().state(), "before": self.before.clone(), "acting": self.acting.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        super().load(state)
        self.before = state["before"].clone().to(self.device)
        self.acting.load(state["acting"])
