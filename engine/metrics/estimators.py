"""What one sampled action says of a KL divergence: the estimators k1, k2 and k3 (J. Schulman, "Approximating
KL divergence", 2020), whose own logs hide how wrong they are.

With x drawn from π and r = π0(x) / π(x), KL(π‖π0) = E[k1] exactly, and
k1 = −ln r, k2 = (ln r)²/2, k3 = (r − 1) − ln r.
"""

from dataclasses import dataclass

import numpy as np

from engine.metrics.information import TINY
from engine.tasks.tabular import Floats


@dataclass(frozen=True)
class Estimators:
    """Of one action at the policy's own visits, nats; every array [...].

    Attributes:
        kl_a_step: the KL itself, which is also the mean of k1.
        k1_deviation, k2_deviation, k3_deviation: standard deviations of a single estimate.
        k2_bias, k3_bias: their means less the KL. That of k3 is minus the probability that the base gives to
            what the policy never does.
    """

    kl_a_step: Floats
    k1_deviation: Floats
    k2_bias: Floats
    k2_deviation: Floats
    k3_bias: Floats
    k3_deviation: Floats


def estimators(policy: Floats, base: Floats, weight: Floats) -> Estimators:
    """Means and deviations, by summing over all contexts and actions.

    Args:
        policy: [..., C, A] with which the action is drawn.
        base: [C, A]; actions that the base never takes must not be taken.
        weight: [..., C] the policy's own visits.
    """
    share = (weight / weight.sum(axis=-1, keepdims=True))[..., None] * policy
    ratio = base / np.maximum(policy, TINY)
    log = np.where(policy > 0, np.log(np.maximum(ratio, TINY)), 0.0)

    def moments(estimate: Floats) -> tuple[Floats, Floats]:
        mean = np.sum(share * estimate, axis=(-2, -1))
        square = np.sum(share * estimate**2, axis=(-2, -1))
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    mean, k1 = moments(-log)
    k2_mean, k2 = moments(log**2 / 2)
    k3_mean, k3 = moments(np.where(policy > 0, ratio - 1 - log, 0.0))
    return Estimators(mean, k1, np.asarray(k2_mean - mean), k2, np.asarray(k3_mean - mean), k3)
