"""Base policies of drawn grids: moves at random, some more often than others, or towards an exit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.tasks.tabular import Floats, Integers


@dataclass(frozen=True)
class Walk:
    """π0(a|s) ∝ weight(a) · exp(−strength · steps from where `a` leads to the nearest exit in `toward`).

    Attributes:
        weights: of up, down, left, right; not all 0.
        toward: characters of the exits that attract; none for no attraction.
        strength: 0 for indifference; the larger, the straighter the way.
    """

    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    toward: str = ""
    strength: float = 1.0

    def policy(self, step: Integers, terminal: NDArray[np.bool_], attracts: NDArray[np.bool_]) -> Floats:
        """[N, A] from where each move leads, [N, A], and which states [N] end and attract."""
        weight = np.tile(np.array(self.weights), (len(step), 1))
        if self.toward:
            away = distances(step, terminal, attracts)[step]
            weight = weight * np.exp(-self.strength * (away - away.min(axis=1, keepdims=True)))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def distances(step: Integers, terminal: NDArray[np.bool_], attracts: NDArray[np.bool_]) -> Floats:
    """[N] moves to the nearest state that attracts, without passing through another end.

    Where there is no way, one more than the longest way that there is.
    """
    found = np.where(attracts, 0.0, np.inf)
    while True:
        nearer = np.where(terminal, found, np.minimum(found, 1.0 + found[step].min(axis=1)))
        if np.array_equal(nearer, found):
            return np.where(np.isinf(found), found[np.isfinite(found)].max() + 1.0, found)
        found = nearer
