"""SAC's twin critics (1802.09477), and what a policy is worth by the lower of the two.

Of numbered actions a critic tells the worth of every one, so that expectations over a policy are exact sums
(1910.07207). In a box it is asked about one action, and one that the policy draws stands for the expectation:
the draw is a normal number, moved and stretched and squashed by tanh, so that the policy learns along the
critics' slope (1812.05905, eq. 11 to 13).

Axes: S seeds, M steps, D features, A actions, C dimensions of a box, Q numbers of a distribution.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.distributions.family import Family
from engine.learners.networks import Network
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class Judged:
    """What both critics say of some steps.

    Attributes:
        taken: [S, M] of each critic, of the actions that were taken.
        expected: [S, M] E_π min(Q1, Q2). Its slope is the policy's: the critics do not learn from it.
        apart: [S] how far the two are from each other.
    """

    taken: Sequence[Tensor]
    expected: Tensor
    apart: Tensor


class Critics(nn.Module, ABC):
    """Two networks of their own; on a tabular task both know the time.

    Observations are [S, M] or [S, M, D], times [S, M], actions [S, M] or [S, M, C], policies [S, M, Q].
    """

    def __init__(self, environment: Environment, outputs: int, streams: Streams, *, acted: bool) -> None:
        super().__init__()
        timed = environment.states > 0
        self.twins = nn.ModuleList(
            Network(environment, streams, outputs, timed=timed, conditioned=False, acted=acted)
            for _ in range(2)
        )

    @abstractmethod
    def expected(self, observations: Tensor, times: Tensor, policy: Tensor) -> Tensor:
        """See :attr:`Judged.expected`."""

    @abstractmethod
    def judged(self, observations: Tensor, times: Tensor, actions: Tensor, policy: Tensor) -> Judged:
        """What is said of steps, and of a policy in their place."""


class NumberedCritics(Critics):
    """Of every action at once; a policy's row is ln π."""

    def __init__(self, environment: Environment, streams: Streams) -> None:
        super().__init__(environment, environment.actions, streams, acted=False)

    def expected(self, observations: Tensor, times: Tensor, policy: Tensor) -> Tensor:
        """See :meth:`Critics.expected`."""
        return lower_on_average([twin(observations, times) for twin in self.twins], policy)

    def judged(self, observations: Tensor, times: Tensor, actions: Tensor, policy: Tensor) -> Judged:
        """See :meth:`Critics.judged`; they are compared at every action."""
        every = [twin(observations, times) for twin in self.twins]
        return Judged(
            taken=[q.gather(-1, actions[..., None])[..., 0] for q in every],
            expected=lower_on_average(every, policy),
            apart=(every[0] - every[1]).detach().abs().mean(dim=(1, 2)),
        )


class BoxCritics(Critics):
    """Of one point of a box; a policy's row is of a `family` whose draws have a slope, such as a Gaussian."""

    def __init__(self, environment: Environment, family: Family, streams: Streams) -> None:
        super().__init__(environment, 1, streams, acted=True)
        self.family, self.streams = family, streams

    def expected(self, observations: Tensor, times: Tensor, policy: Tensor) -> Tensor:
        """See :meth:`Critics.expected`: an estimate, by one draw."""
        chance = self.streams.uniform(policy.shape[1], self.family.chances)
        actions = self.family.drawn(self.family.told(policy), chance)
        return torch.minimum(
            *(
                functional_call(twin, _held_still(twin), (observations, times, None, actions))[..., 0]
                for twin in self.twins
            )
        )

    def judged(self, observations: Tensor, times: Tensor, actions: Tensor, policy: Tensor) -> Judged:
        """See :meth:`Critics.judged`; they are compared at the actions taken."""
        one, other = (twin(observations, times, None, actions)[..., 0] for twin in self.twins)
        return Judged(
            taken=(one, other),
            expected=self.expected(observations, times, policy),
            apart=(one - other).detach().abs().mean(dim=1),
        )


def lower_on_average(every: Sequence[Tensor], log_policy: Tensor) -> Tensor:
    """[S, M] Σ π min Q, from both critics' Q [S, M, A] and ln π [S, M, A]."""
    return (log_policy.exp() * torch.minimum(*every).detach()).sum(-1)


def _held_still(network: nn.Module) -> dict[str, Tensor]:
    """A network's weights as numbers: what is computed from them has no slope in them."""
    return {name: parameter.detach() for name, parameter in network.named_parameters()}
