"""Whether a check holds in what was recorded: an interval over seeds, and on which side it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.claims.check import Check
from engine.metrics.interval import bootstrap_interval, interquartile_mean
from engine.recording.reader import Recording
from engine.tasks.tabular import Floats

Outcome = Literal["held", "did not hold", "undecided", "not measured"]


@dataclass(frozen=True)
class Verdict:
    """What became of one check.

    Attributes:
        check: what was expected.
        outcome: `held` where the whole 95 % interval lies on the expected side, `did not hold` where
            it lies on the other, `undecided` where it lies on both; `not measured` without a number.
        value, low, high: interquartile mean over seeds and its interval: of the metric, or of the
            difference to the other run, seed by seed; in the metric's unit.
        bound: what they are held against: `than`, or `margin` with the sign of the relation.
        other: interquartile mean of the other run; NaN where there is none.
        seeds: how many there were.
    """

    check: Check
    outcome: Outcome
    value: float
    low: float
    high: float
    bound: float
    other: float
    seeds: int


def judged(check: Check, recordings: Mapping[str, Recording], until: int | None = None) -> Verdict:
    """Judge a check by the recordings of its runs, by name.

    Args:
        until: the last update to look at; None for all.
    """
    sign = 1.0 if check.relation == "above" else -1.0
    bound = sign * check.margin if check.than_run else check.than
    values = at_end(recordings, check.run, check.metric, until)
    other = np.full(1, np.nan)
    if check.than_run:
        other = at_end(recordings, check.than_run, check.metric, until)
        if len(values) != len(other):  # an oracle may be run with a seed alone
            other = np.full(len(values), float(np.mean(other)) if len(other) else np.nan)
        values = values - other
    if not len(values) or np.isnan(values).all():
        return Verdict(check, "not measured", np.nan, np.nan, np.nan, bound, np.nan, 0)
    # A seed for which the number is not estimable is left out, and the count says so.
    known = ~np.isnan(values)
    values, against = values[known], float(np.mean(other[known] if len(other) == len(known) else other))
    value = float(interquartile_mean(values))
    low, high = (float(end) for end in bootstrap_interval(values))
    if len(values) == 1:
        low = high = value
    return Verdict(check, _outcome(sign, low, high, bound), value, low, high, bound, against, len(values))


def _outcome(sign: float, low: float, high: float, bound: float) -> Outcome:
    least, most = sorted((sign * (low - bound), sign * (high - bound)))
    if least > 0:
        return "held"
    return "did not hold" if most <= 0 else "undecided"


def at_end(recordings: Mapping[str, Recording], run: str, metric: str, until: int | None = None) -> Floats:
    """[S] each seed's last known value of a metric; empty where the run or the metric is not there."""
    recording = recordings.get(run)
    if recording is None or metric not in {column.name for column in recording.layout.columns}:
        return np.empty(0)
    rows = recording.metric(metric)
    if until is not None:
        rows = rows[: int(np.searchsorted(recording.steps[: len(rows)], until, side="right"))]
    known = ~np.isnan(rows)
    last = len(rows) - 1 - np.argmax(known[::-1], axis=0) if len(rows) else np.empty(0, dtype=np.int64)
    seeds = np.arange(rows.shape[1])
    return np.where(known.any(axis=0), rows[last, seeds], np.nan) if len(rows) else np.empty(0)
