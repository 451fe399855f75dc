"""Gradient steps for many seeds at once: what happens to a seed's weights depends on its gradient alone."""

from copy import copy
from typing import Self

import torch
from torch import Tensor, nn

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Plain:
    """Plain gradient descent over parameters that all lead with the seed axis.

    All weights lie side by side in one matrix [S, W], of which the parameters become views: a step is a
    handful of operations whatever the number of layers.
    """

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        with torch.no_grad():
            self.weights = _side_by_side(parameters)
            for parameter, part in zip(parameters, self.parts(self.weights), strict=True):
                parameter.data = part

    def parts(self, matrix: Tensor) -> list[Tensor]:
        """Of a matrix [S, W] the part of each parameter, in its shape; they share its memory."""
        shapes = [parameter.shape for parameter in self.parameters]
        parts = torch.split(matrix, [shape[1:].numel() for shape in shapes], dim=1)
        return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]

    def of(self, seeds: slice, parameters: list[nn.Parameter]) -> Self:
        """The optimiser of some of the seeds, whose `parameters` are these, on the same memory."""
        some = copy(self)
        some.parameters = parameters
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(some, name, value[seeds])  # every tensor leads with the seed axis
        return some

    def step(
        self, loss: Tensor, learning_rate: float, clip: float | None = None, active: Tensor | None = None
    ) -> Tensor:
        """One step down `loss` [S]; arguments and result as of :meth:`descend`."""
        return self.descend(self.gradient(loss), learning_rate, clip, active)

    def gradient(self, loss: Tensor) -> Tensor:
        """[S, W] of `loss` [S]."""
        # The seeds' losses depend on disjoint weights: the gradient of the sum is each seed's own.
        return _side_by_side(list(torch.autograd.grad(loss.sum(), self.parameters)))

    @torch.no_grad()
    def descend(
        self, gradient: Tensor, learning_rate: float, clip: float | None = None, active: Tensor | None = None
    ) -> Tensor:
        """One step along `gradient` [S, W], which is spoiled.

        Args:
            clip: the largest norm a seed's gradient may keep; None leaves all as they are.
            active: [S] bool; a seed that is not active keeps its weights and its moments.

        Returns:
            [S] the norm of each seed's gradient before clipping.
        """
        norm: Tensor = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        if clip is not None:
            gradient.mul_((clip / (norm + 1e-6)).clamp(max=1.0))
        turn = None if active is None else active[:, None]
        if turn is not None:
            gradient.masked_fill_(~turn, 0.0)  # not times 0: it need not be finite
        self._descend(gradient, learning_rate, turn)
        return norm.squeeze(1)

    def _descend(self, gradient: Tensor, learning_rate: float, turn: Tensor | None) -> None:  # noqa: ARG002
        """Change the :meth:`_tensors` by one step along `gradient` [S, W], which may be spoiled; not those of
        a seed whose `turn` [S, 1] it is not. Its gradient is 0. It is every seed's turn where that is None.

        In their own memory: new tensors of the size of all weights cost several times the arithmetic, and a
        captured update (see captured.py) knows its weights by where they lie.
        """
        self.weights.sub_(gradient.mul_(learning_rate))

    def _tensors(self) -> dict[str, Tensor]:
        return {"weights": self.weights}

    def state(self) -> dict[str, Tensor]:
        """Weights and moments, [S, …] each, copied."""
        return {name: tensor.clone() for name, tensor in self._tensors().items()}

    @torch.no_grad()
    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state` gave, the weights included."""
        for name, tensor in self._tensors().items():
            tensor.copy_(state[name])


class Adam(Plain):
    """Adam (1412.6980), with moments and step count kept per seed."""

    def __init__(self, parameters: list[nn.Parameter], epsilon: float = EPSILON) -> None:
        super().__init__(parameters)
        self.epsilon = epsilon
        self.first = torch.zeros_like(self.weights)
        self.second = torch.zeros_like(self.weights)
        # A seed that stops early takes fewer steps than the others. Doubles, for the powers below.
        self.steps = torch.zeros(len(self.weights), 1, dtype=torch.float64, device=self.weights.device)
        self._root = torch.empty_like(self.weights)

    def _descend(self, gradient: Tensor, learning_rate: float, turn: Tensor | None) -> None:
        self.steps += 1 if turn is None else turn
        steps = self.steps.clamp(min=1)  # of a seed that has never had a turn
        self.first.lerp_(gradient, 1 - BETA1 if turn is None else torch.where(turn, 1 - BETA1, 0.0))
        _shrink(self.second, BETA2, turn).addcmul_(gradient, gradient, value=1 - BETA2)
        # The moments' corrections are the same for all weights of a seed: they go into its rate and epsilon.
        slow = (1 - BETA2**steps).sqrt_()
        rate = learning_rate * slow / (1 - BETA1**steps)
        if turn is not None:
            rate.mul_(turn)
        root = torch.sqrt(self.second, out=self._root).add_((self.epsilon * slow).float())
        self.weights.sub_(torch.div(self.first, root, out=root).mul_(rate.float()))

    def _tensors(self) -> dict[str, Tensor]:
        return {"weights": self.weights, "first": self.first, "second": self.second, "steps": self.steps}


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (1711.05101): every step first takes the share
    `decay` times the learning rate off each weight."""

    def __init__(self, parameters: list[nn.Parameter], decay: float) -> None:
        super().__init__(parameters)
        self.decay = decay

    def _descend(self, gradient: Tensor, learning_rate: float, turn: Tensor | None) -> None:
        _shrink(self.weights, 1 - learning_rate * self.decay, turn)
        super()._descend(gradient, learning_rate, turn)


def _shrink(matrix: Tensor, share: float, turn: Tensor | None) -> Tensor:
    """Keep a `share` of a matrix [S, W] where it is a seed's `turn` [S, 1]."""
    return matrix.mul_(share if turn is None else torch.where(turn, share, 1.0))


def _side_by_side(tensors: list[Tensor] | list[nn.Parameter]) -> Tensor:
    return torch.cat([tensor.flatten(1) for tensor in tensors], dim=1)
