"""Any Gymnasium environment with discrete actions and box observations, through its vector API."""

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from torch import Tensor

from engine.errors import UserError
from engine.tasks.environment import Environment, Simulation, Step
from engine.tasks.streams import Streams

UNLIMITED_HORIZON = 1000  # for an environment that names no time limit of its own
LEVELS = 9
SURVEY_EPISODES = 256
MOST_SIZES = 3  # numbers of episodes for which vector environments are kept ready

Vector = VectorEnv[Any, Any, Any]


class GymnasiumEnvironment(Environment):
    """One vector environment per seed, so that seeds are independent. The base is uniform.

    `levels` are nine returns: five quantiles (0, ¼, ½, ¾, 1) of what the base reaches in a survey of
    256 episodes that belongs to the task, then four evenly spaced up to the best return known: the
    environment's reward threshold, or the horizon's worth of a reward that never varies.

    Raises:
        UserError: for an id that Gymnasium does not know or whose requirements are not installed,
            for actions that are not discrete, for observations that are not a box.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = name
        self.device = device
        try:
            single = gymnasium.make(name)
        except gymnasium.error.Error as error:
            raise UserError(f"Gymnasium environment '{name}' cannot be made: {error}") from None
        except ImportError as error:
            raise UserError(f"Gymnasium environment '{name}' needs a package: {error}") from None
        space, seen, spec = single.action_space, single.observation_space, single.spec
        single.close()
        if not isinstance(space, gymnasium.spaces.Discrete):
            raise UserError(f"task {name}: its actions are {space}; allowed: discrete actions")
        if not isinstance(seen, gymnasium.spaces.Box):
            raise UserError(f"task {name}: its observations are {seen}; allowed: a box of numbers")
        assert spec is not None  # made from the registry
        self.help = f"The Gymnasium environment {name}, with a base that acts at random."
        self.horizon = spec.max_episode_steps or UNLIMITED_HORIZON
        self.states, self.features = 0, int(np.prod(seen.shape))
        self.action_names = tuple(f"action {number}" for number in range(int(space.n)))
        self.outcome_names = ()
        self.first_action = int(space.start)
        self._vectors: dict[tuple[int, bool], list[Vector]] = {}
        self.levels = self._surveyed_levels(spec.reward_threshold)

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
            vectors.append(_vector(self.name, episodes, seeded_apart=group > 1))
        return GymnasiumSimulation(self, vectors[: len(streams.seeds)], streams, group)

    def base_probabilities(self, observations: Tensor) -> Tensor:
        """See :meth:`Environment.base_probabilities`."""
        shape = (*observations.shape[:-1], self.actions)
        return torch.full(shape, 1 / self.actions, device=observations.device)

    def close(self) -> None:
        """Close the vector environments."""
        for vectors in self._vectors.values():
            for vector in vectors:
                vector.close()
        self._vectors.clear()

    def _surveyed_levels(self, threshold: float | None) -> tuple[float, ...]:
        streams = Streams((0,), "survey of the base", torch.device("cpu"))
        simulation = self.simulate(SURVEY_EPISODES, streams)
        actions = streams.integers(self.actions, self.horizon, SURVEY_EPISODES)
        returns, rewards = np.zeros(SURVEY_EPISODES), set[float]()
        for time in range(self.horizon):
            running = simulation.running.clone()
            step = simulation.step(actions[:, time].to(self.device))
            returns += step.reward[0].double().cpu().numpy()
            rewards.update(step.reward[running].tolist())
            if not bool(simulation.running.any()):
                break
        quantiles = np.quantile(returns, [0, 0.25, 0.5, 0.75, 1])
        best = max(float(quantiles[-1]), -np.inf if threshold is None else threshold)
        if len(rewards) == 1 and min(rewards) > 0:
            best = max(best, min(rewards) * self.horizon)
        beyond = np.linspace(quantiles[-1], best, LEVELS - len(quantiles) + 1)
        return tuple(float(level) for level in np.unique([*quantiles, *beyond]))


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
        self.observation = self._stacked(first)
        self.running = torch.ones(self.observation.shape[:2], dtype=torch.bool, device=environment.device)
        self._time = 0

    def _stacked(self, arrays: list[Any]) -> Tensor:
        whole = np.stack(arrays).astype(np.float32).reshape(len(arrays), len(arrays[0]), -1)
        return torch.from_numpy(whole).to(self._environment.device)

    def step(self, actions: Tensor) -> Step:
        """See :meth:`Simulation.step`."""
        chosen = actions.cpu().numpy() + self._environment.first_action
        results = [vector.step(row) for vector, row in zip(self._vectors, chosen, strict=True)]
        self._time += 1
        self.observation = self._stacked([result[0] for result in results])
        reward = self._stacked([result[1] for result in results])[..., 0] * self.running
        ended = torch.from_numpy(np.stack([result[2] for result in results])).to(self.running.device)
        cut = torch.from_numpy(np.stack([result[3] for result in results])).to(self.running.device)
        if self._time == self._environment.horizon:
            cut = torch.ones_like(cut)  # the limit given to an environment that has none of its own
        terminated = ended & self.running
        truncated = cut & ~ended & self.running
        self.running = self.running & ~(ended | cut)
        return Step(self.observation, reward, terminated, truncated)

    def outcome(self) -> Tensor:
        """[S, E], -1: Gymnasium does not tell outcomes apart."""
        return torch.full(self.running.shape, -1, device=self.running.device)


def _vector(name: str, episodes: int, *, seeded_apart: bool = False) -> Vector:
    """The environment's own vector form where it resets on the next step, else the plain one that does.

    Only the plain one takes a seed for each of its episodes (`seeded_apart`).
    """
    if not seeded_apart and gymnasium.spec(name).vector_entry_point is not None:
        own = gymnasium.make_vec(name, episodes, vectorization_mode="vector_entry_point")
        if own.metadata.get("autoreset_mode") == AutoresetMode.NEXT_STEP:
            return own
        own.close()
    return gymnasium.make_vec(
        name, episodes, vectorization_mode="sync", vector_kwargs={"autoreset_mode": AutoresetMode.NEXT_STEP}
    )
