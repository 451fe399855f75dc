"""Every learner on a GPU: is what is replayed the eager update, what do 32 seeds cost beside one, and how far
is an update from the two things that bound it, launching kernels and moving bytes.

`python -m bench.device`. Without a GPU it says so and prints nothing else.
"""

import gc
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from bench.recording import Nowhere
from engine import devices
from engine.evaluation.schedule import EVERY
from engine.learners.captured import EAGER, CudaGraph
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.replay import make_learner
from engine.run import Run
from engine.specification import RunSpecification

TASK = "crossroads"
SEEDS = (1, 32)
RUNS = ("reinforce", "grpo", "rvs", "decision_transformer")
ALONE = 3  # the seed that is also run by itself
REPEATS = 30
COMPARED = 6  # updates after which numbers are compared
CUDA = torch.device("cuda")


@dataclass(frozen=True)
class Figures:
    """Of one learner with one number of seeds; seconds of an update, unless they say otherwise.

    Attributes:
        run: as a run makes them: numbers drawn, graph replayed, diagnostics read before the next.
        graph: on the GPU alone: the graph replayed again and again.
        eager: the eager twin on the same GPU, diagnostics read.
        capture: to make the graph, once.
        kernels: that one update launches.
        floor: what as many kernels that do nothing take in a graph.
        moved: bytes that an update's operations read and write, none of them kept on the chip.
    """

    run: float
    graph: float
    eager: float
    capture: float
    kernels: int
    floor: float
    moved: int


def main() -> None:
    """Print the figures."""
    if not torch.cuda.is_available():
        print("no GPU that torch can use: nothing to measure")
        return
    bandwidth, node = copying(), launching()
    card = torch.cuda.get_device_name()
    print(f"{card}, torch {torch.__version__}, task {TASK}", flush=True)
    print(f"copies move {bandwidth / 1e12:.2f} TB/s; a kernel that does nothing takes {node * 1e6:.2f} µs")
    print(
        "| learner | seeds | update, ms | eager, ms | of 1 seed | GPU busy | kernels | of launch limit "
        "| of bandwidth | capture, ms | twin | alone |"
    )
    print("| --- | " + "--- | " * 11, flush=True)
    for name, kind in LEARNERS.items():
        if issubclass(kind, TrainedLearner):
            for row in rows(name, bandwidth, node):
                print(row, flush=True)
    whole_runs()


def rows(name: str, bandwidth: float, node: float) -> Iterator[str]:
    """A line of the table for each number of seeds."""
    first = 0.0
    for count in SEEDS:
        seeds = tuple(range(ALONE, ALONE + count))
        same, apart = twin(name, seeds), alone(name, seeds) if count > 1 else ""
        one = figures(name, seeds, node)
        first = first or one.run
        if one.graph:
            shares = (
                f"{one.graph / one.run:.0%} | {one.kernels} | {one.floor / one.graph:.0%} "
                f"| {one.moved / bandwidth / one.graph:.0%} | {one.capture * 1e3:.0f}"
            )
        else:
            shares = "not captured | | | |"
        yield (
            f"| {name} | {count} | {one.run * 1e3:.2f} | {one.eager * 1e3:.2f} | {one.run / first:.2f} "
            f"| {shares} | {same} | {apart} |"
        )


def whole_runs() -> None:
    """What a run's step takes with everything measured after every update, and which device is chosen."""
    print("| run | seeds | step, ms | of 1 seed | every 20th counted in | of 1 seed | chosen | choosing, s |")
    print("| --- | " + "--- | " * 7, flush=True)
    for name in RUNS:
        first: list[float] = []
        for count in SEEDS:
            wanted = RunSpecification("bench", TASK, name, seeds=tuple(range(count)), updates=10**9)
            began = time.perf_counter()
            choice = devices.chosen(wanted)
            took = time.perf_counter() - began
            with tempfile.TemporaryDirectory() as folder:
                run = Run(replace(wanted, device="cuda"), Path(folder) / "bench.h5")
                run._journal.close()
                run._journal = Nowhere()
                for _ in range(EAGER + 1):
                    run.update()
                # What is measured only now and then comes once in so many.
                steps = [timed(run.update, 1) for _ in range(EVERY)]
            both = [statistics.median(steps), statistics.fmean(steps)]
            first = first or both
            shown = [f"{a * 1e3:.1f} | {a / b:.2f}" for a, b in zip(both, first, strict=True)]
            print("|", " | ".join([name, str(count), *shown, choice.text(1), f"{took:.2f}"]), "|", flush=True)


def made(name: str, seeds: tuple[int, ...], device: torch.device = CUDA) -> TrainedLearner:
    """A learner as a run makes it."""
    learner = make_learner(RunSpecification("bench", TASK, name, seeds=seeds), device)
    assert isinstance(learner, TrainedLearner)
    return learner


