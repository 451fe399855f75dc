"""Raw steps a second, on one thread: classic control as tensors beside Gymnasium's own vectors, one a seed.

`python -m bench.stepping` prints processor time alone, so that other work on the machine does not count.
Actions are drawn beforehand; an episode that ends is begun again.
"""

import time
from collections.abc import Callable

import gymnasium
import numpy as np
import torch

from engine.provenance import machine
from engine.tasks.classic_control import SYSTEMS
from engine.tasks.classic_environment import ClassicEnvironment
from engine.tasks.streams import Streams

CPU = torch.device("cpu")
ROUNDS = 5
STEPS = 64  # of every environment in a round


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    print(machine())
    for name in SYSTEMS:
        for seeds, environments in ((1, 4096), (1, 8), (8, 8), (8, 512)):
            ours, theirs = tensors(name, seeds, environments), in_gymnasium(name, seeds, environments)
            steps = seeds * environments * STEPS
            rates = [(rate(ours, steps), rate(theirs, steps)) for _ in range(ROUNDS)]
            own, other = np.median(np.array(rates), axis=0)
            ratio = np.median([one / another for one, another in rates])
            print(
                f"{name}, {seeds} seed{'s'[: seeds > 1]} of {environments:,} environments: {own / 1e6:.2f} "
                f"million steps a second as tensors, {other / 1e6:.3f} in Gymnasium, ratio {ratio:.1f}"
            )


def rate(run: Callable[[], None], steps: int) -> float:
    """Of one round of so many environment steps, those per second of processor time."""
    began = time.process_time()
    run()
    return steps / (time.process_time() - began)


def tensors(name: str, seeds: int, environments: int) -> Callable[[], None]:
    environment = ClassicEnvironment(name, CPU)
    endless = environment.endless(environments, Streams(tuple(range(seeds)), "bench", CPU))
    actions = torch.randint(environment.actions, (STEPS, seeds, environments))

    def run() -> None:
        endless.prepare(STEPS)
        for row in actions:
            endless.step(row)
        endless.taken()

    return run


def in_gymnasium(name: str, seeds: int, environments: int) -> Callable[[], None]:
    """A vector a seed: the environment's own form where there is one (CartPole), else the plain one."""
    own = gymnasium.spec(name).vector_entry_point is not None
    mode = "vector_entry_point" if own else "sync"
    vectors = [gymnasium.make_vec(name, environments, mode) for _ in range(seeds)]
    for seed, vector in enumerate(vectors):
        vector.reset(seed=seed)
    number = int(vectors[0].single_action_space.n)
    actions = np.random.default_rng(0).integers(number, size=(STEPS, seeds, environments))

    def run() -> None:
        for rows in actions:
            for vector, row in zip(vectors, rows, strict=True):
                vector.step(row)

    return run


if __name__ == "__main__":
    main()
