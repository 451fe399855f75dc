"""The pad: a plane of pairs with the data's density behind it, and a point on it to drag."""

import time
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.model.pad import Pairs, Whole
from gui.roles import give_role
from gui.text_size import scaled
from gui.theme import Look, RunStyle
from gui.widgets.marks import draw_marker
from gui.widgets.painting import painting
from gui.widgets.policy_picture import colour_table, image_of

HEIGHT = 180  # pixels at 100 %, as the next two
AXIS = 30.0  # pixels, left and below, for numbers and names
HEAD = 18.0  # pixels, above, for what is asked in words
STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}
STRONGEST = 0.6  # of the heat map's range: marks must stay readable on it
HATCH = 110  # of 255: how opaque the lines over what the data never bring are
MARK = 10.0  # pixels: of a run's mark, and between two that would lie on each other


@dataclass(frozen=True, slots=True)
class Reached:
    """What a run brings of both goals, and how it is drawn."""

    name: str
    first: float
    second: float
    style: RunStyle


class Pad(QWidget):
    """Signals:
    turned(name, value, moment): a person asked for another pair, as a slider of the target would.
    """

    turned = Signal(str, object, float)

    def __init__(self, pairs: Pairs, look: Look) -> None:
        super().__init__()
        self.pairs, self.look = pairs, look
        self.asked: tuple[Whole, ...] = ()
        self.words = ""
        self.reached: tuple[Reached, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        give_role(self, QAccessible.Role.Chart)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        first, second = pairs.pair.names
        self.setAccessibleName(f"Pad: {first} across, {second} up")
        self.setToolTip(
            f"Drag the point, or move it with the arrow keys. {look.theme.likelier.capitalize()}: more often "
            "in the data. Hatched: out of support, the data never bring that pair."
        )

    def sizeHint(self) -> QSize:
        """As wide as it is given."""
        return QSize(200, scaled(HEIGHT, self.font()))

    def show_points(self, asked: tuple[Whole, ...], reached: tuple[Reached, ...]) -> None:
        """What is asked for, the pair to be moved first, and what comes of it."""
        told = [self.pairs.words(pair) for pair in asked]
        brought = [f"{r.name} brings {r.first:.2f}, {r.second:.2f}" for r in reached]
        self.setAccessibleDescription("; ".join([f"Asked for {' and '.join(told)}", *brought]))
        self.asked, self.reached = asked, reached
        self.words = told[0] if len(told) == 1 else f"mixed: {len(told)} pairs are asked for"
        self.update()

    # Where a pair is

    def plane(self) -> QRectF:
        """The plane of pairs, in pixels."""
        axis, head = (scaled(length, self.font()) for length in (AXIS, HEAD))
        return QRectF(self.rect()).adjusted(axis, head, -2, -axis)

    def place(self, first: float, second: float) -> QPointF:
        """The pixel of a pair: whole ones stand in the middles of equal cells."""
        box, (rows, columns) = self.plane(), self.pairs.density.shape
        return QPointF(
            box.left() + box.width() * (first - self.pairs.low[0] + 0.5) / columns,
            box.bottom() - box.height() * (second - self.pairs.low[1] + 0.5) / rows,
        )

    def pair_at(self, place: QPointF) -> Whole:
        """The whole pair nearest to a pixel, wherever that is."""
        box, (rows, columns) = self.plane(), self.pairs.density.shape
        return self.pairs.nearest(
            self.pairs.low[0] + (place.x() - box.left()) / box.width() * columns - 0.5,
            self.pairs.low[1] + (box.bottom() - place.y()) / box.height() * rows - 0.5,
        )

    # Moving the point

    def _ask(self, pair: Whole) -> None:
        if self.asked != (pair,):
            self.turned.emit("target", self.pairs.code(pair), time.perf_counter())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The point jumps to the hand."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._ask(self.pair_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And follows it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._ask(self.pair_at(event.position()))

    def event(self, event: QEvent) -> bool:
        """The arrows are its own while it has the focus, not the time line's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One more or one less of a goal."""
        step = _step(event)
        if step is None or not self.asked:
            super().keyPressEvent(event)
            return
        first, second = self.asked[0]
        self._ask(self.pairs.nearest(first + step[0], second + step[1]))

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        with painting(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme, box = self.look.theme, self.plane()
        density = (self.pairs.density / self.pairs.density.max()) ** 0.5
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(box, image_of(STRONGEST * density[::-1], colour_table(theme.image)))
        (left, bottom), (right, top) = self.pairs.low, self.pairs.high
        metrics, hatch = painter.fontMetrics(), QColor(theme.muted)
        hatch.setAlpha(HATCH)
        painter.setPen(QColor(theme.text))
        words = metrics.elidedText(self.words, Qt.TextElideMode.ElideRight, self.width() - 2)
        painter.drawText(QPointF(0, metrics.ascent()), words)
        half_x, half_y = box.width() / (right - left + 1) / 2, box.height() / (top - bottom + 1) / 2
        for first in range(left, right + 1):
            for second in range(bottom, top + 1):
                centre = self.place(first, second)
                cell = QRectF(centre.x() - half_x, centre.y() - half_y, 2 * half_x, 2 * half_y)
                share = self.pairs.share((first, second))
                painter.setPen(QPen(QColor(theme.border), 1))
                painter.setBrush(
                    Qt.BrushStyle.NoBrush if share else QBrush(hatch, Qt.BrushStyle.BDiagPattern)
                )
                painter.drawRect(cell)
        painter.setPen(QColor(theme.muted))
        for first in range(left, right + 1):
            x = self.place(first, bottom).x()
            place = QRectF(x - half_x, box.bottom() + 1, 2 * half_x, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(first))
        for second in range(bottom, top + 1):
            y = self.place(left, second).y()
            place = QRectF(0, y - metrics.height() / 2, box.left() - 5, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(second))
        names = [f"{name} (number)" for name in self.pairs.pair.names]
        below = QRectF(box.left(), self.height() - metrics.height(), box.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, names[0])
        painter.save()
        painter.translate(0, box.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, box.height(), metrics.height()), Qt.AlignmentFlag.AlignCenter, names[1])
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.save()
        self._points(painter)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 3, 3)

    def _points(self, painter: QPainter) -> None:
        theme, box = self.look.theme, self.plane()
        painter.setClipRect(box)
        accent = QColor(theme.accent if self.isEnabled() else theme.muted)
        for number, pair in enumerate(self.asked):
            centre = self.place(*pair)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if number == 0:  # the one that is dragged: seen from both axes
                painter.setPen(QPen(accent, 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(box.left(), centre.y()), QPointF(centre.x() - 12, centre.y()))
                painter.drawLine(QPointF(centre.x(), centre.y() + 12), QPointF(centre.x(), box.bottom()))
            painter.setPen(QPen(accent, 3 if number == 0 else 1.5))
            painter.drawEllipse(centre, 12, 12)
        taken: list[QPointF] = []
        for reached in self.reached:
            place = self.place(reached.first, reached.second)
            while any((place - other).manhattanLength() < MARK - 1 for other in taken):
                place += QPointF(MARK, 0)  # beside the run that brings the same
            taken.append(place)
            draw_marker(painter, reached.style.marker, place.x(), place.y(), MARK, QColor(theme.card))
            draw_marker(
                painter, reached.style.marker, place.x(), place.y(), MARK - 2, QColor(reached.style.colour)
            )


def _step(event: QKeyEvent) -> Whole | None:
    """What an arrow key adds to both goals; None for any other key."""
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return STEPS.get(Qt.Key(event.key())) if plain else None
