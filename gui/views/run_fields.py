"""The form's right half: everything that one run says, in two columns where there is room."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.experiments import COUNTS
from gui.model.experiment_form import ExperimentDraft
from gui.text_size import scaled
from gui.widgets.card import Card
from gui.widgets.field_row import FieldRow

TWO_COLUMNS = 640  # pixels that they need, with letters of the usual size
FIRST = ("name", "learner", "task", "data", "base")


class RunFields(Card):
    """Made anew when another run, or another learner, is looked at; otherwise it follows."""

    edited = Signal(tuple, str)

    def __init__(self) -> None:
        super().__init__("Run")
        self.rows: list[FieldRow] = []
        self._made_of: object = None
        self._shown: tuple[ExperimentDraft, int] | None = None
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = QLabel("No run yet. Add one on the left: choose a learner.")
        self.nothing.setObjectName("muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(self.nothing, 1)
        self.body.addWidget(self.scroll, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as there is room for."""
        super().resizeEvent(event)
        if self._shown is not None:
            self.show_run(*self._shown)

    def show_run(self, draft: ExperimentDraft, number: int | None) -> None:
        """Show what a run says now."""
        self._shown = None if number is None else (draft, number)
        self.nothing.setVisible(number is None)
        self.scroll.setVisible(number is not None)
        if number is None:
            self.title.setText("Run")
            self.note.setText("")
            self._made_of = None
            self._clear()
            return
        self.title.setText(f"Run {number + 1} of {len(draft.runs)}: {draft.run_name(number)}")
        fields = draft.run_fields(number)
        columns = 2 if self.width() >= scaled(TWO_COLUMNS, self.font()) else 1
        if (fields, columns) != self._made_of:
            self._made_of = fields, columns
            self._make(draft, number, columns)
        for row in self.rows:
            row.show_state(draft.stated(row.place), draft.said(row.place))

    def _clear(self) -> None:
        """Take the fields away; what is still chosen from a list that hangs open is not heard."""
        for row in self.rows:
            row.edited.disconnect(self.edited)
        self.rows = []
        page = self.scroll.takeWidget()
        if page is not None:  # not at once: the change may come from one of its own controls
            page.hide()
            page.deleteLater()

    def _make(self, draft: ExperimentDraft, number: int, columns: int) -> None:
        page = QWidget()
        page.setObjectName("clear")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 6, 10, 4)
        column.setSpacing(10)
        fields = draft.run_fields(number)
        first = [FieldRow(field, room=200) for field in fields if field.place[-1] in FIRST]
        knobs = [FieldRow(field) for field in fields if "knobs" in field.place]
        rest = [FieldRow(field) for field in fields if field.place[-1] in COUNTS]
        column.addLayout(_grid(first, columns))
        learner = draft.catalogue["learners"].get(draft.stated(("runs", number, "learner")))
        if learner is not None:
            column.addWidget(_words(learner["help"], "muted"))
            column.addSpacing(6)
            column.addWidget(_words("Knobs", "title"))
            column.addLayout(_grid(knobs, columns))
            column.addSpacing(6)
            column.addWidget(_words("Where this run differs from the others", "title"))
            column.addLayout(_grid(rest, columns))
        column.addStretch(1)
        place = next((row.place for row in self.rows if row.control.hasFocus()), ())
        self._clear()
        self.rows = [*first, *knobs, *rest]
        self.scroll.setWidget(page)
        for row in self.rows:
            row.edited.connect(self.edited)
            if row.place == place:
                row.control.setFocus()


def _words(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setWordWrap(True)
    return label


def _grid(rows: list[FieldRow], columns: int) -> QGridLayout:
    """Fields side by side, each as high as it needs."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(28)
    grid.setVerticalSpacing(10)
    for index, row in enumerate(rows):
        grid.addWidget(row, index // columns, index % columns, Qt.AlignmentFlag.AlignTop)
    for column in range(columns):
        grid.setColumnStretch(column, 1)
    return grid
