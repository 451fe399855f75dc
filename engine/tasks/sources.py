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
    """One batch after another along the episodes, of which every seed has as many in each. Shorter ones are
    filled up with steps that are none."""
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


def picked(data: Trajectories, episodes: slice) -> Trajectories:
    """Some of the episodes, the same of every seed."""
    return _mapped(data, lambda values: values[:, episodes])


def spread(data: Trajectories, episodes: int) -> Trajectories:
    """So many episodes of each seed that has more, evenly spaced from its first to its last: the whole course
    of the run that gathered them. Of a seed that has fewer, all."""
    if data.mask.shape[1] <= episodes:
        return data
    held, place = data.counts[:, None], torch.arange(episodes, device=data.mask.device)
    which = torch.where(held > episodes, place * held // episodes, place)
    seed = torch.arange(len(held), device=held.device)[:, None]
    return _mapped(data, lambda values: values[seed, which])


def pooled(data: Trajectories) -> Trajectories:
    """The steps of all seeds' episodes, as if they were one's. Places without an episode stay between."""
    return _mapped(data, lambda values: values.flatten(0, 1)[None])


def of_seeds(data: Trajectories, rows: list[int]) -> Trajectories:
    """The seeds in these rows."""
    return _mapped(data, lambda values: values[rows])


def _mapped(data: Trajectories, change: Callable[[Tensor], Tensor]) -> Trajectories:
    names = [field.name for field in dataclasses.fields(Trajectories)]
    return Trajectories(**{name: change(getattr(data, name)) for name in names})


def training_data(environment: Environment, episodes: int, seeds: tuple[int, ...]) -> Trajectories:
    """What a predictor learns from: the environment's data where it has any, else the base's episodes.

    Of data with more than `episodes` it takes so many: see :func:`spread`.
    """
    if environment.data is None:
        return base_data(environment, episodes, seeds)
    return spread(environment.data, episodes)
