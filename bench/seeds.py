"""Many seeds at once: what 8 and 32 seeds cost beside one, for every learner that learns.

`python -m bench.seeds` prints an update's time by the clock and its processor time, and whether eight seeds
cost at most what eight one after another cost, divided by 1.5: by the clock, as a run makes its updates. The
fastest round counts, of each number of seeds its own, for other programs can only add to the clock; while
the machine is busy they do, most where several cores are used. Processor time is that of one thread with all
seeds at once; its ratios are medians over rounds, each of which measures 1, 8 and 32 in turn.

`python -m bench.seeds ppo rvs` measures the named learners alone, `--tasks CartPole-v1` the named tasks
alone, `--seeds 1 8` without the 32, which take longest.
"""

import argparse
import time
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from engine.learners.few import cores
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.provenance import machine
from engine.replay import make_learner
from engine.specification import RunSpecification

ROUNDS = 5
SECONDS = 0.2  # of one measurement, at least
GAIN = 1.5  # that eight seeds at once must bring
CPU = torch.device("cpu")


def main() -> None:
    """Print the figures."""
    trained = [name for name, kind in LEARNERS.items() if issubclass(kind, TrainedLearner)]
    parser = argparse.ArgumentParser(prog="bench.seeds")
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="those to measure; all")
    parser.add_argument("--tasks", nargs="+", default=["crossroads", "CartPole-v1"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 8, 32], help="numbers of them, 1 first")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{machine()}; {cores()} cores in use")
    for task in given.tasks:
        for name in given.learners or trained:
            try:
                learners = [_learner(task, name, seeds) for seeds in given.seeds]
            except Exception as error:  # some learners are for tabular tasks alone
                print(f"{name} on {task}: {error}")
                continue
            taken = np.array([[_measured(one) for one in learners] for _ in range(ROUNDS)]) * 1e3
            print(_line(name, task, given.seeds, taken), flush=True)


def _line(name: str, task: str, numbers: list[int], taken: NDArray[np.float64]) -> str:
    """Of milliseconds [rounds, numbers of seeds, clock and processor]."""
    clock, processor = taken[..., 0].min(axis=0), np.median(taken[..., 1], axis=0)
    ratios = np.median(taken[..., 1] / taken[:, :1, 1], axis=0)
    return (
        f"{name} on {task}, {_listed(numbers)} seeds: by the clock {_listed(clock)} ms, "
        + ", ".join(
            f"{number} cost {ratio:.2f} times one"
            + (f" ({'as asked' if ratio <= 8 / GAIN else 'too much'})" if number == 8 else "")
            for number, ratio in zip(numbers[1:], clock[1:] / clock[0], strict=True)
        )
        + f"; processor time {_listed(processor)} ms, {_listed(ratios[1:])} times one"
    )


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.3g}" for number in numbers)


def _learner(task: str, name: str, seeds: int) -> TrainedLearner:
    made = make_learner(RunSpecification(name, task, name, seeds=tuple(range(seeds))), CPU)
    assert isinstance(made, TrainedLearner)
    made.update()
    return made


def _measured(learner: TrainedLearner) -> tuple[float, float]:
    """Of an update as a run makes it by the clock, and of one with all seeds at once its processor time."""
    clock, processor = _seconds(learner)
    usual = learner.at_a_time
    if usual:
        learner.at_a_time = 0
        _, processor = _seconds(learner)
        learner.at_a_time = usual
    return clock, processor


def _seconds(learner: TrainedLearner) -> tuple[float, float]:
    """For an update, by the clock and of processor time."""
    clock, processor, updates = time.perf_counter(), time.process_time(), 0
    while updates == 0 or time.process_time() - processor < SECONDS:
        learner.update()
        updates += 1
    return (time.perf_counter() - clock) / updates, (time.process_time() - processor) / updates


if __name__ == "__main__":
    main()
