"""The episode that is played: who is asked for it and when, where it stands, and that it can be stopped."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import synthetic
from conftest import Workers
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from engine.episode import Episode
from engine.experiments import Experiment
from engine.protocol import EpisodeQuery, Failed, Refused
from engine.recording.schema import Checkpoint
from gui.main_window import MainWindow
from gui.model.goals import Pair
from gui.model.playback import REST, Playback
from gui.model.session import Session
from gui.theme import LIGHT
from gui.views.episode import telling
from gui.widgets.cart_picture import cart_at
from gui.widgets.episode_canvas import few_words, words
from gui.widgets.episode_picture import BUMP, draw_episode, whereabouts
from gui.widgets.policy_picture import Grid


@pytest.fixture
def live(
    window: MainWindow, session: Session, experiment: Experiment, settle: Callable[[], None]
) -> MainWindow:
    """Runs that go on; RvS is selected and asked for 1."""
    session.choose(experiment)
    session.running.start()
    settle()
    session.select(session.items[1])
    session.steering.look_at_target(1.0)
    settle()
    settle()
    return window


def queries(workers: Workers, index: int) -> list[EpisodeQuery]:
    return [request for request in workers.handles[index].sent if isinstance(request, EpisodeQuery)]


def test_a_live_run_is_asked_at_once_and_again_when_something_else_is_wanted(
    live: MainWindow, workers: Workers, settle: Callable[[], None]
) -> None:
    view = live.deck.episode
    asked = queries(workers, 1)[-1]
    assert (asked.target, asked.seed) == (1.0, 0)
    assert view.picture.episode is not None
    assert view.timer.isActive()
    assert view.note.text() == "asked for 1 · update 0 · seed 0 · RvS"
    before = len(queries(workers, 1))
    settle()
    assert len(queries(workers, 1)) == before  # what is shown is what is wanted
    QTest.mouseClick(view.offers.itemAt(2).widget(), Qt.MouseButton.LeftButton)
    settle()
    assert live.session.target == 0.0
    assert queries(workers, 1)[-1].target == view.picture.episode.target == 0.0
    live.session.seed = 2
    settle()
    assert queries(workers, 1)[-1].seed == 2
    QTest.keyClick(live, Qt.Key.Key_E)
    settle()
    assert queries(workers, 1)[-1].number == view.picture.episode.number == 1
    assert not workers.onlookers


@pytest.mark.parametrize(("size", "all_fit"), [((900, 600), False), ((1500, 940), True)])
def test_chips_do_not_cover_each_other(
    live: MainWindow, settle: Callable[[], None], size: tuple[int, int], all_fit: bool
) -> None:
    view = live.deck.episode
    live.resize(*size)
    settle()
    offers = [view.offers.itemAt(place).widget() for place in range(view.offers.count())]
    assert [chip.isVisible() for chip in offers] == sorted((c.isVisible() for c in offers), reverse=True)
    assert all(chip.isVisible() for chip in offers) == all_fit
    seen = [chip.geometry() for chip in (*offers, view.new, view.repeat) if chip.isVisible()]
    assert all(upper.bottom() < lower.top() for upper, lower in pairwise(seen))


def test_what_is_not_seen_asks_nothing_and_does_not_move(
    live: MainWindow, workers: Workers, settle: Callable[[], None]
) -> None:
    live.deck.details.setCurrentWidget(live.deck.fan)
    before = len(queries(workers, 1))
    live.session.steering.look_at_target(0.0)
    settle()
    assert len(queries(workers, 1)) == before
    assert not live.deck.episode.timer.isActive()


def test_another_is_drawn_when_one_is_over_and_none_when_that_is_not_wished(
    live: MainWindow, workers: Workers, settle: Callable[[], None]
) -> None:
    view = live.deck.episode
    view.playback.finish()
    view.playback._rested = REST
    before = len(queries(workers, 1))
    view._frame()
    settle()
    assert len(queries(workers, 1)) == before + 1
    assert view.playback.position < view.playback.length
    view.repeat.click()
    view.playback.finish()
    view.playback._rested = REST
    view._frame()
    settle()
    assert len(queries(workers, 1)) == before + 1
    assert not view.timer.isActive()
    view.play.click()  # once more, from the beginning
    assert (view.playback.position, view.timer.isActive()) == (0.0, True)
    view.play.click()
    assert not view.timer.isActive()


def test_where_nothing_may_move_an_episode_is_shown_whole(
    live: MainWindow, settle: Callable[[], None]
) -> None:
    live.look.hold_still(True)
    live.deck.episode.fresh()
    settle()
    settle()
    view = live.deck.episode
    assert view.playback.over
    assert not view.timer.isActive()
    assert not view.play.isVisible()


def test_it_wears_the_colour_of_its_run_in_the_theme_that_is_worn(
    live: MainWindow, settle: Callable[[], None]
) -> None:
    view = live.deck.episode
    view.fresh()
    settle()
    view.playback.finish()
    item = live.session.selected

    def worn() -> bool:
        colour = QColor(live.look.theme.style(item.index, item.oracle).colour).rgb()
        image = view.picture.grab().toImage()
        return any(image.pixel(x, y) == colour for x in range(image.width()) for y in range(image.height()))

    assert worn()
    live.look.choose("dark")
    settle()
    assert worn()


def test_a_refusal_is_shown(live: MainWindow, workers: Workers, settle: Callable[[], None]) -> None:
    view, worker = live.deck.episode, workers.handles[1]
    view.fresh()
    worker.answers = [Refused(worker.sent[-1].id, "no episode of X: it broke")]
    settle()
    assert view.picture.message == "no episode of X: it broke"
    view.fresh()
    settle()
    assert view.picture.episode is not None


@pytest.fixture
def kept(window: MainWindow, tmp_path: Path, settle: Callable[[], None]) -> MainWindow:
    """A recording with checkpoints of updates 0 and 40."""
    made = synthetic.layout("RvS", seeds=2)
    checkpoints = tuple(Checkpoint(step, f"rvs.step-{step:08d}.safetensors", "0" * 64) for step in (0, 40))
    synthetic.write(tmp_path / "rvs.h5", made, synthetic.rows(made, 61), checkpoints=checkpoints)
    for checkpoint in checkpoints:
        (tmp_path / checkpoint.file).touch()
    window.session.open(tmp_path / "rvs.h5")
    settle()
    return window


def test_a_recording_runs_nothing_until_a_person_asks(
    kept: MainWindow, workers: Workers, settle: Callable[[], None]
) -> None:
    view = kept.deck.episode
    assert not workers.onlookers
    assert view.picture.message == "E shows what it does at its checkpoint of update 40."
    view.new.click()
    settle()
    (onlooker,) = workers.onlookers
    parent = onlooker.specification.parent
    assert parent is not None
    assert (parent.step, Path(parent.checkpoint).name) == (40, "rvs.step-00000040.safetensors")
    assert view.picture.episode is not None
    assert view.picture.episode.step == 40
    kept.session.steering.look_at_target(0.5)  # the process is there: it follows
    settle()
    assert view.picture.episode.target == 0.5
    kept.session.cursor.put(10)  # another checkpoint: another process, when it is wanted
    settle()
    assert view.picture.message == "E shows what it does at its checkpoint of update 0."
    view.new.click()
    settle()
    assert not onlooker.lives
    assert view.picture.episode.step == 0
    kept.session.close()
    assert not workers.onlookers[-1].lives


def test_a_process_that_dies_is_told_of(
    kept: MainWindow, workers: Workers, settle: Callable[[], None]
) -> None:
    view = kept.deck.episode
    view.new.click()
    (onlooker,) = workers.onlookers
    onlooker.answers.clear()
    onlooker.lives, onlooker.ending = False, "killed by signal 9"
    settle()
    assert view.picture.message == "the process that shows episodes has ended: killed by signal 9"


def test_it_is_said_why_there_is_none(
    kept: MainWindow, workers: Workers, tmp_path: Path, settle: Callable[[], None]
) -> None:
    view = kept.deck.episode
    file = tmp_path / "rvs.step-00000040.safetensors"
    file.unlink()
    view.new.click()
    settle()
    assert f"the checkpoint {file.name} of RvS is not beside its recording" in view.picture.message
    file.touch()
    view.new.click()
    workers.onlookers[-1].answers = [Failed(40, "checkpoint: not a checkpoint", "")]
    settle()
    assert view.picture.message == "checkpoint: not a checkpoint"


def test_a_recording_without_checkpoints_says_so(
    recorded: Session, window: MainWindow, settle: Callable[[], None]
) -> None:
    settle()
    assert "has no checkpoint at or before update 60" in window.deck.episode.picture.message
    assert not window.deck.episode.new.isEnabled()


def test_time_moves_the_place_at_the_speed_and_not_while_it_is_stopped() -> None:
    playback = Playback()
    playback.begin(8)  # 4 steps a second
    playback.advance(10.0)
    playback.advance(10.5)
    assert playback.position == 2.0
    playback.pause()
    playback.advance(20.0)
    assert playback.position == 2.0
    playback.factor = 2.0
    playback.advance(20.5)
    assert playback.position == 6.0
    playback.advance(30.0)
    assert (playback.position, playback.over, playback.rested) == (8.0, True, False)
    playback.advance(30.001 + REST)
    assert playback.rested
    playback.begin(800)
    assert playback.speed == 2 * 100.0  # a long one is over in LONGEST seconds at the ordinary speed


def test_a_move_that_leads_nowhere_comes_back() -> None:
    grid = Grid.of(dict(synthetic.layout().constants))
    assert grid is not None
    episode = Episode(0.0, 0, 0, 0, (3, 0), (0.0, 0.0), cells=(3, 4, 4))  # right, then up against the edge
    assert whereabouts(episode, 0.0, grid) == (3.0, 0.0)
    assert whereabouts(episode, 0.25, grid) == (3.25, 0.0)
    assert whereabouts(episode, 1.5, grid) == (4.0, pytest.approx(-BUMP))
    assert whereabouts(episode, 2.0, grid) == (4.0, 0.0)


def test_a_cart_stands_where_it_is_and_its_pole_leans_as_it_does() -> None:
    box = QRectF(0, 0, 530, 1000)  # 100 pixels a unit of length
    foot, tip, scale = cart_at(box, 1.0, 0.0)
    assert scale == pytest.approx(100)
    assert (foot.x(), tip.x(), foot.y() - tip.y()) == pytest.approx((365, 365, 100))
    foot, tip, _ = cart_at(box, -2.4, np.pi / 2)  # fallen to the right
    assert (foot.x(), tip.x(), tip.y() - foot.y()) == pytest.approx((25, 125, 0))


def test_how_far_it_is_is_said_in_words() -> None:
    pair = Pair(("apples", "pears"), 1e-3)
    episode = Episode(3.0, 0, 0, 0, (0, 1), (1.0, 2.002), ending="at the corner")
    assert words(episode, 1, None) == "step 1 of 2 · return 1 so far"
    assert few_words(episode, 1, None) == "1/2 · return 1"
    assert few_words(episode, 2, pair) == "2/2 · 1, 2"
    assert words(episode, 2, None) == "return 3.002 · 2 steps · at the corner"
    assert words(episode, 2, pair) == "1 apples, 2 pears · 2 steps · at the corner"
    choices = Episode(1.0, 0, 0, 0, (0, 1), (1.0, 0.0), apart=True)
    assert words(choices, 2, None) == "2 of 2 choices · mean return 0.50"


def test_the_targets_offered_tell_most() -> None:
    assert telling((), None) == []
    assert telling((0.0, 1.0), None) == [1.0, 0.0]
    assert telling((0.0, 1.0, 2.0, 3.0, 4.0), None) == [4.0, 2.0, 0.0]
    assert telling((0.0, 1.001, 3.0, 3.003, 4.002), Pair(("a", "b"), 1e-3)) == [3.0, 3.003, 4.002]


GRID = Grid.of(dict(synthetic.layout().constants))
FRAMES = np.stack([np.full((4, 6, 3), shade, dtype=np.uint8) for shade in (0, 120, 250)])


@pytest.mark.parametrize(
    ("episode", "drawn_as"),
    [
        (Episode(1, 0, 0, 0, (3, 3), (0.0, 1.0), cells=(3, 4, 5)), ""),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), ("a", "b", "c")), "strings"),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), ("a", "b", "c"), apart=True), ""),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), ("a", "b", "c")), ""),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), frames=FRAMES, moments=(0, 1, 2)), ""),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), observations=np.eye(3, dtype=np.float32)), ""),
        (Episode(1, 0, 0, 0, (0, 1), (1.0, 0.0), observations=np.eye(4, dtype=np.float32)[:3]), "cart"),
    ],
    ids=["grid", "letters", "choices", "table", "frames", "observations", "cart"],
)
def test_the_picture_of_every_kind_of_task_moves(qapp: object, episode: Episode, drawn_as: str) -> None:
    pictures = []
    for position in (0.0, 1.0, 2.0):
        image = QImage(160, 120, QImage.Format.Format_RGB32)
        image.fill(QColor(LIGHT.card))
        painter = QPainter(image)
        grid = GRID if episode.cells else None
        draw_episode(
            painter, QRectF(image.rect()), episode, position, grid, ("left", "right", "up", "down"), drawn_as,
            LIGHT.accent, LIGHT,
        )  # fmt: skip
        painter.end()
        pictures.append(image)
    assert pictures[0] != pictures[1] != pictures[2]
