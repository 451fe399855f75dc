"""The pad: where a pair is in pixels, and that dragging asks as the slider does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import synthetic
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from engine.tasks.tabular import Goals
from gui.main_window import MainWindow
from gui.model.goals import Pair
from gui.model.pad import Pairs, achieved
from gui.text_size import base_font
from gui.theme import Look
from gui.widgets.pad import AXIS, HEAD, Pad

BROUGHT = ((0, 0), (1, 0), (0, 3), (2, 2))  # apples and pears
SHARES = (0.5, 0.3, 0.15, 0.05)


@pytest.fixture
def fruit(window: MainWindow, tmp_path: Path, settle: Callable[[], None]) -> MainWindow:
    """A run that brings three pears when it is asked for them, in 8 episodes of 10, and nothing else."""
    goals = Goals(("apples", "pears"))
    codes = np.array([goals.coded(*pair) for pair in BROUGHT])
    order = np.argsort(codes)
    made = synthetic.layout("RvS", seeds=2)
    kept = {name: value for name, value in made.constants.items() if name.startswith("grid")}
    kept |= {"supported": np.ones(4)}
    task = {"name": "crossroads", "goals": {"names": list(goals.names), "step": goals.step}}
    knobs = [replace(synthetic.TARGET, high=5.0).as_data()]
    made = replace(
        made,
        constants={**kept, "base_returns": np.array(SHARES)[order]},
        catalogue={**made.catalogue, "task": task, "knobs": knobs},
        targets=tuple(codes[order].tolist()),
        returns=tuple(codes[order].tolist()),
    )
    shares = np.zeros((2, 4, 4))
    shares[:, :, 0] = 1.0
    shares[:, codes[order].tolist().index(3.003)] = [0.2, 0.0, 0.8, 0.0]
    row = replace(
        synthetic.rows(synthetic.layout("RvS", seeds=2), 1)[0],
        policy=np.full((2, 4, len(made.probes), 4), 0.25, dtype=np.float32),
        returns=shares.astype(np.float32),
    )
    synthetic.write(tmp_path / "fruit.h5", made, [row])
    window.session.open(tmp_path / "fruit.h5")
    window.session.steering.look_at_target(0.0)
    settle()
    return window


def pad_of(window: MainWindow) -> Pad:
    pad = window.deck.objective.pad
    assert pad is not None
    return pad


def test_the_density_is_the_bases_by_pair(fruit: MainWindow) -> None:
    pairs = pad_of(fruit).pairs
    assert (pairs.low, pairs.high) == ((0, 0), (2, 3))
    assert pairs.density == pytest.approx(
        np.array([[0.5, 0.3, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.05], [0.15, 0.0, 0.0]])
    )
    assert (pairs.code((0, 3)), pairs.parts(4.002)) == (3.003, (2, 2))
    assert pairs.words((2, 2)) == "2 apples, 2 pears · 5 % of the data"
    assert pairs.words((1, 1)) == "1 apples, 1 pears · out of support"


def test_a_pair_stands_in_the_middle_of_its_cell_and_a_pixel_is_the_pair_of_its_cell(qapp: object) -> None:
    plane = Pairs(Pair(("apples", "pears"), 1e-3), (0, 0), np.ones((4, 3)))  # 3 across, 4 up
    pad = Pad(plane, Look("light"))
    pad.setFont(base_font())
    pad.resize(int(AXIS) + 300 + 2, int(HEAD) + 200 + int(AXIS))  # cells of 100 by 50
    assert pad.place(0, 0) == QPointF(AXIS + 50, HEAD + 175)
    assert pad.place(2, 3) == QPointF(AXIS + 250, HEAD + 25)
    assert pad.place(0.5, 1.5) == QPointF(AXIS + 100, HEAD + 100)  # a mean of runs is between cells
    assert pad.pair_at(QPointF(AXIS + 101, HEAD + 99)) == (1, 2)
    assert pad.pair_at(QPointF(AXIS + 99, HEAD + 101)) == (0, 1)
    assert pad.pair_at(QPointF(-50, 9999)) == (0, 0)
    assert pad.pair_at(QPointF(9999, -50)) == (2, 3)
    pad.setFont(base_font(200))  # numbers and names get the room that they need
    assert pad.plane().topLeft() == QPointF(2 * AXIS, 2 * HEAD)


def test_dragging_asks_and_the_picture_follows_and_is_one_change(
    fruit: MainWindow, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.model.changes.TOGETHER", 60.0)  # however slow the machine is
    pad, session = pad_of(fruit), fruit.session
    session.steering.undo.forget()
    before = pad.grab().toImage()
    start, over, end = (pad.place(*pair).toPoint() for pair in ((1, 0), (1, 3), (0, 3)))
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=start)
    settle()
    assert session.target == 1.0
    for place in (over, end, end + QPoint(1, 1)):
        QTest.mouseMove(pad, place)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=end)
    settle()
    assert session.target == 3.003
    assert pad.asked == ((0, 3),)
    assert pad.grab().toImage() != before
    assert fruit.deck.objective.sliders["target"].entry.text() == "3.003"
    assert "0 apples, 3 pears" in fruit.deck.policy.note.text()
    fruit.set_back()
    settle()
    assert (session.target, pad.asked) == (0.0, ((0, 0),))
    fruit.redo()
    settle()
    assert (session.target, pad.asked) == (3.003, ((0, 3),))


def test_the_arrow_keys_move_the_point_and_not_the_cursor(
    fruit: MainWindow, settle: Callable[[], None]
) -> None:
    pad, session = pad_of(fruit), fruit.session
    pad.setFocus()
    for key, target in (
        (Qt.Key.Key_Right, 1.0),
        (Qt.Key.Key_Up, 2.001),
        (Qt.Key.Key_Left, 1.001),
        (Qt.Key.Key_Left, 1.001),
        (Qt.Key.Key_Down, 0.0),
    ):
        QTest.keyClick(pad, key)
        settle()
        assert session.target == target
    QTest.keyClick(pad, Qt.Key.Key_Up)
    settle()
    assert pad.words == "0 apples, 1 pears · out of support"
    assert pad.accessibleName() == "Pad: apples across, pears up"
    assert "out of support" in pad.accessibleDescription()


def test_a_run_stands_where_its_mean_is_for_what_it_is_asked(
    fruit: MainWindow, settle: Callable[[], None]
) -> None:
    pad, item = pad_of(fruit), fruit.session.items[0]
    assert [(r.first, r.second) for r in pad.reached] == [(0.0, 0.0)]
    fruit.session.steering.look_at_target(3.003)
    settle()
    assert [(r.first, r.second) for r in pad.reached] == [(0.0, pytest.approx(0.8 * 3))]
    assert "RvS brings 0.00, 2.40" in pad.accessibleDescription()
    fruit.session.steering.look_at_target(2.001)  # not recorded: nothing is known of it
    settle()
    assert achieved(item, pad.pairs, 0) is None
    assert pad.reached == ()


def test_a_task_with_one_goal_has_no_pad(recorded: object, window: MainWindow) -> None:
    window.refresh()
    assert window.deck.objective.pad is None
    assert not window.deck.objective.pad_words.isVisible()
