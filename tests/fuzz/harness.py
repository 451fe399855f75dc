"""Spoils recordings, has each inspected and, where admitted, opened as the app would; counts what came."""

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from engine.recording.codec import block_of
from engine.recording.gatekeeper import Inspector
from engine.recording.layout_h5 import RecordingFile
from engine.recording.schema import Checkpoint, Event, Layout, MetricColumn, Row
from engine.specification import RunSpecification
from tests.fuzz.checksums import spans
from tests.fuzz.mutations import spoil

SECONDS = 3.0  # for one input: few, because most that take longer never end


@dataclass
class Counts:
    """What came of the inputs. The last two must stay empty: what the app itself would have suffered.

    Attributes:
        done: inputs, by how they were spoiled.
        refused: by the kind of the first defect; `crash` and `time` are deaths of the inspection.
        accepted: admitted, and opened without harm or refused in one line.
        harmed: admitted, and then an error, a crash or a hang of the opening side.
    """

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    harmed: list[str] = field(default_factory=list)


class Opener:
    """The process that stands for the app; started anew after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def use(self, path: Path) -> str:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.opener"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        process = self._process
        timer = threading.Timer(5 * SECONDS, process.kill)
        timer.start()
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        said = process.stdout.readline()
        timer.cancel()
        if said:
            return said.strip()
        self.close()
        return f"error: died with status {process.returncode}"

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None


def samples(folder: Path) -> list[bytes]:
    """Sound recordings of our own to spoil: with 3 rows, with 40, and one of version 1."""
    made = []
    for rows, version in ((3, 2), (40, 2), (40, 1)):
        path = folder / f"sound-{rows}-{version}.h5"
        _write(path, rows)
        if version == 1:
            with h5py.File(path, "r+", locking=False) as file:
                file["entry"].attrs["schema_version"] = 1
                del file["entry/overview"]
        made.append(path.read_bytes())
    return made


def _write(path: Path, rows: int) -> None:
    specification = RunSpecification("sample", "crossroads", "rvs", seeds=(0, 1))
    columns = tuple(
        MetricColumn(n, n.title(), "nats", "Help.", "exact", "Group") for n in ("return", "drift")
    )
    layout = Layout(
        (0, 1), (0.0, 1.0), ("here", "there", "now"), ("up", "down"), columns, (0.0, 1.0),
        {"base_policy": np.full((3, 2), 0.5), "grid_shape": np.array([7, 7]), "grid_cell": np.arange(3),
         "supported": np.ones(2), "frontier": np.ones((4, 3))},
        {"specification": json.loads(specification.to_json())},
        {"learner": {"name": "rvs", "label": "RvS", "kind": "predictor", "help": ""}, "knobs": [],
         "task": {"name": "crossroads"}},
    )  # fmt: skip
    random = np.random.default_rng(rows)
    records: list[Row | Event | Checkpoint] = []
    for step in range(rows):
        policy = random.random((2, 2, 3, 2)).astype(np.float32) if step % 2 == 0 else None
        returns = random.random((2, 2, 2)).astype(np.float32) if step % 2 == 0 else None
        records.append(Row(step, step / 10, random.normal(size=(2, 2)), policy, returns))
    knob = {"name": "target", "label": "Target", "before": 0.0, "after": 1.0}
    records += [Event(1, 0.1, "knob", knob), Checkpoint(1, "sample.step-1.safetensors", "0" * 64)]
    file = RecordingFile(str(path), layout, lossless=True, live=False)
    file.append(block_of(layout, records, lossless=True))
    file.close()


def fuzz(
    inputs: int, seed: int, *, until: float = math.inf, keep: Path | None = None, seconds: float = SECONDS
) -> Counts:
    """Try so many inputs (fewer when `time.monotonic()` passes `until`); `keep` gets those that did harm."""
    counts, random, opener = Counts(), np.random.default_rng(seed), Opener()
    with tempfile.TemporaryDirectory() as name, Inspector() as inspector:
        folder = Path(name)
        sounds = [(data, spans(data)) for data in samples(folder)]
        for number in range(inputs):
            if time.monotonic() > until:
                break
            data, places = sounds[int(random.integers(len(sounds)))]
            path = folder / "spoiled.h5"
            path.unlink(missing_ok=True)  # HDF5 knows a file that it has open by its inode
            counts.done[spoil(path, data, places, random)] += 1
            defects = inspector.examine(path, seconds=seconds)
            if defects:
                counts.refused[defects[0].kind] += 1
                harm = ""
                if "Too many open files" in defects[0].words:
                    harm = "error: another file was asked for"
            else:
                said = opener.use(path)
                counts.accepted[said.split(":")[0]] += 1
                harm = said if said.startswith("error") else ""
            if harm:
                counts.harmed.append(f"input {number} of seed {seed}: {harm}")
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{number}.h5").write_bytes(path.read_bytes())
        opener.close()
    return counts
