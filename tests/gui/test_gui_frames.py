"""When the window draws: the effect of a change alone and at once, everything else thirty times a second."""

from collections.abc import Callable
from functools import partial

import pytest
from conftest import Shelf

from engine.experiments import Experiment
from gui import frames
from gui.main_window import MainWindow
from gui.model.session import Session

Settle = Callable[[], None]


@pytest.fixture
def steered(window: MainWindow, session: Session, experiment: Experiment, settle: Settle) -> Session:
    """A live run that can be asked is selected; the target was turned, and nothing has come of it so far."""
    session.choose(experiment)
    session.start()
    settle()
    settle()
    session.select(session.items[1])
    settle()
    session.steering.turn("target", 0.5)
    session.tick()
    assert session.latency.busy
    return session


@pytest.fixture
def drawn(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the views that are redrawn, as it happens."""
    names: list[str] = []
    for view in window.deck.views:
        monkeypatch.setattr(view, "redraw", partial(_noted, names, view.accessibleName(), view.redraw))
    return names


def _noted(names: list[str], name: str, redraw: Callable[[], None]) -> None:
    names.append(name)
    redraw()


def test_an_effect_is_drawn_before_everything_else(
    window: MainWindow, steered: Session, shelf: Shelf, drawn: list[str]
) -> None:
    shelf.live[steered.items[1].recording.path].reveal(2)
    window._tick()
    assert drawn == [window.deck.policy.accessibleName()]
    steered.latency.painted()
    window._tick()
    assert len(drawn) > 3


def test_while_an_effect_is_awaited_the_rest_is_drawn_no_more_often(
    window: MainWindow, steered: Session, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "TICK", 3_600_000)
    window.frames.next = 0.0
    steered.revision += 1
    window._tick()
    once = len(drawn)
    assert once > 3
    steered.revision += 1
    window._tick()  # a look, and no picture
    assert len(drawn) == once
    assert window.frames.pause(0.0) == frames.PROMPT


def test_without_a_change_every_look_is_a_picture(
    window: MainWindow, recorded: Session, settle: Settle, drawn: list[str]
) -> None:
    settle()
    drawn.clear()
    for step in (3, 7):
        recorded.cursor.put(step)
        window._tick()
        assert len(drawn) > 3
        drawn.clear()
    assert window.frames.pause(0.0) == frames.TICK
    assert window.frames.pause(10.0) == frames.LEAST
