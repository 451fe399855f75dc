"""A plot keeps what it drew while only the cursor moves, and shows the same picture as if it did not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gui.drawing import draw, paint
from gui.theme import Look
from gui.widgets.plot import Plot
from gui.widgets.plot_axis import Axis
from gui.widgets.plot_canvas import Pixels


class Drawn:
    """A plot of one slanting line, with a cursor over it."""

    def __init__(self) -> None:
        self.times, self.place = 0, 0.25
        self.page = QWidget()
        self.plot = Plot(Look("light"), "update", "return, reward", "A line")
        QVBoxLayout(self.page).addWidget(self.plot)
        self.page.resize(300, 200)
        self.plot.draw, self.plot.over = self._line, self._cursor
        self.plot.show_range(0.0, 1.0, 0.0, 1.0)
        self.page.show()

    def _line(self, painter: QPainter, pixels: Pixels) -> None:
        self.times += 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor("#0072b2"), 1.7))
        ends = (QPointF(pixels.x(x), pixels.y(x)) for x in (0.1, 0.9))
        painter.drawLine(*ends)

    def _cursor(self, painter: QPainter, pixels: Pixels) -> None:
        painter.setPen(QColor("#000000"))
        x = round(pixels.x(self.place))
        painter.drawLine(x, round(pixels.box.top()), x, round(pixels.box.bottom()))

    def look(self, scale: int = 1) -> QImage:
        """What is seen."""
        return paint(self.page, scale)


@pytest.fixture
def drawn(qapp: QApplication) -> Iterator[Drawn]:
    made = Drawn()
    qapp.processEvents()
    made.look()  # the axes find their width when they are first painted
    yield made
    made.page.close()
    made.page.deleteLater()
    qapp.processEvents()


@pytest.mark.parametrize("scale", [1, 2])
def test_what_is_kept_looks_like_what_is_drawn(drawn: Drawn, scale: int) -> None:
    fresh = {place: _looked(drawn, place, scale) for place in (0.25, 0.5, 0.75)}
    drawn.plot.content = "a line"
    first = _looked(drawn, 0.25, scale)
    kept = {place: _looked(drawn, place, scale) for place in fresh}
    assert first == fresh[0.25]
    for place, seen in kept.items():
        # Where the line ends its antialiasing may be rounded otherwise: three pixels of three colours.
        assert np.count_nonzero(np.abs(_values(seen) - _values(fresh[place])) > 1) <= 9, place


def _looked(drawn: Drawn, place: float, scale: int) -> QImage:
    drawn.place = place
    return drawn.look(scale)


def _values(image: QImage) -> np.ndarray:
    return np.array(image.constBits()).astype(int)


def test_a_moving_cursor_draws_nothing_anew(drawn: Drawn) -> None:
    drawn.plot.content = "a line"
    drawn.look()
    drawn.look()
    before = drawn.times
    for place in (0.3, 0.4, 0.5):
        _looked(drawn, place, 1)
    assert drawn.times == before


@pytest.mark.parametrize("change", ["content", "range", "size", "theme", "scale"])
def test_what_changed_is_drawn_anew(drawn: Drawn, change: str) -> None:
    drawn.plot.content = "a line"
    drawn.look()
    drawn.look()
    before = drawn.times
    if change == "content":
        drawn.plot.content = "another"
    elif change == "range":
        drawn.plot.show_range(0.0, 2.0, 0.0, 1.0)
    elif change == "size":
        drawn.page.resize(320, 200)
    elif change == "theme":
        drawn.plot.look.choose("dark")
    drawn.look(2 if change == "scale" else 1)
    assert drawn.times > before


def test_without_a_name_for_the_content_it_is_always_drawn(drawn: Drawn) -> None:
    for _ in range(3):
        before = drawn.times
        drawn.look()
        assert drawn.times > before


def test_a_drawing_gets_lines_and_not_what_was_kept(drawn: Drawn, tmp_path: Path) -> None:
    drawn.plot.content = "a line"
    drawn.look()
    drawn.look()
    before = drawn.times
    draw(drawn.page, tmp_path / "line.svg", "svg")
    assert drawn.times > before
    assert "<image" not in (tmp_path / "line.svg").read_text()


def wheeled(plot: Plot) -> None:
    """A turn of the wheel over the middle of a plot."""
    place = QPointF(plot.viewport().rect().center())
    event = QWheelEvent(
        place, plot.viewport().mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda drawn: drawn.page.resize(420, 310), id="another size"),
        pytest.param(lambda drawn: drawn.page.resize(420, 140), id="too low for a name"),
        pytest.param(lambda drawn: drawn.plot.show_range(0.0, 1e6, 0.0, 1e6), id="another range"),
        pytest.param(lambda drawn: drawn.plot.choose(0.2, 0.4, 0.0, 1e6), id="a range that was chosen"),
        pytest.param(lambda drawn: wheeled(drawn.plot), id="the wheel"),
    ],
)
def test_a_change_is_painted_once_with_everything_in_its_place(
    qapp: QApplication, drawn: Drawn, change: Callable[[Drawn], None]
) -> None:
    qapp.processEvents()
    before, left = drawn.look(), _places(drawn.plot)[0]
    painted: list[tuple[float, float, float]] = []
    drawn.plot.painted.connect(lambda: painted.append(_places(drawn.plot)))
    change(drawn)
    for _ in range(5):
        qapp.processEvents()
    assert len(painted) == 1
    after = drawn.look()
    assert after != before
    assert painted[0] == painted[1]  # the second is that of the picture just taken: nothing has moved since
    numbers = drawn.plot.visible[3] > 1e3
    assert (painted[0][0] > left) == numbers  # room for numbers that are longer


def _places(plot: Plot) -> tuple[float, float, float]:
    """Where the data begin on the left, and how wide and high they are, pixels."""
    box = plot.getPlotItem().getViewBox().sceneBoundingRect()
    return box.left(), box.width(), box.height()


def test_plots_of_one_window_are_painted_together(qapp: QApplication) -> None:
    page, painted = QWidget(), []
    row = QVBoxLayout(page)
    for name in "ab":
        plot = Plot(Look("light"), "update", "return", name)
        plot.draw = lambda *_: None
        plot.painted.connect(lambda name=name: painted.append(name))
        row.addWidget(plot)
    page.resize(300, 400)
    page.show()
    for _ in range(5):
        qapp.processEvents()
    painted.clear()
    page.resize(400, 500)
    for _ in range(5):
        qapp.processEvents()
    assert sorted(painted) == ["a", "b"]
    page.close()
    page.deleteLater()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda plot: plot.say("Nothing here."), id="words in place of data"),
        pytest.param(lambda plot: plot.label("left", "drift, nats"), id="another name"),
    ],
)
def test_what_a_plot_says_is_seen(qapp: QApplication, drawn: Drawn, change: Callable[[Plot], None]) -> None:
    qapp.processEvents()
    painted: list[int] = []
    drawn.plot.painted.connect(lambda: painted.append(1))
    change(drawn.plot)
    for _ in range(3):
        qapp.processEvents()
    assert painted


@pytest.mark.parametrize("top", [0.31, 1.0, 4.0, 17.0, 111.1, 8e6])
@pytest.mark.parametrize("height", [90, 140, 300])  # with and without names for the axes
def test_every_number_is_written(qapp: QApplication, drawn: Drawn, top: float, height: int) -> None:
    drawn.page.resize(300, height)
    drawn.plot.show_range(0.0, 1.0, -top / 10, 1.1 * top)
    for _ in range(3):
        qapp.processEvents()
    for side in ("left", "bottom"):
        axis = drawn.plot.getPlotItem().getAxis(side)
        length = axis.size().height() if side == "left" else axis.size().width()
        [(spacing, ticks)] = axis.tickValues(*axis.range, length)
        sheet = QImage(10, 10, QImage.Format.Format_RGB32)
        with QPainter(sheet) as painter:
            painter.setFont(axis.style["tickFont"])
            written = [words for _, _, words in axis.generateDrawSpecs(painter)[2]]
        assert written == axis.tickStrings(ticks, 1.0, spacing)


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_an_axis_has_two_numbers_at_the_least(qapp: QApplication, side: str) -> None:
    axis, random = Axis(side), np.random.default_rng(0)
    assert Axis("bottom").tickValues(-0.24, 4.24, 205.0) == [(2.0, [0.0, 2.0, 4.0])]  # at 5s there is but 0
    for _ in range(2000):
        low, width = random.normal() * 10 ** random.uniform(-3, 6), 10 ** random.uniform(-3, 6)
        [(spacing, ticks)] = axis.tickValues(low, low + width, random.uniform(40, 900))
        assert len(ticks) >= 2
        assert min(ticks) >= low - 1e-6 * spacing
        assert max(ticks) <= low + width + 1e-6 * spacing
