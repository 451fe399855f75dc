"""The episodes that a run learned from, as a Minari data set (Farama Foundation, minari.farama.org).

A recording holds no episodes. A run is a function of its specification, its seeds and its command log, so
they are made again: on a CPU the very episodes, bit for bit. Of a learner that acts to learn they are its
own, of one that learns from data those data. Or what its policy does at its newest checkpoint, acted anew.
Written with h5py alone, in Minari's HDF5 layout.
"""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium
import h5py
import numpy as np
import torch
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from engine.devices import asked
from engine.errors import UserError
from engine.exports.acted import acted
from engine.exports.kinds import Order, Progress
from engine.exports.opened import opened
from engine.exports.snapshot import Snapshot
from engine.exports.whole import whole
from engine.learners.knobs import make
from engine.learners.registry import LEARNERS
from engine.replay import environment_of, given, replayed
from engine.specification import RunSpecification, Source
from engine.tasks import making, recipe
from engine.tasks.dataset import Trajectories
from engine.tasks.gymnasium_registration import TabularEnv, environment_id
from engine.tasks.gymnasium_spaces import Actions, Numbered, actions_of, flat
from engine.tasks.registry import known
from engine.tasks.sources import spread, training_data

LAYOUT_OF = "0.5.3"  # the version of Minari whose layout this is
TELL_EVERY = 200  # episodes


