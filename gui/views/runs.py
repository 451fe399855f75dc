"""The runs: how each looks, how it fares at the cursor, whether it is shown, and why it failed."""

from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QListView, QPlainTextEdit

from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.summary import counted
from gui.theme import Look
from gui.views.run_delegate import DEEPEST, STEP_IN, SWATCH, Headings, RunDelegate, has_words
from gui.views.runs_model import RunsModel
from gui.views.view import READABLE, View
from gui.widgets.fork_menu import fork_menu


class RunsView(View):
    """The list, and below it the story of a failure. Its menu forks the run at the cursor."""

    help = (
        "each run with its mark, its line, its state, and its figures at the cursor. H hides the "
        "chosen one; ⚠ tells of a collapse."
    )

    fork_wanted = Signal(object, int, bool)
    note_wanted = Signal(object)
    compare_wanted = Signal(object, object)

    every = READABLE

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Runs", session, look)
        self.model = RunsModel(session)
        self.list = QListView()
        self.list.setModel(self.model)
        self.delegate = RunDelegate(self.model, look)
        self.list.setItemDelegate(self.delegate)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Runs")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.viewport().installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.selectionModel().currentChanged.connect(self._current)
        self.headings = Headings(look, self.list)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Why the run failed or raised an alarm")
        self.details.setMaximumHeight(130)
        self.details.hide()
        self.body.addWidget(self.headings)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.details)
        self._worded: list[RunItem] = []  # the runs whose rows are higher, with words below their figures
        session.items_changed.connect(self.details.hide)
        session.items_changed.connect(self.delegate.badges.clear)

    def depends(self) -> tuple[object, ...]:
        """Rows, cursor, and the selection."""
        states = tuple((item.state, self.model.late(item)) for item in self.session.items)
        return *super().depends(), id(self.session.selected), states

    def redraw(self) -> None:
        """Paint the rows again."""
        items = self.session.items
        seeds = {len(item.specification.seeds) for item in items}
        units = "reward, nats, nats" if any(item.has("asked") for item in items) else ""
        self.note.setText(units or (counted(max(seeds), "seed") if seeds else ""))  # the toolbar counts seeds
        selected = self.session.selected
        if selected in items and self.list.currentIndex().row() != items.index(selected):
            self.list.setCurrentIndex(self.model.index(items.index(selected)))
        worded = [item for item in items if has_words(item)]
        if worded != self._worded:
            self._worded = worded
            self.list.scheduleDelayedItemsLayout()
        self.headings.setVisible(bool(items))
        self.list.viewport().update()
        self.headings.update()

    def describe(self) -> str:
        """Every run with its state and figures."""
        rows = map(self.model.index, range(self.model.rowCount()))
        told = (str(self.model.data(row, Qt.ItemDataRole.AccessibleTextRole)) for row in rows)
        return " ".join(f"{words.replace(chr(10), ', ')}." for words in told)

    def _current(self, index: QModelIndex) -> None:
        if index.isValid():
            self._choose(self.model.item(index))

    def _choose(self, item: RunItem) -> None:
        self.session.select(item)
        alarm = self.session.alarms.of(item)
        story = f"{item.trouble}\n\n{item.traceback}".strip()
        if not story and alarm is not None:
            story = alarm.story
        self.details.setVisible(bool(story))
        self.details.setPlainText(story)

    def _menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if not index.isValid():
            return
        item = self.model.item(index)
        menu = fork_menu(self, [item], self.session.cursor.step, self.fork_wanted.emit)
        others = [other for other in self.model.session.items if other is not item]
        if others:
            compare = menu.addMenu("Compare with")
            for other in others:
                compare.addAction(other.name, partial(self.compare_wanted.emit, item, other))
        if item.live and (item.silence.since or item.slow or item.stopping):
            menu.addAction("End its worker", lambda: self.session.running.end_silent([item]))
        menu.addAction("Note …", lambda: self.note_wanted.emit(item))
        menu.addAction("Hide" if item.visible else "Show", lambda: self.toggle(item))
        menu.exec(self.list.viewport().mapToGlobal(place))

    def toggle(self, item: RunItem) -> None:
        """Show or hide a run everywhere."""
        self.session.show(item, not item.visible)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """A click on the swatch shows or hides; so does H. One on an alarm goes to where it began."""
        released = watched is self.list.viewport() and event.type() == QEvent.Type.MouseButtonRelease
        if released and event.button() == Qt.MouseButton.LeftButton:
            index = self.list.indexAt(event.position().toPoint())
            if index.isValid():
                item = self.model.item(index)
                alarm, badge = self.session.alarms.of(item), self.delegate.badges.get(item)
                if event.position().x() < SWATCH + STEP_IN * min(item.depth, DEEPEST):
                    self.toggle(item)
                else:
                    if alarm is not None and badge is not None and badge.contains(event.position()):
                        self.session.attend(alarm)
                    self._choose(item)
        if watched is self.list and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_H:
            index = self.list.currentIndex()
            if index.isValid():
                self.toggle(self.model.item(index))
                return True
        return super().eventFilter(watched, event)
