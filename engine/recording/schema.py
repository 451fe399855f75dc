"""What a recording holds, as data: the shapes fixed at its start, and the rows and events that follow.

The journal carries exactly these; the recorder writes them to HDF5; the reader gives them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SCHEMA_VERSION = 2  # 2: the overview is a pyramid; 1: one level of it, over 256 rows


@dataclass(frozen=True)
class MetricColumn:
    """One column of `metrics[row, seed, metric]`.

    Attributes:
        name: as in the file and in the JSON of the command line (`return`, `drift`, …).
        label: for a person.
        unit: for an axis: "nats", "reward", "" for pure numbers.
        help: the definition in one sentence.
        kind: `exact`, `estimated` (its standard error is the column `<name>.se`), `error` (such a
            column), or `diagnostic` (reported by the learner: losses and the like).
        group: of metrics that belong together, in words; "" in files of before there were groups.
    """

    name: str
    label: str
    unit: str
    help: str
    kind: Literal["exact", "estimated", "error", "diagnostic"]
    group: str = ""


@dataclass(frozen=True)
class Layout:
    """The shape and the constants of one recording. Axes: S seeds, T targets, P probes, A actions.

    Attributes:
        seeds: [S].
        targets: [T] returns that the policy is recorded for, ascending, in reward units. A learner
            that cannot be asked for a return has T = 1 and the value NaN.
        probes: [P] label of each fixed context, for example "row 3, column 3, step 0".
        actions: [A] names.
        columns: [M] the metrics.
        returns: [R] centres of the bins of the return distributions.
        constants: named arrays that stay the same for the whole run: exact references and what a
            view needs to draw the task. Names in use (each optional):
            `base_policy` [P, A]; `oracle_policy` [T, P, A] (NaN where a target is out of support);
            `oracle_drift` [T]; `base_modes` [T] (effective modes of the base given each target, as its
            conditional oracle has them; NaN out of support); `base_returns` [R]; `frontier` [B, 3]
            (β, mean return, total drift of the KL oracle); `probe_state` [P]; `probe_time` [P];
            `grid_cell` [P] (row * width + column of each probe); `grid_shape` [2]; `grid_walls` [W];
            `grid_moves` [A, 2]; `grid_exits` [E] cells of the exits; `grid_traps` [H] cells where an
            episode ends without one; `supported` [T] (1 where the base reaches the target).
        provenance: specification (the JSON object), package versions, source revision, device.
        catalogue: the learner and its knobs, the task and its help, as the catalogue gives them:
            an old file shows the knobs it was made with. Keys: `learner` {name, label, kind, help},
            `knobs` [Knob.as_data()…], `task` {name, help, outcomes, best_return, base_return}.
    """

    seeds: tuple[int, ...]
    targets: tuple[float, ...]
    probes: tuple[str, ...]
    actions: tuple[str, ...]
    columns: tuple[MetricColumn, ...]
    returns: tuple[float, ...]
    constants: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    catalogue: Mapping[str, Any] = field(default_factory=dict)

    @property
    def policy_shape(self) -> tuple[int, int, int, int]:
        """[S, T, P, A]."""
        return len(self.seeds), len(self.targets), len(self.probes), len(self.actions)


@dataclass(frozen=True)
class Row:
    """What is recorded after an update.

    Attributes:
        step: updates done. A knob that acts on a paused run adds a row with the same step.
        seconds: since the run began.
        metrics: [S, M] float64; NaN where a metric was not measured at this step.
        policy: [S, T, P, A] float32, or None when the stride leaves it out.
        returns: [S, T, R] float32 probability of each bin, or None when not measured.
    """

    step: int
    seconds: float
    metrics: NDArray[np.float64]
    policy: NDArray[np.float32] | None = None
    returns: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened between two updates.

    Attributes:
        step: updates done when it took effect.
        seconds: since the run began.
        kind: `knob` (data: name, label, before, after, latency), `control` (data: action),
            `alarm` (data: message, and seeds or bytes and rows: docs/format.md), `fork`, `note`, `failed`
            (data: message).
        data: JSON-serialisable.
    """

    step: int
    seconds: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A safetensors file beside the recording: weights, optimiser and random state after `step` updates."""

    step: int
    file: str  # name, in the recording's folder
    sha256: str
