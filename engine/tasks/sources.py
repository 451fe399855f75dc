"""Episodes gathered before, put together and picked from: the data of a predictor that are not the base's.

Axes: S seeds, E episodes, T time steps.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from engine.tasks.dataset import Trajectories, base_data
from engine.tasks.environment import Environment

TIMED = ("observations", "actions", "rewards", "probabilities", "mask")  # [S, E, T, …]


def joined(batches: list[Trajectories]) -> Trajectories:
    """One batch after another along the episodes. Shorter ones are filled up with steps that are none."""
    longest = max(batch.mask.shape[2] for batch in batches)

    def filled(batch: Trajectories, name: str) -> Tensor:
        values: Tensor = getattr(batch, name)
        if name not in TIMED:
            return values
        after = [0, 0] * (values.dim() - 3) + [0, longest - values.shape[2]]
        return functional.pad(values, after)

    names = [field.name for field in dataclasses.fields(Trajectories)]
    return Trajectories(
        **{name: torch.cat([filled(batch, name) for batch in batches], dim=1) for name in names}
    )


def picked(data: Trajectories, episodes: slice | Tensor) -> Trajectories:
    """Some of the episodes, the same of every seed."""
    return _mapped(data, lambda values: values[:, episodes])


def pooled(data: Trajectories) -> Trajectories:
    """The episodes of all seeds, as if they were one's."""
    return _mapped(data, lambda values: values.flatten(0, 1)[None])


def of_seeds(data: Trajectories, rows: list[int]) -> Trajectories:
    """The seeds in these rows."""
    return _mapped(data, lambda values: values[rows])


def _mapped(data: Trajectories, change: Callable[[Tensor], Tensor]) -> Trajectories:
    names = [field.name for field in dataclasses.fields(Trajectories)]
    return Trajectories(**{name: change(getattr(data, name)) for name in names})


def training_data(environment: Environment, episodes: int, seeds: tuple[int, ...]) -> Trajectories:
    """What a predictor learns from: the environment's data where it has any, else the base's episodes.

    Of data with more than `episodes` it takes so many, evenly spaced from the first to the last: the
    whole course of the run that gathered them.
    """
    data = environment.data
    if data is None:
        return base_data(environment, episodes, seeds)
    held = data.mask.shape[1]
    if held <= episodes:
        return data
    return picked(data, torch.arange(episodes, device=environment.device) * held // episodes)
