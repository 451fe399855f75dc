"""Typing a knob's value: what takes it, what drops it, and where a refusal is said."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.main_window import MainWindow
from gui.model.session import Session
from gui.widgets.knob_slider import KnobSlider


def target(window: MainWindow) -> KnobSlider:
    slider = window.deck.objective.sliders["target"]
    slider.entry.setFocus()
    slider.entry.selectAll()
    return slider


def test_return_takes_a_value_and_escape_drops_it(window: MainWindow, recorded: Session, settle) -> None:
    recorded.select(recorded.items[1])
    settle()
    slider = target(window)
    QTest.keyClicks(slider.entry, "0.5")
    QTest.keyClick(slider.entry, Qt.Key.Key_Return)
    assert recorded.target == 0.5
    slider.entry.selectAll()
    QTest.keyClicks(slider.entry, "0.")
    QTest.keyClick(slider.entry, Qt.Key.Key_Escape)
    settle()
    assert not slider.entry.hasFocus()
    assert (recorded.target, slider.entry.text()) == (0.5, "0.5")


def test_a_half_typed_value_is_dropped_by_a_click_elsewhere_and_taken_by_tab(
    window: MainWindow, recorded: Session, settle
) -> None:
    recorded.select(recorded.items[1])
    settle()
    before = recorded.target
    slider = target(window)
    QTest.keyClicks(slider.entry, "0.")
    QTest.mouseClick(slider.track, Qt.MouseButton.RightButton)
    slider.entry.clearFocus()
    assert recorded.target == before
    slider = target(window)
    QTest.keyClicks(slider.entry, "0.25")
    QTest.keyClick(slider.entry, Qt.Key.Key_Tab)
    assert recorded.target == 0.25


def test_a_refusal_stands_below_the_field_until_it_is_left(
    window: MainWindow, recorded: Session, settle
) -> None:
    recorded.select(recorded.items[1])
    settle()
    slider = target(window)
    hint = slider.hint.text()
    QTest.keyClicks(slider.entry, "abc")
    QTest.keyClick(slider.entry, Qt.Key.Key_Return)
    assert "allowed" in slider.hint.text()
    assert slider.entry.property("bad")
    QTest.keyClick(slider.entry, Qt.Key.Key_Escape)
    settle()
    assert slider.hint.text() == hint
    assert not slider.entry.property("bad")


def test_a_double_click_chooses_the_whole_number(window: MainWindow, recorded: Session, settle) -> None:
    recorded.select(recorded.items[1])
    recorded.steering.turn("target", 0.5)
    settle()
    slider = target(window)
    slider.entry.deselect()
    QTest.mouseDClick(slider.entry, Qt.MouseButton.LeftButton)
    assert slider.entry.selectedText() == slider.entry.text() == "0.5"
