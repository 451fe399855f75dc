"""Policies side by side, or one below the other where that lets them be drawn larger."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from gui.text_size import scaled
from gui.widgets.policy_panel import PolicyPicture

LEAST = 60  # pixels of a picture, across
GAP = 18  # pixels between two pictures
BESIDE = 118  # pixels at 100 % for a title that stands beside its picture
MOST_NAMES = 0.34  # of the width: for the names of contexts


class PolicyRow(QWidget):
    """Gives the pictures that are shown their places.

    Grids that are wider than high stand one below the other, their titles beside them. Of heat maps only the
    first names its contexts: they are the same in all, and get the room of all.
    """

    def __init__(self, pictures: Sequence[PolicyPicture]) -> None:
        super().__init__()
        self.pictures = pictures
        for picture in pictures:
            picture.setParent(self)
            picture.setMinimumSize(0, 0)
        count = len(pictures)
        self.setMinimumSize(count * LEAST + (count - 1) * GAP, 80)

    def sizeHint(self) -> QSize:
        """Room for three grids."""
        return QSize(600, 220)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """More room, or less."""
        self.arrange()

    def arrange(self) -> None:
        """Call when other pictures are shown, or other things on them."""
        shown = [picture for picture in self.pictures if not picture.isHidden()]
        if not shown or shown[0].panel is None:
            return
        panel, count = shown[0].panel, len(shown)
        names = 0.0
        across = (self.width() - (count - 1) * GAP) / count
        title = scaled(BESIDE, self.font())
        down = self.height() // count
        beside = False
        if panel.grid is not None:
            beside = panel.grid.cell(self.width() - title, down - 4) > panel.grid.cell(
                across, self.height() - shown[0].below
            )
        elif panel.heat_map:
            names = min(shown[0].widest_name, MOST_NAMES * self.width())
            across = (self.width() - names - (count - 1) * GAP) / count
        left = 0.0
        for place, picture in enumerate(shown):
            width = across + (names if place == 0 else 0.0)
            picture.place(title if beside else 0.0, names / width if place == 0 else 0.0)
            box = QRectF(left, 0, width, self.height())
            if beside:
                box = QRectF(0, place * down, self.width(), down)
            picture.setGeometry(box.toRect())
            left += width + GAP
