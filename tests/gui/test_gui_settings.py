from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Shelf
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QInputDialog,
    QMessageBox,
    QSplitter,
    QStyle,
)

from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.settings_dialog import SettingsDialog, free_space
from gui.text_size import SIZES, scaled, small
from gui.theme import Look, stylesheet
from gui.widgets.palette import Palette

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


@pytest.fixture
def dialog(window: MainWindow, settle: Settle) -> SettingsDialog:
    settle()
    window.actions_by_name["settings"].trigger()
    return window.findChild(SettingsDialog)


def choose(box: QComboBox, text: str) -> None:
    box.setCurrentText(text)
    box.activated.emit(box.currentIndex())


def test_what_is_chosen_holds_at_once_and_the_next_day(
    window: MainWindow, dialog: SettingsDialog, settle: Settle
) -> None:
    choose(dialog.theme, "Dark")
    assert window.look.theme.name == window.settings.theme == "dark"
    choose(dialog.text_size, "125 %")
    assert window.look.text_size == window.settings.text_size == 125
    settle()
    assert QFontInfo(dialog.font()).pixelSize() == 15
    dialog.still.click()
    assert window.look.still
    assert window.settings.still
    dialog.asks.click()
    assert not window.settings.asks


def test_without_asking_live_runs_are_ended(
    window: MainWindow, experiment: Experiment, settle: Settle, dialog: SettingsDialog
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    settle()
    assert any(item.state == "running" for item in window.session.live)
    dialog.asks.click()
    assert window.opening.may_close("anything")  # would stand still in a dialog otherwise


def test_new_runs_go_to_the_folder_that_was_chosen(
    window: MainWindow,
    dialog: SettingsDialog,
    experiment: Experiment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = tmp_path / "elsewhere"
    chosen.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(chosen))
    dialog.choose_folder()
    assert dialog.folder.text() == str(chosen)
    assert "GB are free" in dialog.free.text()
    window.session.choose(experiment)
    window.session.running.start()
    assert window.session.items[0].path.parent.parent == chosen
    assert window.settings.recordings == chosen


def test_a_folder_that_cannot_be_written_is_refused(
    window: MainWindow, dialog: SettingsDialog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "no such folder"))
    monkeypatch.setattr(QMessageBox, "warning", lambda *words: said.append(words[-1]))
    before = window.session.folder
    dialog.choose_folder()
    assert "cannot write" in said[0]
    assert window.session.folder == before
    assert window.settings.recordings is None


def test_room_is_told_of_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    assert free_space(tmp_path / "a" / "b").endswith("GB are free there.")


def test_layouts_are_kept_under_names_and_come_back(
    window: MainWindow,
    recorded: Session,
    settle: Settle,
    dialog: SettingsDialog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = window.deck.board.findChild(QSplitter, "columns")
    first = columns.sizes()
    columns.setSizes([400, 500, 300])
    wide = columns.sizes()
    assert wide != first
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" wide / left ", True))
    dialog._save_layout()
    window.layouts.reset()
    assert columns.sizes()[0] < wide[0] - 50
    choose(dialog.layout_names, "wide / left")
    assert columns.sizes() == wide
    assert dialog.delete.isEnabled()
    dialog.delete.click()
    assert window.layouts.names == []
    assert columns.sizes() == wide


def test_the_cards_and_the_tab_are_where_they_were_left(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    columns = window.deck.board.findChild(QSplitter, "columns")
    columns.setSizes([400, 500, 300])
    left = columns.sizes()
    window.deck.details.setCurrentWidget(window.deck.numbers)
    window.deck.keep(window.settings)
    window.layouts.reset()
    window.deck.details.setCurrentIndex(0)
    window.deck.restore(window.settings)
    assert columns.sizes() == left
    assert window.deck.details.currentWidget() is window.deck.numbers
    window.settings.store.setValue("layout/tab", "no number")
    window.deck.restore(window.settings)
    assert window.deck.details.currentIndex() == 0


def test_broken_layouts_leave_the_cards_where_they_are(window: MainWindow, settle: Settle) -> None:
    settle()
    window.settings.store.setValue("layouts", "no json")
    assert window.layouts.names == []
    window.settings.layouts = {"odd": {"columns": "*not base64*"}}
    before = [splitter.sizes() for splitter in window.deck.splitters]
    window.layouts.choose("odd")
    assert [splitter.sizes() for splitter in window.deck.splitters] == before


def test_everything_is_as_on_the_first_day(
    window: MainWindow, dialog: SettingsDialog, tmp_path: Path
) -> None:
    choose(dialog.theme, "Dark")
    choose(dialog.text_size, "200 %")
    window.settings.recordings = tmp_path
    window.settings.layouts = {"mine": {}}
    dialog.forget()
    assert window.settings.store.allKeys() == []
    assert (window.look.choice, window.look.text_size) == ("system", 100)
    assert dialog.layout_names.count() == 0


def test_recent_files_and_layouts_are_found_by_typing(
    window: MainWindow, session: Session, shelf: Shelf, settle: Settle, tmp_path: Path
) -> None:
    window.actions_by_name["recent"].trigger()
    assert window.findChild(Palette) is None
    assert "Ctrl+O" in window.statusBar().currentMessage()
    path = tmp_path / "REINFORCE.h5"
    shelf.put(path, "REINFORCE", False, False, 3.0)
    window.settings.opened(path)
    window.actions_by_name["recent"].trigger()
    palette = window.findChild(Palette)
    QTest.keyClicks(palette.field, "reinf")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert [item.name for item in session.items] == ["REINFORCE"]
    window.settings.layouts = {"mine": {}}
    window.actions_by_name["layouts"].trigger()
    palette = window.findChildren(Palette)[-1]
    QTest.keyClicks(palette.field, "delete mine")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.layouts.names == []


@pytest.mark.parametrize("icons", [0, 1])
def test_buttons_of_dialogs_have_words_alone(qapp: QApplication, icons: int) -> None:
    """Whatever the desktop says: here it is the style sheet that decides."""
    sheet = stylesheet(Look("dark").theme)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok)
    buttons.setStyleSheet(sheet.replace("buttons-have-icons: 0", f"buttons-have-icons: {icons}"))
    hint = QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons
    assert buttons.style().styleHint(hint, None, buttons) == icons
    buttons.deleteLater()
