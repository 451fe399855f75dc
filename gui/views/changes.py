"""What changed, when, on which runs; and the way back."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QToolButton

from gui.model.marks import Mark, marks, settled
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.fork_menu import fork_menu
from gui.widgets.undo_choice import UndoChoice


class ChangesView(View):
    """The recorded events as a list, newest first; Enter or a click puts the cursor there."""

    help = "what was turned, when, and on which runs, the newest first; Enter goes there."

    undo_wanted = Signal()
    redo_wanted = Signal()
    fork_wanted = Signal(object, int, bool)

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("What changed", session, look)
        self.undo = self._button("↶", "Undo", self.undo_wanted)
        self.redo = self._button("↷", "Redo", self.redo_wanted)
        self.list = QListWidget()
        self.list.setObjectName("plain")
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("What changed")
        self.list.setMinimumHeight(20)  # the choice above it comes first
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        self.nothing = QLabel("Sliders moved while runs are live are listed here, with their update.")
        self.nothing.setObjectName("muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.choice = UndoChoice()
        self.body.addWidget(self.choice)
        self.body.addWidget(self.nothing, 1)
        self.body.addWidget(self.list, 1)
        session.steering.undo.changed.connect(self.choice.leave)
        session.steering.undo.changed.connect(self._buttons)
        self._marks: list[Mark] = []
        self._buttons()

    def _button(self, text: str, name: str, signal: Signal) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAccessibleName(name)
        button.setObjectName("flat")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        self.header.addWidget(button)
        return button

    def _buttons(self) -> None:
        for button, words, verb in (
            (self.undo, self.session.steering.undo.next_undo(), "Take back"),
            (self.redo, self.session.steering.undo.next_redo(), "Make again"),
        ):
            button.setEnabled(bool(words))
            button.setToolTip(
                f"{verb}: {words}" if words else f"Nothing to {button.accessibleName().lower()}"
            )

    def depends(self) -> tuple[object, ...]:
        """How many events there are."""
        return tuple(len(i.recording.events) if i.recording else 0 for i in self.session.items)

    def redraw(self) -> None:
        """Read the events anew."""
        made = sorted(marks(self.session.items), key=lambda mark: mark.moment)
        found = settled([mark for mark in made if mark.kind != "control"])
        self._marks = found[::-1]
        self.list.clear()
        several = sum(item.recording is not None for item in self.session.items) > 1
        for mark in self._marks:
            runs = mark.runs[0] if len(mark.runs) == 1 else f"{len(mark.runs)} runs"
            whose = f"{runs}: " if several else ""
            entry = QListWidgetItem(f"{mark.step:,}".replace(",", "\u2009") + f"   {whose}{mark.words}")
            where = (f"{run}, update {step}" for run, step in zip(mark.runs, mark.steps, strict=True))
            entry.setToolTip("\n".join((mark.words, *where)))
            entry.setData(Qt.ItemDataRole.AccessibleTextRole, f"update {mark.step}, {mark.words}, {runs}")
            self.list.addItem(entry)
        self.nothing.setVisible(not self._marks)
        self.list.setVisible(bool(self._marks))

    def _menu(self, place: QPoint) -> None:
        """The runs whose change this was can begin again from the checkpoint before it."""
        entry = self.list.itemAt(place)
        if entry is None:
            return
        mark = self._marks[self.list.row(entry)]
        items = [item for item in self.session.items if item.name in mark.runs]
        menu = fork_menu(self, items, max(mark.step - 1, 0), self.fork_wanted.emit)
        menu.exec(self.list.mapToGlobal(place))

    def _go(self, entry: QListWidgetItem) -> None:
        self.session.cursor.put(self._marks[self.list.row(entry)].step)
