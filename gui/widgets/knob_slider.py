"""One knob as a person holds it: a slider with the data's range shaded, a figure to type, a way back."""

import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QSlider,
    QToolButton,
    QWidget,
)

from engine.errors import UserError
from gui.model.goals import Pair
from gui.model.knob_board import Setting
from gui.model.scale import STEPS, to_position, to_value, written
from gui.text_size import scaled
from gui.theme import Look
from gui.widgets.elided import ElidedLabel
from gui.widgets.painting import painting
from gui.widgets.value_entry import ValueEntry

HANDLE = 6.5  # radius in pixels
NEAR = 1e-6  # of an end of a range: there


class Track(QSlider):
    """A quiet slider: a line, its filled part, the supported stretch, a round handle."""

    def __init__(self, look: Look) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.look = look
        self.supported: tuple[int, int] | None = None
        self.setRange(0, STEPS)
        self.setSingleStep(STEPS // 100)
        self.setPageStep(STEPS // 10)
        self.setMinimumHeight(18)

    def sizeHint(self) -> QSize:
        """As wide as it is given."""
        return QSize(80, 18)

    def _x(self, position: float) -> float:
        return HANDLE + 1 + (self.width() - 2 * HANDLE - 2) * position / STEPS

    def _put(self, event: QMouseEvent) -> None:
        share = (event.position().x() - HANDLE - 1) / max(self.width() - 2 * HANDLE - 2, 1)
        self.setSliderPosition(round(STEPS * min(max(share, 0.0), 1.0)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The handle jumps to the hand."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._put(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And follows it."""
        if self.isSliderDown():
            self._put(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Until it is let go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: object) -> None:
        """Scrolling the card must not turn knobs."""
        event.ignore()  # type: ignore[attr-defined]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        with painting(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme = self.look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, x = self.height() / 2, self._x(self.sliderPosition())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(QRectF(2, middle - 2, self.width() - 4, 4), 2, 2)
        accent = QColor(theme.accent if self.isEnabled() else theme.muted)
        if self.supported is not None:
            left, right = (self._x(p) for p in self.supported)
            shade = QColor(accent)
            shade.setAlpha(70)
            painter.setBrush(shade)
            painter.drawRoundedRect(QRectF(left - 3, middle - 4, right - left + 6, 8), 3, 3)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(2, middle - 2, x - 2, 4), 2, 2)
        if self.hasFocus():
            ring = QColor(accent)
            ring.setAlpha(80)
            painter.setBrush(ring)
            painter.drawEllipse(QPointF(x, middle), HANDLE + 2, HANDLE + 2)
        painter.setBrush(accent)
        painter.drawEllipse(QPointF(x, middle), HANDLE, HANDLE)
        painter.setBrush(QColor(theme.card))
        painter.drawEllipse(QPointF(x, middle), HANDLE - 2.2, HANDLE - 2.2)


class KnobSlider(QWidget):
    """Label, figure, slider and a line of explanation for one setting.

    Signals:
        turned(name, value, moment): a person changed it; `moment` is time.perf_counter().
        refused(message): what was typed is not allowed.
        reset_wanted(name): back to where each run began.
    """

    turned = Signal(str, object, float)
    refused = Signal(str)
    reset_wanted = Signal(str)

    def __init__(self, setting: Setting, look: Look) -> None:
        super().__init__()
        self.setting = setting
        knob = setting.knob
        self._updating = False
        self._refusal = ""  # why what is typed is not taken
        self._reach: tuple[float, float] | None = None  # of the data
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setHorizontalSpacing(4)
        layout.setVerticalSpacing(0)
        self.label = ElidedLabel(knob.label)
        self.label.setToolTip(knob.help)
        layout.addWidget(self.label, 0, 0)
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setObjectName("flat")
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setAccessibleName(f"Reset {knob.label}")
        self.reset.clicked.connect(lambda: self.reset_wanted.emit(self.setting.knob.name))
        layout.addWidget(self.reset, 0, 1)
        self.hint = ElidedLabel()
        self.hint.setObjectName("muted")
        self.hint.setProperty("small", True)
        self._show: Callable[[], None]
        if knob.kind == "choice":
            self._make_choice(layout)
        elif knob.kind == "bool":
            self._make_check(layout)
        else:
            self._make_slider(layout, look)
        layout.addWidget(self.hint, 2, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self.label.setBuddy(self.controls[-1])
        self.restyle()
        self.refresh()

    def _make_slider(self, layout: QGridLayout, look: Look) -> None:
        knob = self.setting.knob
        self.entry = ValueEntry()
        self.entry.setAccessibleName(f"{knob.label}, value")
        self.entry.typed.connect(self._typed)
        self.entry.left.connect(self._left)
        layout.addWidget(self.entry, 0, 2)
        self.track = Track(look)
        self.track.setAccessibleName(knob.label)
        self.track.setAccessibleDescription(knob.help)
        self.track.valueChanged.connect(self._moved)
        layout.addWidget(self.track, 1, 0, 1, 3)

        def show() -> None:
            declared, value = self.setting.items[0].knobs[knob.name], self.setting.value
            self.entry.setToolTip(f"{knob.help}\nAllowed: {declared.range_text}")
            if not self.track.isSliderDown():
                self.track.setValue(to_position(knob, float(value)))
            if not self.entry.hasFocus():
                self.entry.setText(self._figure())
                self.entry.setCursorPosition(0)

        self._show = show

    def _figure(self) -> str:
        if self.setting.open:
            return ""
        return "mixed" if self.setting.mixed else written(self.setting.value)

    def _make_choice(self, layout: QGridLayout) -> None:
        box = QComboBox()
        box.setObjectName("small")
        box.addItems(list(self.setting.knob.choices))
        box.setAccessibleName(self.setting.knob.label)
        box.textActivated.connect(self._turn)
        box.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        layout.addWidget(box, 0, 2)
        self._show = lambda: box.setCurrentText(str(self.setting.value))
        self.control: QWidget = box

    def _make_check(self, layout: QGridLayout) -> None:
        check = QCheckBox()
        check.setAccessibleName(self.setting.knob.label)
        check.clicked.connect(self._turn)
        layout.addWidget(check, 0, 2)
        self._show = lambda: check.setChecked(bool(self.setting.value))
        self.control = check

    def support(self, reach: tuple[float, float] | None) -> None:
        """Shade the range that the data support; None where nobody knows it."""
        knob = self.setting.knob
        self.track.supported = reach and (to_position(knob, reach[0]), to_position(knob, reach[1]))
        self._reach = reach
        self._explain()
        self.track.update()

    @property
    def controls(self) -> list[QWidget]:
        """What the keyboard reaches, in order."""
        made = (getattr(self, name, None) for name in ("control", "entry", "track"))
        return [self.reset, *(control for control in made if control is not None)]

    def let_go(self) -> None:
        """Give the keyboard back, and forget what is being typed: else the next control would get it, and the
        Space after it."""
        held = QApplication.focusWidget()
        if held is not None and self.isAncestorOf(held):
            held.clearFocus()

    def restyle(self) -> None:
        """Text may have another size: room for its figures."""
        if hasattr(self, "entry"):
            self.entry.setFixedWidth(scaled(58, self.font()))

    def refresh(self) -> None:
        """Show the value as it stands."""
        self._updating = True
        self._show()
        self._updating = False
        enabled = self.setting.enabled
        for name in ("track", "entry", "control"):
            if hasattr(self, name):
                getattr(self, name).setEnabled(enabled)
        self.reset.setVisible(enabled and self.setting.changed)
        began = list(dict.fromkeys(map(written, self.setting.defaults.values())))
        self.reset.setToolTip(f"Back to {', '.join(began)}")
        self._explain()

    def _explain(self) -> None:
        if self._refusal:
            self.hint.setText(f"⚠ {self._refusal.rpartition('; ')[2]}")
            return
        knob = self.setting.knob
        names = [item.name for item in self.setting.items]
        parts = [f"mixed: a move sets all {len(names)} alike"] if self.setting.mixed else []
        parts += ["a run that begins chooses one"] if self.setting.open else []
        parts += [self.setting.waits, self._meaning(), self._supported()]
        parts += [knob.unit, "log" if knob.scale == "log" else ""]
        if not knob.steerable:
            parts.append("fixed at the start")
        for whose in (_names(names), f"{len(names)} run{'s'[: len(names) != 1]}"):
            words = " · ".join(part for part in (*parts, whose) if part)
            if self.hint.fontMetrics().horizontalAdvance(words) <= self.width():
                break
        self.hint.setText(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Which runs it steers is said in as many words as fit."""
        super().resizeEvent(event)
        self._explain()

    def _supported(self) -> str:
        """What the data reach, and whether they reach what is asked for."""
        if self._reach is None:
            return ""
        low, high = self._reach
        values = [] if self.setting.open else self.setting.values
        beyond = any(not low - NEAR <= float(value) <= high + NEAR for value in values)
        return f"{'⚠ data reach only' if beyond else 'data reach'} {_about(low)} … {_about(high)}"

    def _meaning(self) -> str:
        """What a target that codes two goals stands for."""
        if self.setting.knob.name != "target" or self.setting.mixed or self.setting.open:
            return ""
        pair = next(filter(None, map(Pair.of, self.setting.items)), None)
        return "" if pair is None else pair.words(float(self.setting.value))

    def _moved(self, position: int) -> None:
        if not self._updating:
            value = to_value(self.setting.knob, position)
            self.entry.setText(written(value))
            self._turn(value)

    def _typed(self) -> None:
        text = self.entry.text().strip().replace(",", ".")
        if text == self._figure():
            return
        try:
            value = next(iter(self.setting.accepted(text).values()))
        except UserError as error:
            self._mark_bad(str(error))
            self.refused.emit(str(error))
            return
        self._mark_bad("")
        self._turn(value)

    def _left(self) -> None:
        """What was typed and not taken is gone."""
        self._mark_bad("")
        self.refresh()

    def _mark_bad(self, why: str) -> None:
        self._refusal = why
        self.hint.setToolTip(why)
        self._explain()
        self.entry.setProperty("bad", bool(why))
        self.entry.style().unpolish(self.entry)
        self.entry.style().polish(self.entry)

    def _turn(self, value: object) -> None:
        self.turned.emit(self.setting.knob.name, value, time.perf_counter())


def _about(value: float) -> str:
    """An end of a range: three significant figures are enough."""
    return f"{value:.3g}" if abs(value) < 100 else written(value)


def _names(names: list[str]) -> str:
    """Which runs a slider steers, in few words."""
    return ", ".join(names) if len(names) <= 2 else f"{len(names)} runs"
