"""The form's upper left: title, task with what that leaves open, and how much to run."""

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.errors import UserError
from engine.places import expanded
from engine.tasks import task_file
from gui.model.artist import Artist, Task
from gui.model.experiment_fields import Field
from gui.model.experiment_form import ExperimentDraft
from gui.model.task_sketch import Sketch
from gui.roles import give_role
from gui.theme import Look
from gui.widgets.card import Card
from gui.widgets.field_row import FieldRow
from gui.widgets.painting import painting
from gui.widgets.task_picture import draw_sketch

PICTURE = 92  # pixels
OTHER = (
    "A Gymnasium id such as CartPole-v1, a task in a file (.toml, .npz), or an environment of your own as "
    "file.py:Class. Arguments go into brackets, wrappers behind a bar: CartPole-v1 | "
    "TimeLimit(max_episode_steps=100). Files are sought beside the experiment, in {beside}, and then in "
    "{here}, where Supertask was started."
)
OWN = (
    "Your own code: it is run with the experiment, and not before. Arguments go into brackets: "
    "Class(size=9). Wrappers follow behind a bar: | TimeLimit(max_episode_steps=100)."
)
MAKING = "Looking at what it shows and takes …"


def at_home(path: Path) -> str:
    """A path as short as it is understood."""
    return str(Path("~") / path.relative_to(Path.home())) if path.is_relative_to(Path.home()) else str(path)


class TaskPicture(QWidget):
    """The task's sketch."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.sketch: Sketch | None = None
        give_role(self, QAccessible.Role.Graphic)
        self.setFixedSize(PICTURE, PICTURE)
        self.hide()

    def show_sketch(self, sketch: Sketch | None) -> None:
        """Show this one."""
        if sketch is not self.sketch:
            self.sketch = sketch
            words = sketch.words if sketch else ""
            self.setAccessibleName(words.format(likelier=self.look.theme.likelier))
            self.setToolTip(self.accessibleName())
            self.setVisible(sketch is not None)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        with painting(self) as painter:
            draw_sketch(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), self.sketch, self.look.theme)


class TaskFields(Card):
    """Fields of the experiment as a whole."""

    edited = Signal(tuple, str)

    def __init__(self, draft: ExperimentDraft, look: Look) -> None:
        super().__init__("Experiment")
        self.draft = draft
        self.rows = [
            FieldRow(field, wide=field.place[0] in ("title", "summary", "task"))
            for field in draft.shared_fields()
        ]
        page = QWidget()
        page.setObjectName("clear")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 6, 10, 4)
        column.setSpacing(9)
        self.picture = TaskPicture(look)
        self.artist = Artist(self)
        self.artist.drawn.connect(self._show_task)
        self.help = QLabel()
        self.help.setObjectName("muted")
        self.help.setWordWrap(True)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        about = QHBoxLayout()
        about.setSpacing(12)
        about.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        about.addWidget(self.help, 1)
        self.open = QVBoxLayout()
        self.open.setSpacing(6)
        self.left_open: dict[str, FieldRow] = {}
        for row in self.rows:
            row.edited.connect(self.edited)
            column.addWidget(row)
            if row.place == ("task",):
                column.addLayout(about)
                column.addLayout(self.open)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        self.body.addWidget(scroll, 1)

    def in_order(self) -> list[FieldRow]:
        """The fields from top to bottom."""
        below = next(place for place, row in enumerate(self.rows, start=1) if row.place == ("task",))
        return [*self.rows[:below], *self.left_open.values(), *self.rows[below:]]

    def refresh(self) -> None:
        """Say what the draft says."""
        draft = self.draft
        for row in self.rows:
            row.show_state(draft.stated(row.place), draft.said(row.place))
        name, numbers = draft.task
        self._show_task()
        defaults = draft.task_parameters()
        if list(defaults) != list(self.left_open):
            for row in self.left_open.values():
                self.open.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.left_open = {
                parameter: FieldRow(Field((parameter,), f"{name}: {parameter}", default=default))
                for parameter, default in defaults.items()
            }
            for row in self.left_open.values():
                row.edited.connect(lambda place, typed: draft.put_task_parameter(place[0], typed))
                self.open.addWidget(row)
        for parameter, row in self.left_open.items():
            row.show_state(numbers.get(parameter, ""), "")

    def _show_task(self) -> None:
        """Its picture, and what it is in words: as declared, or what an environment shows and takes."""
        task = self._task()
        drawn = None if task is None else self.artist.of(task)
        self.picture.show_sketch(None if drawn is None else drawn.sketch)
        known = self.draft.catalogue["tasks"].get(self.draft.task[0], {})
        sought = {"beside": at_home(self.draft.path.parent), "here": at_home(Path.cwd())}
        making = MAKING if task is not None and drawn is None else ""
        spaces = drawn.spaces if drawn is not None else ""
        own = OWN if task is not None and not spaces and ".py:" in task[0] else ""
        self.help.setText(known.get("help") or spaces or making or own or OTHER.format(**sought))

    def _task(self) -> Task | None:
        """Name and text, as far as nothing is wrong with them."""
        word = self.draft.stated(("task",)).strip()
        if not word or self.draft.said(("task",)):
            return None
        try:
            beside = self.draft.path.parent
            return task_file.read(beside / expanded(word)) if task_file.is_path(word) else (word, "")
        except UserError:
            return None
