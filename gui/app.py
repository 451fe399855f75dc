"""The application: one window, one session. Imported only by those who want a window."""

import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QApplication

from engine import experiments, launch
from engine.errors import UserError
from engine.places import experiments_folder
from engine.recording import gatekeeper
from engine.session_file import SUFFIX
from gui import log, sessions
from gui.collector import Collector
from gui.main_window import MainWindow
from gui.model.gallery import entries
from gui.model.session import Session
from gui.settings import Settings
from gui.text_size import base_font
from gui.theme import Look
from gui.watchdog import Logged, Watchdog

LATER = 3000  # milliseconds after the start: what is needed first has been loaded by then
NEXT = 800  # milliseconds: the window is painted
DRAWN = 2048  # kilobytes of small things that Qt has drawn and keeps; its own limit is 10,240
WANTED_NEXT = (  # loaded before they are needed, so that nobody waits for them
    "engine.recording.reader",
    "engine.history",
    "engine.tasks.making",
    "gui.views.gallery",
    "gui.views.experiment_form",
    "gui.settings_dialog",
)


def application() -> QApplication:
    """The one QApplication, made on first use."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    made = QApplication(sys.argv[:1])
    made.setApplicationName("Supertask")
    made.setDesktopFileName("supertask")
    made.setStyle("Fusion")
    made.setFont(base_font())
    QPixmapCache.setCacheLimit(DRAWN)
    return made


def load_next() -> None:
    """Load what a person may want next, in a thread: the window goes on meanwhile."""
    Thread(target=lambda: [import_module(name) for name in WANTED_NEXT], name="loads").start()


def main(experiment: str | None, recordings: list[Path], folder: Path) -> int:
    """Open the window and stay until it is closed.

    Args:
        experiment: name or path of an experiment; None for the last one used.
        recordings: recordings or sessions to open instead of an experiment.
        folder: where new recordings go, and what the library lists, unless the settings say otherwise.

    Raises:
        UserError: for an experiment or recording that cannot be opened.
    """
    app = application()
    launch.warm_up()  # torch is loaded beside what follows: who presses Run at once waits less
    log.begin()
    collector = Collector(app)
    settings = Settings()
    session = Session(settings.recordings or folder, launch)
    look = Look(settings.theme, settings.text_size, still=settings.still)
    window = MainWindow(session, look, settings)
    available = {e.name: e.title for e in entries(experiments_folder()) if not e.broken}
    window.toolbar.offer(available)
    if recordings:
        for path in recordings:
            if path.suffix == SUFFIX:
                sessions.open_(window, path)
            else:
                session.open(path)
            settings.opened(path)
    else:
        window.opening.choose_experiment(experiment or _last(settings, available))
    sys.excepthook = _reported(window)
    for number in (signal.SIGINT, signal.SIGTERM):  # heard at the next tick; not amid painting
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.end))
    if not any(path.suffix == SUFFIX for path in recordings):  # a session brings its own layout
        window.restore()
    if experiment is None and not recordings:
        window.pages.welcome()
    window.show()
    QTimer.singleShot(NEXT, load_next)
    QTimer.singleShot(LATER, gatekeeper.warm_up)
    watchdog = Watchdog(Logged(), app)
    status = app.exec()
    watchdog.close()
    collector.close()
    return int(status)


def _reported(window: MainWindow) -> Callable[..., None]:
    """An error of the app itself: told in the window, in full on standard error and in the log; the app
    goes on."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        log.log.error("an error of the app", exc_info=(kind, error, trace))
        window.say(f"Something went wrong in the app ({kind.__name__}: {error}); the runs are not affected")

    return report


def _last(settings: Settings, available: dict[str, str]) -> str:
    """The experiment used last, if it can still be read; else the default one."""
    name = settings.experiment
    if name in available:
        return name
    if name:
        try:
            experiments.load(name)
        except UserError:
            return experiments.DEFAULT
        return name
    return experiments.DEFAULT
