"""One card of the gallery, painted: picture, title, sentence, and the marks of its runs."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.model.gallery import Entry
from gui.text_size import scaled, sized, small
from gui.theme import Look, Theme
from gui.widgets.marks import draw_marker
from gui.widgets.task_picture import draw_sketch

if TYPE_CHECKING:
    from gui.views.gallery import GalleryModel

Index = QModelIndex | QPersistentModelIndex
NARROWEST, HEIGHT = 340, 148  # pixels of a card with the gap beside it, at ordinary text size
GAP, INSIDE, PICTURE = 12, 14, 106
LINES = 3  # of the sentence


class ExperimentCard(QStyledItemDelegate):
    """Paints an entry of the gallery's model."""

    def __init__(self, model: "GalleryModel", look: Look, parent: QListView) -> None:
        super().__init__(parent)
        self.model, self.look, self.list = model, look, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The list's grid decides."""
        return self.list.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The card."""
        theme = self.look.theme
        entry = self.model.found[index.row()]
        card = QRectF(option.rect).adjusted(1, 1, -GAP, -GAP)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        pointed = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = theme.accent if chosen else theme.muted if pointed else theme.border
        painter.setPen(QPen(QColor(edge), (3 if self.list.hasFocus() else 2) if chosen else 1))
        painter.setBrush(QColor(theme.card))
        painter.drawRoundedRect(card, 8, 8)
        inside = card.adjusted(INSIDE, INSIDE - 1, -INSIDE, -INSIDE + 1)
        picture = QRectF(inside.left(), inside.top(), PICTURE, inside.height())
        painter.setFont(small(option.font))
        draw_sketch(painter, picture, self.model.sketch(index), theme)
        self._words(painter, option.font, entry, inside.adjusted(PICTURE + 14, -2, 0, 2), theme)
        painter.restore()

    def _words(self, painter: QPainter, font: QFont, entry: Entry, box: QRectF, theme: Theme) -> None:
        bold = sized(font, 14)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setPen(QColor(theme.text))
        used = draw_lines(painter, entry.title, bold, box, 2)
        painter.setPen(QColor(theme.alarm if entry.broken else theme.muted))
        below = box.adjusted(0, used + 4, 0, 0)
        draw_lines(painter, entry.sentence, font, below, LINES if used < scaled(22, font) else LINES - 1)
        if entry.runs:
            line = scaled(12, font)
            draw_runs(painter, font, entry, QRectF(box.left(), box.bottom() - line, box.width(), line), theme)


def draw_lines(painter: QPainter, text: str, font: QFont, box: QRectF, most: int) -> float:
    """Words in at most so many lines; what does not fit ends in an ellipsis. Returns the height used."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    y, number = box.top(), 0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(box.width())
        number += 1
        words = text[line.textStart() : line.textStart() + line.textLength()]
        if number == most:
            words = metrics.elidedText(text[line.textStart() :], Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(QPointF(box.left(), y + metrics.ascent()), words.rstrip())
        y += metrics.lineSpacing()
        if number == most:
            break
    layout.endLayout()
    return y - box.top()


def draw_runs(painter: QPainter, font: QFont, entry: Entry, box: QRectF, theme: Theme) -> None:
    """A mark for each run, as it will look in the plots, and how many there are in words."""
    x = box.left() + 5
    counts = {True: 0, False: 0}
    for run in entry.runs:
        oracle = run.learner.endswith("_oracle")
        style = theme.style(counts[oracle], oracle)
        counts[oracle] += 1
        draw_marker(painter, style.marker, x, box.center().y(), 8.5, QColor(style.colour))
        x += 14
    seeds = max(len(run.seeds) for run in entry.runs)
    runs = f"{len(entry.runs)} run{'s'[: len(entry.runs) != 1]}"
    full = f"{'your own, ' if entry.own else ''}{runs}, {seeds} seed{'s'[: seeds != 1]}"
    painter.setFont(small(font))
    painter.setPen(QColor(theme.muted))
    metrics = QFontMetricsF(painter.font())
    room = QRectF(x + 2, box.top() - 2, box.right() - x - 2, box.height() + 4)
    fitting = next((w for w in (full, runs) if metrics.horizontalAdvance(w) <= room.width()), "")
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, fitting)
