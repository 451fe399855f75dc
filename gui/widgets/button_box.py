"""The buttons of a dialog, words alone: the icons of the style are dark, also on dark."""

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox


class ButtonBox(QDialogButtonBox):
    """Standard buttons in the system's order, without icons."""

    def __init__(self, buttons: QDialogButtonBox.StandardButton) -> None:
        super().__init__(buttons)
        for button in self.buttons():
            button.setIcon(QIcon())
