"""A gradient rebuilt from sampled rewards, beside the gradient itself (science, C2).

For one example (x, y) and a softmax policy the gradient of ln π(y|x) in the logits is e_y − π. With
r(a) = 1[a = y] / π(y|x), π held constant, E[r(a) ∇ ln π(a|x)] is that gradient again, from rewards. With the
plain reward 1[a = y] it is π(y|x) times as long. Vectors lie along the last axis.
"""

import numpy as np

from engine.tasks.tabular import Floats

ENOUGH = 0.99  # a cosine that counts as having the gradient's direction


def cosine(estimate: Floats, exact: Floats) -> Floats:
    """⟨g, ĝ⟩ / (|g| |ĝ|), [..., D] → [...], −1 to 1; 0 where either is zero."""
    lengths = np.linalg.norm(estimate, axis=-1) * np.linalg.norm(exact, axis=-1)
    return np.asarray((estimate * exact).sum(axis=-1) / np.where(lengths > 0, lengths, np.inf))


def relative_variance(probability: Floats) -> Floats:
    """tr Cov(ĝ) / |E ĝ|² of one sample of one example: 1/π(y|x) − 1. [...] → [...], closed form.

    A sample is zero but with probability π(y|x), when it is the same vector every time. Its second moment is
    therefore the squared mean over π(y|x), for either reward. Infinite where π(y|x) is 0.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / probability - 1.0)


def samples_until(relative: Floats, enough: float = ENOUGH) -> Floats:
    """Samples n until the cosine to the exact gradient is expected to be `enough`. [...] → [...].

    With tr Cov / |g|² = v/n, cos² is near 1 / (1 + v/n), so n = v · c² / (1 − c²).
    """
    return np.asarray(relative * enough**2 / (1.0 - enough**2))
