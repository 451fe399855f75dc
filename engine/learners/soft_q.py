"""Soft Q-learning on a table (1702.08165): the value of acting well while staying near a reference.

Kept in units of β, a soft Q value is the logit itself: π ∝ ρ exp(Q/β), V = β ln Σ_a ρ exp(Q/β). With the
base for ρ its fixed point is the KL oracle; with ρ = 1 it is maximum entropy.
Axes: S seeds, E episodes, T steps, H horizon, N states, A actions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.common_knobs import episodes_knob, kl_weight_knob, reference_knob
from engine.learners.knobs import knob
from engine.learners.optimiser import Plain
from engine.learners.policy import Policy, TimedTable
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS
from engine.learners.unconditioned import Rewarded
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class SoftQKnobs:
    """What may be turned."""

    learning_rate: float = knob(
        0.5,
        label="Learning rate",
        help="Share of the error that one update takes off a value; 1 replaces it.",
        low=0.001,
        high=1.0,
        scale="log",
    )
    kl_weight: float = kl_weight_knob("What a nat of divergence from the reference costs.", low=0.01)
    reference: str = reference_knob()
    episodes: int = episodes_knob(32)


class SoftQ(Rewarded):
    """A table of soft values over time, state and action, learned from its own episodes."""

    name = "soft_q"
    label = "Soft Q"
    help = "Learns the value of each action, a nat of divergence from the base (or of entropy) being priced."
    on_tables = True
    Knobs = SoftQKnobs
    diagnostics = (LOSS, GRADIENT_NORM, EPISODE_RETURN)
    knobs: SoftQKnobs

    def __init__(
        self, environment: Environment, knobs: SoftQKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.table = TimedTable(environment, streams)
        self.policy = Policy(environment, self.table, from_base=knobs.reference == "base")
        self.optimiser = Plain([self.table.logits])

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        logits = self.table.logits
        seeds, states, actions = len(logits), self.environment.states, self.environment.actions
        with torch.no_grad():
            episodes = self.gather(self.actor(0.0), knobs.episodes)
            mask = episodes.mask
            times = torch.arange(mask.shape[2], device=self.device).expand_as(mask)
            after = torch.zeros_like(episodes.rewards)
            # Nothing follows an episode's end; until then, the soft value of where it came to.
            worth = self._values(episodes.observations.flatten(1), times.flatten(1)).view_as(after)
            after[..., :-1] = torch.where(mask[..., 1:], worth[..., 1:], 0.0)
            context = times * states + self.environment.seen(episodes.observations)
            pair = (context * actions + episodes.actions).flatten(1)
            own = logits.flatten(1).gather(1, pair).view_as(after)
            error = torch.where(mask, episodes.rewards / knobs.kl_weight + after - own, 0.0)
            total = torch.zeros_like(logits).flatten(1).scatter_add_(1, pair, error.flatten(1))
            visits = torch.zeros_like(total).scatter_add_(1, pair, mask.flatten(1).float())
            mean = total / visits.clamp(min=1.0)
            squares = error.double().square().flatten(1).sum(dim=1) / mask.flatten(1).sum(dim=1)
        # Half the squared mean error at every pair visited: its gradient is the mean error itself.
        surrogate = -(mean * logits.reshape(seeds, -1)).sum(dim=1)
        norm = self.optimiser.step(surrogate, knobs.learning_rate)
        return {
            "loss": squares.float() / 2,
            "gradient_norm": norm,
            "episode_return": episodes.returns.mean(dim=1),
        }

    def _values(self, observations: Tensor, times: Tensor) -> Tensor:
        """V/β [S, B] at states and times [S, B]."""
        own = self.table(observations, times)
        if self.policy.from_base:
            own = own + self.policy.log_base(observations)
        worth: Tensor = own.logsumexp(dim=-1)
        return worth
