"""What is opened and closed again and again leaves nothing: no widgets, no runs, no files, no threads."""

import gc
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import RUNS
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication

from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.widgets.palette import Palette

AGAIN = 4  # times more than the first two, in which what is kept for good is made


def palette(window: MainWindow) -> None:
    window.show_palette()
    window.findChild(Palette).close()


def help_(window: MainWindow) -> None:
    window.show_help()
    for top in QApplication.topLevelWidgets():
        if top.windowTitle() == "What the words mean":
            top.close()


def export(window: MainWindow) -> None:
    window.ask_export("csv")
    window.export_dialog.reject()


def metrics(window: MainWindow) -> None:
    for view in (window.deck.returns, window.deck.modes):
        view.choice.list_of.popup(QPoint(0, 0))
        view.choice.list_of.close()


def tour(window: MainWindow) -> None:
    window.pages.start_tour()
    window.pages.tour.end()


def pages(window: MainWindow) -> None:
    window.pages.show_gallery()
    window.pages.show_workbench()


def theme(window: MainWindow) -> None:
    window.toggle_theme()


def choose(window: MainWindow) -> None:
    window.session.choose(window.experiment)


def recordings(window: MainWindow) -> None:
    window.session.replace_by(window.paths)


DEEDS = (palette, help_, export, metrics, tour, pages, theme, choose, recordings)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_again_and_again_leaves_nothing(
    deed: Callable[[MainWindow], None],
    qapp: QApplication,
    window: MainWindow,
    recorded: Session,
    experiment: Experiment,
    settle: Callable[[], None],
    tmp_path: Path,
) -> None:
    window.experiment = experiment
    window.paths = [tmp_path / f"{name}.h5" for name, *_ in RUNS]

    def held() -> Counter[str]:
        settle()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        found = Counter(child.metaObject().className() for child in window.findChildren(QObject))
        found.pop("QTextFrame", None)  # a label makes and drops one by the words it shows
        found.update(f"top {type(widget).__name__}" for widget in QApplication.topLevelWidgets())
        found["runs"] = sum(type(thing) is RunItem for thing in gc.get_objects())
        found["threads"] = threading.active_count()
        found["files"] = sum(1 for _ in Path("/proc/self/fd").iterdir()) if Path("/proc").is_dir() else 0
        return found

    for _ in range(2):
        deed(window)
        settle()
    before = held()
    for _ in range(AGAIN):
        deed(window)
        settle()
    assert held() - before == Counter()  # what other tests left may go meanwhile
