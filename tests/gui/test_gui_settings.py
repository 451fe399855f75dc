from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.text_size import SIZES, scaled, small

Settle = Callable[[], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "stored.ini"), QSettings.Format.IniFormat))


def test_what_is_stored_is_there_the_next_day(settings: Settings, tmp_path: Path) -> None:
    assert (settings.text_size, settings.still, settings.recordings, settings.asks) == (
        100,
        False,
        None,
        True,
    )
    settings.text_size, settings.still, settings.recordings, settings.asks = 150, True, tmp_path, False
    settings.store.sync()
    again = Settings(QSettings(settings.store.fileName(), QSettings.Format.IniFormat))
    assert (again.text_size, again.still, again.recordings, again.asks) == (150, True, tmp_path, False)


@pytest.mark.parametrize("stored", ["large", "-5", "1000", "99"])
def test_a_text_size_that_is_none_counts_as_not_stored(settings: Settings, stored: str) -> None:
    settings.store.setValue("text size", stored)
    assert settings.text_size == 100


def test_text_and_what_is_painted_grow_together(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    deck = window.deck
    row, tick = deck.runs.list.sizeHintForRow(0), deck.returns.plot.getPlotItem().getAxis("left")
    heights = {label: label.fontMetrics().height() for label in (deck.drift.title, deck.drift.note)}
    for size in SIZES:
        window.look.size_text(size)
        settle()
        assert QFontInfo(deck.drift.title.font()).pixelSize() == round(12 * size / 100)
        assert tick.style["tickFont"].pixelSize() == scaled(11, deck.returns.plot.font())
        assert deck.runs.list.sizeHintForRow(0) == pytest.approx(row * size / 100, abs=1)
    assert all(label.fontMetrics().height() > 1.7 * height for label, height in heights.items())
    window.look.size_text(100)
    settle()
    assert deck.runs.list.sizeHintForRow(0) == row
    assert small(deck.drift.font()).pixelSize() == 11


def test_where_nothing_may_move_the_text_cursor_rests(window: MainWindow) -> None:
    assert QApplication.cursorFlashTime() > 0
    window.look.hold_still(True)
    assert QApplication.cursorFlashTime() == 0
    window.look.hold_still(False)
    assert QApplication.cursorFlashTime() > 0
