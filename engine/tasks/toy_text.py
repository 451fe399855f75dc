"""FrozenLake, CliffWalking and Taxi of Gymnasium, exact through their own transition tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.tasks.tabular import GridPicture, TabularTask

LEFT_DOWN_RIGHT_UP = np.array([[0, -1], [1, 0], [0, 1], [-1, 0]])
UP_RIGHT_DOWN_LEFT = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])


@dataclass(frozen=True)
class Ported:
    """What Gymnasium's table does not say.

    Attributes:
        environment: its class.
        horizon: moves; Gymnasium allows more, at which a random walk's returns are all but lost.
        shape: rows and columns of the picture; None for none.
        moves: of the actions, for arrows.
        actions: their names.
    """

    environment: str
    horizon: int
    shape: tuple[int, int] | None
    moves: Any
    actions: tuple[str, ...]
    help: str


def frozen_lake() -> TabularTask:
    """The slippery 4×4 map, 20 moves."""
    source = Ported(
        "FrozenLakeEnv",
        20,
        (4, 4),
        LEFT_DOWN_RIGHT_UP,
        ("left", "down", "right", "up"),
        "Gymnasium's FrozenLake: 4 by 4 slippery cells with holes, and a goal that pays 1. Two moves in "
        "three slip to a side, so much of success is luck: a predictor cannot tell what it did from what "
        "happened, and even the best policies move chance itself. 20 moves.",
    )
    return _ported("frozen-lake", source)


def cliff_walking() -> TabularTask:
    """14 moves: one more than the shortest way."""
    source = Ported(
        "CliffWalkingEnv",
        14,
        (4, 12),
        UP_RIGHT_DOWN_LEFT,
        ("up", "right", "down", "left"),
        "Gymnasium's CliffWalking: −1 a move, −100 for stepping off the cliff, which leads back to the "
        "start. A random walk all but never gets across, so the best return is the rarest in the data. 14 "
        "moves.",
    )
    return _ported("cliff-walking", source)


def taxi() -> TabularTask:
    """12 moves."""
    source = Ported(
        "TaxiEnv",
        12,
        None,
        None,
        ("south", "north", "east", "west", "pick up", "drop off"),
        "Gymnasium's Taxi: 500 states, −1 a move, −10 for a wrong pick up or drop off, 20 for the right one. "
        "A random driver all but never delivers, so there is nothing to predict from; RL has to find it. 12 "
        "moves.",
    )
    return _ported("taxi", source)


def _ported(name: str, source: Ported) -> TabularTask:
    """The task that a table P[s][a] = [(probability, next state, reward, terminated), …] describes."""
    from gymnasium.envs import toy_text  # here, so that whoever only lists the tasks does not load it

    environment = getattr(toy_text, source.environment)()
    table: Mapping[int, Mapping[int, list[tuple[float, int, float, bool]]]] = environment.P
    start = np.asarray(environment.initial_state_distrib, dtype=np.float64)
    environment.close()
    count, actions = len(table), len(table[0])
    # Where an episode ends depends on how it got there: a state of its own for each ending.
    endings = sorted(
        {to for row in table.values() for moves in row.values() for _, to, _, over in moves if over}
    )
    ended = {to: count + place for place, to in enumerate(endings)}
    branches = max(len(moves) for row in table.values() for moves in row.values())
    shape = (count + len(endings), actions, branches)
    next_state, probability, reward = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    probability[count:, :, 0] = 1.0
    paid = dict.fromkeys(endings, -np.inf)
    for state, row in table.items():
        for action, moves in row.items():
            for branch, (chance, to, gain, over) in enumerate(moves):
                next_state[state, action, branch] = ended[to] if over else to
                probability[state, action, branch], reward[state, action, branch] = chance, gain
                if over and state not in ended:
                    paid[to] = max(paid[to], gain)
    terminal = np.arange(shape[0]) >= count
    won = [to for to in endings if paid[to] > 0 or max(paid.values()) <= 0]
    outcome = np.full(shape[0], -1)
    outcome[[ended[to] for to in won]] = np.arange(len(won))
    names = tuple(f"state {state}" for state in range(count))
    picture = None
    if source.shape is not None:
        height, width = source.shape
        names = tuple(f"row {state // width + 1}, column {state % width + 1}" for state in range(count))
        picture = GridPicture(
            height, width, np.array([*range(count), *endings]), np.empty(0, dtype=np.int64), source.moves
        )
    return TabularTask(
        name=name,
        help=source.help,
        horizon=source.horizon,
        next_state=next_state,
        probability=probability,
        reward=reward,
        terminal=terminal,
        start=np.concatenate([start / start.sum(), np.zeros(len(endings))]),
        base=np.full((shape[0], actions), 1 / actions),
        outcome=outcome,
        outcome_names=tuple(f"ends at {names[to]}" for to in won),
        action_names=source.actions,
        state_names=(*names, *(f"ended at {names[to]}" for to in endings)),
        picture=picture,
    )
