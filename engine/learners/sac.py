"""Soft actor-critic: the network version of soft Q, from a memory of its own steps.

Two critics, the lower of which is believed; slow copies of both to bootstrap from; and an actor that moves to
ρ exp(Q/β). Of numbered actions expectations are exact sums (1910.07207); in a box the actor is a normal
distribution squashed by tanh, and Q is expected by one draw (1812.05905): see :mod:`sac_critics`. What the
temperature prices is exact in both, where the paper takes ln π of that draw. With the base for ρ the optimum
is the KL oracle; with ρ = 1 it is maximum entropy, as published.

Axes: S seeds, M steps of a batch, A actions, C dimensions of a box, Q numbers of a distribution.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from engine.learners.heads import GAUSSIAN, family_of
from engine.learners.memory import Memory, Transitions
from engine.learners.networks import Network
from engine.learners.optimiser import Adam, Plain
from engine.learners.policy import Policy
from engine.learners.sac_critics import BoxCritics, Critics, NumberedCritics
from engine.learners.sac_knobs import SACKnobs
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


class SAC(Rewarded):
    """Actor and critics are networks of their own; on a tabular task all know the time.

    Critics speak in units of the environment's scale, and so does the temperature within.
    """

    name = "sac"
    in_boxes = True
    label = "SAC"
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
            "Mean divergence from the reference at the steps drawn; for uniform, what the entropy lacks of "
            "ln A, or of C ln 2 in a box.",
            "nats a step",
        ),
        diagnostic("critic_gap", "Critics apart", "Mean difference of the two critics.", "reward"),
    )
    knobs: SACKnobs

    def __init__(
        self, environment: Environment, knobs: SACKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.family = family_of(environment, GAUSSIAN)
        self.to_base = knobs.reference == "base"
        timed = environment.states > 0
        actor = Network(environment, streams, self.family.outputs, timed=timed, conditioned=False)
        self.policy = Policy(environment, actor, from_base=self.to_base, family=self.family)

        def critics() -> Critics:
            if environment.dimensions:
                return BoxCritics(environment, self.family, streams)
            return NumberedCritics(environment, streams)

        self.critics, self.slow = critics(), critics()
        seeds = len(streams.seeds)
        self.log_temperature = nn.Parameter(torch.full((seeds, 1), math.log(knobs.kl_weight), device=device))
        # The critics come first: the first columns of all weights are theirs.
        weights = [*self.critics.parameters(), *self.policy.parameters(), self.log_temperature]
        self.optimiser = Adam(weights)
        self.slow_weights = Plain(list(self.slow.parameters()))
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

    def charged(self, policy: Tensor, log_base: Tensor) -> Tensor:
        """[S, M] what the temperature prices: KL(π ‖ π0), or −H(π) relative to uniform; nats. The policy is
        given by its family's rows [S, M, Q], the base by ln π0 [S, M, A]."""
        return self.family.from_base(policy, log_base) if self.to_base else -self.family.entropy(policy)

    def worth_after(self, batch: Transitions) -> Tensor:
        """[S, M] r + γ V(s') in units of the scale, nothing being worth anything after an end:
        V = E_π min Q − β KL(π ‖ ρ), Q being the slow copies'."""
        times = (batch.times + 1).clamp(max=self.environment.horizon - 1)
        policy, log_base = self.policy(batch.following, times)
        price = self.price()[:, None] / self.environment.scale
        expected = self.slow.expected(batch.following, times, policy)
        value = expected - price * self.charged(policy, log_base)
        rewards = batch.rewards / self.environment.scale
        return rewards + self.knobs.discount * torch.where(batch.ended, 0.0, value)

    def _losses(self, batch: Transitions) -> tuple[Tensor, dict[str, Tensor]]:
        """[S] the losses of critics, actor and temperature together; each moves its own weights only."""
        knobs, scale = self.knobs, self.environment.scale
        with torch.no_grad():
            wanted = self.worth_after(batch)
        policy, log_base = self.policy(batch.observations, batch.times)
        charged = self.charged(policy, log_base)
        judged = self.critics.judged(batch.observations, batch.times, batch.actions, policy)
        errors = [(q - wanted).square().mean(dim=1) / 2 for q in judged.taken]
        price = self.price() / scale
        actor = (price[:, None] * charged - judged.expected).mean(dim=1)
        apart = charged.detach().mean(dim=1)
        if not self.to_base:
            apart = apart + self._largest_entropy
        excess = (apart - knobs.wanted_divergence) * float(knobs.temperature == "tuned")
        tuning = -self.log_temperature[:, 0] * excess
        return errors[0] + errors[1] + actor + tuning, {
            "temperature": self.price(),
            "reference_divergence": apart,
            "critic_gap": judged.apart * scale,
        }

    @property
    def _largest_entropy(self) -> float:
        """Of any policy, nats: that of the uniform one."""
        box = self.environment.dimensions
        return box * math.log(2) if box else math.log(self.environment.actions)

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
