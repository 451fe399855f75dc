"""The gallery: every experiment as a card with a picture of its task, a sentence, and its runs."""

from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QListView, QPushButton, QStyle, QVBoxLayout

from gui.model.artist import Artist
from gui.model.gallery import Entry, entries
from gui.model.task_sketch import Sketch
from gui.text_size import scaled
from gui.theme import Look
from gui.widgets.elided import ElidedLabel
from gui.widgets.experiment_card import HEIGHT, NARROWEST, ExperimentCard
from gui.widgets.page import Page

Index = QModelIndex | QPersistentModelIndex
LEAD = (
    "Each asks one question and trains the learners that answer it, side by side. "
    "The pictures are drawn from the tasks: {likelier} where the base goes more often."
)
KEYS = "Space runs   ·   Enter opens   ·   Ctrl+D edits   ·   type to search"


class GalleryModel(QAbstractListModel):
    """The entries that match the search. Sketches are worked out by a thread after their cards were painted
    first, so that the window does not wait for them."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.entries: tuple[Entry, ...] = ()
        self.found: list[Entry] = []
        self._words: list[str] = []
        self.artist = Artist(self)
        self.artist.drawn.connect(self._repaint)

    def show_entries(self, shown: tuple[Entry, ...]) -> None:
        """Show these, as far as they match."""
        if shown != self.entries:
            self.entries = shown
            self._filter()

    def search(self, text: str) -> None:
        """Show only entries that say all these words."""
        self._words = text.lower().split()
        self._filter()

    def _filter(self) -> None:
        self.beginResetModel()
        self.found = [entry for entry in self.entries if entry.matches(self._words)]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One row a card."""
        return 0 if parent.isValid() else len(self.found)

    def sketch(self, index: Index) -> Sketch | None:
        """The picture of the entry's first task; None so far, where it is yet to be worked out."""
        runs = self.found[index.row()].runs
        if not runs:
            return None
        task = runs[0].task, runs[0].task_text
        drawn = self.artist.of(task)
        return None if drawn is None else drawn.sketch

    def _repaint(self) -> None:
        """Show the sketches that are done."""
        if self.found:
            self.dataChanged.emit(self.index(0), self.index(len(self.found) - 1))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title, and all of it as words for a tool tip and a screen reader."""
        if not index.isValid():
            return None
        entry = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            sketch = self.sketch(index)
            runs = ", ".join(run.name for run in entry.runs)
            seen = f"{sketch.words.format(likelier=self.look.theme.likelier)}." if sketch else ""
            parts = (entry.sentence, f"Runs: {runs}." if runs else "", seen)
            return "\n".join(part for part in parts if part)
        return None


class Cards(QListView):
    """The cards in as many columns as there is room for."""

    run_wanted = Signal()
    edit_wanted = Signal()
    typed = Signal(str)

    def __init__(self, model: GalleryModel, look: Look) -> None:
        super().__init__()
        self.setModel(model)
        self.setObjectName("cards")
        self.setAccessibleName("Experiments")
        self.setItemDelegate(ExperimentCard(model, look, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cards share the width."""
        self.lay_out()
        super().resizeEvent(event)

    def lay_out(self) -> None:
        """As many columns as there is room for."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        room = self.maximumViewportSize().width() - bar - 1
        narrowest, height = (scaled(pixels, self.font()) for pixels in (NARROWEST, HEIGHT))
        self.setGridSize(QSize(room // max(room // narrowest, 1), height))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space runs, Ctrl+D edits; a letter begins a search."""
        letter = event.text()
        if event.key() == Qt.Key.Key_Space:
            self.run_wanted.emit()
        elif event.key() == Qt.Key.Key_D and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.edit_wanted.emit()
        elif letter.isalnum() and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        ):
            self.typed.emit(letter)
        else:
            super().keyPressEvent(event)


