"""pass@k: the chance that at least one of k episodes succeeds."""

import numpy as np
from scipy.special import gammaln

from engine.tasks.tabular import Floats, Integers


def exact(probability: Floats, k: int) -> Floats:
    """1 − (1 − p)^k, [...] → [...], 0 to 1."""
    return np.asarray(1 - (1 - probability) ** k)


def unbiased(successes: Integers, episodes: int, k: int) -> Floats:
    """1 − C(n − c, k) / C(n, k) from c successes in n episodes, k ≤ n (2107.03374). [...] → [...], 0 to 1."""
    left = episodes - successes

    def log_choose(n: Integers) -> Floats:
        chosen: Floats = gammaln(n + 1) - gammaln(k + 1)
        return np.asarray(chosen - gammaln(np.maximum(n - k, 0) + 1))

    ratio = np.exp(log_choose(left) - log_choose(np.array(episodes)))
    return np.asarray(np.where(left < k, 1.0, 1 - ratio))
