"""A worker that does not answer: told after a while, ended on demand. Sleep of the machine is no silence."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyleOptionViewItem

from engine.errors import UserError
from engine.experiments import Experiment
from engine.protocol import Busy, Control, Status
from engine.recording.schema import Checkpoint
from gui.main_window import MainWindow
from gui.model import silence
from gui.model.beginning import beginning
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.silence import BEGINNING, PATIENCE, Silence
from gui.views.run_delegate import _states, has_words


class Clock(SimpleNamespace):
    """Stands for `time`: both clocks are moved by hand."""

    def __init__(self) -> None:
        super().__init__(strftime=silence.time.strftime, localtime=silence.time.gmtime)
        self.now, self.wall = 100.0, 43_200.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.wall

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(silence, "time", made)
    return made


def wait(one: Silence, clock: Clock, seconds: float, *, begins: bool = False) -> bool:
    changed = False
    for _ in range(round(seconds * 4)):
        clock.pass_(0.25)
        changed |= one.look(False, begins)
    return changed


def test_it_is_known_after_a_while_and_over_with_the_first_word(clock: Clock) -> None:
    one = Silence()
    assert not wait(one, clock, PATIENCE - 0.5)
    assert wait(one, clock, 1)
    assert one.since == "12:00:00"
    assert one.words.startswith("no word from its worker since 12:00:00")
    wait(one, clock, 60)
    assert one.since == "12:00:00"
    assert one.look(True, False)
    assert (one.since, one.words) == ("", "")


def test_one_that_begins_may_take_longer(clock: Clock) -> None:
    one = Silence()
    assert not wait(one, clock, BEGINNING - 1, begins=True)
    assert wait(one, clock, 2, begins=True)


@pytest.mark.parametrize("clocks", ["both", "wall only"])
def test_a_sleep_of_the_machine_or_another_time_of_day_is_no_silence(clock: Clock, clocks: str) -> None:
    one = Silence()
    for _ in range(5):  # whole nights
        if clocks == "both":
            clock.pass_(30_000.0)
        else:
            clock.wall -= 30_000.0
        assert not one.look(False, False)


def test_the_row_says_it_and_an_action_ends_the_worker(
    window: MainWindow,
    session: Session,
    experiment: Experiment,
    settle: Callable[[], None],
    clock: Clock,
) -> None:
    session.choose(experiment)
    session.running.start()
    settle()
    with pytest.raises(UserError, match="every run answers: nothing was ended"):
        session.running.end_silent()
    for _ in range(12):
        clock.pass_(1.0)
        session.items[1].handle.answers.clear()
        for item in (session.items[0], session.items[2]):
            item.handle.answers.append(Status("running", 0, 300, 50.0, "cpu", str(item.handle.recording)))
        session.tick()
    assert [bool(item.trouble) for item in session.items] == [False, True, False]
    model = window.deck.runs.model
    said = model.data(model.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert "no word from its worker since" in said
    settle()
    ended: list[str] = []
    for item in session.items:
        item.handle.end = lambda item=item: ended.append(item.name)
    window.actions_by_name["end_silent"].trigger()
    assert ended == [session.items[1].name]
    one, handle = session.items[1], session.items[1].handle
    handle.lives, handle.ending = False, "killed by signal 9"
    session.tick()
    assert one.state == "failed"
    assert one.trouble == "ended by force; it has no checkpoint to fork from"
    other = session.items[0]  # nobody ended this one
    other.handle.lives, other.handle.ending = False, "killed by signal 9"
    session.tick()
    assert other.trouble == "killed by signal 9; it has no checkpoint to fork from"
    other.recording.checkpoints += [Checkpoint(step, f"{step}.safetensors", "0" * 64) for step in (0, 40)]
    assert other.trouble == "killed by signal 9; F forks from update 40"


def test_one_that_says_it_lives_is_not_called_silent_and_how_it_gets_on_stands_in_its_row(
    window: MainWindow, session: Session, experiment: Experiment, settle: Callable[[], None], clock: Clock
) -> None:
    session.choose(experiment)
    session.running.start()
    item, other, _ = session.items
    for worker in session.items:
        worker.handle.answers.clear()
        worker.handle.send = lambda _request: None
    model, delegate = window.deck.runs.model, window.deck.runs.delegate
    words = "gathering data: step 40 of 200, 16,384 episodes a seed"
    for second in range(200):
        clock.pass_(1.0)
        item.handle.answers.append(Busy(words, float(second)))
        session.tick()
    assert (item.state, item.trouble, item.progress) == ("starting", "", words)
    assert other.trouble  # has said nothing at all
    settle()
    assert words in model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert has_words(item)
    high = delegate.sizeHint(QStyleOptionViewItem(), model.index(0)).height()

    item.handle.answers.append(Status("running", 1, 300, 0.1, "cpu", str(item.handle.recording)))
    session.tick()
    assert item.progress == ""
    assert delegate.sizeHint(QStyleOptionViewItem(), model.index(0)).height() < high
    item.handle.answers.append(Busy("update 2", 3.0))
    session.tick()
    assert (item.progress, item.slow) == ("", False)
    item.handle.answers.append(Busy("update 2", 12.0))
    session.tick()
    assert (item.progress, item.slow, has_words(item)) == ("update 2, for 12 s", True, False)
    settle()
    assert "update 2, for 12 s" in model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)


def test_the_plots_say_what_a_run_is_at_before_its_first_row(experiment: Experiment) -> None:
    item = RunItem(experiment.runs[0], 0, oracle=False)
    item.handle, item.state = SimpleNamespace(), "starting"
    assert beginning([item]).endswith("Each loads its learner in a process of its own.")
    item.busy = Busy("gathering data: step 40 of 200", 12.0)
    assert beginning([item]) == "Starting 1 run …\nREINFORCE: gathering data: step 40 of 200"
    assert beginning([item] * 4) == "Starting 4 runs …\nHow far each is stands in the list of runs."
    item.busy = Busy("gathering data: step 40 of 200", 12.0, environment=12.0)
    assert beginning([item]).endswith("REINFORCE: no answer for 12 s from its environment. Stop ends it")
    item.busy = Busy("gathering data: step 40 of 200", 12.0)
    item.stopping = True
    assert beginning([item]) == "Stopping 1 run …\nREINFORCE: gathering data: step 40 of 200"


def test_one_that_is_slow_is_ended_by_name_only(
    session: Session, experiment: Experiment, clock: Clock
) -> None:
    session.choose(experiment)
    session.running.start()
    session.tick()
    slow = session.items[0]
    slow.handle.answers.append(Busy("update 2", 12.0))
    session.tick()
    ended: list[str] = []
    slow.handle.end = lambda: ended.append(slow.name)
    with pytest.raises(UserError, match="nothing was ended; one that takes long is ended from its menu"):
        session.running.end_silent()
    assert ended == []
    session.running.end_silent([slow])
    assert ended == [slow.name]


def test_a_stop_is_told_at_once_and_need_not_be_waited_for(
    window: MainWindow, session: Session, experiment: Experiment, settle: Callable[[], None]
) -> None:
    session.choose(experiment)
    session.running.start()
    for item in session.items:
        item.handle.answers = [Busy("gathering data: step 40 of 200", 3.0)]
        item.handle.send = item.handle.sent.append  # it hears nothing before it has them
    settle()
    window.actions_by_name["stop"].trigger()
    window.actions_by_name["stop"].trigger()  # twice is once
    model, item = window.deck.runs.model, session.items[0]
    said = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said.splitlines()[1:3] == ["stopping …", "gathering data: step 40 of 200"]
    assert _states(item, None, late=False) == ["stopping …", ""]
    assert sum(isinstance(request, Control) for request in item.handle.sent) == 1
    settle()
    assert not window.toolbar.stop.isEnabled()
    assert window.toolbar.run.text() == " Run again"
    item.handle.answers.append(Status("finished", 0, 300, 0.0, "cpu", str(item.handle.recording)))
    session.tick()
    assert _states(item, None, late=False) == ["ended", ""]


def test_an_environment_that_does_not_answer_is_told_and_stop_ends_its_run(
    session: Session, experiment: Experiment
) -> None:
    session.choose(experiment)
    session.running.start()
    session.tick()
    deaf, slow, late = session.items
    ended: list[str] = []
    for item in session.items:
        item.handle.send = lambda _request: None
        item.handle.end = lambda item=item: ended.append(item.name)
    deaf.handle.answers.append(Busy("update 2", 12.4, environment=12.4))
    slow.handle.answers.append(Busy("update 2", 12.4, environment=0.3))
    late.handle.answers.append(Busy("update 2", 4.0, environment=4.0))
    session.tick()
    assert deaf.trouble == "no answer for 12 s from its environment. Stop ends it"
    assert beginning([deaf]) == ""  # it has a row
    assert (slow.trouble, late.trouble, ended) == ("", "", [])
    session.running.stop()
    assert ended == [deaf.name]
    late.handle.answers.append(Busy("update 2", 10.5, environment=10.5))
    slow.handle.answers.append(Busy("update 2", 20.0, environment=0.3))
    session.tick()
    session.tick()
    assert ended == [deaf.name, late.name]
    deaf.handle.lives = False
    session.tick()
    assert deaf.trouble.startswith("ended by force")


def test_one_that_takes_long_to_begin_is_ended_by_stop_and_has_not_failed(
    window: MainWindow, session: Session, experiment: Experiment, settle: Callable[[], None]
) -> None:
    session.choose(experiment)
    session.running.start()
    ended: list[str] = []
    for item in session.items:
        item.handle.send = lambda _request: None
        item.handle.end = lambda item=item: ended.append(item.name)
        item.handle.answers = [Busy("gathering data: step 0 of 200", 3.0)]
    settle()
    session.running.stop()
    session.tick()
    assert ended == []  # it may hear it yet
    late = session.items[1]
    late.handle.answers.append(Busy("gathering data: step 0 of 200", 6.0))
    session.tick()
    session.tick()
    assert ended == [late.name]
    late.handle.lives, late.handle.ending = False, "killed by signal 9"
    session.tick()
    assert (late.state, late.trouble, session.running.state) == ("finished", "", "recorded")


def test_a_collapse_does_not_hide_that_a_run_stops(
    window: MainWindow, recorded: Session, settle: Callable[[], None]
) -> None:
    settle()
    item = next(item for item in recorded.items if recorded.alarms.of(item))
    delegate = window.deck.runs.delegate
    assert item in delegate.badges
    item.handle, item.state, item.stopping = SimpleNamespace(), "running", True
    window.deck.runs.list.viewport().grab()
    assert item not in delegate.badges
    item.handle = None
