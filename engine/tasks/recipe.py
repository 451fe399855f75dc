"""How a task's text says which Gymnasium environment is meant, and what is put around it::

    CartPole-v1
    LunarLander-v3(gravity=-5.0)
    my_package.worlds:Maze(size=9)
    worlds/maze.py:Maze | TimeLimit(max_episode_steps=200) | FrameStackObservation(stack_size=4)

First comes a Gymnasium id, or an environment of one's own as `module:Class` or `file.py:Class` (in a file, a
function that returns an environment does as well); then, in brackets, keyword arguments as Python writes
them; then any number of wrappers, the innermost first, each after ` | `: one of `gymnasium.wrappers` by its
name, or `module:Class` or `file.py:Class`, with arguments of its own.

Needs no Gymnasium: see `making` for how it is made.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UserError


@dataclass(frozen=True)
class Part:
    """An environment or a wrapper.

    Attributes:
        name: an id, the name of a wrapper, or `place:Class`.
        arguments: keyword arguments that it is made with.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> tuple[str, str] | None:
        """Place and class where code is named. (`module:Some-v0` is an id, with the module that has it.)"""
        place, _, name = self.name.rpartition(":")
        return (place, name) if place and name.isidentifier() else None

    @property
    def file(self) -> Path | None:
        """The file that the code is in, where one is named."""
        return Path(self.code[0]) if self.code and self.code[0].endswith(".py") else None


@dataclass(frozen=True)
class Recipe:
    """What a task's text says."""

    text: str
    environment: Part
    wrappers: tuple[Part, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is an id and nothing else."""
        return not (self.environment.code or self.environment.arguments or self.wrappers)


def parse(text: str) -> Recipe:
    """Read a task's text.

    Raises:
        UserError: for brackets that are not keyword arguments, a file that is not there.
    """
    environment, *wrappers = (_part(text, word.strip()) for word in re.split(r"\s\|\s", text))
    for part in (environment, *wrappers):
        if part.file is not None and not part.file.is_file():
            raise UserError(f"task {text}: there is no file {part.file}")
    return Recipe(text, environment, tuple(wrappers))


def beside(text: str, folder: Path) -> str:
    """The same task, each file that it names sought in `folder`: with its whole path."""

    def whole(found: re.Match[str]) -> str:
        return f"{found[1]}{(folder / found[2]).resolve()}:"

    return re.sub(r"(^|\s\|\s)([^|(]+\.py):", whole, text)


def _part(text: str, word: str) -> Part:
    name, bracket, rest = word.partition("(")
    if not bracket:
        return Part(name)
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
            raise ValueError
        return Part(name.strip(), {str(k.arg): ast.literal_eval(k.value) for k in call.keywords})
    except (SyntaxError, ValueError):
        raise UserError(
            f"task {text}: '({rest}' is not understood; allowed: keyword arguments that are numbers, text in "
            "quotes, lists or dictionaries, for example (size=9)"
        ) from None
