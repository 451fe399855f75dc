import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import synthetic
from conftest import Shelf, Workers
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QTextBlock, QTextDocument
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QTextBrowser, QToolButton

from engine.experiments import Experiment
from engine.protocol import Failed
from gui import exports
from gui.actions import commands
from gui.app import _reported
from gui.main_window import MainWindow, first_size
from gui.model.session import Session
from gui.widgets.help import Help
from gui.widgets.palette import Palette

Settle = Callable[[], None]


def test_the_first_screen_says_what_to_do(window: MainWindow, experiment: Experiment, settle: Settle) -> None:
    window.session.choose(experiment)
    settle()
    assert window.deck.stage.currentWidget() is window.deck.intro
    assert window.toolbar.run.text().strip() == "Run"
    assert next(iter(window.deck.objective.sliders)) == "target"


def test_space_runs_pauses_and_the_plots_appear(
    window: MainWindow, experiment: Experiment, settle: Settle, workers: Workers
) -> None:
    window.session.choose(experiment)
    settle()
    QTest.keyClick(window, Qt.Key.Key_Space)
    settle()
    assert window.session.running.state == "running"
    assert window.deck.stage.currentIndex() == 1
    assert window.toolbar.run.text().strip() == "Pause"
    QTest.keyClick(window, Qt.Key.Key_Space)
    settle()
    assert window.session.running.state == "paused"


