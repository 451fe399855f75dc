"""Policies without a target: those that start at the base and stay within its support, and free ones."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.distributions.categorical import LOG_ZERO
from engine.distributions.family import Family
from engine.learners.knobs import knob
from engine.learners.lookup import looked_up
from engine.learners.networks import Network
from engine.learners.rollouts import read_table
from engine.tasks.dataset import Act
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


class Table(nn.Module):
    """A logit for every state and action of a tabular task."""

    def __init__(self, environment: Environment, streams: Streams) -> None:
        super().__init__()
        shape = (len(streams.seeds), environment.states, environment.actions)
        self.environment = environment
        self.logits = nn.Parameter(torch.zeros(shape, device=streams.device))

    def forward(self, observations: Tensor, time: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """States [S, B] -> [S, B, A]; the same at every time."""
        return looked_up(self.logits, self.environment.seen(observations))

    def table(self, targets: Tensor) -> Tensor:  # noqa: ARG002
        """[S, 1, 1, N, A]: one for all targets and times."""
        every = torch.arange(self.environment.states, device=self.logits.device)
        return self.logits[:, None, None, self.environment.seen(every)]


class TimedTable(nn.Module):
    """A logit for every time, state and action of a tabular task."""

    def __init__(self, environment: Environment, streams: Streams) -> None:
        super().__init__()
        shape = (len(streams.seeds), environment.horizon, environment.states, environment.actions)
        self.environment = environment
        self.logits = nn.Parameter(torch.zeros(shape, device=streams.device))

    def forward(self, observations: Tensor, time: Tensor) -> Tensor:
        """States and times [S, B] -> [S, B, A]."""
        rows = time * self.environment.states + self.environment.seen(observations)
        return looked_up(self.logits.flatten(1, 2), rows)

    def table(self, targets: Tensor) -> Tensor:  # noqa: ARG002
        """[S, 1, H, N, A]: one for all targets."""
        every = torch.arange(self.environment.states, device=self.logits.device)
        return self.logits[:, None, :, self.environment.seen(every)]


def body_knob(default: str) -> Any:
    """What holds the policy of a learner that can have either."""
    return knob(
        default,
        label="Policy is",
        help="On a tabular task a table of logits or a network; elsewhere it is always a network.",
        choices=("table", "network"),
        steerable=False,
        only_on="table",
    )


class Policy(nn.Module):
    """π(a|s, t) ∝ π0(a|s) exp f(s, t, a): with f = 0, where it starts, it is the base.

    Without `from_base` it is ∝ exp f(s, t, a), starts uniform, and knows nothing of the base. In a box that
    is so for bins; of another `family` f are the parameters, and it starts near uniform.
    """

    def __init__(
        self,
        environment: Environment,
        body: Table | TimedTable | Network,
        *,
        from_base: bool = True,
        family: Family | None = None,
    ) -> None:
        super().__init__()
        self.environment = environment
        self.body = body
        self.family = family or environment.family
        self.from_base = from_base and self.family == environment.family

    def forward(self, observations: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts [S, B] -> π as a row of its family [S, B, Q], ln π0 [S, B, A]. Of numbered actions the row
        is ln π."""
        return self.rows(self.body(observations, time), observations), self.log_base(observations)

    def rows(self, own: Tensor, observations: Tensor) -> Tensor:
        """π [S, B, Q] from f [S, B, Q] at observations."""
        return self.family.rows(self._leaning(own, observations))

    def acted_by(self, own: Tensor, observations: Tensor) -> Tensor:
        """The same as an actor tells it."""
        return self.family.acted_by(self._leaning(own, observations))

    def _leaning(self, own: Tensor, observations: Tensor) -> Tensor:
        # A uniform base would add the same to all.
        leans = self.from_base and not self.environment.uniform
        return self.log_base(observations) + own if leans else own

    def log_base(self, observations: Tensor) -> Tensor:
        """ln π0 [..., A] with a large negative number for ln 0."""
        return self.environment.base_probabilities(observations).log().clamp(min=LOG_ZERO)

    def table(self) -> Tensor:
        """Probabilities [S, H or 1, N, A] for every time and state of a tabular task."""
        every = torch.arange(self.environment.states, device=self.environment.device)
        logits = self.body.table(torch.zeros(1, device=every.device))[:, 0]
        return functional.softmax(self.log_base(every) + logits if self.from_base else logits, dim=-1)

    def act(self, observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG002
        """As told [S, E, Q]: an :data:`engine.tasks.dataset.Act` for any environment."""
        times = torch.full(observation.shape[:2], time, device=observation.device)
        return self.acted_by(self.body(observation, times), observation)


def acts_by_table(table: Tensor) -> Act:
    """Acting by a table [S, H or 1, N, A]: one gather a step."""

    def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
        return read_table(table[:, min(time, table.shape[1] - 1)], observation)

    return act


def entropy(log_policy: Tensor) -> Tensor:
    """H = −Σ π ln π over the last axis, nats."""
    return -(log_policy.exp() * log_policy).sum(-1)
