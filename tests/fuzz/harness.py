"""Spoils recordings, has each inspected and, where admitted, opened as the app would; counts what came."""

import json
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from engine.recording.codec import block_of
from engine.recording.disposable import Disposable, Outcome
from engine.recording.gatekeeper import Budget, defects_of
from engine.recording.layout_h5 import RecordingFile
from engine.recording.schema import Checkpoint, Event, Layout, MetricColumn, Row
from engine.recording.served import MEMORY
from engine.specification import RunSpecification
from tests.fuzz.checksums import spans
from tests.fuzz.mutations import OTHER, spoil
from tests.fuzz.watch import Watch, watchable

BUDGET = Budget(1, 20.0)  # for one input: little, because most that take longer never end
TOLD_EVERY = 30.0  # seconds


@dataclass
class Counts:
    """What came of the inputs. The last must stay empty.

    Attributes:
        done: inputs, by how they were spoiled.
        refused: by the kind of the first defect.
        died: inspections that died of their file, by how: they are among the refused.
        accepted: admitted, and opened without harm (`ok`) or refused in one line.
        harmed: what must not be: the app would have suffered, another file was asked for, more memory was
            held than allowed, or the inspection met an error of ours.
        peak: the most memory that an inspection and an opening held, MiB.
        watched: other files would have been seen.
    """

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    died: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    peak: dict[str, int] = field(default_factory=dict)
    watched: bool = False
    harmed: list[str] = field(default_factory=list)


class Side:
    """One of the two processes that a spoiled file is given to, and what it may not do."""

    def __init__(self, module: str, watch: Watch | None, memory: int = MEMORY) -> None:
        environment = {"OPENBLAS_NUM_THREADS": "1", **(watch.environment if watch else {})}
        self._process = Disposable(module, environment)
        self._watch, self._memory = watch, memory
        self.peak = self._rest = 0

    def begin(self, sound: Path) -> None:
        """Give it a sound file: what it holds then is not counted, and the watch must have seen the file."""
        outcome = self._asked(sound)
        assert outcome.ending == "", outcome
        self._rest = outcome.peak
        assert self._watch is None or str(sound) in self._watch.asked(), "the watch is blind"

    def give(self, path: Path) -> tuple[Outcome, str]:
        """What came of a file, and what it did that it may not; empty for nothing."""
        outcome = self._asked(path)
        self.peak = max(self.peak, outcome.peak)
        others = set(self._watch.asked()) - {str(path), os.devnull} if self._watch else set()
        if others:
            return outcome, f"asked for another file: {', '.join(sorted(others))[:500]}"
        if outcome.peak - self._rest > self._memory:
            return outcome, f"held {outcome.peak - self._rest} bytes; allowed: {self._memory}"
        return outcome, ""

    def _asked(self, path: Path) -> Outcome:
        request = {"file": str(path), "thorough": False}
        return self._process.ask(request, processor_seconds=BUDGET.processor, wall_seconds=BUDGET.wall)

    def close(self) -> None:
        self._process.close()


@contextmanager
def sides(folder: Path, sound: Path) -> Iterator[tuple[Side, Side, bool]]:
    """The inspection, the process that stands for the app, and whether other files would be seen."""
    with ExitStack() as stack:
        watch = Watch(folder) if watchable() else None
        if watch:
            stack.callback(watch.close)
        made = [Side(module, watch) for module in ("tests.fuzz.inspecting", "tests.fuzz.opener")]
        for side in made:
            stack.callback(side.close)
            side.begin(sound)
        yield made[0], made[1], watch is not None


def fuzz(
    inputs: int,
    seed: int,
    *,
    first: int = 0,
    until: float = math.inf,
    keep: Path | None = None,
    tell: Callable[[Counts], object] = lambda counts: None,
) -> Counts:
    """Try so many inputs (fewer when `time.monotonic()` passes `until`), from number `first` on.

    An input is a function of seed and number. `keep` gets those that did harm; `tell` hears of the counts
    now and then."""
    counts, told = Counts(), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = [(data, spans(data)) for data in samples(folder)]
        path = folder / "spoiled.h5"
        for sound in (path, folder / OTHER):
            sound.write_bytes(sounds[0][0])
        with sides(folder, path) as (inspector, opener, counts.watched):
            for number in range(first, first + inputs):
                now = time.monotonic()
                if now > until:
                    break
                if now > told + TOLD_EVERY:
                    tell(counts)
                    told = now
                random = np.random.default_rng([seed, number])
                data, places = sounds[int(random.integers(len(sounds)))]
                counts.done[spoil(path, data, places, random)] += 1
                harm = _tried(path, inspector, opener, counts)
                counts.peak = {"inspection": inspector.peak >> 20, "opening": opener.peak >> 20}
                if harm:
                    counts.harmed.append(f"input {number} of seed {seed}: {harm}")
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{seed}-{number}.h5").write_bytes(path.read_bytes())
    return counts


def _tried(path: Path, inspector: Side, opener: Side, counts: Counts) -> str:
    """Count what comes of a file; the harm that it did, empty for none."""
    outcome, harm = inspector.give(path)
    if outcome.ending:
        counts.died[f"{outcome.ending} {outcome.detail}".strip()] += 1
    defects = defects_of(outcome, BUDGET)
    if defects:
        counts.refused[defects[0].kind] += 1
        return harm or (str(defects[0]) if outcome.ending == "failure" else "")
    opened, more = opener.give(path)
    said = opened.value or f"error: {opened.ending} {opened.detail}"
    counts.accepted[said.split(":")[0]] += 1
    return (said if said.startswith("error") else "") or harm or more


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
