"""The form by keyboard: before it has come, from field to field, taken back, and in a small window."""

from collections.abc import Callable

import pytest
from conftest import Workers
from declared import CATALOGUE
from form_samples import CTRL, fill, press, row
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.views.experiment_form import ExperimentForm


def test_until_the_form_is_there_keys_do_nothing_and_escape_leaves(
    qtbot: QtBot, window: MainWindow, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, known = window.pages, []
    monkeypatch.setattr(window.session, "catalogue", lambda: known[0] if known else None)
    asking = "Asking the engine what there is to choose from …"
    for _ in range(2):  # the second is heard once
        QTest.keyClick(window, Qt.Key.Key_N, CTRL)
    qtbot.waitUntil(
        lambda: any(label.text() == asking for label in pages.currentWidget().findChildren(QLabel))
    )
    press(Qt.Key.Key_Space)
    assert workers.handles == []
    press(Qt.Key.Key_Escape)
    known.append(CATALOGUE)
    QTest.qWait(150)
    assert pages.currentWidget() is pages.workbench
    assert (pages.form, pages.count()) == (None, 1)  # what was left does not come, and goes
    QTest.keyClick(window, Qt.Key.Key_N, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), "My f")
    qtbot.waitUntil(lambda: pages.form is not None and pages.currentWidget() is pages.form)
    assert workers.handles == []
    press(Qt.Key.Key_I)
    assert pages.form.title.text() == "My fi"  # in place of the title that was there
    assert pages.form.draft.stated(("title",)) == "My fi"


def test_in_a_small_window_every_field_is_seen_whole(
    form: ExperimentForm, window: MainWindow, settle: Callable[[], None]
) -> None:
    for size, columns in (((1500, 940), 2), ((900, 600), 1), ((1500, 940), 2)):
        window.resize(*size)
        settle()
        assert len({one.x() for one in form.fields.rows}) == columns
        room = form.fields.scroll.viewport().width()
        for one in form.fields.rows:
            right = one.control.mapTo(form.fields.scroll.widget(), one.control.rect().topRight()).x()
            assert right < room


def test_changes_are_taken_back_and_made_again(form: ExperimentForm, window: MainWindow) -> None:
    before = form.draft.text
    for place, typed in ((("seeds",), "7"), (("updates",), "90"), (("task",), "ties")):
        control = row(form, place).control
        fill(control.lineEdit() if place == ("task",) else control, typed)
    form.runs.setCurrentRow(1)
    form._remove()
    after = form.draft.text
    assert len(form.draft.runs) == 1
    fill(row(form, ("seeds",)).control, "12")
    shown = []
    for _ in range(6):  # one more than there are
        press(Qt.Key.Key_Z, CTRL)
        shown.append(
            (len(form.draft.runs), *(form.draft.stated((key,)) for key in ("task", "updates", "seeds")))
        )
    assert shown == [
        (1, "ties", "90", "7"),
        (2, "ties", "90", "7"),
        (2, "crossroads", "90", "7"),
        (2, "crossroads", "300", "7"),
        (2, "crossroads", "300", "4"),
        (2, "crossroads", "300", "4"),
    ]
    assert (form.draft.text, form.draft.unsaved) == (before, False)
    assert row(form, ("seeds",)).control.text() == "4"
    for _ in range(4):
        press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert form.draft.text == after
    window.actions_by_name["undo"].trigger()  # from the menu
    assert len(form.draft.runs) == 2
    window.actions_by_name["redo"].trigger()
    assert form.draft.text == after
    fill(row(form, ("updates",)).control, "8")
    press(Qt.Key.Key_Y, CTRL)  # what was taken back is gone
    assert (form.draft.stated(("updates",)), form.draft.stated(("seeds",))) == ("8", "7")


def test_a_task_is_typed_whole_whatever_becomes_of_the_fields_beside_it(form: ExperimentForm) -> None:
    row(form, ("runs", 0, "learner")).control.setFocus()
    task = row(form, ("task",)).control
    task.lineEdit().setFocus()
    task.lineEdit().selectAll()
    for letter in "/tmp/x":
        QTest.keyClicks(QApplication.focusWidget(), letter)
    assert task.currentText() == "/tmp/x"
    assert form.draft.stated(("runs", 0, "learner")) == "reinforce"


def test_plain_keys_stay_in_the_form_and_escape_leaves_it(form: ExperimentForm, window: MainWindow) -> None:
    form.runs.setFocus()
    press(Qt.Key.Key_A)  # audit or plots, on the workbench
    assert window.deck.front == "plots"
    press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.workbench


def test_tab_goes_as_the_eye_does(form: ExperimentForm) -> None:
    fill(row(form, ("task",)).control.lineEdit(), "coin")
    form.runs.setCurrentRow(1)
    QTest.qWait(20)
    form.title.setFocus()
    seen: list[QWidget] = []
    while (widget := QApplication.focusWidget()) not in seen:
        seen.append(widget)
        press(Qt.Key.Key_Tab)
    names = [widget.accessibleName() or widget.text() for widget in seen]
    shared = ["Title", "Summary", "Task", "coin: alpha", "Seeds", "Updates"]
    assert names[: len(shared)] == shared
    middle = names.index("Add …")
    run = ["Add …", "Copy", "Remove", "Runs of the experiment", "Name", "Learner", "Task of its own"]
    assert names[middle : middle + len(run)] == run
    assert names[-3:] == ["Save as …", "To the workbench", "Run"]
