"""Which family of distributions a learner's network puts out, where actions are points of a box."""

from typing import Any

from engine.distributions.binned import Binned
from engine.distributions.deterministic import Deterministic
from engine.distributions.family import Family
from engine.distributions.gaussian import Gaussian
from engine.distributions.mixture import Mixture
from engine.learners.knobs import knob
from engine.tasks.environment import Environment

BINS, GAUSSIAN, MIXTURE, DETERMINISTIC = Binned.name, Gaussian.name, Mixture.name, Deterministic.name
COMPONENTS = 5  # of a mixture


def head_knob(default: str, *choices: str) -> Any:
    """What holds the policy of a learner that acts in boxes."""
    told = {
        BINS: "bins, a histogram of each axis, of any shape",
        GAUSSIAN: "gaussian, a normal distribution of each axis, squashed to its bounds",
        MIXTURE: f"mixture, {COMPONENTS} of these at once, so that several ways of acting are kept apart",
        DETERMINISTIC: "deterministic, the published head: one action by squared error, and no distribution, "
        "so that entropy and drift are not defined",
    }
    return knob(
        default,
        label="Head",
        help=f"Where actions are a box: {'; '.join(told[choice] for choice in choices)}. Elsewhere every "
        "action has a probability of its own, whatever this says.",
        choices=choices,
        steerable=False,
        only_on="no table",
    )


def family_of(environment: Environment, head: str) -> Family:
    """The family that `head` names, for an environment's box; where there is none, the base's own."""
    base = environment.family
    if not isinstance(base, Binned):
        return base
    if head == GAUSSIAN:
        return Gaussian(base.dimensions, base.bins)
    if head == MIXTURE:
        return Mixture(base.dimensions, base.bins, COMPONENTS)
    if head == DETERMINISTIC:
        return Deterministic(base.dimensions, base.bins)
    return base
