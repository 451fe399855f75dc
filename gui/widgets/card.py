"""The quiet frame that every view sits in: a title, a note in grey, and room."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.roles import give_role
from gui.widgets.elided import ElidedLabel
from gui.widgets.painting import painting


class Card(QFrame):
    """A titled frame; subclasses put their content into `body`.

    Attributes:
        picture: what is painted in it, where something is; the keyboard reaches it, and the card shows that.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(title)
        self.title = ElidedLabel(title)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.title.setObjectName("title")
        self.note = ElidedLabel()
        self.note.setObjectName("muted")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.header = QHBoxLayout()
        self.header.setSpacing(8)
        self.header.addWidget(self.title)
        self.header.addWidget(self.note, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 9, 12, 9)
        self.body.setSpacing(5)
        self.body.addLayout(self.header)
        self.picture: QWidget | None = None

    def show_picture(self, picture: QWidget, role: QAccessible.Role = QAccessible.Role.Chart) -> None:
        """Let the keyboard reach this picture. Keys that mean nothing to it stay the window's."""
        give_role(picture, role)
        self.picture = picture
        if picture.focusPolicy() == Qt.FocusPolicy.NoFocus:
            picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        picture.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The ring comes and goes with the focus."""
        if watched is self.picture and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame, and a ring where its picture has the focus."""
        super().paintEvent(event)
        if self.picture is not None and self.picture.hasFocus():
            with painting(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(self.palette().highlight().color(), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
