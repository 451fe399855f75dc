"""Recordings for tests of the app: known numbers in the shapes that a run on crossroads records."""

import json
import time
from functools import cache
from pathlib import Path

import numpy as np

from engine.learners.knobs import Knob
from engine.recording import recorder
from engine.recording.files import Files
from engine.recording.journal import JournalWriter
from engine.recording.journal_reader import JournalReader
from engine.recording.layout_h5 import RecordingFile
from engine.recording.schema import Checkpoint, Event, Layout, MetricColumn, Row
from engine.specification import RunSpecification

METRICS = ("return", "drift", "asked", "collateral", "effective_modes")
UNITS = {"return": "reward", "drift": "nats", "asked": "nats", "collateral": "nats", "effective_modes": ""}
WIDTH = 7
EXITS = (0, 6, 42, 48)
CELLS = tuple(cell for cell in range(WIDTH * WIDTH) if cell not in EXITS)
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
ASKED = 1.678384
KNOBS = (
    Knob("learning_rate", "Learning rate", "Step size.", 0.1, "float", low=1e-4, high=1.0, scale="log"),
    Knob(
        "entropy_weight", "Entropy bonus", "Reward for entropy.", 0.0, "float", "reward/nat", 0.0, 1.0, "log"
    ),
    Knob("baseline", "Baseline", "What returns are compared to.", "mean", "choice", choices=("none", "mean")),
    Knob("episodes", "Episodes", "Per update.", 32, "int", low=1, high=256, steerable=False),
)
TARGET = Knob("target", "Target return", "What is asked for.", 1.0, "float", "reward", 0.0, 1.0, acts=True)


def layout(name: str = "RvS", conditioned: bool = True, oracle: bool = False, seeds: int = 4) -> Layout:
    """What a run on crossroads declares at its start."""
    targets = (0.0, 0.5, 1.0) if conditioned else (np.nan,)
    knobs = (*((TARGET,) if conditioned else ()), *(KNOBS if not oracle else ()))
    learner = name.lower().replace(" ", "_")
    specification = RunSpecification(
        name, "crossroads", learner, seeds=tuple(range(seeds)), updates=1 if oracle else 300
    )
    beta = np.geomspace(0.05, 10, 40)
    share = 1 / (1 + beta**1.5)
    return Layout(
        seeds=tuple(range(seeds)),
        targets=targets,
        probes=tuple(f"row {cell // WIDTH}, column {cell % WIDTH}, step 0" for cell in CELLS),
        actions=("up", "down", "left", "right"),
        columns=tuple(
            MetricColumn(m, m.replace("_", " ").capitalize(), UNITS[m], "", "exact") for m in METRICS
        ),
        returns=(0.0, 1.0),
        constants={
            "base_policy": np.full((len(CELLS), 4), 0.25),
            "oracle_policy": np.stack([policy(t, 1.0) for t in ((0, np.nan, 1) if conditioned else (1,))]),
            "oracle_drift": np.array([0.2066, np.nan, ASKED] if conditioned else [ASKED]),
            "frontier": np.stack([beta, 0.187 + 0.813 * share, ASKED * share**1.6], axis=1),
            "grid_cell": np.array(CELLS),
            "grid_shape": np.array([WIDTH, WIDTH]),
            "grid_walls": np.array([], dtype=np.int64),
            "grid_exits": np.array(EXITS),
            "grid_moves": MOVES,
            "probe_time": np.zeros(len(CELLS), dtype=np.int64),
            "supported": np.array([1, 0, 1] if conditioned else [1]),
        },
        provenance={"specification": json.loads(specification.to_json())},
        catalogue={
            "learner": {
                "name": learner,
                "label": name,
                "kind": "oracle" if oracle else "predictor",
                "help": "",
            },
            "knobs": [knob.as_data() for knob in knobs],
            "task": {"name": "crossroads"},
        },
    )


def policy(target: float, strength: float, corners: tuple[int, ...] = EXITS) -> np.ndarray:
    """[P, A] pulled towards some corners (away from them for target 0); NaN for a target of NaN."""
    result = (1 - strength) * 0.25 + strength * _pulled(bool(target), corners)
    return result * (np.nan if np.isnan(target) else 1.0)


