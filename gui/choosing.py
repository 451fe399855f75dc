"""What is chosen from a list that is found by typing: settings, recent files, layouts."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from gui.widgets.palette import Palette

if TYPE_CHECKING:
    from gui.main_window import MainWindow


def offer(window: "MainWindow", actions: Iterable[QAction], placeholder: str = "") -> Palette:
    """A palette over these."""
    dialog = Palette(actions, window.dialogs)
    if placeholder:
        dialog.field.setPlaceholderText(placeholder)
    dialog.show()
    dialog.field.setFocus()
    return dialog


def _action(text: str, help_: str, run: Callable[[], object]) -> QAction:
    action = QAction(text)  # the palette's own: it goes when that goes
    action.setStatusTip(help_)
    action.triggered.connect(lambda _checked=False: run())
    return action


def recent(window: "MainWindow") -> None:
    """The recordings and sessions opened lately."""
    paths = window.settings.recent
    if not paths:
        window.say("Nothing was opened so far: Ctrl+O opens a recording or a session")
        return
    actions = [
        _action(path.name, str(path.parent), partial(window.opening.open_file, path)) for path in paths
    ]
    offer(window, actions, "Which file?")


def layouts(window: "MainWindow") -> None:
    """The layouts that were named, and what can be done with them."""
    from gui.settings_dialog import ask_name

    known = window.layouts
    kept, gone = "Put the cards as they were kept", "Forget this layout; the cards stay"
    actions = [_action(name, kept, partial(known.choose, name)) for name in known.names]
    actions.append(_action("Save this layout …", "Under a name", partial(ask_name, window.dialogs, known)))
    actions.append(_action("As it was at first", "Reset the layout", known.reset))
    actions += [_action(f"Delete {name}", gone, partial(known.delete, name)) for name in known.names]
    offer(window, actions, "Which layout?")


def settings(window: "MainWindow") -> None:
    """Every setting on one page."""
    from gui.settings_dialog import SettingsDialog

    dialog = window.findChild(SettingsDialog) or SettingsDialog(window, window.layouts)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
