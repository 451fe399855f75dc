"""The first screen: what this experiment asks, what to press, and what will be seen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.experiments import Experiment
from gui.model.session import Session
from gui.model.summary import counted


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
        self.outer = QVBoxLayout(self)
        self.outer.setContentsMargins(56, 36, 56, 36)
        self.page: QWidget | None = None

    def describe(self, experiment: Experiment | None, session: Session) -> None:
        """Say what this experiment is."""
        if self.page is not None:
            self.outer.removeWidget(self.page)
            self.page.hide()
            self.page.deleteLater()
        self.page = QWidget()
        self.outer.addWidget(self.page)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addStretch(2)
        if experiment is None:
            column.addWidget(_words("Nothing is open", "headline"))
            column.addWidget(
                _words("Press G for the experiments, Ctrl+N for a new one, Ctrl+O for a recording.", "lead")
            )
            column.addStretch(3)
            return
        column.addWidget(_words(experiment.title, "headline"))
        column.addSpacing(4)
        column.addWidget(_words(_flowing(experiment.summary), "lead"))
        column.addSpacing(14)
        column.addLayout(self._prompt(session))
        column.addSpacing(14)
        if experiment.expect:
            column.addWidget(_words("What you will see", "title"))
            column.addWidget(_words(_flowing(experiment.expect)))
            column.addSpacing(10)
        if experiment.try_this:
            column.addWidget(_words("Then try", "title"))
            for line in experiment.try_this:
                column.addWidget(_words(f"→  {_flowing(line)}"))
        column.addStretch(3)

    def _prompt(self, session: Session) -> QHBoxLayout:
        row = QHBoxLayout()
        button = QPushButton("Run")
        button.setObjectName("primary")
        button.setAccessibleName("Run the experiment")
        button.clicked.connect(self.run_wanted)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        prompt = QLabel("Press Space to run")
        prompt.setObjectName("prompt")
        learners = sum(not item.oracle for item in session.items)
        oracles = len(session.items) - learners
        words = [counted(learners, "learner")] if learners else []
        words += [counted(oracles, "exact answer")] if oracles else []
        seeds = max((len(item.specification.seeds) for item in session.items), default=0)
        detail = QLabel(f"{', '.join(words)}, {counted(seeds, 'seed')} each")
        detail.setObjectName("muted")
        for widget in (button, prompt, detail):
            row.addWidget(widget)
        row.setSpacing(14)
        row.addStretch(1)
        return row


def _flowing(text: str) -> str:
    """One paragraph: the file's line breaks are not the screen's."""
    return " ".join(text.split())
