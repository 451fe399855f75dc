"""Whole episodes, collected by any way of acting: a learner's own, or the base that predictors learn from."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from engine import activity
from engine.distributions.family import Family
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment, base_occupancy

MOST_CONTEXTS = 8192

# (observation, action before, reward before, time) -> a distribution as its family tells it [S, E, Q]:
# probabilities [S, E, A] of actions that are numbered. At time 0 the action and the reward before are zeros.
# Whoever is conditioned on a return keeps its own account of it.
Act = Callable[[Tensor, Tensor, Tensor, int], Tensor]


@dataclass(frozen=True)
class Trajectories:
    """Episodes [S, E] over their time steps [T], T the longest episode's length.

    Seeds may have different numbers of episodes. Those of a seed come first; a place after them, where the
    mask is false throughout, holds none, and nobody may count it.

    Attributes:
        observations: [S, E, T] or [S, E, T, D]; after an episode's end they mean nothing.
        actions: [S, E, T] int64, or [S, E, T, C] float32 points of a box.
        rewards: [S, E, T] float32, 0 after the end.
        probabilities: [S, E, T, A] with which the actions were drawn; of a box, the distributions as their
            family tells them.
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
        """[S, E] R(τ), reward units; 0 where there is no episode."""
        return summed(self.rewards)

    @property
    def held(self) -> Tensor:
        """[S, E] bool: where there is an episode."""
        return self.mask.any(dim=-1)

    @property
    def counts(self) -> Tensor:
        """[S] episodes of each seed."""
        return self.held.sum(dim=-1)

    @property
    def mean_return(self) -> Tensor:
        """[S] mean return of each seed's episodes, reward units; NaN of none."""
        return (summed(self.returns.double()) / self.counts).float()

    @property
    def returns_to_go(self) -> Tensor:
        """[S, E, T] Σ of the rewards from each action on, that action's own included.

        It is what remains of the whole return once the rewards *before* the step are taken off:
        the same quantity that is fed while acting, a target minus what has been earned.
        """
        return self.rewards.flip(-1).cumsum(dim=-1).flip(-1)


def summed(values: Tensor) -> Tensor:
    """[…] sum of […, N] in the order of N: zeros after the last number, however many, change no bit on a CPU.
    A seed's sum must not depend on how much the seeds beside it have."""
    return values.cumsum(dim=-1)[..., -1]


def collect(
    environment: Environment,
    act: Act,
    episodes: int,
    streams: Streams,
    group: int = 1,
    family: Family | None = None,
    told: Callable[[int], None] = lambda steps: None,  # noqa: ARG005
) -> Trajectories:
    """Run `episodes` whole episodes per seed, acting by `act`, `group` after `group` from the same start.

    `family` is of the distributions that `act` tells; the base's where it is not given. `told` hears how many
    time steps are done.
    Numbers are drawn from `streams` once, for the whole horizon: a seed's stream must not depend on
    how long the episodes of the seeds beside it last.
    """
    family = family or environment.family
    told(0)
    simulation = environment.simulate(episodes, streams, group)
    several = () if family.chances == 1 else (family.chances,)
    chance = streams.uniform(environment.horizon, episodes, *several)
    action = environment.no_action(simulation.running)
    reward = torch.zeros_like(simulation.running, dtype=torch.float32)
    truncated = torch.zeros_like(simulation.running)
    final = simulation.observation
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]] = []
    for time in range(environment.horizon):
        observation, running = simulation.observation, simulation.running
        probabilities = act(observation, action, reward, time)
        action = family.drawn(probabilities, chance[:, time])
        step = simulation.step(action)
        reward = step.reward
        truncated = truncated | step.truncated
        final = torch.where(running if final.dim() == 2 else running[..., None], step.observation, final)
        rows.append((observation, action, reward, probabilities, running))
        told(time + 1)
        # A tabular task is run to its horizon: short, and of the same shape whatever happens.
        if environment.features and not bool(simulation.running.any()):
            break
    observations, actions, rewards, all_probabilities, mask = (
        torch.stack(column, dim=2) for column in zip(*rows, strict=True)
    )
    return Trajectories(
        observations, actions, rewards, all_probabilities, mask, final, truncated, simulation.outcome()
    )


