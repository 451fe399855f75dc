"""Small networks for many seeds at once: every weight leads with the seed axis, every product is one bmm.

Axes: S seeds, B rows (any contexts, flattened), d width, T targets, H horizon, N states.
Initial weights come from the seeds' own streams, so that a seed starts the same alone and in company.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.learners.lookup import looked_up
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

WIDTH = 64


class Linear(nn.Module):
    """x W + b, a matrix a seed: [S, B, inputs] -> [S, B, outputs].

    Weights are orthogonal times `gain`, as the PPO papers' code has it; zero where `gain` is 0.
    """

    def __init__(self, inputs: int, outputs: int, streams: Streams, gain: float) -> None:
        super().__init__()
        seeds = len(streams.seeds)
        weight = torch.zeros(seeds, inputs, outputs, device=streams.device)
        if gain:
            weight = gain * _orthogonal(streams.normal(inputs, outputs))
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(seeds, 1, outputs, device=streams.device))

    def forward(self, rows: Tensor) -> Tensor:
        """[S, B, inputs] -> [S, B, outputs]."""
        # A product with a vector goes another way through the matrix library when there is one seed than
        # when there are many, with other last bits. Written out it does not.
        if self.weight.shape[1] == 1:
            return torch.addcmul(self.bias, rows, self.weight)
        if self.weight.shape[2] == 1:
            return (rows * self.weight.mT).sum(dim=-1, keepdim=True) + self.bias
        return torch.baddbmm(self.bias, rows, self.weight)


class Embedding(nn.Module):
    """A learned vector for each of `entries` symbols, a table a seed."""

    def __init__(self, entries: int, width: int, streams: Streams, deviation: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(deviation * streams.normal(entries, width))

    def forward(self, symbols: Tensor) -> Tensor:
        """[S, B] int64 -> [S, B, width]."""
        return looked_up(self.weight, symbols)


class Norm(nn.Module):
    """Layer normalisation with a gain and a shift a seed: [S, B, d] -> [S, B, d]."""

    def __init__(self, width: int, streams: Streams) -> None:
        super().__init__()
        shape = (len(streams.seeds), 1, width)
        self.gain = nn.Parameter(torch.ones(shape, device=streams.device))
        self.shift = nn.Parameter(torch.zeros(shape, device=streams.device))

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise each row."""
        return torch.addcmul(self.shift, functional.layer_norm(rows, rows.shape[-1:]), self.gain)


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

    The first layer is linear in its parts (observation, time, return to go), which for states and
    times means adding two table rows: a whole policy table costs little more than its last layers.
    Time, if used, is a table on a tabular task and the fraction of the horizon elsewhere. A return
    to go, if used, is one number (two, where a return codes two), divided by the environment's `scale`.
    The last layer starts at 0. Layers are bent by a rectifier, or by `tanh`.
    """

    def __init__(
        self,
        environment: Environment,
        streams: Streams,
        outputs: int,
        *,
        timed: bool,
        conditioned: bool,
        tanh: bool = False,
    ) -> None:
        super().__init__()
        self.bent = torch.tanh if tanh else torch.relu
        self.environment = environment
        self.tabular = environment.states > 0
        first = environment.states if self.tabular else environment.features
        self.observed: Embedding | Linear
        self.timed: Embedding | Linear | None = None
        if self.tabular:
            self.observed = Embedding(first, WIDTH, streams, 1.0)
        else:
            self.observed = Linear(first, WIDTH, streams, math.sqrt(2))
        if timed and self.tabular:
            self.timed = Embedding(environment.horizon, WIDTH, streams, 1.0)
        elif timed:
            self.timed = Linear(1, WIDTH, streams, 1.0)
        self.asked = Asked(environment, WIDTH, streams) if conditioned else None
        self.hidden = Linear(WIDTH, WIDTH, streams, math.sqrt(2))
        self.head = Linear(WIDTH, outputs, streams, 0.0)

    def forward(
        self, observations: Tensor, time: Tensor | None = None, returns_to_go: Tensor | None = None
    ) -> Tensor:
        """Observations [S, B] or [S, B, D], time [S, B] int64, returns to go [S, B] -> [S, B, outputs]."""
        out: Tensor = self.head(self.features(observations, time, returns_to_go))
        return out

    def features(
        self, observations: Tensor, time: Tensor | None = None, returns_to_go: Tensor | None = None
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
        return self.bent(self.hidden(self.bent(summed)))


def _orthogonal(matrices: Tensor) -> Tensor:
    """Random orthogonal matrices from normal ones [S, inputs, outputs]: Q of the taller form's QR."""
    tall = matrices.shape[1] >= matrices.shape[2]
    q, r = torch.linalg.qr((matrices if tall else matrices.mT).cpu())
    q = q * torch.sign(r.diagonal(dim1=-2, dim2=-1))[:, None]
    orthogonal: Tensor = (q if tall else q.mT).contiguous().to(matrices.device)
    return orthogonal
