"""The help: words.md in resources/help and what is declared, opened where a person is."""

from string import Template
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from gui.describing import view_in_focus
from gui.log import log_file
from gui.model import topics
from gui.theme import RESOURCES
from gui.widgets.help import Help
from gui.widgets.knob_slider import KnobSlider

if TYPE_CHECKING:
    from gui.main_window import MainWindow


def text(window: "MainWindow") -> str:
    """All of it, as Markdown."""
    native = QKeySequence.SequenceFormat.NativeText
    actions = window.actions_by_name.values()
    pressed = ((", ".join(k.toString(native) for k in a.shortcuts()), a.text().rstrip(" …")) for a in actions)
    places = {
        "Recordings": window.session.folder,
        "Settings": window.settings.store.fileName(),
        "Log": log_file(),
    }
    words = Template((RESOURCES / "help" / "words.md").read_text(encoding="utf-8"))
    return words.substitute(
        views=topics.listed((view.topic, view.help) for view in window.deck.views),
        keys=topics.keys(pressed),
        knobs=topics.knobs(setting.knob for setting in window.session.board.settings.values()),
        metrics=topics.metrics(),
        files=topics.listed((what, f"`{where}`") for what, where in places.items()),
    )


def topic_in_focus(window: "MainWindow") -> str:
    """What the keyboard is in: a knob, or a view; empty for neither."""
    widget = QApplication.focusWidget()
    while widget is not None:
        if isinstance(widget, KnobSlider):
            return widget.setting.knob.label
        widget = widget.parentWidget()
    view = view_in_focus(window.deck)
    return "" if view is None else view.topic


def show(window: "MainWindow") -> None:
    """Open it, at the topic in focus, in place of the one that is open."""
    for before in window.dialogs.findChildren(Help):
        before.close()
    Help(window.dialogs, text(window), topic_in_focus(window)).show()
