"""Best of n: draw n episodes of the base, keep the one with the highest return, ties at random.

At equal return the kept episodes are the base's own, so all of its drift is asked drift.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import UserError
from engine.metrics.information import kl
from engine.metrics.modes import effective_modes
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats


@dataclass(frozen=True)
class BestOfN:
    """The law of the kept episode, exactly.

    Attributes:
        returns: [R] P(return), along the evaluator's `values`.
        mean: reward units.
        drift: KL from the base, nats; Σ p ln(p / p_0) over returns, as nothing else has changed.
        bound: ln n − (n − 1)/n, what the drift would be without ties, and never more than it.
        outcomes: [O + 1] P(outcome), the last is none.
    """

    returns: Floats
    mean: float
    drift: float
    bound: float
    outcomes: Floats

    @property
    def effective_outcomes(self) -> float:
        """exp of the entropy over outcomes of the episodes that end in one."""
        return float(effective_modes(self.outcomes))


def best_of_n(reference: Reference, n: int) -> BestOfN:
    """P(the best of n returns g) = F(g)^n − F(g−)^n, F the base's distribution of returns.

    Raises:
        UserError: when n is less than 1.
    """
    if n < 1:
        raise UserError(f"best of {n}: allowed: whole numbers from 1")
    joint = reference.evaluator.base_joint
    base = joint.sum(axis=1)
    below = np.concatenate([[0.0], base.cumsum()[:-1]])
    returns = np.where(base > 0, (below + base) ** n - below**n, 0.0)
    returns = returns / returns.sum()
    given = joint / np.where(base > 0, base, 1.0)[:, None]
    return BestOfN(
        returns=returns,
        mean=float(returns @ reference.evaluator.values),
        drift=float(kl(returns, base)),
        bound=math.log(n) - (n - 1) / n,
        outcomes=returns @ given,
    )
