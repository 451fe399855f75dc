"""What is opened and closed again and again leaves nothing: no widgets, no runs, no files, no threads."""

import gc
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import RUNS
from declared import CATALOGUE
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication

from engine import experiments
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


def another(window: MainWindow) -> None:
    window.session.choose(experiments.load("the-leash"))  # whose knobs are others, choices among them
    _let_go(window)
    window.session.choose(window.experiment)
    _let_go(window)


def form(window: MainWindow) -> None:
    window.session.catalogue = lambda: CATALOGUE
    for name in ("the-leash", "crossroads"):
        window.pages.edit(name)
        _let_go(window)
    window.pages.show_workbench()


def orders(window: MainWindow) -> None:
    menu = window.deck.recordings.arrange.menu()
    menu.popup(QPoint(0, 0))
    menu.close()


def context_menus(window: MainWindow) -> None:
    menu = window.deck.timeline.menu(0, [])
    menu.popup(QPoint(0, 0))
    menu.close()


def comparison(window: MainWindow) -> None:
    window.deck.front = "compare"
    _let_go(window)
    window.deck.front = "plots"


def _let_go(window: MainWindow) -> None:
    window._tick()
    QApplication.processEvents()


def recordings(window: MainWindow) -> None:
    window.session.replace_by(window.paths)


DEEDS = (
    palette, help_, export, metrics, tour, pages, theme, choose, another, form, orders, context_menus,
    comparison, recordings,
)  # fmt: skip


def children(window: MainWindow) -> Counter[str]:
    found = Counter(child.metaObject().className() for child in window.findChildren(QObject))
    found.pop("QTextFrame", None)  # a label makes and drops one by the words it shows
    found.update(f"top {type(widget).__name__}" for widget in QApplication.topLevelWidgets())
    found["runs"] = sum(type(thing) is RunItem for thing in gc.get_objects())
    found["threads"] = threading.active_count()
    found["files"] = sum(1 for _ in Path("/proc/self/fd").iterdir()) if Path("/proc").is_dir() else 0
    return found


def objects(_: MainWindow) -> Counter[str]:
    """Python's, also of what Qt has deleted: there may be one for each line of a menu. To list children, as
    above, makes some that stay."""
    # not isinstance: asked for its class, an object of torch warns
    return Counter(type(thing).__name__ for thing in gc.get_objects() if issubclass(type(thing), QObject))


@pytest.mark.parametrize("held", [children, objects], ids=lambda held: held.__name__)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_again_and_again_leaves_nothing(
    deed: Callable[[MainWindow], None],
    held: Callable[[MainWindow], Counter[str]],
    qapp: QApplication,
    window: MainWindow,
    recorded: Session,
    experiment: Experiment,
    settle: Callable[[], None],
    tmp_path: Path,
) -> None:
    window.experiment = experiment
    window.paths = [tmp_path / f"{name}.h5" for name, *_ in RUNS]

    def there(times: int) -> Counter[str]:
        for _ in range(times):
            deed(window)
            settle()
        settle()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        return held(window)

    before = there(2)
    assert there(AGAIN) - before == Counter()  # what other tests left may go meanwhile
