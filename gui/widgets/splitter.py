"""Cards side by side, with room between them that is seen as a handle only under the mouse."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from gui.widgets.painting import painting

SHADE = QColor(128, 128, 128, 60)  # seen on a light and on a dark ground


class Handle(QSplitterHandle):
    """Painted, for a style sheet above the cards would be gone through for every widget in them."""

    def __init__(self, way: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(way, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # painted anew when the mouse comes and goes

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Nothing, or a bar."""
        if self.underMouse():
            with painting(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(SHADE)
                painter.drawRoundedRect(QRectF(self.rect()), 3, 3)


class Splitter(QSplitter):
    """With such handles."""

    def createHandle(self) -> QSplitterHandle:
        """One of them."""
        return Handle(self.orientation(), self)
