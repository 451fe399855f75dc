"""What the documentation shows is true: its drawn task and its experiment are read, its task is built."""

import re
from pathlib import Path

import pytest

from commands.verbs import VERBS
from engine import catalogue, experiments
from engine.tasks import task_file

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDING = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_the_drawn_task_and_the_experiment_on_it(tmp_path: Path) -> None:
    room, experiment = blocks(README, "toml")
    assert task_file.parse(room, "room").reward.max() == 1.0
    (tmp_path / "room.toml").write_text(room, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(experiment, encoding="utf-8")
    loaded = experiments.adjusted(
        experiments.load(str(tmp_path / "mine.toml")), catalogue=catalogue.describe()
    )
    assert loaded.runs[0].task_text == room


def test_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(blocks(README, "python")[0], {})
    name, text = task_file.read("mine.npz")
    task = task_file.parse(text, name)
    assert (task.states, task.actions, task.horizon, task.reward.max()) == (3, 2, 5, 1.0)


def test_the_task_that_shows_how_to_add_one() -> None:
    names: dict[str, object] = {}
    exec(blocks(ADDING, "python")[0], names)
    assert names["corridor"]().reward.max() == 2.0


def test_every_verb_is_shown() -> None:
    for verb in VERBS:
        assert f"python main.py {verb}" in README


@pytest.mark.parametrize("text", [README, ADDING], ids=["README", "adding"])
def test_every_path_is_there(text: str) -> None:
    for path in re.findall(r"`((?:engine|gui|resources|tests|bench|tools|docs)/[\w/.-]*)`", text):
        assert (ROOT / path).exists(), path
