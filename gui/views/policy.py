"""The policy here and now: learned, oracle and base, side by side."""

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.painting import painting
from gui.widgets.policy_picture import Grid, draw_grid, draw_heat_map


@dataclass(slots=True)
class Panel:
    """One of the three pictures: what it is, the policy [P, A] or None, and why there is none."""

    title: str
    policy: np.ndarray | None
    colour: str
    missing: str = ""


@dataclass(slots=True)
class Scene:
    """Everything the picture is made of."""

    panels: list[Panel] = field(default_factory=list)
    grid: Grid | None = None
    actions: tuple[str, ...] = ()


class PolicyView(View):
    """The selected run at the cursor, asked for the session's target.

    A single seed is shown: the mean over seeds of policies that each collapsed to another exit would
    look like one that kept them all.
    """

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Policy, here and now", session, look)
        self.seed_button = QToolButton()
        self.seed_button.setObjectName("flat")
        self.seed_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.seed_button.setToolTip("Show the next seed")
        self.seed_button.setAccessibleName("Next seed")
        self.seed_button.clicked.connect(self._next_seed)
        self.header.addWidget(self.seed_button)
        self.picture = PolicyPicture(look)
        self.picture.painted.connect(session.latency.painted)
        self.body.addWidget(self.picture, 1)

    def depends(self) -> tuple[object, ...]:
        """The row at the cursor, the run, its seed and the target."""
        item = self.session.selected
        answer = id(item.answer) if item is not None else 0
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        return id(item), row, self.session.seed, self.session.target, answer, self.session.latency.busy

    def _next_seed(self) -> None:
        item = self.session.selected
        if item is not None and item.recording is not None:
            self.session.seed = (self.session.seed + 1) % len(item.recording.layout.seeds)

    def redraw(self) -> None:
        """Collect the three policies."""
        item = self.session.selected
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        if item is None or item.recording is None or row < 0:
            self.note.setText("")
            self.seed_button.hide()
            self.picture.show_scene(Scene())
            return
        layout = item.recording.layout
        seed = min(self.session.seed, len(layout.seeds) - 1)
        self.seed_button.setVisible(len(layout.seeds) > 1)
        self.seed_button.setText(f"seed {layout.seeds[seed]}  ›")
        learned, oracle, words = self._asked(item, row, seed)
        self.note.setText(f"{item.name} · {words}" if words else item.name)
        theme = self.look.theme
        panels = [
            Panel(
                "learned", learned, theme.style(item.index, item.oracle).colour, "not recorded at this step"
            )
        ]
        if item.constant("oracle_policy") is not None:
            panels.append(
                Panel("conditional oracle", oracle, theme.text, "out of support: the base never gets there")
            )
        if item.constant("base_policy") is not None:
            panels.append(Panel("base", item.constant("base_policy"), theme.muted))
        self.picture.show_scene(Scene(panels, Grid.of(dict(layout.constants)), layout.actions))

    def _asked(self, item: RunItem, row: int, seed: int) -> tuple[np.ndarray | None, np.ndarray | None, str]:
        """Learned and oracle policy [P, A] for the target, and what was asked in words."""
        session, layout = self.session, item.recording.layout
        exact = session.recorded_target(item)
        index = exact if exact is not None else item.nearest_target(session.target or 0.0)
        oracles = item.constant("oracle_policy")
        oracle = None if oracles is None else oracles[min(index, len(oracles) - 1)]
        if oracle is not None and not np.isfinite(oracle).any():
            oracle = None
        answer = item.answer if item.live and item.conditioned and session.cursor.following else None
        if exact is None and answer is not None and answer.target == session.target:
            return answer.policy[seed], oracle, f"asked for {session.target:g}"
        policies = item.recording.policy(row)
        learned = None if policies is None else policies[seed, index]
        if not item.conditioned or np.isnan(layout.targets[index]):
            return learned, oracle, "takes no target"
        nearest = "" if exact is not None else ", the nearest recorded"
        return learned, oracle, f"asked for {layout.targets[index]:g}{nearest}"


class PolicyPicture(QWidget):
    """Paints the panels, as large as they fit."""

    painted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.scene = Scene()
        self.setMinimumSize(180, 90)
        self.setAccessibleName("Policies: learned, oracle and base")

    def sizeHint(self) -> QSize:
        """Room for three grids."""
        return QSize(560, 220)

    def show_scene(self, scene: Scene) -> None:
        """Show these panels."""
        self.scene = scene
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Three pictures and their titles."""
        with painting(self) as painter:
            self._paint(painter)
        self.painted.emit()

    def _paint(self, painter: QPainter) -> None:
        theme, scene = self.look.theme, self.scene
        both = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        if not scene.panels:
            painter.setPen(QColor(theme.muted))
            text = (
                "What the selected run would do, in every place,\nbeside what a perfect predictor would do."
            )
            painter.drawText(self.rect(), both, text)
            return
        line = painter.fontMetrics().height()
        gap = 22
        width = (self.width() - gap * (len(scene.panels) - 1)) / len(scene.panels)
        for index, panel in enumerate(scene.panels):
            box = QRectF(index * (width + gap), 0, width, self.height())
            painter.setPen(QColor(theme.muted))
            title = QRectF(box.left(), self.height() - line - 1, width, line)
            painter.drawText(title, Qt.AlignmentFlag.AlignCenter, panel.title)
            area = box.adjusted(1, 1, -1, -line - 6)
            if panel.policy is None:
                painter.drawText(area, both, panel.missing)
            elif scene.grid is not None:
                draw_grid(painter, area, scene.grid, panel.policy, panel.colour, theme)
            else:
                draw_heat_map(painter, area, panel.policy, scene.actions, theme)
