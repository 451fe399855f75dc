"""Arithmetic on the memory of tensors: by NumPy on a CPU, by torch elsewhere.

For as few numbers as a handful of environments have, an operation costs what its call costs, and a call of
NumPy's a third of torch's. What is written with functions that both have, by the same names and with `out`,
is written once.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = Any  # of NumPy's or a tensor, whichever the functions take


class ByTorch:
    """On any device."""

    functions: Any = torch

    def of(self, tensor: Tensor) -> Array:
        """The same memory, as the functions take it."""
        return tensor

    def tensor(self, array: Array) -> Tensor:
        """The same memory, as a tensor."""
        found: Tensor = array
        return found

    def copy(self, source: Array, into: Array) -> None:
        """Every entry of `source`, rounded to the kind of number that is kept there."""
        into.copy_(source)

    def put(self, source: Array, where: Array, into: Array) -> None:
        """Those entries of `source` of which `where` says so; the others stay."""
        torch.where(where, source, into, out=into)


class ByNumpy(ByTorch):
    """On a CPU."""

    functions: Any = np

    def of(self, tensor: Tensor) -> Array:
        """See :meth:`ByTorch.of`."""
        return tensor.numpy()

    def tensor(self, array: Array) -> Tensor:
        """See :meth:`ByTorch.tensor`."""
        return torch.from_numpy(array)

    def copy(self, source: Array, into: Array) -> None:
        """See :meth:`ByTorch.copy`."""
        np.copyto(into, source, casting="same_kind")

    def put(self, source: Array, where: Array, into: Array) -> None:
        """See :meth:`ByTorch.put`."""
        np.copyto(into, source, where=where)


def arithmetic(device: torch.device) -> ByTorch:
    """The faster of the two there."""
    return ByNumpy() if by_numpy(device) else ByTorch()


def by_numpy(device: torch.device) -> bool:
    """Whether its memory is NumPy's as well."""
    return device.type == "cpu"
