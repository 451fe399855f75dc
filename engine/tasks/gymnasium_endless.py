"""Gymnasium environments that never stop, one by one, each begun again with a seed of its own.

An environment cannot be asked for its state. What can be kept is how it came to be there: the seed of its
present episode and the actions taken since. Going on from a checkpoint takes these actions again.

Axes: S seeds, E environments, H horizon, C dimensions of a box.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from engine.tasks.environment import Endless, Step
from engine.tasks.streams import Streams

if TYPE_CHECKING:
    from engine.tasks.gymnasium_environment import GymnasiumEnvironment

SEEDS = 2**31 - 1


class GymnasiumEndless(Endless):
    """See :class:`Endless`. An environment whose chance is not its seed's alone does not go on the same."""

    def __init__(self, environment: "GymnasiumEnvironment", environments: int, streams: Streams) -> None:
        self._environment, self._streams = environment, streams
        first = streams.integers(SEEDS, environments)
        self._seed = first.cpu().numpy()  # [S, E] of the present episodes
        self._singles = [[environment.single() for _ in row] for row in self._seed]
        self._age = np.zeros_like(self._seed)
        whole = torch.zeros(*first.shape, environment.horizon, device="cpu")
        self._taken = environment.no_action(whole).numpy()  # [S, E, H] or [S, E, H, C] since they began
        self.observation = self._seen([self._begun(*place) for place in np.ndindex(*self._seed.shape)])

    def _begun(self, row: int, place: int) -> Any:
        """The first observation of an episode with the seed that stands there."""
        return self._singles[row][place].reset(seed=int(self._seed[row, place]))[0]

    def _seen(self, observations: list[Any]) -> Tensor:
        """[S, E, D] float32, or the bytes of pictures, from S · E observations."""
        whole = np.stack(observations).reshape(*self._seed.shape, -1)
        if self._environment.picture is None:
            whole = whole.astype(np.float32)
        return torch.from_numpy(whole).to(self._environment.device)

    def prepare(self, steps: int) -> None:
        """See :meth:`Endless.prepare`."""
        self._steps: list[Step] = []
        self._fresh = list(self._streams.integers(SEEDS, steps, self._seed.shape[1]).cpu().unbind(1))[::-1]

    def step(self, actions: Tensor) -> None:
        """See :meth:`Endless.step`."""
        environment, fresh = self._environment, self._fresh.pop().numpy()
        own = actions.cpu().numpy()
        told = np.stack([environment.acts.outside(row) for row in own])
        led, next_seen, rewards, ends, cuts = [], [], [], [], []
        for row, place in np.ndindex(*self._seed.shape):
            observation, reward, ended, cut, _ = self._singles[row][place].step(told[row, place])
            self._taken[row, place, self._age[row, place]] = own[row, place]
            self._age[row, place] += 1
            cut = bool(cut) or self._age[row, place] == environment.horizon
            led.append(observation)
            if ended or cut:
                self._seed[row, place], self._age[row, place] = fresh[row, place], 0
                observation = self._begun(row, place)
            next_seen.append(observation)
            rewards.append(float(reward))
            ends.append(bool(ended))
            cuts.append(cut and not ended)
        self.observation = self._seen(next_seen)
        step = Step(self._seen(led), self._each(rewards, np.float32), self._each(ends), self._each(cuts))
        self._steps.append(step)

    def taken(self) -> Step:
        """See :meth:`Endless.taken`."""
        columns = zip(*(vars(step).values() for step in self._steps), strict=True)
        return Step(*(torch.stack(column, dim=2) for column in columns))

    def _each(self, values: list[Any], dtype: Any = np.bool_) -> Tensor:
        """[S, E]."""
        array = np.array(values, dtype=dtype).reshape(self._seed.shape)
        return torch.from_numpy(array).to(self._environment.device)

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Endless.state`."""
        return {
            "seed": torch.from_numpy(self._seed.copy()),
            "age": torch.from_numpy(self._age.copy()),
            "taken": torch.from_numpy(self._taken.copy()),
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Endless.load`."""
        self._seed, self._age, self._taken = (
            state[name].cpu().numpy().copy() for name in ("seed", "age", "taken")
        )
        observations = []
        for row, place in np.ndindex(*self._seed.shape):
            observation = self._begun(row, place)
            for action in self._environment.acts.outside(self._taken[row, place, : self._age[row, place]]):
                observation = self._singles[row][place].step(action)[0]
            observations.append(observation)
        self.observation = self._seen(observations)

    def close(self) -> None:
        """Close the environments."""
        for row in self._singles:
            for single in row:
                single.close()
