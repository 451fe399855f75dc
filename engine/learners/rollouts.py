"""Whole episodes of a policy, summed up with the exact divergence from the base at every context visited."""

import torch
from torch import Tensor

from engine.distributions.family import Family
from engine.learners.base import Probes, Rollouts
from engine.tasks.dataset import Act, Trajectories, collect
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


def run_episodes(
    environment: Environment,
    family: Family,
    act: Act,
    episodes: int,
    seeds: tuple[int, ...],
    updates: int,
    target: float,
) -> Rollouts:
    """Act for `episodes` episodes per seed, asked for `target`; `family` is what `act` tells.

    The streams are made afresh from the seed, the number of updates done and the target: looking twice,
    or not at all, changes neither the training nor what is seen next, and the errors at two targets
    are independent.
    """
    streams = Streams(seeds, f"rollout after {updates} updates asked for {target:g}", environment.device)
    with torch.no_grad():
        return summed_up(environment, family, collect(environment, act, episodes, streams, family=family))


def summed_up(environment: Environment, family: Family, episodes: Trajectories) -> Rollouts:
    """The sums that :class:`Rollouts` names. Divergence is infinite where the base never acts so."""
    base = environment.base_probabilities(episodes.observations)
    drift, entropy = family.measured(episodes.probabilities, episodes.actions, base)
    return Rollouts(
        returns=episodes.returns,
        drift=torch.where(episodes.mask, drift, 0.0).sum(-1),
        entropy=torch.where(episodes.mask, entropy, 0.0).sum(-1),
        lengths=episodes.mask.sum(-1),
        outcome=episodes.outcome,
        gold=torch.where(
            episodes.mask, environment.gold_of(episodes.observations, episodes.actions), 0.0
        ).sum(-1),
    )


def asked_at(probes: Probes, targets: Tensor) -> Tensor:
    """[T, P] return still to go at each probe: the target minus what its history has earned."""
    return targets[:, None] - probes.rewards.sum(dim=1)


def read_table(table: Tensor, observations: Tensor) -> Tensor:
    """Rows [S, B, …] of per-seed tables [S, N, …] at states [S, B]."""
    seeds, states = table.shape[:2]
    shift = torch.arange(seeds, device=table.device)[:, None] * states
    return table.reshape(seeds * states, *table.shape[2:])[observations + shift]
