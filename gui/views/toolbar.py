"""The bar on top: which experiment, run it, step it, stop it; and what it is about, in grey."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from engine.tasks import recipe
from gui.model.session import Session
from gui.model.summary import counted
from gui.theme import Look
from gui.widgets.elided import ElidedLabel
from gui.widgets.icons import icon

RUN_WORDS = {
    "empty": "Run", "ready": "Run", "recorded": "Run again", "running": "Pause",
    "paused": "Resume", "holding": "Go on",
}  # fmt: skip


class Toolbar(QWidget):
    """Buttons for the actions used all the time. `chosen` carries an experiment's name."""

    chosen = Signal(str)

    def __init__(self, session: Session, look: Look, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.session, self.look = session, look
        self._shown = ("", "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        self.experiments = QComboBox()
        self.experiments.setAccessibleName("Experiment")
        self.experiments.setToolTip("Choose an experiment")
        self.experiments.setAccessibleDescription("Experiment")  # some readers say only what is chosen
        self.experiments.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.experiments.setMinimumWidth(230)
        self.experiments.setMaximumWidth(340)
        self.experiments.activated.connect(lambda i: self.chosen.emit(self.experiments.itemData(i)))
        row.addWidget(self.experiments)
        row.addWidget(self._button(actions["gallery"], "Gallery"))
        self.run = self._button(actions["run"], "Run")
        self.run.setObjectName("primary")
        self.step = self._button(actions["step"], " Step")
        self.stop = self._button(actions["stop"], "Stop")
        for button in (self.run, self.step, self.stop):
            row.addWidget(button)
        self.run.setMinimumWidth(98)
        self.about = ElidedLabel()
        self.about.setObjectName("muted")
        self.about.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(8)
        row.addWidget(self.about, 1)
        row.addSpacing(8)
        self.export = self._button(actions["export_png"], "Export")
        row.addWidget(self.export)
        self.theme = self._button(actions["theme"], "◐")
        self.theme.setAccessibleName("Light or dark")
        row.addWidget(self.theme)

    def _button(self, action: QAction, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(action.trigger)
        return button

    def offer(self, titles: dict[str, str]) -> None:
        """Fill the chooser: titles by name."""
        self.experiments.clear()
        for name, title in titles.items():
            self.experiments.addItem(title, name)

    def show_experiment(self, name: str, title: str) -> None:
        """Name what is open; one that was opened from a file joins the list."""
        index = self.experiments.findData(name)
        if index < 0 and name:
            self.experiments.addItem(title, name)
            index = self.experiments.count() - 1
        elif name:
            self.experiments.setItemText(index, title)  # a draft may have been renamed since
        self.experiments.setCurrentIndex(index)
        self.experiments.setPlaceholderText(title if index < 0 else "")

    def refresh(self) -> None:
        """Buttons say what they will do."""
        state = self.session.running.state
        theme = self.look.theme
        if (state, theme.name) != self._shown:
            self._shown = (state, theme.name)
            self.run.setText(f" {RUN_WORDS[state]}")
            shape = "pause" if state == "running" else "play"
            self.run.setIcon(icon(shape, theme.on_accent, theme.muted))
            self.step.setIcon(icon("step", theme.text, theme.muted))
        runnable = self.session.experiment is not None or bool(self.session.live)
        self.run.setEnabled(runnable)
        self.step.setEnabled(runnable)
        self.stop.setEnabled(any(not item.stopping for item in self.session.live))
        items = self.session.items
        seeds = max((len(item.specification.seeds) for item in items), default=0)
        tasks = ", ".join(dict.fromkeys(recipe.short(item.specification.task) for item in items))
        self.about.setText(
            f"{tasks} · {counted(len(items), 'run')} · {counted(seeds, 'seed')}" if items else ""
        )
