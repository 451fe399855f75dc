"""Tasks drawn as a map of text: floor, walls, starts, and exits that pay and end the episode."""

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import GridPicture, TabularTask
from engine.tasks.walk import Walk

FLOOR, WALL, START = ".", "#", "S"
MOVE_NAMES = ("up", "down", "left", "right")
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
SIDES = ((2, 3), (2, 3), (0, 1), (0, 1))  # the two moves at right angles to each move
RANDOM = Walk()
DECIMALS = 6  # of a payment
FINEST = 10**9  # grid steps that the largest payment may span before float64 stops telling them apart


def reward_unit(rewards: list[float]) -> float:
    """The widest return grid that holds every reward: their greatest common divisor.

    Rewards are read as fractions with six decimals. All zero (or none): 1.

    Raises:
        UserError: for a reward with more decimals, or rewards too different in size for one grid.
    """
    divisor = Fraction(0)
    for reward in rewards:
        exact = Fraction(round(reward * 10**DECIMALS), 10**DECIMALS)
        if not math.isclose(float(exact), reward, rel_tol=1e-12, abs_tol=1e-15):
            raise UserError(f"the payment {reward!r} is too fine; allowed: at most {DECIMALS} decimals")
        divisor = Fraction(
            math.gcd(divisor.numerator * exact.denominator, exact.numerator * divisor.denominator),
            divisor.denominator * exact.denominator,
        )
    if divisor == 0:
        return 1.0
    unit = float(divisor)
    largest = max(abs(reward) for reward in rewards)
    if largest / unit > FINEST:
        raise UserError(
            f"payments from {unit:g} to {largest:g} do not fit one return grid; "
            f"allowed: at most {FINEST:g} grid steps"
        )
    return unit


def grid_task(
    name: str,
    text: str,
    exits: Mapping[str, float],
    horizon: int,
    *,
    help: str,
    slip: float = 0.0,
    exit_names: Mapping[str, str] | None = None,
    walk: Walk = RANDOM,
) -> TabularTask:
    """Build the task that a map draws.

    Every cell that is not a wall is a state. The four moves are up, down, left, right; off the map
    or into a wall stays put. Every exit *cell* is an outcome of its own, also when several share a
    letter. Several starts mean a uniformly random one.

    Args:
        text: rows of equal length; `.` floor, `#` wall, `S` start, anything else an exit.
        exits: what each exit character pays, reward units.
        slip: chance that a move goes instead to one of its two sides, half each.
        exit_names: what to call an exit's outcome; the character itself where none is given.
        walk: the base; each move as often as any other where nothing is said.

    Raises:
        UserError: when the map and the exits contradict each other.
    """
    rows = text.splitlines()
    height, width = len(rows), len(rows[0]) if rows else 0
    cells = [(r, c, mark) for r, row in enumerate(rows) for c, mark in enumerate(row) if mark != WALL]
    _check(name, rows, exits)
    _check_walk(name, exits, walk)

    index = {(r, c): state for state, (r, c, _) in enumerate(cells)}
    states, actions = len(cells), len(MOVES)
    terminal = np.array([mark not in (FLOOR, START) for _, _, mark in cells])
    payment = np.array([exits.get(mark, 0.0) for _, _, mark in cells])

    step = np.zeros((states, actions), dtype=np.int64)
    for state, (r, c, _) in enumerate(cells):
        for action, (down, right) in enumerate(MOVES):
            step[state, action] = index.get((r + int(down), c + int(right)), state)
    if slip == 0.0:
        next_state = step[:, :, None]
        probability = np.ones((states, actions, 1))
    else:
        sides = np.array(SIDES)
        next_state = np.stack([step, step[:, sides[:, 0]], step[:, sides[:, 1]]], axis=2)
        probability = np.broadcast_to([1.0 - slip, slip / 2, slip / 2], next_state.shape).copy()
    next_state[terminal] = np.arange(states)[terminal, None, None]
    reward = payment[next_state]
    reward[terminal] = 0.0

    start = np.array([1.0 if mark == START else 0.0 for _, _, mark in cells])
    outcome = np.full(states, -1)
    outcome[terminal] = np.arange(terminal.sum())
    return TabularTask(
        name=name,
        help=help,
        horizon=horizon,
        next_state=next_state,
        probability=probability,
        reward=reward,
        terminal=terminal,
        start=start / start.sum(),
        base=walk.policy(step, terminal, np.array([mark in walk.toward for _, _, mark in cells])),
        outcome=outcome,
        outcome_names=_outcome_names(cells, exit_names or {}),
        action_names=MOVE_NAMES,
        state_names=tuple(f"row {r + 1}, column {c + 1}" for r, c, _ in cells),
        reward_unit=reward_unit(list(exits.values())),
        picture=GridPicture(
            height=height,
            width=width,
            cell=np.array([r * width + c for r, c, _ in cells]),
            walls=np.array(
                [r * width + c for r, row in enumerate(rows) for c, mark in enumerate(row) if mark == WALL],
                dtype=np.int64,
            ),
            moves=MOVES.copy(),
        ),
    )


def _check(name: str, rows: list[str], exits: Mapping[str, float]) -> None:
    """Refuse a map that is no rectangle, has no start, or disagrees with its exits."""
    if not rows or not rows[0]:
        raise UserError(f"task {name}: map is empty; allowed: rows of '.', '#', 'S' and exits")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise UserError(
                f"task {name}: row {number} of map has {len(row)} characters; allowed: {len(rows[0])}, "
                "as in row 1"
            )
        for column, mark in enumerate(row, start=1):
            if mark.isspace():
                raise UserError(
                    f"task {name}: map has a blank at row {number}, column {column}; "
                    "allowed: '.' floor, '#' wall, 'S' start, any other character an exit"
                )
            if mark not in (FLOOR, WALL, START) and mark not in exits:
                raise UserError(
                    f"task {name}: exit '{mark}' at row {number}, column {column} of map has no payment; "
                    f"add '{mark} = 1.0' to [exits] (there: {', '.join(exits) or 'none'})"
                )
    drawn = set("".join(rows))
    if START not in drawn:
        raise UserError(f"task {name}: map has no start; mark at least one cell with 'S'")
    for mark in exits:
        if mark in (FLOOR, WALL, START) or len(mark) != 1:
            raise UserError(
                f"task {name}: exit '{mark}' cannot be an exit; "
                "allowed: one character other than '.', '#' and 'S'"
            )
        if mark not in drawn:
            raise UserError(
                f"task {name}: exit '{mark}' is in [exits] but not on map; "
                f"on map: {', '.join(sorted(drawn - {FLOOR, WALL, START})) or 'no exit'}"
            )


def _check_walk(name: str, exits: Mapping[str, float], walk: Walk) -> None:
    """Refuse a base that no distribution comes of."""
    if not all(weight >= 0 and math.isfinite(weight) for weight in walk.weights) or not any(walk.weights):
        raise UserError(
            f"task {name}: weights of the moves are {list(walk.weights)}; allowed: numbers from 0, not all 0"
        )
    for mark in walk.toward:
        if mark not in exits:
            raise UserError(
                f"task {name}: the base walks toward '{mark}'; allowed: exits, here {', '.join(exits)}"
            )


def _outcome_names(cells: list[tuple[int, int, str]], names: Mapping[str, str]) -> tuple[str, ...]:
    """One name an exit cell; the place is added where a character marks several."""
    marks = [mark for _, _, mark in cells]
    return tuple(
        names.get(mark, mark) + (f" (row {r + 1}, column {c + 1})" if marks.count(mark) > 1 else "")
        for r, c, mark in cells
        if mark not in (FLOOR, START)
    )
