"""Making a run's learner from its specification, and making a run again for the episodes it learned from."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from safetensors.torch import load_file

from engine import activity
from engine.errors import UserError, one_of
from engine.learners.base import Learner
from engine.learners.cloned_base import ClonedBase
from engine.learners.knobs import make, turned
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.specification import DataSet, RunSpecification, Source
from engine.tasks import minari
from engine.tasks.dataset import Trajectories, collect
from engine.tasks.environment import Environment
from engine.tasks.make import make_environment
from engine.tasks.segments import Gathered, episodes_of
from engine.tasks.sources import of_seeds
from engine.tasks.streams import Streams


def make_learner(specification: RunSpecification, device: torch.device) -> Learner:
    """The learner as it is before the run's first update: with its data and, for a fork, its parent's state.

    Raises:
        UserError: when the specification asks for what there is not.
    """
    if specification.learner not in LEARNERS:
        raise one_of("learner", specification.learner, tuple(LEARNERS))
    kind = LEARNERS[specification.learner]
    environment = environment_of(specification, device)
    if specification.data:
        if not kind.from_data:
            able = ", ".join(name for name, one in LEARNERS.items() if one.from_data)
            raise UserError(
                f"run {specification.name}: learner {kind.name} learns from no data; allowed: {able}"
            )
        environment.data = given(specification.data, environment, specification, device)
    if environment.dimensions and not kind.in_boxes:
        able = ", ".join(name for name, one in LEARNERS.items() if one.in_boxes)
        raise UserError(
            f"run {specification.name}: learner {kind.name} does not act in a box, as task "
            f"{environment.name} has it; allowed: {able}; or number the actions, with "
            "' | DiscretizeAction(bins=11)' behind the task"
        )
    streams = Streams(specification.seeds, "train", device)
    knobs = make(kind.Knobs, specification.knobs)
    if "target" not in specification.knobs and hasattr(knobs, "target"):
        knobs = dataclasses.replace(knobs, target=first_target(knobs.target, environment))
    learner = kind(environment, knobs, streams, device)
    if specification.parent:
        learner.load(load_checkpoint(specification.parent.checkpoint, device))
    return learner


def first_target(default: float, environment: Environment) -> float:
    """The return asked for where none is stated, reward units: the declared default, or the best known return
    of a task that does not have it."""
    low, high = environment.levels[0], environment.levels[-1]
    return default if low <= default <= high else float(high)


def environment_of(specification: RunSpecification, device: torch.device) -> Environment:
    """The environment of a run, with its base: the task's own, or a network cloned from what is named.

    Raises:
        UserError: when there is no such task, or no such thing to clone from.
    """
    environment = make_environment(specification.task, specification.task_text, device)
    if specification.base:
        base = specification.base
        # It belongs to what it is cloned from, not to the seeds that learn beside it.
        seeds = base.run.seeds if isinstance(base, Source) else (0,)
        episodes = given(base, environment, replace(specification, seeds=seeds), device)
        environment.take_base(ClonedBase(environment, episodes))
    return environment


def given(
    data: Source | DataSet,
    environment: Environment,
    wanted: RunSpecification,
    device: torch.device,
    progress: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005
) -> Trajectories:
    """The episodes of a data set, or those of a run, which is made again.

    Raises:
        UserError: as :func:`engine.tasks.minari.read` and :func:`replayed`.
    """
    if isinstance(data, DataSet):
        return minari.read(data, environment, len(wanted.seeds))
    return replayed(data, wanted, device, progress)


def replayed(
    source: Source,
    wanted: RunSpecification,
    device: torch.device,
    progress: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005
) -> Trajectories:
    """Every episode that the source's updates learned from, in order, for the seeds that `wanted` has; or
    those that its learner acts once it is trained, where the source asks for its `own`.

    The source is made with all its own seeds, threads and turns, and measured nowhere: on a CPU the
    episodes are those of the run, bit for bit. Of a fork they are those since its checkpoint.
    `progress` hears how many updates are done, of how many.

    Raises:
        UserError: when the source is of another task, lacks a seed, gathers no episodes of its own, or
            finished none of a seed.
    """
    run = source.run
    where = f"run {wanted.name}: data from {source.recording or 'run ' + run.name}"
    if (run.task, run.task_text) != (wanted.task, wanted.task_text):
        raise UserError(f"{where}, which is of task {run.task}; allowed: a run of task {wanted.task}")
    missing = sorted(set(wanted.seeds) - set(run.seeds))
    if missing:
        allowed = ", ".join(map(str, run.seeds))
        raise UserError(f"{where}, which lacks seeds {missing}; allowed: seeds among {allowed}")
    threads = torch.get_num_threads()
    torch.set_num_threads(run.threads)
    gathered = _acted(source, device) if source.own else _learned_from(source, device, progress)
    torch.set_num_threads(threads)
    if not gathered:
        raise UserError(
            f"{where}, whose learner {run.learner} gathers no episodes of its own; "
            "allowed: reinforce, ppo, dial, iterated"
        )
    episodes = of_seeds(episodes_of(gathered), [run.seeds.index(seed) for seed in wanted.seeds])
    without = [seed for seed, count in zip(wanted.seeds, episodes.counts.tolist(), strict=True) if not count]
    if without:
        raise UserError(f"{where}, where seeds {without} finished no episode; allowed: a run of more updates")
    return episodes


def _learned_from(source: Source, device: torch.device, progress: Callable[[int, int], None]) -> Gathered:
    """What each of the source's updates gathered and learned from; empty where it gathers nothing."""
    learner = make_learner(source.run, device)
    gathered: Gathered = []
    if isinstance(learner, TrainedLearner):
        learner.gathered = gathered
        for done, _ in enumerate(_updates(learner, source), start=1):
            progress(done, source.run.updates)
            if not gathered:
                break
    return gathered


