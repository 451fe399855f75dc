"""Choices and numbers in what is made again and again: a dialog, a form.

Under a style sheet Qt 6.11 keeps what it worked out for the inner parts of a choice or a number when these
are gone, some 900 bytes each. It does not for a part that has a sheet of its own, even an empty one.
"""

from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

EMPTY = " "  # without the space it would be no sheet at all


def short_lived(box: QComboBox | QSpinBox) -> None:
    """Have nothing of a box stay when it is gone. Call it once the box is editable, if it is to be."""
    parts: list[QWidget | None] = [box.lineEdit()]
    if isinstance(box, QComboBox):
        parts.append(box.view().parentWidget())  # what drops down
    for part in parts:
        if part is not None:
            part.setStyleSheet(EMPTY)
