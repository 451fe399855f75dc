"""The policy here and now: learned, oracle and base, side by side."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel

from gui.model import summary
from gui.model.asked import asked
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.policy_panel import Panel, PolicyPicture
from gui.widgets.policy_picture import Grid
from gui.widgets.policy_row import PolicyRow
from gui.widgets.seed_button import SeedButton


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
        self.row = PolicyRow(self.pictures)
        self.row.setAccessibleName("Policies side by side")
        for picture in self.pictures:
            picture.painted.connect(session.latency.painted)
        self.empty = QLabel(
            "What the selected run would do, in every place, beside what a perfect predictor would do."
        )
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(self.empty, 1)
        self.body.addWidget(self.row, 1)
        self.show_picture(self.row, QAccessible.Role.Graphic)
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
            panels.append(Panel("conditional oracle", found.oracle, theme.text, out, short="oracle"))
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
        self.row.setVisible(bool(panels))
        for index, picture in enumerate(self.pictures):
            picture.setVisible(index < len(panels))
            if index < len(panels):
                picture.show_panel(panels[index])
        self.row.arrange()
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
