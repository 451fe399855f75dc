"""The menu that forks a run: the same words wherever it opens."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from engine.errors import UserError
from gui.model.family import NOW, checkpoint_before, present
from gui.model.run_item import RunItem

Fork = Callable[[RunItem, int, bool], None]  # which run, at which update, with the knobs as set now


def offer_forks(menu: QMenu, item: RunItem, step: int, fork: Fork) -> None:
    """Add the two ways to fork `item` at `step`; greyed, with the reason, where it cannot be."""
    if present(item, step):
        where, step = f"Fork {item.name} from now", NOW
    else:
        try:
            where = f"Fork {item.name} from update {checkpoint_before(item, step).step}"
        except UserError as error:
            menu.addAction(str(error)).setEnabled(False)
            return
    menu.addAction(f"{where}, knobs as they stood", lambda: fork(item, step, False))
    menu.addAction(f"{where}, knobs as set now", lambda: fork(item, step, True))


def fork_menu(parent: QWidget, items: list[RunItem], step: int, fork: Fork) -> QMenu:
    """A menu over these runs."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for item in items:
        offer_forks(menu, item, step, fork)
    return menu
