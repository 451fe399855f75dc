"""The gallery: every experiment as a card, found by typing, opened and run by keys."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Workers
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine import experiments
from engine.places import experiments_folder
from engine.tasks import registry
from gui.main_window import MainWindow
from gui.model.gallery import entries
from gui.model.task_sketch import ArmsSketch, EpisodeSketch, GridSketch, TableSketch, sketch_of
from gui.theme import Look
from gui.views.gallery import Gallery
from gui.widgets.task_picture import draw_sketch

OWN = 'title = "My own"\nsummary = "Mine. All mine."\ntask = "ties"\n[[runs]]\nlearner = "rvs"\n'


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own folder, with an experiment and a file that is none."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = experiments_folder()
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    (folder / "wrong.toml").write_text("seeds = 1\n", encoding="utf-8")
    return folder


@pytest.fixture
def gallery(window: MainWindow, own: Path, settle: Callable[[], None]) -> Gallery:
    QTest.keyClick(window, Qt.Key.Key_G)
    settle()
    assert window.pages.currentWidget() is window.pages.gallery
    return window.pages.gallery


def press(key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget(), key)


def test_every_experiment_has_a_title_and_a_sentence(own: Path) -> None:
    found = entries(own)
    assert [entry.name for entry in found[:-2]] == list(experiments.names())
    for entry in found[:-2]:
        assert entry.title
        assert entry.sentence[-1] in ".?!"
        assert not re.search(r"\d{4}\.\d{4}", entry.sentence)  # a card has no room for a paper's number
        assert not entry.own
    forgets = next(entry for entry in found if entry.name == "when-rl-forgets-less")
    assert forgets.sentence == "On-policy RL starts at the base and moves only as far as its reward pulls."
    mine, wrong = found[-2:]
    assert (mine.title, mine.sentence, mine.own, mine.broken) == ("My own", "Mine.", True, False)
    assert (wrong.title, wrong.broken) == ("wrong", True)
    assert "wrong.toml: runs is missing; allowed" in wrong.sentence


def test_no_folder_of_ones_own_is_no_trouble(tmp_path: Path) -> None:
    assert len(entries(tmp_path / "nosuch")) == len(experiments.names())


def test_a_grid_is_sketched_from_its_task() -> None:
    sketch = sketch_of("crossroads")
    assert isinstance(sketch, GridSketch)
    assert (sketch.height, sketch.width, sketch.starts) == (7, 7, {24})
    assert dict(sketch.exits) == {0: "1", 6: "1", 42: "1", 48: "1"}
    visits = sketch.visits.reshape(7, 7)
    assert visits[3, 3] == visits.max() == 1.0
    np.testing.assert_allclose(visits, visits[::-1])  # the task looks the same from every side
    np.testing.assert_allclose(visits, visits.T)


def test_visits_are_those_of_a_walk_that_is_counted() -> None:
    text = 'kind = "grid"\nhorizon = 2\nmap = """\na.S#b\n"""\n[exits]\na = 1.0\nb = 1.0\n'
    sketch = sketch_of("corridor", text)
    assert isinstance(sketch, GridSketch)
    # From S one move in four goes left, the others stay. Visits at times 0, 1, 2: S 1 + 3/4 + 9/16 + 1/16.
    at_start = 1 + 3 / 4 + (9 / 16 + 1 / 4 * 1 / 4)
    at_floor = 1 / 4 + (3 / 4 * 1 / 4 + 1 / 4 * 2 / 4)
    at_exit = 1 / 4 * 1 / 4
    np.testing.assert_allclose(sketch.visits * at_start, [at_exit, at_floor, at_start, 0, 0])
    assert sketch.walls == {3}


