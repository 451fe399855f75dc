"""The two ways to take a change back that runs have learned with: the knob, or the run."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.model.changes import Change, NoteChange
from gui.widgets.keyboard import give_back


class UndoChoice(QFrame):
    """Asks beside everything else, which goes on. Enter sets the knob back, Tab leads to the fork, Escape
    leaves all as it is; then the keyboard is where it was before."""

    back_wanted = Signal()
    fork_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("choice")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.back = self._button("Set back", "The knob goes back, and the run goes on from here (Enter)")
        self.fork = self._button("Fork from before", "")
        self.back.clicked.connect(lambda: self._chosen(self.back_wanted))
        self.fork.clicked.connect(lambda: self._chosen(self.fork_wanted))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self.words)
        line = QHBoxLayout()
        for button in (self.back, self.fork):
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)
        self._before: QWidget | None = None
        self.hide()

    def _button(self, text: str, help_: str) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(True)  # Enter presses it
        button.setToolTip(help_)
        return button

    def offer(self, change: Change | NoteChange | None) -> bool:
        """Ask about a change. False where there is nothing to choose: no live run has learned with it."""
        if not isinstance(change, Change) or not (runs := change.learned_by):
            return False
        made = max(item.last_step - change.steps[item] for item in runs)
        whose = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        self.words.setText(f"{change.words}: {whose} learned with it for {made} update{'s'[: made != 1]}.")
        self.fork.setText("Fork from before" if len(runs) == 1 else f"Fork {len(runs)} from before")
        self.fork.setToolTip(
            f"{whose} goes on as it is; beside it a run begins from before the change, without it"
        )
        for button in (self.back, self.fork):
            button.setAccessibleDescription(self.words.text())
        self._before = QApplication.focusWidget()
        self.show()
        self.back.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def _chosen(self, signal: Signal) -> None:
        self.leave()
        signal.emit()  # type: ignore[attr-defined]

    def leave(self) -> None:
        """Ask no longer."""
        if self.isHidden():
            return
        held = self.isAncestorOf(QApplication.focusWidget()) if QApplication.focusWidget() else False
        self.hide()
        if held:
            give_back(self._before)
        self._before = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves all as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
