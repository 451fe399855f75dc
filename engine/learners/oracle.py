"""The exact answers as learners: rows like any other, that have nothing to learn."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from engine.learners.base import Learner, Probes, Rollouts
from engine.learners.common_knobs import kl_weight_knob
from engine.learners.predictor import target_knob
from engine.learners.rollouts import asked_at, run_episodes
from engine.oracles.conditional import conditional_policy
from engine.oracles.kl import kl_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.dataset import Act
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

MOST_SOLVED = 256


class Oracle(Learner):
    """A policy solved for in float64 and the same for every seed; its episodes are still sampled per seed."""

    kind: ClassVar[Literal["predictor", "reward", "oracle"]] = "oracle"
    markov = True
    on_tables = True
    diagnostics = ()

    def __init__(
        self, environment: Environment, knobs: object, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        assert isinstance(environment, TabularEnvironment)
        self.task = environment.task
        self.updates = 0

    def update(self) -> dict[str, Tensor]:
        """See :meth:`Learner.update`: there is nothing to learn and nothing to report."""
        self.updates += 1
        return {}

    @abstractmethod
    def rows(self, returns_to_go: Tensor, time: Tensor, states: Tensor) -> Tensor:
        """Action probabilities [..., A] float64 at contexts [...]."""

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """See :meth:`Learner.probabilities`."""
        asked = asked_at(probes, targets if self.conditioned else targets[:1])
        states = probes.observations[:, -1].expand_as(asked)
        return self._every_seed(self.rows(asked, probes.time.expand_as(asked), states))

    def rollout(self, target: float, episodes: int) -> Rollouts:
        """See :meth:`Learner.rollout`."""
        actor = self.actor(target)
        return run_episodes(
            self.environment, self.family, actor, episodes, self.streams.seeds, self.updates, target
        )

    def actor(self, target: float) -> Act:
        """See :meth:`Learner.actor`."""
        asked = torch.empty(0)

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
            nonlocal asked
            asked = torch.full_like(reward, target, dtype=torch.float64) if time == 0 else asked - reward
            return self.rows(asked, torch.full_like(observation, time), observation)

        return act

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        return {"updates": torch.tensor(self.updates)}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        self.updates = int(state["updates"])

    def _every_seed(self, table: Tensor) -> Tensor:
        return table.expand(len(self.streams.seeds), *table.shape)


@dataclass(frozen=True)
class ConditionalOracleKnobs:
    """What may be turned."""

    target: float = target_knob()


class ConditionalOracle(Oracle):
    """π0(a|s) Q_t(s, a, g) / W_t(s, g): the base, given the return. The base itself out of support."""

    name = "conditional_oracle"
    label = "Conditional oracle"
    help = "What a perfect return-conditioned predictor learns, solved exactly."
    conditioned = True
    Knobs = ConditionalOracleKnobs
    knobs: ConditionalOracleKnobs

    def __init__(
        self, environment: Environment, knobs: ConditionalOracleKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self._table = ReturnToGo(self.task)
        self._solved: dict[float, Tensor] = {}

    def policy_table(self, targets: Tensor) -> Tensor:
        """See :meth:`Learner.policy_table`; float64."""
        return self._every_seed(torch.stack([self._at(float(target)) for target in targets]))

    def rows(self, returns_to_go: Tensor, time: Tensor, states: Tensor) -> Tensor:
        """See :meth:`Oracle.rows`."""
        levels, which = torch.unique(returns_to_go, return_inverse=True)
        tables = torch.stack([self._at(float(level)) for level in levels])
        return tables[which, time, states]

    def _at(self, level: float) -> Tensor:
        """[H, N, A] float64 for one return to go, solved once."""
        if level not in self._solved:
            if len(self._solved) >= MOST_SOLVED:  # a slider passes through any number of targets
                self._solved.clear()
            policy = conditional_policy(self._table, np.array([level])).policy[0]
            self._solved[level] = torch.from_numpy(policy).to(self.device)
        return self._solved[level]


@dataclass(frozen=True)
class KLOracleKnobs:
    """What may be turned."""

    kl_weight: float = kl_weight_knob(low=0.01, acts=True)


class KLOracle(Oracle):
    """The optimum of E[R] − β KL(p_π ‖ p_0)."""

    name = "kl_oracle"
    label = "KL oracle"
    help = "What RL with a KL penalty converges to at best, solved exactly."
    conditioned = False
    Knobs = KLOracleKnobs
    knobs: KLOracleKnobs

    def __init__(
        self, environment: Environment, knobs: KLOracleKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self._solved: tuple[float, Tensor] | None = None

    def policy_table(self, targets: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Learner.policy_table`; float64."""
        return self._every_seed(self._policy()[None])

    def rows(self, returns_to_go: Tensor, time: Tensor, states: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Oracle.rows`."""
        return self._policy()[time, states]

    def _policy(self) -> Tensor:
        """[H, N, A] float64 for the present weight, solved again when it was turned."""
        weight = self.knobs.kl_weight
        if self._solved is None or self._solved[0] != weight:
            policy = kl_policy(self.task, np.array([weight])).policy[0]
            self._solved = weight, torch.from_numpy(policy).to(self.device)
        return self._solved[1]
