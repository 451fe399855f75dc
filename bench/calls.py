"""What a person does, in the real app with real runs, and the longest call that each deed cost.

A call is all that the interface thread does from one turn of Qt's loop to the next, in processor time: what
a hand waits for at the most. The window's first appearance is told and not counted: before it there is
nothing that a hand could wait for, and the start has a budget of its own. Drawn by the offscreen platform
unless QT_QPA_PLATFORM says otherwise.

Before and after it is measured how long the machine takes to find memory again that a process has not
used for a while: a virtual one may take a hundred times as long, and then the figures are as much its as
the app's.

    python -m bench.calls            every deed
    python -m bench.calls --where    and where in the program the longest calls were
"""

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from gui.main_window import MainWindow

LIMIT = 0.05  # seconds: no call may take more
LOOK_EVERY = 0.01  # seconds between two looks of who notes where the thread is
PATIENCE = 120.0
PAGES, PAGE, REST = 16_384, 4096, 2.0  # 64 MB, and seconds in which they are not used


class Calls:
    """Times every turn of the loop. `seen` are those since the last deed, seconds of processor time."""

    def __init__(self, app: "QApplication") -> None:
        from PySide6.QtCore import QAbstractEventDispatcher

        self.app = app
        self.seen: list[tuple[float, str]] = []
        self._began = time.thread_time()
        self._turn = 0
        self._doing: tuple[int, str] = (0, "")
        self._watched = threading.get_ident()
        self._dispatcher = QAbstractEventDispatcher.instance()
        self._dispatcher.awake.connect(self._awake)
        self._ended = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def close(self) -> None:
        """Watch no longer."""
        self._dispatcher.awake.disconnect(self._awake)
        self._ended.set()

    def _awake(self) -> None:
        now = time.thread_time()
        turn, doing = self._doing
        self.seen.append((now - self._began, doing if turn == self._turn else ""))
        self._began = now
        self._turn += 1

    def _look(self) -> None:
        """Where the thread was when half the limit had passed."""
        turn, since = -1, 0.0
        while not self._ended.wait(LOOK_EVERY):
            if self._turn != turn:
                turn, since = self._turn, time.monotonic()
            elif time.monotonic() - since > LIMIT / 2 and self._doing[0] != turn:
                frame = sys._current_frames().get(self._watched)
                self._doing = turn, "".join(traceback.format_stack(frame)[-6:])

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Live until something is so."""
        from PySide6.QtCore import QEventLoop, QTimer

        deadline = time.monotonic() + seconds
        loop, look = QEventLoop(), QTimer(interval=5)
        look.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > deadline else None)
        look.start()
        loop.exec()  # not processEvents, which leaves what is to be deleted where it is
        look.stop()
        if time.monotonic() > deadline:
            raise TimeoutError("the app did not get there")

    def live(self, seconds: float) -> None:
        """Live for so long."""
        until = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > until)


class Person:
    """Does one thing after another, and says what each cost."""

    def __init__(self, calls: Calls, where: bool) -> None:
        self.calls, self.where = calls, where
        self.over = 0

    def does(self, what: str, deed: Callable[[], object], until: Callable[[], object] | None = None) -> None:
        """Do it from within the loop, live until it is done and half a second more, and print the cost."""
        from PySide6.QtCore import QTimer

        calls = self.calls
        calls.seen.clear()
        done: list[object] = []
        QTimer.singleShot(0, lambda: done.append(deed()))
        calls.until(lambda: done)
        if until is not None:
            calls.until(until)
        calls.live(0.5)
        longest = sorted(calls.seen, reverse=True)[:3]
        self.over += sum(seconds > LIMIT for seconds, _ in calls.seen)
        figures = "  ".join(f"{1000 * seconds:4.0f}" for seconds, _ in longest)
        print(f"{what:52} {figures}", flush=True)
        if self.where:
            for seconds, doing in longest:
                if seconds > LIMIT:
                    print(f"    {1000 * seconds:.0f} ms in\n{doing or '    nobody saw'}", flush=True)


def main(where: bool = False) -> None:
    """Print the three longest calls of every deed, milliseconds of processor time."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from engine import experiments, launch
    from gui.app import application, load_next
    from gui.collector import Collector
    from gui.main_window import MainWindow
    from gui.model.session import Session
    from gui.settings import Settings
    from gui.theme import Look

    print(_memory_found_again())
    app = application()
    calls, collector = Calls(app), Collector(app)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        settings.asks = False
        launch.warm_up()
        load_next()
        window = MainWindow(Session(Path(folder) / "recordings", launch), Look("light"), settings)
        window.opening.choose_experiment(experiments.DEFAULT)  # as the app begins
        person = Person(calls, where)
        print(f"{'milliseconds of processor time of':52} the three longest calls")
        _deeds(person, window)
        print(f"{person.over} calls over {1000 * LIMIT:.0f} ms")
        print(_memory_found_again())
    app.processEvents()
    calls.close()
    collector.close()


