"""What PPO collected, as it was collected and as the rows that it learns from.

Axes: S seeds, E episodes or environments, T steps, B rows, D features, A actions.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Steps:
    """What was collected: [S, E, T] each, with further axes as named.

    Attributes:
        observations: [S, E, T] or [S, E, T, D].
        times: int64.
        actions: int64, or [S, E, T, C] of a box.
        rewards: reward units.
        probabilities: [S, E, T, Q] with which the actions were drawn, as the family tells them.
        values: of the observations, reward units.
        following: worth of what each step led to, reward units; 0 where the task ended the episode.
        ended: bool, where the next step belongs to another episode.
        mask: bool, the steps that count.
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    rewards: Tensor
    probabilities: Tensor
    values: Tensor
    following: Tensor
    ended: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Batch:
    """Collected steps as rows: [S, B] each, with further axes as named.

    Attributes:
        observations: [S, B] or [S, B, D].
        times: [S, B] int64.
        actions: [S, B] int64, or [S, B, C] of a box.
        policy: [S, B, Q] rows of the policy that collected: ln π of numbered actions.
        chosen: [S, B] ln of the probability, or the density, with which it chose the action.
        advantages: [S, B], mean 0 and deviation 1 over a seed's rows.
        before: [S, B] what the value network said when it collected, in its own units.
        values: [S, B] what it should say.
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    policy: Tensor
    chosen: Tensor
    advantages: Tensor
    before: Tensor
    values: Tensor

    def at(self, rows: Tensor) -> "Batch":
        """The rows [S, M] of each seed."""
        shift = torch.arange(len(rows), device=rows.device)[:, None] * self.actions.shape[1]
        places = (rows + shift).flatten()
        found = (column.flatten(0, 1).index_select(0, places) for column in vars(self).values())
        return Batch(*(column.unflatten(0, rows.shape) for column in found))

    def normalised(self, size: int) -> "Batch":
        """With advantages of mean 0 and deviation 1 in each minibatch of `size` rows."""
        parts = self.advantages.reshape(len(self.advantages), -1, size)
        deviation, mean = torch.std_mean(parts, dim=2, keepdim=True)
        return replace(self, advantages=((parts - mean) / (deviation + 1e-8)).flatten(1))

    def minibatches(self, size: int) -> "list[Batch]":
        """Its rows in their order, `size` at a time."""
        return [Batch(*parts) for parts in zip(*(c.split(size, 1) for c in vars(self).values()), strict=True)]


def shuffled(keys: Tensor, mask: Tensor) -> Tensor:
    """[S, B] a random order of each seed's rows, the ones that count first."""
    return torch.where(mask, keys, 2.0).argsort(dim=1)
