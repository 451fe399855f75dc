"""The honest line at the bottom: how fast, how old, how much of it is drawn, and how exact it is."""

import time
from collections import deque

from PySide6.QtWidgets import QLabel, QStatusBar

from gui.model.session import Session
from gui.views.curves import CurvesView


class StatusLine:
    """Fills a status bar."""

    def __init__(self, bar: QStatusBar, session: Session, curves: list[CurvesView]) -> None:
        self.session, self.curves = session, curves
        bar.setSizeGripEnabled(False)
        self.figures = QLabel()
        self.figures.setAccessibleName("Speed, age and completeness of what is shown")
        bar.addPermanentWidget(self.figures)
        self._frames: deque[float] = deque(maxlen=60)
        self._said = 0.0

    def frame(self) -> None:
        """A picture was drawn."""
        self._frames.append(time.perf_counter())

    @property
    def frames_per_second(self) -> float:
        """Over the last second or so; 0 when nothing moves."""
        now = time.perf_counter()
        recent = [moment for moment in self._frames if now - moment < 1.0]
        return float(len(recent))

    def refresh(self) -> None:
        """New words four times a second: faster cannot be read."""
        now = time.perf_counter()
        if now - self._said < 0.25:
            return
        self._said = now
        self.figures.setText("     ".join(part for part in self._parts(now) if part))

    def _parts(self, now: float) -> list[str]:
        session = self.session
        parts = []
        rates = [
            item.updates_per_second for item in session.live if item.state == "running" and not item.oracle
        ]
        if rates:
            parts.append(f"{sum(rates):.0f} updates/s over {len(rates)} run{'s'[: len(rates) != 1]}")
            parts.append(f"{self.frames_per_second:.0f} frames/s")
            newest = max((item.newest for item in session.live), default=0.0)
            if newest:
                parts.append(f"data {1000 * (now - newest):.0f} ms old")
        shown = sum(view.points_shown for view in self.curves)
        recorded = sum(view.points_recorded for view in self.curves)
        if recorded:
            fewer = any(view.decimated for view in self.curves)
            words = (
                f"{shown} of {recorded} points drawn, extremes kept"
                if fewer
                else f"all {recorded} points drawn"
            )
            parts.append(words)
            parts.append(self._exactness())
        return parts

    def _exactness(self) -> str:
        """Which runs' numbers carry a sampling error: one by name, of several how many; the mouse is told."""
        known = [item for item in self.session.shown if item.recording is not None]
        sampled = [item.name for item in known if item.has("return.se")]
        self.figures.setToolTip("\n".join(("Estimated by sampling:", *sampled)) if sampled else "")
        if not known or not sampled:
            return "every number exact" if known else ""
        which = "all runs" if len(sampled) == len(known) else f"{len(sampled)} of {len(known)} runs"
        return f"estimated by sampling: {sampled[0] if len(sampled) == 1 < len(known) else which}"
