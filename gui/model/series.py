"""One metric of one run as it grows: mean and range over seeds, and the few points a screen needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SUMMARY = 256  # rows in one entry of the summary that long runs are drawn from
LONG = 1 << 16  # rows from which the summary is used at all


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn: a line and the band around it. All [n]; `shown` of `rows` rows are in `x`."""

    x: Floats
    line: Floats
    low: Floats
    high: Floats
    rows: int
    decimated: bool


class _Growing:
    """An array of float64 that grows by doubling: appending costs the same however long it is."""

    def __init__(self) -> None:
        self._store = np.empty(256)
        self.size = 0

    def append(self, values: Floats) -> None:
        need = self.size + len(values)
        if need > len(self._store):
            store = np.empty(max(need, 2 * len(self._store)))
            store[: self.size] = self._store[: self.size]
            self._store = store
        self._store[self.size : need] = values
        self.size = need

    @property
    def values(self) -> Floats:
        return self._store[: self.size]


class Series:
    """Mean, lowest and highest over seeds, a row at a time; rows where nothing was measured are skipped."""

    def __init__(self) -> None:
        self.rows_read = 0  # of the recording, with those that were skipped
        self.least, self.most = np.inf, -np.inf  # over every seed and row
        self._x, self._mean, self._low, self._high = (_Growing() for _ in range(4))
        self._summary_x, self._summary_least, self._summary_most = (_Growing() for _ in range(3))
        self._summary_low, self._summary_high = _Growing(), _Growing()

    @property
    def x(self) -> Floats:
        """Steps [n], never decreasing."""
        return self._x.values

    @property
    def mean(self) -> Floats:
        """Mean over the seeds that were measured [n]."""
        return self._mean.values

    @property
    def low(self) -> Floats:
        """Lowest seed [n]."""
        return self._low.values

    @property
    def high(self) -> Floats:
        """Highest seed [n]."""
        return self._high.values

    def extend(self, steps: Floats, values: Floats) -> None:
        """Append rows: `steps` [n] and `values` [n, S], NaN where not measured."""
        self.rows_read += len(steps)
        finite = np.isfinite(values)
        measured = finite.any(axis=1)
        if not measured.any():
            return
        values, finite = values[measured], finite[measured]
        self._x.append(np.asarray(steps, dtype=np.float64)[measured])
        self._mean.append(np.where(finite, values, 0.0).sum(axis=1) / finite.sum(axis=1))
        self._low.append(np.where(finite, values, np.inf).min(axis=1))
        self._high.append(np.where(finite, values, -np.inf).max(axis=1))
        self.least = min(self.least, float(self._low.values[-len(values) :].min()))
        self.most = max(self.most, float(self._high.values[-len(values) :].max()))
        self._summarise()

    def _summarise(self) -> None:
        done = self._summary_x.size * SUMMARY
        ready = (self._x.size - done) // SUMMARY * SUMMARY
        if not ready:
            return
        whole = slice(done, done + ready)

        def blocks(values: Floats) -> Floats:
            return values[whole].reshape(-1, SUMMARY)

        self._summary_x.append(blocks(self.x)[:, 0])
        self._summary_least.append(blocks(self.mean).min(axis=1))
        self._summary_most.append(blocks(self.mean).max(axis=1))
        self._summary_low.append(blocks(self.low).min(axis=1))
        self._summary_high.append(blocks(self.high).max(axis=1))

    def step_at(self, step: float) -> float:
        """The step of the last measured row not after `step`; -1 before the first."""
        index = int(np.searchsorted(self.x, step, side="right")) - 1
        return -1.0 if index < 0 else float(self.x[index])

    def at(self, step: float) -> tuple[float, float, float]:
        """Mean, lowest and highest at the last measured row not after `step`; NaN before the first."""
        index = int(np.searchsorted(self.x, step, side="right")) - 1
        if index < 0:
            return np.nan, np.nan, np.nan
        return float(self.mean[index]), float(self.low[index]), float(self.high[index])

    def points(self, left: float, right: float, columns: int) -> Points:
        """What to draw between two steps on `columns` pixel columns: every extreme survives."""
        first = max(int(np.searchsorted(self.x, left)) - 1, 0)
        last = min(int(np.searchsorted(self.x, right, side="right")) + 1, self._x.size)
        rows = last - first
        window = slice(first, last)
        if rows <= 2 * columns:
            return Points(self.x[window], self.mean[window], self.low[window], self.high[window], rows, False)
        if rows < LONG:
            x, least, most, low, high = self.x, self.mean, self.mean, self.low, self.high
        else:
            x, least, most = self._summary_x.values, self._summary_least.values, self._summary_most.values
            low, high = self._summary_low.values, self._summary_high.values
            window = slice(first // SUMMARY, last // SUMMARY)
        decimated = decimate(*(a[window] for a in (x, least, most, low, high)), columns)
        end = slice(last - 1, last)  # the newest row is always exact
        joined = (
            np.concatenate(pair)
            for pair in zip(
                decimated, (self.x[end], self.mean[end], self.low[end], self.high[end]), strict=True
            )
        )
        return Points(*joined, rows, True)


def decimate(
    x: Floats, least: Floats, most: Floats, low: Floats, high: Floats, columns: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """At most two points a column: its least and its greatest value, so that no spike is lost.

    All inputs [n]. Returns x, line, low, high, each [2 * columns] at most.
    """
    starts = np.unique(np.linspace(0, len(x), columns, endpoint=False).astype(np.int64))
    line = np.empty(2 * len(starts))
    line[0::2] = np.minimum.reduceat(least, starts)
    line[1::2] = np.maximum.reduceat(most, starts)
    return (
        np.repeat(x[starts], 2),
        line,
        np.repeat(np.minimum.reduceat(low, starts), 2),
        np.repeat(np.maximum.reduceat(high, starts), 2),
    )
