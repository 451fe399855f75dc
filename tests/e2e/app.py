"""The app in this process, over the real engine and with the real timer running, and a person's hands."""

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine import launch
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look

PATIENCE = 150_000  # milliseconds for anything that a worker has to do; a run starts in about one second
EXPERIMENT = """
title = "A small one"
claim = "C4"
summary = "Three runs."
try = ["Press Space."]
expect = "Rows."
task = "crossroads"
seeds = 2
updates = {updates}

[[runs]]
name = "REINFORCE"
learner = "reinforce"

[[runs]]
name = "RvS"
learner = "rvs"
knobs = {{ target = 1 }}

[[runs]]
name = "conditional oracle"
learner = "conditional_oracle"
knobs = {{ target = 1 }}
updates = 1
"""


class App:
    """A window as the app opens it, and a person's hands."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.closed = False
        self.settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.session = Session(folder / "recordings", launch)
        self.window = MainWindow(self.session, Look("light"), self.settings)
        self.window.resize(1500, 940)
        self.window.show()
        self.window.activateWindow()
        assert QTest.qWaitForWindowActive(self.window)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window, key, modifier)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def settle(self) -> None:
        """A few ticks of the app's own timer."""
        self.qtbot.wait(250)

    def tick(self) -> None:
        """Two ticks of the app's own timer."""
        self.qtbot.wait(70)

    def rows(self) -> list[int]:
        return [0 if i.recording is None else i.recording.rows for i in self.session.items]

    def steps(self) -> list[int]:
        return [item.last_step for item in self.session.items]

    def drag_target(self, share: float) -> None:
        """Press the target's slider there, with the mouse."""
        track = self.window.deck.objective.sliders["target"].track
        place = QPoint(round((track.width() - 1) * share), track.height() // 2)
        QTest.mouseClick(track, Qt.MouseButton.LeftButton, pos=place)

    def picture(self) -> QImage:
        return self.window.deck.policy.pictures[0].grab().toImage()

    def seen(self) -> dict[str, object]:
        """What the views show, as numbers."""
        deck = self.window.deck
        panels = [picture.panel for picture in deck.policy.pictures if picture.isVisible()]
        return {
            "runs": [item.name for item in self.session.items],
            "target": self.session.target,
            "step": self.session.cursor.step,
            "drift": [(bar.name, bar.total) for bar in deck.drift.bars.bars],
            "points": (deck.returns.points_recorded, deck.modes.points_recorded),
            "policies": [(p.title, p.policy.tolist()) for p in panels if p.policy is not None],
        }

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.window.close()
            self.window.deleteLater()


def choose(app: App, folder: Path, updates: int) -> None:
    path = folder / "small.toml"
    path.write_text(EXPERIMENT.format(updates=updates), encoding="utf-8")
    app.window.opening.choose_experiment(str(path))
    assert app.session.running.state == "ready"


def processes_about(folder: Path) -> list[str]:
    """Command lines of the live processes that have this folder among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:  # it has just ended
                continue
            if str(folder) in words and int(entry.name) != os.getpid():
                found.append(words)
    return found


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
