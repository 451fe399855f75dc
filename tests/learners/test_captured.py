"""Repeated updates: what is replayed gives the numbers of the eager update, its twin.

There is no GPU here. A stand-in repeats the operations of an update on the same memory, as a CUDA graph does
its kernels; `python -m bench.device` compares the two where there is a GPU.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from launches import Launches
from learner_builders import CPU, learner
from test_learner_every import SMALL
from torch.utils._python_dispatch import TorchDispatchMode

from engine.learners import plain_network
from engine.learners.captured import EAGER, Captured, in_turn
from engine.learners.knobs import turned
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.tasks import arithmetic, gymnasium_environment
from engine.tasks.make import make_environment
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment
from engine.tasks.tape import Tape


@pytest.fixture(autouse=True)
def by_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU: what NumPy does the stand-in does not see."""
    for place in (arithmetic, plain_network):
        monkeypatch.setattr(place, "by_numpy", lambda device: False)


class Again:
    """Runs the body again."""

    def __init__(self, body: Callable[[], None]) -> None:
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
    hold_together(trained(name, ENVIRONMENT), trained(name, ENVIRONMENT))


@pytest.mark.parametrize("name", ["ppo", "decision_transformer", "rvs"])
def test_so_it_is_where_a_classic_task_steps_as_tensors(name: str) -> None:
    environment = make_environment("CartPole-v1", "", CPU)
    knobs = {"environments": 3, "steps": 8, "minibatch": 12, "epochs": 2} if name == "ppo" else SMALL[name]
    eager, repeated = (learner(name, environment, (3, 5), knobs) for _ in range(2))
    assert isinstance(eager, TrainedLearner)
    assert isinstance(repeated, TrainedLearner)
    assert repeated.fixed
    hold_together(eager, repeated)


@pytest.mark.parametrize("head", ["bins", "gaussian", "mixture", "deterministic"])
def test_so_it_is_where_actions_are_a_box(head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gymnasium_environment, "SURVEY_EPISODES", 8)
    environment = make_environment("Pendulum-v1 | TimeLimit(max_episode_steps=4)", "", CPU)
    name = "published_transformer" if head == "deterministic" else "rvs"
    eager, repeated = (learner(name, environment, (3, 5), {**SMALL[name], "head": head}) for _ in range(2))
    assert isinstance(eager, TrainedLearner)
    assert isinstance(repeated, TrainedLearner)
    assert repeated.fixed
    hold_together(eager, repeated)


def hold_together(eager: TrainedLearner, repeated: TrainedLearner) -> None:
    """Make updates of both, one repeated operation by operation, and compare everything."""
    made = 0

    def graph(body: Callable[[], None]) -> Launches:
        nonlocal made
        made += 1
        return Launches(body)

    parts = in_turn([Captured(part, repeated.drawn_from, graph) for part in repeated.parts])
    turn = EAGER + 3
    for step in range(2 * EAGER + 4):
        if step == turn:  # in the middle: the graph is dropped, and another made in time
            name = "learning_rate" if hasattr(eager.knobs, "learning_rate") else "episodes"
            value = 0.5 * eager.knobs.learning_rate if name == "learning_rate" else 16
            eager.knobs, repeated.knobs = (turned(one.knobs, name, value) for one in (eager, repeated))
        mine = eager.update()
        theirs: dict[str, torch.Tensor] = {}
        for part in parts:
            theirs |= part(repeated.phase)
        repeated.updates += 1
        assert mine.keys() == theirs.keys()
        assert all(same(mine[key], theirs[key]) for key in mine)
        state = repeated.state()
        assert all(same(tensor, state[key]) for key, tensor in eager.state().items())
    assert made == 2 * len(parts)


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether every number is, those that are none included."""
    return torch.equal(one.isnan(), other.isnan()) and torch.equal(one.nan_to_num(), other.nan_to_num())


def test_what_python_puts_in_anothers_place_is_not_seen_by_a_repetition() -> None:
    held = {"sum": torch.zeros(2)}

    def update() -> dict[str, torch.Tensor]:
        held["sum"] = held["sum"] + 1  # not in place
        return {"sum": held["sum"]}

    repeated = Captured(update, [], Launches)
    told = [float(repeated(0)["sum"][0]) for _ in range(EAGER + 3)]
    assert told == [1, 2, 3, 4, 4, 4]


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
