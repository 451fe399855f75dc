"""The first screen: what this experiment asks, what to press, and what will be seen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from engine.experiments import Experiment
from gui.model.session import Session


def _words(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if name:
        label.setObjectName(name)
    return label


class Intro(QFrame):
    """Stands where the plots will be, until the experiment is run."""

    run_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("About this experiment")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(56, 36, 56, 36)
        self.column.setSpacing(8)

    def describe(self, experiment: Experiment | None, session: Session) -> None:
        """Say what this experiment is."""
        _empty(self.column)
        self.column.addStretch(2)
        if experiment is None:
            self.column.addWidget(_words("Nothing is open", "headline"))
            self.column.addWidget(
                _words("Choose an experiment above, or open a recording with Ctrl+O.", "lead")
            )
            self.column.addStretch(3)
            return
        self.column.addWidget(_words(experiment.title, "headline"))
        self.column.addSpacing(4)
        self.column.addWidget(_words(_flowing(experiment.summary), "lead"))
        self.column.addSpacing(14)
        self.column.addLayout(self._prompt(session))
        self.column.addSpacing(14)
        if experiment.expect:
            self.column.addWidget(_words("What you will see", "title"))
            self.column.addWidget(_words(_flowing(experiment.expect)))
            self.column.addSpacing(10)
        if experiment.try_this:
            self.column.addWidget(_words("Then try", "title"))
            for line in experiment.try_this:
                self.column.addWidget(_words(f"→  {_flowing(line)}"))
        self.column.addStretch(3)

    def _prompt(self, session: Session) -> QHBoxLayout:
        row = QHBoxLayout()
        button = QPushButton("▶  Run")
        button.setObjectName("primary")
        button.setAccessibleName("Run the experiment")
        button.clicked.connect(self.run_wanted)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        prompt = QLabel("Press Space to run")
        prompt.setObjectName("prompt")
        learners = sum(not item.oracle for item in session.items)
        oracles = len(session.items) - learners
        words = [f"{learners} learner{'s'[: learners != 1]}"] if learners else []
        words += [f"{oracles} exact answer{'s'[: oracles != 1]}"] if oracles else []
        seeds = max((len(item.specification.seeds) for item in session.items), default=0)
        detail = QLabel(f"{', '.join(words)}, {seeds} seeds each")
        detail.setObjectName("muted")
        for widget in (button, prompt, detail):
            row.addWidget(widget)
        row.setSpacing(14)
        row.addStretch(1)
        return row


def _flowing(text: str) -> str:
    """One paragraph: the file's line breaks are not the screen's."""
    return " ".join(text.split())


def _empty(layout: QVBoxLayout | QHBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        if item.layout() is not None:
            _empty(item.layout())  # type: ignore[arg-type]
        elif item.widget() is not None:
            item.widget().setParent(None)
            item.widget().deleteLater()
