"""One field of a form: label, control, and below them what is allowed, or what is wrong."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from engine.toml_text import Place
from gui.model.experiment_fields import Field
from gui.widgets.short_lived import short_lived

CONTROL = 130  # pixels
TAKEN_BACK = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class FieldRow(QWidget):
    """Shows a field and says what is put into it.

    Args:
        wide: the control takes the width and the label stands above it.
        room: width of the control in pixels, otherwise.
    """

    edited = Signal(tuple, str)  # place, what was typed

    def __init__(self, field: Field, *, wide: bool = False, room: int = CONTROL) -> None:
        super().__init__()
        self.field = field
        self.label = QLabel(field.label)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setProperty("small", True)
        self._show: Callable[[str], None]
        self.control = self._make()
        self.control.setAccessibleName(field.label)
        self.control.setToolTip(field.hint)
        self.label.setBuddy(self.control)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.label, 0, 0)
        if wide:
            layout.addWidget(self.control, 1, 0, 1, 2)
        else:
            self.control.setFixedWidth(room)
            layout.addWidget(self.control, 0, 1)
        layout.addWidget(self.hint, 2, 0, 1, 2)
        layout.setColumnStretch(0, 1)
        self.problem = "unknown"
        self._telling = False
        self._echo: str | None = None  # what the text says after the last that was typed here
        self.show_state("", "")

    @property
    def place(self) -> Place:
        """Where in the file."""
        return self.field.place

    def _make(self) -> QWidget:
        if self.field.kind == "bool":
            return self._make_check()
        if self.field.kind == "choice" or self.field.choices:
            return self._make_choice()
        line = QLineEdit()
        line.installEventFilter(self)
        line.setPlaceholderText(self.field.default)
        line.textEdited.connect(self._tell)

        def show(text: str) -> None:
            if text != line.text():  # else a selection stays
                line.setText(text)
                line.setCursorPosition(0)

        self._show = show
        return line

    def _make_check(self) -> QWidget:
        check = QCheckBox()
        on = self.field.default == "true"

        def tell() -> None:
            self._tell("" if check.isChecked() == on else str(check.isChecked()).lower())

        check.clicked.connect(tell)
        self._show = lambda text: check.setChecked((text or self.field.default) == "true")
        return check

    def _make_choice(self) -> QWidget:
        field, box = self.field, QComboBox()
        typed = field.kind == "text"  # the choices are offers
        box.setObjectName("field")
        box.setEditable(typed)
        for choice, label in zip(field.choices, field.labels or field.choices, strict=True):
            box.addItem(label, choice)
        box.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

        def tell(text: str) -> None:
            self._tell("" if text == field.default else text)

        box.activated.connect(lambda index: tell(box.itemData(index)))
        if typed:
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.installEventFilter(self)
            box.lineEdit().setPlaceholderText(field.default)
            box.lineEdit().textEdited.connect(tell)
        short_lived(box)

        def show(text: str) -> None:
            if typed:
                box.setEditText(text)
            else:
                box.setCurrentIndex(box.findData(text or field.default))
                box.setPlaceholderText(text)  # what is none of the choices

        self._show = show
        return box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is taken back is what the form says, not what this field alone was: that key is the form's."""
        if isinstance(event, QKeyEvent) and any(event.matches(key) for key in TAKEN_BACK):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _tell(self, text: str) -> None:
        self._telling = True
        self.edited.emit(self.field.place, text)
        self._telling = False

    def show_state(self, stated: str, problem: str) -> None:
        """What the text says here, and what is wrong with it."""
        if self._telling:
            self._echo = stated
        elif stated != self._echo or not self.control.hasFocus():  # what is being typed stays as it is typed
            self._echo = None
            self._show(stated)
        if problem == self.problem:
            return
        self.problem = problem
        first, _, rest = problem.partition(" ")
        words = f"{first.capitalize() if first.islower() and first.isalpha() else first} {rest}".strip()
        words = words or self.field.hint
        self.hint.setText(words)
        self.hint.setVisible(bool(words))
        self.hint.setObjectName("alarm" if problem else "muted")
        self.control.setProperty("bad", bool(problem))
        self.control.setAccessibleDescription(words)
        for widget in (self.hint, self.control):
            if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else it is when it is shown
                widget.style().unpolish(widget)
                widget.style().polish(widget)
