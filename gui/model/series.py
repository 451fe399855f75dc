"""One metric of one run: mean and range over seeds, and the few points a screen needs. The recording has the
rows; nothing of it is copied here but the last few pictures."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.recording.curves import Curve

if TYPE_CHECKING:
    from engine.recording.reader import Recording

Floats = NDArray[np.float64]
PICTURES = 4  # kept: a run's curve is drawn in several views, and again each time the cursor moves
NOTHING = Curve(*(np.empty(0),) * 4, rows=0, decimated=False)


class Series:
    """Mean, lowest and highest over seeds; rows where nothing was measured are skipped. Without a recording,
    or in one without this metric, there are no rows."""

    def __init__(self, recording: "Recording | None", metric: str) -> None:
        known = recording is not None and recording.has(metric)
        self._recording = recording if known else None
        self._metric = metric
        self._pictures: dict[tuple[float, ...], Curve] = {}

    @property
    def rows(self) -> int:
        """Rows in which it was measured."""
        return 0 if self._recording is None else self._recording.extremes(self._metric)[2]

    @property
    def least(self) -> float:
        """The lowest value of any seed in any row; infinite where there is none."""
        return np.inf if self._recording is None else self._recording.extremes(self._metric)[0]

    @property
    def most(self) -> float:
        """The highest value of any seed in any row; minus infinity where there is none."""
        return -np.inf if self._recording is None else self._recording.extremes(self._metric)[1]

    def step_at(self, step: float) -> float:
        """The step of the last measured row not after `step`; -1 before the first."""
        row = -1 if self._recording is None else self._recording.measured_at(self._metric, step)
        return -1.0 if row < 0 else float(self._recording.step_of(row))

    def at(self, step: float) -> tuple[float, float, float]:
        """Mean, lowest and highest at the last measured row not after `step`; NaN before the first."""
        row = -1 if self._recording is None else self._recording.measured_at(self._metric, step)
        if row < 0:
            return np.nan, np.nan, np.nan
        values = self._recording.at(self._metric, row)
        values = values[np.isfinite(values)]
        return float(values.mean()), float(values.min()), float(values.max())

    def points(self, left: float, right: float, columns: int) -> Curve:
        """What to draw between two steps on `columns` pixel columns: every extreme survives."""
        if self._recording is None:
            return NOTHING
        what = self._recording.rows, left, right, columns
        if what not in self._pictures:
            while len(self._pictures) >= PICTURES:
                self._pictures.pop(next(iter(self._pictures)))
            self._pictures[what] = self._recording.curve(self._metric, left, right, columns)
        return self._pictures[what]

    def means(self, left: float, right: float, columns: int) -> tuple[Floats, Floats]:
        """Steps [n] and means [n], at the same places for every metric of a run; NaN where not measured."""
        if self._recording is None:
            return np.empty(0), np.empty(0)
        return self._recording.means(self._metric, left, right, columns)
