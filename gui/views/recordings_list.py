"""The list of recordings: its keys are its own while it has the focus."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

KEYS = {  # what each does
    (Qt.Key.Key_S, False): "star",
    (Qt.Key.Key_T, False): "tag",
    (Qt.Key.Key_F2, False): "rename",
    (Qt.Key.Key_Delete, False): "delete",
    (Qt.Key.Key_Backspace, False): "delete",
    (Qt.Key.Key_Return, False): "open",
    (Qt.Key.Key_Enter, False): "open",
    (Qt.Key.Key_Return, True): "open_alone",
    (Qt.Key.Key_Enter, True): "open_alone",
    (Qt.Key.Key_Z, True): "undo",
}
MOVES = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
HELD = Qt.KeyboardModifier.ControlModifier
OTHERS = HELD | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class RecordingsList(QListView):
    """Emits what a key asks for, by the names in KEYS, and `redo`. `takes_back` tells whether there is
    anything to undo or redo here: else those keys are the window's."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.takes_back: Callable[[str], bool] = lambda _what: False
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Recordings")
        self.setAccessibleDescription(
            "Enter opens, Control Enter opens alone, S stars, T edits the tags, F2 the name, Delete moves to "
            "the trash."
        )

    @property
    def resting(self) -> bool:
        """Whether rows may move: no hand is over them, and nothing is being typed."""
        return not self.underMouse() and self.state() == QAbstractItemView.State.NoState

    def event(self, event: QEvent) -> bool:
        """Claim keys before the window's shortcuts see them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & OTHERS
            if self._wanted(event) or (plain and event.key() in MOVES):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the keys ask for; arrows and letters move, as in any list. Enter in tags comes by as well."""
        what = "" if self.state() == QAbstractItemView.State.EditingState else self._wanted(event)
        if what and self.currentIndex().isValid():
            self.asked.emit(what)
        else:
            super().keyPressEvent(event)

    def _wanted(self, event: QKeyEvent) -> str:
        what = _asked(event)
        return what if what not in ("undo", "redo") or self.takes_back(what) else ""


def _asked(event: QKeyEvent) -> str:
    modifiers = event.modifiers() & OTHERS
    held = modifiers == HELD
    if held and event.key() == Qt.Key.Key_Z and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return "redo"
    return KEYS.get((event.key(), held), "") if held or not modifiers else ""