def test_typing_a_value_steers_and_a_bad_one_is_marked(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    window.session.choose(experiment)
    settle()
    slider = window.deck.objective.sliders["learning_rate"]
    said: list[str] = []
    window.session.message.connect(said.append)
    slider.entry.setText("7")
    slider.entry.typed.emit()
    assert window.session.items[0].values["learning_rate"] == 0.1
    assert slider.entry.property("bad")
    assert "0.0001 to 1" in said[0]
    slider.entry.setText("0.02")
    slider.entry.typed.emit()
    settle()
    assert window.session.items[0].values["learning_rate"] == 0.02
    assert not slider.entry.property("bad")
    slider.reset.click()
    assert window.session.items[0].values["learning_rate"] == 0.1


def test_moving_the_target_changes_the_policy_that_is_shown(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    recorded.select(recorded.items[1])
    settle()
    before = window.deck.policy.pictures[0].panel.policy.copy()
    picture = window.deck.policy.pictures[0].grab().toImage()
    QTest.keyClick(window, Qt.Key.Key_BracketLeft)
    settle()
    assert recorded.target == 0.5
    QTest.keyClick(window, Qt.Key.Key_BracketLeft)
    settle()
    assert recorded.target == 0.0
    assert abs(window.deck.policy.pictures[0].panel.policy - before).max() > 0.05
    assert window.deck.policy.pictures[0].grab().toImage() != picture
    assert "asked for 0" in window.deck.policy.note.text()


def test_arrows_scrub_every_view(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    drift = [bar.total for bar in window.deck.drift.bars.bars]
    for _ in range(5):
        QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert recorded.cursor.step == 10
    assert window.deck.drift.bars.bars[0].total < drift[0]
    assert not window.deck.timeline.live.isChecked()
    QTest.keyClick(window, Qt.Key.Key_End)
    settle()
    assert recorded.cursor.following
    assert [bar.total for bar in window.deck.drift.bars.bars] == drift


def test_a_hidden_run_is_hidden_everywhere(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    assert len(window.deck.drift.bars.bars) == 3
    window.deck.runs.toggle(recorded.items[0])
    settle()
    assert [bar.name for bar in window.deck.drift.bars.bars] == ["RvS", "conditional oracle"]
    assert window.deck.returns.points_recorded == 61 + 2
    for item in recorded.items:
        recorded.show(item, False)
    settle()
    assert window.deck.returns.points_recorded == 0  # what is not drawn is not counted


def test_a_failure_is_told_in_its_row(
    window: MainWindow, experiment: Experiment, settle: Settle, workers: Workers
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    settle()
    workers.handles[1].answers.append(Failed(7, "loss is not finite", "Traceback: line 1"))
    settle()
    window.deck.runs._choose(window.session.items[1])
    assert window.deck.runs.details.isVisible()
    assert "Traceback: line 1" in window.deck.runs.details.toPlainText()
    assert window.session.items[0].state == "running"


def test_both_themes_paint_without_an_error(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    assert window.grab().toImage().pixelColor(3, 300) == QColor(window.look.theme.background)
    window.toggle_theme()
    settle()
    assert window.look.theme.name == "dark"
    assert window.grab().toImage().pixelColor(3, 300) == QColor("#15171b")


def test_only_views_that_changed_are_drawn_again(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    # One looks at its folder, two are behind a tab, two are behind the plots.
    deck = window.deck
    apart = (deck.recordings, deck.fan, deck.numbers, deck.audit, deck.compare)
    assert not any(view.refresh() for view in window.deck.views if view not in apart)
    recorded.cursor.put(20)
    assert window.deck.drift.refresh()
    assert not window.deck.objective.refresh()


def test_two_thousand_redraws_cost_no_reference_to_none_and_leave_no_window(
    window: MainWindow, recorded: Session, qapp: QApplication, settle: Settle
) -> None:
    """PySide6 6.12.0 loses a reference to None on every void call and aborts within 500 frames."""
    settle()
    top, before = len(qapp.topLevelWidgets()), sys.getrefcount(None)
    for frame in range(2000):
        recorded.cursor.put(frame % 61)
        window.deck.returns.refresh()
        window.deck.frontier.refresh()
        if frame % 4 == 0:
            qapp.processEvents()
    assert sys.getrefcount(None) > before - 200
    assert len(qapp.topLevelWidgets()) == top


def test_the_table_of_actions_has_no_key_twice_and_every_row_helps(window: MainWindow) -> None:
    table = commands(window)
    keys = [key for command in table for key in command.keys]
    assert len(keys) == len(set(keys))
    assert all(command.help and command.text for command in table)
    assert len({command.name for command in table}) == len(table)


def test_the_palette_finds_and_does(
    window: MainWindow, recorded: Session, settle: Settle, qapp: QApplication
) -> None:
    settle()
    window.show_palette()
    palette = window.findChild(Palette)
    palette.field.setText("first upd")
    assert palette.list.topLevelItemCount() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    qapp.processEvents()
    assert recorded.cursor.step == 0


def test_the_palette_says_that_nothing_was_found(window: MainWindow) -> None:
    window.show_palette()
    palette = window.findChild(Palette)
    palette.field.setText("qqq")
    assert palette.list.topLevelItem(0).text(0) == "Nothing is called that"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_every_button_has_a_name_to_speak(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    silent = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not (button.accessibleName() or button.text())
    ]
    assert not silent


def test_what_is_visible_is_written_as_png_and_vector_svg(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    settle()
    exports.picture(window.deck, "png", tmp_path / "a.png")
    exports.picture(window.deck, "svg", tmp_path / "a.svg")
    assert (tmp_path / "a.png").stat().st_size > 20_000
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert QSvgRenderer(str(tmp_path / "a.svg")).isValid()
    assert "REINFORCE" in text  # text is text
    assert text.count("<path") > 100


def test_an_export_that_cannot_be_written_says_so(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    from engine.errors import UserError

    settle()
    for kind in ("png", "svg"):
        with pytest.raises(UserError, match="cannot write"):
            exports.picture(window.deck, kind, tmp_path / "no such folder" / f"a.{kind}")


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import gui.app", ("torch", "scipy", "gymnasium", "h5py")),
        (
            "import gui.model.session, gui.model.library.shelf, gui.model.scale, gui.model.series",
            ("PySide6.QtWidgets", "pyqtgraph", "torch"),
        ),
    ],
)
def test_what_an_import_must_not_bring(code: str, absent: tuple[str, ...]) -> None:
    check = f"{code}\nimport sys\nprint([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _blocks(document: QTextDocument) -> list[QTextBlock]:
    return [document.findBlockByNumber(number) for number in range(document.blockCount())]


def test_the_palette_is_as_wide_as_what_it_says(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    for width in (1100, 1800):
        window.resize(width, 700)
        settle()
        window.show_palette()
        palette = window.findChildren(Palette)[-1]
        palette.list.doItemsLayout()
        fits = palette.list.columnWidth(1) >= palette.list.sizeHintForColumn(1)
        assert fits or palette.width() == window.width() - 40  # then the tool tip has it whole
        entry = palette.list.topLevelItem(0)
        assert entry.toolTip(1) == entry.text(1)
        palette.close()
    assert fits


def test_no_arrow_is_left_in_the_colour_of_the_other_theme(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    panel = window.deck.policy.pictures[1].panel
    assert panel.title == "conditional oracle"
    window.toggle_theme()
    while window.dressing.busy:
        QApplication.processEvents()
        panel = window.deck.policy.pictures[1].panel
        assert panel.colour == window.look.theme.text or not window.deck.policy.updatesEnabled()
    assert panel.colour == window.look.theme.text


def test_the_buttons_of_a_file_dialog_show_their_icons(window: MainWindow, settle: Settle) -> None:
    dialog = QFileDialog(window, options=QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    button = dialog.findChild(QToolButton, "newFolderButton")
    picture = button.grab().toImage()
    colours = {
        picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())
    }
    assert len(colours) > 6  # ground, edge and no more where the icon has no room
    dialog.close()
    dialog.deleteLater()


def test_the_help_opens_and_closes(window: MainWindow, qapp: QApplication, settle: Settle) -> None:
    settle()
    QTest.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(Help)
    assert dialog.isVisible()
    text = dialog.findChild(QTextBrowser)
    assert "Collateral" in text.toPlainText()
    assert str(window.session.folder) in text.toPlainText()
    assert window.settings.store.fileName() in text.toPlainText()
    headings = [b for b in _blocks(text.document()) if b.blockFormat().headingLevel() == 2]
    assert len(headings) >= 5
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    qapp.processEvents()


def test_an_error_of_the_app_is_told_and_does_not_end_it(
    window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise RuntimeError("broken picture")
    except RuntimeError as error:
        _reported(window)(type(error), error, error.__traceback__)
    assert "broken picture" in window.statusBar().currentMessage()
    assert "RuntimeError: broken picture" in capsys.readouterr().err


def test_a_turn_that_changes_no_picture_is_timed_when_its_row_is_there(
    window: MainWindow, experiment: Experiment, settle: Settle, shelf: Shelf
) -> None:
    session = window.session
    session.choose(experiment)
    session.running.start()
    settle()  # REINFORCE is selected: its picture does not depend on the target
    session.steering.turn("target", 0.5)
    settle()
    assert session.latency.milliseconds is None
    shelf.live[session.items[1].recording.path].reveal(2)
    settle()
    assert session.latency.milliseconds is not None


def test_what_the_last_row_could_not_measure_is_not_taken_from_an_earlier_one(
    window: MainWindow, session: Session, settle: Settle, tmp_path: Path
) -> None:
    made = synthetic.layout("PPO", conditioned=False, seeds=2)
    rows = synthetic.rows(made, 8)
    for row in rows[5:]:
        row.metrics[:, 2:] = np.nan  # asked and collateral drift, and modes
    rows[6].metrics[:] = np.nan  # not measured at all
    synthetic.write(tmp_path / "ppo.h5", made, rows)
    session.open(tmp_path / "ppo.h5")
    settle()
    item = session.items[0]
    assert np.isnan(item.at("asked", 7)[0])
    assert item.at("asked", 4)[0] > 0
    assert item.at("drift", 6)[0] == item.at("drift", 5)[0] > 0
    assert np.isnan(item.at("asked", 6)[0])
    bar = window.deck.drift.bars.bars[0]
    assert bar.total > 0
    assert np.isnan(bar.asked)
    assert "asked –" in window.deck.runs.model.data(
        window.deck.runs.model.index(0), Qt.ItemDataRole.ToolTipRole
    )


@pytest.mark.parametrize(
    ("screen", "size"),
    [
        ((1500, 940), (1484, 892)),
        ((1920, 1050), (1500, 940)),
        ((1500, 975), (1484, 927)),
        ((3840, 2100), (1500, 940)),
    ],
)
def test_the_first_window_leaves_room_for_its_frame(screen: tuple[int, int], size: tuple[int, int]) -> None:
    assert first_size(QSize(*screen)).toTuple() == size
