"""Where prediction is known to lose, and what this learner lost there: five probes, a row each."""

from collections.abc import Hashable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)

from engine.audit.probe import Probe
from engine.audit.probes import PROBES
from gui.model.audit import Audit
from gui.model.session import Session
from gui.roles import give_role
from gui.text_size import scaled
from gui.theme import Look
from gui.views.drift import fill
from gui.views.view import View
from gui.widgets.painting import painting

HEADINGS = ("Probe", "Asked", "Achieved", "Possible", "Perfect predictor", "RL", "Lost")
STRETCH = (30, 9, 18, 11, 14, 18, 30)
MARKS = {"more": "▼", "less": "▲", "same": "●", "undecided": "?"}
NO_BREAK = "\N{NO-BREAK SPACE}"
WHAT = (
    "Puts the selected run's learner through five small tasks on which prediction is known to lose. Each is "
    "run in the background, beside RL and the exact answer; every number is read from the recordings."
)


class AuditView(View):
    """The rows, and what may be done: begin, cancel, copy, open the recordings."""

    help = (
        "puts the learner of the selected run through five small tasks on which prediction is known to lose."
    )

    start_wanted = Signal()
    leave_wanted = Signal()
    chosen = Signal(list)  # recordings to open

    def __init__(self, session: Session, look: Look, audit: Audit) -> None:
        super().__init__("Audit", session, look)
        self.audit = audit
        self.begin = self._button("Audit this learner", "Run the five probes on the selected run's learner")
        self.begin.setObjectName("primary")
        self.begin.clicked.connect(self.start_wanted)
        self.cancel = self._button("Cancel", "End the audit's runs; what they recorded is kept")
        self.cancel.clicked.connect(audit.cancel)
        self.copy = self._button("Copy report", "The findings as text, in whole sentences")
        self.copy.clicked.connect(self.copy_report)
        self.leave = self._button("Back to the plots", "Show the runs again")
        self.leave.clicked.connect(self.leave_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        for button in (self.begin, self.cancel, self.copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        self.what = QLabel(WHAT)
        self.what.setObjectName("muted")
        self.what.setWordWrap(True)
        self.body.addWidget(self.what)
        self.body.addLayout(buttons)
        inside = QWidget()
        inside.setObjectName("clear")
        self.grid = QGridLayout(inside)
        self.grid.setContentsMargins(0, 4, 8, 4)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(3)
        self.headings = [self._heading(place, words) for place, words in enumerate(HEADINGS)]
        self.rows = [ProbeRow(self, number, probe) for number, probe in enumerate(PROBES)]
        self.grid.setRowStretch(self.grid.rowCount(), 1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Findings of the audit")
        scroll.setObjectName("pane")
        give_role(scroll, QAccessible.Role.Pane)
        self.body.addWidget(scroll, 1)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _heading(self, place: int, words: str) -> QLabel:
        label = QLabel(words)
        label.setObjectName("muted")
        label.setWordWrap(True)
        self.grid.setColumnStretch(place, STRETCH[place])
        self.grid.addWidget(label, 0, place, Qt.AlignmentFlag.AlignBottom)
        return label

    def depends(self) -> tuple[Hashable, ...]:
        """The audit, and whose learner would be next."""
        selected = self.session.selected
        return self.audit.revision, id(selected), "" if selected is None else selected.name

    def redraw(self) -> None:
        """Buttons, progress, rows."""
        audit, selected = self.audit, self.session.selected
        self.begin.setText("Audit this learner" if selected is None else f"Audit {selected.name}")
        self.begin.setEnabled(selected is not None and not audit.busy)
        self.cancel.setEnabled(audit.state in ("asking", "running"))
        self.copy.setEnabled(bool(audit.findings))
        self.note.setText(self._progress())
        labels = [finding.baseline.label for finding in audit.findings.values()]
        self.headings[5].setText(labels[0] if labels else "RL")
        for row in self.rows:
            row.show_what_there_is()

    def _progress(self) -> str:
        audit = self.audit
        return f"{audit.name} · {audit.seeds} seeds · {audit.told}" if audit.told else ""

    def copy_report(self) -> None:
        """The findings as text on the clipboard."""
        from engine.audit import report

        QApplication.clipboard().setText(report.text(list(self.audit.findings.values())))


class ProbeRow:
    """One probe: its numbers in the grid's columns, what they mean on the line below."""

    def __init__(self, view: AuditView, number: int, probe: Probe) -> None:
        self.view, self.probe = view, probe
        grid, top = view.grid, 1 + 4 * number
        line = QFrame()
        line.setObjectName("rule")
        line.setFixedHeight(1)
        grid.addWidget(line, top, 0, 1, len(HEADINGS))
        name = QLabel(probe.title)
        name.setObjectName("title")
        name.setToolTip(f"{probe.question} Task: {probe.task}")
        grid.addWidget(name, top + 1, 0, Qt.AlignmentFlag.AlignTop)
        self.cells = [QLabel() for _ in HEADINGS[1:-1]]
        for place, cell in enumerate(self.cells, start=1):
            cell.setWordWrap(True)
            grid.addWidget(cell, top + 1, place, Qt.AlignmentFlag.AlignTop)
        self.bars = LossBars(view.look)
        grid.addWidget(self.bars, top + 1, len(HEADINGS) - 1)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName(f"{probe.title}: what was found")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(self.words, top + 2, 0, 1, len(HEADINGS) - 1)
        self.open = QPushButton("Open its runs")
        self.open.setObjectName("chip")
        self.open.setToolTip(f"Show the recordings of {probe.title} in the plots")
        self.open.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.open.clicked.connect(lambda: view.chosen.emit(view.audit.paths(probe)))
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        grid.addWidget(self.open, top + 2, len(HEADINGS) - 1, corner)

    def show_what_there_is(self) -> None:
        """A finding, or how far it is, or why there is none."""
        audit, theme = self.view.audit, self.view.look.theme
        finding = audit.findings.get(self.probe.name)
        self.open.setVisible(finding is not None)
        if finding is None:
            for cell in self.cells:
                cell.setText("")
            self.bars.hide()
            self.words.setText(self._waiting())
            self.words.setToolTip("")
            return
        from engine.audit import words  # with numbers come numpy and its friends: not before there are any
        from engine.claims.report import number

        results = (finding.audited, finding.perfect, finding.baseline)
        achieved = [_on_two_lines(words.spread(result.achieved)) for result in results]
        texts = (words.asked(finding), achieved[0], number(finding.best), achieved[1], achieved[2])
        for cell, text in zip(self.cells, texts, strict=True):
            cell.setText(text)
        kinds = ("collateral", "asked", "whole")
        names = ("learner", "perfect", "RL")
        self.bars.show()
        self.bars.show_losses(
            [
                (name, kind, max(0.0, result.lost.value), words.lost(result).split(" (")[0])
                for name, kind, result in zip(names, kinds, results, strict=True)
            ]
        )
        said = words.verdict(finding)
        verdict = f"{MARKS[finding.than_baseline]} {said[0].upper()}{said[1:]}."
        notes = " ".join(words.notes(finding))
        self.words.setText(f"<b>{verdict}</b> <span style='color:{theme.muted}'>{notes}</span>")
        self.words.setToolTip(words.sentence(finding))
        self.words.setAccessibleDescription(f"{verdict} {words.sentence(finding)} {notes}")

    def _waiting(self) -> str:
        audit = self.view.audit
        if self.probe.name in audit.failures:
            return f"Not judged: {audit.failures[self.probe.name]}"
        if audit.state == "running":
            return f"{self.probe.question} {100 * audit.share(self.probe):.0f} % done."
        return self.probe.question if audit.state != "cancelled" else f"{self.probe.question} Not run."


def _on_two_lines(spread: str) -> str:
    """A number, and below it its interval, which is not broken."""
    value, _, interval = spread.partition(" ")
    return f"{value}\n{interval.replace(' ', NO_BREAK)}" if interval else value


Loss = tuple[str, str, float, str]  # name, way of drawing, reward units, in words


class LossBars(QWidget):
    """What was lost by the learner, a perfect predictor and RL: a bar each, with name and figure."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.losses: list[Loss] = []

    def sizeHint(self) -> QSize:
        """Three lines."""
        return QSize(scaled(128, self.font()), 3 * self._step() + 1)

    def minimumSizeHint(self) -> QSize:
        """No less."""
        return self.sizeHint()

    def _step(self) -> int:
        """From a line to the next."""
        return scaled(15, self.font())

    def show_losses(self, losses: list[Loss]) -> None:
        """Show these; none for nothing."""
        self.losses = losses
        self.setAccessibleName("Lost: " + "; ".join(f"{name} {words}" for name, _, _, words in losses))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Name, bar, figure."""
        with painting(self) as painter:
            for line, loss in enumerate(self.losses):
                self._line(painter, self._step() * line, loss)

    def _line(self, painter: QPainter, y: float, loss: Loss) -> None:
        name, kind, value, words = loss
        theme, metrics = self.look.theme, painter.fontMetrics()
        left = metrics.horizontalAdvance("perfect ") + 2.0
        figures = max(metrics.horizontalAdvance(text) for *_, text in self.losses)
        room = max(0.0, self.width() - left - figures - 8)
        most = max(value for _, _, value, _ in self.losses) or 1.0
        painter.setPen(QColor(theme.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        high = self._step()
        painter.drawText(QRectF(0, y, left, high), middle, name)
        width = room * value / most
        if width >= 1:
            fill(painter, QRectF(left, y + 3, width, high - 6), QColor(theme.accent), kind, theme.card)
        painter.setPen(QPen(QColor(theme.text)))
        painter.drawText(QRectF(left + width + 5, y, figures + 3, high), middle, words)
