"""What a run's policy does at its newest checkpoint: whole episodes, acted for a data set."""

import hashlib
from dataclasses import replace

import torch

from engine.errors import UserError
from engine.exports.snapshot import Snapshot
from engine.learners.knobs import turned
from engine.replay import make_learner, own_episodes
from engine.specification import Parent, RunSpecification
from engine.tasks.dataset import Trajectories
from engine.tasks.sources import joined


def acted(
    snapshot: Snapshot, run: RunSpecification, episodes: int, device: torch.device
) -> tuple[Trajectories, int]:
    """`episodes` for each seed, and the update whose checkpoint acts.

    A learner that takes a target is asked for every level of return equally often. The same
    checkpoint acts the same episodes again.

    Raises:
        UserError: when no checkpoint of the run is there.
    """
    for checkpoint in reversed(snapshot.checkpoints):
        file = snapshot.path.parent / checkpoint.file
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == checkpoint.sha256:
            break
    else:
        raise UserError(
            f"{snapshot.path}: none of its checkpoints is there; allowed: a recording with its checkpoints "
            "(.safetensors) beside it"
        )
    learner = make_learner(
        replace(run, parent=Parent(str(snapshot.path), checkpoint.step, str(file))), device
    )
    for event in snapshot.events:
        if event.kind == "knob" and event.step <= checkpoint.step:
            learner.knobs = turned(learner.knobs, str(event.data["name"]), event.data["after"])
    return joined(own_episodes(learner, run.seeds, checkpoint.step, episodes)), checkpoint.step
