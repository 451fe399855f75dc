"""What is asked for: a slider for every knob of the runs on the table."""

from itertools import pairwise

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.errors import UserError
from gui.model.knob_board import Setting
from gui.model.pad import Pairs, achieved
from gui.model.scale import written
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.knob_slider import KnobSlider
from gui.widgets.pad import Pad, Reached

AT_ONCE = 5  # sliders made in one turn of the loop


class ObjectiveView(View):
    """Sliders made from the knobs' declarations, and how fast the last one was seen. Where the target codes
    two goals, a pad above them."""

    help = (
        "a slider for every knob of the runs. Where a task pays two goals there is a pad: drag "
        "its point, or move it with the arrow keys. What is hatched the data never bring; the "
        "marks are what each run brings."
    )

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Objective", session, look)
        self.sliders: dict[str, KnobSlider] = {}
        self.pad: Pad | None = None
        self.pad_words = QLabel(
            "Ring: asked. Marks: what each run brings. Hatched: out of support, the data never bring it."
        )
        self.pad_words.setObjectName("muted")
        self.pad_words.setWordWrap(True)
        self.pad_words.hide()
        self.scope = QPushButton("selected only")
        self.scope.setObjectName("chip")
        self.scope.setCheckable(True)
        self.scope.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.scope.setToolTip("Steer the selected run, and leave the others as they are")
        self.scope.toggled.connect(lambda on: session.set_scope("selected" if on else "all"))
        self.header.addWidget(self.scope)
        self.inner = QWidget()
        self.inner.setObjectName("clear")
        self.column = QVBoxLayout(self.inner)
        self.column.setContentsMargins(0, 2, 6, 0)
        self.column.setSpacing(7)
        self.column.addWidget(self.pad_words)
        self.column.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setWidget(self.inner)
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty = QLabel()
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.speed = QLabel()
        self.speed.setObjectName("muted")
        policy = self.speed.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # sliders do not move under a hand
        self.speed.setSizePolicy(policy)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.scroll, 1)
        self.body.addWidget(self.speed)
        session.board.rebuilt.connect(self._rebuild)
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._make_some)
        self._rebuild()

    def depends(self) -> tuple[object, ...]:
        """The values, what is supported, and the last latency."""
        settings = [slider.setting for slider in self.sliders.values()]
        values = tuple((s.knob.name, s.value, s.mixed, s.open) for s in settings)
        known = sum(item.recording is not None for item in self.session.items)
        seen = (self.session.cursor.step, self.session.revision) if self.pad is not None else ()
        latency = self.session.latency
        return values, known, latency.told, tuple(latency.late), self.session.running.state, seen

    def restyle(self) -> None:
        """Room for the figures."""
        for slider in self.sliders.values():
            slider.restyle()

    def _rebuild(self) -> None:
        """Sliders whose knob is the same stay, with what they steer now; the others go, and are made in the
        next turns of the loop."""
        settings = self.session.board.settings
        for name, slider in list(self.sliders.items()):
            if name in settings and slider.setting.knob == settings[name].knob:
                others = set(slider.setting.items).isdisjoint(settings[name].items)
                slider.setting = settings[name]
                if others:
                    slider.let_go()  # what was typed was meant for runs that are gone
            else:
                del self.sliders[name]
                self.column.removeWidget(slider)
                slider.let_go()
                slider.hide()  # without a parent it would come back as a window of its own
                slider.deleteLater()
        self._shown = None  # to be drawn anew
        if list(self.sliders) != list(settings):
            self._making.start()

    def _make_some(self) -> None:
        """Those that are missing, from the top, as many as one turn of the loop has time for."""
        settings = self.session.board.settings
        missing = [name for name in settings if name not in self.sliders]
        for name in missing[:AT_ONCE]:
            slider = KnobSlider(settings[name], self.look)
            slider.turned.connect(self._turned)
            slider.refused.connect(self.session.message)
            slider.reset_wanted.connect(self.session.steering.reset)
            self.sliders[name] = slider
        self.sliders = {name: self.sliders[name] for name in settings if name in self.sliders}
        first = self.column.indexOf(self.pad_words) + 1
        for place, slider in enumerate(self.sliders.values(), first):
            if self.column.indexOf(slider) != place:
                self.column.insertWidget(place, slider)
        controls = [self.scope, *(c for slider in self.sliders.values() for c in slider.controls)]
        for before, after in pairwise(controls):  # made later than the rest of the window, but not its last
            self.setTabOrder(before, after)
        self._shown = None
        if len(missing) > AT_ONCE:
            self._making.start()

    def _turned(self, name: str, value: object, moment: float) -> None:
        try:
            self.session.steering.turn(name, value, moment)
        except UserError as error:
            self.session.message.emit(str(error))

    def describe(self) -> str:
        """Every slider and where it stands."""
        settings = [slider.setting for slider in self.sliders.values()]
        return f"What is asked for: {'; '.join(map(_told, settings))}." if settings else ""

    def redraw(self) -> None:
        """Values, the supported range, the latency."""
        for slider in self.sliders.values():
            slider.refresh()
        if "target" in self.sliders:
            self.sliders["target"].support(self._reach())
        self._show_pad()
        state = self.session.running.state
        self.note.setText({"running": "live", "paused": "paused", "holding": "steerable"}.get(state, ""))
        self.scope.setVisible(len(self.session.items) > 1 and bool(self.sliders))
        self.empty.setVisible(not self.sliders)
        waiting = state in ("ready", "running") and not self.sliders
        self.empty.setText("Reading what can be steered …" if waiting else "Nothing here can be steered.")
        milliseconds, late = self.session.latency.told, self.session.latency.late
        self.speed.setVisible(milliseconds is not None)
        self.speed.setText("" if milliseconds is None else f"changed → seen in {milliseconds:.0f} ms")
        if milliseconds is not None and late:
            whose = late[0].name if len(late) == 1 else f"{len(late)} runs"
            self.speed.setText(f"{milliseconds:.0f} ms; {whose} to follow")

    def _show_pad(self) -> None:
        setting = self.session.board.settings.get("target")
        pairs = None if setting is None else next(filter(None, map(Pairs.of, setting.items)), None)
        if self.pad is not None and not self.pad.pairs.same(pairs):
            self.column.removeWidget(self.pad)
            self.pad.hide()
            self.pad.deleteLater()
            self.pad = None
        self.pad_words.setVisible(pairs is not None)
        if setting is None or pairs is None:
            return
        if self.pad is None:
            self.pad = Pad(pairs, self.look)
            self.pad.turned.connect(self._turned)
            self.column.insertWidget(0, self.pad)
        asked = dict.fromkeys(pairs.parts(float(item.values["target"])) for item in setting.items)
        found = {item: achieved(item, pairs, self.session.cursor.step) for item in self.session.shown}
        reached = tuple(
            Reached(item.name, *pair, self.look.theme.style(item.index, item.oracle))
            for item, pair in found.items()
            if pair is not None
        )
        self.pad.setEnabled(setting.enabled)
        self.pad.show_points(tuple(asked), reached)

    def _reach(self) -> tuple[float, float] | None:
        """The lowest and the highest target that data support, as the first run knows it that does."""
        for item in self.session.items:
            supported = item.constant("supported")
            if supported is not None and item.conditioned and item.recording is not None:
                targets = np.asarray(item.recording.layout.targets)[np.asarray(supported) > 0]
                if targets.size and np.isfinite(targets).all():
                    return float(targets.min()), float(targets.max())
        return None


def _told(setting: Setting) -> str:
    """A slider in words."""
    if setting.open:
        return f"{setting.knob.label}, which a run that begins chooses"
    figure = "mixed" if setting.mixed else f"{written(setting.value)} {setting.knob.unit}".strip()
    return f"{setting.knob.label} {figure}"
