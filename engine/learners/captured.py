"""An update as a CUDA graph: launched as a whole, where Python would launch hundreds of small kernels.

The update itself is written once, as eager code. Where its shapes stay the same and it asks the device
nothing (no `bool(tensor)`, no `.item()`), what it launched one time can be launched again: the graph repeats
the kernels on the same memory. So state is changed in place, random numbers come by a tape, and whatever
Python decides (the knobs, which branch is taken) belongs to the update's *phase*: a graph is made for one
phase and dropped when it changes. The numbers are those of the eager update, its twin.

Nothing is compiled. The first updates of a phase are eager, so that turning a knob costs a few eager updates
and then one capture, and a slider in motion costs no capture at all.
"""

import gc
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from engine.tasks.streams import Streams
from engine.tasks.tape import Tape

EAGER = 3  # updates of a phase before one is captured; also warms up what libraries set up at first use

Diagnostics = dict[str, Tensor]


class Graph(Protocol):
    """One way to repeat a body."""

    def replay(self) -> None:
        """Do again what the body did, on the same memory."""


class CudaGraph:
    """What a body launches on the GPU, captured without being run."""

    def __init__(self, body: Callable[[], None]) -> None:
        self._graph = torch.cuda.CUDAGraph()
        here = torch.cuda.current_stream()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        # A capture is spoiled by another graph that is freed meanwhile, as a learner tried before may be
        # when garbage is collected; what other threads do with the GPU is no matter of its.
        collecting = gc.isenabled()
        gc.disable()
        try:
            with torch.cuda.stream(stream):
                self._graph.capture_begin(capture_error_mode="thread_local")
                try:
                    body()
                finally:
                    self._graph.capture_end()
        finally:
            if collecting:
                gc.enable()
        here.wait_stream(stream)

    def replay(self) -> None:
        """See :class:`Graph`."""
        self._graph.replay()


class Captured:
    """An update that is eager at first and then repeated as a graph, as long as its phase lasts.

    Attributes:
        graph: None while it is eager.
        following: what is repeated after this one and draws from the same streams: itself, or the next part
            of the same update. Its numbers are drawn while the GPU is still at work on this one.
    """

    def __init__(
        self,
        update: Callable[[], Diagnostics],
        streams: Sequence[Streams],
        graph: Callable[[Callable[[], None]], Graph] = CudaGraph,
    ) -> None:
        """`streams` are all that `update` draws from; `graph` makes a graph of a body."""
        self._update, self._streams, self._make = update, streams, graph
        self.following = self
        self._phase: Hashable = None
        self._drop()

    def _drop(self) -> None:
        self._done = 0  # updates of this phase
        self.graph: Graph | None = None
        self._tape = Tape()
        self._drawn = False  # ahead, for the next update
        self._names: list[str] = []
        self._told = torch.empty(0)  # [diagnostics, S], where a graph leaves them

    def __call__(self, phase: Hashable) -> Diagnostics:
        """One update. Diagnostics [S] each."""
        if phase != self._phase:
            self._drop()
            self._phase = phase
        self._done += 1
        if self._done < EAGER:
            return self._update()
        if self._done == EAGER:  # the tape notes what this one draws
            return self._with_tape()
        if self.graph is None:
            self.graph = self._make(self._body)
        if not self._drawn or any(streams.ahead is None for streams in self._streams):
            self._tape.refill()
        self._drawn = False
        for streams in self._streams:
            streams.ahead = None  # they stand where the numbers of this update end
        self.graph.replay()
        told = dict(zip(self._names, self._told.clone(), strict=True))
        self.following.draw_ahead()
        return told

    def draw_ahead(self) -> None:
        """Draw the next update's numbers, if it will be a graph's; the streams still stand before them."""
        if self.graph is not None:
            for streams in self._streams:
                streams.look_ahead()
            self._tape.refill()
            self._drawn = True

    def _body(self) -> None:
        self._tape.rewind()
        told = self._with_tape()
        self._names, self._told = list(told), torch.stack(list(told.values()))

    def _with_tape(self) -> Diagnostics:
        for streams in self._streams:
            streams.tape = self._tape
        try:
            return self._update()
        finally:
            for streams in self._streams:
                streams.tape = None


def in_turn(parts: Sequence[Captured]) -> Sequence[Captured]:
    """The parts of an update, each followed by the next and the last by the first."""
    for place, part in enumerate(parts):
        part.following = parts[(place + 1) % len(parts)]
    return parts
