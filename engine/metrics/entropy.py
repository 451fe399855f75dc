"""How undecided a policy is: action entropy under its own visits, and uniformly over states."""

import numpy as np

from engine.metrics.information import entropy
from engine.tasks.tabular import Floats


def weighted_action_entropy(policy: Floats, weight: Floats) -> Floats:
    """Σ_c w_c H(π(·|c)) / Σ_c w_c, nats.

    The two averages in use differ, and are often confused: by the policy's own visits (what its
    episodes look like) and uniformly over states (what the table looks like, most of it never seen).

    Args:
        policy: [..., C, A] at C contexts.
        weight: [..., C], not negative; need not sum to 1.
    """
    return np.asarray(np.sum(entropy(policy) * weight, axis=-1) / np.sum(weight, axis=-1))


def effective_number(entropy_in_nats: Floats) -> Floats:
    """exp H: how many equally likely choices have this entropy (Hill 1973, order 1). A pure number."""
    return np.asarray(np.exp(entropy_in_nats))
