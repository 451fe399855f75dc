"""Which replicate is shown, where only one can be; a click shows the next."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from gui.model.run_item import RunItem
from gui.model.session import Session


class SeedButton(QToolButton):
    """Steps through the seeds of a run."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.count = 1
        self.setObjectName("flat")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Show the next seed")
        self.setAccessibleName("Next seed")
        self.clicked.connect(self._next)
        self.hide()

    def show_seed(self, item: RunItem) -> int:
        """Name the seed that is shown of a run. Returns its place among the run's seeds."""
        seeds = item.recording.layout.seeds
        self.count, place = len(seeds), min(self.session.seed, len(seeds) - 1)
        self.setVisible(self.count > 1)
        self.setText(f"seed {seeds[place]}  ›")
        return place

    def _next(self) -> None:
        self.session.seed = (self.session.seed + 1) % self.count
