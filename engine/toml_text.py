"""TOML files that people write: read them, and name the line of what is wrong with them."""

import re
import tomllib
from typing import Any

from engine.errors import UserError

Place = tuple[str | int, ...]  # keys and numbers from the top, such as ("runs", 0, "knobs", "target")


class StatementError(UserError):
    """One thing that a file says and should not.

    Attributes:
        place: where it stands.
        line: its line from 1, where it can be told.
        said: what is wrong with it and what is allowed, without file, line and key.
    """

    def __init__(self, file: str, text: str, place: Place, said: str) -> None:
        self.place, self.said = place, said
        self.line = _line_of_place(text, place)
        key = next(part for part in reversed(place) if isinstance(part, str))
        super().__init__(f"{file}{f' line {self.line}' if self.line else ''}: {key} {said}")


def _line_of_place(text: str, place: Place) -> int | None:
    """The line of the innermost key that begins one: a knob in an inline table stands on the table's."""
    within = (str(place[0]), int(place[1])) if len(place) > 2 else None
    keys = place[2:] if within else place[:1]
    lines = (line_of(text, str(key), within) for key in reversed(keys))
    return next((line for line in lines if line), None)


def parse(text: str, where: str) -> dict[str, Any]:
    """The data of a TOML text. `where` is what to call it.

    Raises:
        UserError: when it is not TOML; the message names line and column.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UserError(f"{where}: not TOML: nested too deeply") from None
    except ValueError as error:  # a decoding error, or a number of thousands of digits
        raise UserError(f"{where}: not TOML: {error}") from None


def line_of(text: str, key: str, within: tuple[str, int] | None = None) -> int | None:
    """The line, from 1, where `key` is set or heads a table; None when it cannot be told.

    Args:
        within: look in this table of a list, such as ("runs", 0) for the first `[[runs]]`, and then in
            what precedes every list.
    """
    pattern = re.compile(rf"""\s*(\[+\s*)?(["']?){re.escape(key)}\2\s*(\]+|=)""")
    lines = list(enumerate(text.splitlines(), start=1))
    if within is not None:
        name, place = within
        heads = [number for number, (_, line) in enumerate(lines) if re.match(r"\s*\[\[", line)]
        own = [head for head in heads if re.match(rf"\s*\[\[\s*{name}\s*\]\]", lines[head][1])]
        if place < len(own):
            end = next((head for head in heads if head > own[place]), len(lines))
            lines = lines[own[place] : end] + lines[: heads[0]]
    return next((number for number, line in lines if pattern.match(line)), None)
