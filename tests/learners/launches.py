"""What a CUDA graph does, on a CPU: the operations of one run of a body, repeated on the same memory.

No line of the body is run again. What Python did the first time, it did once: a tensor that it put in the
place of another is not seen by the next repetition, and what it decided stays decided.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Launches(TorchDispatchMode):
    """Notes every operation of a body, and leaves all memory as if the body had not been run."""

    def __init__(self, body: Callable[[], None]) -> None:
        super().__init__()
        self._operations: list[tuple[Any, Any, Any, list[Tensor]]] = []
        self._own: set[int] = set()  # memory that the body itself asked for
        self._before: dict[int, tuple[Tensor, Tensor]] = {}  # other memory, and what stood in it
        with self:
            body()
        with torch.no_grad():
            for memory, stood in self._before.values():
                memory.copy_(stood)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do it, and note it."""
        kwargs = kwargs or {}
        given = list(tensors((args, kwargs)))
        for tensor in given:
            place = tensor.untyped_storage().data_ptr()
            if place not in self._own and place not in self._before:
                memory = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
                self._before[place] = memory, memory.clone()
        result = func(*args, **kwargs)
        places = {tensor.untyped_storage().data_ptr() for tensor in given}
        new = [one for one in tensors(result) if one.untyped_storage().data_ptr() not in places]
        self._own |= {tensor.untyped_storage().data_ptr() for tensor in new}
        if new or func._schema.is_mutable:  # else it is another look at the same memory
            self._operations.append((func, args, kwargs, new))
        return result

    def replay(self) -> None:
        """Every operation again, into the memory that its results had."""
        with torch.no_grad():
            for func, args, kwargs, places in self._operations:
                result = func(*args, **kwargs)
                if places:
                    for place, found in zip(places, tensors(result), strict=True):
                        place.copy_(found)


def tensors(nested: Any) -> Iterator[Tensor]:
    """All tensors in lists, tuples and dictionaries."""
    if isinstance(nested, Tensor):
        yield nested
    elif isinstance(nested, dict):
        yield from tensors(list(nested.values()))
    elif isinstance(nested, list | tuple):
        for one in nested:
            yield from tensors(one)
