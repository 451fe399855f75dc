"""Generalised advantages (1506.02438), over whole episodes and over segments of them.

Axes: S seeds, E episodes or environments, T steps, B rows.
"""

import torch
from torch import Tensor


def generalised_advantages(
    rewards: Tensor, values: Tensor, following: Tensor, ended: Tensor, discount: float, trace: float
) -> Tensor:
    """A_t = Σ_l (γλ)^l δ_{t+l} over the rest of the episode, with δ_t = r_t + γ V'_t − V_t.

    Args:
        rewards, values: [S, E, T], reward units.
        following: [S, E, T] V', the worth of what each step led to: 0 where the task ended the episode, and
            that of the last observation where a time limit cut it, or the steps seen end.
        ended: [S, E, T] bool, where the next step belongs to another episode.
    """
    deltas = (rewards + discount * following - values).unbind(-1)
    kept = (discount * trace * ~ended).unbind(-1)
    advantage = torch.zeros_like(deltas[0])
    advantages = []
    for delta, share in zip(reversed(deltas), reversed(kept), strict=True):
        advantage = delta + share * advantage
        advantages.append(advantage)
    return torch.stack(advantages[::-1], dim=-1)


def in_episodes(values: Tensor, after: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """For whole episodes: what each step led to was worth, and which steps are their last.

    Args:
        values: [S, E, T] of each observation, anything where `mask` [S, E, T] is false.
        after: [S, E] the value of the observation each episode ended in: 0 where it terminated.

    Returns:
        [S, E, T] each.
    """
    next_runs = torch.zeros_like(mask)
    next_runs[..., :-1] = mask[..., 1:]
    return torch.where(next_runs, values.roll(-1, dims=-1), after[..., None]), ~next_runs


def normalised(advantages: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Advantages [S, B] shifted to mean 0 and divided by their deviation over a seed's own rows, and
    that deviation [S]. Sums are in doubles: the length of the other seeds' episodes pads the rows, and
    must not show."""
    wide = torch.where(mask, advantages, 0.0).double()
    count = mask.sum(dim=1, keepdim=True)
    mean = wide.sum(dim=1, keepdim=True) / count
    centred = torch.where(mask, wide - mean, 0.0)
    unit = (centred.square().sum(dim=1, keepdim=True) / count).sqrt() + 1e-8
    return (centred / unit).float(), unit[:, 0].float()