@dataclass(frozen=True)
class Steps:
    """Every step of some episodes, ended episodes left out, to be drawn from uniformly.

    Attributes:
        observations: [S, M] or [S, M, D]; the first `counts` of each seed count.
        times, actions: [S, M] int64.
        returns_to_go: [S, M] float32.
        counts: [S] steps of each seed.
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    returns_to_go: Tensor
    counts: list[int]

    @classmethod
    def of(cls, episodes: Trajectories) -> "Steps":
        """Lay the episodes' steps end to end, seed by seed."""
        mask = episodes.mask.flatten(1)
        counts = mask.sum(dim=1)
        seed = torch.arange(len(mask), device=mask.device)[:, None]
        rows = (~mask).to(torch.int8).argsort(dim=1, stable=True)[:, : int(counts.max())]
        times = torch.arange(episodes.mask.shape[2], device=mask.device).expand_as(episodes.mask)
        return cls(
            observations=episodes.observations.flatten(1, 2)[seed, rows],
            times=times.flatten(1)[seed, rows],
            actions=episodes.actions.flatten(1, 2)[seed, rows],
            returns_to_go=episodes.returns_to_go.flatten(1)[seed, rows],
            counts=counts.tolist(),
        )

    def drawn(self, streams: Streams, number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """`number` steps per seed, with replacement: observations, times, returns to go, actions."""
        rows = streams.below(lambda: self.counts, number)
        seed = torch.arange(len(rows), device=rows.device)[:, None]
        return (
            self.observations[seed, rows],
            self.times[seed, rows],
            self.returns_to_go[seed, rows],
            self.actions[seed, rows],
        )


@dataclass(frozen=True)
class Window:
    """Stretches [S, M] of L steps. Steps beyond an episode's end repeat its last and weigh 0.

    Attributes:
        observations: [S, M, L] or [S, M, L, D].
        times, actions: [S, M, L] int64.
        returns_to_go: [S, M, L] float32.
        weights: [S, M, L].
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    returns_to_go: Tensor
    weights: Tensor


class Windows:
    """Stretches of at most `length` consecutive steps of some episodes.

    A level of return is drawn uniformly among those that the episodes came nearest to, then a step of
    the data uniformly among that level's; without levels it is any step of the data, as published. It brings
    along the `length` - 1 steps before it, or, near the beginning, the first `length` of its episode.

    Levels are for tasks whose returns are few. Elsewhere they are marks of a survey, half of them close
    together at what acting at random earns, and half of all draws would go to the few steps there.

    Neither draw may bias what is predicted of an action from what came before and the return to go.
    Levels do not: weighing episodes by their whole return, which is what was earned and what is to
    go, changes how often a context is seen and not what was done there. Lengths would: steps of some
    episodes are in more such stretches than those of others, and how long an episode goes on is not
    known beforehand. A weight of one over the number of stretches makes all steps of a level equal.
    """

    def __init__(self, episodes: Trajectories, length: int, levels: tuple[float, ...]) -> None:
        self._observations = episodes.observations
        self._actions = episodes.actions
        self._returns_to_go = episodes.returns_to_go
        self._lengths = episodes.mask.sum(dim=2)
        self._length = length
        marks = torch.tensor(levels or (0.0,), device=episodes.returns.device)
        level = (episodes.returns[..., None] - marks).abs().argmin(dim=-1)[..., None]
        # Steps sorted by their episode's level; steps that are none come last.
        level = torch.where(episodes.mask, level, len(marks)).flatten(1)
        self._rows = level.argsort(dim=1, stable=True)
        counts = torch.stack([(level == one).sum(dim=1) for one in range(len(marks))], dim=1)
        self._filled: list[int] = (counts > 0).sum(dim=1).tolist()
        place = (counts == 0).to(torch.int8).argsort(dim=1, stable=True)  # levels that have steps first
        self._first = (counts.cumsum(dim=1) - counts).gather(1, place)
        self._counts = counts.gather(1, place)

    def of(self, seeds: slice) -> Self:
        """The stretches of some of the seeds."""
        some = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor | list):
                setattr(some, name, value[seeds])
        return some

    def drawn(self, streams: Streams, number: int) -> Window:
        """`number` stretches per seed, with replacement."""
        level = streams.below(lambda: self._filled, number)
        uniform = streams.uniform(2, number).double()  # two, because 24 bits are few for many steps
        uniform = uniform[:, 0] + uniform[:, 1] * 2.0**-24
        within = (uniform * self._counts.gather(1, level)).long()
        row = self._rows.gather(1, self._first.gather(1, level) + within)
        horizon = self._actions.shape[2]
        episode, chosen = row // horizon, row % horizon
        ends = self._lengths.gather(1, episode)[..., None]
        device = row.device
        first = (chosen - self._length + 1).clamp(min=0)[..., None]
        unbounded = first + torch.arange(self._length, device=device)
        times = torch.minimum(unbounded, ends - 1)
        seed = torch.arange(len(row), device=device)[:, None, None]
        at = (seed, episode[..., None], times)
        weights = torch.where(unbounded < ends, 1.0 / stretches(times, ends, self._length), 0.0)
        return Window(self._observations[at], times, self._actions[at], self._returns_to_go[at], weights)


def stretches(time: Tensor, episode_length: Tensor, length: int) -> Tensor:
    """How many of an episode's steps bring along the one at `time` (see :class:`Windows`).

    The first `length` steps are brought along by each other, and any step by those up to
    `length` - 1 after it.
    """
    later = (torch.minimum(episode_length, time + length) - time.clamp(min=length)).clamp(min=0)
    early = torch.where(time < length, episode_length.clamp(max=length), 0)
    return early + later


@dataclass(frozen=True)
class Contexts:
    """The steps of episodes of a small tabular task, summed up: how often which action was taken where.

    Nothing that a policy over (state, time, return to go) could learn from is lost, and a gradient
    over these rows is the gradient over all of the data. The rows are what the base *can* visit, the
    same for every seed.

    Attributes:
        observations, times: [C] int64.
        returns_to_go: [C] float32.
        frequency: [S, C, A] share of each seed's steps.
    """

    observations: Tensor
    times: Tensor
    returns_to_go: Tensor
    frequency: Tensor

    @classmethod
    def of(cls, steps: Steps, environment: TabularEnvironment) -> "Contexts | None":
        """Count, or return None where there are more than 8192 contexts."""
        task = environment.task
        table = ReturnToGo(task)
        if environment.data is not None:
            return None  # another policy's steps need not be among what the base can visit
        possible = (table.table[:-1] > 0) & (base_occupancy(task)[:-1, :, None] > 0)
        time, state, level = np.nonzero(possible & ~task.terminal[:, None])
        if len(time) > MOST_CONTEXTS:
            return None
        number = np.full((task.horizon, task.states, len(table.values)), -1)
        number[time, state, level] = np.arange(len(time))
        seeds = len(steps.counts)
        unit = task.reward_unit
        frequency = torch.zeros(seeds, len(time), task.actions, dtype=torch.float64)
        for seed, count in enumerate(steps.counts):
            asked = np.rint(steps.returns_to_go[seed, :count].double().cpu().numpy() / unit)
            row = number[
                steps.times[seed, :count].cpu().numpy(),
                steps.observations[seed, :count].cpu().numpy(),
                np.searchsorted(np.rint(table.values / unit), asked),
            ]
            cell = torch.from_numpy(row) * task.actions + steps.actions[seed, :count].cpu()
            counted = torch.bincount(cell, minlength=len(time) * task.actions)
            frequency[seed] = counted.reshape(len(time), task.actions) / count
        device = environment.device
        return cls(
            torch.from_numpy(state).to(device),
            torch.from_numpy(time).to(device),
            torch.from_numpy(table.values[level]).float().to(device),
            frequency.float().to(device),
        )


def base_data(environment: Environment, episodes: int, seeds: tuple[int, ...]) -> Trajectories:
    """`episodes` episodes of the base per seed: a function of the task and the seed alone, so that
    every predictor given a seed learns from the same data, and none of it needs to be stored."""

    def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
        return environment.base_probabilities(observation)

    streams = Streams(seeds, "base data", environment.device)
    of = f"of {environment.horizon:,}, {episodes:,} episodes a seed"
    with activity.at("gathering data") as told:
        return collect(environment, act, episodes, streams, told=lambda steps: told(f"step {steps:,} {of}"))
