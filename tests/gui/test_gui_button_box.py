"""Dialogs' buttons have words alone."""

from PySide6.QtWidgets import QDialogButtonBox

from gui.widgets.button_box import ButtonBox


def test_no_button_has_an_icon_and_each_does_what_it_did(qtbot) -> None:
    box = ButtonBox(QDialogButtonBox.StandardButton.Close | QDialogButtonBox.StandardButton.Ok)
    qtbot.addWidget(box)
    assert len(box.buttons()) == 2
    assert all(button.icon().isNull() for button in box.buttons())
    with qtbot.waitSignal(box.rejected):
        box.button(QDialogButtonBox.StandardButton.Close).click()
