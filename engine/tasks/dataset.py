"""Whole episodes, collected by any way of acting: a learner's own, or the base that predictors learn from."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.tasks.environment import Environment
from engine.tasks.streams import Streams, inverted

# (observation, action before, reward before, time) -> probabilities [S, E, A]. At time 0 the action
# and the reward before are zeros. Whoever is conditioned on a return keeps its own account of it.
Act = Callable[[Tensor, Tensor, Tensor, int], Tensor]


@dataclass(frozen=True)
class Trajectories:
    """Episodes [S, E] over their time steps [T], T the longest episode's length.

    Attributes:
        observations: [S, E, T] or [S, E, T, D]; after an episode's end they mean nothing.
        actions: [S, E, T] int64.
        rewards: [S, E, T] float32, 0 after the end.
        probabilities: [S, E, T, A] with which the actions were drawn.
        mask: [S, E, T] bool, true while the episode ran.
        final: [S, E] or [S, E, D] the observation each episode ended in.
        truncated: [S, E] bool, true where a time limit cut the episode.
        outcome: [S, E] int64, -1 for none.
    """

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    probabilities: Tensor
    mask: Tensor
    final: Tensor
    truncated: Tensor
    outcome: Tensor

    @property
    def returns(self) -> Tensor:
        """[S, E] R(τ), reward units."""
        return self.rewards.sum(dim=-1)

    @property
    def returns_to_go(self) -> Tensor:
        """[S, E, T] Σ of the rewards from each action on, that action's own included.

        It is what remains of the whole return once the rewards *before* the step are taken off:
        the same quantity that is fed while acting, a target minus what has been earned.
        """
        return self.rewards.flip(-1).cumsum(dim=-1).flip(-1)


def collect(environment: Environment, act: Act, episodes: int, streams: Streams) -> Trajectories:
    """Run `episodes` whole episodes per seed, acting by `act`.

    Numbers are drawn from `streams` once, for the whole horizon: a seed's stream must not depend on
    how long the episodes of the seeds beside it last.
    """
    simulation = environment.simulate(episodes, streams)
    chance = streams.uniform(environment.horizon, episodes)
    action = torch.zeros_like(simulation.running, dtype=torch.int64)
    reward = torch.zeros_like(simulation.running, dtype=torch.float32)
    truncated = torch.zeros_like(simulation.running)
    final = simulation.observation
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]] = []
    for time in range(environment.horizon):
        observation, running = simulation.observation, simulation.running
        probabilities = act(observation, action, reward, time)
        action = inverted(probabilities, chance[:, time])
        step = simulation.step(action)
        reward = step.reward
        truncated = truncated | step.truncated
        final = torch.where(running if final.dim() == 2 else running[..., None], step.observation, final)
        rows.append((observation, action, reward, probabilities, running))
        # A tabular task is run to its horizon: short, and of the same shape whatever happens.
        if environment.features and not bool(simulation.running.any()):
            break
    observations, actions, rewards, all_probabilities, mask = (
        torch.stack(column, dim=2) for column in zip(*rows, strict=True)
    )
    return Trajectories(
        observations, actions, rewards, all_probabilities, mask, final, truncated, simulation.outcome()
    )


def base_data(environment: Environment, episodes: int, seeds: tuple[int, ...]) -> Trajectories:
    """`episodes` episodes of the base per seed: a function of the task and the seed alone, so that
    every predictor given a seed learns from the same data, and none of it needs to be stored."""

    def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
        return environment.base_probabilities(observation)

    return collect(environment, act, episodes, Streams(seeds, "base data", environment.device))
