"""An audit that goes on while something else is looked at: said in the status bar, with a way back to it and
one to end it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.model.audit import Audit


class AuditBadge(QWidget):
    """Hidden while the audit itself is seen, and where there is none to tell of."""

    show_wanted = Signal()

    def __init__(self, audit: Audit) -> None:
        super().__init__()
        self.audit = audit
        self._untold = False  # it has come to an end that nobody has seen yet
        self.show_button = self._button("Show the audit in place of the plots (A)")
        self.show_button.clicked.connect(self.show_wanted)
        self.cancel = self._button("End the audit's runs; what they recorded is kept")
        self.cancel.setText("Cancel audit")
        self.cancel.clicked.connect(audit.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.show_button)
        row.addWidget(self.cancel)
        self.hide()

    def _button(self, tip: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName("chip")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def refresh(self, *, seen: bool) -> None:
        """Say how far the audit is. `seen`: its page is what the window shows."""
        busy = self.audit.busy
        self._untold = not seen and (busy or self._untold) and self.audit.state != "none"
        self.show_button.setText(f"Audit of {self.audit.name}: {self.audit.told}")
        self.cancel.setVisible(self.audit.state in ("asking", "running"))
        self.setVisible(self._untold)
