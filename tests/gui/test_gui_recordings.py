"""The library as it is seen: rows, keys, clicks, tags in place, the menu, dragging."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import synthetic
from library_samples import FIXTURE, found, put
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from engine.experiments import Experiment
from engine.protocol import Status
from gui import trash
from gui.main_window import MainWindow
from gui.model.library.labels import Label
from gui.model.session import Session
from gui.views.recording_delegate import STAR, shown_tags
from gui.views.recordings import RecordingsView
from gui.views.recordings_model import size, when
from gui.widgets.tag_edit import TagEdit

Settle = Callable[[], None]


@pytest.fixture
def view(
    window: MainWindow, tmp_path: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> RecordingsView:
    """Three recordings, the newest first: c, b, a. The mouse is elsewhere, wherever another test left it."""
    for age, name in enumerate("cba"):
        put(tmp_path / "luck" / f"{name}.h5", 1000.0 - age)
    made = window.deck.recordings
    monkeypatch.setattr(made.list, "underMouse", lambda: False)
    show(made, settle)
    made.list.setCurrentIndex(made.model.index(0))
    return made


def show(view: RecordingsView, settle: Settle) -> None:
    found(view.library)
    settle()


def names(view: RecordingsView) -> list[str]:
    return [row.entry.name for row in view.model.found]


def test_no_row_moves_under_the_mouse_and_the_chosen_ones_stay(
    view: RecordingsView, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.list.setCurrentIndex(view.model.index(1))
    put(tmp_path / "luck" / "new.h5", 2000.0)
    monkeypatch.setattr(view.list, "underMouse", lambda: True)
    show(view, settle)
    assert names(view) == ["c", "b", "a"]
    monkeypatch.setattr(view.list, "underMouse", lambda: False)
    settle()
    assert names(view) == ["new", "c", "b", "a"]
    assert [row.entry.name for row in view.chosen_rows()] == ["b"]
    assert view.list.currentIndex().row() == 2


def test_another_date_alone_resets_nothing(view: RecordingsView, settle: Settle, tmp_path: Path) -> None:
    resets: list[int] = []
    view.model.modelReset.connect(lambda: resets.append(1))
    put(tmp_path / "luck" / "c.h5", 3000.0)
    show(view, settle)
    assert resets == []
    assert view.model.found[0].entry.changed == 3000


def test_searching_says_how_many_of_how_many(view: RecordingsView) -> None:
    view.search.setText("a")
    assert names(view) == ["a"]
    assert view.note.text() == "1 of 3"
    view.search.setText("nowhere")
    assert view.nothing.text().startswith("No recording matches")
    assert view.nothing.isVisible()
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    assert view.note.text() == "3"


def test_escape_in_the_list_clears_the_search_and_leaves_what_is_chosen(view: RecordingsView) -> None:
    view.search.setText("b")
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    assert view.list.hasFocus()
    QTest.keyClick(view.list, Qt.Key.Key_T)
    (editor,) = view.list.findChildren(TagEdit)
    QTest.keyClick(editor, Qt.Key.Key_Escape)  # is the field's own
    assert view.search.text() == "b"
    QTest.keyClick(view.list, Qt.Key.Key_Escape)
    assert (view.search.text(), names(view)) == ("", ["c", "b", "a"])
    assert view.list.hasFocus()
    assert [row.entry.name for row in view.chosen_rows()] == ["b"]
    QTest.keyClick(view.list, Qt.Key.Key_Escape)  # is nothing of the search's any more
    assert names(view) == ["c", "b", "a"]


def test_keys_star_and_open_in_the_list_alone(window: MainWindow, view: RecordingsView) -> None:
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    window.actions_by_name["find_recording"].trigger()
    assert view.search.hasFocus()
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    assert view.list.hasFocus()
    QTest.keyClick(view.list, Qt.Key.Key_S)
    assert view.model.found[0].label.star
    QTest.keyClick(view.list, Qt.Key.Key_S)
    assert not view.model.found[0].label.star
    QTest.keyClick(view.list, Qt.Key.Key_End)  # not the time line's
    QTest.keyClick(view.list, Qt.Key.Key_Return)
    assert [path.name for path in opened] == ["a.h5"]


def test_a_click_on_the_star_stars(view: RecordingsView) -> None:
    box = view.list.visualRect(view.model.index(1))
    QTest.mouseClick(
        view.list.viewport(), Qt.MouseButton.LeftButton, pos=box.topLeft() + QPoint(STAR // 2, 12)
    )
    assert [row.label.star for row in view.model.found] == [False, True, False]
    view.sort_by("starred")
    assert names(view) == ["b", "c", "a"]


def test_tags_are_typed_in_place_for_all_that_are_chosen(view: RecordingsView, settle: Settle) -> None:
    view.library.label([(view.library.rows[0], Label(False, ("old", "paper")))])  # a
    settle()
    view.list.selectAll()
    view.list.setFocus()
    view.list.selectionModel().setCurrentIndex(
        view.model.index(2), view.list.selectionModel().SelectionFlag.NoUpdate
    )
    QTest.keyClick(view.list, Qt.Key.Key_T)
    (editor,) = view.list.findChildren(QLineEdit)
    assert editor.text() == "old paper "
    assert not view.list.resting  # nothing moves meanwhile
    editor.setText("old figure")
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(0)
    assert opened == []  # Enter was for the tags
    assert [row.label.tags for row in view.model.found] == [("figure",), ("figure",), ("old", "figure")]


def test_the_word_being_typed_is_completed(view: RecordingsView) -> None:
    view.library.label([(view.library.rows[0], Label(False, ("figure", "paper")))])
    editor = view.delegate.createEditor(view.list.viewport(), None, None)
    completer = editor.completer()
    editor.setText("paper, fi")
    completer.setWidget(editor)
    completer.setCompletionPrefix(completer.splitPath(editor.text())[0])
    assert completer.currentCompletion() == "paper, figure"


def test_the_menu_asks_once_before_it_deletes(
    view: RecordingsView, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    binned: list[str] = []
    put(tmp_path / "luck" / "c.step-00000100.safetensors")
    put(tmp_path / "luck" / "cc.step-00000100.safetensors")

    def bin_(path: str) -> tuple[bool, str]:
        binned.append(Path(path).name)
        Path(path).unlink()
        return True, ""

    monkeypatch.setattr(trash.QFile, "moveToTrash", bin_)
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(
        QMessageBox, "question", lambda _parent, _title, words: asked.append(words) or answers.pop(0)
    )
    view.list.customContextMenuRequested.emit(view.list.visualRect(view.model.index(0)).center())
    (menu,) = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    delete: QAction = menu.actions()[-1]
    delete.trigger()
    assert binned == []
    delete.trigger()
    assert asked == ["Move “c”, with checkpoints, to the system's trash?"] * 2
    assert binned == ["c.h5", "c.step-00000100.safetensors"]
    menu.close()
    show(view, settle)
    assert names(view) == ["b", "a"]


def test_what_is_in_use_or_cannot_be_binned_is_kept(
    window: MainWindow, view: RecordingsView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    monkeypatch.setattr(trash.QFile, "moveToTrash", lambda _path: (False, ""))
    QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert window.statusBar().currentMessage() == "c: cannot be moved to the trash, and is kept"
    opened = put(tmp_path / "luck" / "c.h5", content=FIXTURE.read_bytes())
    window.session.open(opened)
    QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert "c is in use" in window.statusBar().currentMessage()


def test_folders_and_order_are_remembered(
    window: MainWindow, view: RecordingsView, settle: Settle, tmp_path: Path
) -> None:
    view.add_folder(tmp_path / "gone")
    view.sort_by("name")
    show(view, settle)
    assert view.trouble.text() == f"⚠ Missing: {tmp_path / 'gone'}"
    assert view.trouble.isVisible()
    other = RecordingsView(window.session, window.look)
    other.remember(window.settings)
    assert other.library.folders == [tmp_path / "gone"]
    assert other.model.order == "name"
    view.arrange.menu().aboutToShow.emit()
    words = [action.text() for action in view.arrange.menu().actions()]
    assert "gone (missing)" in words
    view.remove_folder(tmp_path / "gone")
    show(view, settle)
    assert not view.trouble.isVisible()
    assert window.settings.library_folders == []


def test_files_are_dropped_to_open_and_folders_to_add(
    view: RecordingsView, settle: Settle, tmp_path: Path
) -> None:
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    folder = put(tmp_path.with_name(f"{tmp_path.name}-more") / "d.h5", 5000.0).parent
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (folder, tmp_path / "a.h5", tmp_path / "a.txt")])
    buttons = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *buttons))
    assert opened == [tmp_path / "a.h5"]
    show(view, settle)
    assert names(view) == ["d", "c", "b", "a"]


def test_a_row_dragged_out_is_its_file(view: RecordingsView, tmp_path: Path) -> None:
    urls = view.model.mimeData([view.model.index(1)]).urls()
    assert [Path(url.toLocalFile()) for url in urls] == [tmp_path / "luck" / "b.h5"]


def test_open_alone_takes_the_place_of_what_is_open(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    path = put(tmp_path / "new" / "alone.h5", content=FIXTURE.read_bytes())
    window.deck.recordings.alone.emit([path])
    assert [item.path for item in recorded.items] == [path]
    window.deck.recordings.chosen.emit(path)  # open already: selected, and nothing else
    assert len(recorded.items) == 1


def test_a_row_says_everything_aloud(view: RecordingsView) -> None:
    view.library.label([(view.library.rows[-1], Label(True, ("figure",)))])
    view.model.show_rows(view.library.rows)
    spoken = view.model.data(view.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for words in ("c", "luck", "starred", "tags: figure", "bytes"):
        assert words in spoken
    assert str(view.model.found[0].entry.path) in view.model.data(
        view.model.index(0), Qt.ItemDataRole.ToolTipRole
    )


def test_tags_that_do_not_fit_are_counted() -> None:
    tags = ("figure", "paper", "new")
    assert shown_tags(tags, 99, len) == ["figure", "paper", "new"]
    assert shown_tags(tags, 13, len) == ["figure", "paper", "+1"]
    assert shown_tags(tags, 12, len) == ["figure", "+2"]
    assert shown_tags(tags, 1, len) == ["+3"]
    assert shown_tags((), 0, len) == []


def test_moments_and_sizes_as_a_person_would_say_them() -> None:
    noon = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))
    assert when(noon, noon + 60) == "12:00"
    assert when(noon, noon + 30 * 86400) == "25 Nov"
    assert when(noon, noon + 90 * 86400) == "Nov 2026"
    assert [size(count) for count in (7, 1500, 12_000_000, 2_000_000_000)] == [
        "7 bytes", "1.5 kB", "12 MB", "2.0 GB",
    ]  # fmt: skip


def test_a_run_that_has_spent_its_budget_is_finished_and_not_live(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    session, view = window.session, window.deck.recordings
    session.choose(experiment)
    session.running.start()
    show(view, settle)
    model = view.model
    assert {model.moment(row) for row in model.found} == {"live"}
    done = session.items[1]
    done.handle.answers.append(Status("holding", 300, 300, 0.0, "cpu", str(done.handle.recording)))
    settle()
    moments = {row.entry.path: model.moment(row) for row in model.found}
    assert [moments[item.handle.recording] for item in session.items] == ["live", "finished", "live"]
    place = next(n for n, row in enumerate(model.found) if row.entry.path == done.handle.recording)
    said = model.data(model.index(place), Qt.ItemDataRole.ToolTipRole)
    assert "finished: its budget is spent" in said


def test_a_name_is_typed_in_place_and_the_file_keeps_its_own(
    view: RecordingsView, settle: Settle, tmp_path: Path
) -> None:
    view.list.setFocus()
    QTest.keyClick(view.list, Qt.Key.Key_F2)
    (editor,) = view.list.findChildren(QLineEdit)
    assert editor.text() == "c"
    box = view.list.visualRect(view.model.index(0))
    assert editor.geometry().center().y() < box.center().y()  # over the name
    editor.setText("  Best   so far ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(0)
    assert [row.name for row in view.model.found] == ["Best so far", "b", "a"]
    assert view.model.found[0].entry.path == tmp_path / "luck" / "c.h5"
    told = view.model.data(view.model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert told.startswith("Best so far\nfile c.h5\n")
    QTest.keyClick(view.list, Qt.Key.Key_S)  # what else is said of it leaves the name
    assert view.model.found[0].label == Label(True, (), "Best so far")
    view.search.setText("best")
    assert len(view.model.found) == 1
    view.search.setText("")
    show(view, settle)
    assert view.model.found[0].label.name == "Best so far"  # it was kept in the folder's file
    view.model.name_typed.emit(0, "c")
    assert view.model.found[0].label.name == ""


def test_stars_tags_and_names_are_taken_back_in_the_list_and_sliders_by_the_window(
    window: MainWindow, view: RecordingsView
) -> None:
    undone: list[str] = []
    window.actions_by_name["undo"].triggered.connect(lambda: undone.append("window"))
    view.list.setFocus()
    held = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(view.list, Qt.Key.Key_Z, held)
    assert undone == ["window"]  # nothing to take back here
    view.model.name_typed.emit(0, "one")
    QTest.keyClick(view.list, Qt.Key.Key_S)
    view.model.tags_typed.emit(0, "figure")
    labels = [Label(True, ("figure",), "one"), Label(True, (), "one"), Label(False, (), "one"), Label()]
    for label in labels[1:]:
        QTest.keyClick(view.list, Qt.Key.Key_Z, held)
        assert view.model.found[0].label == label
    for label in labels[2::-1]:
        QTest.keyClick(view.list, Qt.Key.Key_Z, held | Qt.KeyboardModifier.ShiftModifier)
        assert view.model.found[0].label == label
    assert undone == ["window"]


def test_a_recording_whose_run_is_gone_is_unfinished_and_can_be_finished(
    view: RecordingsView, tmp_path: Path, settle: Settle, qtbot: QtBot
) -> None:
    made = synthetic.layout("RvS", seeds=2)
    begun = synthetic.Unfinished(tmp_path / "luck" / "killed.h5", made, synthetic.rows(made, 3))
    begun.reveal(3)
    begun.journal.close()  # its lock goes, as when its process is killed
    os.utime(begun.files.part, (1000.0, 1000.0))
    show(view, settle)
    place = names(view).index("killed")
    row = view.model.found[place]
    assert view.model.moment(row) == "unfinished"
    assert "unfinished: its run is gone" in view.model.data(
        view.model.index(place), Qt.ItemDataRole.ToolTipRole
    )
    view.list.setCurrentIndex(view.model.index(place))
    view.list.customContextMenuRequested.emit(view.list.visualRect(view.model.index(place)).center())
    (menu,) = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    finish = next(action for action in menu.actions() if action.text().startswith("Finish"))
    with qtbot.waitSignal(view.said, timeout=60_000) as told:
        finish.trigger()
    menu.close()
    assert told.args == ["Finished killed"]
    assert begun.files.final.exists()
    assert not begun.files.journal.exists()
    show(view, settle)
    assert view.model.moment(view.model.found[names(view).index("killed")]) != "unfinished"


def test_an_unfinished_recording_goes_to_the_trash_with_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binned: list[str] = []

    def bin_(path: str) -> tuple[bool, str]:
        binned.append(Path(path).name)
        return True, ""

    monkeypatch.setattr(trash.QFile, "moveToTrash", bin_)
    for name in ("a.h5.part", "a.journal", "a.step-00000100.safetensors", "b.journal"):
        (tmp_path / name).touch()
    assert trash.discard(tmp_path / "a.h5")
    assert binned == ["a.h5.part", "a.journal", "a.step-00000100.safetensors"]
