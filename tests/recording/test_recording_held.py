"""A recording as it was after an update, and a copy of it: whatever its run did later."""

from pathlib import Path

import numpy as np
import pytest
import recording_samples as samples

from engine.exports.job import carry_out
from engine.exports.kinds import Order
from engine.exports.together import held_at, said
from engine.recording import recorder
from engine.recording.codec import Block
from engine.recording.layout_h5 import RecordingFile
from engine.recording.reader import Recording
from engine.recording.schema import Event


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """30 updates; a knob turned and a checkpoint taken every ten."""
    samples.write(tmp_path / "a.journal", 30)
    assert recorder.main(tmp_path / "a.journal") == 0
    return tmp_path / "a.h5"


@pytest.mark.parametrize("until", [0, 11, 12, 29, 1000])
def test_it_holds_what_it_held_then(finished: Path, until: int) -> None:
    rows = min(until, 29) + 1
    with Recording.open(finished) as later, Recording.open(finished, until) as held:
        assert (held.rows, held.last_step, held.held) == (rows, rows - 1, True)
        assert [event.step for event in held.events] == [step for step in (0, 10, 20) if step <= until]
        assert [point.step for point in held.checkpoints] == [step for step in (0, 10, 20) if step <= until]
        assert held.policy_rows.tolist() == [row for row in range(rows) if row % 2 == 0]
        assert held.returns_rows.tolist() == [row for row in range(rows) if row % 5 == 0]
        np.testing.assert_array_equal(held.metric("loss"), later.metric("loss")[:rows])
        np.testing.assert_array_equal(held.policy(rows - 1), later.policy(rows - 1))
        assert held.curve("return", 0, 100, 50).x.tolist() == list(range(rows))
        assert not held.refresh()


def test_a_copy_of_it_is_a_recording_of_its_own(finished: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    order = Order("h5", (finished,), tmp_path / "b.h5", held=(12,))
    carry_out(order, lambda done, of: told.append((done, of)))
    assert told[-1] == (13, 13)
    with Recording.open(finished, 12) as held, Recording.open(tmp_path / "b.h5") as copy:
        assert (copy.rows, copy.live) == (13, False)
        assert (copy.events, copy.checkpoints) == (held.events, held.checkpoints)
        assert copy.policy_rows.tolist() == held.policy_rows.tolist()
        assert copy.returns_rows.tolist() == held.returns_rows.tolist()
        for row in range(13):
            np.testing.assert_array_equal(copy.policy(row), held.policy(row))
            np.testing.assert_array_equal(copy.returns(row), held.returns(row))
    samples.check(tmp_path / "b.h5", 13)
    whole = Order("h5", (finished,), tmp_path / "c.h5")
    carry_out(whole)
    assert (tmp_path / "c.h5").read_bytes() == finished.read_bytes()


def going(path: Path, steps: list[int], events: tuple[Event, ...] = (), updates: int = 100) -> Recording:
    """A live recording of these rows, of a run that may make so many updates."""
    layout = samples.layout()
    layout.provenance["specification"]["updates"] = updates  # type: ignore[index]
    none = np.empty(0, dtype=np.int64)
    file = RecordingFile(f"{path}.part", layout, lossless=True, live=True)
    file.append(
        Block(
            np.array(steps), np.array(steps) / 10, np.zeros((len(steps), samples.SEEDS, 2)),
            none, np.empty((0, *layout.policy_shape), dtype=np.float32),
            none, np.empty((0, samples.SEEDS, samples.TARGETS, samples.RETURNS), dtype=np.float32),
            events, (),
        )
    )  # fmt: skip
    file.close()
    return Recording.open(path)


def test_runs_that_go_on_are_held_where_all_of_them_have_been(finished: Path, tmp_path: Path) -> None:
    names = iter("bcdefghi")

    def run(last: int, *events: Event, updates: int = 100) -> Recording:
        return going(tmp_path / f"{next(names)}.h5", list(range(last + 1)), events, updates)

    ended = Recording.open(finished)
    fast, slow, spent = run(40), run(25), run(5, updates=5)
    broken = run(7, Event(7, 0.7, "alarm", {"message": "loss is not finite"}))
    longer = run(30, Event(20, 2.0, "control", {"action": "extend"}), updates=20)
    lost = run(28, Event(28, 2.8, "alarm", {"message": "seed 1 is lost", "seeds": [1]}))
    gap = run(27, Event(27, 2.7, "alarm", {"message": "2 rows are missing", "bytes": 9, "rows": 2}))
    everything = [ended, fast, slow, spent, broken, longer, lost, gap]
    held = held_at(everything)
    assert held == (None, 25, 25, None, None, 25, 25, 25)
    assert said(held) == "runs that go on as they were after update 25"
    assert held_at(everything, each=True) == (None, 40, 25, None, None, 30, 28, 27)
    assert said(held_at(everything, each=True)) == "runs that go on as they were after updates 25 to 40"
    assert said(held_at([slow])) == "as it was after update 25"
    assert said(held_at([ended, spent])) == ""
    for recording in everything:
        recording.close()


def test_a_turn_whose_row_is_not_there_yet_is_not_there_either(tmp_path: Path) -> None:
    turn = Event(3, 0.35, "knob", {"name": "target", "before": 1.0, "after": 0.0, "measured": True})
    other = Event(3, 0.36, "knob", {"name": "learning_rate", "before": 1.0, "after": 0.0, "measured": False})
    going(tmp_path / "a.h5", [0, 1, 2, 3], (turn, other)).close()
    with Recording.open(tmp_path / "a.h5", 3) as held:
        assert held.events == [other]
    going(tmp_path / "b.h5", [0, 1, 2, 3, 4], (turn,)).close()
    with Recording.open(tmp_path / "b.h5", 4) as held:
        assert held.events == [turn]


def test_nor_are_the_turns_that_it_overtook(tmp_path: Path) -> None:
    def turn(seconds: float, act: str, *, measured: bool) -> Event:
        return Event(3, seconds, "knob", {"name": "target", "after": 0.0, "measured": measured, "act": act})

    drag = turn(0.36, "drag", measured=False), turn(0.37, "drag", measured=True)
    before = turn(0.35, "before", measured=False)
    going(tmp_path / "a.h5", [0, 1, 2, 3], (before, *drag)).close()
    with Recording.open(tmp_path / "a.h5", 3) as held:
        assert held.events == [before]
