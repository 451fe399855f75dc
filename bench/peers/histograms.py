"""Recording whole distributions: ours beside TensorBoard's histograms, the same rows for both.

    python -m bench.peers.histograms --python PYTHON

PYTHON has torch and tensorboard. A row is a policy of 8 seeds, 9 targets, 49 probes and 4 actions (56 kB)
that moves a little from one to the next, as a learned one does. TensorBoard keeps counts in bins: in one
histogram of all the row's numbers, or in one of each context's four, from which they can be told nearly. Ours
keeps the numbers; its processor time is the run's part (the append to the journal) and, apart, that of the
recorder's process, which compresses.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from engine.provenance import machine
from engine.recording.journal import JournalWriter
from engine.recording.schema import Layout, MetricColumn, Row

ROWS, FEW = 1000, 10  # FEW for histograms of every context
SHAPE = (8, 9, 49, 4)
THEIRS = Path(__file__).parent / "theirs" / "tensorboard_histograms.py"


def policies(count: int) -> np.ndarray:
    """[rows, S, T, P, A] float32."""
    random = np.random.default_rng(0)
    logits = random.normal(size=SHAPE)
    rows = np.empty((count, *SHAPE), dtype=np.float32)
    for row in rows:
        logits += 0.02 * random.normal(size=SHAPE)
        row[...] = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return rows


def ours(rows: np.ndarray, folder: Path) -> tuple[float, float, float]:
    """Seconds a row of the append, of the recorder's process, and bytes a row of the finished file."""
    layout = Layout(
        seeds=tuple(range(8)), targets=tuple(range(9)), probes=tuple(map(str, range(49))),
        actions=tuple("udlr"), columns=(MetricColumn("loss", "Loss", "", "", "exact"),), returns=(0.0, 1.0),
    )  # fmt: skip
    journal = JournalWriter(folder / "ours.journal", layout)
    metrics = np.zeros((8, 1))
    began = time.process_time()
    for step, row in enumerate(rows):
        journal.row(Row(step, step * 0.001, metrics, row))
    journal.close()
    appending = time.process_time() - began
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "engine.recording.recorder", str(folder / "ours.journal")], check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    recording = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = (folder / "ours.h5").stat().st_size
    return appending / len(rows), recording / len(rows), size / len(rows)


def theirs(python: str, rows: np.ndarray, folder: Path, kind: str) -> tuple[float, float]:
    """Seconds and bytes a row."""
    np.save(folder / "rows.npy", rows.reshape(len(rows), -1, SHAPE[-1]))
    done = subprocess.run(
        [python, str(THEIRS), str(folder / "rows.npy"), str(folder / kind), kind],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, size = map(float, done.stdout.split())
    return seconds, size


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    rows = policies(ROWS)
    found = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            own = ours(rows, Path(folder))
            whole = theirs(options.python, rows, Path(folder), "whole")
            every = theirs(options.python, rows[:FEW], Path(folder), "contexts")
            found.append((*own, *whole, *every, whole[0] / own[0], every[0] / own[0]))
    append, recorder, size, whole_s, whole_b, every_s, every_b, ratio, ratios = np.median(found, axis=0)
    print(f"a row of {rows[0].nbytes:,} bytes, medians of {options.rounds} rounds of {ROWS:,} rows")
    print(
        f"ours, every number: {append * 1e6:.0f} µs in the run and {recorder * 1e6:.0f} µs beside it, "
        f"{size:,.0f} bytes"
    )
    print(
        f"TensorBoard, one histogram a row: {whole_s * 1e6:.0f} µs, {whole_b:,.0f} bytes; "
        f"{ratio:.1f} times the run's part"
    )
    print(
        f"TensorBoard, one histogram a context ({FEW} rows): {every_s * 1e6:,.0f} µs, {every_b:,.0f} bytes; "
        f"{ratios:,.0f} times the run's part"
    )


if __name__ == "__main__":
    main()
