"""What PPO and SAC score after so many steps, several seeds at once on one thread, and how long it takes.

`python -m bench.scores` prints the mean return of 64 episodes a seed, acting as in training, the worst seed,
and environment steps per second, learning included: PPO's after 200,000 steps a seed of CartPole and Acrobot,
ten seeds; SAC's after 10,000 of Pendulum, whose action is a box, five seeds, one gradient step a step.
"""

import time
from collections.abc import Mapping

import torch

from engine.learners.knobs import make
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.provenance import machine
from engine.tasks.make import make_environment
from engine.tasks.streams import Streams

PPO = {"kl_in": "none", "discount": 0.99, "learning_rate": 0.001, "activation": "tanh"}
COLLECTED = 16 * 64  # steps of PPO's environments in an update
SAC = {
    "kl_weight": 0.2,
    "reference": "uniform",
    "discount": 0.99,
    "learning_rate": 0.001,
    "target_rate": 0.005,
    "episodes": 1,
    "gradient_steps": 200,  # one for each step of an episode
    "memory": 100_000,
}
CPU = torch.device("cpu")


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    print(machine())
    score("ppo", "CartPole-v1", PPO, seeds=10, updates=200_000 // COLLECTED, steps=COLLECTED, wanted=475)
    score("ppo", "Acrobot-v1", PPO, seeds=10, updates=200_000 // COLLECTED, steps=COLLECTED, wanted=-100)
    score("sac", "Pendulum-v1", SAC, seeds=5, updates=50, steps=200, wanted=-200)


def score(
    name: str, task: str, knobs: Mapping[str, object], *, seeds: int, updates: int, steps: int, wanted: float
) -> None:
    """Train one learner by `updates` of so many `steps` a seed, and print what it scores."""
    kind = LEARNERS[name]
    assert issubclass(kind, TrainedLearner)
    clock, processor = time.perf_counter(), time.process_time()
    streams = Streams(tuple(range(seeds)), "train", CPU)
    learner = kind(make_environment(task, "", CPU), make(kind.Knobs, knobs), streams, CPU)
    for _ in range(updates):
        learner.update()
    used = time.process_time() - processor
    scores = learner.rollout(0.0, 64).returns.mean(dim=1)
    print(
        f"{kind.label} on {task}, {seeds} seeds, {updates * steps:,} steps each: mean return "
        f"{float(scores.mean()):.1f} (wanted {wanted:g}), worst seed {float(scores.min()):.1f}; "
        f"{used:.1f} s of processor time, {seeds * updates * steps / used:,.0f} steps a second, "
        f"{time.perf_counter() - clock:.1f} s by the clock",
        flush=True,
    )


if __name__ == "__main__":
    main()