def test_other_tasks_are_sketched_from_what_they_are() -> None:
    gambling = sketch_of("gambling")
    assert isinstance(gambling, ArmsSketch)
    np.testing.assert_allclose(gambling.pays, [-5.0, -2.5, 1.0])
    two_goals = sketch_of("two-goals")
    assert isinstance(two_goals, GridSketch)
    assert two_goals.exits[0] == "3+0"
    lake = sketch_of("frozen-lake")
    assert isinstance(lake, GridSketch)
    assert lake.traps == {5, 7, 11, 12}
    tokens = sketch_of("tokens")
    assert isinstance(tokens, TableSketch)
    np.testing.assert_allclose(tokens.base.sum(axis=1), 1.0)
    assert tokens.base.shape == (7, 6)  # nothing yet, and after each of six letters
    pole = sketch_of("CartPole-v1")
    assert isinstance(pole, EpisodeSketch)
    assert pole.observed.shape[1] == 4
    assert sketch_of("nosuch") is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_holes_are_told_from_the_floor(qapp: QApplication, name: str) -> None:
    theme, lake = Look(name).theme, sketch_of("frozen-lake")
    image = QImage(80, 80, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    draw_sketch(painter, QRectF(0, 0, 80, 80), lake, theme)
    painter.end()
    holes = {
        cell
        for cell in range(16)
        if image.pixelColor(cell % 4 * 20 + 10, cell // 4 * 20 + 10) == QColor(theme.wall)
    }
    assert holes == {5, 7, 11, 12}


def test_a_picture_runs_nobodys_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harm.py").write_text("from pathlib import Path\nPath(__file__).with_name('ran').touch()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for task in (f"{tmp_path}/harm.py:World", "harm:World", "harm:World-v0", "CartPole-v1 | harm:Wrapper"):
        assert sketch_of(task) is None
    assert not (tmp_path / "ran").exists()
    assert sketch_of("CartPole-v1 | TimeLimit(max_episode_steps=9)") is not None


@pytest.mark.parametrize("name", registry.names())
def test_every_task_has_a_sketch(name: str) -> None:
    assert sketch_of(name) is not None


def test_the_cards_are_painted_each_with_its_picture(
    gallery: Gallery, window: MainWindow, qtbot: QtBot
) -> None:
    rows = [gallery.model.index(row) for row in range(len(experiments.names()))]
    qtbot.waitUntil(lambda: all(gallery.model.sketch(index) for index in rows))

    def picture(row: int) -> QImage:
        card = gallery.cards.visualRect(gallery.model.index(row))
        return gallery.cards.viewport().grab(card.adjusted(14, 14, 14 + 106 - card.width(), -26)).toImage()

    names = [entry.name for entry in gallery.model.found]
    crossroads, luck = picture(names.index("crossroads")), picture(names.index("luck"))
    assert crossroads != luck
    assert crossroads == picture(names.index("a-little-rl"))  # on the same task
    window.toggle_theme()
    assert picture(0) != crossroads


def test_arrows_move_and_enter_opens(
    gallery: Gallery, window: MainWindow, settle: Callable[[], None]
) -> None:
    assert gallery.selected.name == experiments.DEFAULT
    press(Qt.Key.Key_Right)
    chosen = gallery.selected
    assert chosen == gallery.model.entries[1]
    press(Qt.Key.Key_Return)
    settle()
    assert window.pages.currentWidget() is window.pages.workbench
    assert window.session.experiment.name == chosen.name
    assert window.session.running.state == "ready"
    QTest.keyClick(window, Qt.Key.Key_G)
    assert gallery.selected == chosen  # what is open is chosen


def test_typing_finds_and_space_runs(
    gallery: Gallery, window: MainWindow, settle: Callable[[], None], workers: Workers
) -> None:
    for key in (Qt.Key.Key_L, Qt.Key.Key_U, Qt.Key.Key_C, Qt.Key.Key_K):
        press(key)
    assert gallery.search.text() == "luck"
    assert [entry.name for entry in gallery.model.found] == ["luck"]
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Space)
    settle()
    assert window.session.experiment.name == "luck"
    assert window.session.running.state == "running"
    assert len(workers.handles) == len(window.session.items)
    assert window.pages.currentWidget() is window.pages.workbench


def test_shown_again_it_shows_every_experiment(gallery: Gallery, window: MainWindow) -> None:
    QTest.keyClicks(gallery.cards, "e")  # a letter is only a letter
    QTest.keyClicks(gallery.search, "cho")
    assert [entry.name for entry in gallery.model.found] == ["echo-chamber"]
    window.pages.show_workbench()
    window.pages.show_gallery()
    assert gallery.search.text() == ""
    assert len(gallery.model.found) >= len(experiments.names())


def test_ctrl_d_edits_a_copy_of_the_chosen_one(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.edit_wanted.disconnect()  # of the form itself other tests tell
    with qtbot.waitSignal(gallery.edit_wanted) as told:
        gallery.select("luck")
        QTest.keyClick(gallery.cards, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert told.args == ["luck"]
    QTest.keyClicks(gallery.cards, "stitch")  # the keyboard is in the search field from here on
    with qtbot.waitSignal(gallery.edit_wanted) as told:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert told.args == ["stitching"]
    assert gallery.search.text() == "stitch"


def test_nothing_found_says_what_to_do_and_escape_goes_back(gallery: Gallery, window: MainWindow) -> None:
    press(Qt.Key.Key_Z)
    press(Qt.Key.Key_Z)
    assert gallery.nothing.isVisible()
    assert not gallery.run.isEnabled()
    press(Qt.Key.Key_Escape)
    assert len(gallery.model.found) == len(experiments.names()) + 2
    press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.workbench


def test_letters_do_not_reach_the_workbench(gallery: Gallery, window: MainWindow) -> None:
    window.session.choose(experiments.load("ties"))
    window.pages.show_gallery()
    before = window.session.selected
    press(Qt.Key.Key_N)  # selects the next run, on the workbench
    assert window.session.selected is before
    assert gallery.search.text() == "n"


def test_ones_own_that_cannot_be_read_says_why_and_cannot_be_run(gallery: Gallery, own: Path) -> None:
    gallery.select(str(own / "wrong.toml"))
    assert gallery.selected.broken
    assert not gallery.run.isEnabled()
    assert gallery.edit.isEnabled()
    gallery.select(str(own / "own.toml"))
    assert gallery.run.isEnabled()
    assert gallery.edit.text() == "Edit …"


def test_the_first_start_shows_it_once(window: MainWindow, own: Path) -> None:
    window.pages.welcome()
    assert window.pages.currentWidget() is window.pages.gallery
    window.pages.show_workbench()
    window.pages.welcome()
    assert window.pages.currentWidget() is window.pages.workbench


def test_the_workbench_comes_back_in_one_turn_and_is_painted_in_the_next(
    qapp: QApplication, window: MainWindow, gallery: Gallery
) -> None:
    pages, painted = window.pages, []
    window.deck.calibration.plot.painted.connect(lambda: painted.append(pages.currentWidget()))
    assert window.opening.choose_experiment("stitching")
    assert pages.currentWidget() is gallery  # to open it was enough for one turn
    while pages.currentWidget() is gallery:
        qapp.processEvents()
    assert not painted  # nor to show it and to paint it
    assert not pages.workbench.updatesEnabled()
    for _ in range(3):
        qapp.processEvents()
    assert set(painted) == {pages.workbench}
    pages.show_workbench()  # is there already
    assert pages.workbench.updatesEnabled()
    painted.clear()
    window.deck.calibration.plot.redraw()
    qapp.processEvents()
    assert painted == [pages.workbench]  # what changes is painted as ever


def test_what_is_asked_for_after_something_was_opened_is_what_is_shown(
    qapp: QApplication, window: MainWindow, own: Path
) -> None:
    assert window.opening.choose_experiment("stitching")
    window.pages.show_gallery()  # as the first start does
    for _ in range(3):
        qapp.processEvents()
    assert window.pages.currentWidget() is window.pages.gallery


def test_a_key_before_the_workbench_has_come_is_for_what_was_opened(
    qapp: QApplication, window: MainWindow, gallery: Gallery, workers: Workers
) -> None:
    for key in (Qt.Key.Key_T, Qt.Key.Key_I, Qt.Key.Key_E, Qt.Key.Key_S, Qt.Key.Key_Return):
        press(key)
    assert window.pages.currentWidget() is gallery
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Return)
    assert gallery.search.text() == "ties"
    for _ in range(3):
        qapp.processEvents()
    assert window.pages.currentWidget() is window.pages.workbench
    assert window.session.experiment.name == "ties"
    assert window.session.running.state == "running"
    assert len(workers.handles) == len(window.session.items)


def test_two_keys_before_the_workbench_has_come_run_once(
    qapp: QApplication, window: MainWindow, gallery: Gallery, workers: Workers
) -> None:
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_Space)
    gallery.run_wanted.emit("stitching")  # nor does a click run another
    assert len(workers.handles) == len(window.session.items)
    for _ in range(3):
        qapp.processEvents()
    assert window.session.running.state == "running"
    assert window.pages.currentWidget() is window.pages.workbench
