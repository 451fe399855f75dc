"""Every test of the app runs without a screen; recordings are real files of known numbers."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import synthetic
from declared import CATALOGUE
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.episode import Episode
from engine.experiments import Experiment
from engine.protocol import (
    Acknowledged,
    Control,
    EpisodeAnswer,
    EpisodeQuery,
    PolicyAnswer,
    PolicyQuery,
    Report,
    Request,
    SetKnob,
    Status,
)
from engine.recording.schema import Layout, Row
from engine.specification import RunSpecification
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look
from gui.views.experiment_form import ExperimentForm

RUNS = (
    ("REINFORCE", False, False, 3.0),
    ("RvS", True, False, 0.05),
    ("conditional oracle", True, True, 0.0),
)


class Shelf:
    """Recordings in files: of known numbers, written through the journal and the recorder.

    Attributes:
        live: by path, those that a run is still writing.
    """

    finished: ClassVar[dict[tuple[str, bool, bool, float], bytes]] = {}

    def __init__(self) -> None:
        self.live: dict[Path, synthetic.Unfinished] = {}

    def put(self, path: Path, name: str, conditioned: bool, oracle: bool, collapse: float) -> None:
        """A finished recording: written once, copied when it is wanted again."""
        what = name, conditioned, oracle, collapse
        if what not in self.finished:
            synthetic.write(path, *_numbers(*what))
            self.finished[what] = path.read_bytes()
        path.write_bytes(self.finished[what])

    def begin(self, path: Path, name: str, conditioned: bool, oracle: bool) -> None:
        """One that has its first row."""
        self.live[path] = synthetic.Unfinished(path, *_numbers(name, conditioned, oracle, 0.0))
        self.live[path].reveal(1)

    def close(self) -> None:
        """Let go of the files."""
        for written in self.live.values():
            written.journal.close()


def _numbers(name: str, conditioned: bool, oracle: bool, collapse: float) -> tuple[Layout, list[Row]]:
    made = synthetic.layout(name, conditioned, oracle, seeds=3)
    return made, synthetic.rows(made, 2 if oracle else 61, collapse)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    yield made
    made.close()


def episode_of(query: EpisodeQuery, step: int = 0) -> Episode:
    """From the middle of the grid three steps to the right, where nothing is, with a bump on the way."""
    return Episode(
        query.target, query.seed, query.number, step, (3, 3, 0, 3), (0.0,) * 4, ("a state",) * 5,
        (3, 4, 5, 5, 6),
    )  # fmt: skip


class Onlooker:
    """Stands for `engine.launch.Onlooker`."""

    def __init__(self, specification: RunSpecification) -> None:
        self.specification, self.lives, self.ending = specification, True, ""
        self.answers: list[Report] = []
        self.sent: list[EpisodeQuery] = []

    def send(self, request: EpisodeQuery) -> None:
        self.sent.append(request)
        step = self.specification.parent.step if self.specification.parent else 0
        self.answers.append(EpisodeAnswer(request.id, episode_of(request, step)))

    def reports(self) -> list[Report]:
        said, self.answers = self.answers, []
        return said

    def alive(self) -> bool:
        return self.lives

    def dismiss(self) -> None:
        self.lives = False


class Worker:
    """Stands for `engine.launch.RunHandle`: answers what a worker would, at once, and notes what it got."""

    def __init__(self, specification: RunSpecification, recording: Path) -> None:
        self.specification, self.recording = specification, recording
        self.sent: list[Request] = []
        self.answers: list[Report] = [Status("running", 0, 300, 50.0, "cpu, 1 thread", str(recording))]
        self.lives = True
        self.ending = ""  # as its exit code tells
        self.step = 0  # of what it acknowledges

    def send(self, request: Request) -> None:
        self.sent.append(request)
        if isinstance(request, SetKnob):
            self.answers.append(Acknowledged(request.id, self.step, 0.0, self.step + 2))
        elif isinstance(request, PolicyQuery):
            policy = synthetic.policy(request.target, 1.0)[None].repeat(3, axis=0).astype("float32")
            self.answers.append(PolicyAnswer(request.id, request.target, 0, policy))
        elif isinstance(request, EpisodeQuery):
            self.answers.append(EpisodeAnswer(request.id, episode_of(request)))
        elif isinstance(request, Control):
            state = {"pause": "paused", "resume": "running", "extend": "running", "stop": "finished"}
            if request.action == "checkpoint":
                self.answers.append(Acknowledged(request.id, self.step, 0.0, self.step + 2))
            if request.action in state:
                self.answers.append(
                    Status(state[request.action], 0, 300, 0.0, "cpu, 1 thread", str(self.recording))
                )

    def reports(self) -> list[Report]:
        said, self.answers = self.answers, []
        return said

    def alive(self) -> bool:
        return self.lives

    def knobs(self, name: str) -> list[object]:
        """The values it was sent for one knob."""
        return [
            request.value for request in self.sent if isinstance(request, SetKnob) and request.name == name
        ]


class Workers:
    """Stands for `engine.launch`."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.handles, self.count = shelf, [], 0
        self.onlookers: list[Onlooker] = []

    def launch(self, specification: RunSpecification, folder: Path, hold: bool) -> Worker:
        assert hold  # at the end of its budget the app's runs stay steerable
        path = folder / f"{specification.name}.h5"
        conditioned = specification.learner in ("rvs", "conditional_oracle")
        self.shelf.begin(path, specification.name, conditioned, "oracle" in specification.learner)
        self.handles.append(Worker(specification, path))
        return self.handles[-1]

    def onlook(self, specification: RunSpecification) -> Onlooker:
        self.onlookers.append(Onlooker(specification))
        return self.onlookers[-1]

    def next_id(self) -> int:
        self.count += 1
        return self.count

    def request_catalogue(self) -> "Workers":
        return self

    def poll(self) -> dict[str, object]:
        knobs = {
            "reinforce": [knob.as_data() for knob in synthetic.KNOBS],
            "rvs": [knob.as_data() for knob in (synthetic.TARGET, *synthetic.KNOBS)],
            "conditional_oracle": [synthetic.TARGET.as_data()],
        }
        return {"learners": {name: {"knobs": described} for name, described in knobs.items()}}


