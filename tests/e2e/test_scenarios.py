"""What a person does, from start to end: the real program, a real display server, real keys and clicks."""

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from person import Person, display, until
from PIL import Image

from engine.recording.reader import Recording

pytestmark = [pytest.mark.display, pytest.mark.timeout(600)]

STEPS = "[item.last_step for item in window.session.items]"
ROWS = "[0 if i.recording is None else i.recording.rows for i in window.session.items]"
THREE_RUNS = """
title = "Three that go on"
claim = "C4"
summary = "Three runs."
try = ["Press Space."]
expect = "Rows."
task = "ties"
seeds = 2
updates = 1000000

[[runs]]
name = "first"
learner = "reinforce"

[[runs]]
name = "second"
learner = "reinforce"

[[runs]]
name = "third"
learner = "reinforce"
"""


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with display() as shown_on:
        someone = Person(shown_on, tmp_path)
        try:
            yield someone
        finally:
            someone.goes()


def recordings(home: Path) -> list[Path]:
    return sorted((home / ".local/share/Supertask/recordings").rglob("*.h5"))


def test_from_the_gallery_to_a_figure_a_session_and_back(person: Person, tmp_path: Path) -> None:
    # Start: the gallery; a word finds an experiment, Enter opens it, Space runs it, Escape skips the tour.
    person.starts()
    person.reads("Experiments")
    person.presses("t", "i", "e", "s", "Return", "space")
    person.waits_for("window.session.running.state == 'running'")
    person.waits_for("window.pages.tour.callout is not None")
    person.presses("Escape")
    person.waits_for(f"min({ROWS}) > 5")

    # Steer: the predictor's target is dragged to nothing, and it takes the arms that pay nothing.
    person.selects("RvS")
    person.drags("Target return", 1.0, 0.0)
    person.waits_for("window.session.target == 0")
    person.waits_for("window.deck.policy.pictures[0].panel.policy[0, 2:].sum() > 0.9")
    person.presses("ctrl+z")
    person.waits_for("window.session.target == 1")
    person.presses("Escape")  # the slider lets go of the keyboard

    # Alarm: a run that lost its modes says so; C goes to where it began.
    person.waits_for("window.session.alarms.of(window.session.items[4]) is not None")
    person.presses("c")
    person.waits_for("not window.session.cursor.following")
    alarmed = person.sees("window.session.selected.name")
    assert person.sees("window.session.alarms.of(window.session.selected).step") == person.sees(
        "window.session.cursor.step"
    )

    # Scrub: the cursor stays where it is put, whatever arrives; End follows again.
    person.presses("Home", "shift+Right", "Right")
    reached = person.sees(STEPS)[0]
    person.waits_for(f"{STEPS}[0] > {reached} + 3")
    assert person.sees("window.session.cursor.step") == 11

    # Fork: from the checkpoint before the cursor; parent and fork go on side by side, on one axis.
    person.presses("f")
    person.waits_for("len(window.session.items) == 8")
    person.waits_for(f"min({ROWS}) > 5")
    assert [alarmed] == person.sees("[i.name for i in window.session.items if i.depth == 0][4:5]")
    assert person.sees("[i.specification.parent is not None for i in window.session.items].count(True)") == 1
    person.presses("End", "space")
    person.waits_for("window.session.running.state == 'paused'")

    # Export: a picture, and everything in one file.
    for keys, name in (("ctrl+e", "figure.png"), ("ctrl+shift+s", "all.supertask")):
        person.presses(keys)
        person.reads("Export")
        person.clicks("File")
        person.fills_in(tmp_path / name)
        person.presses("Return")
        until((tmp_path / name).exists, name)
        person.waits_for("not window.export_dialog.isVisible()")
    with Image.open(tmp_path / "figure.png") as figure:
        assert figure.width > 1000
        assert len(np.unique(np.asarray(figure.convert("L")))) > 50
    shown = person.sees("[(i.name, i.last_step) for i in window.session.items]")
    person.leaves()
    assert len(recordings(tmp_path)) == 8
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".journal", ".part")]

    # Reopen: what was saved is there again.
    person.starts(tmp_path / "all.supertask")
    person.waits_for(f"min({ROWS}) > 5")
    assert [name for name, _ in person.sees("[(i.name, i.last_step) for i in window.session.items]")] == [
        name for name, _ in shown
    ]
    person.leaves()
    assert (tmp_path / "said.txt").read_text() == ""


