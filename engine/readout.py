"""Numbers on their way from the device to the host.

From a GPU they are copied into pinned memory by a stream of its own, beside whatever the GPU does next,
and an event says when they are whole. On a CPU they are there already.
"""

from functools import cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


class Readout:
    """A tensor that is being read. It must not be changed in place before :meth:`array` was asked for."""

    def __init__(self, tensor: Tensor) -> None:
        self._host = tensor.detach()
        self._arrived: torch.cuda.Event | None = None
        if tensor.is_cuda:
            source, stream = self._host, _stream(tensor.device.index)
            self._host = torch.empty(source.shape, dtype=source.dtype, pin_memory=True)
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                self._host.copy_(source, non_blocking=True)
                self._arrived = stream.record_event()
            source.record_stream(stream)  # its memory is not given away before the copy is done

    def array(self) -> NDArray[Any]:
        """The numbers, when they have arrived."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._host.numpy()


def read(tensor: Tensor) -> NDArray[Any]:
    """The numbers of a tensor, at once."""
    return Readout(tensor).array()


@cache
def _stream(device: int) -> torch.cuda.Stream:
    """What numbers leave a device by."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
