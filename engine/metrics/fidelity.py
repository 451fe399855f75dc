"""How far a policy is from the conditional oracle, context by context."""

from dataclasses import dataclass

import numpy as np

from engine.metrics.information import jensen_shannon, kl, total_variation
from engine.tasks.tabular import Floats


@dataclass(frozen=True)
class Fidelity:
    """Distances to the oracle, averaged over contexts. Every array has the shape [...].

    Attributes:
        js: Jensen–Shannon divergence, nats, 0 to ln 2.
        tv: total variation, 0 to 1.
    """

    js: Floats
    tv: Floats


def fidelity(policy: Floats, oracle: Floats, weight: Floats) -> Fidelity:
    """Σ_c w_c D(π(·|c), π*(·|c)) / Σ_c w_c for both distances.

    Args:
        policy, oracle: [..., C, A] at C contexts; shapes broadcast.
        weight: [..., C], the base's visits; 0 where the oracle is out of support. All zero: NaN.
    """
    return Fidelity(
        js=_average(jensen_shannon(policy, oracle), weight),
        tv=_average(total_variation(policy, oracle), weight),
    )


def kl_to_oracle(policy: Floats, oracle: Floats, weight: Floats) -> Floats:
    """Σ_c w_c KL(π(·|c)‖π*(·|c)) / Σ_c w_c, nats; infinite where π does what the oracle never does.

    Arguments as in :func:`fidelity`.
    """
    # An infinity where nobody looks does not count.
    return _average(np.where(weight > 0, kl(policy, oracle), 0.0), weight)


def _average(values: Floats, weight: Floats) -> Floats:
    """Weighted mean along the last axis; NaN where no weight is left."""
    total = weight.sum(axis=-1)
    share = weight / np.where(total > 0, total, np.nan)[..., None]
    return np.asarray(np.sum(values * share, axis=-1))


def fidelity_at_probes(policy: Floats, oracle: Floats, weight: Floats) -> Fidelity:
    """:func:`fidelity` at the fixed probes.

    Args:
        policy: [S, T, P, A].
        oracle: [T, P, A], NaN where the target is out of support there.
        weight: [P] the base's visits.

    Returns:
        [S, T].
    """
    supported = ~np.isnan(oracle[..., 0])
    filled = np.where(supported[..., None], oracle, 1.0 / oracle.shape[-1])
    return fidelity(policy, filled, weight * supported)


def supertask_score(js: Floats) -> Floats:
    """Mean over the supported targets of the divergence from the oracle: [..., T] → [...], nats.

    0 is a policy that knows what every level of performance looks like.
    """
    return np.asarray(js.mean(axis=-1))
