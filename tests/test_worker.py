"""A real worker process: commands acknowledged at the safe point, queries, failures, and SIGKILL."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import launch
from engine.protocol import (
    Acknowledged,
    Control,
    EpisodeAnswer,
    EpisodeQuery,
    Failed,
    PolicyAnswer,
    PolicyQuery,
    Refused,
    Report,
    SetKnob,
    Status,
)
from engine.recording import lock
from engine.recording.files import Files
from engine.recording.reader import Recording
from engine.recording.recovery import recover
from engine.specification import RunSpecification
from engine.worker import NICENESS

PATIENCE = 60.0


class Worker:
    """A handle, and everything it has said."""

    def __init__(self, folder: Path, **changes: object) -> None:
        values = {
            "name": "w",
            "task": "crossroads",
            "learner": "reinforce",
            "seeds": (0, 1),
            "updates": 10**6,
        }
        specification = RunSpecification(**{**values, **changes})  # type: ignore[arg-type]
        self.handle = launch.launch(specification, folder, hold=True)
        self.said: list[Report] = []

    def wait(self, kind: type, **fields: object) -> Report:
        """The first report of this kind with these fields, among what was said or will be."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.said += self.handle.reports()
            for report in self.said:
                if isinstance(report, kind) and all(getattr(report, k) == v for k, v in fields.items()):
                    return report
            time.sleep(0.01)
        raise AssertionError(f"no {kind.__name__} {fields}; said: {self.said[-5:]}")

    def ask(self, request: object) -> Report:
        self.handle.send(request)  # type: ignore[arg-type]
        return self.wait((Acknowledged, Refused, PolicyAnswer, EpisodeAnswer), id=request.id)  # type: ignore[arg-type, attr-defined]


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Worker]]:
    made: list[Worker] = []
    yield made
    launch.close_all(worker.handle for worker in made)


def test_a_run_that_is_steered_gives_way_to_the_window_and_to_its_own_recorder(
    tmp_path: Path, workers: list[Worker]
) -> None:
    worker = Worker(tmp_path)
    workers.append(worker)
    worker.wait(Status, state="running")
    journal_lock, deadline = Files.of(worker.handle.recording).lock, time.monotonic() + PATIENCE
    while (recorder := lock.holder(journal_lock)) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert recorder is not None
    assert worker.handle.pid is not None
    here, run, recorder = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, worker.handle.pid, recorder))
    assert run == min(here + NICENESS, 19)
    assert recorder == here


def test_pause_step_steer_and_stop(tmp_path: Path, workers: list[Worker]) -> None:
    worker = Worker(tmp_path, learner="conditional_oracle", knobs={"target": 1})
    workers.append(worker)
    worker.wait(Status, state="running")
    paused = worker.ask(Control(1, "pause"))
    assert isinstance(paused, Acknowledged)
    stepped = worker.ask(Control(2, "step"))
    assert isinstance(stepped, Acknowledged)
    assert stepped.step == paused.step + 1
    turned = worker.ask(SetKnob(3, "target", 0.0, "by hand"))
    assert isinstance(turned, Acknowledged)
    assert turned.step == stepped.step
    refused = worker.ask(SetKnob(4, "target", "high"))
    assert isinstance(refused, Refused)
    assert "number" in refused.message
    unknown = worker.ask(SetKnob(5, "wisdom", 1))
    assert isinstance(unknown, Refused)
    assert "target" in unknown.message
    answer = worker.ask(PolicyQuery(6, 1.0))
    assert isinstance(answer, PolicyAnswer)
    np.testing.assert_allclose(answer.policy.sum(axis=-1), 1, atol=1e-6)
    shown = worker.ask(EpisodeQuery(7, 1.0, 1, 0))
    assert isinstance(shown, EpisodeAnswer)
    assert (shown.episode.seed, shown.episode.step, sum(shown.episode.rewards)) == (1, stepped.step, 1.0)
    nobody = worker.ask(EpisodeQuery(8, 1.0, 2, 0))
    assert isinstance(nobody, Refused)
    assert "allowed: 0 to 1" in nobody.message
    worker.handle.close()
    with Recording.open(worker.handle.recording) as recording:
        assert not recording.live
        assert recording.steps[-1] == stepped.step
        (knob,) = (event for event in recording.events if event.kind == "knob")
        assert (knob.data["after"], knob.data["act"]) == (0.0, "by hand")
        # The turn of a resting run was measured at once, on the same step.
        here = recording.metric("return")[recording.steps == stepped.step]
        assert here[0].tolist() == pytest.approx([1.0, 1.0], abs=1e-9)
        for turned_row in here[1:]:  # a second one is the closer look, had this process to wait
            assert turned_row.tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
        assert len(here) > 1
        kinds = [
            (event.kind, event.data.get("action", event.data.get("after")))
            for event in recording.events
            if event.data.get("action") != "look closer"
        ]
        assert kinds == [("control", "pause"), ("control", "step"), ("knob", 0.0), ("control", "stop")]


def test_a_run_that_cannot_start_says_why(tmp_path: Path, workers: list[Worker]) -> None:
    worker = Worker(tmp_path, learner="magic")
    workers.append(worker)
    failed = worker.wait(Failed)
    assert isinstance(failed, Failed)
    assert "magic" in failed.message
    assert "reinforce" in failed.message
    assert not failed.traceback


def test_a_killed_run_is_recovered(tmp_path: Path, workers: list[Worker]) -> None:
    worker = Worker(tmp_path, checkpoint_every=5)
    workers.append(worker)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        report = worker.wait(Status, state="running")
        worker.said.clear()
        if isinstance(report, Status) and report.step >= 15:
            break
    pid = worker.handle.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while worker.handle.alive():
        time.sleep(0.01)
    assert worker.handle.ending == "killed by signal 9"
    recover(tmp_path)  # waits where the recorder that was left behind is finishing by itself
    with Recording.open(worker.handle.recording) as recording:
        assert recording.rows > 10
        np.testing.assert_array_equal(recording.steps, np.arange(recording.rows))
        assert np.isfinite(recording.metric("drift")).all()
        assert [checkpoint.step for checkpoint in recording.checkpoints][:3] == [0, 5, 10]
        for checkpoint in recording.checkpoints:
            assert (tmp_path / checkpoint.file).exists()
    assert not list(tmp_path.glob("*.journal"))
