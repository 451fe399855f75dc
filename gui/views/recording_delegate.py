"""A recording in two lines: star, name and when; where it is, and its tags."""

from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.model.library.query import Row
from gui.text_size import scaled, small
from gui.theme import Look
from gui.views.recordings_model import RecordingsModel
from gui.widgets.marks import star
from gui.widgets.tag_edit import TagEdit

Index = QModelIndex | QPersistentModelIndex
HEIGHT = 38  # pixels
STAR = 26  # pixels at the left, which star
TAGS = 0.6  # of the line, at the most
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RecordingDelegate(QStyledItemDelegate):
    """Paints a row, stars it by a click on its star, and edits its tags or its name in place."""

    star_clicked = Signal(int)

    def __init__(self, model: RecordingsModel, look: Look, known_tags: Callable[[], list[str]]) -> None:
        super().__init__()
        self.model, self.look, self.known_tags = model, look, known_tags

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Every row is the same height."""
        return QSize(150, scaled(HEIGHT, option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        row, theme = self.model.found[index.row()], self.look.theme
        box = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.hover))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        if selected:
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 8, 3, box.height() - 16), 1.5, 1.5)
        self._star(painter, box, filled=row.label.star, outlined=selected or hovered)
        height = (box.height() - 6) / 2
        line = QRectF(box.left() + STAR, box.top() + 3, box.width() - STAR - 8, height)
        self._upper(painter, option.font, row, line, selected)
        self._lower(painter, row, line.translated(0, height))
        painter.restore()

    def _star(self, painter: QPainter, box: QRectF, *, filled: bool, outlined: bool) -> None:
        if not (filled or outlined):
            return
        theme = self.look.theme
        shape: QPolygonF = star(QPointF(box.left() + 15, box.top() + 3 + box.height() / 5), 6.5)
        painter.setPen(QPen(QColor(theme.accent if filled else theme.muted), 1.1))
        painter.setBrush(QColor(theme.accent) if filled else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(shape)

    def _upper(self, painter: QPainter, font: QFont, row: Row, line: QRectF, selected: bool) -> None:
        theme = self.look.theme
        painter.setFont(small(font))
        moment = self.model.moment(row)
        painter.setPen(QColor(theme.accent if moment == "live" else theme.muted))
        painter.drawText(line, RIGHT, moment)
        taken = painter.fontMetrics().horizontalAdvance(moment) + 8
        name = QFont(font)
        name.setWeight(QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
        painter.setFont(name)
        painter.setPen(QColor(theme.text))
        room = line.adjusted(0, 0, -taken, 0)
        painter.drawText(room, LEFT, _fitting(painter, row.name, room.width()))
        painter.setFont(small(font))

    def _lower(self, painter: QPainter, row: Row, line: QRectF) -> None:
        theme, wide = self.look.theme, painter.fontMetrics().horizontalAdvance
        place = row.entry.place
        # Tags take what the place leaves, or their share where both want more.
        left = max(line.width() - wide(place) - 8, TAGS * line.width())
        right = line.right()
        for tag in reversed(shown_tags(row.label.tags, left, lambda text: wide(text) + 14.0)):
            box = QRectF(right - wide(tag) - 10, line.top() + 0.5, wide(tag) + 10, line.height() - 1)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.field))
            painter.drawRoundedRect(box, 7.5, 7.5)
            painter.setPen(QColor(theme.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tag)
            right = box.left() - 4
        painter.setPen(QColor(theme.muted))
        room = QRectF(line.left(), line.top(), right - line.left() - 4, line.height())
        painter.drawText(room, LEFT, _fitting(painter, place, room.width()))

    def editorEvent(
        self, event: QEvent, model: RecordingsModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on the star."""
        pressed = event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent)
        on_star = pressed and event.position().x() < option.rect.left() + STAR
        if on_star and event.button() == Qt.MouseButton.LeftButton:
            self.star_clicked.emit(index.row())
            return True
        return super().editorEvent(event, model, option, index)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        """A line of tags, or a name."""
        if self.model.edits == "tags":
            return TagEdit(self.known_tags(), parent)
        editor = QLineEdit(parent)
        editor.setAccessibleName("Name")
        editor.setAccessibleDescription("Nothing for the file's own. Enter keeps it, Escape leaves it.")
        return editor

    def setEditorData(self, editor: QLineEdit, index: Index) -> None:
        """The tags it has, and room for another; or its name."""
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if self.model.edits == "name":
            editor.setText(text)
            return
        editor.setText(f"{text} " if text else "")
        QTimer.singleShot(
            0, editor, lambda: editor.end(False)
        )  # Qt selects all, which a letter would replace

    def setModelData(self, editor: QLineEdit, model: RecordingsModel, index: Index) -> None:
        """As it was typed."""
        model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        """Over the line that it stands for: tags below the name."""
        box = option.rect
        top = box.top() if self.model.edits == "name" else box.center().y() - 2
        editor.setGeometry(QRect(box.left() + STAR - 8, top, box.width() - STAR + 4, box.height() // 2 + 3))


def _fitting(painter: QPainter, text: str, width: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(max(0.0, width)))


def shown_tags(tags: tuple[str, ...], room: float, width: Callable[[str], float]) -> list[str]:
    """The first tags, as many as fit, and how many more there are."""
    for count in range(len(tags), -1, -1):
        more = [f"+{len(tags) - count}"] if count < len(tags) else []
        shown = [*tags[:count], *more]
        if sum(map(width, shown)) <= room:
            return shown
    return [f"+{len(tags)}"]
