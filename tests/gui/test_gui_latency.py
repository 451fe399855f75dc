"""From a hand on a slider to light on the screen: what is timed, what ends it, and what is not waited for."""

import time

import pytest
from conftest import Shelf, Workers, started

from engine.experiments import Experiment
from gui.model.session import Session


def effect_is_painted(session: Session, shelf: Shelf, place: int, rows: int) -> bool:
    """Whether the painting of so many rows of the run in this place ends what is timed."""
    shelf.live[session.items[place].recording.path].reveal(rows)
    session.tick()
    return session.latency.painted()


def test_latency_is_from_the_hand_to_the_painting_of_its_effect(
    session: Session, experiment: Experiment, shelf: Shelf
) -> None:
    started(session, experiment)
    moment = time.perf_counter() - 0.5
    session.steering.turn("learning_rate", 0.3, moment)
    session.tick()
    assert not session.latency.painted()  # acknowledged, but no row carries it yet
    assert effect_is_painted(session, shelf, 0, rows=2)
    assert 500 <= session.latency.milliseconds < 3000
    assert not session.latency.painted()


def test_a_row_that_was_on_its_way_already_is_not_the_effect(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers
) -> None:
    started(session, experiment)
    workers.handles[0].step = 1
    session.steering.turn("learning_rate", 0.3)
    assert not effect_is_painted(session, shelf, 0, rows=2)  # of update 1: the change acts from the second on
    assert session.latency.busy
    assert effect_is_painted(session, shelf, 0, rows=3)


def test_at_rest_the_row_of_an_earlier_turn_is_not_the_effect(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers
) -> None:
    started(session, experiment)
    session.running.control("pause")
    session.tick()
    session.latency.begin(time.perf_counter(), "target", {7: session.items[1]})
    session.latency.acknowledged(7, 3)  # the second row is that of the turn before
    assert not effect_is_painted(session, shelf, 1, rows=2)
    assert effect_is_painted(session, shelf, 1, rows=3)


@pytest.mark.parametrize("ends", [True, False])
def test_what_cannot_come_any_more_is_not_waited_for(
    session: Session, experiment: Experiment, workers: Workers, ends: bool
) -> None:
    started(session, experiment)
    workers.handles[0].step = 1000  # that far it will not come
    session.steering.turn("learning_rate", 0.3)
    session.tick()
    assert session.latency.busy
    session.running.control("stop" if ends else "pause")
    session.tick()
    assert not session.latency.busy


def test_a_change_that_acts_only_after_resume_is_not_timed(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers
) -> None:
    started(session, experiment)
    session.running.control("pause")
    session.tick()
    session.steering.turn("learning_rate", 0.3)
    session.tick()
    assert workers.handles[0].knobs("learning_rate") == [0.3]
    assert not session.latency.busy
    session.running.control("resume")
    assert not effect_is_painted(session, shelf, 0, rows=2)
    assert session.latency.told is None
    session.running.control("pause")
    session.tick()
    session.steering._sent = 0.0  # the last message was long ago
    session.steering.turn("target", 0.5)  # changes how it acts: a resting run is measured at once
    session.tick()
    assert effect_is_painted(session, shelf, 1, rows=2)
