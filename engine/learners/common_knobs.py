"""Knobs that several learners have in common: the same words, units and bounds wherever they stand."""

from typing import Any

from engine.learners.knobs import knob


def learning_rate_knob(default: float) -> Any:
    """Of Adam."""
    return knob(default, label="Learning rate", help="Step size of Adam.", low=1e-5, high=0.1, scale="log")


def kl_weight_knob(
    help: str = "What a nat of divergence from the base costs.", *, low: float = 0.001, acts: bool = False
) -> Any:
    """β of the KL-regularised objective E[R] − β KL."""
    return knob(
        0.1, label="KL weight β", help=help, unit="reward per nat", low=low, high=10.0, scale="log", acts=acts
    )


def reference_knob() -> Any:
    """What the divergence is measured from."""
    return knob(
        "base",
        label="Entropy relative to",
        help="The base, whose optimum is the KL oracle; or all actions alike, which is maximum entropy.",
        choices=("base", "uniform"),
        steerable=False,
    )


def entropy_bonus_knob() -> Any:
    """None unless it is asked for."""
    return knob(
        0.0,
        label="Entropy bonus",
        help="What a nat of action entropy is worth at each step.",
        unit="reward per nat",
        low=0.0,
        high=1.0,
    )


def clip_range_knob() -> Any:
    """ε of the clipped surrogate (1707.06347)."""
    return knob(
        0.2,
        label="Clip range",
        help="How far the ratio of new to old probability is rewarded.",
        low=0.01,
        high=1.0,
    )


def discount_knob() -> Any:
    """1, as every exact answer has it, unless it is asked for."""
    return knob(
        1.0,
        label="Discount γ",
        help="Worth of a reward one step later; 0.99 steadies long tasks such as CartPole.",
        low=0.9,
        high=1.0,
    )


def episodes_knob(default: int) -> Any:
    """What an update learns from."""
    return knob(
        default, label="Episodes", help="Episodes collected for each update.", low=1, high=1024, scale="log"
    )