class Gallery(Page):
    """Search, cards, and what can be done with the chosen one.

    Signals carry the entry's name, as `experiments.load` takes it.
    """

    own_keys = (*Page.own_keys, Qt.Key.Key_D)

    run_wanted = Signal(str)
    open_wanted = Signal(str)
    edit_wanted = Signal(str)
    new_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setAccessibleName("Gallery of experiments")
        self.model = GalleryModel(look)
        self.cards = Cards(self.model, look)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: a word, a task, a learner")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search experiments")
        self.search.installEventFilter(self)
        self.nothing = QLabel("No experiment says that. Escape clears the search; Ctrl+N makes a new one.")
        self.nothing.setObjectName("muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.look = look
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.cards.activated.connect(lambda _index: self._tell(self.open_wanted))
        self.cards.run_wanted.connect(self.run_selected)
        self.cards.edit_wanted.connect(lambda: self._tell(self.edit_wanted))
        self.cards.typed.connect(self._type)
        self.cards.selectionModel().currentChanged.connect(lambda *_: self._follow())
        self.model.modelReset.connect(self._follow)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 20, 20, 14)
        column.setSpacing(10)
        head = QHBoxLayout()
        title = QLabel("Experiments")
        title.setObjectName("headline")
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.search)
        column.addLayout(head)
        self.lead = ElidedLabel()
        self.lead.setObjectName("muted")
        column.addWidget(self.lead)
        column.addSpacing(4)
        column.addWidget(self.cards, 1)
        column.addWidget(self.nothing, 1)
        self.nothing.hide()
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.run = QPushButton("Run")
        self.run.setObjectName("primary")
        self.run.setMinimumWidth(98)
        self.run.clicked.connect(self.run_selected)
        self.open = QPushButton("Open")
        self.open.setToolTip("Put it on the workbench, without running it (Enter)")
        self.open.clicked.connect(lambda: self._tell(self.open_wanted))
        self.edit = QPushButton("Edit a copy …")
        self.edit.clicked.connect(lambda: self._tell(self.edit_wanted))
        new = QPushButton("New experiment …")
        new.setToolTip("Choose task, learners, knobs and seeds in a form")
        new.clicked.connect(self.new_wanted)
        from_file = QPushButton("From a file …")
        from_file.setToolTip("An experiment or a task of your own (Ctrl+T)")
        from_file.clicked.connect(self.file_wanted)
        keys = ElidedLabel(KEYS)
        keys.setObjectName("muted")
        keys.setAlignment(Qt.AlignmentFlag.AlignCenter)
        back = QPushButton("To the workbench")
        back.setToolTip("Leave the gallery (Escape)")
        back.clicked.connect(self.left)
        for button in (self.run, self.open, self.edit, new, from_file):
            foot.addWidget(button)
        foot.addWidget(keys, 1)
        foot.addWidget(back)
        for button in (self.run, self.open, self.edit, new, from_file, back):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column.addLayout(foot)

    def restyle(self) -> None:
        """What stands for likelier depends on the theme; the cards are as high as their letters need."""
        self.search.setFixedWidth(scaled(280, self.font()))
        self.cards.lay_out()
        self.lead.setText(LEAD.format(likelier=self.look.theme.likelier))

    def look_into(self, folder: Path, name: str) -> None:
        """Show all that there is now, with this one chosen."""
        self.search.clear()
        self.model.show_entries(entries(folder))
        self.select(name)
        self.cards.setFocus()

    def select(self, name: str) -> None:
        """Choose a card; the first where there is none of that name."""
        names = [entry.name for entry in self.model.found]
        row = names.index(name) if name in names else 0
        self.cards.setCurrentIndex(self.model.index(row))
        QTimer.singleShot(0, self, lambda: self.cards.scrollTo(self.cards.currentIndex()))

    @property
    def selected(self) -> Entry | None:
        """The chosen card's entry."""
        index = self.cards.currentIndex()
        return self.model.found[index.row()] if index.isValid() else None

    def run_selected(self) -> None:
        """Run the chosen one."""
        self._tell(self.run_wanted)

    def _tell(self, signal: Signal) -> None:
        if self.selected is not None:
            signal.emit(self.selected.name)

    def _follow(self) -> None:
        """The buttons are about the chosen card."""
        entry = self.selected
        for button in (self.run, self.open):
            button.setEnabled(entry is not None and not entry.broken)
        self.edit.setEnabled(entry is not None)
        own = entry is not None and entry.own
        self.edit.setText("Edit …" if own else "Edit a copy …")
        self.edit.setToolTip(
            "Change it in a form (Ctrl+D)" if own else "Change a copy of it in a form (Ctrl+D)"
        )
        self.run.setToolTip(f"Run {entry.title} (Space)" if entry is not None else "")

    def _search(self, text: str) -> None:
        self.model.search(text)
        self.cards.setCurrentIndex(self.model.index(0))
        self.cards.setVisible(bool(self.model.found))
        self.nothing.setVisible(not self.model.found)

    def _type(self, letter: str) -> None:
        self.search.setFocus()
        self.search.setText(self.search.text() + letter)

    def eventFilter(self, watched: object, event: object) -> bool:
        """From the search field, Down goes to the cards, Enter opens the chosen one, Ctrl+D edits it, Escape
        clears first."""
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QKeyEvent.Type.KeyPress
        ):
            if event.key() == Qt.Key.Key_Down:
                self.cards.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._tell(self.open_wanted)
                return True
            if event.key() == Qt.Key.Key_D and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
                self._tell(self.edit_wanted)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                self.cards.setFocus()
                return True
        return super().eventFilter(watched, event)
