"""Few seeds at a time: every bit as with all of them at once, on as many threads as there are cores."""

import threading
import time
from collections.abc import Iterator
from typing import cast

import pytest
import torch
from learner_builders import CPU, learner, two_doors

from engine.learners import few
from engine.learners.knobs import turned
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.tasks import gymnasium_environment
from engine.tasks.environment import Environment
from engine.tasks.make import make_environment

SMALL: dict[str, dict[str, object]] = {
    "decision_transformer": {"data_episodes": 64, "batch": 8},
    "published_transformer": {"data_episodes": 64, "batch": 8, "layers": 2, "heads": 2, "width": 16},
    "rebuilt": {"data_episodes": 64, "samples": 70},
}
IN_BOXES = ("decision_transformer", "published_transformer")
SEEDS = (4, 0, 2, 3, 9)


def trained(name: str, environment: Environment, seeds: tuple[int, ...] = SEEDS) -> TrainedLearner:
    return cast(TrainedLearner, learner(name, environment, seeds, SMALL[name]))


@pytest.fixture(scope="module")
def tabular() -> Environment:
    return two_doors()


@pytest.fixture(scope="module")
def box() -> Iterator[Environment]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gymnasium_environment, "SURVEY_EPISODES", 8)
        environment = make_environment("Pendulum-v1 | TimeLimit(max_episode_steps=4)", "", CPU)
    yield environment
    environment.close()


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.learners.trained.cores", lambda: 2)


def test_who_takes_few_at_a_time_is_tested_here() -> None:
    kinds = {name for name, kind in LEARNERS.items() if issubclass(kind, TrainedLearner) and kind.at_a_time}
    assert kinds == SMALL.keys()


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(
    ("name", "place"),
    [(name, "tabular") for name in SMALL] + [(name, "box") for name in IN_BOXES],
)
def test_few_at_a_time_and_all_at_once_are_the_same_to_the_last_bit(
    name: str, place: str, request: pytest.FixtureRequest
) -> None:
    environment = request.getfixturevalue(place)
    whole, apart = (trained(name, environment) for _ in range(2))
    begun = apart.state()

    def go_on() -> None:
        for step, at_a_time in enumerate((1, 2, 3, 2)):
            whole.at_a_time, apart.at_a_time = 0, at_a_time
            assert (len(whole.split()), len(apart.split())) == (1, -(-len(SEEDS) // at_a_time))
            if step == 1:
                for one in (whole, apart):
                    one.knobs = turned(one.knobs, "learning_rate", 0.5 * one.knobs.learning_rate)
            mine, theirs = whole.update(), apart.update()
            assert mine.keys() == theirs.keys()
            assert all(torch.equal(mine[key], theirs[key]) for key in mine)
        state = apart.state()
        assert all(torch.equal(tensor, state[key]) for key, tensor in whole.state().items())

    go_on()
    assert not torch.equal(begun["optimiser.weights"], apart.state()["optimiser.weights"])
    for one in (whole, apart):  # the few are of what has been loaded, too
        one.load(begun)
    go_on()


@pytest.mark.usefixtures("two_cores")
def test_no_core_is_left_without_seeds_and_products_are_not_shared_out_as_well(tabular: Environment) -> None:
    def sizes(*seeds: int) -> list[int]:
        return [len(one.streams.seeds) for one in trained("rebuilt", tabular, seeds).split()]

    alone = trained("rebuilt", tabular, (3,))
    assert alone.split() == [alone]
    assert sizes(3, 1) == [1, 1]
    assert sizes(3, 1, 4) == [2, 1]
    assert sizes(*range(8)) == [2, 2, 2, 2]
    torch.set_num_threads(2)
    try:
        assert sizes(*range(8)) == [8]
    finally:
        torch.set_num_threads(1)


def test_updates_meet_on_threads_that_are_kept_and_have_one_thread_each() -> None:
    seen: set[tuple[str, int]] = set()

    def update() -> few.Diagnostics:
        seen.add((threading.current_thread().name, torch.get_num_threads()))
        return {"loss": torch.ones(2)}

    for _ in range(3):
        told = few.side_by_side([update] * 5)
        assert told["loss"].tolist() == [1.0] * 10
    assert 1 <= len(seen) <= few.cores()
    assert all(name.startswith("seeds") and number == 1 for name, number in seen)
    seen.clear()
    few.side_by_side([update])  # one needs no other thread
    assert {name for name, _ in seen} == {threading.current_thread().name}


def test_an_error_comes_out_when_all_have_ended() -> None:
    ended = []

    def fails() -> few.Diagnostics:
        raise ArithmeticError("seeds 0 and 1")

    def takes_longer() -> few.Diagnostics:
        time.sleep(0.05)
        ended.append(True)
        return {"loss": torch.zeros(1)}

    with pytest.raises(ArithmeticError, match="seeds 0 and 1"):
        few.side_by_side([fails, takes_longer, takes_longer])
    assert len(ended) == 2
    assert few.side_by_side([takes_longer, takes_longer])["loss"].tolist() == [0.0, 0.0]
