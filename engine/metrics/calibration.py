"""Does the policy reach the return it is asked for? Asked targets along the axis T.

Targets that the base never reaches belong in a report of their own: pass only supported ones here.
"""

import numpy as np

from engine.tasks.tabular import Floats


def absolute_error(achieved: Floats, targets: Floats) -> Floats:
    """Mean of |achieved − asked| over the targets: [..., T], [T] → [...], reward units."""
    return np.asarray(np.abs(achieved - targets).mean(axis=-1))


def slope_weights(targets: Floats) -> Floats:
    """[T] the weights c with slope = Σ_t c_t achieved_t; NaN where the targets are all the same."""
    centred = targets - targets.mean()
    spread = np.sum(centred**2)
    return np.asarray(centred / (spread if spread > 0 else np.nan))


def slope(achieved: Floats, targets: Floats) -> Floats:
    """Least-squares slope of achieved on asked: [..., T], [T] → [...]. 1 is perfect, 0 deaf."""
    return np.asarray(achieved @ slope_weights(targets))


def intercept(achieved: Floats, targets: Floats) -> Floats:
    """Least-squares intercept of achieved on asked: [..., T], [T] → [...], reward units."""
    return np.asarray(achieved.mean(axis=-1) - slope(achieved, targets) * targets.mean())


def spearman(achieved: Floats, targets: Floats) -> Floats:
    """Rank correlation of achieved and asked (Spearman 1904): [..., T], [T] → [...], −1 to 1.

    Ties share their mean rank; NaN where either side is constant.
    """
    a, b = ranks(achieved), ranks(targets)
    a, b = a - a.mean(axis=-1, keepdims=True), b - b.mean()
    spread = np.sqrt(np.sum(a**2, axis=-1) * np.sum(b**2))
    return np.asarray(np.sum(a * b, axis=-1) / np.where(spread > 0, spread, np.nan))


def ranks(values: Floats) -> Floats:
    """Place of each of [..., T] among its row, from 1; ties share their mean place, a row with NaN has none.

    Every pair is compared, which for the few targets that there are is less work than sorting; and
    scipy.stats, whose `rankdata` this is, would take a third of a second of every worker's start.
    """
    here, others = values[..., :, None], values[..., None, :]
    places = (here > others).sum(axis=-1) + ((here == others).sum(axis=-1) + 1) / 2
    return np.asarray(np.where(np.isnan(values).any(axis=-1, keepdims=True), np.nan, places))


def hit_rate(returns: Floats, values: Floats, targets: Floats, step: float) -> Floats:
    """P(|return − asked| ≤ half a grid step), for each target.

    Args:
        returns: [..., T, R] P(return) when asked for each target.
        values: [R] the returns.
        step: width of the return grid, reward units.

    Returns:
        [..., T], 0 to 1.
    """
    # The tolerance keeps a return exactly half a step away on the side of a hit.
    hit = np.abs(values - targets[:, None]) <= step / 2 * (1 + 1e-9)
    return np.asarray(np.sum(returns * hit, axis=-1))


def wasserstein(returns: Floats, values: Floats, targets: Floats) -> Floats:
    """Wasserstein-1 distance of the reached returns from the asked one: E|return − asked|.

    The asked distribution is a single point, so the optimal transport moves everything there.
    Shapes as in :func:`hit_rate`; [..., T], reward units.
    """
    return np.asarray(np.sum(returns * np.abs(values - targets[:, None]), axis=-1))
