"""The passes of a plain network written out, forward and backward, and of PPO's losses for numbered actions.

With small networks automatic differentiation costs as much as the arithmetic: its own bookkeeping, and dozens
of operations on a few thousand numbers each. Here a gradient is some thirty operations and lies where the
optimiser wants it. Everything is checked against automatic differentiation.

Axes: S seeds, B rows, D features, d width, A actions, W weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.layers import affine
from engine.learners.networks import Network
from engine.learners.optimiser import Plain as Optimiser
from engine.learners.policy import Policy
from engine.learners.ppo_batch import Batch
from engine.learners.ppo_losses import Losses, Weighing

LAYERS = 6  # weights and biases of a plain network, in the order of its parameters


@dataclass(frozen=True)
class Activations:
    """What a backward pass needs of the forward pass: the rows [S, B, D] and both hidden layers [S, B, d]."""

    rows: Tensor
    first: Tensor
    second: Tensor


class PlainNetwork:
    """A plain network by its weights. To ask modules for theirs takes as long as a few rows' products."""

    def __init__(self, weights: Sequence[Tensor], tanh: bool) -> None:
        """`weights` [S, …] in the order of the network's parameters."""
        self.first, self.second, self.head = zip(weights[::2], weights[1::2], strict=True)
        self.bend = torch.tanh_ if tanh else torch.relu_
        self.unbend = _through_tanh if tanh else _through_relu

    def forward(self, rows: Tensor) -> tuple[Tensor, Activations]:
        """Outputs [S, B, outputs] at rows [S, B, D], and what :meth:`backward` asks for."""
        first = self.bend(affine(rows, *self.first))
        second = self.bend(affine(first, *self.second))
        return affine(second, *self.head), Activations(rows, first, second)

    def backward(self, seen: Activations, gradient: Tensor, into: Sequence[Tensor]) -> None:
        """From the gradient of the outputs to that of the weights: put `into` places in their order."""
        # Into a place with gaps between the seeds a product would be made seed by seed: it is copied there.
        first_weight, first_bias, second_weight, second_bias, head_weight, head_bias = into
        head = self.head[0].mT
        torch.sum(gradient, 1, keepdim=True, out=head_bias)
        if gradient.shape[2] == 1:  # see layers.affine
            torch.sum(seen.second * gradient, 1, out=head_weight[..., 0])
            back = gradient * head
        else:
            head_weight.copy_(torch.bmm(seen.second.mT, gradient))
            back = torch.bmm(gradient, head)
        self.unbend(back, seen.second)
        second_weight.copy_(torch.bmm(seen.first.mT, back))
        torch.sum(back, 1, keepdim=True, out=second_bias)
        back = torch.bmm(back, self.second[0].mT)
        self.unbend(back, seen.first)
        first_weight.copy_(torch.bmm(seen.rows.mT, back))
        torch.sum(back, 1, keepdim=True, out=first_bias)


def _through_tanh(back: Tensor, bent: Tensor) -> None:
    torch.ops.aten.tanh_backward.grad_input(back, bent, grad_input=back)


def _through_relu(back: Tensor, bent: Tensor) -> None:
    torch.ops.aten.threshold_backward.grad_input(back, bent, 0, grad_input=back)


class WrittenOut:
    """As :class:`engine.learners.ppo_losses.Differentiated`, of plain networks and numbered actions."""

    def __init__(self, policy: Policy, value: Network, optimiser: Optimiser) -> None:
        assert isinstance(policy.body, Network)
        self.policy = policy
        weights = optimiser.parts(optimiser.weights)
        self.body = PlainNetwork(weights[:LAYERS], policy.body.tanh)
        self.value = PlainNetwork(weights[LAYERS:], value.tanh)
        self.gradient = torch.empty_like(optimiser.weights)
        places = optimiser.parts(self.gradient)
        self.of_policy, self.of_value = places[:LAYERS], places[LAYERS:]

    @torch.no_grad()
    def __call__(self, batch: Batch, unit: Tensor, weighing: Weighing) -> Losses:
        """See :meth:`engine.learners.ppo_losses.Differentiated.__call__`."""
        own, seen = self.body.forward(batch.observations)
        rows = self.policy.rows(own, batch.observations)
        log_base = self.policy.log_base(batch.observations) if weighing.divergence else rows
        loss, by_logits = policy_loss(rows, log_base, batch, unit, weighing)
        self.body.backward(seen, by_logits, self.of_policy)
        del seen  # its memory serves the value's pass, while it is still near
        value, seen = self.value.forward(batch.observations)
        error, by_value = value_loss(value[..., 0], batch, weighing)
        self.value.backward(seen, by_value[..., None], self.of_value)
        step = self.policy.family.divergence(batch.policy, rows).mean(dim=1)
        return Losses(loss, error, step, self.gradient)

    def own(self, observations: Tensor) -> Tensor:
        """See :meth:`engine.learners.ppo_losses.Differentiated.own`."""
        return self.body.forward(observations)[0]


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
