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
from engine.recording.schema import Checkpoint, Event, Layout, MetricColumn, Row
from engine.recording.supervisor import RecorderSupervisor
from engine.run import Run
from engine.specification import RunSpecification

ROUNDS = {"reinforce": 101, "ppo": 21}
UPDATES = (
    20  # of one turn: short turns beside each other meet the same machine; what is measured only now and
)
# then comes once in so many updates, so that every turn has it once
ROWS = 1000


def main() -> None:
    """Print the figures."""
    for learner, rounds in ROUNDS.items():
        training(learner, rounds)
    append()


class Nowhere:
    """Takes records and drops them: what a run costs that is measured and not recorded."""

    obstacle: str | None = None
    row_bytes: int = 0

    def row(self, row: Row) -> None:
        """Dropped."""

    def event(self, event: Event) -> None:
        """Dropped."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Dropped."""

    def close(self) -> None:
        """Nothing to close."""


def training(learner: str, rounds: int) -> None:
    """In turn, in one process: updates alone, updates measured exactly, and updates recorded as well.

    The cost of recording is told twice: by the clock, which counts whatever else the machine does, and by
    the processor time of the run's process with its journal's thread.
    """
    alone, measured, recorded = [], [], []
    never = 10**9
    with tempfile.TemporaryDirectory() as folder:
        specification = RunSpecification(
            "bench", "crossroads", learner, updates=never, checkpoint_every=never
        )
        run = Run(specification, Path(folder) / "bench.h5")
        beside = RecorderSupervisor(run.journal_path)
        journal = run._journal
        for round_ in range(rounds):
            alone.append(_per_second(run.learner.update))
            # Which of the two comes first changes, so that neither has the warmer machine.
            for sink in (Nowhere(), journal) if round_ % 2 else (journal, Nowhere()):
                run._journal = sink
                (recorded if sink is journal else measured).append(_per_second(run.update))
                time.sleep(0.1)  # the recorder catches up before the other one's turn
        run._journal = journal
        row_bytes = run._journal.row_bytes
        run.close()
        beside.finish()
        with h5py.File(Path(folder) / "bench.h5") as file:
            rows = int(file["entry/commit"][0])
        size = (Path(folder) / "bench.h5").stat().st_size
    pairs = list(zip(measured, recorded, strict=True))
    clock, processor = (
        statistics.median(1 - with_[kind] / without[kind] for without, with_ in pairs) for kind in (0, 1)
    )
    rates = [statistics.median(rate for rate, _ in rates) for rates in (alone, measured, recorded)]
    print(
        f"{learner}, crossroads, 4 seeds: {rates[0]:.0f} updates/s alone, {rates[1]:.0f} measured exactly, "
        f"{rates[2]:.0f} recorded as well; recording costs {clock:.1%} of throughput by the clock, "
        f"{processor:.1%} by processor time (medians of {rounds} pairs); "
        f"{row_bytes} bytes a step in the journal, {size / rows:.0f} in the finished file"
    )


def _per_second(update: Callable[[], object]) -> tuple[float, float]:
    """Updates per second of the clock, and per second of this process's processor time."""
    began, used = time.perf_counter(), time.process_time()
    for _ in range(UPDATES):
        update()
    return UPDATES / (time.perf_counter() - began), UPDATES / (time.process_time() - used)


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
