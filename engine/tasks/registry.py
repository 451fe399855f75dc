"""The built-in tasks by name."""

import inspect
import re
from collections.abc import Callable

from engine.errors import UserError, meant, one_of
from engine.tasks import recipe
from engine.tasks.boat_race import boat_race
from engine.tasks.coin import coin
from engine.tasks.crossroads import crossroads
from engine.tasks.echo import echo
from engine.tasks.gambling import gambling
from engine.tasks.hypergrid import hypergrid
from engine.tasks.key_to_door import key_to_door
from engine.tasks.levels import levels
from engine.tasks.overoptimisation import bounded_error, gaussian_error, heavy_error
from engine.tasks.stitch import stitch
from engine.tasks.tabular import TabularTask
from engine.tasks.task_file import parse
from engine.tasks.ties import ties
from engine.tasks.tokens import tokens
from engine.tasks.toy_text import cliff_walking, frozen_lake, taxi
from engine.tasks.two_goals import two_goals

TASKS: dict[str, Callable[..., TabularTask]] = {
    "crossroads": crossroads,
    "levels": levels,
    "ties": ties,
    "gambling": gambling,
    "coin": coin,
    "echo": echo,
    "stitch": stitch,
    "key-to-door": key_to_door,
    "two-goals": two_goals,
    "hypergrid": hypergrid,
    "tokens": tokens,
    "gaussian-error": gaussian_error,
    "bounded-error": bounded_error,
    "heavy-error": heavy_error,
    "boat-race": boat_race,
    "frozen-lake": frozen_lake,
    "cliff-walking": cliff_walking,
    "taxi": taxi,
}


def names() -> tuple[str, ...]:
    """The built-in tasks, in the order a person meets them."""
    return tuple(TASKS)


def parameters(name: str) -> dict[str, float | int]:
    """What a built-in task leaves open: the number in brackets by its name, and its default."""
    return {key: value.default for key, value in inspect.signature(TASKS[name]).parameters.items()}


def known(name: str) -> bool:
    """Whether `name` begins like a built-in task: `coin`, or `coin(alpha=0.9)`."""
    return name.partition("(")[0] in TASKS


def check(name: str, text: str) -> None:
    """See that there is such a task, built in, drawn in `text` or of Gymnasium, without making it.

    Raises:
        UserError: for a name that is none, its own or a wrapper's, an argument that a wrapper does not take
            or lacks, a file that is not there or has no such class, or a package that is not installed.
    """
    if text or known(name):
        return
    meant = recipe.parse(name)
    environment = meant.environment.name
    if environment in TASKS:
        raise UserError(f"task {name}: {environment} takes no wrappers; allowed: a Gymnasium environment")
    import gymnasium  # here: a built-in task needs none of it

    from engine.tasks import making

    for part in (meant.environment, *meant.wrappers):
        making.check_code(meant, part)
    for part in meant.wrappers:
        making.check_wrapper(meant, part)
    if ":" in environment:
        return
    making.register(meant)
    if environment not in gymnasium.registry:
        allowed = (*names(), "a Gymnasium id such as CartPole-v1, or a class of one's own as file.py:Class")
        raise one_of("task", environment, allowed, tuple(gymnasium.registry))


def load(name: str, text: str = "") -> TabularTask:
    """A built-in task, or the one that `text` (TOML, see `task_file`) draws, called `name`.

    What a built-in task leaves open is a number in brackets: `coin(alpha=0.9)`.

    Raises:
        UserError: for an unknown name, a number the task does not take, or a malformed text; for a task that
            there is, but not as a table.
    """
    if text:
        return parse(text, name)
    bare, _, rest = name.partition("(")
    if bare not in TASKS:
        raise _no_table(name)
    return TASKS[bare](**_numbers(name, rest, parameters(bare))) if rest else TASKS[bare]()


def _no_table(name: str) -> UserError:
    from engine.tasks.making import MissingPackageError  # here, as in `check`: it loads Gymnasium

    why = f"no exact answer is known: it is no table of states and actions{meant(name, names())}"
    allowed = f"allowed: {', '.join(names())}, or a task's file (.toml, .npz)"
    try:
        check(name, "")
    except MissingPackageError as error:
        return UserError(f"{error}; of it {why}; {allowed}")
    except UserError:
        return one_of("task", name, names())
    return UserError(f"{recipe.parse(name).title}: {why}; {allowed}")


def _numbers(name: str, text: str, defaults: dict[str, float | int]) -> dict[str, float | int]:
    """The `key=number` pairs of "key=number, key=number)"."""
    allowed = ", ".join(f"{key} (default {value:g})" for key, value in defaults.items()) or "none"
    numbers: dict[str, float | int] = {}
    for pair in text.removesuffix(")").split(","):
        found = re.fullmatch(r"\s*(\w+)\s*=\s*([-+.\deE]+)\s*", pair)
        if found is None or found[1] not in defaults or not text.endswith(")"):
            raise UserError(f"task {name}: '{pair.strip(') ')}' is not understood; allowed: {allowed}")
        try:
            numbers[found[1]] = type(defaults[found[1]])(found[2])
        except ValueError:
            raise UserError(f"task {name}: {found[1]} is {found[2]}; allowed: a number") from None
    return numbers
