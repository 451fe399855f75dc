import numpy as np
import pytest
import synthetic
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

from engine.exports.chart import nice_spacing
from gui.theme import LIGHT
from gui.views.fan import edges
from gui.widgets.bar_names import name_lines
from gui.widgets.policy_picture import REACH, Grid, arrows, colour_table, draw_grid, image_of


def test_an_arrow_is_as_long_as_its_action_is_likely() -> None:
    centres = np.array([[50.0, 70.0]])
    tips = arrows(centres, 20.0, np.array([[0.1, 0.2, 0.3, 0.4]]), synthetic.MOVES)
    up, down, left, right = (tips[0] - centres[0]) / (REACH * 20)
    np.testing.assert_allclose(
        [up, down, left, right], [[0, -0.1], [0, 0.2], [-0.3, 0], [0.4, 0]], atol=1e-12
    )


def test_the_grid_shows_certain_moves_where_they_go(qapp: object) -> None:
    grid = Grid.of(dict(synthetic.layout().constants))
    assert (grid.height, grid.width, len(grid.probe_of)) == (7, 7, 45)
    policy = np.tile([0.0, 0.0, 0.0, 1.0], (45, 1))  # right, everywhere
    image = QImage(350, 350, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.card))
    painter = QPainter(image)
    draw_grid(painter, QRectF(0, 0, 350, 350), grid, policy, "#ff0000", LIGHT)
    painter.end()
    red = QColor("#ff0000")
    assert image.pixelColor(175 + 10, 175) == red  # right of the middle cell's centre
    assert image.pixelColor(175 - 10, 175) != red
    assert image.pixelColor(12, 12) == QColor(LIGHT.exit)


def test_of_several_probes_in_a_cell_the_earliest_is_drawn() -> None:
    constants = {
        "grid_shape": np.array([1, 2]), "grid_cell": np.array([0, 0, 1]), "grid_moves": synthetic.MOVES,
        "probe_time": np.array([5, 2, 9]),
    }  # fmt: skip
    assert Grid.of(constants).probe_of == {0: 1, 1: 2}
    assert Grid.of({}) is None


def test_an_image_keeps_rows_and_columns_and_uses_256_colours(qapp: object) -> None:
    table = colour_table(LIGHT.image)
    assert len(table) == 256
    image = image_of(np.array([[0.0, 1.0, np.nan]]), table)
    assert (image.width(), image.height()) == (3, 1)
    assert [image.pixel(x, 0) for x in range(3)] == [table[0], table[255], table[0]]
    assert table[0] != table[255]


@pytest.mark.parametrize(
    ("span", "most", "expected"), [(1.0, 5, 0.2), (300, 4, 100), (0.034, 3, 0.02), (7, 7, 1)]
)
def test_ticks_stand_at_round_numbers(span: float, most: int, expected: float) -> None:
    assert nice_spacing(span, most) == pytest.approx(expected)


def test_cells_around_centres() -> None:
    np.testing.assert_allclose(edges(np.array([0.0, 1.0, 3.0])), [-0.5, 0.5, 2.0, 4.0])
    np.testing.assert_allclose(edges(np.array([2.0])), [1.5, 2.5])


def test_a_name_breaks_where_the_halves_are_most_alike(qapp: object) -> None:
    metrics = QFontMetrics(QFont())
    assert name_lines("Decision Transformer", metrics, 1000) == ["Decision Transformer"]
    assert name_lines("a return of one", metrics, 1) == ["a return", "of one"]
    assert name_lines("RvS", metrics, 1) == ["RvS"]
