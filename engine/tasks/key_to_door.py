"""key-to-door: what is done in the first room decides the reward in the last (2106.01345)."""

import numpy as np

from engine.tasks.tabular import GridPicture, TabularTask

SIDE, HORIZON, ROOMS = 3, 15, 3
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
KEY, DOOR = (0, 0), (0, 2)  # in the first room, and in the last
MOVES_A_ROOM = HORIZON // ROOMS


def key_to_door() -> TabularTask:
    """Three 3×3 rooms, five moves each; the door of the third pays 1 to whoever took the key in the first.

    A state is the room, the cell, whether the key was taken, and the moves made in this room, so that
    leaving a room after five moves is the task's doing and not the learner's.
    """
    cells = [(row, column) for row in range(SIDE) for column in range(SIDE)]
    contexts = [
        (room, cell, key, moment)
        for room in range(ROOMS)
        for cell in cells
        for key in (False, True)
        for moment in range(MOVES_A_ROOM)
    ]
    index = {context: state for state, context in enumerate(contexts)}
    ends = {"door, with the key": len(contexts), "door, without it": len(contexts) + 1}
    count = len(contexts) + len(ends)
    next_state = np.zeros((count, len(MOVES), 1), dtype=np.int64)
    reward = np.zeros((count, len(MOVES), 1))
    for state, (room, cell, key, moment) in enumerate(contexts):
        for action, (down, right) in enumerate(MOVES.tolist()):
            to = min(max(cell[0] + down, 0), SIDE - 1), min(max(cell[1] + right, 0), SIDE - 1)
            took = key or (room == 0 and to == KEY)
            if room == ROOMS - 1 and to == DOOR:
                next_state[state, action] = ends["door, with the key" if took else "door, without it"]
                reward[state, action] = float(took)
            elif moment + 1 < MOVES_A_ROOM:
                next_state[state, action] = index[room, to, took, moment + 1]
            elif room + 1 < ROOMS:  # each room is entered in its middle
                next_state[state, action] = index[room + 1, (1, 1), took, 0]
            else:
                next_state[state, action] = state  # the horizon has come
    terminal = np.arange(count) >= len(contexts)
    place = [
        row * (ROOMS * SIDE + ROOMS - 1) + room * (SIDE + 1) + column
        for room, (row, column), _, _ in contexts
    ]
    door = DOOR[0] * (ROOMS * SIDE + ROOMS - 1) + (ROOMS - 1) * (SIDE + 1) + DOOR[1]
    width = ROOMS * SIDE + ROOMS - 1
    walls = [row * width + room * (SIDE + 1) - 1 for row in range(SIDE) for room in range(1, ROOMS)]
    return TabularTask(
        name="key-to-door",
        help=(
            "Three rooms in a row, five moves in each. A key lies in the first; a door in the last pays 1, "
            "but only to those who took the key. Credit has to travel over a room in which nothing matters. "
            "RL from returns learns it slowly; a predictor reads it off its data, if the data have seen it."
        ),
        horizon=HORIZON,
        next_state=next_state,
        probability=np.ones_like(reward),
        reward=reward,
        terminal=terminal,
        start=np.eye(count)[index[0, (1, 1), False, 0]],
        base=np.full((count, len(MOVES)), 1 / len(MOVES)),
        outcome=np.where(terminal, np.arange(count) - len(contexts), -1),
        outcome_names=tuple(ends),
        action_names=("up", "down", "left", "right"),
        state_names=(
            *(
                f"room {room + 1}, row {row + 1}, column {column + 1}, "
                f"{'key' if key else 'no key'}, move {moment + 1}"
                for room, (row, column), key, moment in contexts
            ),
            *ends,
        ),
        picture=GridPicture(SIDE, width, np.array([*place, door, door]), np.array(walls), MOVES),
    )
