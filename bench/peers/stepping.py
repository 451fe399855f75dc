"""Raw steps a second: CartPole beside gymnax's and Gymnasium's, tables beside Gymnasium's toy text.

    python -m bench.peers.stepping --jax PYTHON

PYTHON has jax and gymnax. One seed, one thread, actions drawn beforehand, processor time. What each step of
CartPole led to is kept by ours and by gymnax, which compiles 64 steps at once; compiling is told apart.
Tables go from their start to their horizon; in Gymnasium's plain vector an ended episode begins again.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bench.peers.ppo import ONE_THREAD
from bench.stepping import CPU, STEPS, in_gymnasium, rate, tensors
from engine.provenance import machine
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

CARTPOLE = "CartPole-v1"
THEIRS = Path(__file__).parent / "theirs" / "gymnax_stepping.py"


def gymnax(python: str, environments: int, rounds: int) -> tuple[float, float]:
    """Steps a second, median of rounds after the first, and seconds to compile."""
    done = subprocess.run(
        [python, str(THEIRS), CARTPOLE, str(environments), str(STEPS), str(rounds + 1)],
        check=True, capture_output=True, text=True, env={**os.environ, **ONE_THREAD},
    )  # fmt: skip
    found = np.array([line.split() for line in done.stdout.splitlines()], dtype=float)
    return float(np.median(found[1:, 0])), float(found[0, 2])


def table(name: str, environments: int) -> tuple[Callable[[], None], int]:
    """A round of whole episodes of a tabular task, and its steps."""
    environment = TabularEnvironment(load(name), CPU)
    actions = torch.randint(environment.actions, (environment.horizon, 1, environments))
    streams = Streams((0,), "bench", CPU)

    def run() -> None:
        episodes = environment.simulate(environments, streams)
        for row in actions:
            episodes.step(row)

    return run, environment.horizon * environments


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jax", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    for environments in (8, 512, 4096):
        steps = environments * STEPS
        ours, theirs = tensors(CARTPOLE, 1, environments), in_gymnasium(CARTPOLE, 1, environments)
        rates = [(rate(ours, steps), rate(theirs, steps)) for _ in range(options.rounds)]
        own, plain = np.median(rates, axis=0) / 1e6
        compiled, compiling = gymnax(options.jax, environments, options.rounds)
        print(
            f"{CARTPOLE}, {environments:,} environments: ours {own:.2f}, Gymnasium {plain:.2f}, gymnax "
            f"{compiled / 1e6:.2f} million steps a second (compiled in {compiling:.1f} s)",
            flush=True,
        )
    for name, their in (("crossroads", None), ("frozen-lake", "FrozenLake-v1")):
        run, steps = table(name, 4096)
        own = np.median([rate(run, steps) for _ in range(options.rounds)]) / 1e6
        told = f"table of {name}, 4,096 environments: ours {own:.1f} million steps a second"
        if their is not None:
            vector = in_gymnasium(their, 1, 4096)
            other = np.median([rate(vector, 4096 * STEPS) for _ in range(2)]) / 1e6
            told += f", Gymnasium {other:.3f}"
        print(told, flush=True)


if __name__ == "__main__":
    main()
