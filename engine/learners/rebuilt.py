"""Cross-entropy by way of rewards: the supervised gradient of the base's data, rebuilt from sampled actions.

Every action a is drawn from π, rewarded by whether it is what the data did, and its ∇ ln π(a) weighted
by that: REINFORCE on imitation. With infinitely many samples it is the cross-entropy gradient. Both are
computed here at every update, so that what the detour costs is seen.

Axes: S seeds, C contexts (time and state), A actions.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.cloning import weighted_frequency
from engine.learners.few import copied
from engine.learners.knobs import knob
from engine.learners.optimiser import Plain
from engine.learners.policy import Policy, TimedTable
from engine.learners.rows import total
from engine.learners.trained import GRADIENT_NORM, LOSS
from engine.learners.unconditioned import Unconditioned
from engine.metrics import gradients
from engine.recording.schema import MetricColumn
from engine.tasks.dataset import base_data
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

LADDER = (1, 4, 16, 64, 256, 1024)  # samples of each example at which the estimate is tried
LARGEST = 1e30  # variance that is told; float32 ends soon after
TRIALS = 8  # estimates at each rung
DRAWN = 64  # samples drawn before they are counted: one seed's stay in a core's cache


def _gradient(name: str, label: str, help: str, unit: str = "") -> MetricColumn:
    return MetricColumn(name, label, unit, help, "exact", "Gradients")


def _tried(name: str, label: str, help: str) -> MetricColumn:
    return MetricColumn(name, label, "", help, "diagnostic", "Gradients")


RUNGS: tuple[MetricColumn, ...] = tuple(
    column
    for n in LADDER
    for column in (
        _tried(f"cosine_{n}", f"Cosine, {n}", f"Mean cosine to the exact gradient, {n} samples each."),
        _tried(
            f"relative_variance_{n}",
            f"Variance, {n}",
            f"Squared error of the estimate over the squared gradient, {n} samples each.",
        ),
    )
)


@dataclass(frozen=True)
class RebuiltKnobs:
    """What may be turned."""

    samples: int = knob(
        1,
        label="Samples",
        help="Actions drawn for every example of an update's data.",
        low=1,
        high=1024,
        scale="log",
    )
    gradient: str = knob(
        "rewards",
        label="Gradient",
        help="Rebuilt from rewards 1[a = y] / π(y), or plain ones 1[a = y]; or the cross-entropy itself.",
        choices=("rewards", "plain rewards", "cross-entropy"),
    )
    learning_rate: float = knob(
        10.0, label="Learning rate", help="Length of a step.", low=1e-3, high=100.0, scale="log"
    )
    data_episodes: int = knob(
        256,
        label="Data",
        help="Episodes of the base to imitate.",
        unit="episodes",
        low=1,
        high=100_000,
        scale="log",
        steerable=False,
    )


class Rebuilt(Unconditioned):
    """Imitates with a table of logits, by the gradient or by its reconstruction."""

    name = "rebuilt"
    label = "Rebuilt from rewards"
    help = "Behaviour cloning whose gradient is rebuilt from sampled rewards, beside the gradient itself."
    kind: ClassVar[Literal["predictor", "reward", "oracle"]] = "reward"
    on_tables = True
    Knobs = RebuiltKnobs
    diagnostics = (
        LOSS,
        GRADIENT_NORM,
        _gradient("gradient_cosine", "Gradient cosine", "Of this update's estimate to the exact gradient."),
        _gradient(
            "gradient_bias",
            "Gradient bias",
            "Length of the mean estimate's error over the gradient's length; 0 for rewards 1[a = y] / π(y).",
        ),
        _gradient(
            "variance_closed_form",
            "Variance, closed form",
            "tr Cov / |g|² of one sample of every example: Σ w² |g|² (1/π − 1) over the squared gradient.",
        ),
        _gradient(
            "samples_needed",
            "Samples needed",
            "Samples of every example until the cosine is expected to be .99.",
            "samples",
        ),
        *RUNGS,
    )
    at_a_time = 2
    knobs: RebuiltKnobs

    def __init__(
        self, environment: Environment, knobs: RebuiltKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.table = TimedTable(environment, streams)
        self.policy = Policy(environment, self.table, from_base=False)
        self.optimiser = Plain([self.table.logits])
        data = base_data(environment, knobs.data_episodes, streams.seeds)
        frequency = weighted_frequency(data, data.mask.float(), environment)
        self.frequency = frequency.flatten(1, 2)  # [S, C, A] share of the data, w_c P(y | c)
        self.looking = Streams(streams.seeds, "gradients tried", device)

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        logits = self.table.logits
        log_policy = functional.log_softmax(logits, dim=-1).flatten(1, 2)
        policy = log_policy.detach().exp()
        loss = -(self.frequency * log_policy).flatten(1).sum(dim=1)
        exact = (self.frequency - self.frequency.sum(-1, keepdim=True) * policy).flatten(1)
        measured = self._tried(policy, exact, log_policy.detach().double().exp())
        if knobs.gradient == "cross-entropy":
            estimate = exact
        else:
            plain = knobs.gradient == "plain rewards"
            estimate = self._estimate(policy, knobs.samples, self.streams, plain=plain)
        mean = self.frequency
        if knobs.gradient == "plain rewards":
            mean = self.frequency * policy
        centred = (mean - mean.sum(-1, keepdim=True) * policy).flatten(1)
        bias = (centred - exact).norm(dim=1) / exact.norm(dim=1).clamp(min=1e-12)
        surrogate = -(estimate.detach() * logits.flatten(1)).sum(dim=1)
        norm = self.optimiser.step(surrogate, knobs.learning_rate)
        cosine = functional.cosine_similarity(estimate, exact, dim=1)
        return {
            "loss": loss.detach(),
            "gradient_norm": norm,
            "gradient_cosine": cosine,
            "gradient_bias": bias,
            **measured,
        }

    def few(self, seeds: slice) -> Self:
        """See :meth:`TrainedLearner.few`."""
        few = super().few(seeds)
        few.table = copied(self.table, seeds, self.environment)
        few.optimiser = self.optimiser.of(seeds, [few.table.logits])
        few.frequency = self.frequency[seeds]
        few.looking = self.looking.of(seeds)
        return few

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. Variances are worked out in doubles, off the device."""
        return False

    def _estimate(self, policy: Tensor, samples: int, streams: Streams, *, plain: bool) -> Tensor:
        """[S, C·A] the gradient rebuilt from `samples` actions for every example y of every context.

        An action other than y is paid nothing, so that how often y itself is drawn is all that counts.
        """
        hits = torch.zeros_like(policy)
        for done in range(0, samples, DRAWN):
            # [S, n, C, A]: one draw an example
            drawn = streams.uniform(min(DRAWN, samples - done), *policy.shape[1:])
            hits += torch.lt(drawn, policy[:, None], out=drawn).sum(dim=1)
        hits /= samples
        # An example's reward is 1/π(y) (or 1) at a hit, and its ∇ ln π(y) is e_y − π.
        weight = self.frequency * (hits if plain else hits / policy.clamp(min=1e-12))
        return (weight - weight.sum(-1, keepdim=True) * policy).flatten(1)

    def _tried(self, policy: Tensor, exact: Tensor, precise: Tensor) -> dict[str, Tensor]:
        """Cosine and relative squared error at every rung of the ladder, and their closed form.

        `precise` is the policy in doubles: an example that it has all but excluded has a variance of 1/π.
        """
        found: dict[str, Tensor] = {}
        length = exact.norm(dim=1).clamp(min=1e-12)
        for n in LADDER:
            tries = [
                self._estimate(policy, n, self.looking, plain=False)
                for _ in range(TRIALS if n <= LADDER[3] else 1)
            ]
            cosines = [functional.cosine_similarity(one, exact, dim=1) for one in tries]
            errors = [((one - exact).norm(dim=1) / length).square() for one in tries]
            found[f"cosine_{n}"] = total(cosines) / len(tries)
            found[f"relative_variance_{n}"] = total(errors) / len(tries)
        probability = precise.cpu().numpy()
        # The example y of a context moves its logits along e_y − π: |e_y − π|² = 1 − 2π(y) + |π|².
        square = 1 - 2 * probability + (probability**2).sum(-1, keepdims=True)
        weight = self.frequency.double().cpu().numpy()
        surprise = gradients.relative_variance(np.where(weight > 0, probability, 1.0))
        spread = (weight**2 * square * surprise).sum(axis=(1, 2))
        closed = np.minimum(spread / np.square(length.double().cpu().numpy()), LARGEST)
        needed = gradients.samples_until(closed)
        return {
            "variance_closed_form": torch.from_numpy(closed).float().to(self.device),
            "samples_needed": torch.from_numpy(needed).float().to(self.device),
            **found,
        }

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        return {**super().state(), "looking": self.looking.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        super().load(state)
        self.looking.load(state["looking"])
