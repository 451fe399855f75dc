"""What may be turned of SAC."""

from dataclasses import dataclass

from engine.learners.common_knobs import (
    discount_knob,
    episodes_knob,
    kl_weight_knob,
    learning_rate_knob,
    reference_knob,
)
from engine.learners.knobs import knob


@dataclass(frozen=True)
class SACKnobs:
    """What may be turned."""

    learning_rate: float = learning_rate_knob(0.003)
    kl_weight: float = kl_weight_knob(
        "The temperature: what a nat of divergence from the reference costs. If tuned, where it starts."
    )
    reference: str = reference_knob()
    temperature: str = knob(
        "fixed",
        label="Temperature",
        help="fixed: the KL weight. tuned: raised while the policy is further from the reference than the "
        "divergence wanted, and lowered while it is nearer.",
        choices=("fixed", "tuned"),
        steerable=False,
    )
    wanted_divergence: float = knob(
        0.1,
        label="Divergence wanted",
        help="Where a tuned temperature settles: the mean divergence from the base; or, relative to uniform, "
        "what the entropy lacks of the largest there is: ln A for A actions, C ln 2 in a box of C "
        "axes. There the published entropy of −C is 1.69 C.",
        unit="nats a step",
        low=0.0,
        high=30.0,
    )
    discount: float = discount_knob()
    target_rate: float = knob(
        0.05,
        label="Target rate τ",
        help="Share of the way that the critics' slow copies go towards them in a gradient step.",
        low=0.001,
        high=1.0,
        scale="log",
    )
    episodes: int = episodes_knob(16)
    gradient_steps: int = knob(
        8, label="Gradient steps", help="Taken in each update.", low=1, high=1024, scale="log"
    )
    batch: int = knob(
        256, label="Batch", help="Steps of the memory in a gradient step.", low=1, high=16384, scale="log"
    )
    memory: int = knob(
        16384,
        label="Memory",
        help="Own steps remembered; the oldest make room.",
        unit="steps",
        low=1,
        high=1_000_000,
        scale="log",
        steerable=False,
    )
