"""Any Gymnasium environment, through its vector API."""

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray
from torch import Tensor

from engine import activity
from engine.distributions.family import Family
from engine.tasks import making, recipe
from engine.tasks.dataset import base_data
from engine.tasks.environment import Endless, Environment, Simulation, Step
from engine.tasks.gymnasium_endless import GymnasiumEndless
from engine.tasks.gymnasium_spaces import actions_of, flat, picture_shape
from engine.tasks.heard import Heard
from engine.tasks.held import Held
from engine.tasks.streams import Streams

UNLIMITED_HORIZON = 1000  # for an environment that names no time limit of its own
LEVELS = 9
SURVEY_EPISODES = 256
SIDE_BY_SIDE = 64  # at the most, where each episode is an object of its own, to know the base
MOST_STEPS = 131_072  # for the same; of longer episodes, fewer
MOST_BYTES = 256_000_000  # of what is observed meanwhile
MOST_SIZES = 3  # numbers of episodes for which vector environments are kept ready

Vector = VectorEnv[Any, Any, Any]


class GymnasiumEnvironment(Environment):
    """One vector environment per seed, so that seeds are independent. The base acts at random: uniformly.

    `name` is an id, or more: see :mod:`engine.tasks.recipe`. Spaces: see
    :mod:`engine.tasks.gymnasium_spaces`.

    `levels` are nine returns: five quantiles (0, ¼, ½, ¾, 1) of what the base reaches in a survey of
    256 episodes (64 where each is an object of its own) that belongs to the task, then four evenly spaced
    up to the best return known: the environment's reward threshold, or the horizon's worth of a reward that
    never varies.

    Raises:
        UserError: for what cannot be made, with why; for actions and observations of other kinds.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = name
        self.device = device
        self._recipe = recipe.parse(name)
        single = self.single()
        try:
            self.acts = actions_of(name, single.action_space)
            seen, spec = single.observation_space, single.spec
            self.horizon = time_limit(single) or UNLIMITED_HORIZON
        finally:
            single.close()
        self.help = f"The Gymnasium environment {name}, with a base that acts at random."
        self.states, self.features = 0, math.prod(seen.shape or ())
        self.picture = picture_shape(seen)
        self.action_names, self.dimensions = self.acts.names, self.acts.dimensions
        self.outcome_names = ()
        self._vectors: dict[tuple[int, bool], list[Vector]] = {}
        self._endless: list[GymnasiumEndless] = []
        self._base: Callable[[Tensor], Tensor] | None = None
        self.levels = self._surveyed_levels(spec.reward_threshold if spec else None)

    @property
    def family(self) -> Family:
        """See :attr:`Environment.family`."""
        return self.acts.family

    def affordable(self, episodes: int) -> tuple[int, int]:
        """See :meth:`Environment.affordable`."""
        if self.vectorised:
            return episodes, 1
        size = self.features if self.picture else 4 * self.features
        side = min(episodes, SIDE_BY_SIDE, max(1, MOST_BYTES // (size * self.horizon)))
        return side, max(1, min(-(-episodes // side), MOST_STEPS // (side * self.horizon)))

    @property
    def vectorised(self) -> bool:
        """Whether many episodes of it are one object."""
        return self._recipe.plain and gymnasium.spec(self.name).vector_entry_point is not None

    def single(self, **more: Any) -> gymnasium.Env[Any, Any]:
        """One of it, by itself, its observations a box; `more` arguments as in :func:`making.make`."""
        with activity.AskingAnEnvironment():
            made = making.make(self._recipe, **more)
            if not self._recipe.known:
                made = Held(made, self._recipe.title)
        return flat(self.name, Heard(made))

    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> "GymnasiumSimulation":
        """See :meth:`Environment.simulate`. A simulation ends when the next of its size begins.

        Episodes of a group share a seed: their start, and what chance the environment draws after it.
        """
        kind = (episodes, group > 1)
        vectors = self._vectors.pop(kind, [])
        self._vectors[kind] = vectors  # now the one used last
        if len(self._vectors) > MOST_SIZES:
            for vector in self._vectors.pop(next(iter(self._vectors))):
                vector.close()
        while len(vectors) < len(streams.seeds):
            vectors.append(self._vector(episodes, seeded_apart=group > 1))
        return GymnasiumSimulation(self, vectors[: len(streams.seeds)], streams, group)

    def _vector(self, episodes: int, *, seeded_apart: bool) -> Vector:
        """The environment's own vector form where it resets on the next step, else the plain one that does.

        Only the plain one takes a seed for each of its episodes (`seeded_apart`).
        """
        if self.vectorised and not seeded_apart:
            own = gymnasium.make_vec(self.name, episodes, vectorization_mode="vector_entry_point")
            boxes = isinstance(own.single_observation_space, gymnasium.spaces.Box)
            if boxes and own.metadata.get("autoreset_mode") == AutoresetMode.NEXT_STEP:
                return own
            own.close()
        return SyncVectorEnv([self.single] * episodes, autoreset_mode=AutoresetMode.NEXT_STEP)

    def take_base(self, base: Callable[[Tensor], Tensor]) -> None:
        """See :meth:`Environment.take_base`. The levels are made anew: what this base reaches and beyond."""
        self._base = base
        side, _ = self.affordable(SURVEY_EPISODES)
        returns = base_data(self, side, (0,)).returns[0].double().cpu().numpy()
        self.levels = levels_between(returns, max(float(returns.max()), self.levels[-1]))

    @property
    def uniform(self) -> bool:
        """See :attr:`Environment.uniform`."""
        return self._base is None

    def base_probabilities(self, observations: Tensor) -> Tensor:
        """See :meth:`Environment.base_probabilities`."""
        if self._base is not None:
            return self._base(observations)
        shape = (*observations.shape[:-1], self.actions)
        return torch.full(shape, max(1, self.dimensions) / self.actions, device=observations.device)

    def endless(self, environments: int, streams: Streams) -> Endless:
        """See :meth:`Environment.endless`."""
        made = GymnasiumEndless(self, environments, streams)
        self._endless.append(made)
        return made

    def close(self) -> None:
        """Close the environments."""
        for endless in self._endless:
            endless.close()
        self._endless.clear()
        for vectors in self._vectors.values():
            for vector in vectors:
                vector.close()
        self._vectors.clear()

    def _surveyed_levels(self, threshold: float | None) -> tuple[float, ...]:
        streams = Streams((0,), "survey of the base", torch.device("cpu"))
        episodes, _ = self.affordable(SURVEY_EPISODES)
        simulation = self.simulate(episodes, streams)
        if self.dimensions:
            actions = 2 * streams.uniform(self.horizon, episodes, self.dimensions) - 1
        else:
            actions = streams.integers(self.actions, self.horizon, episodes)
        returns, rewards = np.zeros(episodes), set[float]()
        for time in range(self.horizon):
            running = simulation.running.clone()
            step = simulation.step(actions[:, time].to(self.device))
            returns += step.reward[0].double().cpu().numpy()
            if len(rewards) < 2:
                rewards.update(step.reward[running].tolist())
            if not bool(simulation.running.any()):
                break
        best = max(float(returns.max()), -np.inf if threshold is None else threshold)
        if len(rewards) == 1 and min(rewards) > 0:
            best = max(best, min(rewards) * self.horizon)
        return levels_between(returns, best)


class GymnasiumSimulation(Simulation):
    """Episodes of vector environments that reset themselves on the step after an end.

    Such a step's action is ignored and what follows is another episode: `running` is false by then.
    """

    def __init__(
        self, environment: GymnasiumEnvironment, vectors: list[Vector], streams: Streams, group: int = 1
    ) -> None:
        self._environment = environment
        self._vectors = vectors
        if group == 1:
            seeds = streams.integers(2**31 - 1).tolist()
        else:
            own = streams.integers(2**31 - 1, vectors[0].num_envs // group)
            seeds = own.repeat_interleave(group, dim=1).tolist()
        first = [vector.reset(seed=seed)[0] for vector, seed in zip(vectors, seeds, strict=True)]
        self.observation = self._seen(first)
        self.running = torch.ones(self.observation.shape[:2], dtype=torch.bool, device=environment.device)
        self._time = 0

    def _seen(self, arrays: list[Any]) -> Tensor:
        """[S, E, D] float32, or the bytes of pictures."""
        whole = np.stack(arrays).reshape(len(arrays), len(arrays[0]), -1)
        if self._environment.picture is None:
            whole = whole.astype(np.float32)
        return torch.from_numpy(whole).to(self._environment.device)

    def _each(self, arrays: list[Any]) -> Tensor:
        """[S, E]."""
        return torch.from_numpy(np.stack(arrays)).to(self._environment.device)

    def step(self, actions: Tensor) -> Step:
        """See :meth:`Simulation.step`."""
        chosen = self._environment.acts.outside(actions.cpu().numpy())
        results = [vector.step(row) for vector, row in zip(self._vectors, chosen, strict=True)]
        self._time += 1
        self.observation = self._seen([result[0] for result in results])
        reward = self._each([result[1] for result in results]).float() * self.running
        ended, cut = (self._each([result[place] for result in results]) for place in (2, 3))
        if self._time == self._environment.horizon:
            cut = torch.ones_like(cut)  # the limit given to an environment that has none of its own
        terminated = ended & self.running
        truncated = cut & ~ended & self.running
        self.running = self.running & ~(ended | cut)
        return Step(self.observation, reward, terminated, truncated)

    def outcome(self) -> Tensor:
        """[S, E], -1: Gymnasium does not tell outcomes apart."""
        return torch.full(self.running.shape, -1, device=self.running.device)


def levels_between(returns: NDArray[np.float64], best: float) -> tuple[float, ...]:
    """Five quantiles of returns (0, ¼, ½, ¾, 1), and four evenly spaced from the highest up to `best`."""
    quantiles = np.quantile(returns, [0, 0.25, 0.5, 0.75, 1])
    beyond = np.linspace(quantiles[-1], best, LEVELS - len(quantiles) + 1)
    return tuple(float(level) for level in np.unique([*quantiles, *beyond]))


def time_limit(environment: gymnasium.Env[Any, Any]) -> int | None:
    """The smallest of the time limits put around an environment; None for none."""
    limits = []
    while isinstance(environment, gymnasium.Wrapper):
        if isinstance(environment, TimeLimit):
            limits.append(int(environment._max_episode_steps))
        environment = environment.env
    return min(limits, default=None)
