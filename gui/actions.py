"""Everything a person can do, in one table: it feeds menus, shortcuts, buttons and the palette."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from engine.exports.kinds import KINDS
from gui import choosing, describing, looking

if TYPE_CHECKING:
    from gui.main_window import MainWindow

EXPORT_KEYS = {
    "png": ("Ctrl+E",),
    "pdf": ("Ctrl+Shift+E",),
    "h5": ("Ctrl+S",),
    "supertask": ("Ctrl+Shift+S",),
}
SAVED = ("h5", "supertask")  # what opens again is saved; the rest is exported


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    name: str
    menu: str
    text: str
    keys: tuple[str, ...]
    help: str
    function: Callable[[], object]


def commands(window: "MainWindow") -> tuple[Command, ...]:
    """The table, bound to a window."""
    session, cursor = window.session, window.session.cursor
    return (
        Command(
            "gallery",
            "File",
            "Experiments …",
            ("G",),
            "Every experiment as a card: choose, run, or edit a copy",
            window.pages.show_gallery,
        ),
        Command(
            "new_experiment",
            "File",
            "New experiment …",
            ("Ctrl+N",),
            "Task, learners, knobs and seeds in a form",
            window.pages.new_experiment,
        ),
        Command(
            "edit_experiment",
            "File",
            "Edit a copy of this experiment …",
            ("Ctrl+D",),
            "What is on the workbench, in a form; your own file is edited itself",
            window.pages.edit_current,
        ),
        Command(
            "open",
            "File",
            "Open recording or session …",
            ("Ctrl+O",),
            "Show a recording, beside those open, or a session in their place",
            window.opening.ask_open,
        ),
        Command(
            "recent",
            "File",
            "Open recent …",
            ("Ctrl+Shift+O",),
            "The recordings and sessions that were opened last",
            partial(choosing.recent, window),
        ),
        Command(
            "open_task",
            "File",
            "Open experiment or task …",
            ("Ctrl+T",),
            "An experiment or a drawn task in a TOML file",
            window.opening.ask_experiment,
        ),
        *(
            Command(
                f"export_{kind.name}",
                "File",
                f"{'Save' if kind.name in SAVED else 'Export'} {kind.label[0].lower()}{kind.label[1:]} …",
                EXPORT_KEYS.get(kind.name, ()),
                kind.help,
                partial(window.ask_export, kind.name),
            )
            for kind in KINDS.values()
        ),
        Command(
            "notes",
            "Edit",
            "Notes on this session …",
            ("Ctrl+Shift+N",),
            "Your own words, kept in the session's file",
            lambda: window.ask_notes(),
        ),
        Command(
            "settings",
            "Edit",
            "Settings …",
            ("Ctrl+,",),
            "Theme, text size, motion, where recordings go, layouts, the log",
            partial(choosing.settings, window),
        ),
        Command(
            "find_recording",
            "File",
            "Find a recording …",
            ("Ctrl+F",),
            "Search the library by words, tags and stars",
            partial(looking.find_recording, window),
        ),
        Command(
            "add_folder",
            "File",
            "Add a folder to the library …",
            (),
            "List the recordings of another folder as well",
            window.deck.recordings.ask_folder,
        ),
        Command("quit", "File", "Quit", ("Ctrl+Q",), "Finish the recordings and close", window.close),
        Command(
            "undo",
            "Edit",
            "Undo change",
            ("Ctrl+Z",),
            "Take the last change of a slider, a note or a field back",
            window.pages.undo,
        ),
        Command(
            "redo", "Edit", "Redo change", ("Ctrl+Shift+Z", "Ctrl+Y"), "Make it again", window.pages.redo
        ),
        Command(
            "target_down",
            "Edit",
            "Ask for less",
            ("[",),
            "The next lower recorded target",
            partial(looking.move_target, window, -1),
        ),
        Command(
            "target_up",
            "Edit",
            "Ask for more",
            ("]",),
            "The next higher recorded target",
            partial(looking.move_target, window, 1),
        ),
        Command(
            "run",
            "Run",
            "Run or pause",
            ("Space",),
            "Start, pause or resume; at the end of the budget, go on",
            window.guarded(window.pages.toggle),
        ),
        Command(
            "step",
            "Run",
            "Single step",
            (".",),
            "One update of every run",
            window.guarded(session.running.step),
        ),
        Command(
            "stop",
            "Run",
            "Stop",
            ("Ctrl+.",),
            "End the runs and finish their recordings",
            session.running.stop,
        ),
        Command(
            "end_silent",
            "Run",
            "End what does not answer",
            ("Ctrl+Shift+.",),
            "End by force the workers that hang; what they have recorded is kept",
            window.guarded(session.running.end_silent),
        ),
        Command(
            "again",
            "Run",
            "Start again",
            ("Ctrl+R",),
            "A fresh start of the experiment",
            window.opening.start_again,
        ),
        Command(
            "audit",
            "Run",
            "Audit this learner",
            ("Ctrl+Shift+A",),
            "Where prediction is known to lose: what the selected run's learner loses there",
            window.start_audit,
        ),
        Command(
            "fork",
            "Run",
            "Fork from here",
            ("F",),
            "A new run from the selected run's last checkpoint before the cursor, its knobs as they stood",
            window.guarded(window.fork),
        ),
        Command(
            "fork_now",
            "Run",
            "Fork from here with the knobs as set now",
            ("Shift+F",),
            "The same, with the knobs as they are set now",
            window.guarded(lambda: window.fork(as_now=True)),
        ),
        Command("back", "Time", "One update back", ("Left",), "Move the cursor", lambda: cursor.nudge(-1)),
        Command("on", "Time", "One update on", ("Right",), "Move the cursor", lambda: cursor.nudge(1)),
        Command(
            "back_far",
            "Time",
            "Ten updates back",
            ("Shift+Left",),
            "Move the cursor",
            lambda: cursor.nudge(-10),
        ),
        Command(
            "on_far", "Time", "Ten updates on", ("Shift+Right",), "Move the cursor", lambda: cursor.nudge(10)
        ),
        Command("first", "Time", "To the first update", ("Home",), "Move the cursor", cursor.start),
        Command("live", "Time", "Follow the newest update", ("End",), "Back to live", cursor.follow),
        Command("play", "Time", "Play", ("P",), "Let the cursor run", window.deck.timeline.toggle_play),
        Command(
            "collapse",
            "Time",
            "To the next collapse",
            ("C",),
            "Where a run's effective modes fell: its run, its seed, its update",
            partial(looking.next_collapse, window),
        ),
        Command(
            "next_run",
            "View",
            "Select next run",
            ("N",),
            "Show another run's policy",
            partial(looking.select_next, window, 1),
        ),
        Command(
            "episode",
            "View",
            "New episode",
            ("E",),
            "The selected run acts once, asked for the target: step by step, beside the policy",
            partial(looking.new_episode, window),
        ),
        Command(
            "hide_run",
            "View",
            "Show or hide selected run",
            ("H",),
            "Everywhere at once",
            partial(looking.toggle_selected, window),
        ),
        Command(
            "show_audit",
            "View",
            "Audit or plots",
            ("A",),
            "The audit in place of the plots, and back",
            window.toggle_audit,
        ),
        Command(
            "compare",
            "View",
            "Compare two runs",
            ("B",),
            "The selected run beside another: what differs, the numbers, the policies; and back",
            partial(looking.toggle_compare, window),
        ),
        Command("theme", "View", "Light or dark", ("Ctrl+L",), "Change the theme", window.toggle_theme),
        Command(
            "theme_system",
            "View",
            "Theme of the system",
            (),
            "Follow the system's choice",
            lambda: window.choose_theme("system"),
        ),
        Command(
            "describe",
            "View",
            "Describe this view",
            ("D",),
            "What the view that has the focus shows, in words and figures to read or copy",
            partial(describing.describe, window),
        ),
        Command(
            "describe_all",
            "View",
            "Describe everything",
            ("Shift+D",),
            "What every view shows, in words and figures",
            partial(describing.describe, window, whole=True),
        ),
        Command(
            "layouts",
            "View",
            "Layouts …",
            ("Ctrl+Shift+L",),
            "How the cards stand: choose, save under a name, reset",
            partial(choosing.layouts, window),
        ),
        Command(
            "reset_zoom",
            "View",
            "See everything",
            ("Ctrl+0",),
            "Undo zoom in every plot",
            window.deck.see_everything,
        ),
        Command(
            "help",
            "Help",
            "What the words mean",
            ("F1",),
            "Drift, asked and collateral, modes, the fan",
            window.show_help,
        ),
        Command(
            "tour",
            "Help",
            "Tour in five steps",
            ("Shift+F1",),
            "Run, time, sliders, drift, export: a few words beside each",
            window.pages.start_tour,
        ),
        Command(
            "palette",
            "View",
            "Command palette …",
            ("Ctrl+Shift+P",),
            "Find any of these by typing",
            window.show_palette,
        ),
    )


def make_actions(window: "MainWindow") -> dict[str, QAction]:
    """Qt's actions for the table, each with its keys and help; menus are filled in the table's order."""
    made: dict[str, QAction] = {}
    bar = window.menuBar()
    menus: dict[str, object] = {}
    for command in commands(window):
        action = QAction(command.text, window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setStatusTip(command.help)
        action.setToolTip(f"{command.help} ({command.keys[0]})" if command.keys else command.help)
        action.triggered.connect(lambda _checked=False, run=command.function: run())
        menu = menus.get(command.menu) or menus.setdefault(command.menu, bar.addMenu(command.menu))
        menu.addAction(action)  # type: ignore[attr-defined]
        window.addAction(action)  # its keys work whatever the menu bar does
        made[command.name] = action
    return made
