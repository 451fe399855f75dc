"""From a hand on a slider to light on the screen: what is timed, what ends it, and what is not waited for."""

import time

import pytest
from conftest import Shelf, Workers, started

from engine.experiments import Experiment
from gui.model.session import Session


def test_latency_is_from_the_hand_to_the_painting_of_its_effect(
    session: Session, experiment: Experiment, shelf: Shelf
) -> None:
    started(session, experiment)
    moment = time.perf_counter() - 0.5
    session.steering.turn("learning_rate", 0.3, moment)
    session.tick()
    assert not session.latency.painted()  # acknowledged, but no row carries it yet
    shelf.live[session.items[0].recording.path].reveal(2)
    session.tick()
    assert session.latency.painted()
    assert 500 <= session.latency.milliseconds < 3000
    assert not session.latency.painted()


def test_a_row_that_was_on_its_way_already_is_not_the_effect(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers
) -> None:
    started(session, experiment)
    workers.handles[0].step = 1
    session.steering.turn("learning_rate", 0.3)
    shelf.live[session.items[0].recording.path].reveal(2)  # of update 1: the change acts from the second on
    session.tick()
    assert session.latency.busy
    assert not session.latency.painted()
    shelf.live[session.items[0].recording.path].reveal(3)
    session.tick()
    assert session.latency.painted()


def test_at_rest_the_row_of_an_earlier_turn_is_not_the_effect(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers
) -> None:
    started(session, experiment)
    session.running.control("pause")
    session.tick()
    session.latency.begin(time.perf_counter(), "target", {7: session.items[1]})
    session.latency.acknowledged(7, 3)  # the second row is that of the turn before
    shelf.live[session.items[1].recording.path].reveal(2)
    session.tick()
    assert not session.latency.painted()
    shelf.live[session.items[1].recording.path].reveal(3)
    session.tick()
    assert session.latency.painted()


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
    shelf.live[session.items[0].recording.path].reveal(2)
    session.tick()
    assert not session.latency.painted()
    assert session.latency.told is None
    session.running.control("pause")
    session.tick()
    session.steering._sent = 0.0  # the last message was long ago
    session.steering.turn("target", 0.5)  # changes how it acts: a resting run is measured at once
    session.tick()
    shelf.live[session.items[1].recording.path].reveal(2)
    session.tick()
    assert session.latency.painted()