def _acted(source: Source, device: torch.device) -> Gathered:
    """What the source's learner does once it is trained: see :func:`own_episodes`."""
    learner = make_learner(source.run, device)
    for _ in _updates(learner, source):
        pass
    return [*own_episodes(learner, source.run.seeds, source.run.updates, source.own)]


def own_episodes(learner: Learner, seeds: tuple[int, ...], updates: int, number: int) -> list[Trajectories]:
    """`number` episodes per seed that a learner acts, after so many updates, every level of return asked for
    equally often. A learner that takes no target acts as it acts."""
    levels = learner.environment.levels if learner.conditioned else (math.nan,)
    streams = Streams(seeds, f"own episodes after {updates} updates", learner.device)
    shares = [number // len(levels) + (place < number % len(levels)) for place in range(len(levels))]
    with torch.no_grad():
        return [
            collect(learner.environment, learner.actor(level), share, streams, family=learner.family)
            for level, share in zip(levels, shares, strict=True)
            if share
        ]


def _updates(learner: Learner, source: Source) -> Iterator[None]:
    """The source's updates, each made when it is asked for, with the knobs turned as they were."""
    first = source.run.parent.step if source.run.parent else 0
    with activity.at(f"gathering data, making run {source.run.name} again") as told:
        for step in range(first, first + source.run.updates):
            told(f"update {step - first:,} of {source.run.updates:,}")
            for at, name, value in source.turns:
                if at == step:
                    learner.knobs = turned(learner.knobs, name, value)
            learner.update()
            yield


def load_checkpoint(path: str, device: torch.device) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint. Safetensors only; nothing is ever unpickled.

    Raises:
        UserError: when the file is missing or is not a checkpoint.
    """
    try:
        return load_file(path, device=str(device))
    except FileNotFoundError:
        raise UserError(f"checkpoint {path}: no such file") from None
    except Exception as error:  # safetensors raises its own kinds, none of them public
        raise UserError(f"checkpoint {path}: not a checkpoint ({error})") from None
