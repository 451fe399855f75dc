"""What a person looks at: which run, which collapse, which target, which recordings. Moved by keys."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.model.run_item import RunItem


def move_target(window: "MainWindow", way: int) -> None:
    """Ask for the next higher or lower recorded return."""
    session = window.session
    item = next((i for i in session.items if i.conditioned and i.recording is not None), None)
    if item is None or session.target is None:
        window.say("No run here can be asked for a return")
        return
    targets, asked = item.recording.layout.targets, session.target
    beyond = [target for target in targets if (target - asked) * way > 1e-9]
    if beyond:
        window.guarded(lambda: session.steering.look_at_target(min(beyond) if way > 0 else max(beyond)))()


def select_next(window: "MainWindow", way: int) -> None:
    """Select another run."""
    session = window.session
    if session.selected in session.items:
        session.select(session.items[(session.items.index(session.selected) + way) % len(session.items)])


def new_episode(window: "MainWindow") -> None:
    """Show what the selected run does in an episode."""
    window.deck.details.setCurrentWidget(window.deck.episode)
    window.deck.episode.fresh()


def next_collapse(window: "MainWindow") -> None:
    """Look at the next alarm: the run, the seed that fell first, the update."""
    session = window.session
    alarm = session.alarms.after(session.cursor.step, session.selected)
    if alarm is None:
        window.say("No run has lost its modes so far")
        return
    session.attend(alarm)
    window.say(f"{alarm.item.name}: {alarm.words}")


def compare_with(window: "MainWindow", item: "RunItem", other: "RunItem") -> None:
    """A run and another in place of the plots."""
    window.session.select(item)
    window.deck.compare.choose(other)
    window.deck.front = "compare"


def toggle_compare(window: "MainWindow") -> None:
    """The selected run beside the one it was compared with last, in place of the plots; and back."""
    if len(window.session.items) < 2:
        window.say("Two runs are needed to compare: open another recording")
    else:
        window.deck.front = "plots" if window.deck.front == "compare" else "compare"


def toggle_selected(window: "MainWindow") -> None:
    """Show or hide the selected run."""
    if window.session.selected is not None:
        window.deck.runs.toggle(window.session.selected)


def find_recording(window: "MainWindow") -> None:
    """Type what to look for in the library."""
    window.pages.show_workbench()
    window.deck.recordings.look_for()
