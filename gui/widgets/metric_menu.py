"""A card's title that is a choice: which metric its curves show."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from engine.recording.schema import MetricColumn
from gui.widgets.menus import emptied, inner_menu

TRAINING = "Training"  # what learners report of themselves has no group


class MetricButton(QToolButton):
    """Shows the metric's name; a click lists all others, group by group."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("title")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setToolTip("Choose another metric")
        self.list_of = QMenu(self)
        self.setMenu(self.list_of)

    def offer(self, columns: Iterable[MetricColumn], current: str) -> None:
        """List these columns; errors are shown with what they are errors of."""
        emptied(self.list_of)
        groups: dict[str, QMenu] = {}
        seen: set[str] = set()
        for column in columns:
            if column.kind == "error" or column.name in seen:
                continue
            seen.add(column.name)
            name = column.group or TRAINING
            if name not in groups:
                groups[name] = inner_menu(self.list_of, name)
                groups[name].setToolTipsVisible(True)
            words = f"{column.label} ({column.unit})" if column.unit else column.label
            action = groups[name].addAction(words)
            action.setToolTip(column.help)
            action.setCheckable(True)
            action.setChecked(column.name == current)
            action.triggered.connect(lambda _=False, metric=column.name: self.chosen.emit(metric))
