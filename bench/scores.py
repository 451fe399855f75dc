"""What PPO scores after 200,000 steps a seed, ten seeds at once on one thread, and how long it takes.

`python -m bench.scores` prints for CartPole and Acrobot the mean return of 64 episodes a seed, acting as in
training, the worst seed, and environment steps per second, learning included.
"""

import time

import torch

from engine.learners.knobs import make
from engine.learners.ppo import PPO
from engine.learners.ppo_knobs import PPOKnobs
from engine.provenance import machine
from engine.tasks.make import make_environment
from engine.tasks.streams import Streams

SEEDS, STEPS = 10, 200_000
WANTED = {"CartPole-v1": 475.0, "Acrobot-v1": -100.0}
KNOBS = {"kl_in": "none", "discount": 0.99, "learning_rate": 0.001, "activation": "tanh"}
CPU = torch.device("cpu")


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    print(machine())
    for task, wanted in WANTED.items():
        clock, processor = time.perf_counter(), time.process_time()
        knobs = make(PPOKnobs, KNOBS)
        streams = Streams(tuple(range(SEEDS)), "train", CPU)
        ppo = PPO(make_environment(task, "", CPU), knobs, streams, CPU)
        updates = STEPS // (knobs.environments * knobs.steps)
        for _ in range(updates):
            ppo.update()
        used = time.process_time() - processor
        steps = updates * knobs.environments * knobs.steps
        scores = ppo.rollout(0.0, 64).returns.mean(dim=1)
        print(
            f"{task}, {SEEDS} seeds, {steps:,} steps each: mean return {float(scores.mean()):.1f} "
            f"(wanted {wanted:g}), worst seed {float(scores.min()):.1f}; {used:.1f} s of processor time, "
            f"{SEEDS * steps / used:,.0f} steps a second, {time.perf_counter() - clock:.1f} s by the clock"
        )


if __name__ == "__main__":
    main()
