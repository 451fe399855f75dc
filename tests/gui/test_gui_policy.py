"""The pictures of policies: where they stand, what their contexts are called, what the mouse is told."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import synthetic
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication

from gui.model.session import Session
from gui.theme import DARK, LIGHT, Look
from gui.views.policy import PolicyView
from gui.widgets.column_names import Label, labels, names_height
from gui.widgets.policy_panel import Panel, PolicyPicture
from gui.widgets.policy_picture import Grid, draw_bars, placed
from gui.widgets.policy_row import GAP, MOST_NAMES, PolicyRow

MOVES = ("up", "down", "left", "right")
PROBES = ("after nothing, step 0", "after a long word that is hard to place, step 1")


def grid_panel(height: int, width: int) -> Panel:
    cells = np.arange(height * width)
    constants = {
        "grid_cell": cells, "grid_shape": np.array([height, width]), "grid_moves": synthetic.MOVES,
        "grid_exits": np.array([1]), "grid_exit_outcomes": np.array([0]),
    }  # fmt: skip
    probes = tuple(f"cell {cell}, step 0" for cell in cells)
    policy = np.tile([0.1, 0.2, 0.3, 0.4], (len(cells), 1))
    return Panel("learned", policy, "#0000ff", "", Grid.of(constants, ("the way out",)), MOVES, probes)


def table_panel() -> Panel:
    return Panel("learned", np.array([[0.25, 0.75], [1.0, 0.0]]), "#0000ff", "", None, ("yes", "no"), PROBES)


@pytest.fixture
def row(qapp: QApplication) -> Iterator[PolicyRow]:
    made = PolicyRow([PolicyPicture(Look("light")) for _ in range(3)])
    made.resize(600, 240)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def show(row: PolicyRow, panels: Sequence[Panel]) -> list[QRectF]:
    for picture, panel in zip(row.pictures, panels, strict=True):
        picture.show_panel(panel)
    row.arrange()
    return [QRectF(picture.geometry()) for picture in row.pictures]


def test_square_grids_stand_side_by_side_and_wide_ones_one_below_the_other(row: PolicyRow) -> None:
    across = show(row, [grid_panel(7, 7)] * 3)
    assert [box.left() for box in across] == [0, 206, 412]  # 188 wide each, 18 between
    assert {box.top() for box in across} == {0}
    assert all(one.right() <= other.left() for one, other in pairwise(across))
    down = show(row, [grid_panel(3, 11)] * 3)
    assert [box.top() for box in down] == [0, 80, 160]
    assert {box.left() for box in down} == {0}
    cell = row.pictures[0].panel.grid.cell(row.pictures[0]._area().width(), row.pictures[0]._area().height())
    assert cell > (600 - 2 * GAP) / 3 / 11  # larger than side by side


def test_only_the_first_heat_map_names_its_contexts_and_all_are_equally_large(row: PolicyRow) -> None:
    boxes = show(row, [table_panel()] * 3)
    names = row.pictures[0].names
    assert 0 < names <= MOST_NAMES * 600 + 1e-6
    assert [picture.names for picture in row.pictures[1:]] == [0, 0]
    assert boxes[0].width() - names == pytest.approx(boxes[1].width(), abs=1.5)
    assert boxes[1].width() == pytest.approx(boxes[2].width(), abs=1.5)


def test_the_mouse_is_told_the_context_and_what_is_likely_in_it(row: PolicyRow) -> None:
    show(row, [table_panel()] * 3)
    second = row.pictures[1]
    assert second.told_at(QPoint(20, 5)) == f"{PROBES[0]}\nno 0.75\nyes 0.25"
    assert second.told_at(QPoint(20, 180)) == f"{PROBES[1]}\nyes 1.00\nno 0.00"
    assert second.told_at(QPoint(20, 239)) == ""
    show(row, [grid_panel(4, 4)] * 3)
    area = second._area()
    size = area.height() / 4
    left = area.center().x() - 2 * size
    told = [second.told_at(QPoint(int(left + size * (k + 0.5)), int(size / 2))) for k in (0, 1)]
    assert told == ["cell 0, step 0\nright 0.40\nleft 0.30\ndown 0.20\nup 0.10", "the way out"]


def test_names_take_two_lines_where_one_is_too_short_for_them(qapp: QApplication) -> None:
    metrics = QFontMetrics(QFont())
    line, wide = metrics.height(), metrics.horizontalAdvance("gamble for 5")
    assert names_height(metrics, ("gamble for 5", "sure"), wide + 10) == line + 3
    assert names_height(metrics, ("gamble for 5", "sure"), wide - 10) == 2 * line + 3
    assert names_height(metrics, ("indivisible",), 5) == line + 3


def test_bins_are_named_as_far_as_they_can_be_read(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    numbers = [f"{number / 10:.1f}" for number in range(-5, 6)]
    wide = metrics.horizontalAdvance("-0.5") + 4
    assert [label.words for label in labels(metrics, numbers, wide)] == numbers
    # Room for one in three: four of eleven, a column left over at either side.
    assert labels(metrics, numbers, wide / 3) == [
        Label("-0.5", -1, 3), Label("-0.2", 2, 3), Label("0.1", 5, 3), Label("0.4", 8, 3)
    ]  # fmt: skip
    assert labels(metrics, ("left", "right"), 5) == [Label("left", 0, 1), Label("right", 1, 1)]
    bins = [f"axis {axis}: {number}" for axis in (1, 2) for number in range(3)]
    assert labels(metrics, bins, 5) == [Label("axis 1", 0, 3), Label("axis 2", 3, 3)]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_of_many_arms_the_first_and_the_last_are_named(qapp: QApplication, theme: object) -> None:
    names = ("proxy −8", *("" for _ in range(79)), "proxy 8")
    images = []
    for first in (names[0], ""):
        image = QImage(160, 90, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        draw_bars(painter, QRectF(0, 0, 160, 90), np.full(81, 1 / 81), (first, *names[1:]), "#888888", theme)
        painter.end()
        images.append(image)
    assert images[0].copy(0, 60, 80, 30) != images[1].copy(0, 60, 80, 30)
    assert images[0].copy(80, 60, 80, 30) == images[1].copy(80, 60, 80, 30)


def test_the_view_fits_in_a_small_window(qapp: QApplication, recorded: Session, tmp_path: Path) -> None:
    view = PolicyView(recorded, Look("dark"))
    view.resize(240, 150)
    view.show()
    view.refresh()
    for picture in view.pictures:
        if not picture.isHidden():
            assert view.row.rect().contains(picture.geometry())
    view.close()
    view.deleteLater()


def test_a_hole_is_seen_and_told_and_nothing_is_done_in_it(row: PolicyRow) -> None:
    panel = grid_panel(4, 4)
    constants = {
        "grid_cell": np.arange(16), "grid_shape": np.array([4, 4]), "grid_moves": synthetic.MOVES,
        "grid_traps": np.array([5]),
    }  # fmt: skip
    panel.grid = Grid.of(constants)
    show(row, [panel] * 3)
    picture = row.pictures[0]
    left, top, size = placed(picture._area(), panel.grid)
    image = picture.grab().toImage()

    def middle(cell: int) -> QPoint:
        return QPoint(round(left + (cell % 4 + 0.5) * size), round(top + (cell // 4 + 0.5) * size))

    for cell, colour in ((5, LIGHT.wall), (6, LIGHT.card)):
        corner = middle(cell) + QPoint(round(0.2 * size), round(0.2 * size))  # where no arrow goes
        assert image.pixelColor(corner) == QColor(colour)
    assert image.pixelColor(middle(5)) == QColor(LIGHT.wall)
    assert picture.exit_at(middle(5)).startswith("a hole: the episode ends here")
    assert picture.exit_at(middle(6)) == ""
