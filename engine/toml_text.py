"""TOML files that people write: read them, and name the line of what is wrong with them."""

import re
import tomllib
from typing import Any

from engine.errors import UserError


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


def line_of(text: str, key: str, run: int | None = None) -> int | None:
    """The line, from 1, where `key` is set or heads a table; None when it cannot be told.

    Args:
        run: look in this `[[runs]]` table, counted from 0, and then in what precedes the first one.
    """
    pattern = re.compile(rf"""\s*(\[+\s*)?(["']?){re.escape(key)}\2\s*(\]+|=)""")
    lines = list(enumerate(text.splitlines(), start=1))
    if run is not None:
        headers = [place for place, (_, line) in enumerate(lines) if re.match(r"\s*\[\[\s*runs\s*\]\]", line)]
        if run < len(headers):
            begin, end = headers[run], [*headers, len(lines)][run + 1]
            lines = lines[begin:end] + lines[: headers[0]]
    return next((number for number, line in lines if pattern.match(line)), None)
