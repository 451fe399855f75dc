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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.places import expanded

CODE_FILE = re.compile(r"(^|\s\|\s)([^|(]+\.py):")


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
    def title(self) -> str:
        """As a message begins: that it is a task, and which."""
        return f"task {short(self.text)}"

    @property
    def known(self) -> bool:
        """Whether all of it is Gymnasium's or a package's, and nothing anyone's own code."""
        return not any(part.code for part in (self.environment, *self.wrappers))

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
            raise UserError(f"task {short(text)}: there is no file {part.file}")
    return Recipe(text, environment, tuple(wrappers))


def with_files(text: str, change: Callable[[str], str]) -> str:
    """The same task, the path of each file that it names changed."""
    return CODE_FILE.sub(lambda found: f"{found[1]}{change(found[2])}:", text)


def files(text: str) -> list[str]:
    """The path of each file that a task names, as it is written there."""
    return [found[2] for found in CODE_FILE.finditer(text)]


def beside(text: str, folder: Path) -> str:
    """The same task, each file that it names sought in `folder`: with its whole path."""
    return with_files(text, lambda path: str((folder / expanded(path)).resolve()))


def short(text: str) -> str:
    """The same task as a message names it: of each file the name, without its folder."""
    return with_files(text, lambda path: Path(path).name)


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
            f"task {short(text)}: '({rest}' is not understood; allowed: keyword arguments that are numbers, "
            "text in quotes, lists or dictionaries, for example (size=9)"
        ) from None
