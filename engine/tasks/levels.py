"""levels: two equally good ways at every level of return."""

from engine.tasks.grid import grid_task
from engine.tasks.tabular import TabularTask

MAP = """\
a..e..b
.......
.......
...S...
.......
.......
c..f..d
"""


def levels() -> TabularTask:
    """The crossroads grid: edge exits pay 1, one pair of opposite corners 2, the other pair 3."""
    return grid_task(
        "levels",
        MAP,
        {"e": 1.0, "f": 1.0, "a": 2.0, "d": 2.0, "b": 3.0, "c": 3.0},
        horizon=14,
        help=(
            "A 7 by 7 grid where every level of return can be had in two equally good ways: exits in the "
            "middle of the top and bottom edges pay 1, one pair of opposite corners pays 2, the other 3."
        ),
        exit_names={
            "a": "top left",
            "b": "top right",
            "c": "bottom left",
            "d": "bottom right",
            "e": "top",
            "f": "bottom",
        },
    )
