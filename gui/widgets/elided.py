"""A label that never cuts a word in silence: what does not fit ends in an ellipsis and, unless the label has
a tool tip of its own, in one."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui.widgets.painting import painting


class ElidedLabel(QLabel):
    """One line, elided at its right end to the width it is given."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(0)
        self._whole = ""  # the tool tip given here

    def minimumSizeHint(self) -> QSize:
        """May shrink to nothing."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what fits."""
        metrics = self.fontMetrics()
        fitting = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        if metrics.horizontalAdvance(fitting) > self.width():  # not even an ellipsis has room
            fitting = ""
        tip = self.text() if fitting != self.text() else ""
        if self.toolTip() == self._whole != tip:
            self.setToolTip(tip)
            self._whole = tip
        with painting(self, small=False) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(self.rect(), self.alignment() | Qt.TextFlag.TextSingleLine, fitting)
