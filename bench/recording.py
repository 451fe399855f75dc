"""What recording costs: updates per second with and without, appends in microseconds, bytes in the file."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from engine.recording import recorder
from engine.recording.journal import JournalWriter
from engine.recording.schema import Layout, MetricColumn, Row
from engine.recording.supervisor import RecorderSupervisor
from engine.run import Run
from engine.specification import RunSpecification

ROUNDS = 7
UPDATES = 60
ROWS = 1000
NEVER = 10**9


def main() -> None:
    """Print the figures."""
    for learner in ("reinforce", "ppo"):
        training(learner)
    append()


def training(learner: str) -> None:
    """In turn, in one process: updates alone, updates measured exactly, and updates recorded as well."""
    alone, measured, recorded = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        never = 10**9
        specification = RunSpecification(
            "bench", "crossroads", learner, updates=never, checkpoint_every=never
        )
        run = Run(specification, Path(folder) / "bench.h5")
        beside = RecorderSupervisor(run.journal_path)

        def update_and_measure() -> None:
            run.learner.update()
            run.evaluation.measure(run.step)

        for _ in range(ROUNDS):
            alone.append(_per_second(run.learner.update))
            measured.append(_per_second(update_and_measure))
            recorded.append(_per_second(run.update))
        run.close()
        beside.finish()
    cost = [
        statistics.median(b / a for a, b in zip(alone, rates, strict=True)) for rates in (measured, recorded)
    ]
    print(
        f"{learner}, crossroads, 4 seeds: {statistics.median(alone):.0f} updates/s alone, "
        f"{statistics.median(measured):.0f} with exact measurement (median ratio {cost[0]:.2f}), "
        f"{statistics.median(recorded):.0f} recorded as well (ratio {cost[1]:.2f})"
    )


def _per_second(update: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(UPDATES):
        update()
    return UPDATES / (time.perf_counter() - began)


def append() -> None:
    """One step of 8 seeds × 9 targets × 49 probes × 4 actions and 30 metrics (56 kB)."""
    columns = tuple(MetricColumn(f"m{i}", f"m{i}", "", "", "exact") for i in range(30))
    layout = Layout(
        seeds=tuple(range(8)), targets=tuple(range(9)), probes=tuple(map(str, range(49))),
        actions=tuple("udlr"), columns=columns, returns=(0.0, 1.0),
    )  # fmt: skip
    random = np.random.default_rng(0)
    logits = random.normal(size=(8, 9, 49, 4))
    metrics = random.normal(size=(8, 30))
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "append.journal"
        journal = JournalWriter(path, layout)
        for step in range(ROWS):
            # A policy that moves as a learned one does: a little in every context at every step.
            logits += 0.02 * random.normal(size=logits.shape)
            policy = (np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)).astype(np.float32)
            row = Row(step, step * 0.001, metrics, policy)
            began = time.perf_counter()
            journal.row(row)
            costs.append(time.perf_counter() - began)
            time.sleep(0.001)
        journal.close()
        began = time.perf_counter()
        recorder.main(path)
        seconds = time.perf_counter() - began
        size = (Path(folder) / "append.h5").stat().st_size
        whole = Path(folder) / "whole.h5"
        with h5py.File(Path(folder) / "append.h5") as written, h5py.File(whole, "w") as file:
            for name in ("policy", "metrics"):
                kept = written["entry"][name][...]
                file.create_dataset(name, data=kept, compression="gzip", shuffle=True)
        ratio = size / whole.stat().st_size
    microseconds = 1e6 * np.quantile(costs, [0.5, 0.95])
    print(f"append of a 56 kB row: median {microseconds[0]:.0f} µs, 95 % {microseconds[1]:.0f} µs")
    print(f"finalising {ROWS} such rows: {seconds:.1f} s; file {ratio:.2f} times the arrays compressed once")
