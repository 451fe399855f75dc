"""overoptimisation: a proxy that is the truth plus an error, and what choosing by it does (2407.14503)."""

from collections.abc import Callable

import numpy as np

from engine.tasks.bandit import bandit_task
from engine.tasks.tabular import Floats, TabularTask

WIDTH = 0.2  # of the return grid, reward units
MOST = 8.0  # the proxies run from −MOST to MOST
FINE = np.linspace(-8.0, 8.0, 3201)  # of the integral over the gold

Density = Callable[[Floats], Floats]  # up to a factor


def gaussian_error() -> TabularTask:
    """Errors as light-tailed as the gold itself: E[gold | proxy] is half the proxy."""
    return _arms(
        "gaussian-error",
        _normal,
        "Gaussian: the gold expected is half the proxy, and choosing by the proxy keeps raising the gold, "
        "for RL and for a predictor that is asked for more.",
    )


def bounded_error() -> TabularTask:
    """Errors that are never larger than √3, with the same variance as the gold."""
    return _arms(
        "bounded-error",
        lambda error: (np.abs(error) <= np.sqrt(3.0)).astype(np.float64),
        "bounded: the best by the proxy are nearly the best by the gold, so no amount of RL is too much.",
    )


def heavy_error() -> TabularTask:
    """Errors with a heavy tail: Student's t with two degrees of freedom, which has no variance."""
    return _arms(
        "heavy-error",
        lambda error: (2.0 + error**2) ** -1.5,
        "heavy-tailed: the highest proxies are errors, and worth hardly more than the average. Choosing by "
        "the proxy raises the gold at first; then it turns over. RL goes past the turn unless a leash holds "
        "it, and a predictor that is asked for the highest proxy is misled just the same.",
    )


def _normal(value: Floats) -> Floats:
    return np.asarray(np.exp(-(value**2) / 2))


def _arms(name: str, error: Density, words: str) -> TabularTask:
    """An arm for each level of the proxy, its gold the expectation given that level, exactly.

    Gold is standard normal; the base pulls each arm as often as its level occurs.
    """
    proxy = np.round(np.arange(-MOST, MOST + WIDTH / 2, WIDTH) / WIDTH) * WIDTH
    joint = _normal(FINE) * error(proxy[:, None] - FINE)  # [arms, gold]
    mass = joint.sum(axis=1)
    gold = np.divide(joint @ FINE, mass, out=np.zeros_like(mass), where=mass > 0)
    base = np.where(mass > 0, mass, 0.0)
    good = np.flatnonzero((gold > gold.max() / 2) & (base > 0))
    return bandit_task(
        name,
        f"{len(proxy)} arms, one for each level of a proxy reward. The proxy is the gold, which no learner "
        f"sees, plus an error that has nothing to do with it. Here errors are {words} Outcomes are the arms "
        "whose gold is more than half of the best.",
        [f"proxy {level:g}" for level in proxy],
        [[(level, 1.0)] for level in proxy.tolist()],
        base / base.sum(),
        winning=good.tolist(),
        reward_unit=WIDTH,
        gold=gold,
    )
