"""Grids: moves, walls, slip, exits, and the return grid."""

import numpy as np
import pytest

from engine.errors import UserError
from engine.tasks import registry
from engine.tasks.grid import grid_task, reward_unit

UP, DOWN, LEFT, RIGHT = range(4)


def drawn(text, exits=None, horizon=5, slip=0.0):
    return grid_task("drawn", text, exits or {"a": 1.0}, horizon=horizon, help="", slip=slip)


def test_moves_walls_and_edges():
    """States are numbered along the rows, walls left out: a S . / . # .  →  0 1 2 / 3 # 4."""
    task = drawn("aS.\n.#.")
    assert task.states == 5
    moves = task.next_state[:, :, 0]
    assert moves[1].tolist() == [1, 1, 0, 2]  # up leaves the map, down is a wall
    assert moves[2].tolist() == [2, 4, 1, 2]
    assert moves[4].tolist() == [2, 4, 4, 4]  # left is the wall
    assert moves[3].tolist() == [0, 3, 3, 3]
    assert task.action_names == ("up", "down", "left", "right")
    assert task.start.tolist() == [0, 1, 0, 0, 0]
    assert task.terminal.tolist() == [True, False, False, False, False]
    assert task.reward[1, LEFT, 0] == 1.0
    assert task.reward[3, UP, 0] == 1.0
    assert np.count_nonzero(task.reward) == 2
    assert np.all(task.base == 0.25)
    assert task.deterministic
    assert task.picture is not None
    assert task.picture.cell.tolist() == [0, 1, 2, 3, 5]
    assert task.picture.walls.tolist() == [4]
    assert task.picture.moves.tolist() == [[-1, 0], [1, 0], [0, -1], [0, 1]]


def test_slip_goes_to_the_sides_half_each():
    task = drawn("...\n.S.\n..a", slip=0.2)
    arrivals = np.zeros(9)
    np.add.at(arrivals, task.next_state[4, UP], task.probability[4, UP])
    assert arrivals[[1, 3, 5]] == pytest.approx([0.8, 0.1, 0.1])
    arrivals = np.zeros(9)
    np.add.at(arrivals, task.next_state[4, RIGHT], task.probability[4, RIGHT])
    assert arrivals[[5, 1, 7]] == pytest.approx([0.8, 0.1, 0.1])
    # Left from the middle of the left edge: it stays, or slips up or down.
    arrivals = np.zeros(9)
    np.add.at(arrivals, task.next_state[3, LEFT], task.probability[3, LEFT])
    assert arrivals[[3, 0, 6]] == pytest.approx([0.8, 0.1, 0.1])
    assert not task.deterministic


def test_several_starts_are_equally_likely():
    task = drawn("S.S\na..")
    assert task.start.tolist() == [0.5, 0, 0.5, 0, 0, 0]


def test_every_exit_cell_is_an_outcome_of_its_own():
    task = drawn("a.b\n.S.\n..a", {"a": 1.0, "b": 2.0})
    assert task.outcome_names == ("a (row 1, column 1)", "b", "a (row 3, column 3)")
    assert task.outcome[task.terminal].tolist() == [0, 1, 2]
    assert np.all(task.outcome[~task.terminal] == -1)


@pytest.mark.parametrize(
    ("rewards", "unit"),
    [
        ([1.0], 1.0),
        ([2.0, 3.0], 1.0),
        ([2.0, -4.0], 2.0),
        ([0.5, 0.75], 0.25),
        ([0.1, 0.3], 0.1),
        ([0.0], 1.0),
        ([0.0, 0.6], 0.6),
        ([1.0, 0.333333], 1e-6),
        ([], 1.0),
    ],
)
def test_widest_return_grid(rewards, unit):
    assert reward_unit(rewards) == pytest.approx(unit, rel=1e-12)


def test_payments_that_no_grid_holds():
    with pytest.raises(UserError, match="at most 6 decimals"):
        reward_unit([0.1234567])
    with pytest.raises(UserError, match="do not fit one return grid"):
        reward_unit([1e6, 1e-6])


def test_built_in_tasks():
    assert registry.names()[:2] == ("crossroads", "levels")
    crossroads, levels = registry.load("crossroads"), registry.load("levels")
    for task in (crossroads, levels):
        assert task.picture is not None
        assert (task.picture.height, task.picture.width, task.horizon, task.states) == (7, 7, 14, 49)
        assert task.start[24] == 1
    pays = dict.fromkeys(levels.outcome_names, 0.0)
    for state in np.flatnonzero(levels.terminal):
        into = levels.reward[levels.next_state == state]
        pays[levels.outcome_names[levels.outcome[state]]] = into.max()
    assert pays == {
        "top left": 2, "bottom right": 2, "top right": 3, "bottom left": 3, "top": 1, "bottom": 1,
    }  # fmt: skip
    assert crossroads.outcome_names == ("top left", "top right", "bottom left", "bottom right")


def test_unknown_task():
    with pytest.raises(
        UserError, match=r"'crossroad' is unknown \(did you mean crossroads\?\); allowed: crossroads, "
    ):
        registry.load("crossroad")
