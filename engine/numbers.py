"""Every number of a recording at a row: over seeds with its interval, and whether it is exact, estimated or
not estimable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.history import ENTROPY, RETURN, WATCHED, History, Judged
from engine.metrics.columns import ERROR
from engine.metrics.definitions import COLUMNS, HISTORY, SELDOM
from engine.metrics.interval import bootstrap_interval, interquartile_mean
from engine.recording.schema import MetricColumn
from engine.tasks.tabular import Floats

if TYPE_CHECKING:
    from engine.recording.reader import Recording

Kind = Literal["exact", "estimated", "not estimable", "reported"]


@dataclass(frozen=True)
class Number:
    """One metric of one run.

    Attributes:
        column: what it is.
        values: [S] of each seed; NaN where there is none.
        errors: [S] standard errors, of an estimate; None where it is exact.
        none: what NaN means where it is no gap in knowledge: "none so far" for a collapse that has not been.
        step: the update that it was measured after, where that is an earlier one than the others': the
            costlier metrics are measured seldom.
    """

    column: MetricColumn
    values: Floats
    errors: Floats | None = None
    none: str = ""
    step: int | None = None

    @property
    def kind(self) -> Kind:
        """`exact`, `estimated`, or `not estimable`; `reported` for what a learner says of itself."""
        if not self.known.size and not self.none:
            return "not estimable"
        if self.errors is not None:
            return "estimated"
        return "reported" if self.column.kind == "diagnostic" else "exact"

    @property
    def known(self) -> Floats:
        """The values of the seeds that have one."""
        return self.values[~np.isnan(self.values)]

    @property
    def middle(self) -> float:
        """Interquartile mean over the seeds that have a value; NaN where none has."""
        return float(interquartile_mean(self.known)) if self.known.size else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % bootstrap interval (2108.13264); NaN for one seed, or where a value is infinite."""
        if not self.known.size or np.isinf(self.known).any():
            return float("nan"), float("nan")
        low, high = bootstrap_interval(self.known)
        return float(low), float(high)

    @property
    def error(self) -> float:
        """Standard error of the mean over seeds, from each seed's own: √Σ se² / S. NaN where it is exact."""
        if self.errors is None or not self.known.size:
            return float("nan")
        return float(np.sqrt(np.sum(self.errors[~np.isnan(self.values)] ** 2)) / self.known.size)

    @property
    def words(self) -> str:
        """For example `1.68 [1.65, 1.7]` or `0.52 ± 0.03 [0.49, 0.6]`; plain words where there is none."""
        if not self.known.size:
            return self.none or "not estimable"
        error = f" ± {self.error:.1g}" if np.isfinite(self.error) else ""
        low, high = self.interval
        interval = f" [{low:.4g}, {high:.4g}]" if high > low else ""
        return f"{self.middle:.4g}{error}{interval}"

    @property
    def measured(self) -> str:
        """The words, with the unit where there is a value: `1.68 reward`, `none so far`."""
        return f"{self.words} {self.column.unit}".strip() if self.known.size else self.words

    @property
    def when(self) -> str:
        """`(update 40)`, where it is of an earlier update than the others; else empty."""
        return "" if self.step is None else f"(update {self.step})"

    @property
    def seeds(self) -> str:
        """`3 of 4 seeds`; empty where every seed has a value."""
        known, count = self.known.size, len(self.values)
        return f"{known} of {count} seeds" if 0 < known < count else ""

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON; what is not a finite number is None."""
        low, high = self.interval
        return {
            "kind": self.kind,
            "unit": self.column.unit,
            "group": self.column.group,
            "interquartile_mean": _finite(self.middle),
            "interval": [_finite(low), _finite(high)],
            "standard_error": _finite(self.error),
            "seeds": [_finite(value) for value in self.values.tolist()],
            "update": self.step,
        }


def at_row(recording: "Recording", row: int) -> Iterator[Number]:
    """Every recorded metric at a row, or, of the costlier ones, at the last row before it that has them."""
    names = {column.name for column in recording.layout.columns}
    measured = measured_at(recording, row)
    seldom = _last_measured(recording, row, [c for c in SELDOM if c in names])
    for column in recording.layout.columns:
        if column.kind == "error":
            continue
        place = row if column.kind == "diagnostic" else seldom if column.name in SELDOM else measured
        values = recording.at(column.name, place) if place >= 0 else _nothing(recording)
        errors = None
        if column.kind == "estimated":
            errors = recording.at(column.name + ERROR, place) if place >= 0 else _nothing(recording)
        earlier = column.name in SELDOM and 0 <= seldom < measured
        yield Number(column, values, errors, step=recording.step_of(seldom) if earlier else None)


def measured_at(recording: "Recording", row: int) -> int:
    """The last row not after `row` in which anything was measured; -1 where there is none."""
    names = sorted(column.name for column in recording.layout.columns)
    return _last_measured(recording, row, [RETURN] if RETURN in names else names[:1])


def of_history(recording: "Recording", judged: Judged) -> Iterator[Number]:
    """The metrics of the run as a whole."""
    columns = {column.name: column for column in HISTORY}
    recorded = {column.name: column for column in recording.layout.columns}
    if ENTROPY in recorded and RETURN in recorded:
        law = judged.law
        yield Number(columns["entropy_law_a"], law.slope, law.slope_error)
        yield Number(columns["entropy_law_b"], law.intercept, law.intercept_error)
        yield Number(columns["entropy_law_residual"], law.residual, law.residual_error)
    if WATCHED in recorded:
        onset = judged.onset
        estimated = recorded[WATCHED].kind == "estimated"
        fallen = np.where(judged.estimable > 0, (~np.isnan(onset.step)).astype(np.float64), np.nan)
        none = "none so far" if judged.estimable.any() else ""
        error = judged.onset_error if estimated else None
        yield Number(columns["collapsed"], fallen)
        yield Number(columns["onset_step"], onset.step, error, none)
        yield Number(columns["onset_confirmed"], onset.confirmed, error, none)


def absent(recording: "Recording") -> tuple[MetricColumn, ...]:
    """The metrics that this recording has no numbers for: not of its task, or not of its learner."""
    names = {column.name for column in recording.layout.columns}
    history = {number.column.name for number in of_history(recording, History(recording).judged())}
    return tuple(column for column in (*COLUMNS, *HISTORY) if column.name not in names | history)


def leftover_by_target(recording: "Recording", row: int) -> dict[float, list[float]]:
    """E[R] less the target [S] for every recorded target, reward units; from the return distributions."""
    returns = recording.returns(row)
    targets = recording.layout.targets
    if returns is None or np.isnan(targets).all():
        return {}
    left = returns.astype(np.float64) @ np.array(recording.layout.returns) - np.array(targets)
    return {target: left[:, index].tolist() for index, target in enumerate(targets)}


def _last_measured(recording: "Recording", row: int, names: list[str]) -> int:
    """The last row not after `row` in which any of these was measured; -1 where there is none."""
    step = recording.step_of(row) if row >= 0 else -1
    return max((recording.measured_at(name, step) for name in names), default=-1)


def _nothing(recording: "Recording") -> Floats:
    return np.full(len(recording.layout.seeds), np.nan)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
