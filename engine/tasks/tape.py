"""The random numbers of a computation that is repeated, in places that stay the same.

A CUDA graph reads its inputs from fixed memory and cannot draw from a generator on the CPU. So the draws of
one repetition are noted, in their order, each with its place on the device; before the next they are all made
anew, from the same streams in the same order, and copied to those places. The numbers are those that would
have been drawn without the tape.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Fill = Callable[[Sequence[Tensor]], object]  # draws a seed's numbers into each row


@dataclass(frozen=True)
class _Draw:
    fill: Fill
    host: Tensor
    rows: Sequence[Tensor]  # of the host's tensor, a seed each
    place: Tensor

    def make(self) -> None:
        self.fill(self.rows)
        if self.place is not self.host:
            self.place.copy_(self.host, non_blocking=True)


class Tape:
    """What was drawn, in order. Notes while it is new; after :meth:`rewind` gives the same places again."""

    def __init__(self) -> None:
        self._draws: list[_Draw] = []
        self._next: int | None = None  # the next place to give; None while it notes
        self._copied: torch.cuda.Event | None = None

    def drawn(
        self,
        shape: tuple[int, ...],
        dtype: torch.dtype,
        device: torch.device,
        fill: Fill,
    ) -> Tensor:
        """The place of the next draw: [shape]. While the tape notes, with numbers that `fill` put there.

        Raises:
            RuntimeError: when a repetition draws something else than the first did.
        """
        if self._next is None:
            apart = device.type != "cpu"
            host = torch.empty(shape, dtype=dtype, pin_memory=apart)
            draw = _Draw(fill, host, host.unbind(), torch.empty_like(host, device=device) if apart else host)
            self._draws.append(draw)
            draw.make()
            return draw.place
        if self._next == len(self._draws) or self._draws[self._next].place.shape != shape:
            raise RuntimeError(f"draw {self._next} of shape {tuple(shape)} was not there the first time")
        self._next += 1
        return self._draws[self._next - 1].place

    def rewind(self) -> None:
        """From here on give the places noted, from the first on."""
        self._next = 0

    def refill(self) -> None:
        """Draw anew for every place. On a GPU the copies are under way when this returns, in the order of
        the current stream; the memory they read from is not written before they are done."""
        if self._copied is not None:
            self._copied.synchronize()
        for draw in self._draws:
            draw.make()
        if self._draws and self._draws[0].place.is_cuda:
            self._copied = self._copied or torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._copied.record()
