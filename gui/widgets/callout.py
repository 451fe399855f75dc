"""A few words beside a control, with a frame around it: for the tour.

It covers nothing that it speaks of, and the window's keys go on working behind it.
"""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget

from gui.text_size import scaled
from gui.widgets.keyboard import give_back
from gui.widgets.own_keys import leave_space
from gui.widgets.painting import painting

WIDTH = 330  # pixels, of the words at ordinary text size
BEAK = 9  # pixels between frame and words, and how far the beak reaches
MARGIN = 4  # of the frame around the control


class Step(Protocol):
    """What is said, and beside what."""

    title: str
    words: str

    def find(self) -> QWidget: ...


class Frame(QWidget):
    """A line around a control, which stays as usable as it was."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)


class Callout(QFrame):
    """Enter goes on, Backspace goes back, Escape skips; the buttons do the same."""

    finished = Signal()

    def __init__(self, window: QMainWindow, steps: Sequence[Step]) -> None:
        super().__init__(window)
        self.steps, self.number = steps, 0
        self.setObjectName("callout")
        self.frame = Frame(window)
        self.title, self.words, self.count = QLabel(), QLabel(), QLabel()
        self.title.setObjectName("title")
        self.words.setWordWrap(True)
        self.count.setObjectName("muted")
        self.skip, self.back, self.next = (QPushButton(text) for text in ("Skip", "Back", "Next"))
        self.next.setObjectName("primary")
        self.skip.clicked.connect(self.finished)
        self.back.clicked.connect(lambda: self.show_step(self.number - 1))
        self.next.clicked.connect(self._on)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.count)
        foot = QHBoxLayout()
        foot.setSpacing(7)
        keys = QLabel("Esc skips")
        keys.setObjectName("muted")
        foot.addWidget(keys)
        foot.addStretch(1)
        for button in (self.skip, self.back, self.next):
            leave_space(button)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14 + BEAK, 11 + BEAK, 14 + BEAK, 12 + BEAK)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.words)
        column.addSpacing(2)
        column.addLayout(foot)
        self.setFixedWidth(scaled(WIDTH, self.font()) + 2 * BEAK)
        self._before = window.focusWidget()
        self._beak = QPointF()
        window.installEventFilter(self)

    def show_step(self, number: int) -> None:
        """Say this one. Focus goes to what goes on, so that Enter does."""
        self.number = number
        step = self.steps[number]
        self.title.setText(step.title)
        self.words.setText(step.words)
        self.count.setText(f"{number + 1} of {len(self.steps)}")
        self.setAccessibleName(f"Tour, {number + 1} of {len(self.steps)}. {step.title}: {step.words}")
        self.next.setAccessibleDescription(step.words)
        self.back.setEnabled(number > 0)
        last = number + 1 == len(self.steps)
        self.next.setText("Done" if last else "Next")
        self.skip.setVisible(not last)
        self.place()
        for widget in (self.frame, self):
            widget.show()
            widget.raise_()
        self.next.setFocus()

    def _on(self) -> None:
        if self.number + 1 < len(self.steps):
            self.show_step(self.number + 1)
        else:
            self.finished.emit()

    def place(self) -> None:
        """Beside the control, where there is most room, and wholly in the window."""
        window = self.window()
        found = self.steps[self.number].find()
        around = QRect(found.mapTo(window, QPoint(0, 0)), found.size())
        around = around.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN).intersected(window.rect())
        self.frame.setGeometry(around)
        height = self.layout().totalHeightForWidth(self.width())
        self.resize(self.width(), height if height > 0 else self.sizeHint().height())
        room = {
            "below": window.height() - around.bottom() - self.height(),
            "above": around.top() - self.height(),
            "right": window.width() - around.right() - self.width(),
            "left": around.left() - self.width(),
        }
        way = next((way for way, left in room.items() if left >= 0), max(room, key=lambda way: room[way]))
        centre = around.center()
        x, y = centre.x() - self.width() // 2, centre.y() - self.height() // 2
        if way in ("below", "above"):
            y = around.bottom() if way == "below" else around.top() - self.height()
        else:
            x = around.right() if way == "right" else around.left() - self.width()
        x = min(max(x, 4), window.width() - self.width() - 4)
        y = min(max(y, 4), window.height() - self.height() - 4)
        self.move(x, y)
        self._point_at(centre - QPoint(x, y), way)
        self.update()

    def _point_at(self, place: QPoint, way: str) -> None:
        """The beak's tip, on the edge towards the control and clear of the corners."""
        inset = 2 * BEAK + 8
        across = min(max(place.x(), inset), self.width() - inset)
        down = min(max(place.y(), inset), self.height() - inset)
        ends = {"below": (across, 0), "above": (across, self.height()), "right": (0, down)}
        self._beak = QPointF(*ends.get(way, (self.width(), down)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A card with a beak."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colours = self.palette()
            card = QRectF(self.rect()).adjusted(BEAK, BEAK, -BEAK, -BEAK)
            accent = QColor(colours.highlight().color())
            painter.setPen(QPen(accent, 1.5))
            painter.setBrush(colours.base())
            painter.drawRoundedRect(card, 8, 8)
            tip = self._beak
            foot = QPointF(
                min(max(tip.x(), card.left()), card.right()), min(max(tip.y(), card.top()), card.bottom())
            )
            along = tip - foot
            side = QPointF(along.y(), along.x())  # at right angles, as long
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawPolygon(QPolygonF([tip, foot + side, foot - side]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus; Backspace and Escape need none."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            pressed = self.focusWidget()
            (pressed if isinstance(pressed, QPushButton) else self.next).click()
        elif event.key() == Qt.Key.Key_Backspace:
            self.back.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.finished.emit()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside the control when the window changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)

    def dismiss(self) -> None:
        """Be gone; the keyboard goes back to where it was."""
        self.window().removeEventFilter(self)
        give_back(self._before)
        for widget in (self.frame, self):
            widget.hide()
            widget.deleteLater()
