"""Another theme or text size: the window is dressed part by part, and no turn of the loop dresses two."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication, QWidget

from gui.main_window import MainWindow
from gui.model.session import Session

Settle = Callable[[], None]


class Eye(QObject):
    """Sees which widgets are dressed in each turn of the loop."""

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self.turns: list[list[QWidget]] = [[]]
        app.installEventFilter(self)
        QAbstractEventDispatcher.instance().awake.connect(self._awake)

    def _awake(self) -> None:
        self.turns.append([])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.StyleChange and isinstance(watched, QWidget):
            self.turns[-1].append(watched)
        return False


@pytest.fixture
def eye(qapp: QApplication, window: MainWindow, recorded: Session, settle: Settle) -> Eye:
    settle()
    return Eye(qapp)


def _theme(window: MainWindow) -> None:
    window.toggle_theme()


def _text(window: MainWindow) -> None:
    window.look.size_text(150)


@pytest.mark.parametrize("change", [_theme, _text])
def test_no_turn_dresses_two_parts(
    change: Callable[[MainWindow], None], eye: Eye, window: MainWindow, settle: Settle
) -> None:
    parts = [part for part, _ in window.deck.parts]
    parts += [window.toolbar, window.menuBar(), window.statusBar(), window.dialogs]
    below = {widget: part for part in parts for widget in (part, *part.findChildren(QWidget))}
    change(window)
    settle()
    dressed = [{below.get(widget, widget) for widget in turn} for turn in eye.turns if turn]
    assert max(map(len, dressed)) == 1
    assert set().union(*dressed) >= set(parts)
    assert QFontInfo(window.deck.drift.title.font()).pixelSize() == round(0.12 * window.look.text_size)


def test_there_and_back_is_the_same_picture(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    before = window.deck.stage.grab().toImage()
    window.toggle_theme()
    settle()
    assert window.deck.stage.grab().toImage() != before
    window.toggle_theme()
    settle()
    assert window.deck.stage.grab().toImage() == before


def test_one_who_changes_their_mind_amid_it_gets_the_last(
    qapp: QApplication, window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    before = window.deck.stage.grab().toImage()
    window.toggle_theme()
    for _ in range(6):
        qapp.processEvents()
    assert window.dressing.busy
    window.toggle_theme()
    settle()
    assert window.deck.stage.grab().toImage() == before
    assert all(part.updatesEnabled() for part, _ in window.deck.parts)


def test_a_part_that_is_gone_is_not_dressed(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    window.pages.start_tour()
    window.toggle_theme()  # while the callout is there
    window.pages.tour.end()
    settle()
    settle()
    window.toggle_theme()
    settle()
    assert not window.dressing.busy
