"""The episodes of a Minari data set (minari.farama.org), as predictors learn from them. Read with h5py alone.

An episode of T steps has T actions, rewards, terminations and truncations and T + 1 observations, the last of
which it ended in. Its distributions are read where `infos/policy` has them, as exports of this program do.

Axes: E episodes, T time steps, A actions, D features.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import UserError
from engine.specification import DataSet
from engine.tasks import data_set
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.tabular_environment import TabularEnvironment

MOST = 2**32  # bytes of all episodes, each filled up to the longest
COLUMNS = ("observations", "actions", "rewards", "terminations", "truncations")

Numbers = NDArray[Any]
Episode = dict[str, Numbers]


def read(data: DataSet, environment: Environment, seeds: int) -> Trajectories:
    """Every episode, in order, the same for so many seeds (and in memory once).

    Raises:
        UserError: when the data set is gone or is another than `data` was, or does not fit the environment.
    """
    folder = Path(data.folder)
    if not folder.is_dir():
        raise UserError(f"data set {folder}: no such folder; put it back where it was")
    if data_set.mark(folder) != data.mark:
        raise UserError(f"data set {folder} is not what it was when the run was specified: it has changed")
    try:
        with h5py.File(folder / data_set.FILE, "r") as file:
            groups = list(_groups(folder, file))
            _check_size(folder, groups, environment)
            episodes = [_episode(folder, group, environment) for group in groups]
    except OSError as error:
        raise UserError(f"data set {folder}: {data_set.FILE} cannot be read as HDF5: {error}") from None
    return _laid_out(episodes, environment, seeds)


def _groups(folder: Path, file: h5py.File) -> Iterator[h5py.Group]:
    names = sorted((name for name in file if name.startswith("episode_")), key=_number)
    if not names:
        raise UserError(f"data set {folder}: no episodes; allowed: one or more")
    for name in names:
        group = _member(file, name)
        if not isinstance(group, h5py.Group):
            raise UserError(f"data set {folder}: {name} is no group of arrays")
        yield group


def _number(name: str) -> int:
    digits = name.removeprefix("episode_")
    return int(digits) if digits.isdigit() else -1


def _member(group: h5py.Group, name: str) -> Any:
    """What a name stands for within its own file; None where that is nothing, or lies in another file."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return None
    found = group[name]
    elsewhere = isinstance(found, h5py.Dataset) and (found.external is not None or found.is_virtual)
    return None if elsewhere else found


def _array(folder: Path, group: h5py.Group, name: str) -> h5py.Dataset:
    found = _member(group, name)
    if isinstance(found, h5py.Group):
        raise UserError(
            f"data set {folder}: {name} are of several parts; allowed: numbers or one box of them"
        )
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "iufb" or not found.shape:
        raise UserError(f"data set {folder}: {group.name[1:]} has no array of numbers {name}")
    return found


def _check_size(folder: Path, groups: list[h5py.Group], environment: Environment) -> None:
    lengths = [len(_array(folder, group, "actions")) for group in groups]
    longest = max(lengths)
    if min(lengths) == 0:
        raise UserError(f"data set {folder}: an episode of no steps; allowed: from 1")
    if longest > environment.horizon:
        raise UserError(
            f"data set {folder}: an episode of {longest} steps; allowed: up to {environment.horizon}, "
            f"as task {environment.name} has"
        )
    numbers = max(1, environment.features) + max(1, environment.dimensions) + 2
    size = 4 * len(groups) * longest * numbers
    if size > MOST:
        raise UserError(
            f"data set {folder}: {len(groups):,} episodes of up to {longest} steps take "
            f"{size / 2**30:.1f} GiB; allowed: {MOST / 2**30:.0f} GiB"
        )


