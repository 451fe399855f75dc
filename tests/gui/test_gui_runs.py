"""The runs list: what is wrong with a run stands in its row, in words."""

from collections.abc import Callable

from conftest import Workers
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from engine.experiments import Experiment
from engine.protocol import Failed
from gui.main_window import MainWindow

REASON = "run RvS: no such file: episodes.h5; allowed: a recording beside the experiment's file, or base"


class Noting(QPainter):
    """Keeps the texts that are drawn."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.texts: list[str] = []

    def drawText(self, *arguments: object) -> None:  # noqa: N802 - Qt's name
        self.texts.append(str(arguments[-1]))


def painted(image: QImage, place: QRect) -> list[int]:
    """Where something is painted there: how far to the right, pixels."""
    ground = image.pixelColor(place.right(), place.bottom())
    rows = range(place.top(), place.bottom())
    return [
        x for x in range(place.left(), place.right()) if any(image.pixelColor(x, y) != ground for y in rows)
    ]


def test_a_failed_runs_reason_stands_in_its_row(
    window: MainWindow, experiment: Experiment, settle: Callable[[], None], workers: Workers
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    settle()
    runs = window.deck.runs
    rows = [runs.model.index(number) for number in range(3)]
    before = [runs.list.visualRect(row) for row in rows]
    workers.handles[1].answers.append(Failed(0, REASON, ""))
    settle()
    after = [runs.list.visualRect(row) for row in rows]
    more = after[1].height() - before[1].height()
    assert more >= 14  # a line of small text
    assert [place.height() for place in (after[0], after[2])] == [before[0].height()] * 2
    assert after[2].top() == before[2].top() + more
    image = runs.list.viewport().grab().toImage()
    below = after[1].adjusted(0, before[1].height(), 0, 0)
    words = painted(image, below)
    assert len(words) > 0.5 * below.width()  # as much as fits; the whole is told where one points or listens
    assert max(words) < below.right() - 4
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        assert REASON in runs.model.data(rows[1], role)


def test_failed_is_a_word_where_half_of_the_line_is_left_to_the_name_and_the_cause_comes_first(
    window: MainWindow, experiment: Experiment, settle: Callable[[], None], workers: Workers
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    workers.handles[1].answers.append(Failed(0, REASON, ""))
    settle()
    item = window.session.items[1]
    item.name = "return-conditioned supervised learning"
    runs = window.deck.runs

    def written(width: int) -> list[str]:
        option = QStyleOptionViewItem()
        option.rect, option.font = QRect(0, 0, width, 60), runs.list.font()
        image = QImage(width, 60, QImage.Format.Format_RGB32)
        painter = Noting(image)
        runs.delegate.paint(painter, option, runs.model.index(1))
        painter.end()
        return painter.texts

    name, state = written(230)[:2]
    assert state == "⚠ failed"
    assert name.startswith("return-con")
    assert name.endswith("…")
    assert written(110)[1] == "⚠"
    assert written(600)[:2] == [item.name, "⚠ failed"]

    assert written(900)[-1] == REASON
    assert written(230)[-1].startswith("no such file: ep")  # whose it is stands above it
    item.message = "run RvS: task file.py:Class(size=9): horizon is 0; allowed: whole numbers from 1"
    assert written(230)[-1].startswith("horizon is 0; all")
