"""Exact values of tabular policies as tensors, for learners that may know them."""

import torch
from torch import Tensor

from engine.tasks.tabular_environment import TabularEnvironment


def state_values(environment: TabularEnvironment, policy: Tensor, bonus: Tensor | float = 0.0) -> Tensor:
    """V_t(s) [S, H + 1, N] of policies [S, N, A], the same at every time, by backward recursion.

    Args:
        bonus: [S, N] paid in a state for acting there, reward units.
    """
    seeds, states, actions = policy.shape
    expected = (environment.probability * environment.reward).sum(-1)
    live = ~environment.terminal
    value = torch.zeros(seeds, states, device=environment.device)
    values = [value]
    for _ in range(environment.horizon):
        following = (environment.probability * value[:, environment.next_state]).sum(-1)  # [S, N * A]
        worth = (expected + following).reshape(seeds, states, actions)
        value = torch.where(live, (policy * worth).sum(-1) + bonus, 0.0)
        values.append(value)
    return torch.stack(values[::-1], dim=1)
