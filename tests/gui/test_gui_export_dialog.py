"""The dialog: every kind of the table, what is visible as an order, and a job that can be stopped."""

import csv
import time
from pathlib import Path

import pytest
from conftest import RUNS
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from engine import session_file
from engine.exports.kinds import KINDS
from gui import exports
from gui.export_dialog import ExportDialog
from gui.main_window import MainWindow
from gui.model.session import Session


def dialog_for(window: MainWindow, kind: str, out: Path) -> ExportDialog:
    window.actions_by_name[f"export_{kind}"].trigger()
    window.export_dialog.file.setText(str(out))
    return window.export_dialog


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own folder; the program was started elsewhere, which says nothing to them."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def wait(app: QApplication, dialog: ExportDialog) -> None:
    deadline = time.monotonic() + 60
    while dialog.job is not None:
        assert time.monotonic() < deadline
        app.processEvents()
        time.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_it_offers_what_the_kind_takes(
    window: MainWindow, recorded: Session, tmp_path: Path, kind: str
) -> None:
    dialog = dialog_for(window, kind, tmp_path / "x")
    assert dialog.chosen.name == kind
    for choice, boxes in dialog.fields.items():
        for box in boxes:
            assert box.isVisibleTo(dialog) == (choice in KINDS[kind].choices)
    dialog.close()


def test_enter_exports_and_an_ending_that_was_not_typed_is_added(
    qapp: QApplication,
    window: MainWindow,
    recorded: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ExportDialog, "_browse", lambda dialog: pytest.fail("Enter must not ask for a file"))
    dialog = dialog_for(window, "png", tmp_path / "mine")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    wait(qapp, dialog)
    assert [path.name for path in tmp_path.glob("mine*")] == ["mine.png"]


def test_an_order_says_what_is_visible(window: MainWindow, recorded: Session, tmp_path: Path) -> None:
    recorded.select(recorded.items[1])
    recorded.show(recorded.items[0], False)
    window.refresh()
    window.deck.returns.plot.choose(9.3, 40.8, 0.0, 1.0)
    film = exports.order(window.deck, KINDS["gif"], tmp_path / "a.gif", view="page", visible_only=True)
    assert [path.stem for path in film.recordings] == [name for name, *_ in RUNS]
    assert (film.first, film.last) == (10, 40)
    assert (film.shown["selected"], film.shown["hidden"]) == (1, (0,))
    assert film.shown["ranges"] == {"curves": pytest.approx((9.3, 40.8, 0.0, 1.0))}
    table = exports.order(window.deck, KINDS["csv"], tmp_path / "a.csv", view="page", visible_only=False)
    assert [path.stem for path in table.recordings] == [RUNS[1][0]]
    assert (table.first, table.last) == (None, None)


def test_one_view_is_written_at_once_and_numbers_by_another_process(
    qapp: QApplication, window: MainWindow, recorded: Session, tmp_path: Path
) -> None:
    window.refresh()
    dialog = dialog_for(window, "pdf", tmp_path / "a.pdf")
    dialog.view.setCurrentIndex(dialog.view.findData("drift"))
    dialog.start()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert not dialog.isVisible()
    window.deck.returns.plot.choose(9.3, 12.2, 0.0, 1.0)
    dialog = dialog_for(window, "csv", tmp_path / "a.csv")
    dialog.start()
    wait(qapp, dialog)
    with (tmp_path / "a.csv").open() as stream:
        assert sorted({int(line["step"]) for line in csv.DictReader(stream)}) == [10, 11, 12]
    assert window.statusBar().currentMessage() == f"Wrote {tmp_path / 'a.csv'}"


def test_what_is_cancelled_or_fails_leaves_no_file(
    qapp: QApplication, window: MainWindow, recorded: Session, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    dialog = dialog_for(window, "gif", tmp_path / "out" / "a.gif")
    dialog.start()
    process = dialog.job._process
    dialog.reject()
    process.join(30)  # where it had not begun, it ends as soon as it has
    assert not process.is_alive()
    assert not dialog.isVisible()
    assert list((tmp_path / "out").iterdir()) == []
    dialog = dialog_for(window, "csv", tmp_path / "nowhere" / "a.csv")
    dialog.start()
    wait(qapp, dialog)
    assert "no such folder" in dialog.error.text()
    assert dialog.isVisible()
    assert dialog.go.isEnabled()
    dialog.close()


def test_it_asks_about_the_file_that_it_would_replace(
    qapp: QApplication,
    window: MainWindow,
    recorded: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))

    def question(parent: object, title: str, text: str, *buttons: object) -> QMessageBox.StandardButton:
        asked.append(text)
        return next(answers)

    monkeypatch.setattr(QMessageBox, "question", question)
    file = tmp_path / "mine.supertask"
    file.write_text("before")
    dialog = dialog_for(window, "supertask", tmp_path / "mine")  # no ending is typed
    dialog.start()
    assert dialog.job is None
    assert file.read_text() == "before"
    dialog.start()
    wait(qapp, dialog)
    assert asked == [f"mine.supertask is in {tmp_path} already. Replace it?"] * 2
    assert [run.name for run in session_file.read(file).runs] == [name for name, *_ in RUNS]
    assert not list(tmp_path.glob(".mine*"))
    assert window.statusBar().currentMessage() == f"Wrote {file}"


def test_a_name_alone_goes_into_the_folder_that_was_offered_and_none_is_asked_for(
    qapp: QApplication, window: MainWindow, recorded: Session, home: Path
) -> None:
    window.actions_by_name["export_csv"].trigger()
    dialog = window.export_dialog
    for typed in ("", " ", "/", "..", "here", "other/"):
        dialog.file.setText(typed)
        dialog.start()
        assert dialog.error.text() == "Type the name of the file to write; a folder may stand before it"
    dialog.file.setText("~nobody-is-called-so.csv")
    dialog.start()
    wait(qapp, dialog)
    assert window.statusBar().currentMessage() == f"Wrote {home / '~nobody-is-called-so.csv'}"
    assert list(home.rglob("*.csv")) == [home / "~nobody-is-called-so.csv"]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("kl 0.1", "kl 0.1.csv"),
        (" a.csv ", "a.csv"),
        ("a.", "a.csv"),
        ("A.CSV", "A.CSV"),
        ("a.txt", "a.txt.csv"),
    ],
)
def test_only_the_ending_of_its_kind_is_one(
    window: MainWindow,
    recorded: Session,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    written: str,
) -> None:
    offered: list[str] = []

    def chosen(parent: object, title: str, file: str, *more: object, **options: object) -> tuple[str, str]:
        offered.append(file)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    window.actions_by_name["export_csv"].trigger()
    dialog = window.export_dialog
    dialog.file.setText(typed)
    assert dialog.order().out == home / written
    dialog.browse.click()
    assert offered == [str(home / written)]
    dialog.close()
