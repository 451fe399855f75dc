"""One policy: what it is, and the widget that paints it."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.roles import give_role
from gui.text_size import small
from gui.theme import Look
from gui.widgets.column_names import names_height
from gui.widgets.painting import painting
from gui.widgets.policy_picture import Grid, draw_bars, draw_grid, draw_heat_map, placed

MOST_NAMES = 0.4  # of the width: for the names of contexts
TRAP = "a hole: the episode ends here, and nothing is reached"
TOLD = 8  # actions, the likeliest, that are told of the context under the mouse


@dataclass(slots=True)
class Panel:
    """One of the three pictures: what it is, the policy [P, A] or None, and why there is none.

    `short` is what it is called where the title has no room.
    """

    title: str
    policy: np.ndarray | None
    colour: str
    missing: str = ""
    grid: Grid | None = None
    actions: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    short: str = ""

    @property
    def heat_map(self) -> bool:
        """Whether it has a row for each of several contexts."""
        return self.grid is None and len(self.probes) > 1

    def same(self, other: "Panel | None") -> bool:
        """Whether it looks the same: then it need not be painted again."""
        if other is None or (self.title, self.colour, self.missing) != (
            other.title,
            other.colour,
            other.missing,
        ):
            return False
        if self.policy is None or other.policy is None:
            return self.policy is other.policy
        same_place = self.grid == other.grid and self.actions == other.actions
        return same_place and np.array_equal(self.policy, other.policy, equal_nan=True)


class PolicyPicture(QWidget):
    """Paints one panel, as large as it fits, its title close below."""

    painted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.panel: Panel | None = None
        give_role(self, QAccessible.Role.Graphic)
        self._title, self._named = 0.0, MOST_NAMES  # see `place`
        self.setMinimumSize(60, 80)

    def sizeHint(self) -> QSize:
        """Room for a grid."""
        return QSize(180, 220)

    def show_panel(self, panel: Panel) -> None:
        """Show this; nothing is painted when it looks as before."""
        if not panel.same(self.panel):
            self.panel = panel
            self.setAccessibleName(f"Policy: {panel.title}")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture and its title."""
        with painting(self) as painter:
            if self.panel is not None:
                self._paint(painter, self.panel)
        self.painted.emit()

    def event(self, event: QEvent) -> bool:
        """Hovering says what is there, in figures."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told_at(event.pos()), self)
            return True
        return super().event(event)

    def told_at(self, place: QPoint) -> str:
        """The context there and what is likely in it, or the exit's name; empty where nothing is."""
        panel = self.panel
        if panel is None:
            return ""
        if panel.grid is not None:
            probe = panel.grid.probe_of.get(self._cell_at(place, panel.grid))
            return self.exit_at(place) or ("" if probe is None else self._context(panel, probe))
        area, count = self._area(), len(panel.probes)
        if count == 1:
            return self._context(panel, 0)
        row = int((place.y() - area.top()) / max(area.height() - self._below_map(), 1) * count)
        return self._context(panel, row) if 0 <= row < count else ""

    def _context(self, panel: Panel, probe: int) -> str:
        if panel.policy is None or not np.isfinite(panel.policy[probe]).all():
            return panel.probes[probe]
        shares = panel.policy[probe]
        likely = np.argsort(-shares, kind="stable")[:TOLD]
        words = [f"{panel.actions[action]} {shares[action]:.2f}" for action in likely.tolist()]
        return "\n".join([panel.probes[probe], *words])

    def exit_at(self, place: QPoint) -> str:
        """The name of the exit there, or that it is a hole; empty where neither is."""
        assert self.panel is not None
        grid = self.panel.grid
        if grid is None:
            return ""
        cell = self._cell_at(place, grid)
        return TRAP if cell in grid.traps else grid.exits.get(cell, "")

    def _cell_at(self, place: QPoint, grid: Grid) -> int:
        left, top, size = placed(self._area(), grid)
        column, row = int((place.x() - left) // size), int((place.y() - top) // size)
        inside = 0 <= column < grid.width and 0 <= row < grid.height
        return row * grid.width + column if inside else -1

    # Where things are

    def place(self, title: float, named: float) -> None:
        """How many pixels its title gets beside it (0: it stands below), and which share of its width the
        names of its contexts may take."""
        if (title, named) != (self._title, self._named):
            self._title, self._named = title, named
            self.update()

    @property
    def names(self) -> float:
        """Pixels at the left of a heat map for the names of its contexts."""
        heat_map = self.panel is not None and self.panel.heat_map
        return min(self.widest_name, self._named * self.width()) if heat_map else 0.0

    @property
    def below(self) -> float:
        """Pixels that the title takes below."""
        return self._line() + 7

    @property
    def widest_name(self) -> float:
        """Pixels that the names of its contexts need in full."""
        metrics = QFontMetrics(small(self.font()))
        probes = self.panel.probes if self.panel is not None else ()
        return max(map(metrics.horizontalAdvance, probes), default=0) + 7.0

    def _area(self) -> QRectF:
        """Where the picture itself is."""
        below = 0.0 if self._title else self.below - 1
        area = QRectF(self.rect()).adjusted(self._title + 1, 1, -1, -1 - below)
        grid = self.panel.grid if self.panel is not None else None
        if grid is not None:
            area.setHeight(grid.cell(area.width(), area.height()) * grid.height)
        return area

    def _line(self) -> int:
        return QFontMetrics(small(self.font())).height()

    def _below_map(self) -> float:
        """Pixels below a heat map for the names of its actions."""
        assert self.panel is not None
        step = (self._area().width() - self.names) / max(len(self.panel.actions), 1)
        return names_height(QFontMetrics(small(self.font())), self.panel.actions, step)

    def _paint(self, painter: QPainter, panel: Panel) -> None:
        theme, area = self.look.theme, self._area()
        painter.setPen(QColor(theme.muted))
        both = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        metrics = painter.fontMetrics()
        if self._title:
            left = placed(area, panel.grid)[0] if panel.grid is not None else self._title
            beside = QRectF(0, area.top(), left - 12, area.height())
            painter.drawText(
                beside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), panel.title
            )
        else:
            title = QRectF(self.names, area.bottom() + 4, self.width() - self.names, self._line())
            fits = metrics.horizontalAdvance(panel.title) <= title.width()
            words = panel.title if fits else panel.short or panel.title
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(title.width()))
            painter.drawText(title, Qt.AlignmentFlag.AlignCenter, words)
        if panel.policy is None:
            painter.drawText(area, both, panel.missing)
        elif panel.grid is not None:
            draw_grid(painter, area, panel.grid, panel.policy, panel.colour, theme)
        elif len(panel.policy) == 1:
            draw_bars(painter, area, panel.policy[0], panel.actions, panel.colour, theme)
        else:
            draw_heat_map(painter, area, panel.policy, panel.actions, panel.probes, theme, self.names)
