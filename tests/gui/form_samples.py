"""How tests of the form reach its fields, and type."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.toml_text import Place
from gui.views.experiment_form import ExperimentForm
from gui.widgets.field_row import FieldRow

CTRL = Qt.KeyboardModifier.ControlModifier
RATE = ("runs", 0, "knobs", "learning_rate")


def row(form: ExperimentForm, place: Place) -> FieldRow:
    return next(row for row in (*form.shared.rows, *form.fields.rows) if row.place == place)


def fill(widget: QWidget, text: str) -> None:
    """Type over what is there."""
    widget.setFocus()
    widget.selectAll()
    QTest.keyClicks(widget, text)


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget(), key, modifier)
