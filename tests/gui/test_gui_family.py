"""Forks in the app: what a fork is, the family in the list, and the ways to ask for one."""

from pathlib import Path

import pytest
from conftest import Workers
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.errors import UserError
from engine.recording.schema import Checkpoint, Event
from engine.specification import Parent
from gui.main_window import MainWindow
from gui.model.family import arrange, origin
from gui.model.run_item import RunItem
from gui.model.session import Session


def knob(step: int, value: float) -> Event:
    data = {"name": "learning_rate", "label": "Learning rate", "before": 0.1, "after": value}
    return Event(step, 0.0, "knob", data)


@pytest.fixture
def elder(recorded: Session, tmp_path: Path) -> RunItem:
    """The first recording, with three checkpoints and two turns of a knob."""
    item = recorded.items[0]
    assert item.recording is not None
    item.recording.checkpoints = [Checkpoint(step, f"c{step}.safetensors", "") for step in (0, 20, 40)]
    item.recording.events = [knob(10, 0.02), knob(30, 0.5)]
    item.values["learning_rate"] = 0.5
    for checkpoint in item.recording.checkpoints:
        (tmp_path / checkpoint.file).touch()
    return item


def test_a_fork_begins_at_the_checkpoint_before_with_the_knobs_that_stood(
    recorded: Session, elder: RunItem, workers: Workers, tmp_path: Path
) -> None:
    fork = recorded.forking.fork(elder, 39)
    specification = workers.handles[-1].specification
    assert specification.name == "REINFORCE from 20"
    assert specification.knobs == {"learning_rate": 0.02}
    assert specification.parent == Parent(
        str(tmp_path / "REINFORCE.h5"), 20, str(tmp_path / "c20.safetensors")
    )
    assert (specification.task, specification.seeds) == ("crossroads", elder.specification.seeds)
    assert origin(fork) == "from REINFORCE at 20"
    assert recorded.selected is fork
    assert fork.values["learning_rate"] == 0.02
    assert len({(item.index, item.oracle) for item in recorded.items}) == 4  # a colour of its own


def test_a_fork_may_take_the_knobs_as_set_now(recorded: Session, elder: RunItem, workers: Workers) -> None:
    recorded.forking.fork_at(elder, 40, as_now=True)
    assert workers.handles[-1].specification.knobs["learning_rate"] == 0.5
    assert recorded.forking.fork(elder, 40).name == "REINFORCE from 40 (2)"


def test_what_cannot_be_forked_says_why(recorded: Session, elder: RunItem, tmp_path: Path) -> None:
    (tmp_path / "c20.safetensors").unlink()
    with pytest.raises(UserError, match="is not beside its recording"):
        recorded.forking.fork(elder, 25)
    with pytest.raises(UserError, match="has no checkpoint at or before update 5"):
        recorded.forking.fork(recorded.items[1], 5)
    assert len(recorded.items) == 3


def test_the_family_is_a_tree_in_the_list(recorded: Session, elder: RunItem) -> None:
    child = recorded.forking.fork(elder, 20)
    other = recorded.forking.fork(elder, 40)
    assert [(item.name, item.depth) for item in recorded.items] == [
        ("REINFORCE", 0), ("REINFORCE from 20", 1), ("REINFORCE from 40", 1), ("RvS", 0),
        ("conditional oracle", 0),
    ]  # fmt: skip
    shuffled = arrange([other, *reversed(recorded.items[3:]), child, elder])
    assert [item.name for item in shuffled] == [
        "conditional oracle", "RvS", "REINFORCE", "REINFORCE from 40", "REINFORCE from 20",
    ]  # fmt: skip
    assert [item.depth for item in arrange([child])] == [0]  # its parent is not open
    assert origin(child) == "from REINFORCE at 20"


def test_a_circle_made_by_hand_does_not_hang(recorded: Session, tmp_path: Path) -> None:
    from dataclasses import replace

    one, two = recorded.items[:2]
    for item, other in ((one, two), (two, one)):
        parent = Parent(str(tmp_path / f"{other.name}.h5"), 3, "")
        item.specification = replace(item.specification, parent=parent)
    assert {item.name for item in arrange(recorded.items)} == {item.name for item in recorded.items}


def test_a_key_forks_at_the_cursor_and_the_menus_offer_it(
    window: MainWindow, recorded: Session, elder: RunItem, settle: object
) -> None:
    settle()  # type: ignore[operator]
    recorded.select(elder)
    recorded.cursor.put(25)
    QTest.keyClick(window, Qt.Key.Key_F)
    settle()  # type: ignore[operator]
    assert [item.name for item in recorded.items][1] == "REINFORCE from 20"
    said = window.deck.runs.model.data(window.deck.runs.model.index(1), Qt.ItemDataRole.ToolTipRole)
    assert "from REINFORCE at 20" in said
    menu = window.deck.timeline.menu(45, ["REINFORCE"])
    texts = [action.text() for action in menu.actions()]
    assert texts == [
        "Fork REINFORCE from update 40, knobs as they stood",
        "Fork REINFORCE from update 40, knobs as set now",
    ]
    menu.actions()[1].trigger()
    assert [item.name for item in recorded.items][2] == "REINFORCE from 40"
    assert window.toolbar.run.isEnabled() or window.toolbar.refresh() is None
