"""Small networks for many seeds at once, from contexts to whatever a learner wants to know of them.

Axes: S seeds, B rows (any contexts, flattened), D features, C dimensions of a box of actions, d width,
T targets, H horizon, N states.
"""

import math

import torch
from torch import Tensor, nn

from engine.learners.convolution import Convolution
from engine.learners.layers import Embedding, Linear
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

WIDTH = 64


def observer(
    environment: Environment, width: int, streams: Streams, gain: float
) -> Embedding | Linear | Convolution:
    """From observations [S, B] or [S, B, D] to vectors [S, B, width]: a table of states, a product with
    features, or a convolution of pictures."""
    if environment.states:
        return Embedding(environment.states, width, streams, 1.0)
    if environment.picture:
        return Convolution(environment.picture, width, streams)
    return Linear(environment.features, width, streams, gain)


class Asked(nn.Module):
    """A vector for each return to go: linear in it, or in its two parts where it codes two.

    Returns are divided by the environment's `scale`.
    """

    def __init__(self, environment: Environment, width: int, streams: Streams) -> None:
        super().__init__()
        self.goals, self.scale = environment.goals, environment.scale
        self.linear = Linear(2 if self.goals else 1, width, streams, math.sqrt(width))

    def forward(self, returns_to_go: Tensor) -> Tensor:
        """[S, B] reward units -> [S, B, width]."""
        parts = returns_to_go[..., None]
        if self.goals is not None:
            parts = torch.stack(self.goals.parts(returns_to_go), dim=-1)
        rows: Tensor = self.linear(parts / self.scale)
        return rows


class Network(nn.Module):
    """Two hidden layers over the sum of what the context's parts contribute.

    The first layer is linear in its parts (observation, time, return to go, action), which for states and
    times means adding two table rows: a whole policy table costs little more than its last layers.
    Time, if used, is a table on a tabular task and the fraction of the horizon elsewhere. A return
    to go, if used, is one number (two, where a return codes two), divided by the environment's `scale`.
    An action, if used, is a point of a box. The last layer starts at 0, or at `gain`. Layers are bent by a
    rectifier, or by `tanh`.
    """

    def __init__(
        self,
        environment: Environment,
        streams: Streams,
        outputs: int,
        *,
        timed: bool,
        conditioned: bool,
        acted: bool = False,
        tanh: bool = False,
        gain: float = 0.0,
    ) -> None:
        super().__init__()
        self.tanh = tanh
        self.environment = environment
        self.tabular = environment.states > 0
        self.observed = observer(environment, WIDTH, streams, math.sqrt(2))
        self.timed: Embedding | Linear | None = None
        if timed and self.tabular:
            self.timed = Embedding(environment.horizon, WIDTH, streams, 1.0)
        elif timed:
            self.timed = Linear(1, WIDTH, streams, 1.0)
        self.asked = Asked(environment, WIDTH, streams) if conditioned else None
        self.acted = Linear(environment.dimensions, WIDTH, streams, math.sqrt(2)) if acted else None
        self.hidden = Linear(WIDTH, WIDTH, streams, math.sqrt(2))
        self.head = Linear(WIDTH, outputs, streams, gain)
        self.plain = isinstance(self.observed, Linear) and not (timed or conditioned or acted)

    def forward(
        self,
        observations: Tensor,
        time: Tensor | None = None,
        returns_to_go: Tensor | None = None,
        actions: Tensor | None = None,
    ) -> Tensor:
        """Observations [S, B] or [S, B, D], time [S, B] int64, returns to go [S, B], actions [S, B, C]
        -> [S, B, outputs]."""
        out: Tensor = self.head(self.features(observations, time, returns_to_go, actions))
        return out

    def features(
        self,
        observations: Tensor,
        time: Tensor | None = None,
        returns_to_go: Tensor | None = None,
        actions: Tensor | None = None,
    ) -> Tensor:
        """Activations of the last hidden layer [S, B, d]; arguments as in :meth:`forward`."""
        summed = self.observed(self.environment.seen(observations))
        if self.timed is not None:
            assert time is not None
            part = time if self.tabular else time[..., None] / self.environment.horizon
            summed = summed + self.timed(part)
        if self.asked is not None:
            assert returns_to_go is not None
            summed = summed + self.asked(returns_to_go)
        if self.acted is not None:
            assert actions is not None
            summed = summed + self.acted(actions)
        return self._hidden(summed)

    def table(self, targets: Tensor) -> Tensor:
        """For every context of a tabular task, from targets [T]: [S, T or 1, H or 1, N, outputs].

        The axis of what the network does not take has length 1.
        """
        assert isinstance(self.observed, Embedding)
        every = torch.arange(self.environment.states, device=self.observed.weight.device)
        summed = self.observed.weight[:, self.environment.seen(every)][:, None, None]
        if isinstance(self.timed, Embedding):
            summed = summed + self.timed.weight[:, None, :, None]
        if self.asked is not None:
            seeds = summed.shape[0]
            asked = self.asked(targets.expand(seeds, -1))
            summed = summed + asked[:, :, None, None]
        flat = self.head(self._hidden(summed.flatten(1, -2)))
        table: Tensor = flat.reshape(*summed.shape[:-1], flat.shape[-1])
        return table

    def _hidden(self, summed: Tensor) -> Tensor:
        bend = torch.tanh_ if self.tanh else torch.relu_  # in place: nobody else has what is bent
        return bend(self.hidden(bend(summed)))
