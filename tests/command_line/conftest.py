"""Good and bad files to name in commands."""

from pathlib import Path

import pytest
from asking import GRID, SHORT

DIES = """\
import os
from tests.tasks.worlds import Walk
class Dies(Walk):
    def step(self, action):
        os._exit(3)
class Unpaid(Walk):
    def step(self, action):
        observation, _, *more = super().step(action)
        return observation, None, *more
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, made the working directory, with good and bad files in it."""
    (tmp_path / "room.toml").write_text(GRID, encoding="utf-8")
    (tmp_path / "short.toml").write_text(SHORT, encoding="utf-8")
    (tmp_path / "malformed.toml").write_text("title = x", encoding="utf-8")
    (tmp_path / "maze.toml").write_text(GRID.replace('"grid"', '"maze"'), encoding="utf-8")
    (tmp_path / "nowhere.toml").write_text(SHORT.replace("crossroads", "NoSuch-v0"), encoding="utf-8")
    (tmp_path / "magic.toml").write_text(SHORT.replace("reinforce", "reinforc"), encoding="utf-8")
    limited = SHORT.replace("crossroads", "CartPole-v1 | TimeLimit(max_steps=3)")
    (tmp_path / "unlimited.toml").write_text(limited, encoding="utf-8")
    (tmp_path / "inexact.toml").write_text(SHORT.replace("crossroads", "CartPole-v1"), encoding="utf-8")
    (tmp_path / "dies.py").write_text(DIES, encoding="utf-8")
    for name in ("Dies", "Unpaid"):
        (tmp_path / f"{name}.toml").write_text(
            f'task = "dies.py:{name}"\n[[runs]]\nlearner = "ppo"\n', encoding="utf-8"
        )
    (tmp_path / "text.txt").write_text("not a recording", encoding="utf-8")
    (tmp_path / "text.h5").write_text("not a recording", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.telling.SAY_EVERY", 1e6)  # on a slow machine too, a refusal is one line
    return tmp_path