def test_a_worker_is_killed_and_a_disk_is_full_and_nothing_is_lost(person: Person, tmp_path: Path) -> None:
    (tmp_path / "three.toml").write_text(THREE_RUNS)
    person.starts(tmp_path / "three.toml")
    person.presses("space")
    person.waits_for(f"min({ROWS}) > 5")
    killed, full, _ = person.sees("[item.handle.pid for item in window.session.items]")

    # Killed: its row says so, and why; the others go on.
    os.kill(killed, signal.SIGKILL)
    person.waits_for("window.session.items[0].state == 'failed'")
    reached = person.sees(STEPS)
    person.waits_for(f"min(b - a for a, b in zip({reached[1:]}, {STEPS}[1:])) > 10")

    # No space: the kernel lets no file of this worker grow. It rests and says so; with space again it goes
    # on.
    before = resource.prlimit(full, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    person.waits_for("'no space left' in window.session.items[1].message")
    rested = person.sees(STEPS)
    person.waits_for(f"{STEPS}[2] > {rested[2]} + 10")
    assert person.sees(STEPS)[1] <= rested[1] + 1
    resource.prlimit(full, resource.RLIMIT_FSIZE, before)
    person.waits_for(f"{STEPS}[1] > {rested[1]} + 10")

    shown = person.sees(ROWS)
    person.leaves()
    kept = recordings(tmp_path)
    assert [path.stem for path in kept] == ["first", "second", "third"]
    for path, rows in zip(kept, shown, strict=True):
        with Recording.open(path) as recording:
            assert recording.rows >= rows
            np.testing.assert_array_equal(recording.steps, np.arange(recording.rows))


def test_a_file_that_is_no_recording_is_refused_in_a_line(person: Person, tmp_path: Path) -> None:
    (tmp_path / "three.toml").write_text(THREE_RUNS)
    (tmp_path / "noise.h5").write_bytes(np.random.default_rng(0).bytes(50_000))
    (tmp_path / "noise.supertask").write_bytes(np.random.default_rng(1).bytes(50_000))
    person.starts(tmp_path / "three.toml")
    for name, answer in (
        ("noise.h5", "noise.h5: refused: is not an HDF5 file"),
        ("noise.supertask", "noise.supertask: not a session that can be read"),
        ("nowhere.h5", "nowhere.h5\nFile not found."),
    ):
        person.presses("ctrl+o")
        person.reads("File name")
        person.fills_in(tmp_path / name)
        person.presses("Return")
        person.reads(answer)
        person.presses("Escape")
    person.presses("Escape")
    person.waits_for("window_to_focus() == int(window.winId())")
    person.presses("space")  # the window is as it was
    person.waits_for(f"min({ROWS}) > 5")
    person.leaves()


def test_the_default_experiment_runs_on_space_and_an_interrupt_leaves_whole_recordings(
    person: Person, tmp_path: Path
) -> None:
    person.starts()
    person.reads("Experiments")
    person.presses("space")
    person.waits_for(f"len({ROWS}) == 6 and min({ROWS}) > 1 and max({ROWS}) > 10")
    ended_by(person, signal.SIGINT)
    whole(tmp_path, 6)


def test_an_app_told_to_terminate_leaves_whole_recordings(person: Person, tmp_path: Path) -> None:
    (tmp_path / "three.toml").write_text(THREE_RUNS)
    person.starts(tmp_path / "three.toml")
    person.presses("space")
    person.waits_for(f"len({ROWS}) == 3 and min({ROWS}) > 1")
    ended_by(person, signal.SIGTERM)
    whole(tmp_path, 3)


def ended_by(person: Person, number: signal.Signals) -> None:
    person.app.send_signal(number)
    assert person.app.wait(90) == 0


def whole(home: Path, count: int) -> None:
    """So many recordings, nothing half-written beside them, and not a word on the terminal."""
    assert (home / "said.txt").read_text() == ""
    assert len(recordings(home)) == count
    assert not [path for path in home.rglob("*") if path.suffix in (".journal", ".part")]