def twin(name: str, seeds: tuple[int, ...]) -> str:
    """Whether repeated updates leave the same numbers as eager ones."""
    repeated, eager = made(name, seeds), made(name, seeds)
    if not repeated.fixed and len(repeated.parts) == 1:
        return "eager only"
    for _ in range(COMPARED):
        repeated.update()
        eager._update()
        eager.updates += 1
    return told(difference(repeated.state(), eager.state()))


def alone(name: str, seeds: tuple[int, ...]) -> str:
    """Whether the first of the seeds has the same numbers by itself."""
    company, single = made(name, seeds), made(name, seeds[:1])
    for _ in range(COMPARED):
        company.update()
        single.update()
    first = {key: tensor[:1] if tensor.dim() else tensor for key, tensor in company.state().items()}
    return told(difference(first, single.state()))


def difference(some: dict[str, Tensor], others: dict[str, Tensor]) -> float:
    """The largest ‖a − b‖ / ‖b‖ of their tensors; 0 where every bit is the same."""
    worst = 0.0
    for key, one in some.items():
        if not torch.equal(one, others[key]):
            a, b = one.double(), others[key].double()
            worst = max(worst, float((a - b).norm() / b.norm().clamp(min=1e-30)))
    return worst


def told(apart: float) -> str:
    """In the table's words."""
    return "same bits" if apart == 0 else f"{apart:.1e}"


def figures(name: str, seeds: tuple[int, ...], node: float) -> Figures:
    """See :class:`Figures`."""
    gc.collect()  # learners that were made before, and their memory
    eager = made(name, seeds)
    eager._update()
    with Moved() as moved:
        eager._update()
    twin_took = timed(lambda: read(eager._update()), 5)
    learner = made(name, seeds)
    for _ in range(EAGER):
        read(learner.update())
    capture = timed(lambda: read(learner.update()), 1)
    run = timed(lambda: read(learner.update()), REPEATS)
    graphs = [part.graph for part in learner.repeated if part.graph is not None]
    if not graphs:
        return Figures(run, 0.0, twin_took, 0.0, 0, 0.0, moved.bytes)
    assert all(isinstance(graph, CudaGraph) for graph in graphs)
    replay = on_the_gpu(lambda: [graph.replay() for graph in graphs])
    kernels = launched(lambda: [graph.replay() for graph in graphs])
    return Figures(run, replay, twin_took, capture, kernels, kernels * node, moved.bytes)


def read(reported: dict[str, Tensor]) -> None:
    """As a run does before it goes on."""
    torch.stack(list(reported.values())).cpu()


def timed(action: Callable[[], object], times: int) -> float:
    """Median seconds of an action that waits for its end."""
    taken = []
    for _ in range(times):
        torch.cuda.synchronize()
        began = time.perf_counter()
        action()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def on_the_gpu(action: Callable[[], object], times: int = REPEATS) -> float:
    """Mean seconds of an action between two events, launched one after another."""
    begun, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    action()
    torch.cuda.synchronize()
    begun.record()
    for _ in range(times):
        action()
    ended.record()
    torch.cuda.synchronize()
    return begun.elapsed_time(ended) / 1e3 / times


def launched(action: Callable[[], object]) -> int:
    """How many kernels and copies an action has the GPU do."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        action()
        torch.cuda.synchronize()
    return sum(event.device_type == DeviceType.CUDA for event in seen.events())


def copying() -> float:
    """Bytes a second read and written by a copy too large for any cache."""
    source = torch.rand(2**28, device=CUDA)
    target = torch.empty_like(source)
    return 2 * source.nbytes / on_the_gpu(lambda: target.copy_(source))


def launching() -> float:
    """Seconds of one of a thousand tiny kernels in a graph, each waiting for the one before."""
    number = torch.zeros(1, device=CUDA)
    number.add_(1)

    def body() -> None:
        for _ in range(1000):
            number.add_(1)

    return on_the_gpu(CudaGraph(body).replay) / 1000


class Moved(TorchDispatchMode):
    """Counts the bytes that operations read and write. A view moves none; a look-up reads what it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation and count."""
        result = func(*args, **(kwargs or {}))
        read_, written = list(tensors((args, kwargs))), list(tensors(result))
        own = {tensor.untyped_storage().data_ptr() for tensor in read_}
        changes = func._schema.is_mutable
        if changes or any(tensor.untyped_storage().data_ptr() not in own for tensor in written):
            output = sum(map(size, written))
            looked_up = any(part in str(func) for part in ("index", "embedding", "gather"))
            self.bytes += output + (2 * output if looked_up else sum(map(size, read_)))
        return result


def tensors(nested: Any) -> Iterator[Tensor]:
    """All tensors in lists, tuples and dictionaries."""
    if isinstance(nested, Tensor):
        yield nested
    elif isinstance(nested, dict):
        yield from tensors(list(nested.values()))
    elif isinstance(nested, list | tuple):
        yield from itertools.chain.from_iterable(map(tensors, nested))


def size(tensor: Tensor) -> int:
    """Bytes, what is merely expanded counted once."""
    return min(tensor.nbytes, tensor.untyped_storage().nbytes())


if __name__ == "__main__":
    main()
