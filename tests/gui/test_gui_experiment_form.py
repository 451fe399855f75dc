"""The form of an experiment: what is typed is checked, saved, run, and follows the file."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from conftest import Workers
from form_samples import CTRL, RATE, fill, press, row
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from engine.places import experiments_folder
from gui.main_window import MainWindow
from gui.model import artist
from gui.model.task_sketch import spaces_of
from gui.views.experiment_form import ExperimentForm
from gui.views.task_fields import MAKING, at_home


def test_a_name_that_is_told_of_keeps_its_letters(form: ExperimentForm) -> None:
    task = row(form, ("task",))
    fill(task.control.lineEdit(), "maze.py:Maze")
    assert task.hint.text().startswith("maze.py:Maze: there is no file ")
    assert not form.shared.picture.isVisible()


def test_what_is_wrong_has_all_the_room_that_it_needs(form: ExperimentForm) -> None:
    task = row(form, ("task",))
    fill(task.control.lineEdit(), "qqqq")  # every task there is gets named
    QTest.qWait(20)
    hint = task.hint
    assert hint.height() >= hint.heightForWidth(hint.width()) > 3 * hint.fontMetrics().height()
    assert hint.geometry().bottom() <= task.height()


def test_what_is_invalid_is_said_beside_its_field_and_run_is_disabled(form: ExperimentForm) -> None:
    rate = row(form, RATE)
    assert rate.hint.text() == "Step size of Adam. 0.0001 to 1, logarithmic"
    fill(rate.control, "7")
    assert rate.hint.text() == "7 is out of range; allowed: 0.0001 to 1"
    assert rate.hint.objectName() == "alarm"
    assert not form.run.isEnabled()
    assert (
        form.run.toolTip() == "Cannot run.\nREINFORCE: Learning rate 7 is out of range; allowed: 0.0001 to 1"
    )
    assert form.state.text().startswith("Cannot run. REINFORCE: Learning rate 7 is out of range")
    assert "⚠" in form.runs.item(0).text()
    press(Qt.Key.Key_Return, CTRL)
    assert form.isVisible()  # it was not run
    fill(rate.control, "0.50")
    assert rate.control.text() == "0.50"  # what is typed stays as it is typed
    assert rate.hint.objectName() == "muted"
    assert form.run.isEnabled()
    fill(row(form, ("seeds",)).control, "x")
    assert row(form, ("seeds",)).hint.text() == "Is 'x'; allowed: whole numbers from 1"


def test_it_runs_what_it_says(
    form: ExperimentForm, window: MainWindow, settle: Callable[[], None], workers: Workers
) -> None:
    fill(row(form, RATE).control, "0.5")
    fill(row(form, ("seeds",)).control, "2")
    press(Qt.Key.Key_Return, CTRL)
    settle()
    assert window.pages.currentWidget() is window.pages.workbench
    assert window.session.running.state == "running"
    sent = [handle.specification for handle in workers.handles]
    assert [run.learner for run in sent] == ["reinforce", "rvs"]
    assert dict(sent[0].knobs) == {"learning_rate": 0.5}
    assert sent[0].seeds == (0, 1)


def test_the_task_shows_its_picture_help_and_what_it_leaves_open(form: ExperimentForm, qtbot: QtBot) -> None:
    task = row(form, ("task",))
    before = form.shared.picture.sketch
    fill(task.control.lineEdit(), "coin")
    assert form.shared.help.text() == "The task coin."
    qtbot.waitUntil(lambda: form.shared.picture.sketch not in (None, before))
    alpha = form.shared.left_open["alpha"]
    assert alpha.control.placeholderText() == "0.2"
    fill(alpha.control, "0.3")
    assert form.draft.stated(("task",)) == "coin(alpha=0.3)"
    fill(alpha.control, "3")
    assert task.hint.text() == "coin: alpha is 3; allowed: between 0 and 1"
    assert not form.run.isEnabled()


def test_what_an_environment_shows_and_takes_is_told_by_a_thread(
    form: ExperimentForm, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = Event(), Event()

    def slowly(task: str, text: str) -> str:
        asked.set()
        assert answer.wait(60)
        return spaces_of(task, text)

    monkeypatch.setattr(artist, "spaces_of", slowly)
    task, told = row(form, ("task",)), form.shared.help
    fill(task.control.lineEdit(), "CartPole-v1")
    assert asked.wait(60)
    assert told.text() == MAKING  # and the window went on
    answer.set()
    qtbot.waitUntil(lambda: told.text().startswith("Observed: 4 numbers. An action: one of 2."))
    assert form.shared.picture.isVisible()
    fill(task.control.lineEdit(), "CartPole-v9")
    assert told.text().startswith("A Gymnasium id such as")


def test_a_class_that_a_file_does_not_have_is_told_while_it_is_typed(
    form: ExperimentForm, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    world = tmp_path / "world.py"
    world.write_text("import harmful\nclass Maze: ...\nclass Pond: ...\n")
    task = row(form, ("task",))
    fill(task.control.lineEdit(), "~nobody-is-called-so/world.py:Mase")
    assert task.hint.text().startswith("world.py:Mase: there is no file ")
    fill(task.control.lineEdit(), "~/world.py:Mase")
    said = "world.py:Mase: class 'Mase' is unknown (did you mean Maze?); allowed: Maze, Pond"
    assert task.hint.text() == said
    assert not form.run.isEnabled()
    world.write_text("class Mase: ...\n")  # as an editor would
    qtbot.waitUntil(lambda: task.hint.text() != said)
    assert form.run.isEnabled()
    qtbot.waitUntil(lambda: form.shared.help.text().startswith("Your own code: it is run with the exp"))


def test_a_folder_is_called_as_briefly_as_it_is_understood() -> None:
    home = Path.home()
    assert [at_home(path) for path in (home, home / "a" / "b", Path("/c"))] == ["~", "~/a/b", "/c"]


def test_runs_are_added_copied_and_removed(form: ExperimentForm) -> None:
    labels = [action.text() for action in form.add.menu().actions()]
    assert labels == ["REINFORCE", "RvS", "KL oracle"]
    form.add.menu().actions()[2].trigger()
    assert [form.runs.item(n).text() for n in range(3)] == ["REINFORCE", "RvS", "KL oracle"]
    assert form.fields.title.text() == "Run 3 of 3: KL oracle"
    form.runs.setCurrentRow(1)
    form.copy_run.click()
    assert form.fields.title.text() == "Run 4 of 4: RvS 2"
    press(Qt.Key.Key_Delete)
    assert form.runs.count() == 3
    for _ in range(3):
        form.runs.setFocus()
        press(Qt.Key.Key_Delete)
    assert form.fields.nothing.isVisible()
    assert not form.run.isEnabled()


def test_what_is_chosen_for_a_run_that_is_gone_is_not_heard(form: ExperimentForm) -> None:
    box = row(form, ("runs", 0, "learner")).control
    box.showPopup()  # a list that hangs open: its file may be changed elsewhere meanwhile
    while form.draft.runs:
        form.draft.remove_run(0)
    assert form.fields.rows == []
    text = form.draft.text
    box.activated.emit(box.count() - 1)
    assert form.draft.text == text


def test_another_learner_brings_its_own_knobs(form: ExperimentForm) -> None:
    learner = row(form, ("runs", 0, "learner")).control
    learner.setFocus()
    press(Qt.Key.Key_Down)
    assert form.draft.stated(("runs", 0, "learner")) == "rvs"
    assert [field.place[-1] for field in form.fields.rows if "knobs" in field.place] == [
        "learning_rate",
        "target",
    ]


def test_saved_it_is_in_the_gallery_and_follows_its_file(
    form: ExperimentForm, window: MainWindow, qtbot: QtBot
) -> None:
    fill(row(form, ("title",)).control, "My question")
    press(Qt.Key.Key_S, CTRL)
    path = experiments_folder() / "my-question.toml"
    text = path.read_text(encoding="utf-8")
    assert form.state.text() == "my-question.toml, saved"
    path.write_text(text.replace("seeds = 4", "seeds = 6"), encoding="utf-8")
    qtbot.waitUntil(lambda: row(form, ("seeds",)).control.text() == "6", timeout=5000)
    other = path.with_suffix(".new")  # as an editor does it
    other.write_text('title = "half', encoding="utf-8")
    other.replace(path)
    qtbot.waitUntil(lambda: "my-question.toml: not TOML" in form.state.text(), timeout=5000)
    assert not form.run.isEnabled()
    other.write_text(text.replace("seeds = 4", "seeds = 0"), encoding="utf-8")
    other.replace(path)
    qtbot.waitUntil(lambda: "Seeds is 0; allowed: whole numbers from 1" in form.state.text(), timeout=5000)
    fill(row(form, ("seeds",)).control, "3")
    press(Qt.Key.Key_S, CTRL)
    press(Qt.Key.Key_Escape)
    window.pages.show_gallery()
    mine = window.pages.gallery.model.entries[-1]
    assert (mine.title, mine.own, len(mine.runs[0].seeds)) == ("My question", True, 3)


def test_changes_are_not_dropped_without_asking(
    form: ExperimentForm, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    answer = QMessageBox.StandardButton.Cancel
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words) or answer)
    window.pages.edit("luck")
    assert not asked  # nothing was changed so far
    assert row(form, ("title",)).control.text() == "Luck"
    fill(row(form, ("title",)).control, "Bad luck")
    window.pages.edit("ties")
    assert "has changes that are not saved" in str(asked[0][2])
    assert asked[0][-1] == answer  # what Enter does loses nothing
    assert form.draft.stated(("title",)) == "Bad luck"
    window.pages.keep()
    assert "Bad luck" in window.settings.draft[0]


def test_what_was_run_from_the_form_without_a_file_bears_its_title_and_comes_back_into_the_form(
    qapp: QApplication, form: ExperimentForm, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Open]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    for title, name in (("First title", "first-title"), ("Second title", "second-title")):
        fill(row(form, ("title",)).control, title)
        press(Qt.Key.Key_Return, CTRL)
        assert window.session.experiment.name == name
        assert window.toolbar.experiments.currentText() == title
        assert window.session.items[0].handle.recording.parent.name.endswith(name)
        qapp.processEvents()
        assert window.pages.currentWidget() is window.pages.workbench
        window.pages.edit_current()
        qapp.processEvents()
        assert window.pages.currentWidget() is form
        assert form.draft.stated(("title",)) == title
    fill(row(form, ("title",)).control, "Third title")
    press(Qt.Key.Key_Escape)
    window.pages.edit_current()
    qapp.processEvents()
    assert window.pages.currentWidget() is window.pages.workbench  # Cancel leaves all as it is
    window.pages.edit("luck")
    qapp.processEvents()
    assert window.pages.currentWidget() is form
    assert form.draft.stated(("title",)) == "Third title"  # Open shows what is not saved
    assert not answers


def test_a_file_that_is_no_toml_is_told_and_nothing_is_shown(
    form: ExperimentForm, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *words: said.append(words[2]))
    path = experiments_folder() / "wrong.toml"
    path.parent.mkdir(parents=True)
    path.write_text('seeds = "x\n', encoding="utf-8")
    window.pages.show_gallery()
    window.pages.edit(str(path))
    assert said[0].startswith("wrong.toml: not TOML")
    assert "line 1" in said[0]
    assert window.pages.currentWidget() is window.pages.gallery
