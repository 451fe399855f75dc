"""Numbers to bins."""

import numpy as np
from numpy.typing import NDArray

from engine.tasks.tabular import Floats, Integers


def nearest(centres: Floats, wanted: Floats) -> Integers:
    """Index of the nearest of ascending `centres` [R] to each wanted value, any shape; the lower at a tie."""
    return np.asarray(np.searchsorted((centres[1:] + centres[:-1]) / 2, wanted, side="left"))


def one_hot(index: Integers, count: int) -> NDArray[np.bool_]:
    """[...] → [..., count], true at the index."""
    return np.asarray(index[..., None] == np.arange(count))


def histogram(values: Floats, centres: Floats) -> Integers:
    """How many values are nearest to each of ascending `centres`: [..., E], [R] → [..., R]."""
    return np.asarray(one_hot(nearest(centres, values), len(centres)).sum(axis=-2))
