"""PPO's losses and their gradient, of any family and any network, by automatic differentiation.

Axes: S seeds, B rows, W weights.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.networks import Network
from engine.learners.optimiser import Plain
from engine.learners.policy import Policy
from engine.learners.ppo_batch import Batch


@dataclass(frozen=True)
class Weighing:
    """How what is in the loss counts (see the knobs of PPO).

    Attributes:
        clip_range: of the ratio, and of the value where `clip_value` says so.
        entropy: what a nat of it is worth.
        divergence: what a nat of it from the base costs here; 0 where it is no part of the loss.
        value: what the value's squared error counts.
    """

    clip_range: float
    clip_value: bool
    entropy: float
    divergence: float
    value: float


@dataclass(frozen=True)
class Losses:
    """Of one minibatch, [S] each: the clipped objective with its bonuses, the value's squared error,
    KL(old ‖ new); and the gradient [S, W] of the first with the weighed second."""

    policy: Tensor
    value: Tensor
    step_kl: Tensor
    gradient: Tensor


class Differentiated:
    """Losses and gradient of a policy and a value network, all of whose weights `optimiser` holds."""

    def __init__(self, policy: Policy, value: Network, optimiser: Plain) -> None:
        self.policy, self.value, self.optimiser = policy, value, optimiser

    def __call__(self, batch: Batch, unit: Tensor, weighing: Weighing) -> Losses:
        """`unit` [S] is what advantages were divided by: the bonuses, in reward units, must be as well."""
        family = self.policy.family
        policy, log_base = self.policy(batch.observations, batch.times)
        ratio = (family.log_probability(policy, batch.actions) - batch.chosen).exp()
        gain = clipped_gain(ratio, batch.advantages, weighing.clip_range)
        bonus = weighing.entropy * family.entropy_below(policy)
        if weighing.divergence:
            bonus = bonus - weighing.divergence * family.from_base_above(policy, log_base)
        loss = -(gain + bonus / unit[:, None]).mean(dim=1)
        value = self.worth(batch.observations, batch.times)
        error = (value - batch.values).square()
        if weighing.clip_value:
            near = batch.before + (value - batch.before).clamp(-weighing.clip_range, weighing.clip_range)
            error = torch.maximum(error, (near - batch.values).square())
        value_loss = error.mean(dim=1)
        step = family.divergence_above(batch.policy, policy.detach()).mean(dim=1)
        gradient = self.optimiser.gradient(loss + weighing.value * value_loss)
        return Losses(loss.detach(), value_loss.detach(), step, gradient)

    def own(self, observations: Tensor) -> Tensor:
        """What the policy's network says [S, B, Q] of observations [S, B, D]."""
        raw: Tensor = self.policy.body(observations)
        return raw

    def worth(self, observations: Tensor, times: Tensor) -> Tensor:
        """What the value network says [S, B] of observations [S, B] or [S, B, D] at times [S, B]."""
        values: Tensor = self.value(observations, times)
        return values[..., 0]


def clipped_gain(ratio: Tensor, advantage: Tensor, clip_range: float) -> Tensor:
    """min(ρ A, clip(ρ, 1 − ε, 1 + ε) A): nothing is gained by going further the right way than ε."""
    return torch.minimum(ratio * advantage, ratio.clamp(1 - clip_range, 1 + clip_range) * advantage)
