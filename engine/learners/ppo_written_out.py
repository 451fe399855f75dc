"""PPO's losses and their gradient written out, of plain networks and numbered actions.

A gradient is some thirty operations (see :mod:`engine.learners.plain_network`). Everything is checked against
automatic differentiation.

Axes: S seeds, B rows, D features, A actions, W weights.
"""

import torch
from torch import Tensor

from engine.learners.networks import Network
from engine.learners.optimiser import Plain as Optimiser
from engine.learners.plain_network import LAYERS, Places, PlainNetwork
from engine.learners.policy import Policy
from engine.learners.ppo_batch import Batch
from engine.learners.ppo_losses import Losses, Weighing

MOST = 1024  # rows of a pass by which nothing is learned: memory for passes is kept


class WrittenOut:
    """As :class:`engine.learners.ppo_losses.Differentiated`, of plain networks and numbered actions."""

    def __init__(self, policy: Policy, value: Network, optimiser: Optimiser) -> None:
        assert isinstance(policy.body, Network)
        self.policy = policy
        weights = optimiser.parts(optimiser.weights)
        places = Places(weights[0])
        self.body = PlainNetwork(weights[:LAYERS], policy.body.tanh, places)
        self.value = PlainNetwork(weights[LAYERS:], value.tanh, places)
        self.gradient = torch.empty_like(optimiser.weights)
        parts = optimiser.parts(self.gradient)
        self.of_policy, self.of_value = parts[:LAYERS], parts[LAYERS:]

    @torch.no_grad()
    def __call__(self, batch: Batch, unit: Tensor, weighing: Weighing) -> Losses:
        """See :meth:`engine.learners.ppo_losses.Differentiated.__call__`."""
        own = self.body.forward(batch.observations)
        rows = self.policy.rows(own, batch.observations)
        log_base = self.policy.log_base(batch.observations) if weighing.divergence else rows
        loss, by_logits = policy_loss(rows, log_base, batch, unit, weighing)
        self.body.backward(batch.observations, by_logits, self.of_policy)
        error, by_value = value_loss(self.value.forward(batch.observations)[..., 0], batch, weighing)
        self.value.backward(batch.observations, by_value[..., None], self.of_value)
        step = self.policy.family.divergence(batch.policy, rows).mean(dim=1)
        return Losses(loss, error, step, self.gradient)

    def own(self, observations: Tensor) -> Tensor:
        """See :meth:`engine.learners.ppo_losses.Differentiated.own`."""
        return self.body.forward(observations)

    def worth(self, observations: Tensor, times: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`engine.learners.ppo_losses.Differentiated.worth`."""
        parts = torch.split(observations, MOST, 1)
        return torch.cat([self.value.forward(rows)[..., 0] for rows in parts], 1)


def policy_loss(
    rows: Tensor, log_base: Tensor, batch: Batch, unit: Tensor, weighing: Weighing
) -> tuple[Tensor, Tensor]:
    """PPO's loss [S] at ln π [S, B, A], and its gradient by the logits [S, B, A].

    With G = ρ A where clipping leaves it its slope, else 0: by the logit of j the gain has the slope
    G (1[j = a] − π_j), entropy −π_j (ln π_j + H), and divergence from the base
    π_j (ln π_j − ln π0_j − KL).
    """
    actions = batch.actions[..., None]
    policy = rows.exp()
    ratio = (rows.gather(-1, actions)[..., 0] - batch.chosen).exp_()
    gain = ratio * batch.advantages
    least = ratio.clamp_(1 - weighing.clip_range, 1 + weighing.clip_range).mul_(batch.advantages)
    slope = torch.where(gain <= least, gain, 0.0)[..., None]
    entropy = -(policy * rows).sum(-1, keepdim=True)
    bonus, pull = weighing.entropy * entropy, weighing.entropy * (rows + entropy)
    if weighing.divergence:
        excess = rows - log_base
        divergence = (policy * excess).sum(-1, keepdim=True)
        bonus = bonus - weighing.divergence * divergence
        pull = pull + weighing.divergence * (excess - divergence)
    unit = unit[:, None, None]
    loss = -(torch.minimum(gain, least) + (bonus / unit)[..., 0]).mean(dim=1)
    gradient = (pull / unit).add_(slope).mul_(policy).scatter_add_(-1, actions, -slope)
    return loss, gradient.div_(rows.shape[1])


def value_loss(value: Tensor, batch: Batch, weighing: Weighing) -> tuple[Tensor, Tensor]:
    """Mean squared error [S] of values [S, B], and the gradient of what it counts, by them [S, B]."""
    miss = value - batch.values
    error = miss.square()
    if weighing.clip_value:
        moved = value - batch.before
        near = moved.clamp(-weighing.clip_range, weighing.clip_range)
        clipped_miss = batch.before + near - batch.values
        clipped_error = clipped_miss.square()
        flat = torch.where(near == moved, clipped_miss, 0.0)
        miss = torch.where(error >= clipped_error, miss, flat)
        error = torch.maximum(error, clipped_error)
    return error.mean(dim=1), miss.mul_(2 * weighing.value / value.shape[1])
