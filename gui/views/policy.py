"""The policy here and now: learned, oracle and base, side by side."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolTip, QWidget

from gui.model import summary
from gui.model.asked import asked
from gui.model.session import Session
from gui.roles import give_role
from gui.text_size import small
from gui.theme import Look
from gui.views.view import View
from gui.widgets.painting import painting
from gui.widgets.policy_picture import Grid, draw_bars, draw_grid, draw_heat_map, placed
from gui.widgets.seed_button import SeedButton


@dataclass(slots=True)
class Panel:
    """One of the three pictures: what it is, the policy [P, A] or None, and why there is none."""

    title: str
    policy: np.ndarray | None
    colour: str
    missing: str = ""
    grid: Grid | None = None
    actions: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()

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


class PolicyView(View):
    """The selected run at the cursor, asked for the session's target.

    A single seed is shown: the mean over seeds of policies that each collapsed to another exit would
    look like one that kept them all.
    """

    help = "one seed at a time, what it does in each place. An arrow is as long as its move is likely."

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Policy, here and now", session, look)
        self.seed_button = SeedButton(session)
        self.header.addWidget(self.seed_button)
        self.pictures = [PolicyPicture(look) for _ in range(3)]
        side_by_side = QWidget()
        side_by_side.setAccessibleName("Policies side by side")
        row = QHBoxLayout(side_by_side)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        for picture in self.pictures:
            picture.painted.connect(session.latency.painted)
            row.addWidget(picture, 1)
        self.empty = QLabel(
            "What the selected run would do, in every place, beside what a perfect predictor would do."
        )
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(self.empty, 1)
        self.body.addWidget(side_by_side, 1)
        self.show_picture(side_by_side, QAccessible.Role.Graphic)
        self._grid: tuple[int, Grid | None] = (0, None)

    def depends(self) -> tuple[object, ...]:
        """The row at the cursor, the run, its seed and the target."""
        item = self.session.selected
        answer = id(item.answer) if item is not None else 0
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        latency = self.session.latency
        return id(item), row, self.session.seed, self.session.target, answer, latency.busy, latency.arrived

    def redraw(self) -> None:
        """Collect the three policies."""
        item = self.session.selected
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        if item is None or item.recording is None or row < 0:
            self.note.setText("")
            self.seed_button.hide()
            self._show([])
            return
        layout = item.recording.layout
        seed = self.seed_button.show_seed(item)
        found = asked(self.session, item, row)
        learned, words = (None if found.learned is None else found.learned[seed]), found.words
        theme = self.look.theme
        panels = [Panel("learned", learned, theme.style(item.index, item.oracle).colour, "not recorded here")]
        if item.constant("oracle_policy") is not None:
            out = "out of support: the base never gets there"
            panels.append(Panel("conditional oracle", found.oracle, theme.text, out))
        if item.constant("base_policy") is not None:
            panels.append(Panel("base", item.constant("base_policy"), theme.muted))
        if self._grid[0] != id(item):
            outcomes = (layout.catalogue.get("task") or {}).get("outcomes", ())
            self._grid = (id(item), Grid.of(dict(layout.constants), outcomes))
        for panel in panels:
            panel.grid, panel.actions, panel.probes = self._grid[1], layout.actions, layout.probes
        if self._grid[1] is None and len(layout.probes) > 1:
            words += f" · {theme.likelier} is likelier"
        self.note.setText(f"{item.name} · {words}")
        self._show(panels)

    def _show(self, panels: list[Panel]) -> None:
        self.empty.setVisible(not panels)
        self.picture.setVisible(bool(panels))
        for index, picture in enumerate(self.pictures):
            picture.setVisible(index < len(panels))
            if index < len(panels):
                picture.show_panel(panels[index])

        if self.session.latency.arrived:  # also where the picture is as before, its painting is timed
            self.pictures[0].update()

    def describe(self) -> str:
        """What each policy does."""
        panels = [p.panel for p in self.pictures if not p.isHidden() and p.panel is not None]
        if not panels:
            return f"{self.accessibleName()}: {self.empty.text()}"
        each = (summary.policy(p.title.capitalize(), p.policy, p.actions, p.missing) for p in panels)
        return f"{self.note.text()}, {self.where()}. {' '.join(each)}"

    def restyle(self) -> None:
        """The colours of lines and cells: at once, so that no arrow is left in those of the other theme."""
        self.redraw()
        for picture in self.pictures:
            picture.update()


class PolicyPicture(QWidget):
    """Paints one panel, as large as it fits, its title close below."""

    painted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.panel: Panel | None = None
        give_role(self, QAccessible.Role.Graphic)
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
        """Hovering an exit says what it is called."""
        if isinstance(event, QHelpEvent):
            grid = self.panel.grid if self.panel is not None else None
            QToolTip.showText(event.globalPos(), self.exit_at(event.pos()) if grid is not None else "", self)
            return True
        return super().event(event)

    def exit_at(self, place: QPoint) -> str:
        """The name of the exit there; empty where none is."""
        grid = self.panel.grid
        left, top, size = placed(self._area(), grid)
        column, row = int((place.x() - left) // size), int((place.y() - top) // size)
        inside = 0 <= column < grid.width and 0 <= row < grid.height
        return grid.exits.get(row * grid.width + column, "") if inside else ""

    def _area(self) -> QRectF:
        """Where the picture itself is: its title stands below."""
        area = QRectF(self.rect()).adjusted(1, 1, -1, -self._line() - 6)
        grid = self.panel.grid
        if grid is not None:
            area.setHeight(min(area.width() / grid.width, area.height() / grid.height) * grid.height)
        return area

    def _line(self) -> int:
        return QFontMetrics(small(self.font())).height()

    def _paint(self, painter: QPainter, panel: Panel) -> None:
        theme, line = self.look.theme, self._line()
        area = self._area()
        painter.setPen(QColor(theme.muted))
        title = QRectF(0, area.bottom() + 4, self.width(), line)
        words = painter.fontMetrics().elidedText(panel.title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, words)
        if panel.policy is None:
            both = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(area, both, panel.missing)
        elif panel.grid is not None:
            draw_grid(painter, area, panel.grid, panel.policy, panel.colour, theme)
        elif len(panel.policy) == 1:
            draw_bars(painter, area, panel.policy[0], panel.actions, panel.colour, theme)
        else:
            draw_heat_map(painter, area, panel.policy, panel.actions, panel.probes, theme)
