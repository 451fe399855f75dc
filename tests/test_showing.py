"""Episodes to look at: what they hold, and that looking leaves a run as it was."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
import torch
from safetensors.torch import save

from engine import launch
from engine.errors import UserError
from engine.evaluation.showing import CHOICES, MOST_FRAMES, shown, smaller
from engine.learners.base import Learner
from engine.protocol import EpisodeAnswer, EpisodeQuery
from engine.replay import make_learner
from engine.run import Run
from engine.specification import Parent, RunSpecification
from engine.tasks.registry import load

WORLDS = str(Path(__file__).parent / "tasks" / "worlds.py")


def made(task: str, learner: str, seeds: tuple[int, ...] = (0, 1), **knobs: Any) -> Learner:
    return make_learner(RunSpecification("r", task, learner, knobs, seeds=seeds), torch.device("cpu"))


class Steady(gymnasium.Env[Any, Any]):
    """Ends after `LONG` steps, pays 1 each, and is a picture of its time."""

    LONG = 250
    broken_at = -1  # the time of which it cannot make a picture
    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"]}
    observation_space = gymnasium.spaces.Box(0, LONG, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode, self.time = render_mode, 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:  # noqa: ARG002
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(1, dtype=np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # noqa: ARG002
        self.time += 1
        return np.full(1, self.time, dtype=np.float32), 1.0, self.time == self.LONG, False, {}

    def render(self) -> Any:
        if self.render_mode == "rgb_array" and self.time == Steady.broken_at:
            raise ZeroDivisionError("a fault of its own")
        return np.full((4, 6, 3), self.time, dtype=np.uint8)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("engine.evaluation.showing.SECONDS", 600.0)  # however slow the machine is
    gymnasium.register("Steady-v0", Steady, max_episode_steps=Steady.LONG + 50)
    yield "Steady-v0"
    del gymnasium.registry["Steady-v0"]


def test_on_a_grid_cells_actions_and_rewards_fit_the_task() -> None:
    learner, task = made("crossroads", "conditional_oracle"), load("crossroads")
    picture = task.picture
    assert picture is not None
    for number in range(5):
        episode = shown(learner, (0, 1), 1, 1.0, number, 3)
        assert (episode.seed, episode.number, episode.step, episode.target) == (1, number, 3, 1.0)
        assert len(episode.cells) == len(episode.contexts) == episode.length + 1
        for here, action, there in zip(episode.cells, episode.actions, episode.cells[1:], strict=False):
            state = picture.cell.tolist().index(here)
            assert picture.cell[task.next_state[state, action, 0]] == there
        assert sum(episode.rewards) == 1.0  # what was asked for
        assert episode.rewards[:-1] == (0.0,) * (episode.length - 1)
        assert episode.ending in task.outcome_names
    assert shown(learner, (0, 1), 1, 1.0, 0, 3).cells == shown(learner, (0, 1), 1, 1.0, 0, 3).cells
    never = shown(learner, (0, 1), 0, 0.0, 0, 3)
    assert (sum(never.rewards), never.ending, never.length) == (0.0, "", task.horizon)


def test_a_single_choice_is_made_many_times() -> None:
    episode = shown(made("ties", "conditional_oracle"), (0, 1), 0, 1.0, 0, 0)
    assert episode.apart
    assert (episode.length, episode.rewards) == (CHOICES, (1.0,) * CHOICES)
    assert set(episode.actions) == {0, 1}  # both of the good arms
    assert episode.ending == ""


@pytest.mark.parametrize(("task", "learner"), [("crossroads", "ppo"), ("CartPole-v1", "sac")])
def test_looking_moves_nothing(task: str, learner: str) -> None:
    one, other = made(task, learner), made(task, learner)
    for update in range(2):
        shown(one, (0, 1), 0, 1.0, update, update)
        reports = one.update(), other.update()
        for name, values in reports[0].items():
            torch.testing.assert_close(values, reports[1][name], rtol=0, atol=0, equal_nan=True)
    states = [{k: v.contiguous() for k, v in learner.state().items()} for learner in (one, other)]
    assert save(states[0]) == save(states[1])


def test_in_a_box_the_bin_of_the_first_axis_is_told_and_pictures_are_not_numbers() -> None:
    """Steer pays its first axis, which goes from −2 to 2 in eleven bins."""
    learner = made(f"{WORLDS}:Steer", "reinforce")
    for number in range(3):
        episode = shown(learner, (0, 1), 1, 0.0, number, 0)
        assert episode.observations.shape == (4, 2)
        edges = np.linspace(-2, 2, 12)
        for action, reward in zip(episode.actions, episode.rewards, strict=True):
            assert edges[action] - 1e-6 <= reward <= edges[action + 1] + 1e-6
    lamp = shown(made(f"{WORLDS}:Lamp", "reinforce"), (0, 1), 0, 0.0, 0, 0)
    assert lamp.length == 3
    assert lamp.observations.size == 0


def test_frames_are_few_evenly_spaced_and_end_with_the_episode(steady: str) -> None:
    episode = shown(made(steady, "reinforce"), (0, 1), 0, 0.0, 0, 0)
    assert (episode.length, episode.cut) == (Steady.LONG, False)
    assert episode.observations[:, 0].tolist() == list(range(Steady.LONG + 1))
    assert episode.frames.shape[1:] == (4, 6, 3)
    assert MOST_FRAMES / 2 <= len(episode.frames) <= MOST_FRAMES + 1
    assert episode.frames[:, 0, 0, 0].tolist() == list(episode.moments)  # Steady shows its time
    assert (episode.moments[0], episode.moments[-1]) == (0, Steady.LONG)
    assert set(np.diff(episode.moments[:-1])) == {4}


def test_a_fault_of_the_environment_is_a_refusal(steady: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Steady, "broken_at", 3)
    with pytest.raises(UserError, match=r"no episode of Steady-v0: ZeroDivisionError: a fault of its own"):
        shown(made(steady, "reinforce"), (0, 1), 0, 0.0, 0, 0)
    with pytest.raises(UserError, match="seed 2 cannot be shown; allowed: 0 to 1"):
        shown(made("ties", "reinforce"), (0, 1), 2, 0.0, 0, 0)


def test_an_episode_that_takes_too_long_is_cut(steady: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.showing.SECONDS", -1.0)
    episode = shown(made(steady, "reinforce"), (0, 1), 0, 0.0, 0, 0)
    assert (episode.length, episode.cut) == (0, True)


def test_a_large_picture_is_averaged_down() -> None:
    picture = np.zeros((400, 600, 3), dtype=np.uint8)
    picture[:, 1::4] = 80
    assert smaller(picture).shape == (100, 150, 3)
    assert np.unique(smaller(picture)).tolist() == [20]
    assert smaller(picture[:50, :50]).shape == (50, 50, 3)


def test_a_checkpoint_shows_what_its_run_did(tmp_path: Path) -> None:
    specification = RunSpecification("r", "crossroads", "reinforce", seeds=(0, 1), updates=2)
    run = Run(specification, tmp_path / "r.h5")
    run.update()
    run.checkpoint()
    expected = run.episode(0.0, 1, 7)
    run.close()
    file = tmp_path / "r.step-00000001.safetensors"
    parent = Parent(str(run.path), 1, str(file))
    onlooker = launch.onlook(RunSpecification("r", "crossroads", "reinforce", seeds=(0, 1), parent=parent))
    onlooker.send(EpisodeQuery(5, 0.0, 1, 7))
    said = []
    while onlooker.alive() and not said:
        said = onlooker.reports()
        time.sleep(0.01)
    onlooker.dismiss()
    assert isinstance(said[0], EpisodeAnswer)
    assert (said[0].id, said[0].episode.cells) == (5, expected.cells)
    assert said[0].episode.rewards == expected.rewards
