"""A worker whose requests come faster than it answers, or whose parent has gone."""

import multiprocessing
from pathlib import Path

import pytest

from engine.protocol import Acknowledged, Control, Request, SetKnob
from engine.pulse import Voice
from engine.recording.reader import Recording
from engine.rerun import rerun
from engine.run import Run
from engine.specification import RunSpecification
from engine.worker import Worker

STOP = Control(9, "stop")


def turns(*values: float, act: str, first: int) -> list[Request]:
    """Of the return that is asked for, in one act."""
    return [SetKnob(first + place, "target", value, act) for place, value in enumerate(values)]


def asked(folder: Path, *requests: Request) -> tuple[Path, list[int]]:
    """A recording of a run that was asked all this at once, and then by nobody; the ids of what it
    acknowledged."""
    path = folder / "asked.h5"
    ours, theirs = multiprocessing.Pipe()
    worker = Worker(
        theirs, Voice(theirs), Run(RunSpecification("a", "crossroads", "conditional_oracle"), path), hold=True
    )
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
            acknowledged += [report.id] if isinstance(report, Acknowledged) else []
    except EOFError:
        ours.close()
    return path, acknowledged


@pytest.mark.parametrize("act", ["drag", ""])
def test_a_drag_is_measured_where_the_hand_is(tmp_path: Path, act: str) -> None:
    drag, click = turns(0.25, 0.5, 0.75, act=act, first=2), turns(0.0, act="click", first=5)
    path, acknowledged = asked(tmp_path, Control(1, "pause"), *drag, *click, STOP)
    assert acknowledged == [1, 2, 3, 4, 5, 9]
    with Recording.open(path) as recording:
        knobs = [event.data for event in recording.events if event.kind == "knob"]
        assert [knob["after"] for knob in knobs] == [0.25, 0.5, 0.75, 0.0]
        # Of what no hand is known to have done every turn is measured; of two acts, both.
        assert [knob["measured"] for knob in knobs] == ([False, False, True, True] if act else [True] * 4)
        returns = recording.metric("return")[:, 0]
        assert returns[-1] == pytest.approx(0.0, abs=1e-9)
        assert len(returns) == 1 + (2 if act else 4)
    assert rerun(path).matches


def test_what_was_asked_before_the_parent_went_is_done(tmp_path: Path) -> None:
    path, _ = asked(tmp_path, Control(1, "pause"), *turns(0.25, 0.0, act="drag", first=2))
    with Recording.open(path) as recording:
        assert not recording.live
        knobs = [event.data["after"] for event in recording.events if event.kind == "knob"]
        assert knobs == [0.25, 0.0]
