"""Collapse onset: when a run's effective modes fell below a share of what they ought to be, and stayed there.

The onset is the first row below SHARE × the base's effective modes that begins WINDOW measured rows in
succession all of which are below. It is known, *confirmed*, at the last of them. Where a return is asked
for, the base's modes are those of its episodes with that return: what a conditional oracle keeps.

How often that is a false alarm, and how late it comes, is measured by `python -m bench.onset`.
"""

from dataclasses import dataclass

import numpy as np

from engine.tasks.tabular import Floats, Integers

SHARE = 0.6  # of the base's; with two modes any half would only be met by an exact 1
WINDOW = 5  # measured rows in succession


@dataclass(frozen=True)
class Onset:
    """For each seed, NaN where there is none so far.

    Attributes:
        step: [S] the first step of the fall that was confirmed.
        confirmed: [S] the step at which it was.
        level: [S] what it fell below, in the metric's unit.
    """

    step: Floats
    confirmed: Floats
    level: Floats


class OnsetWatch:
    """Watches series of S seeds for their onset, fed with rows as they come."""

    def __init__(self, seeds: int, share: float = SHARE, window: int = WINDOW) -> None:
        self.share, self.window = share, window
        self.judged: Integers = np.zeros(seeds, dtype=np.int64)  # rows that could be
        self._below: Integers = np.zeros(seeds, dtype=np.int64)  # the last rows, in succession
        self._since = np.full(seeds, np.nan)  # the first step of those
        self._step, self._confirmed, self._level = (np.full(seeds, np.nan) for _ in range(3))

    @property
    def onset(self) -> Onset:
        """What was found so far."""
        return Onset(self._step.copy(), self._confirmed.copy(), self._level.copy())

    def extend(self, steps: Integers, values: Floats, reference: Floats) -> None:
        """Take in rows.

        Args:
            steps: [n], not falling.
            values: [n, S] the metric, NaN where it was not measured: such a row is as if it were not there.
            reference: [n] or [n, S] the base's value at each row; NaN where there is none to compare with.
        """
        levels = np.broadcast_to(
            self.share * (reference if reference.ndim == 2 else reference[:, None]), values.shape
        )
        for seed in range(values.shape[1]):
            self._extend_one(seed, steps, values[:, seed], levels[:, seed])

    def _extend_one(self, seed: int, steps: Integers, values: Floats, levels: Floats) -> None:
        known = ~np.isnan(values) & ~np.isnan(levels)
        if not known.any():
            return
        steps, levels = steps[known], levels[known]
        below = values[known] < levels
        self.judged[seed] += len(steps)
        place = np.arange(len(below))
        last_above = np.maximum.accumulate(np.where(below, -1, place))
        run = place - last_above + np.where(last_above < 0, self._below[seed], 0)

        def began(index: int) -> float:
            """The first step of the fall that goes on at `index`."""
            if last_above[index] < 0 and self._below[seed]:
                return float(self._since[seed])
            return float(steps[last_above[index] + 1])

        if np.isnan(self._step[seed]) and run.max() >= self.window:
            found = int(np.argmax(run >= self.window))
            self._step[seed] = began(found)
            self._confirmed[seed], self._level[seed] = steps[found], levels[found]
        if below[-1]:
            self._since[seed] = began(len(below) - 1)
        self._below[seed] = run[-1]


def onset(
    steps: Integers, values: Floats, reference: Floats, share: float = SHARE, window: int = WINDOW
) -> Onset:
    """The onset in whole series. Arguments as in :meth:`OnsetWatch.extend`."""
    watch = OnsetWatch(values.shape[1], share, window)
    watch.extend(steps, values, reference)
    return watch.onset
