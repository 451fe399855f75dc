"""Two goals on two axes: the pairs that a return may code, how often the data have each, what runs bring."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.tasks.tabular import Goals
from gui.model.goals import Pair

if TYPE_CHECKING:
    from gui.model.run_item import RunItem

Whole = tuple[int, int]  # how many of the first goal, and of the second


@dataclass(frozen=True)
class Pairs:
    """Every pair of whole numbers between the least and the most that the base brings of either goal.

    Attributes:
        low: the pair at the lower left.
        density: [second, first] share of the base's episodes that bring each pair, from `low` upwards.
    """

    pair: Pair
    low: Whole
    density: NDArray[np.float64] = field(compare=False)

    @classmethod
    def of(cls, item: "RunItem | None") -> "Pairs | None":
        """Those of a run's task; None where it has but one goal, or its recording does not say what the
        base does."""
        pair = Pair.of(item)
        shares = None if item is None else item.constant("base_returns")
        if item is None or item.recording is None or pair is None or shares is None:
            return None
        reached = np.asarray(shares) > 0
        first, second = Goals(pair.names, pair.step).parts(np.asarray(item.recording.layout.returns)[reached])
        columns, rows = (part.astype(int) for part in (first, second))
        low = int(columns.min()), int(rows.min())
        density = np.zeros((rows.max() - low[1] + 1, columns.max() - low[0] + 1))
        np.add.at(density, (rows - low[1], columns - low[0]), np.asarray(shares)[reached])
        return cls(pair, low, density)

    def same(self, other: "Pairs | None") -> bool:
        """Whether it is the same plane."""
        return self == other and other is not None and np.array_equal(self.density, other.density)

    @property
    def high(self) -> Whole:
        """The pair at the upper right."""
        rows, columns = self.density.shape
        return self.low[0] + columns - 1, self.low[1] + rows - 1

    def nearest(self, first: float, second: float) -> Whole:
        """The pair of these that is nearest."""
        (left, bottom), (right, top) = self.low, self.high
        return min(max(round(first), left), right), min(max(round(second), bottom), top)

    def share(self, pair: Whole) -> float:
        """Of the base's episodes, those that bring this pair; 0 out of support."""
        if self.nearest(*pair) != pair:
            return 0.0
        return float(self.density[pair[1] - self.low[1], pair[0] - self.low[0]])

    def code(self, pair: Whole) -> float:
        """The return that stands for a pair."""
        return Goals(self.pair.names, self.pair.step).coded(*pair)

    def parts(self, value: float) -> Whole:
        """The pair that a return stands for."""
        first, second = self.pair.parts(value)
        return int(first), int(second)

    def words(self, pair: Whole) -> str:
        """A pair, and how often the data have it."""
        share = self.share(pair)
        often = f"{100 * share:.2g} % of the data" if share else "out of support"
        return f"{self.pair.words(self.code(pair))} · {often}"


def achieved(item: "RunItem", pairs: Pairs, step: int) -> tuple[float, float] | None:
    """How much of both goals a run brings at an update, mean over its seeds, asked for what it is asked now.

    None where nothing was measured, and where the pair that it is asked for is not recorded.
    """
    row = item.row_at(step)
    returns = item.recording.returns(row) if item.recording is not None and row >= 0 else None
    if returns is None:
        return None
    layout, index = item.recording.layout, 0  # type: ignore[union-attr]
    if item.conditioned:
        asked = float(item.values["target"])
        index = item.nearest_target(asked)
        if pairs.parts(layout.targets[index]) != pairs.parts(asked):
            return None
    shares = np.asarray(returns[:, index], dtype=np.float64)
    if not np.isfinite(shares).any():
        return None
    first, second = Goals(pairs.pair.names, pairs.pair.step).parts(np.asarray(layout.returns))
    mean = np.nanmean(shares, axis=0)
    return float(mean @ first), float(mean @ second)
