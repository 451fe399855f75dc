"""Exact answers on the hypergrid: ours beside torchgfn's, the same grids and rewards.

    python -m bench.peers.oracles --python PYTHON

PYTHON has torchgfn. Two questions. What is the distribution to be learned: torchgfn lists all cells, the sum
of their rewards and each one's share; ours is the KL oracle, which tells how to act in every cell at every
time, and where that ends. Where does the uniform policy stop: torchgfn draws 10,000 episodes, ours is exact.
Processor time.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import kl_policy
from engine.provenance import machine
from engine.tasks.hypergrid import hypergrid

GRIDS = ((8, 2), (32, 2), (64, 2), (20, 3))
EPISODES = 10_000
THEIRS = Path(__file__).parent / "theirs" / "torchgfn_hypergrid.py"


def ours(side: int, dimensions: int) -> tuple[float, float, float]:
    """Sum of the rewards, seconds of the KL oracle with its evaluation, and of the base's. Both from nothing:
    the task is made, its transitions are found, and the base, which is uniform, is evaluated."""
    began = time.process_time()
    task = hypergrid(side, dimensions)
    evaluator = ExactEvaluator(task)
    based = time.process_time()
    evaluator.evaluate(kl_policy(task, np.array([1.0])).policy)
    return float(task.reward.sum()), time.process_time() - began, based - began


def theirs(python: str, side: int, dimensions: int, rounds: int) -> np.ndarray:
    """[rounds, 4]: sum of the rewards, seconds exactly, seconds sampled, distance."""
    command = [python, str(THEIRS), str(side), str(dimensions), str(EPISODES), str(rounds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return np.array([line.split() for line in done.stdout.splitlines()], dtype=float)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    for side, dimensions in GRIDS:
        other = np.median(theirs(options.python, side, dimensions, options.rounds + 1)[1:], axis=0)
        own = np.median([ours(side, dimensions) for _ in range(options.rounds)], axis=0)
        if abs(own[0] - other[0]) > 1e-4 * own[0]:
            raise SystemExit(f"the rewards differ: {own[0]} and {other[0]}")
        print(
            f"side {side}, {dimensions} dimensions, {side**dimensions:,} cells: the target, torchgfn "
            f"{1e3 * other[1]:.1f} ms, ours with its policy {1e3 * own[1]:.1f} ms; where the uniform policy "
            f"stops, torchgfn {1e3 * other[2]:.0f} ms and {other[3]:.3f} off, "
            f"ours exactly {1e3 * own[2]:.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
