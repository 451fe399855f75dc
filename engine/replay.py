"""Making a run's learner from its specification, and making a run again for the episodes it learned from."""

import torch
from safetensors.torch import load_file

from engine.errors import UserError, one_of
from engine.learners.base import Learner
from engine.learners.knobs import make, turned
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.specification import RunSpecification, Source
from engine.tasks.dataset import Trajectories
from engine.tasks.make import make_environment
from engine.tasks.sources import joined, of_seeds
from engine.tasks.streams import Streams


def make_learner(specification: RunSpecification, device: torch.device) -> Learner:
    """The learner as it is before the run's first update: with its data and, for a fork, its parent's state.

    Raises:
        UserError: when the specification asks for what there is not.
    """
    if specification.learner not in LEARNERS:
        raise one_of("learner", specification.learner, tuple(LEARNERS))
    kind = LEARNERS[specification.learner]
    environment = make_environment(specification.task, specification.task_text, device)
    if specification.data:
        if not kind.from_data:
            able = ", ".join(name for name, one in LEARNERS.items() if one.from_data)
            raise UserError(
                f"run {specification.name}: learner {kind.name} learns from no data; allowed: {able}"
            )
        environment.data = replayed(specification.data, specification, device)
    streams = Streams(specification.seeds, "train", device)
    learner = kind(environment, make(kind.Knobs, specification.knobs), streams, device)
    if specification.parent:
        learner.load(load_checkpoint(specification.parent.checkpoint, device))
    return learner


def replayed(source: Source, wanted: RunSpecification, device: torch.device) -> Trajectories:
    """Every episode that the source's updates learned from, in order, for the seeds that `wanted` has.

    The source is made with all its own seeds, threads and turns, and measured nowhere: on a CPU the
    episodes are those of the run, bit for bit. Of a fork they are those since its checkpoint.

    Raises:
        UserError: when the source is of another task, lacks a seed, or gathers no episodes of its own.
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
    learner = make_learner(run, device)
    gathered: list[Trajectories] = []
    if isinstance(learner, TrainedLearner):
        learner.gathered = gathered
        first = run.parent.step if run.parent else 0
        for step in range(first, first + run.updates):
            for at, name, value in source.turns:
                if at == step:
                    learner.knobs = turned(learner.knobs, name, value)
            learner.update()
            if not gathered:
                break
    torch.set_num_threads(threads)
    if not gathered:
        raise UserError(
            f"{where}, whose learner {run.learner} gathers no episodes of its own; "
            "allowed: reinforce, ppo, dial, iterated"
        )
    return of_seeds(joined(gathered), [run.seeds.index(seed) for seed in wanted.seeds])


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
