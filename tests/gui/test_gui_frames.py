"""When the window draws: the effect of a change alone and at once, everything else thirty times a second."""

import math
import time
from collections.abc import Callable
from functools import partial

import pytest
from conftest import Shelf, Workers

from gui import frames
from gui.main_window import MainWindow
from gui.model.session import Session

Settle = Callable[[], None]
LONG = 3_600_000  # milliseconds


@pytest.fixture
def steered(live_session: Session, settle: Settle) -> Session:
    """A live run that can be asked is selected; the target was turned, and nothing has come of it so far."""
    live_session.select(live_session.items[1])
    settle()
    live_session.steering.turn("target", 0.5)
    live_session.tick()
    assert live_session.latency.busy
    return live_session


def picture(window: MainWindow) -> None:
    """A look, and all that is drawn then, in as many turns as that takes."""
    window._tick()
    while window.deck.behind:
        window._tick()


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


def test_between_two_pictures_an_effect_is_looked_for_only_where_it_comes_from(
    window: MainWindow, steered: Session, shelf: Shelf, workers: Workers, drawn: list[str]
) -> None:
    other, item, _ = steered.items
    steered.latency.forget()
    steered.select(item)
    steered.set_scope("selected")
    steered.steering.turn("target", 0.0)
    steered.steering._send()
    assert steered.latency.awaited == [item]
    window.frames.next = time.perf_counter() + 1000  # pictures of everything are far away
    for run in (other, item):
        shelf.live[run.recording.path].reveal(3)
    rows, seen = other.recording.rows, steered.revision
    window._tick()
    assert (other.recording.rows, item.recording.rows) == (rows, 3)
    assert steered.revision > seen
    assert drawn == [window.deck.policy.accessibleName()]  # in the same look
    steered.latency.painted()
    assert not window.frames.peeks(time.perf_counter())
    window._tick()
    assert other.recording.rows == 3


def test_while_an_effect_is_awaited_the_rest_is_drawn_no_more_often(
    window: MainWindow, steered: Session, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "TICK", LONG)
    window.frames.next = 0.0
    steered.revision += 1
    picture(window)
    once = len(drawn)
    assert once > 3
    steered.revision += 1
    window._tick()  # a look, and no picture
    assert len(drawn) == once
    assert window.frames.pause(0.0, 0.0) == frames.PROMPT


@pytest.mark.parametrize(
    ("awaited", "soon", "waits"), [(LONG, LONG, True), (0, LONG, False), (LONG, 0, False)]
)
def test_a_picture_that_is_due_waits_for_an_effect_shortly_after_the_hand_and_not_for_long(
    window: MainWindow,
    steered: Session,
    drawn: list[str],
    monkeypatch: pytest.MonkeyPatch,
    awaited: int,
    soon: int,
    waits: bool,
) -> None:
    window.frames.next = time.perf_counter()
    steered.revision += 1
    monkeypatch.setattr(frames, "AWAITED", awaited)
    monkeypatch.setattr(frames, "SOON", soon)
    window._tick()
    assert (len(drawn) == 0) if waits else (len(drawn) > 3)


def test_a_turn_is_looked_for_at_once(window: MainWindow, steered: Session) -> None:
    window.timer.start(LONG)
    steered.steering.turn("target", 0.25)
    assert window.timer.remainingTime() <= frames.LEAST
    window.timer.stop()


def test_without_a_change_every_look_is_a_picture(
    window: MainWindow, recorded: Session, settle: Settle, drawn: list[str]
) -> None:
    settle()
    drawn.clear()
    for step in (3, 7):
        recorded.cursor.put(step)
        picture(window)
        assert len(drawn) > 3
        drawn.clear()
    began = window.frames.next - frames.TICK / 1000  # whatever a picture took, the next one is as far away
    assert window.frames.pause(began, began) == frames.TICK
    assert window.frames.pause(began, began + 0.02) == frames.TICK - 20
    assert window.frames.pause(began, began + 10.0) == frames.LEAST


def test_a_turn_draws_as_many_views_as_it_has_time_for_and_all_show_the_same_moment(
    window: MainWindow, live_session: Session, shelf: Shelf, drawn: list[str]
) -> None:
    drawn.clear()
    live_session.select(live_session.items[2])  # most views show another run now
    window._tick()
    assert len(drawn) == frames.AT_ONCE
    assert window.deck.behind
    assert window.frames.pause(0.0, 0.0) == frames.LEAST  # the rest comes at once
    step = live_session.cursor.step
    shelf.live[live_session.items[0].recording.path].reveal(5)
    turns = 1
    while window.deck.behind:
        assert live_session.cursor.step == step
        window._tick()
        turns += 1
    assert frames.AT_ONCE < len(drawn) <= turns * frames.AT_ONCE
    assert turns <= math.ceil(len(window.deck.views) / frames.AT_ONCE)
    assert len(set(drawn)) == len(drawn)  # each once
    assert not window.deck.refresh()  # and all that changed
    window._tick()
    assert live_session.cursor.step > step


def test_rows_alone_are_not_read_faster_than_they_can_be(
    window: MainWindow, live_session: Session, shelf: Shelf, drawn: list[str]
) -> None:
    view, path = window.deck.runs, live_session.items[0].recording.path
    now = time.perf_counter() + 1000  # so that no time passes, however slow the machine is
    view.drawn = now
    drawn.clear()
    shelf.live[path].reveal(5)
    picture(window)
    window.frames.next = 0.0
    assert window.deck.returns.accessibleName() in drawn
    assert view.accessibleName() not in drawn
    live_session.select(live_session.items[2])  # a hand is not kept waiting
    picture(window)
    assert view.accessibleName() in drawn
    drawn.clear()
    shelf.live[path].reveal(6)
    view.drawn = -math.inf
    picture(window)
    assert view.accessibleName() in drawn


def test_a_picture_ends_and_the_runs_are_heard_whatever_a_hand_does_meanwhile(
    window: MainWindow, steered: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(steered, "tick", lambda tick=steered.tick: (heard.append(1), tick()))
    monkeypatch.setattr(frames, "TICK", 0)
    monkeypatch.setattr(frames, "AWAITED", 0)
    window.frames.next = 0.0
    counted: list[int] = []
    monkeypatch.setattr(window.status, "frame", lambda: counted.append(1))
    most = math.ceil(len(window.deck.views) / frames.AT_ONCE)
    for look in range(10 * most):
        steered.steering.turn("target", float(look % 2))
        steered.revision += 1  # every view has changed again at every look
        window._tick()
    assert len(heard) >= 10
    assert len(heard) - len(counted) in (0, 1)  # a whole picture follows every look at the runs


@pytest.mark.parametrize("count", [frames.AT_ONCE, 2 * frames.AT_ONCE])
def test_a_picture_of_just_so_many_views_is_counted(
    window: MainWindow, recorded: Session, settle: Settle, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    settle()
    counted: list[int] = []
    monkeypatch.setattr(window.status, "frame", lambda: counted.append(1))
    visible = [view for view in window.deck.views if view.isVisible()]
    assert len(visible) >= count
    for view in visible[:count]:
        view._shown = None
    picture(window)
    assert counted == [1]
