"""The tasks as Gymnasium environments: the interface, and episodes against the table."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from engine.tasks import registry
from engine.tasks.grid import grid_task
from engine.tasks.gymnasium_registration import TabularEnv, environment_id, register
from engine.tasks.tabular import traps
from engine.tasks.tabular_environment import base_occupancy


@pytest.mark.parametrize("name", registry.names())
def test_every_built_in_task_is_known_to_gymnasium_and_passes_its_checker(name):
    """Warnings are errors in these tests, so the checker's advice counts as well."""
    check_env(gymnasium.make(environment_id(name)).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("name", registry.names())
def test_every_built_in_task_has_help_and_a_picture(name):
    task = registry.load(name)
    assert len(task.help) > 40
    assert task.help.endswith((".", "]"))
    assert task.drawn_as in ("grid", "strings", "arms", "table")
    assert len(set(task.action_names)) == task.actions
    assert len(task.state_names) == task.states
    if task.drawn_as == "arms":
        assert task.horizon == 1
    if task.drawn_as == "table":
        # Rows of numbers are read by name.
        assert len(set(task.state_names)) == task.states


def test_ids_and_registering_twice():
    assert environment_id("key-to-door") == "supertask/KeyToDoor-v0"
    register()
    environment = gymnasium.make("engine.tasks.gymnasium_registration:supertask/Crossroads-v0")
    assert isinstance(environment.unwrapped, TabularEnv)


def test_termination_and_truncation():
    environment = TabularEnv("crossroads")
    state, info = environment.reset(seed=0)
    assert (state, info) == (24, {"time": 0})
    for action in (0, 0, 0, 2, 2):
        _, reward, terminated, truncated, _ = environment.step(np.int64(action))
        assert (reward, terminated, truncated) == (0.0, False, False)
    state, reward, terminated, truncated, info = environment.step(np.int64(2))
    assert (state, reward, terminated, truncated, info) == (0, 1.0, True, False, {"time": 6})

    environment.reset(seed=0)
    for moment in range(14):
        _, _, terminated, truncated, info = environment.step(np.int64(0))
        assert not terminated
        assert truncated == (moment == 13)


def test_an_exit_reached_on_the_last_step_terminates():
    environment = TabularEnv(grid_task("short", "Sa", {"a": 1.0}, horizon=1, help=""))
    environment.reset(seed=0)
    assert environment.step(np.int64(3))[1:4] == (1.0, True, False)


def test_chance_follows_the_table():
    """4000 slips of .3: each frequency within four standard errors."""
    environment = TabularEnv(grid_task("slippery", "...\n.S.\n..a", {"a": 1.0}, 5, help="", slip=0.3))
    seen = np.zeros(9)
    for episode in range(4000):
        environment.reset(seed=episode if episode == 0 else None)
        seen[environment.step(np.int64(0))[0]] += 1
    assert seen.sum() == seen[[1, 3, 5]].sum()
    assert seen[[1, 3, 5]] / 4000 == pytest.approx([0.7, 0.15, 0.15], abs=4 * np.sqrt(0.7 * 0.3 / 4000))


@pytest.mark.parametrize(
    ("name", "holes"), [("frozen-lake", [5, 7, 11, 12]), ("cliff-walking", []), ("crossroads", [])]
)
def test_holes_are_cells_where_an_episode_ends_with_nothing(name: str, holes: list[int]) -> None:
    task = registry.load(name)
    assert traps(task, base_occupancy(task).sum(axis=0)).tolist() == holes
