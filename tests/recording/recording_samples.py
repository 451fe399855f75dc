"""Small recordings made of numbers that depend on their place, so that a row out of place shows."""

import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from engine.recording.codec import Block
from engine.recording.journal import JournalWriter
from engine.recording.layout_h5 import RecordingFile
from engine.recording.schema import Checkpoint, Event, Layout, MetricColumn, Row

SEEDS, TARGETS, PROBES, ACTIONS, RETURNS = 2, 2, 5, 3, 4


def layout() -> Layout:
    return Layout(
        seeds=(0, 7),
        targets=(0.0, 1.0),
        probes=tuple(f"row {i}, Zürich" for i in range(PROBES)),
        actions=("up", "down", "left"),
        columns=(
            MetricColumn("return", "Return", "reward", "Mean return.", "exact"),
            MetricColumn("loss", "Loss", "", "The loss.", "diagnostic"),
        ),
        returns=(0.0, 1.0, 2.0, 3.0),
        constants={"base_policy": np.full((PROBES, ACTIONS), 1 / 3), "grid_shape": np.array([7, 7])},
        provenance={
            "specification": {"name": "sample", "learner": "reinforce", "task": "levels", "seeds": [0, 7]}
        },
        catalogue={"task": {"help": "ein Beispiel"}},
    )


def row(step: int) -> Row:
    random = np.random.default_rng(step)
    metrics = random.normal(size=(SEEDS, 2))
    metrics[0, 1] = np.nan if step % 3 else 1.0
    policy = random.random((SEEDS, TARGETS, PROBES, ACTIONS)).astype(np.float32) if step % 2 == 0 else None
    returns = random.random((SEEDS, TARGETS, RETURNS)).astype(np.float32) if step % 5 == 0 else None
    return Row(step, step / 10, metrics, policy, returns)


def write(path: Path, rows: int, *, close: bool = True) -> JournalWriter:
    """A journal of `rows` rows with an event and a checkpoint every ten; policies kept lossless."""
    journal = JournalWriter(path, layout(), lossless=True)
    for step in range(rows):
        journal.row(row(step))
        if step % 10 == 0:
            journal.event(
                Event(step, step / 10, "knob", {"name": "β", "label": "β", "before": step - 1, "after": step})
            )
            journal.checkpoint(Checkpoint(step, f"sample.step-{step}.safetensors", "0" * 64))
    if close:
        journal.close()
    return journal


def write_metrics(path: Path, steps: np.ndarray, metrics: np.ndarray, pieces: int = 1) -> None:
    """A finished recording of these metrics [n, 2, 2] alone, written in so many pieces."""
    file = RecordingFile(str(path), layout(), lossless=True, live=False)
    for part in np.array_split(np.arange(len(steps)), pieces):
        empty = np.empty(0, dtype=np.int64)
        policies = np.empty((0, SEEDS, TARGETS, PROBES, ACTIONS), dtype=np.float32)
        returns = np.empty((0, SEEDS, TARGETS, RETURNS), dtype=np.float32)
        file.append(
            Block(steps[part], steps[part] / 10, metrics[part], empty, policies, empty, returns, (), ())
        )
    file.close()


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that a thread or another process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check(path: Path, acknowledged: int) -> int:
    """Every acknowledged row is in the recording at `path`, and every row in it is true, bit for bit;
    how many there are. Read with h5py alone."""
    with h5py.File(path, "r") as file:
        entry = file["entry"]
        count, kept, histograms = entry["commit"][:3].tolist()
        steps, metrics = entry["step"][:count].tolist(), entry["metrics"][:count]
        policies = dict(zip(entry["policy_row"][:kept].tolist(), entry["policy"][:kept], strict=True))
        returns = dict(
            zip(entry["returns_row"][:histograms].tolist(), entry["returns"][:histograms], strict=True)
        )
    assert steps[:acknowledged] == list(range(acknowledged)), (
        f"{acknowledged} acknowledged, there are {steps}"
    )
    assert steps == sorted(set(steps))
    for index, step in enumerate(steps):
        meant = row(step)
        assert metrics[index].tobytes() == meant.metrics.tobytes(), f"row {index}"
        for found, wanted in ((policies, meant.policy), (returns, meant.returns)):
            assert (index in found) == (wanted is not None), f"row {index}"
            assert wanted is None or found[index].tobytes() == wanted.tobytes(), f"row {index}"
    return count
