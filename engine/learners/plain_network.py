"""The passes of a plain network written out, forward and backward.

With small networks automatic differentiation costs as much as the arithmetic: its own bookkeeping, and
memory that the system gives and takes back for every layer of every minibatch. Here what is large lies in
places that are kept, and a gradient where the optimiser wants it.

Axes: S seeds, B rows, D features, d width.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.learners.layers import affine
from engine.tasks.arithmetic import by_numpy

FEW = 16  # rows: of fewer, calls are what takes time
# Of many rows a product with fewer columns takes the matrix library several times as long as its transpose.
NARROW = 16
ONE, MINUS_TWO = torch.tensor(1.0), torch.tensor(-2.0)  # a number of Python's costs an operation more
LAYERS = 6  # weights and biases of a plain network, in the order of its parameters


class Places:
    """Memory for the passes of networks that make theirs one after the other, so that it stays near.

    It is as large as the largest number of rows needs. A captured update (see captured.py) writes to it, so
    none but that update may ask for more.
    """

    def __init__(self, like: Tensor) -> None:
        """As many seeds and as wide as the weight `like` [S, …, d]."""
        self._seeds, self._width = like.shape[0], like.shape[-1]
        self._memory = like.new_empty(3, 0)
        self._of: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def of(self, rows: int) -> tuple[Tensor, Tensor, Tensor]:
        """Three matrices [S, B, d] for so many rows B, on the same memory as those for any other number."""
        if rows not in self._of:
            shape = (self._seeds, rows, self._width)
            size = math.prod(shape)
            if size > self._memory.shape[1]:
                self._memory = self._memory.new_empty(3, size)
                self._of.clear()
            first, second, back = (memory[:size].view(shape) for memory in self._memory)
            self._of[rows] = first, second, back
        return self._of[rows]


class PlainNetwork:
    """A plain network by its weights. To ask modules for theirs takes as long as a few rows' products."""

    def __init__(self, weights: Sequence[Tensor], tanh: bool, places: Places) -> None:
        """`weights` [S, …] in the order of the network's parameters."""
        self.first, self.second, self.head = zip(weights[::2], weights[1::2], strict=True)
        on_cpu = by_numpy(weights[0].device)
        self.bend = (tanh_ if on_cpu else torch.tanh_) if tanh else torch.relu_
        self.unbend = _through_tanh if tanh else _through_relu
        self.places = places
        self.square = torch.empty_like(self.second[0])
        self.few = FewRows(weights, tanh) if on_cpu else None

    def forward(self, rows: Tensor) -> Tensor:
        """Outputs [S, B, outputs] at rows [S, B, D]."""
        first, second, back = self.places.of(rows.shape[1])
        if self.few is not None and rows.shape[1] < FEW:
            return self.few(rows, first, second)
        self.bend(affine(rows, *self.first, out=first))
        self.bend(affine(first, *self.second, out=second))
        weight, bias = self.head
        outputs = weight.shape[2]
        if outputs == 1:  # see layers.affine
            return torch.mul(second, weight.mT, out=back).sum(dim=-1, keepdim=True).add_(bias)
        if outputs < NARROW:
            return torch.baddbmm(bias.mT, weight.mT, second.mT).mT
        return affine(second, weight, bias)

    def backward(self, rows: Tensor, gradient: Tensor, into: Sequence[Tensor]) -> None:
        """From the gradient [S, B, outputs] of the outputs to that of the weights, put `into` places in their
        order. The newest forward pass in these places must be the one at these rows."""
        first, second, back = self.places.of(rows.shape[1])
        # Into a place with gaps between the seeds a product would be made seed by seed: it is copied there.
        first_weight, first_bias, second_weight, second_bias, head_weight, head_bias = into
        head = self.head[0].mT
        torch.sum(gradient, 1, keepdim=True, out=head_bias)
        if gradient.shape[2] == 1:  # see layers.affine
            torch.sum(torch.mul(second, gradient, out=back), 1, out=head_weight[..., 0])
            torch.mul(gradient, head, out=back)
        else:
            head_weight.copy_(torch.bmm(gradient.mT, second).mT)
            torch.bmm(gradient, head, out=back)
        self.unbend(back, second)
        second_weight.copy_(torch.bmm(first.mT, back, out=self.square))
        torch.sum(back, 1, keepdim=True, out=second_bias)
        below = torch.bmm(back, self.second[0].mT, out=second)
        self.unbend(below, first)
        first_weight.copy_(torch.bmm(rows.mT, below))
        torch.sum(below, 1, keepdim=True, out=first_bias)


class FewRows:
    """The forward pass by NumPy: for few rows its calls take a third of the time of torch's."""

    def __init__(self, weights: Sequence[Tensor], tanh: bool) -> None:
        """`weights` of :class:`PlainNetwork`, on a CPU."""
        arrays = [weight.numpy() for weight in weights]
        *self.hidden, self.head = zip(arrays[::2], arrays[1::2], strict=True)
        self.bend = np.tanh if tanh else _relu

    def __call__(self, rows: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Outputs [S, B, outputs] at rows [S, B, D]; hidden layers [S, B, d] go where the other two are."""
        below = rows.numpy()
        with np.errstate(over="ignore", invalid="ignore"):  # a seed that is lost is told of by its numbers
            for (weight, bias), layer in zip(self.hidden, (first.numpy(), second.numpy()), strict=True):
                np.add(np.matmul(below, weight, out=layer), bias, out=layer)
                below = self.bend(layer, out=layer)
            weight, bias = self.head
            return torch.from_numpy(np.add(np.matmul(below, weight), bias))


def _relu(rows: NDArray[np.float32], out: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(rows, 0, out=out)


def tanh_(rows: Tensor) -> Tensor:
    """tanh in place on a CPU, as 1 − 2 σ(−2x): in less than half of torch's own time. Off by at most 4e-7."""
    return torch.sub(ONE, rows.mul_(MINUS_TWO).sigmoid_(), alpha=2, out=rows)


def _through_tanh(back: Tensor, bent: Tensor) -> None:
    torch.ops.aten.tanh_backward.grad_input(back, bent, grad_input=back)


def _through_relu(back: Tensor, bent: Tensor) -> None:
    torch.ops.aten.threshold_backward.grad_input(back, bent, 0, grad_input=back)
