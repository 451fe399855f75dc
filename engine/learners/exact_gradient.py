"""Policy gradient without samples: the exact gradient of E[R] on a tabular task, vanilla or natural.

What a policy-gradient learner loses here it loses to the geometry of its step, not to noise.
Axes: S seeds, H horizon, N states, A actions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.common_knobs import entropy_bonus_knob
from engine.learners.knobs import knob
from engine.learners.optimiser import Plain
from engine.learners.policy import Policy, Table, entropy
from engine.learners.trained import GRADIENT_NORM, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.learners.values import state_values
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

RARE = 1e-12  # visits below this move nothing: a direction divided by them would be noise


@dataclass(frozen=True)
class ExactGradientKnobs:
    """What may be turned."""

    learning_rate: float = knob(
        0.1, label="Learning rate", help="Length of a step.", low=1e-4, high=100.0, scale="log"
    )
    geometry: str = knob(
        "vanilla",
        label="Geometry",
        help="Vanilla: up the gradient of the logits, where what is likely grows first. Natural: up the "
        "advantage itself, as far in the policy's own geometry.",
        choices=("vanilla", "natural"),
    )
    entropy_bonus: float = entropy_bonus_knob()


class ExactGradient(Rewarded):
    """A table of logits over the base, moved along the exact gradient of the expected return.

    Natural: for a softmax table F⁺∇J is the gradient divided by d(s) π(a|s), up to a constant in each
    state (1908.00261, lemma 15).
    """

    name = "exact_gradient"
    label = "Exact gradient"
    help = "RL without noise: the exact gradient of the expected return, vanilla or natural."
    on_tables = True
    Knobs = ExactGradientKnobs
    diagnostics = (
        diagnostic("expected_return", "Expected return", "What the gradient is taken of.", "reward"),
        GRADIENT_NORM,
    )
    knobs: ExactGradientKnobs

    def __init__(
        self, environment: Environment, knobs: ExactGradientKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        assert isinstance(environment, TabularEnvironment)
        self.table = Table(environment, streams)
        self.policy = Policy(environment, self.table)
        self.optimiser = Plain([self.table.logits])
        self.live = ~environment.terminal
        self.model = environment

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        logits = self.table.logits
        every = torch.arange(self.environment.states, device=self.device)
        shifted = self.policy.log_base(every) + logits[:, self.environment.seen(every)]
        log_policy = functional.log_softmax(shifted, dim=-1)
        objective, visits = self._objective(log_policy)
        if knobs.geometry == "natural":
            (gradient,) = torch.autograd.grad(objective.sum(), logits)
            with torch.no_grad():
                weight = self._pooled(visits[..., None] * log_policy.exp())
                direction = torch.where(weight > RARE, gradient / weight.clamp(min=RARE), 0.0)
            loss = -(direction * logits).flatten(1).sum(dim=1)
        else:
            loss = -objective
        norm = self.optimiser.step(loss, knobs.learning_rate)
        return {"expected_return": objective.detach(), "gradient_norm": norm}

    def _objective(self, log_policy: Tensor) -> tuple[Tensor, Tensor]:
        """E[R] + bonus·E[Σ H] [S], and expected visits [S, N], of policies [S, N, A]."""
        model, policy = self.model, log_policy.exp()
        seeds = len(policy)
        value = state_values(model, policy, self.knobs.entropy_bonus * entropy(log_policy))[:, 0]
        with torch.no_grad():
            here = model.start.expand(seeds, -1)
            visits = torch.zeros_like(value)
            for _ in range(model.horizon):
                here = torch.where(self.live, here, 0.0)
                visits += here
                flow = (here[..., None] * policy).flatten(1)[..., None] * model.probability
                moved = model.next_state.flatten().expand(seeds, -1)
                here = torch.zeros_like(value).scatter_add_(1, moved, flow.flatten(1))
        return (model.start * value).sum(-1), visits

    def _pooled(self, weights: Tensor) -> Tensor:
        """[S, N, A] summed over the states that look alike, where a logit serves several."""
        seen = self.environment.seen(torch.arange(self.environment.states, device=self.device))
        return torch.zeros_like(weights).index_add_(1, seen, weights)
