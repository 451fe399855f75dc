"""crossroads: four equally good ways to succeed."""

from engine.tasks.grid import grid_task
from engine.tasks.tabular import TabularTask

MAP = """\
a.....b
.......
.......
...S...
.......
.......
c.....d
"""


def crossroads() -> TabularTask:
    """7×7 cells, start in the centre, four terminal corners that each pay 1, horizon 14."""
    return grid_task(
        "crossroads",
        MAP,
        {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0},
        horizon=14,
        help=(
            "A 7 by 7 grid with an exit in each corner. All four pay 1, so nothing in the reward prefers "
            "one to another: a learner that ends up using one of them has lost three for nothing."
        ),
        exit_names={"a": "top left", "b": "top right", "c": "bottom left", "d": "bottom right"},
    )