def _memory_found_again() -> str:
    """How long it takes to read a byte of every page of some memory: after a rest, and at once again."""
    memory = np.ones(PAGES * PAGE, dtype=np.uint8)[::PAGE]
    taken = []
    for rest in (0.0, REST, 0.0):
        time.sleep(rest)
        began = time.thread_time()
        memory.sum()
        taken.append(1000 * (time.thread_time() - began))
    size = f"{PAGES * PAGE / 2**20:.0f} MB"
    return f"{size} found again after {REST:.0f} s of rest in {taken[1]:.1f} ms, else in {taken[2]:.1f} ms"


def _deeds(person: Person, window: "MainWindow") -> None:
    from gui import choosing

    session, deck, look, opening = window.session, window.deck, window.look, window.opening
    act: Any = {name: action.trigger for name, action in window.actions_by_name.items()}

    def rows(least: int) -> Callable[[], bool]:
        return lambda: all(i.recording is not None and i.recording.rows >= least for i in session.items[:3])

    def after(seconds: float) -> Callable[[], bool]:
        until: list[float] = []

        def over() -> bool:
            until.append(time.monotonic() + seconds)
            return time.monotonic() > until[0]

        return over

    person.does("the window appears", window.show)
    person.over = 0
    person.does("the gallery opens for the first time", act["gallery"])
    person.calls.live(2)
    for what, name in (("another experiment is", "stitching"), ("the first one again is", "crossroads")):
        person.does(f"{what} put on the table", lambda name=name: opening.choose_experiment(name))
    person.does("Run, until the runs have rows", act["run"], rows(3))
    person.does("live for five seconds", lambda: None, after(5))
    for width, height in ((1100, 720), (1280, 620), (1500, 940)):
        person.does(f"a window of {width} × {height}", lambda w=width, h=height: window.resize(w, h))
    for theme in ("dark", "light"):
        person.does(f"theme: {theme}", act["theme"])
    for size in (150, 100):
        person.does(f"text of {size} %", lambda size=size: look.size_text(size))
    person.does("the next run is selected", act["next_run"])
    person.does("only the selected run is steered", lambda: deck.objective.scope.setChecked(True))
    person.does("the next run, while only it is steered", act["next_run"])
    person.does("all are steered again", lambda: deck.objective.scope.setChecked(False))
    person.does("the target is turned", lambda: session.steering.turn("target", 0.0))
    person.does("a target between", lambda: session.steering.turn("target", 0.4))
    person.does("back in time", lambda: session.cursor.put(session.cursor.end // 2))
    person.does("and live again", session.cursor.follow)
    for tab in range(deck.details.count()):
        person.does(
            f"details: {deck.details.tabText(tab)}", lambda tab=tab: deck.details.setCurrentIndex(tab)
        )
    person.does("a new episode", act["episode"])
    person.does("two runs are compared", act["compare"])
    person.does("theme: dark, while they are", act["theme"])
    person.does("back to the plots", act["compare"])
    person.does("theme: light", act["theme"])
    person.does("a fork with the knobs as set now", act["fork_now"],
                lambda: any(item.elder and item.last_step for item in session.items))  # fmt: skip
    person.does("what everything shows, in words", act["describe_all"])
    for name in ("help", "palette", "export_png"):
        person.does(f"opened: {name}", act[name])
    window.export_dialog.close()
    for other in _dialogs(window):
        other.close()
    person.does("the tour", act["tour"])
    person.does("settings", lambda: choosing.settings(window))
    for other in _dialogs(window):
        other.close()
    person.does("the form of the experiment", act["edit_experiment"], lambda: window.pages.form is not None)
    person.does("back to the workbench", window.pages.show_workbench)
    person.does("pause", act["run"])
    person.does("and on", act["run"])
    audit = deck.audit.audit
    audit.seeds, audit.updates = 2, 40
    person.does("stop", session.running.stop, lambda: not session.live)
    person.does("an audit, until the last verdict", window.start_audit, lambda: audit.state == "done")
    person.does("the plots again", window.toggle_audit)
    paths = [item.path for item in session.items if item.path is not None][:4]
    person.does(
        "two recordings alone", lambda: opening.open_alone(paths[:2]), lambda: len(session.items) == 2
    )
    person.does("another beside them", lambda: opening.open_file(paths[2]), lambda: len(session.items) == 3)
    person.does("back in time over recordings", lambda: session.cursor.put(7))
    person.does("an experiment with two goals", lambda: opening.choose_experiment("two-goals"),
                lambda: session.board.settings)  # fmt: skip
    person.does("Run, until its runs have rows", act["run"], rows(3))
    person.does("live for five seconds more", lambda: None, after(5))
    person.does("the window closes", window.end)


def _dialogs(window: "MainWindow") -> list[Any]:
    from PySide6.QtWidgets import QApplication

    return [w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not window]


if __name__ == "__main__":
    main("--where" in sys.argv[1:])
