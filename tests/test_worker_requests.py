"""A worker whose requests come faster than it answers, or whose parent has gone."""

import math
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from engine.protocol import Acknowledged, Control, Request, SetKnob
from engine.pulse import Voice
from engine.recording.reader import Recording
from engine.rerun import rerun
from engine.run import Run
from engine.specification import RunSpecification
from engine.urgency import Caller, here
from engine.worker import Worker

P = ParamSpec("P")
T = TypeVar("T")
SMALL = {"data_episodes": 8, "batch": 8}
STOP = Control(9, "stop")


def turns(*values: float, act: str, first: int) -> list[Request]:
    """Of the return that is asked for, in one act."""
    return [SetKnob(first + place, "target", value, act) for place, value in enumerate(values)]


def asked(
    folder: Path, *requests: Request, learner: str = "conditional_oracle", urgently: Caller = here
) -> tuple[Path, list[Acknowledged]]:
    """A recording of a run that was asked all this at once, and then by nobody; what it acknowledged."""
    path = folder / "asked.h5"
    ours, theirs = multiprocessing.Pipe()
    knobs = SMALL if learner == "decision_transformer" else {}
    run = Run(RunSpecification("a", "crossroads", learner, knobs=knobs, seeds=(0,)), path)
    worker = Worker(theirs, Voice(theirs), run, hold=True, urgently=urgently)
    for request in requests:
        ours.send(request)
    if STOP not in requests:
        ours.close()
    worker.work()
    theirs.close()
    acknowledged = []
    try:
        while not ours.closed:
            report = ours.recv()
            acknowledged += [report] if isinstance(report, Acknowledged) else []
    except EOFError:
        ours.close()
    return path, acknowledged


@pytest.mark.parametrize("act", ["drag", ""])
def test_a_drag_is_measured_where_the_hand_is(tmp_path: Path, act: str) -> None:
    drag, click = turns(0.25, 0.5, 0.75, act=act, first=2), turns(0.0, act="click", first=5)
    path, acknowledged = asked(tmp_path, Control(1, "pause"), *drag, *click, STOP)
    assert [one.id for one in acknowledged] == [1, 2, 3, 4, 5, 9]
    # Each says with how many rows its effect is there: an overtaken turn's with the row of the next.
    assert [one.rows for one in acknowledged[1:5]] == ([2, 2, 2, 3] if act else [2, 3, 4, 5])
    with Recording.open(path) as recording:
        knobs = [event.data for event in recording.events if event.kind == "knob"]
        assert [knob["after"] for knob in knobs] == [0.25, 0.5, 0.75, 0.0]
        # Of what no hand is known to have done every turn is measured; of two acts, both.
        assert [knob["measured"] for knob in knobs] == ([False, False, True, True] if act else [True] * 4)
        returns = recording.metric("return")[:, 0]
        assert returns[-1] == pytest.approx(0.0, abs=1e-9)
        assert len(returns) == 1 + (2 if act else 4)
    assert rerun(path).matches


def test_where_what_overtook_a_turn_is_refused_a_closer_look_is_owed(tmp_path: Path) -> None:
    run = Run(RunSpecification("a", "crossroads", "conditional_oracle", seeds=(0,)), tmp_path / "a.h5")
    ours, theirs = multiprocessing.Pipe()
    worker = Worker(theirs, Voice(theirs), run, hold=True)
    for request in (Control(1, "pause"), *turns(0.0, math.nan, act="drag", first=2)):
        ours.send(request)
    worker._take_requests()
    assert run.rows == 1
    assert run.owes_a_closer_look
    ours.send(STOP)
    ours.close()
    worker.work()
    theirs.close()


def test_a_turn_is_not_overtaken_by_one_beyond_a_command(tmp_path: Path) -> None:
    first, then = turns(0.25, 0.0, act="drag", first=2)
    path, _ = asked(
        tmp_path, Control(1, "pause"), first, Control(4, "resume"), Control(5, "pause"), then, STOP
    )
    with Recording.open(path) as recording:
        assert [e.data["measured"] for e in recording.events if e.kind == "knob"] == [True, True]


@pytest.mark.parametrize(
    ("learner", "quick", "urgent"),
    [("conditional_oracle", 1e6, 2), ("conditional_oracle", 0.0, 0), ("decision_transformer", 1e6, 0)],
)
def test_what_is_exact_quick_and_at_rest_is_urgent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learner: str, quick: float, urgent: int
) -> None:
    monkeypatch.setattr("engine.worker.QUICK", quick)
    called: list[str] = []

    def urgently(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        called.append(function.__name__)
        return function(*arguments, **named)

    running, resting = turns(0.5, act="", first=7), turns(0.25, 0.0, act="", first=2)
    asked(tmp_path, *running, Control(1, "pause"), *resting, STOP, learner=learner, urgently=urgently)
    assert called == ["start_recorder", *["_timed"] * urgent]


def test_what_was_asked_before_the_parent_went_is_done(tmp_path: Path) -> None:
    path, _ = asked(tmp_path, Control(1, "pause"), *turns(0.25, 0.0, act="drag", first=2))
    with Recording.open(path) as recording:
        assert not recording.live
        knobs = [event.data["after"] for event in recording.events if event.kind == "knob"]
        assert knobs == [0.25, 0.0]
