"""One number and an interval from several seeds (2108.13264)."""

from functools import lru_cache

import numpy as np

from engine.tasks.tabular import Floats, Integers

DRAWS = 500


def interquartile_mean(values: Floats) -> Floats:
    """Mean of the middle half: [..., S] → [...], in the values' unit. NaN where any seed is NaN.

    A quarter of the sorted values (rounded down) is cut at either end, so of 4 seeds the middle two
    count, of 3 all.
    """
    count = values.shape[-1]
    cut = count // 4
    middle = np.sort(values, axis=-1)[..., cut : count - cut].mean(axis=-1)
    # Sorting puts NaN last, where it would be cut away in silence.
    return np.where(np.isnan(values).any(axis=-1), np.nan, middle)


def bootstrap_interval(values: Floats, level: float = 0.95, draws: int = DRAWS) -> tuple[Floats, Floats]:
    """Percentile bootstrap interval of the interquartile mean over seeds: [..., S] → low, high [...].

    The stratified bootstrap draws seeds with replacement within each task; a run has one task. All
    leading entries share the same draws, so that a curve's band is smooth, and the draws are always
    the same ones. One seed has no interval: NaN.
    """
    count = values.shape[-1]
    if count == 1:
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing
    means = interquartile_mean(values[..., _draws(count, draws)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=-1)
    return low, high


@lru_cache(maxsize=16)
def _draws(count: int, draws: int) -> Integers:
    """[draws, S] seed numbers."""
    return np.random.default_rng(2108_13264).integers(count, size=(draws, count))
