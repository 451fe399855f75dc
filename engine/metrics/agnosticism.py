"""Is the goal in the condition, or in the weights? Asked targets along the axis T."""

import numpy as np

from engine.metrics.information import kl
from engine.tasks.tabular import Floats


def control_range(achieved: Floats, targets: Floats, step: float) -> Floats:
    """Share of the targets met by the mean return within half a grid step: [..., T], [T] → [...], 0 to 1."""
    near = np.abs(achieved - targets) <= step / 2 * (1 + 1e-9)
    return np.asarray(near.mean(axis=-1))


def leftover_preference(achieved: Floats, targets: Floats) -> Floats:
    """Mean over the targets of E[R] − target: [..., T], [T] → [...], reward units; 0 is no preference."""
    return np.asarray((achieved - targets).mean(axis=-1))


def unconditional_fidelity(policy: Floats, base: Floats, posterior: Floats, visits: Floats) -> Floats:
    """Σ over the base's steps of KL(π0 ‖ Σ_g P_0(g | context) π(·| context, g)), nats.

    Where nothing is asked, a predictor ought to be its data. Averaging over targets as the base makes them
    likely *at each context* keeps it exact; averaged once at the start, the mixture would depend on the
    whole history.

    Args:
        policy: [..., T, C, A] in each context when asked for each target.
        base: [C, A].
        posterior: [T, C] P_0(the target is what is gathered in the end | context), summing to 1 over T.
        visits: [C] expected visits of the base, summing to the expected length of its episodes.
    """
    mixed = np.einsum("...tca,tc->...ca", policy, posterior)
    return np.asarray((visits * kl(base, mixed)).sum(axis=-1))
