"""The whole app over the real engine, without a screen: what a person does, with the real timer running."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from app import EXPERIMENT, App, choose, processes_about, running

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest

import main
from engine import experiments


@pytest.mark.timeout(300)
def test_run_steer_pause_scrub_export_close_and_open_again(
    opened: Callable[[], App], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    session, deck = app.session, app.window.deck
    choose(app, tmp_path, updates=100_000)  # it ends when the window is closed

    # Space runs, and rows arrive.
    app.press(Qt.Key.Key_Space)
    app.until(lambda: min(app.steps()[:2]) >= 20 and app.rows()[2] == 2)
    assert session.running.state == "running"
    pids = [item.handle.pid for item in session.items]
    assert all(map(running, pids))
    assert len(processes_about(tmp_path)) == 3  # a recorder each
    assert {bar.name for bar in deck.drift.bars.bars} == {"REINFORCE", "RvS", "conditional oracle"}

    # Space pauses: the steps stop growing.
    app.press(Qt.Key.Key_Space)
    app.until(lambda: session.running.state == "paused")
    app.until(lambda: all(item.updates_per_second == 0 for item in session.items))
    app.settle()
    steps = app.steps()
    app.settle()
    app.settle()
    assert app.steps() == steps

    # The target's slider moves the policy that is shown, also while paused.
    session.select(session.items[1])
    app.settle()
    before, asked = app.picture(), session.target
    assert asked == 1.0
    app.drag_target(0.0)
    app.until(lambda: app.picture() != before)
    assert session.target == session.board.settings["target"].knob.low < asked
    rows = app.rows()[1]
    app.drag_target(0.37)  # between two recorded targets: the worker answers
    app.until(
        lambda: session.items[1].answer is not None and session.items[1].answer.target == session.target
    )
    app.settle()
    np.testing.assert_array_equal(deck.policy.pictures[0].panel.policy, session.items[1].answer.policy[0])
    app.until(lambda: app.rows()[1] > rows)  # a resting run whose target changed is measured again
    app.until(lambda: session.latency.milliseconds is not None)
    app.drag_target(0.0)
    app.until(lambda: session.items[1].recording.events[-1].data.get("after") == session.target)

    # Scrubbing pins the cursor while rows arrive.
    app.press(Qt.Key.Key_Space)
    app.until(lambda: min(a - b for a, b in zip(app.steps()[:2], steps[:2], strict=True)) > 0)
    app.press(Qt.Key.Key_Escape)  # the slider lets go of the keyboard
    app.press(Qt.Key.Key_Home)
    app.press(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert (session.cursor.step, session.cursor.following) == (10, False)
    reached = app.steps()[0]
    app.until(lambda: app.steps()[0] > reached + 5)
    app.settle()
    assert (session.cursor.step, session.cursor.following) == (10, False)
    app.press(Qt.Key.Key_End)
    assert session.cursor.following
    app.press(Qt.Key.Key_Space)
    app.until(lambda: session.running.state == "paused")

    # Exports, through the actions of the menu.
    session.select(session.items[1])
    app.settle()
    app.settle()
    for kind in ("csv", "png", "svg"):
        app.window.actions_by_name[f"export_{kind}"].trigger()
        dialog = app.window.export_dialog
        dialog.file.setText(str(tmp_path / f"out.{kind}"))
        dialog.start()
        app.until(lambda dialog=dialog: not dialog.isVisible())
    lines = [line for line in (tmp_path / "out.csv").read_text().splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(lines))
    assert len(table) >= app.rows()[1]
    assert "return" in table[0] or any(row.get("metric") == "return" for row in table)
    assert QImage(str(tmp_path / "out.png")).width() == 2 * deck.board.width()
    assert QSvgRenderer(str(tmp_path / "out.svg")).isValid()

    # Closing ends every process and leaves whole recordings, which show what was shown.
    seen = app.seen()
    paths = [item.handle.recording for item in session.items]
    app.close()
    assert not any(map(running, pids))
    assert not processes_about(tmp_path)
    folder = paths[0].parent
    assert sorted(p.name for p in folder.iterdir() if p.suffix != ".safetensors") == sorted(
        path.name for path in paths
    )
    again = opened()
    for path in paths:
        again.window.opening.open_recording(path)
    again.session.select(again.session.items[1])
    again.until(lambda: again.seen()["points"] == seen["points"])  # the last thing to be painted
    again.until(lambda: len(again.seen()["drift"]) == len(paths))
    assert again.session.running.state == "recorded"
    after = again.seen()
    for what, value in seen.items():
        assert after[what] == value, what


@pytest.mark.timeout(300)
def test_a_steered_session_travels_with_its_forks_and_replays(
    opened: Callable[[], App], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = opened()
    session, window = app.session, app.window
    (tmp_path / "one.toml").write_text(
        EXPERIMENT.format(updates=100_000).partition('\n[[runs]]\nname = "RvS')[0]
    )
    window.opening.choose_experiment(str(tmp_path / "one.toml"))
    app.press(Qt.Key.Key_Space)
    app.until(lambda: app.steps()[0] >= 3)
    (elder,) = session.items
    session.steering.turn("learning_rate", 0.02)
    app.until(lambda: session.steering.undo.last.learned_by)
    app.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(window.deck.changes.choice.fork, Qt.MouseButton.LeftButton)
    app.until(lambda: len(session.items) == 2)
    turned = next(event for event in elder.recording.events if event.kind == "knob")
    before = session.items[1].specification
    assert before.parent.step in (turned.step, turned.step - 1)  # where the change was made, not 100 before
    assert before.knobs["learning_rate"] == turned.data["before"]
    session.select(elder)
    reached = elder.last_step
    app.press(Qt.Key.Key_F)
    app.until(lambda: len(session.items) == 3)
    assert session.items[2].specification.parent.step >= reached
    app.until(lambda: min(item.recording.rows if item.recording else 0 for item in session.items) > 2)
    app.press(Qt.Key.Key_Space)
    app.until(lambda: session.running.state == "paused")

    window.ask_export("supertask")
    window.export_dialog.hold.setCurrentIndex(1)
    window.export_dialog.file.setText(str(tmp_path / "family.supertask"))
    window.export_dialog.start()
    held = dict(zip((item.name for item in session.items), window.export_dialog.job.order.held, strict=True))
    app.until(lambda: not window.export_dialog.isVisible())
    app.close()

    again = opened()
    again.window.opening.open_file(tmp_path / "family.supertask")
    assert [item.depth for item in again.session.items] == [0, 1, 1]
    shown = {item.name: item.last_step for item in again.session.items}
    assert shown == held
    capsys.readouterr()
    assert main.main(["replay", str(tmp_path / "family.supertask"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matches"]


@pytest.mark.timeout(300)
def test_a_run_that_spent_its_budget_holds_steers_goes_on_and_stops(
    opened: Callable[[], App], tmp_path: Path
) -> None:
    app = opened()
    session = app.session
    choose(app, tmp_path, updates=40)
    app.press(Qt.Key.Key_Space)
    app.until(lambda: session.running.state == "holding")
    app.until(lambda: app.steps() == [40, 40, 1])
    rows = app.rows()
    app.drag_target(0.0)
    app.until(lambda: app.rows()[1] > rows[1] and app.rows()[2] > rows[2])
    assert app.rows()[0] == rows[0]
    app.press(Qt.Key.Key_Space)  # for as long again
    app.until(lambda: app.steps() == [80, 80, 1] and session.running.state == "holding")
    session.running.stop()
    app.until(lambda: session.running.state == "recorded")
    app.until(lambda: all(not item.recording.live for item in session.items))
    assert not any(item.message for item in session.items)
    app.until(lambda: not processes_about(tmp_path))
    app.press(Qt.Key.Key_Space)  # a fresh start, in files of its own
    app.until(lambda: app.steps() == [40, 40, 1])
    app.close()
    assert len(list((tmp_path / "recordings").rglob("*.h5"))) == 6


@pytest.mark.timeout(300)
def test_single_steps_and_a_worker_that_is_killed(opened: Callable[[], App], tmp_path: Path) -> None:
    app = opened()
    session = app.session
    choose(app, tmp_path, updates=100_000)
    app.press(Qt.Key.Key_Period)
    app.until(lambda: app.steps() == [1, 1, 1])
    app.press(Qt.Key.Key_Period)
    app.until(lambda: app.steps() == [2, 2, 1])
    app.settle()
    assert app.steps() == [2, 2, 1]
    os.kill(session.items[0].handle.pid, 9)
    app.until(lambda: session.items[0].state == "failed")
    app.press(Qt.Key.Key_Period)
    app.until(lambda: app.steps()[1] == 3)
    app.until(lambda: not session.items[0].recording.live)  # its recorder finishes what was written
    assert app.steps()[0] == 2
    app.close()
    assert not processes_about(tmp_path)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_that_ships_shows_every_run_at_every_target(
    opened: Callable[[], App], name: str
) -> None:
    app = opened()
    session = app.session
    shipped = experiments.load(name)
    runs = tuple(replace(r, seeds=(0, 1), updates=min(r.updates, 4), measure_every=2) for r in shipped.runs)
    session.choose(replace(shipped, runs=runs))
    app.press(Qt.Key.Key_Space)
    app.until(lambda: session.running.state == "holding")
    app.until(lambda: app.steps() == [run.updates for run in runs])
    assert not any(item.message for item in session.items)
    for item in session.items:
        session.select(item)
        app.tick()
        assert app.window.deck.policy.pictures[0].isVisible()
    if session.target is not None:
        for key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight, Qt.Key.Key_BracketRight):
            app.press(key)
            app.tick()
        for share in (0.0, 0.41, 1.0):
            app.drag_target(share)
            app.tick()
    app.press(Qt.Key.Key_Home)
    app.tick()
    app.window.toggle_theme()
    app.tick()
    app.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("wait", [0, 700])
def test_a_window_closed_while_its_runs_begin_leaves_nothing_running(
    opened: Callable[[], App], tmp_path: Path, wait: int
) -> None:
    app = opened()
    choose(app, tmp_path, updates=100_000)
    app.press(Qt.Key.Key_Space)
    app.qtbot.wait(wait)
    handles = [item.handle for item in app.session.items]
    app.close()
    assert not any(running(handle.pid) for handle in handles if handle.pid is not None)
    assert not processes_about(tmp_path)
    names = [path.suffix for path in (tmp_path / "recordings").rglob("*") if path.is_file()]
    assert set(names) <= {".h5", ".safetensors"}
