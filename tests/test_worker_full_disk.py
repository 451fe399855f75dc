"""A worker whose disk is full rests, says what is needed, and goes on by itself when there is space."""

import multiprocessing
from pathlib import Path

import pytest

from engine.protocol import Control, Report, Status, Waiting
from engine.pulse import Voice
from engine.recording import journal
from engine.recording.reader import Recording
from engine.run import Run
from engine.specification import RunSpecification
from engine.worker import Worker
from tests.recording.faulty_disk import FullDisk


def work(folder: Path, full: FullDisk) -> list[Report]:
    """Twelve updates on a disk that is full meanwhile; everything the worker said."""
    ours, theirs = multiprocessing.Pipe()
    specification = RunSpecification("full", "ties", "reinforce", seeds=(0,), updates=12, checkpoint_every=4)
    with full.in_place():
        run = Run(specification, folder / "full.h5")
        Worker(theirs, Voice(theirs), run, hold=False).work()
    theirs.close()
    said = []
    try:
        while True:
            said.append(ours.recv())
    except EOFError:
        ours.close()
        return said


def test_it_waits_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.1)
    said = work(tmp_path, FullDisk(2, 4))
    waits = [report.message for report in said if isinstance(report, Waiting)]
    assert len(waits) == 2
    assert waits[0].startswith("no space left: ")
    assert "needed now" in waits[0]
    assert "rows are safe on disk" in waits[0]
    assert waits[1] == ""
    states = [report.state for report in said if isinstance(report, Status)]
    assert states[-1] == "finished"
    assert "paused" in states
    with Recording.open(tmp_path / "full.h5") as recording:
        assert recording.steps.tolist() == list(range(13))
        (note,) = [event for event in recording.events if event.kind == "note"]
        assert "for space" in note.data["text"]
        assert [checkpoint.step for checkpoint in recording.checkpoints] == [0, 4, 8, 12]


def test_a_checkpoint_that_finds_no_space_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(RunSpecification("full", "ties", "reinforce", seeds=(0,), updates=12), tmp_path / "full.h5")
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        write(path, data[:10])
        raise OSError(28, "No space left on device")

    run.update()
    monkeypatch.setattr(Path, "write_bytes", full)
    run.checkpoint()
    told = run.obstacle()
    assert told is not None
    assert "full.step-00000001.safetensors: No space left" in told
    assert not list(tmp_path.glob("*.partial"))
    monkeypatch.undo()
    assert run.obstacle() is None
    assert (tmp_path / "full.step-00000001.safetensors").stat().st_size > 10
    run.close()


def test_a_person_may_pause_what_waits(tmp_path: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    run = Run(RunSpecification("full", "ties", "reinforce", seeds=(0,), updates=12), tmp_path / "full.h5")
    worker = Worker(theirs, Voice(theirs), run, hold=False)
    obstacle = "no space left: in a test"
    run.obstacle = lambda: obstacle or None  # type: ignore[method-assign]
    worker._heed_the_disk()
    assert (worker.state, worker.waits) == ("paused", True)
    ours.send(Control(1, "pause"))
    worker._take_requests()
    obstacle = ""
    worker._heed_the_disk()
    assert (worker.state, worker.waits) == ("paused", False)
    ours.send(Control(2, "stop"))
    worker.work()
    ours.close()
    theirs.close()
