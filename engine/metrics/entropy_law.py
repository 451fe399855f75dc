"""The law R = −a·exp(H) + b between a run's return and its policy entropy (2505.22617).

What a run earned was, in that paper, paid for with entropy along this curve: a says how much return each
unit of exp(H) was exchanged for, and b what is earned when none is left. Its residual says whether the law
holds for a run at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.tasks.tabular import Floats

FEWEST = 3  # rows: two parameters and something left to be wrong about
NARROW = 1e-12  # of exp(H)² : a spread below this is rounding


@dataclass(frozen=True)
class Law:
    """One fit a seed; every array [S], NaN where it is not estimable.

    Attributes:
        slope: a, reward units.
        intercept: b, reward units.
        residual: √(Σ e² / (n − 2)), reward units; 0 where the law holds exactly.
        slope_error, intercept_error, residual_error: standard errors of least squares. They take rows for
            independent; those of one run are not, so that the truth is less certain than they say.
    """

    slope: Floats
    intercept: Floats
    residual: Floats
    slope_error: Floats
    intercept_error: Floats
    residual_error: Floats


class EntropyLaw:
    """Least squares of R on exp(H), fed with rows as they come: what was taken in is not needed again.

    Means and centred sums of two parts are merged exactly (Chan, Golub and LeVeque 1983), so that a law fed
    in pieces is the law of the whole.
    """

    def __init__(self, seeds: int) -> None:
        self._count: NDArray[np.int64] = np.zeros(seeds, dtype=np.int64)
        self._mean = np.zeros((2, seeds))  # of exp(H), and of R
        self._square = np.zeros((3, seeds))  # centred sums: xx, xy, yy

    def extend(self, entropy: Floats, returns: Floats) -> None:
        """Take in rows [n, S] of H (nats) and R (reward units). A row that lacks either does not count."""
        both = np.isfinite(entropy) & np.isfinite(returns)
        count = both.sum(axis=0)
        if not count.any():
            return
        with np.errstate(invalid="ignore"):
            pair = np.where(both, np.stack([np.exp(entropy), returns]), 0.0)
        mean = pair.sum(axis=1) / np.maximum(count, 1)
        x, y = np.where(both, pair - mean[:, None], 0.0)
        square = np.stack([(x * x).sum(axis=0), (x * y).sum(axis=0), (y * y).sum(axis=0)])
        total = self._count + count
        apart = mean - self._mean
        weight = self._count * count / np.maximum(total, 1)
        cross = np.stack([apart[0] * apart[0], apart[0] * apart[1], apart[1] * apart[1]])
        self._square += square + cross * weight
        self._mean += apart * count / np.maximum(total, 1)
        self._count = total

    def law(self) -> Law:
        """The fit to all rows so far. Not estimable below three rows, or where the entropy never moved."""
        n, (xx, xy, yy) = self._count, self._square
        known = (n >= FEWEST) & (xx > NARROW * np.maximum(n, 1) * self._mean[0] ** 2)
        n = np.where(known, n, FEWEST)
        spread = np.where(known, xx, np.nan)
        gradient = xy / spread
        variance = np.maximum(yy - gradient * xy, 0.0) / (n - 2)
        residual = np.sqrt(variance)
        return Law(
            slope=-gradient,
            intercept=self._mean[1] - gradient * self._mean[0],
            residual=residual,
            slope_error=np.sqrt(variance / spread),
            intercept_error=np.sqrt(variance * (1 / n + self._mean[0] ** 2 / spread)),
            residual_error=residual / np.sqrt(2 * (n - 2)),
        )


def entropy_law(entropy: Floats, returns: Floats) -> Law:
    """The law of whole series: H and R, each [R, S], to a fit for each of S seeds."""
    fed = EntropyLaw(entropy.shape[1])
    fed.extend(entropy, returns)
    return fed.law()