@pytest.fixture
def workers(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr("engine.launch.close_all", lambda handles: None)
    return Workers(shelf)


@pytest.fixture
def experiment() -> Experiment:
    runs = tuple(
        RunSpecification(name, "crossroads", name.lower().replace(" ", "_"), seeds=(0, 1, 2))
        for name, *_ in RUNS
    )
    return Experiment("test", "A test", "C4", "What is tested.", ("Try this.",), "This.", runs)


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path, workers: Workers) -> Iterator[Session]:
    made = Session(tmp_path, workers)
    yield made
    made.close()


@pytest.fixture
def recorded(session: Session, shelf: Shelf, tmp_path: Path) -> Session:
    """A session with three recordings open."""
    for name, conditioned, oracle, collapse in RUNS:
        shelf.put(tmp_path / f"{name}.h5", name, conditioned, oracle, collapse)
        session.open(tmp_path / f"{name}.h5")
    return session


def started(session: Session, experiment: Experiment) -> Session:
    """The session, with an experiment whose runs have begun."""
    session.choose(experiment)
    session.running.start()
    session.tick()
    return session


@pytest.fixture
def window(qapp: QApplication, session: Session, tmp_path: Path) -> Iterator[MainWindow]:
    """The window, on screen as far as there is one."""
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    made = MainWindow(session, Look("light"), settings)
    made.resize(1300, 850)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    made.timer.stop()
    made.deck.refresh()  # a picture that has begun is drawn to its end
    yield made
    made.dismiss()
    made.deleteLater()


@pytest.fixture
def settle(qapp: QApplication, window: MainWindow) -> Callable[[], None]:
    """Let the window look at the runs and paint, as its timer would."""

    def run() -> None:
        while window.dressing.busy:
            qapp.processEvents()
        for _ in range(3):
            window.frames.next = 0.0  # time passes
            for view in window.deck.views:
                view.drawn = -math.inf
            window._tick()
            while window.deck.behind:
                window._tick()
            window.timer.stop()
            qapp.processEvents()

    return run


@pytest.fixture
def live_session(session: Session, experiment: Experiment, settle: Callable[[], None]) -> Session:
    """In the window, an experiment whose runs have their first rows."""
    session.choose(experiment)
    session.running.start()
    settle()
    settle()
    return session


@pytest.fixture
def form(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settle: Callable[[], None],
) -> ExperimentForm:
    """The form of a new experiment."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(window.session, "catalogue", lambda: CATALOGUE)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: window.pages.form is not None and window.pages.currentWidget() is window.pages.form
    )
    settle()
    return window.pages.form
