import math
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from gui import describing
from gui.describing import Description
from gui.main_window import MainWindow
from gui.model import summary
from gui.model.session import Session
from gui.model.summary import Reading, Share

Settle = Callable[[], None]
NOTHING = math.nan


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.12345, "0.123"),
        (-0.0, "0"),
        (12345.0, "1.23e+04"),
        (math.inf, "infinite"),
        (NOTHING, "not measured"),
    ],
)
def test_a_figure_in_words(value: float, said: str) -> None:
    assert summary.figure(value) == said


def test_where_the_cursor_is() -> None:
    assert summary.place(80, 80, following=True) == "at update 80, the newest"
    assert summary.place(40, 80, following=False) == "at update 40 of 80"


def test_curves_name_metric_unit_update_and_every_run() -> None:
    readings = [Reading("PPO", 0.5, 0.25, 0.75), Reading("RvS", 0.9, 0.9, 0.9), Reading("SAC", NOTHING)]
    assert summary.curves("Return", "reward", "at update 7 of 9", readings) == (
        "Return of 3 runs, in reward, at update 7 of 9. PPO 0.5, seeds from 0.25 to 0.75; RvS 0.9; "
        "SAC not measured. Highest RvS, lowest PPO."
    )
    assert summary.curves("Modes", "", "at update 7 of 9", readings[1:2], "drift") == (
        "Modes of 1 run, at update 7 of 9. It is drawn against drift. RvS 0.9."
    )


def test_drift_says_what_was_asked_for_and_what_was_not() -> None:
    shares = [
        Share("PPO", 2.5, 1.5, 1.678),
        Share("DT", 1.25, NOTHING, 1.678, estimated=True),
        Share("RvS", math.inf, NOTHING),
    ]
    assert summary.drift("at update 3 of 9", shares, "1") == (
        "Drift from the base in nats, at update 3 of 9. PPO 2.5, of which 1.5 asked for and 1 collateral; "
        "DT about 1.25, what of it was asked for cannot be estimated; "
        "RvS infinite: it does what the base never does. A return of 1 costs at least 1.68."
    )


def test_a_frontier_in_words() -> None:
    assert summary.frontier("at update 3 of 9", [("PPO", 2.0, 0.5)], exact=True) == (
        "Return against drift, at update 3 of 9. PPO return 0.5 at 2 nats. "
        "The dashed line is the most return for each drift."
    )


def test_a_policy_counts_the_places_of_each_action() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.25, 0], [0.5, 0.5, 0]])
    probabilities = np.vstack([probabilities, np.full(3, NOTHING)])
    assert summary.policy("Learned", probabilities, ("up", "down", "stay")) == (
        "Learned, 4 places: up in 2, down in 1, undecided in 1; "
        "the likeliest has probability 0.562 on average."
    )
    assert summary.policy("Base", np.array([[0.25, 0.75]]), ("a", "b")) == "Base: a 0.25, b 0.75."
    assert summary.policy("Oracle", None, (), "out of support") == "Oracle: out of support."


def test_the_fan_says_what_comes_back() -> None:
    shares = np.array([[0.75, 0.25], [0.25, 0.75]])
    assert summary.fan("RvS", np.array([0.0, 1.0]), np.array([0.0, 1.0]), shares) == (
        "Returns of RvS, 2 targets. asked for 0 75 % bring 0, the mean is 0.25; "
        "asked for 1 75 % bring 1, the mean is 0.75."
    )
    many = summary.fan("RvS", np.arange(100.0), np.arange(100.0), np.eye(100))
    assert many.count("asked for") == summary.MOST
    assert "asked for 0 " in many
    assert "asked for 99 " in many


def test_calibration_says_how_far_off() -> None:
    runs = [("RvS", np.array([0.0, 1.0]), np.array([0.25, 0.5]))]
    assert summary.calibration("at update 1 of 2", runs) == (
        "Achieved return against asked return, at update 1 of 2. "
        "RvS: asked for 0 brings 0.25, 1 brings 0.5, off by 0.375 on average."
    )


def test_the_timeline_tells_the_last_marks() -> None:
    assert summary.timeline("at update 1 of 2", []).endswith("Nothing was changed so far.")
    told = summary.timeline("at update 1 of 20", [(step, f"change {step}") for step in range(12)])
    assert told.startswith("The cursor is at update 1 of 20. 12 marks, the last: update 4, change 4; ")
    assert told.endswith("update 11, change 11.")


def test_a_screen_reader_finds_the_figures_at_the_cursor(
    window: MainWindow, recorded: Session, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    picture = window.deck.returns.picture
    assert picture.accessibleDescription() == ""  # nobody listens
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    window.spoken.refresh()
    spoken = QAccessible.queryAccessibleInterface(picture)
    assert "at update 60, the newest" in spoken.text(QAccessible.Text.Description)
    recorded.cursor.put(20)
    settle()
    assert "the newest" in spoken.text(QAccessible.Text.Description)  # not within a second
    monkeypatch.setattr(window.spoken, "_told", 0.0)
    settle()
    mean = recorded.items[0].at("return", 20)[0]
    said = spoken.text(QAccessible.Text.Description)
    assert f"REINFORCE {mean:.3g}" in said
    assert "at update 20 of 60" in said
    for view in window.deck.views:
        if view.picture is not None and view.isVisible():
            assert view.picture.accessibleDescription() == view.describe() != ""


def test_one_window_says_what_a_view_shows(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    for view in (window.deck.drift, window.deck.drift, window.deck.returns):
        window.activateWindow()
        view.picture.setFocus()
        describing.describe(window)
    told = [one.windowTitle() for one in window.findChildren(Description) if one.isVisible()]
    assert told == [f"{view.accessibleName()}, in words" for view in (window.deck.drift, window.deck.returns)]


def test_the_view_in_focus_is_told_and_copied(
    window: MainWindow, recorded: Session, settle: Settle, qapp: QApplication
) -> None:
    settle()
    window.deck.drift.picture.setFocus()
    QTest.keyClick(window, Qt.Key.Key_D)
    told = window.findChild(Description)
    assert told.text.toPlainText() == window.deck.drift.describe()
    assert "collateral" in told.text.toPlainText()
    next(b for b in told.findChild(QDialogButtonBox).buttons() if b.text() == "Copy").click()
    assert qapp.clipboard().text() == window.deck.drift.describe()
    QTest.keyClick(told, Qt.Key.Key_Escape)
    everything = describing.everything(window.deck)
    for view in (window.deck.returns, window.deck.policy, window.deck.objective, window.deck.runs):
        assert view.describe() in everything
        assert view.describe()
