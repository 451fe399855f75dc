"""two-goals: returns with two parts, to be asked for together."""

import dataclasses

from engine.tasks.grid import grid_task
from engine.tasks.tabular import Goals, TabularTask

MAP = """\
a..b..c
.......
d..#..e
...S...
e..#..d
.......
c..b..a
"""
PAIRS = {"a": (3, 0), "b": (2, 2), "c": (0, 3), "d": (1, 0), "e": (0, 1)}  # apples, pears


def two_goals() -> TabularTask:
    """A 7×7 grid; two exits for each pair of apples and pears, horizon 14."""
    goals = Goals(("apples", "pears"))
    task = grid_task(
        "two-goals",
        MAP,
        {mark: goals.coded(*pair) for mark, pair in PAIRS.items()},
        horizon=14,
        help=(
            "A grid whose exits pay apples, pears, or both; each pair is to be had at two exits. A return "
            "codes the pair: 3 apples are 3, 3 pears 3.003, two of each 4.002. A predictor can be asked for "
            "any pair after the fact. RL is paid their sum, and has to be trained anew for any other wish."
        ),
        exit_names={mark: f"{apples} apples, {pears} pears" for mark, (apples, pears) in PAIRS.items()},
    )
    return dataclasses.replace(task, goals=goals, reward_unit=goals.step)
