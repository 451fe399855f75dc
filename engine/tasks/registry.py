"""The built-in tasks by name."""

from collections.abc import Callable

from engine.errors import one_of
from engine.tasks.crossroads import crossroads
from engine.tasks.levels import levels
from engine.tasks.tabular import TabularTask
from engine.tasks.task_file import parse

TASKS: dict[str, Callable[[], TabularTask]] = {"crossroads": crossroads, "levels": levels}


def names() -> tuple[str, ...]:
    """The built-in tasks, in the order a person meets them."""
    return tuple(TASKS)


def load(name: str, text: str = "") -> TabularTask:
    """A built-in task, or the one that `text` (TOML, see `task_file`) draws, called `name`.

    Raises:
        UserError: for an unknown name or a malformed text.
    """
    if text:
        return parse(text, name)
    if name not in TASKS:
        raise one_of("task", name, names())
    return TASKS[name]()
