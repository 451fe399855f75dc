"""What the Decision Transformers score on data that PPO gathers here, asked for a high return.

`python -m bench.transformer_scores` lets PPO learn from nothing, a run for each seed; what it did on the way,
bad episodes and good, is the data. Each seed's learner has that seed's data alone and then acts, asked for
the target. Printed are means and 95 % intervals over the seeds, beside the data's own mean and best, and
beside cloning of the data's best tenth; `--task Hopper-v5` for a box of actions. `--learners hugging_face`,
where `transformers` is installed: theirs on the same data, in as many updates of as many windows.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench.peers.their_scores import their_scores
from engine.learners.knobs import Value, make
from engine.learners.ppo import PPO
from engine.learners.ppo_knobs import PPOKnobs
from engine.learners.published_transformer import PublishedTransformer
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.metrics.interval import bootstrap_interval, interquartile_mean
from engine.provenance import machine
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.make import make_environment
from engine.tasks.segments import Gathered, episodes_of
from engine.tasks.streams import Streams

CPU = torch.device("cpu")
EPISODES = 16  # that each seed acts
BEST = 0.1  # of the data's episodes
OURS, THEIRS = ("published_transformer", "decision_transformer", "filtered_cloning"), "hugging_face"
PPO_KNOBS: dict[str, Value] = {
    "kl_in": "none",
    "discount": 0.99,
    "learning_rate": 0.001,
    "activation": "tanh",
}


@dataclass(frozen=True)
class Trial:
    """A task, how its data are gathered, and what is asked for.

    Attributes:
        knobs: of PPO, beside those of all trials.
        steps: that each of PPO's seeds takes.
        target: the return asked for, reward units.
        updates: of each learner.
        learning: of the transformers as published, knobs that are not the default.
    """

    knobs: Mapping[str, Value]
    steps: int
    target: float
    updates: int
    learning: Mapping[str, Value]


TRIALS = {
    "CartPole-v1": Trial({}, 50_000, 500.0, 400, {}),
    "Hopper-v5": Trial(
        {"steps": 128, "epochs": 10},
        300_000,
        3000.0,
        400,
        {"head": "deterministic"},
    ),
}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--task", choices=tuple(TRIALS), default="CartPole-v1")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=int, help="of each learner, where not the default")
    parser.add_argument("--target", type=float, help="the return asked for, where not the default")
    parser.add_argument("--learners", nargs="*", default=[*OURS], choices=[*OURS, THEIRS])
    parser.add_argument("--data", type=Path, help="a file of the data: read where it is there, else written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    trial, seeds = TRIALS[options.task], tuple(range(options.seeds))
    environment = make_environment(options.task, "", CPU)
    kept: Path | None = options.data
    if kept and kept.exists():
        environment.data = Trajectories(**load_file(kept))
    else:
        environment.data = gathered(environment, trial, seeds)
        if kept:
            save_file({name: value.contiguous() for name, value in vars(environment.data).items()}, kept)
    tell_data(environment.name, environment.data)
    updates, target = options.updates or trial.updates, options.target or trial.target
    for name in options.learners:
        began = time.process_time()
        if name == THEIRS:
            knobs = make(PublishedTransformer.Knobs, trial.learning)
            scores = their_scores(environment, environment.data, knobs, updates, target, EPISODES)
        else:
            learner = trained(environment, name, trial, seeds, updates)
            scores = learner.rollout(target, EPISODES).returns.mean(dim=1)
        used = time.process_time() - began
        print(
            f"{name}, {updates:,} updates, asked for {target:g}: {said(scores)}, worst seed "
            f"{float(scores.min()):.1f}; {used:.0f} s of processor time",
            flush=True,
        )


def gathered(environment: Environment, trial: Trial, seeds: tuple[int, ...]) -> Trajectories:
    """The episodes that PPO finished on its way."""
    knobs = make(PPOKnobs, {**PPO_KNOBS, **trial.knobs})
    ppo = PPO(environment, knobs, Streams(seeds, "train", CPU), CPU)
    found: Gathered = []
    ppo.gathered = found
    began = time.process_time()
    updates = trial.steps // (knobs.environments * knobs.steps)
    for _ in range(updates):
        ppo.update()
    steps = updates * knobs.environments * knobs.steps
    print(f"{steps:,} steps of PPO for each seed, {time.process_time() - began:.0f} s of processor time")
    return episodes_of(found)


def tell_data(task: str, data: Trajectories) -> None:
    """Print what the episodes returned."""
    returns = torch.where(data.held, data.returns, -torch.inf).sort(dim=1, descending=True).values
    tenth = (data.counts * BEST).round().long()
    best = torch.stack([own[:count].mean() for own, count in zip(returns, tenth, strict=True)])
    print(
        f"{task}: data of {data.counts.tolist()} episodes; mean return {said(data.mean_return)}, of the best "
        f"tenth {said(best)}, of the best {said(returns[:, 0])}",
        flush=True,
    )


def trained(
    environment: Environment, name: str, trial: Trial, seeds: tuple[int, ...], updates: int
) -> TrainedLearner:
    """A learner of the environment's data after so many updates."""
    kind = LEARNERS[name]
    knobs = trial.learning if kind is PublishedTransformer else {}
    learner = kind(environment, make(kind.Knobs, knobs), Streams(seeds, "train", CPU), CPU)
    assert isinstance(learner, TrainedLearner)
    for _ in range(updates):
        learner.update()
    return learner


def said(values: Tensor) -> str:
    """Mean (of four seeds or more, of their middle half) and 95 % interval over the seeds [S]."""
    array = values.double().numpy()
    low, high = bootstrap_interval(array)
    return f"{float(interquartile_mean(array)):.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main()
