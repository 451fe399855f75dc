"""Save a session, close everything, open it: all stands where it stood."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Shelf, Workers

from engine.errors import UserError
from engine.experiments import Experiment
from engine.exports.job import carry_out
from engine.exports.kinds import KINDS, WHOLE_PAGE
from gui import exports, sessions
from gui.main_window import MainWindow
from gui.model.session import Session

Settle = Callable[[], None]


def save(window: MainWindow, file: Path) -> None:
    carry_out(exports.order(window.deck, KINDS["supertask"], file, view=WHOLE_PAGE, visible_only=False))


def test_a_session_reopens_as_it_was_left(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    recorded.items[1].visible = False
    recorded.items[1].note = "the second\nline"
    recorded.items[0].name = "renamed"
    recorded.items[0].index = 5  # its colour
    recorded.notes = "what this is about"
    recorded.select(recorded.items[1])
    recorded.steering.look_at_target(0.5)
    recorded.cursor.put(17)
    recorded.seed = 2
    window.deck.show_curves(("drift", "asked"))
    columns = next(s for s in window.deck.splitters if s.objectName() == "columns")
    columns.setSizes([260, 700, 300])
    settle()
    sizes = columns.sizes()
    file = tmp_path / "mine.supertask"
    save(window, file)
    recorded.close()
    for path in tmp_path.glob("*.h5"):
        path.unlink()  # it travels without them
    columns.setSizes([200, 800, 260])
    window.deck.show_curves(("return", "effective_modes"))
    window.opening.open_file(file)
    settle()
    assert [(item.name, item.visible, item.note) for item in recorded.items] == [
        ("renamed", True, ""), ("RvS", False, "the second\nline"), ("conditional oracle", True, ""),
    ]  # fmt: skip
    assert recorded.items[0].index == 5
    assert recorded.notes == "what this is about"
    assert recorded.selected is recorded.items[1]
    assert (recorded.cursor.step, recorded.cursor.following) == (17, False)
    assert (recorded.target, recorded.seed) == (0.5, 2)
    assert window.deck.returns.metric_name == "drift"
    assert window.deck.modes.metric_name == "asked"
    assert columns.sizes() == sizes
    assert recorded.items[0].recording is not None
    assert recorded.items[0].recording.rows == 61


def test_a_bad_session_leaves_what_is_open(
    window: MainWindow, recorded: Session, tmp_path: Path, workers: Workers
) -> None:
    (tmp_path / "bad.supertask").write_text("no")
    with pytest.raises(UserError, match="not a session that can be read"):
        sessions.open_(window, tmp_path / "bad.supertask")
    assert len(recorded.items) == 3


def test_nothing_is_saved_of_nothing(window: MainWindow, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to export yet"):
        save(window, tmp_path / "x.supertask")


def test_live_runs_are_saved_at_the_newest_update_that_all_have_reached(
    window: MainWindow, session: Session, experiment: Experiment, shelf: Shelf, tmp_path: Path, settle: Settle
) -> None:
    session.choose(experiment)
    session.running.start()
    settle()
    one, two, oracle = (item.recording.path for item in session.items)
    for path, rows in ((one, 40), (two, 26), (oracle, 2)):
        shelf.live[path].reveal(rows)
    settle()
    order = exports.order(
        window.deck, KINDS["supertask"], tmp_path / "x.supertask", view=WHOLE_PAGE, visible_only=False
    )
    assert order.held == (25, 25, None)  # the oracle's one update is all it makes
    window.ask_export("supertask")
    dialog = window.export_dialog
    assert dialog.hold.isVisibleTo(dialog)
    dialog.hold.setCurrentIndex(1)
    assert dialog.order().held == (39, 25, None)  # each as far as it has come
    dialog.close()
    for path in (one, two):
        shelf.live[path].reveal(50)  # they go on while it is written
    carry_out(order)
    settle()
    assert [item.last_step for item in session.items] == [49, 49, 1]
    sessions.open_(window, tmp_path / "x.supertask")
    assert [item.last_step for item in session.items] == [25, 25, 1]
