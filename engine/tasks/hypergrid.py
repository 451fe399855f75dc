"""hypergrid: the grid of the GFlowNet papers (2106.04399), with its modes far apart."""

import itertools

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import GridPicture, TabularTask

R0, R1, R2 = 0.1, 0.5, 2.0
MOST_CELLS = 10_000


def hypergrid(side: int = 8, dimensions: int = 2) -> TabularTask:
    """From the corner 0 upwards, one step in one dimension at a time; the last action stops and is paid.

    A cell x pays R0 + R1·[all |x/(side−1) − ½| > .25] + R2·[all in (.3, .4)], as in torchgfn. A mode is
    the cells that earn R2 near one corner: one at a side of 8, more on larger grids.

    Raises:
        UserError: when the grid is too small to have modes, or too large to be exact.
    """
    if side < 2 or dimensions < 1 or side**dimensions > MOST_CELLS:
        raise UserError(
            f"task hypergrid: side {side} in {dimensions} dimensions; allowed: side from 7, "
            f"dimensions from 1, at most {MOST_CELLS:,} cells"
        )
    cells = np.array(list(itertools.product(range(side), repeat=dimensions)))
    count, actions = len(cells), dimensions + 1
    # In whole numbers: .3 of a side must not be a matter of rounding.
    offset, whole = 10 * np.abs(2 * cells - (side - 1)), 2 * (side - 1)
    wide = np.all(offset > 2.5 * whole, axis=1)
    mode = np.all((offset > 3 * whole) & (offset < 4 * whole), axis=1)
    if not mode.any():
        raise UserError(
            f"task hypergrid: no cell is a mode at side {side}; allowed: 7, 8, 9, 10, 12 and more"
        )
    pays = R0 + R1 * wide + R2 * mode
    # Cell c is state c; having stopped in it is state count + c.
    base = np.zeros((2 * count, actions))
    base[:count, :-1] = cells < side - 1
    base[:, -1] = 1.0
    base /= base.sum(axis=1, keepdims=True)
    next_state = np.zeros((2 * count, actions, 1), dtype=np.int64)
    strides = side ** np.arange(dimensions)[::-1]
    steps = np.where(cells < side - 1, strides, 0)
    next_state[:count, :-1, 0] = np.arange(count)[:, None] + steps
    next_state[:count, -1, 0] = count + np.arange(count)
    reward = np.zeros((2 * count, actions, 1))
    reward[:count, -1, 0] = pays
    high = 2 * cells > side - 1
    corner = high @ (1 << np.arange(dimensions)[::-1])
    outcome = np.full(2 * count, -1)
    outcome[count:][mode] = corner[mode]
    names = tuple(f"cell {', '.join(map(str, cell))}" for cell in cells.tolist())
    moves = np.zeros((actions, 2), dtype=np.int64)
    moves[:2] = [[1, 0], [0, 1]][:dimensions]
    picture = GridPicture(
        height=side,
        width=side if dimensions == 2 else 1,
        cell=np.tile(np.arange(count), 2),
        walls=np.empty(0, dtype=np.int64),
        moves=moves,
    )
    return TabularTask(
        name="hypergrid",
        help=(
            "A grid in which a few cells near the corners, far apart, pay many times what the others do. "
            "Steps lead away from one corner only, and the last action stops and is paid. A learner of "
            "returns climbs the mode it met first; a predictor asked for the highest return keeps all modes, "
            "each as often as the data had it. Sampling in proportion to the reward would give the four "
            "modes of the 8 by 8 grid 46 % of all visits. In brackets: hypergrid(side=8, dimensions=2)."
        ),
        horizon=dimensions * (side - 1) + 1,
        next_state=next_state,
        probability=np.ones_like(reward),
        reward=reward,
        terminal=np.arange(2 * count) >= count,
        start=np.eye(2 * count)[0],
        base=base,
        outcome=outcome,
        outcome_names=tuple(", ".join(way) for way in itertools.product(("low", "high"), repeat=dimensions)),
        action_names=(*(f"up in {axis + 1}" for axis in range(dimensions)), "stop"),
        state_names=(*names, *(f"stopped in {name}" for name in names)),
        reward_unit=0.1,
        picture=picture if dimensions <= 2 else None,
    )
