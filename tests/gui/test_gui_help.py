"""The help is made from what is declared: nothing that is seen is missing from it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.metrics.definitions import COLUMNS, HISTORY
from gui import helping
from gui.main_window import MainWindow
from gui.model import topics
from gui.model.session import Session
from gui.widgets.help import Help

Settle = Callable[[], None]


@pytest.fixture
def words(window: MainWindow, recorded: Session, settle: Settle) -> str:
    settle()
    return helping.text(window)


def test_every_view_is_explained(window: MainWindow, words: str) -> None:
    for view in window.deck.views:
        assert view.help.endswith(".")
        assert f"- **{view.topic}** – {view.help}" in words
        assert view.help in view.title.toolTip()


def test_every_metric_and_every_knob_says_what_it_is(
    window: MainWindow, recorded: Session, words: str
) -> None:
    for column in (*COLUMNS, *HISTORY):
        assert column.help in words
        assert f"### {column.group}" in words
    knobs = {knob.name: knob for item in recorded.items for knob in item.knobs.values()}
    assert set(knobs) == set(window.deck.objective.sliders)
    for knob in knobs.values():
        assert f"- **{knob.label}** – {knob.help} Allowed: " in words


def test_every_key_is_in_the_table(window: MainWindow, words: str) -> None:
    assert "| Ctrl+, | Settings |" in words
    assert "| D | Describe this view |" in words
    assert all(a.text().rstrip(" …") in words for a in window.actions_by_name.values() if a.shortcuts())
    assert "$" not in words


def test_without_knobs_it_says_what_to_do() -> None:
    assert topics.knobs([]).startswith("Choose an experiment")


@pytest.mark.parametrize(
    ("where", "topic"),
    [("drift", "Drift from the base"), ("slider", "Learning rate"), ("returns", "Curves"), ("nowhere", "")],
)
def test_f1_opens_it_where_the_keyboard_is(
    window: MainWindow, recorded: Session, settle: Settle, where: str, topic: str
) -> None:
    settle()
    focused = {
        "drift": window.deck.drift.picture,
        "slider": window.deck.objective.sliders["learning_rate"].track,
        "returns": window.deck.returns.picture,
        "nowhere": window.toolbar.run,
    }[where]
    focused.setFocus()
    QTest.keyClick(window, Qt.Key.Key_F1)
    text = window.findChild(Help).text
    assert text.textCursor().selectedText().strip().startswith(f"{topic} – " if topic else "")
    assert text.textCursor().hasSelection() == bool(topic)
    if topic:
        assert 0 <= text.cursorRect().top() <= text.viewport().height()


def test_asked_for_again_it_takes_the_place_of_what_is_open(window: MainWindow) -> None:
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_F1)
    assert sum(one.isVisible() for one in window.findChildren(Help)) == 1
