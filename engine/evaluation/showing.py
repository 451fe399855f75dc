"""Drawing one episode for a person to see. Its random streams are its own: looking changes nothing.

Axes: S seeds, T steps, D features.
"""

import time as clock
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.distributions.box import BoxFamily
from engine.distributions.family import Family
from engine.episode import Episode
from engine.errors import UserError
from engine.learners.base import Learner
from engine.tasks.dataset import collect
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

CHOICES = 24  # episodes of a task that is over after a single choice
SECONDS = 2.0  # for which a run may be kept waiting by an environment that is looked at
MOST_FRAMES = 64  # with the size below a few MB at the most: a window that reads them must not stand still
LARGEST = 150  # pixels of a frame, across or down

Pixels = NDArray[np.uint8]
Told = Callable[..., Episode]  # one of whom it is known what was asked of whom, and when


def shown(
    learner: Learner, seeds: tuple[int, ...], place: int, target: float, number: int, step: int
) -> Episode:
    """What seed `place` of a learner does after `step` updates, asked for `target`.

    The same arguments give the same episode.

    Raises:
        UserError: where there is no such seed, and where the environment fails.
    """
    if not 0 <= place < len(seeds):
        raise UserError(f"seed {place} cannot be shown; allowed: 0 to {len(seeds) - 1}")
    environment = learner.environment
    purpose = f"episode {number} shown after {step} updates asked for {target:g}"
    streams = Streams(seeds, purpose, environment.device)
    told = partial(Episode, target, place, number, step)
    with torch.no_grad():
        if isinstance(environment, TabularEnvironment):
            return _tabular(learner, environment, streams, place, target, told)
        assert isinstance(environment, GymnasiumEnvironment)
        try:
            return _gymnasium(learner, environment, streams, place, target, told)
        except Exception as error:  # the environment is anyone's code, and a look must not end a run
            raise UserError(f"no episode of {environment.name}: {type(error).__name__}: {error}") from error


def _tabular(
    learner: Learner,
    environment: TabularEnvironment,
    streams: Streams,
    place: int,
    target: float,
    told: Told,
) -> Episode:
    task, apart = environment.task, environment.horizon == 1
    found = collect(environment, learner.actor(target), CHOICES if apart else 1, streams)
    if apart:
        actions, rewards = found.actions[place, :, 0], found.rewards[place, :, 0]
        states = torch.cat([found.observations[place, :, 0], found.final[place, -1:]]).tolist()
    else:
        length = int(found.mask[place, 0].sum())
        actions, rewards = found.actions[place, 0, :length], found.rewards[place, 0, :length]
        states = torch.cat([found.observations[place, 0, :length], found.final[place, 0, None]]).tolist()
    outcome = int(found.outcome[place, 0])
    return told(
        tuple(actions.tolist()),
        tuple(rewards.tolist()),
        contexts=tuple(task.state_names[state] for state in states),
        cells=() if task.picture is None else tuple(task.picture.cell[states].tolist()),
        ending=task.outcome_names[outcome] if outcome >= 0 and not apart else "",
        apart=apart,
    )


def _gymnasium(
    learner: Learner,
    environment: GymnasiumEnvironment,
    streams: Streams,
    place: int,
    target: float,
    told: Told,
) -> Episode:
    """In an environment of its own, so that those of the run are as they were."""
    film = _Film(environment)
    single = film.environment
    act = learner.actor(target)
    seeds, family = len(streams.seeds), learner.family
    dtype = torch.float32 if environment.picture is None else torch.uint8
    several = () if family.chances == 1 else (family.chances,)
    chance = streams.uniform(environment.horizon, 1, *several)
    until = clock.monotonic() + SECONDS
    try:
        observation, _ = single.reset(seed=int(streams.integers(2**31 - 1)[place]))
        observed = [np.ravel(observation)]
        actions: list[int] = []
        rewards: list[float] = []
        reward = torch.zeros(seeds, 1, device=environment.device)
        action = environment.no_action(reward)
        over = False
        while not over and len(actions) < environment.horizon and clock.monotonic() < until:
            film.look(len(actions))
            now = torch.as_tensor(observed[-1], dtype=dtype, device=environment.device).expand(seeds, 1, -1)
            row = act(now, action, reward, len(actions))
            chosen = family.drawn(row, chance[:, len(actions)])[place : place + 1]
            observation, gained, ended, limited, _ = single.step(
                environment.acts.outside(chosen.cpu().numpy())[0, 0]
            )
            observed.append(np.ravel(observation))
            actions.append(_number(family, chosen))
            rewards.append(float(gained))
            action, reward = chosen.expand(seeds, *chosen.shape[1:]), torch.full_like(reward, float(gained))
            over = bool(ended or limited)
        film.look(len(actions), last=True)
    finally:
        single.close()
    return told(
        tuple(actions),
        tuple(rewards),
        observations=np.array([] if environment.picture else observed, dtype=np.float32, ndmin=2),
        frames=film.frames,
        moments=tuple(film.moments),
        cut=not over and len(actions) < environment.horizon,
    )


def _number(family: Family, action: Tensor) -> int:
    """Among the recorded actions; of a point of a box, the bin of its first axis."""
    return int((family.bin_of(action)[..., 0] if isinstance(family, BoxFamily) else action)[0, 0])


class _Film:
    """The pictures that an environment makes of itself, at most MOST_FRAMES and evenly spaced; none where it
    makes none, or would need a package that is not installed."""

    def __init__(self, environment: GymnasiumEnvironment) -> None:
        made = environment.single()
        self.filmed = "rgb_array" in made.metadata.get("render_modes", ())
        if self.filmed:
            made.close()
            made = environment.single(render_mode="rgb_array")
            self.filmed = made.render_mode == "rgb_array"  # one of a person's own need not take it
        self.environment: gymnasium.Env[Any, Any] = made
        self.moments: list[int] = []
        self._frames: list[Pixels] = []
        self._every = 1

    def look(self, moment: int, *, last: bool = False) -> None:
        """Before the step `moment`."""
        if not self.filmed or (moment % self._every and not last):
            return
        try:
            picture: Any = self.environment.render()
        except (gymnasium.error.DependencyNotInstalled, ImportError):
            self.filmed = False
            return
        self._frames.append(smaller(np.asarray(picture, dtype=np.uint8)))
        self.moments.append(moment)
        if len(self._frames) > MOST_FRAMES:
            self._every *= 2
            self._frames, self.moments = self._frames[::2], self.moments[::2]

    @property
    def frames(self) -> Pixels:
        """[F, height, width, 3]."""
        return np.stack(self._frames) if self._frames else np.zeros((0, 0, 0, 3), dtype=np.uint8)


def smaller(picture: Pixels) -> Pixels:
    """A picture [height, width, 3] no larger than LARGEST either way: the mean of squares of pixels."""
    height, width = picture.shape[:2]
    side = -(-max(height, width) // LARGEST)
    if side == 1:
        return picture
    cut = picture[: height // side * side, : width // side * side]
    squares = cut.reshape(height // side, side, width // side, side, 3)
    means: Pixels = squares.mean(axis=(1, 3)).astype(np.uint8)
    return means
