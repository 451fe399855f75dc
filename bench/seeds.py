"""Many seeds at once on one core: what 8 and 32 seeds cost beside one, for every learner that learns.

`python -m bench.seeds` prints processor time of an update, the ratios, and whether eight seeds cost at most
what eight one after another cost, divided by 1.5. Rounds are paired: each measures 1, 8 and 32 in turn.
`python -m bench.seeds ppo` measures the named learners alone.
"""

import sys
import time
from collections.abc import Sequence

import numpy as np
import torch

from engine.learners.base import Learner
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.provenance import machine
from engine.replay import make_learner
from engine.specification import RunSpecification

SEEDS = (1, 8, 32)
ROUNDS = 5
SECONDS = 0.2  # of one measurement, at least
TASKS = ("crossroads", "CartPole-v1")
GAIN = 1.5  # that eight seeds at once must bring
CPU = torch.device("cpu")


def main(names: Sequence[str]) -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    print(machine())
    for task in TASKS:
        for name, kind in LEARNERS.items():
            if not issubclass(kind, TrainedLearner) or (names and name not in names):
                continue
            try:
                learners = [_learner(task, name, seeds) for seeds in SEEDS]
            except Exception as error:  # some learners are for tabular tasks alone
                print(f"{name} on {task}: {error}")
                continue
            taken = np.array([[_seconds(one) for one in learners] for _ in range(ROUNDS)])
            one, eight, many = np.median(taken, axis=0) * 1e3
            of_eight, of_many = np.median(taken[:, 1:] / taken[:, :1], axis=0)
            print(
                f"{name} on {task}: {one:.2f}, {eight:.2f}, {many:.2f} ms with 1, 8, 32 seeds; 8 cost "
                f"{of_eight:.2f} times one ({'as asked' if of_eight <= 8 / GAIN else 'too much'}), 32 cost "
                f"{of_many:.2f}",
                flush=True,
            )


def _learner(task: str, name: str, seeds: int) -> Learner:
    learner = make_learner(RunSpecification(name, task, name, seeds=tuple(range(seeds))), CPU)
    learner.update()
    return learner


def _seconds(learner: Learner) -> float:
    """Of processor time for an update."""
    began, updates = time.process_time(), 0
    while updates == 0 or time.process_time() - began < SECONDS:
        learner.update()
        updates += 1
    return (time.process_time() - began) / updates


if __name__ == "__main__":
    main(sys.argv[1:])
