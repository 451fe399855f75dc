"""The cards and where they stand: splitters that a person can move, and that are remembered."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QTabWidget, QWidget

from engine.exports.kinds import VIEWS
from gui.model.audit import Audit
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look
from gui.views.audit import AuditView
from gui.views.calibration import CalibrationView
from gui.views.changes import ChangesView
from gui.views.compare import CompareView
from gui.views.curves import UPDATE, CurvesView
from gui.views.drift import DriftView
from gui.views.episode import EpisodeView
from gui.views.fan import FanView
from gui.views.frontier import FrontierView
from gui.views.intro import Intro
from gui.views.numbers import NumbersView
from gui.views.objective import ObjectiveView
from gui.views.policy import PolicyView
from gui.views.recordings import RecordingsView
from gui.views.runs import RunsView
from gui.views.timeline import TimelineView
from gui.views.view import View
from gui.widgets.plot import Plot
from gui.widgets.splitter import Splitter

GAP = 8  # pixels between cards
ACROSS, DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class Deck:
    """Every view of a session. `board` is the widget that holds them all."""

    def __init__(self, session: Session, look: Look) -> None:
        self.session = session
        self.audit = AuditView(session, look, Audit(session))
        self.compare = CompareView(session, look)
        self.front: Literal["plots", "audit", "compare"] = "plots"  # what stands in the middle
        self.runs = RunsView(session, look)
        self.recordings = RecordingsView(session, look)
        self.returns = CurvesView("Return", "return", session, look)
        self.modes = CurvesView("Effective modes", "effective_modes", session, look, floor=1.0)
        self.drift = DriftView(session, look)
        self.frontier = FrontierView(session, look)
        self.policy = PolicyView(session, look)
        self.episode = EpisodeView(session, look)
        self.fan = FanView(session, look)
        self.numbers = NumbersView(session, look)
        self.objective = ObjectiveView(session, look)
        self.changes = ChangesView(session, look)
        self.calibration = CalibrationView(session, look)
        self.timeline = TimelineView(session, look)
        self.intro = Intro()
        self.views: list[View] = [
            self.policy, self.returns, self.modes, self.drift, self.frontier, self.fan, self.numbers,
            self.calibration, self.audit, self.compare, self.episode,
            self.runs, self.recordings, self.objective, self.changes, self.timeline,
        ]  # fmt: skip
        self.figures: dict[str, View] = dict(  # what may be exported alone, by the names in engine.exports
            zip(
                VIEWS[1:],
                (
                    self.policy, self.returns, self.modes, self.drift, self.frontier, self.fan, self.numbers,
                    self.calibration,
                ),
                strict=True,
            )
        )  # fmt: skip
        self.plots = {  # by the names of their views: who looks for them goes through hundreds of widgets
            name: plot for name, view in self.figures.items() if (plot := view.findChild(Plot)) is not None
        }
        self._left: list[View] = []  # of a picture that is being drawn, those that were not looked at yet
        self._drew = False  # whether anything of it had changed
        self.splitters: list[QSplitter] = []
        self.board = self._lay_out()

    def _lay_out(self) -> QSplitter:
        left = self._split("left", DOWN, [60, 40], self.runs, self.recordings)
        top = self._split("top", ACROSS, [54, 46], self.returns, self.drift)
        middle = self._split("middle", ACROSS, [54, 46], self.modes, self.frontier)
        self.details = QTabWidget()
        self.details.setDocumentMode(True)
        self.details.tabBar().setDrawBase(False)
        self.details.setAccessibleName("Details")
        for title, view in (("Episode", self.episode), ("Fan", self.fan), ("Numbers", self.numbers)):
            self.details.addTab(view, title)
        bottom = self._split("bottom", ACROSS, [69, 31], self.policy, self.details)
        plots = self._split("plots", DOWN, [32, 30, 38], top, middle, bottom)
        self.stage = QStackedWidget()
        self.stage.addWidget(self.intro)
        self.stage.addWidget(plots)
        self.stage.addWidget(self.audit)
        self.stage.addWidget(self.compare)
        right = self._split("right", DOWN, [46, 20, 34], self.objective, self.changes, self.calibration)
        left.setMinimumWidth(204)
        right.setMinimumWidth(236)
        columns = self._split("columns", ACROSS, [22, 80, 24], left, self.stage, right)
        return self._split("whole", DOWN, [86, 14], columns, self.timeline)

    @property
    def parts(self) -> list[tuple[QWidget, Callable[[], object]]]:
        """All that is on the board, none within another, and what redraws each."""
        within = (self.episode, self.fan, self.numbers)
        cards: list[tuple[QWidget, tuple[View, ...]]] = [
            *((view, (view,)) for view in self.views if view not in within),
            (self.details, within),
            (self.intro, ()),
        ]
        return [(part, partial(_refresh, views)) for part, views in cards]

    def _split(self, name: str, way: Qt.Orientation, sizes: list[int], *parts: QWidget) -> QSplitter:
        splitter = Splitter(way)
        splitter.setObjectName(name)
        splitter.setHandleWidth(GAP)
        splitter.setChildrenCollapsible(False)
        for part, size in zip(parts, sizes, strict=True):
            splitter.addWidget(part)
            splitter.setStretchFactor(splitter.count() - 1, size)
        splitter.setSizes([size * 10 for size in sizes])
        self.splitters.append(splitter)
        return splitter

    def refresh(self, most: int | None = None) -> bool:
        """Redraw the visible views that changed; or begin with `most` of them, those first that were drawn
        longest ago, and go on where the last call stopped. Every view is looked at once in a picture, so that
        it ends whatever changes meanwhile. Returns whether anything of it had changed so far."""
        if most is None or not self._left:
            started = any(item.state != "ready" for item in self.session.items)
            places = {"audit": 2, "compare": 3, "plots": 1 if started else 0}
            self.stage.setCurrentIndex(places[self.front])
            self._left = sorted(self.views, key=lambda view: view.drawn)
            self._drew = False
        drawn = 0
        while self._left and drawn != most:
            view = self._left.pop(0)
            drawn += view.isVisible() and view.refresh()
        self._drew |= drawn > 0
        return self._drew

    @property
    def behind(self) -> bool:
        """Whether the rest of a picture waits for the next turn of the loop."""
        return bool(self._left)

    def show_effect(self) -> bool:
        """Draw what the effect of a change is seen in. Returns whether there was anything to draw."""
        return _refresh([self.policy])

    def show_curves(self, curves: tuple[str, ...], against: str = UPDATE) -> None:
        """Which two metrics the curves show, upper and lower, and against what."""
        for view, metric in zip((self.returns, self.modes), curves, strict=True):
            view.show_metric(metric, against)

    def as_figure(self) -> None:
        """Leave only what tells of the runs: no controls, no library."""
        left, right = (self.board.findChild(QSplitter, name) for name in ("left", "right"))
        left.addWidget(self.calibration)
        left.setSizes([300, 0, 300])
        left.setMinimumWidth(180)  # so that a page as wide as a journal's holds everything
        for part in (self.recordings, right):
            part.hide()
        self.details.removeTab(self.details.indexOf(self.episode))  # what moves
        self.timeline.hide_controls()
        for view in (self.returns, self.modes):
            view.choice.setEnabled(False)

    def chosen_ranges(self) -> dict[str, tuple[float, float, float, float]]:
        """Left, right, bottom and top of each plot whose range a person chose, by its view's name."""
        return {name: plot.visible for name, plot in self.plots.items() if plot.zoomed}

    def choose_ranges(self, ranges: Mapping[str, tuple[float, float, float, float]]) -> None:
        """Zoom as another window was zoomed."""
        for name, wanted in ranges.items():
            if name in self.plots:
                self.plots[name].choose(*wanted)

    def see_everything(self) -> None:
        """Undo zoom and pan in every plot."""
        for plot in self.plots.values():
            plot.see_everything()

    def keep(self, settings: Settings) -> None:
        """Remember where the cards stand."""
        for splitter in self.splitters:
            settings.keep(splitter.objectName(), splitter.saveState())
        settings.tab = self.details.currentIndex()

    def restore(self, settings: Settings) -> None:
        """Put the cards where they stood."""
        for splitter in self.splitters:
            state = settings.kept(splitter.objectName())
            if state is not None:
                splitter.restoreState(state)
        self.details.setCurrentIndex(min(settings.tab, self.details.count() - 1))


def _refresh(views: Iterable[View]) -> bool:
    """Redraw those of these views that are seen and have changed. Returns whether there were any."""
    drawn = [view.refresh() for view in views if view.isVisible()]
    return any(drawn)
