"""Discrete soft actor-critic (1910.07207): the network version of soft Q, from a memory of its own steps.

Two critics, the lower of which is believed (1802.09477); slow copies of both to bootstrap from; and an actor
that moves to ρ exp(Q/β). Expectations over actions are exact sums, not samples. With the base for ρ its
optimum is the KL oracle; with ρ = 1 it is maximum entropy, as published.

Axes: S seeds, M steps of a batch, A actions.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.learners.knobs import knob
from engine.learners.memory import Memory, Transitions
from engine.learners.networks import Network
from engine.learners.optimiser import Adam, Plain
from engine.learners.policy import Policy, divergence, entropy
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class SACKnobs:
    """What may be turned."""

    learning_rate: float = knob(
        0.003, label="Learning rate", help="Step size of Adam.", low=1e-5, high=0.1, scale="log"
    )
    kl_weight: float = knob(
        0.1,
        label="KL weight β",
        help="The temperature: what a nat of divergence from the reference costs. If tuned, where it starts.",
        unit="reward per nat",
        low=0.001,
        high=10.0,
        scale="log",
    )
    reference: str = knob(
        "base",
        label="Entropy relative to",
        help="The base, whose optimum is the KL oracle; or all actions alike, which is maximum entropy.",
        choices=("base", "uniform"),
        steerable=False,
    )
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
        "ln A less the entropy.",
        unit="nats a step",
        low=0.0,
        high=5.0,
    )
    discount: float = knob(
        1.0,
        label="Discount γ",
        help="Worth of a reward one step later; 0.99 steadies long tasks such as CartPole.",
        low=0.9,
        high=1.0,
    )
    target_rate: float = knob(
        0.05,
        label="Target rate τ",
        help="Share of the way that the critics' slow copies go towards them in a gradient step.",
        low=0.001,
        high=1.0,
        scale="log",
    )
    episodes: int = knob(
        16, label="Episodes", help="Episodes collected for each update.", low=1, high=1024, scale="log"
    )
    gradient_steps: int = knob(
        8, label="Gradient steps", help="Taken in each update.", low=1, high=256, scale="log"
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


class SAC(Rewarded):
    """Actor and critics are networks of their own; on a tabular task all know the time.

    Critics speak in units of the environment's scale, and so does the temperature within.
    """

    name = "sac"
    label = "Discrete SAC"
    help = "Soft Q with networks: twin critics, slow targets, a memory; what a nat costs is fixed or tuned."
    Knobs = SACKnobs
    diagnostics = (
        LOSS,
        GRADIENT_NORM,
        EPISODE_RETURN,
        diagnostic("temperature", "Temperature", "What a nat costs now.", "reward per nat"),
        diagnostic(
            "reference_divergence",
            "Divergence",
            "Mean divergence from the reference at the steps drawn; ln A less the entropy for uniform.",
            "nats a step",
        ),
        diagnostic("critic_gap", "Critics apart", "Mean difference of the two critics.", "reward"),
    )
    knobs: SACKnobs

    def __init__(
        self, environment: Environment, knobs: SACKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)

        def network() -> Network:
            timed = environment.states > 0
            return Network(environment, streams, environment.actions, timed=timed, conditioned=False)

        self.policy = Policy(environment, network(), from_base=knobs.reference == "base")
        self.critics, self.slow = (network(), network()), (network(), network())
        seeds = len(streams.seeds)
        self.log_temperature = nn.Parameter(torch.full((seeds, 1), math.log(knobs.kl_weight), device=device))
        # The critics come first: the first columns of all weights are theirs.
        weights = [*_weights(self.critics), *self.policy.parameters(), self.log_temperature]
        self.optimiser = Adam(weights)
        self.slow_weights = Plain(_weights(self.slow))
        self._follow(1.0)
        self.memory = Memory(environment, seeds, knobs.memory)

    def _follow(self, share: float) -> None:
        """Move the slow copies a share of the way to the critics."""
        own = self.slow_weights.weights
        self.slow_weights.load({"weights": torch.lerp(own, self.optimiser.weights[:, : own.shape[1]], share)})

    def _update(self) -> dict[str, Tensor]:
        return self._collect() | self._learn()

    @property
    def parts(self) -> Sequence[Callable[[], dict[str, Tensor]]]:
        """See :attr:`TrainedLearner.parts`. How many steps the memory holds is asked between the two."""
        return self._collect, self._learn

    def _collect(self) -> dict[str, Tensor]:
        with torch.no_grad():
            episodes = self.gather(self.actor(0.0), self.knobs.episodes)
            self.memory.add(episodes)
        return {"episode_return": episodes.returns.mean(dim=1)}

    def _learn(self) -> dict[str, Tensor]:
        knobs = self.knobs
        for _ in range(knobs.gradient_steps):
            batch = self.memory.drawn(self.streams, knobs.batch)
            loss, seen = self._losses(batch)
            norm = self.optimiser.step(loss, knobs.learning_rate)
            self._follow(knobs.target_rate)
        return {"loss": loss.detach(), "gradient_norm": norm, **seen}

    def price(self) -> Tensor:
        """[S] β now, reward units per nat."""
        if self.knobs.temperature == "tuned":
            return self.log_temperature.detach()[:, 0].exp()
        return torch.full_like(self.log_temperature[:, 0], self.knobs.kl_weight)

    def charged(self, log_policy: Tensor, log_base: Tensor) -> Tensor:
        """[S, M] what the temperature prices: KL(π ‖ π0), or −H(π) relative to uniform; nats."""
        return divergence(log_policy, log_base) if self.policy.from_base else -entropy(log_policy)

    def worth_after(self, batch: Transitions) -> Tensor:
        """[S, M] r + γ V(s') in units of the scale, nothing being worth anything after an end:
        V = Σ π min Q − β KL(π ‖ ρ), Q being the slow copies'."""
        times = (batch.times + 1).clamp(max=self.environment.horizon - 1)
        log_policy, log_base = self.policy(batch.following, times)
        lower = torch.minimum(*(critic(batch.following, times) for critic in self.slow))
        price = self.price()[:, None] / self.environment.scale
        value = (log_policy.exp() * lower).sum(-1) - price * self.charged(log_policy, log_base)
        rewards = batch.rewards / self.environment.scale
        return rewards + self.knobs.discount * torch.where(batch.ended, 0.0, value)

    def _losses(self, batch: Transitions) -> tuple[Tensor, dict[str, Tensor]]:
        """[S] the losses of critics, actor and temperature together; each moves its own weights only."""
        knobs, scale = self.knobs, self.environment.scale
        with torch.no_grad():
            wanted = self.worth_after(batch)
        believed = [critic(batch.observations, batch.times) for critic in self.critics]
        taken = batch.actions[..., None]
        errors = [(q.gather(-1, taken)[..., 0] - wanted).square().mean(dim=1) / 2 for q in believed]
        log_policy, log_base = self.policy(batch.observations, batch.times)
        lower = torch.minimum(*believed).detach()
        charged = self.charged(log_policy, log_base)
        price = self.price() / scale
        actor = (price[:, None] * charged - (log_policy.exp() * lower).sum(-1)).mean(dim=1)
        apart = charged.detach().mean(dim=1)
        if not self.policy.from_base:
            apart = apart + math.log(self.environment.actions)
        excess = (apart - knobs.wanted_divergence) * float(knobs.temperature == "tuned")
        tuning = -self.log_temperature[:, 0] * excess
        return errors[0] + errors[1] + actor + tuning, {
            "temperature": self.price(),
            "reference_divergence": apart,
            "critic_gap": (believed[0] - believed[1]).detach().abs().mean(dim=(1, 2)) * scale,
        }

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        memory = {f"memory.{name}": tensor for name, tensor in self.memory.state().items()}
        return {**super().state(), **memory, "slow": self.slow_weights.weights.clone()}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        super().load(state)
        self.slow_weights.load({"weights": state["slow"]})
        own = {name: tensor for name, tensor in state.items() if name.startswith("memory.")}
        self.memory.load({name.removeprefix("memory."): tensor for name, tensor in own.items()})


def _weights(networks: tuple[Network, ...]) -> list[nn.Parameter]:
    return [parameter for network in networks for parameter in network.parameters()]