@cache  # nearly every test of the app asks for thousands
def _pulled(towards: bool, corners: tuple[int, ...]) -> np.ndarray:
    """[P, A] with nothing but the pull of the corners."""
    result = np.empty((len(CELLS), 4))
    for probe, cell in enumerate(CELLS):
        row, column = divmod(cell, WIDTH)
        pull = np.zeros(4)
        for corner in corners:
            down, right = corner // WIDTH - row, corner % WIDTH - column
            near = 1.0 / (abs(down) + abs(right)) ** 2
            pull += near * np.array([down < 0, down > 0, right < 0, right > 0])
        pull = pull if towards else pull.max() - pull + 0.01
        result[probe] = pull / pull.sum()
    return result


def rows(
    made: Layout, count: int = 301, collapse: float = 0.0, noise: float = 0.0, speed: float = 40
) -> list[Row]:
    """`collapse` in nats is the collateral drift at the end."""
    random = np.random.default_rng(len(made.targets) * 100 + int(collapse * 10))
    result = []
    seeds, targets = len(made.seeds), made.targets
    for step in range(count):
        share = 1 - np.exp(-step / speed) if count > 2 else 1.0
        seed_share = np.clip(
            share * (1 + 0.06 * np.linspace(-1, 1, seeds)) + noise * random.normal(size=seeds), 0, 1
        )
        asked = ASKED * seed_share**1.6
        extra = collapse * (1 - np.exp(-step / 120)) * np.linspace(0.75, 1.25, seeds)
        reached = 0.187 + 0.813 * seed_share
        modes = 4 * np.exp(-extra / 1.2)
        metrics = np.stack([reached, asked + extra, asked, extra, modes], axis=1)
        policies = np.stack(
            [
                np.stack(
                    [
                        policy(
                            t if np.isfinite(t) else 1.0, float(s), EXITS if not collapse else (EXITS[k % 4],)
                        )
                        for t in targets
                    ]
                )
                for k, s in enumerate(seed_share)
            ]
        )
        high = np.stack(
            [(0.187 + (t - 0.187) * seed_share) if np.isfinite(t) else reached for t in targets], axis=1
        )
        returns = np.stack([1 - high, high], axis=2)
        result.append(
            Row(step, 0.02 * step, metrics, policies.astype(np.float32), returns.astype(np.float32))
        )
    return result


EVENTS = (
    Event(
        60,
        1.2,
        "knob",
        {"name": "learning_rate", "label": "Learning rate", "before": 0.1, "after": 0.05, "latency": 0.01},
    ),
    Event(
        140,
        2.8,
        "knob",
        {"name": "target", "label": "Target return", "before": 1.0, "after": 0.5, "latency": 0.01},
    ),
    Event(
        142,
        2.9,
        "knob",
        {"name": "target", "label": "Target return", "before": 0.5, "after": 0.0, "latency": 0.01},
    ),
)


class Unfinished:
    """A recording that a run is still writing: `reveal` adds rows.

    Each time a new live file takes the place of the one before, as when a recorder is started again:
    HDF5 does not let one process write a live file and read it. Files that grow are for the tests
    of the recorder and of the whole app.
    """

    def __init__(self, path: Path, made: Layout, all_rows: list[Row]) -> None:
        self.files, self.layout, self.all_rows = Files.of(path), made, all_rows
        self.revealed = 0
        self.journal = JournalWriter(self.files.journal, made, lossless=True)

    def reveal(self, count: int) -> None:
        """Go on until there are `count` rows."""
        for row in self.all_rows[self.revealed : count]:
            self.journal.row(row)
        self.revealed = count
        live = RecordingFile(str(self.files.part_new), self.layout, lossless=True, live=True)
        reader = JournalReader(self.files.journal)
        while reader.rows < count:  # a thread of the journal's own writes them
            for block in reader.blocks():
                live.append(block)
            time.sleep(0.002)
        live.commit()
        live.close()
        reader.close()
        self.files.part_new.replace(self.files.part)


def write(
    path: Path,
    made: Layout,
    all_rows: list[Row],
    events: tuple[Event, ...] = (),
    checkpoints: tuple[Checkpoint, ...] = (),
) -> None:
    """A finished recording, through the journal and the recorder as every recording."""
    journal = JournalWriter(Files.of(path).journal, made, lossless=True)
    for row in all_rows:
        journal.row(row)
    for event in events:
        journal.event(event)
    for checkpoint in checkpoints:
        journal.checkpoint(checkpoint)
    journal.close()
    assert recorder.main(path) == 0