def _episode(folder: Path, group: h5py.Group, environment: Environment) -> Episode:
    """One episode as learners see it, checked against the task."""
    found = {name: _array(folder, group, name)[...] for name in COLUMNS}
    length, where = len(found["actions"]), f"data set {folder}: {group.name[1:]}"
    for name, values in found.items():
        expected = length + (name == "observations")
        if len(values) != expected:
            raise UserError(f"{where} has {len(values)} {name} of {length} steps; allowed: {expected}")
        if not np.isfinite(values).all():
            raise UserError(f"{where} has {name} that are no finite numbers")
    if found["rewards"].ndim != 1:
        raise UserError(f"{where} has rewards of shape {found['rewards'].shape}; allowed: one number a step")
    found["observations"] = _observations(where, found["observations"], environment)
    found["actions"] = _actions(where, found["actions"], environment)
    infos = _member(group, "infos")
    policy = _member(infos, "policy") if isinstance(infos, h5py.Group) else None
    if isinstance(policy, h5py.Dataset) and policy.shape == (length + 1, environment.actions):
        found["policy"] = policy[:-1].astype(np.float32)
    return found


def _observations(where: str, values: Numbers, environment: Environment) -> Numbers:
    """[T + 1] states or [T + 1, D] features."""
    if environment.states:
        if values.ndim != 1 or values.dtype.kind not in "iu":
            raise UserError(f"{where} has observations that are no numbers of states, as the task has them")
        if values.min() < 0 or values.max() >= environment.states:
            raise UserError(
                f"{where} has observations from {values.min()} to {values.max()}; allowed: 0 to "
                f"{environment.states - 1}, the task's states"
            )
        return values.astype(np.int64)
    flat = values.reshape(len(values), -1)
    if flat.shape[1] != environment.features:
        raise UserError(
            f"{where} has observations of {flat.shape[1]} numbers; allowed: {environment.features}, as task "
            f"{environment.name} has"
        )
    return flat.astype(np.float32 if environment.picture is None else np.uint8)


def _actions(where: str, values: Numbers, environment: Environment) -> Numbers:
    """[T] numbers or [T, C] points of the box, as learners count them."""
    if isinstance(environment, GymnasiumEnvironment):
        try:
            values = environment.acts.inside(values)
        except ValueError:
            raise UserError(f"{where} has actions that task {environment.name} does not have") from None
    if environment.dimensions:
        return values
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise UserError(f"{where} has actions that are no numbers; allowed: whole numbers, one a step")
    if values.min() < 0 or values.max() >= environment.actions:
        raise UserError(
            f"{where} has actions from {values.min()} to {values.max()}, counted from the first; "
            f"allowed: 0 to {environment.actions - 1}"
        )
    return values.astype(np.int64)


def _laid_out(episodes: list[Episode], environment: Environment, seeds: int) -> Trajectories:
    """[S, E, T, …] with T the longest episode's length."""
    lengths = np.array([len(episode["actions"]) for episode in episodes])
    longest = int(lengths.max())

    def padded(name: str) -> Numbers:
        first = episodes[0][name]
        whole = np.zeros((len(episodes), longest, *first.shape[1:]), dtype=first.dtype)
        for row, length, episode in zip(whole, lengths, episodes, strict=True):
            row[:length] = episode[name][:length]
        return whole

    final = np.stack([episode["observations"][-1] for episode in episodes])
    terminated = np.array([bool(episode["terminations"][-1]) for episode in episodes])
    # What ends at the horizon of a tabular task ends there: the horizon is the task's own.
    cut = ~terminated & ((lengths < environment.horizon) if environment.states else True)

    def shared(values: Numbers) -> Tensor:
        tensor = torch.from_numpy(values).to(environment.device)
        return tensor.expand(seeds, *tensor.shape)

    if all("policy" in episode for episode in episodes):
        told = shared(padded("policy"))
    else:
        shape = (seeds, len(episodes), longest, environment.actions)
        told = torch.full((1, 1, 1, 1), torch.nan, device=environment.device).expand(shape)
    ended = shared(final)
    outcome = environment.outcomes[ended] if isinstance(environment, TabularEnvironment) else None
    return Trajectories(
        observations=shared(padded("observations")),
        actions=shared(padded("actions")),
        rewards=shared(padded("rewards").astype(np.float32)),
        probabilities=told,
        mask=shared(np.arange(longest) < lengths[:, None]),
        final=ended,
        truncated=shared(cut),
        outcome=torch.full(ended.shape[:2], -1, device=environment.device) if outcome is None else outcome,
    )