def write(order: Order, progress: Progress) -> None:
    """Write the folder `order.out`, which `minari.MinariDataset(out / "data")` loads, and
    `minari.load_dataset(NAME)` too where the folder is `NAME` under `MINARI_DATASETS_PATH`.

    Each episode holds, beside Minari's own, `infos/policy` [T + 1, A]: the probabilities with which each
    action was drawn, or [T + 1, Q] the distribution over a box as its family tells it (NaN after the last),
    `infos/time`, and its attribute `run_seed`.

    Raises:
        UserError: when the run learned from no episodes, or the folder is there or cannot be written.
    """
    if order.out.exists():
        raise UserError(f"{order.out} is there already; allowed: the name of a new folder")
    with opened(order) as (recording,):
        snapshot = Snapshot(recording)
        run = RunSpecification.from_json(json.dumps(snapshot.layout.provenance["specification"]))
        chosen = max(1, order.episodes // len(run.seeds))
        if order.acted:
            episodes, update = acted(snapshot, run, chosen, asked(run))
            about = f"What {run.name} does after update {update}, acted by"
        else:
            episodes, update = _episodes(snapshot, run, progress), snapshot.last_step
            about = f"What {run.name} learned from until update {update}, made again by"
    episodes = spread(episodes, chosen)
    with whole(order.out) as folder:
        data = folder / "data"
        data.mkdir(parents=True)
        origin = _origin(run)
        size = _write_data(data / "main_data.hdf5", episodes, run.seeds, origin, progress)
        metadata = {**_metadata(order.out, snapshot, run, origin, about, update), **size}
        (data / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def _episodes(snapshot: Snapshot, run: RunSpecification, progress: Progress) -> Trajectories:
    """What the run learned from until the snapshot."""
    device, kind = asked(run), LEARNERS[run.learner]
    if kind.kind == "oracle":
        raise UserError(
            f"{snapshot.path}: {run.learner} is solved and learns from no episodes; "
            "allowed: a run that acts, or learns from data"
        )
    wanted = getattr(make(kind.Knobs, run.knobs), "data_episodes", None)
    if wanted is None and run.data is None:
        return _made_again(snapshot, run, device, progress)
    environment = environment_of(run, device)
    if run.data is not None:
        environment.data = given(run.data, environment, run, device, progress)
        wanted = wanted or int(environment.data.mask.shape[1])
    assert wanted is not None  # or else it gathers its own
    return training_data(environment, wanted, run.seeds)


def _made_again(
    snapshot: Snapshot, run: RunSpecification, device: torch.device, progress: Progress
) -> Trajectories:
    """The run's own episodes: the run, made again until the snapshot, turns and all."""
    updates = snapshot.last_step - (run.parent.step if run.parent else 0)
    if updates == 0:
        raise UserError(f"{snapshot.path}: no update is done yet; allowed: a run with one or more")
    turns = tuple(
        (event.step, str(event.data["name"]), event.data["after"])
        for event in snapshot.events
        if event.kind == "knob"
    )
    return replayed(Source(replace(run, updates=updates), turns, str(snapshot.path)), run, device, progress)


@dataclass(frozen=True)
class _Origin:
    """The environment as Gymnasium knows it.

    Attributes:
        spec: how it is made again; None for one that is not registered: a person's own.
        seen, space: what is observed, and the actions.
        acts: how a learner's actions are told to it.
        terminal: [N] the states of a tabular task that end an episode; None for any other environment.
            Learners take the horizon for an end as well, Gymnasium for a truncation.
    """

    spec: EnvSpec | None
    seen: gymnasium.Space[Any]
    space: gymnasium.Space[Any]
    acts: Actions
    terminal: NDArray[np.bool_] | None


def _write_data(
    path: Path, episodes: Trajectories, names: tuple[int, ...], origin: _Origin, progress: Progress
) -> dict[str, Any]:
    """The episodes [S, E] of the seeds `names`, one group each, update after update and seed after seed."""
    observations, actions, rewards, policy, mask, final, truncated = (
        values.cpu().numpy()
        for values in (
            episodes.observations, episodes.actions, episodes.rewards, episodes.probabilities,
            episodes.mask, episodes.final, episodes.truncated,
        )
    )  # fmt: skip
    lengths = mask.sum(axis=2)
    if origin.terminal is not None:
        truncated = ~origin.terminal[final]
    shape, dtype = origin.seen.shape or (), origin.seen.dtype
    held = np.argwhere(lengths.T > 0)  # the first of every seed, then the second
    with h5py.File(path, "w", track_order=True) as file:
        for number, (episode, seed) in enumerate(held):
            length = int(lengths[seed, episode])
            steps = (seed, episode, slice(0, length))
            group = file.create_group(f"episode_{number}")
            group.attrs.update(id=number, total_steps=length, run_seed=names[seed])
            seen = np.concatenate([observations[steps], final[seed, episode][None]])
            ends = np.arange(length) == length - 1
            group["observations"] = seen.reshape(length + 1, *shape).astype(dtype)
            group["actions"] = origin.acts.outside(actions[steps])
            group["rewards"] = rewards[steps].astype(np.float64)
            group["terminations"] = ends & ~truncated[seed, episode]
            group["truncations"] = ends & truncated[seed, episode]
            nothing = np.full((1, policy.shape[3]), np.nan, dtype=np.float32)
            group["infos/policy"] = np.concatenate([policy[steps], nothing])
            group["infos/time"] = np.arange(length + 1)
            if (number + 1) % TELL_EVERY == 0:
                progress(number + 1, len(held))
    return {
        "total_episodes": len(held),
        "total_steps": int(lengths.sum()),
        "dataset_size": round(path.stat().st_size / 1e6, 1),
    }


def _origin(run: RunSpecification) -> _Origin:
    if run.task_text or known(run.task):
        spec = _tabular_spec(run)
        task = TabularEnv(**spec.kwargs).task
        states, actions = gymnasium.spaces.Discrete(task.states), gymnasium.spaces.Discrete(task.actions)
        return _Origin(spec, states, actions, Numbered(actions), task.terminal)
    environment = flat(run.task, making.make(recipe.parse(run.task)))
    environment.close()
    seen, space = environment.observation_space, environment.action_space
    return _Origin(environment.spec, seen, space, actions_of(run.task, space), None)


def _metadata(
    out: Path, snapshot: Snapshot, run: RunSpecification, origin: _Origin, about: str, update: int
) -> dict[str, Any]:
    made_by = {} if origin.spec is None else {"env_spec": origin.spec.to_json()}
    name = out.name if re.search(r"-v\d+$", out.name) else f"{out.name}-v0"
    return {
        "data_format": "hdf5",
        "jpeg_encoding": False,
        "observation_space": json.dumps(_space(origin.seen)),
        "action_space": json.dumps(_space(origin.space)),
        **made_by,
        "dataset_id": name,
        "minari_version": LAYOUT_OF,
        "algorithm_name": run.learner,
        "description": f"{about} Supertask. "
        "infos/policy: the probabilities each action was drawn with; in a box, the distribution.",
        "supertask": {"update": update, "provenance": dict(snapshot.layout.provenance)},
    }


def _tabular_spec(run: RunSpecification) -> EnvSpec:
    """How Gymnasium makes the task again: also one that a person drew, whose drawing goes along."""
    plain = re.sub(r"[^A-Za-z0-9-]", "", run.task.partition("(")[0]) or "task"
    kwargs = {"task": run.task, "text": run.task_text} if run.task_text else {"task": run.task}
    entry_point = f"{TabularEnv.__module__}:{TabularEnv.__qualname__}"
    return EnvSpec(id=environment_id(plain), entry_point=entry_point, kwargs=kwargs)


def _space(space: gymnasium.Space[Any]) -> dict[str, Any]:
    """As Minari writes a space."""
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return {"type": "MultiBinary", "n": space.n if isinstance(space.n, int) else list(space.n)}
    if isinstance(space, gymnasium.spaces.MultiDiscrete):
        nvec, start = space.nvec.tolist(), space.start.tolist()
        return {"type": "MultiDiscrete", "dtype": str(space.dtype), "nvec": nvec, "start": start}
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"type": "Discrete", "dtype": "int64", "start": int(space.start), "n": int(space.n)}
    assert isinstance(space, gymnasium.spaces.Box)  # the kinds of spaces there are here
    return {
        "type": "Box",
        "dtype": str(space.dtype),
        "shape": list(space.shape),
        "low": space.low.tolist(),
        "high": space.high.tolist(),
    }
