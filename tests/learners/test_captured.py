"""Repeated updates: what is replayed gives the numbers of the eager update, its twin.

There is no GPU here. A stand-in runs the update's own code where a CUDA graph would launch its kernels, so
that the tape of random numbers, the phases and the order of things are tested; `python -m bench.device` tests
the rest where there is a GPU.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from learner_builders import CPU, learner
from test_learner_every import SMALL
from torch.utils._python_dispatch import TorchDispatchMode

from engine.learners.captured import EAGER, Captured, in_turn
from engine.learners.knobs import turned
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment
from engine.tasks.tape import Tape


class Again:
    """Runs the body again, counting."""

    made = 0

    def __init__(self, body: Callable[[], None]) -> None:
        Again.made += 1
        self.replay = body


def trained(name: str, environment: TabularEnvironment) -> TrainedLearner:
    found = learner(name, environment, (3, 5), SMALL.get(name))
    assert isinstance(found, TrainedLearner)
    return found


ENVIRONMENT = TabularEnvironment(load("levels"), CPU)
FIXED = tuple(
    name
    for name, kind in LEARNERS.items()
    if issubclass(kind, TrainedLearner) and trained(name, ENVIRONMENT).fixed
)


@pytest.mark.parametrize("name", FIXED)
def test_a_repeated_update_is_the_eager_one(name: str) -> None:
    eager, repeated = trained(name, ENVIRONMENT), trained(name, ENVIRONMENT)
    parts = in_turn([Captured(part, repeated.drawn_from, Again) for part in repeated.parts])
    Again.made = 0
    for step in range(EAGER + 3):
        if step == EAGER + 2:  # turned in the middle: the graph is dropped
            name_of = "learning_rate" if hasattr(eager.knobs, "learning_rate") else "episodes"
            value = 0.5 * eager.knobs.learning_rate if name_of == "learning_rate" else 16
            eager.knobs, repeated.knobs = (turned(one.knobs, name_of, value) for one in (eager, repeated))
        mine = eager.update()
        theirs: dict[str, torch.Tensor] = {}
        for part in parts:
            theirs |= part(repeated.phase)
        repeated.updates += 1
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
        state = repeated.state()
        assert all(torch.equal(tensor, state[key]) for key, tensor in eager.state().items())
    assert Again.made == len(parts)


ASKING = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "lift_fresh", "equal"}


class Unasked(TorchDispatchMode):
    """Refuses what makes the host wait for a GPU, or sends it numbers from ordinary memory."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name().removeprefix("aten::").split(".")[0]
        assert name not in ASKING, f"{name} in an update that is to be captured"
        for index in args[1] if name in ("index", "index_put", "index_put_") else ():
            assert index is None or index.dtype != torch.bool, "as many rows as a mask happens to hold"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("task", ["two-goals", "key-to-door", "frozen-lake"])
@pytest.mark.parametrize("name", FIXED)
def test_an_update_to_be_captured_asks_the_device_nothing(name: str, task: str) -> None:
    one = trained(name, TabularEnvironment(load(task), CPU))
    one.update()
    for part in one.parts:
        for streams in one.drawn_from:
            streams.tape = Tape()
        part()  # draws, which on a GPU is done beforehand
        for streams in one.drawn_from:
            assert streams.tape is not None
            streams.tape.rewind()
        with Unasked():
            part()
        for streams in one.drawn_from:
            streams.tape = None


def test_the_dial_has_a_phase_of_its_own_before_rl() -> None:
    knobs = {**SMALL["dial"], "prediction_updates": 2}
    one = learner("dial", ENVIRONMENT, (3,), knobs)
    assert isinstance(one, TrainedLearner)
    phases = []
    for _ in range(4):
        phases.append(one.phase)
        one.update()
    assert phases[0] == phases[1] != phases[2] == phases[3]


def test_what_was_drawn_ahead_is_taken_back_when_something_else_comes() -> None:
    taken, plain = Streams((4, 9), "test", CPU), Streams((4, 9), "test", CPU)

    def update(streams: Streams) -> dict[str, torch.Tensor]:
        return {"seen": streams.uniform(5).sum(dim=1)}

    repeated = Captured(lambda: update(taken), [taken], Again)
    for _ in range(EAGER + 2):
        assert torch.equal(repeated("phase")["seen"], update(plain)["seen"])
    assert torch.equal(taken.state(), plain.state())  # though the next numbers are drawn already
    assert torch.equal(taken.uniform(3), plain.uniform(3))
    for _ in range(2):
        assert torch.equal(repeated("phase")["seen"], update(plain)["seen"])
    taken.load(plain.state())
    assert torch.equal(repeated("phase")["seen"], update(plain)["seen"])
    assert torch.equal(repeated("another phase")["seen"], update(plain)["seen"])
    assert torch.equal(taken.state(), plain.state())


def test_a_tape_draws_what_would_have_been_drawn() -> None:
    taped, plain = Streams((4, 9), "test", CPU), Streams((4, 9), "test", CPU)
    limits = [3, 1000]

    def draws(streams: Streams) -> list[torch.Tensor]:
        return [streams.uniform(2, 40), streams.below(lambda: limits, 5), streams.integers(7)]

    taped.tape = tape = Tape()
    places = draws(taped)
    assert all(map(torch.equal, places, draws(plain)))
    limits[0] = 800  # asked for at every draw
    for _ in range(2):
        tape.refill()
        tape.rewind()
        again = draws(taped)
        assert all(one is other for one, other in zip(places, again, strict=True))
        assert all(map(torch.equal, places, draws(plain)))
    assert places[1][0].max() > 3
    with pytest.raises(RuntimeError, match="draw 3 of shape"):
        taped.uniform(1)
