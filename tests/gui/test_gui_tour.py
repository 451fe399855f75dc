"""The tour: five steps beside the widgets they speak of, by keys, once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import RUNS, Shelf
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model.session import Session

Settle = Callable[[], None]


@pytest.fixture
def filled(window: MainWindow, recorded: Session, settle: Settle) -> MainWindow:
    """With plots in it."""
    settle()
    return window


def press(key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget(), key)


def test_each_step_stands_beside_what_it_speaks_of(filled: MainWindow, settle: Settle) -> None:
    window, deck = filled, filled.deck
    QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    callout = window.pages.tour.callout
    wanted = [
        window.toolbar.run, deck.timeline, next(iter(deck.objective.sliders.values())), deck.drift,
        window.toolbar.export,
    ]  # fmt: skip
    for size in ((1300, 850), (900, 600)):
        window.resize(*size)
        settle()
        callout.show_step(0)
        for number, widget in enumerate(wanted):
            settle()
            spoken_of = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
            assert callout.count.text() == f"{number + 1} of 5"
            assert callout.frame.geometry().contains(spoken_of.intersected(window.rect()))
            assert window.rect().contains(callout.geometry())
            if number + 1 < len(wanted):
                press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    assert window.pages.tour.callout is None


def test_keys_go_back_and_skip_and_space_still_runs(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    window.session.choose(experiment)
    settle()
    window.pages.start_tour()
    callout = window.pages.tour.callout
    assert not callout.back.isEnabled()
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Backspace)
    assert callout.count.text() == "2 of 5"
    press(Qt.Key.Key_Space)
    assert window.session.running.state == "running"
    assert callout.count.text() == "2 of 5"
    press(Qt.Key.Key_Escape)
    assert window.pages.tour.callout is None
    assert not callout.isVisible()


def test_the_mouse_does_the_same(filled: MainWindow) -> None:
    filled.pages.start_tour()
    callout = filled.pages.tour.callout
    QTest.mouseClick(callout.next, Qt.MouseButton.LeftButton)
    assert callout.count.text() == "2 of 5"
    QTest.mouseClick(callout.back, Qt.MouseButton.LeftButton)
    assert callout.count.text() == "1 of 5"
    QTest.mouseClick(callout.skip, Qt.MouseButton.LeftButton)
    assert filled.pages.tour.callout is None


def test_it_comes_once_when_the_first_plots_do(
    window: MainWindow, settle: Settle, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put(tmp_path / "a.h5", *RUNS[0])

    def plots_appear() -> bool:
        window.session.close()
        settle()
        window.session.open(tmp_path / "a.h5")
        settle()
        return window.pages.tour.callout is not None

    window.pages.welcome()
    settle()
    assert window.pages.tour.callout is None
    assert window.settings.store.value("shown/tour") is None  # it is still to come
    assert plots_appear()
    window.pages.tour.end()
    window.pages.welcome()  # as at the next start
    assert not plots_appear()


def test_before_anything_runs_it_points_where_things_will_be(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    window.session.choose(experiment)
    settle()
    window.pages.start_tour()
    window.pages.tour.callout.show_step(3)  # drift is not drawn yet
    stage = window.deck.stage
    assert window.pages.tour.callout.frame.geometry().contains(
        QRect(stage.mapTo(window, QPoint(0, 0)), stage.size())
    )


def test_the_gallery_ends_it(filled: MainWindow) -> None:
    filled.pages.start_tour()
    filled.pages.show_gallery()
    assert filled.pages.tour.callout is None
