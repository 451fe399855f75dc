"""A person's own task: tables in a NumPy file (see `table_file`), or drawn in a TOML file::

kind = "grid"
horizon = 14
slip = 0.1          # optional: chance that a move goes to one of its two sides, half each
map = \"\"\"
a.....b
S..S...
\"\"\"                 # several S: each start as likely as any other

[exits]             # what each exit pays; entering it ends the episode
a = 1.0
b = 0.5

[base]              # optional; without it the base moves at random
right = 2.0         # weights of up, down, left, right; 1 where nothing is said
toward = "a"        # weighs each move by exp(-strength * steps from there to the nearest of these exits)
strength = 0.5      # 1 where nothing is said
"""

import math
import textwrap
from pathlib import Path
from typing import Any

from engine import toml_text
from engine.errors import UserError, one_of
from engine.tasks import table_file
from engine.tasks.grid import MOVE_NAMES, RANDOM, grid_task, reward_unit
from engine.tasks.tabular import TabularTask
from engine.tasks.walk import Walk

REQUIRED = ("kind", "horizon", "map", "exits")
ALLOWED = ("kind", "horizon", "map", "slip", "exits", "base")
BASE = (*MOVE_NAMES, "toward", "strength")
STRONGEST = 100.0  # beyond it exp() leaves nothing of the other moves
ENDINGS = (".toml", ".npz")
KINDS = ("grid",)
LONGEST_HORIZON = 10_000
MOST_CELLS = 10_000
LARGEST_FILE = 1_000_000  # bytes


def is_path(word: str) -> bool:
    """Whether a task's name is the path of a file."""
    return word.endswith(ENDINGS)


def read(path: str | Path) -> tuple[str, str]:
    """Read a task file: (name, text); the name is the file's name without its ending.

    The text of a drawing is the file's; that of tables is their canonical form.

    Raises:
        UserError: when it cannot be read as text.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return path.stem, table_file.read(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path}: larger than a task file may be; allowed: {LARGEST_FILE:,} bytes")
        return path.stem, path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not text; allowed: a TOML file in UTF-8") from None


def parse(text: str, name: str) -> TabularTask:
    """Build the task that `text` describes.

    Raises:
        UserError: for anything malformed; the message names line, key and what is allowed.
    """
    if table_file.is_table(text):
        return table_file.parse(text, name)
    data = toml_text.parse(text, f"task {name}")
    for key in data:
        if key not in ALLOWED:
            raise one_of(f"task {name}{_line(text, key)}: key", key, ALLOWED)
    for key in REQUIRED:
        if key not in data:
            raise UserError(f"task {name}: key '{key}' is missing; needed: {', '.join(REQUIRED)}")
    if data["kind"] not in KINDS:
        raise one_of(f"task {name}{_line(text, 'kind')}: kind", str(data["kind"]), KINDS)
    return grid_task(
        name,
        _map(data["map"], text, name),
        _exits(data["exits"], text, name),
        _horizon(data["horizon"], text, name),
        slip=_slip(data.get("slip", 0.0), text, name),
        help=f"A task drawn in {name}.toml.",
        walk=_walk(data["base"], data["exits"], text, name) if "base" in data else RANDOM,
    )


def _line(text: str, key: str) -> str:
    """Where `key` is set, as ", line 3"; empty when it cannot be told."""
    number = toml_text.line_of(text, key)
    return "" if number is None else f", line {number}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _horizon(value: Any, text: str, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LONGEST_HORIZON:
        raise UserError(
            f"task {name}{_line(text, 'horizon')}: horizon is {value!r}; "
            f"allowed: whole numbers from 1 to {LONGEST_HORIZON}"
        )
    return value


def _slip(value: Any, text: str, name: str) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise UserError(f"task {name}{_line(text, 'slip')}: slip is {value!r}; allowed: numbers from 0 to 1")
    return float(value)


def _exits(value: Any, text: str, name: str) -> dict[str, float]:
    if not isinstance(value, dict) or not value:
        raise UserError(
            f"task {name}{_line(text, 'exits')}: exits is {value!r}; "
            "allowed: a table of what each exit pays, for example a = 1.0"
        )
    for mark, payment in value.items():
        if not _is_number(payment):
            raise UserError(
                f"task {name}{_line(text, mark)}: exit '{mark}' pays {payment!r}; allowed: a finite number"
            )
    exits = {mark: float(payment) for mark, payment in value.items()}
    try:
        reward_unit(list(exits.values()))
    except UserError as error:
        raise UserError(f"task {name}{_line(text, 'exits')}: {error}") from None
    return exits


def _walk(value: Any, exits: dict[str, float], text: str, name: str) -> Walk:
    if not isinstance(value, dict):
        raise UserError(
            f"task {name}{_line(text, 'base')}: base is {value!r}; allowed: a table with {', '.join(BASE)}"
        )
    for key in value:
        if key not in BASE:
            raise one_of(f"task {name}{_line(text, key)}: key", key, BASE)
    weights = [value.get(move, 1.0) for move in MOVE_NAMES]
    for move, weight in zip(MOVE_NAMES, weights, strict=True):
        if not _is_number(weight) or weight < 0:
            raise UserError(
                f"task {name}{_line(text, move)}: weight of {move} is {weight!r}; allowed: numbers from 0"
            )
    if not any(weights):
        raise UserError(
            f"task {name}{_line(text, 'base')}: all weights of the base are 0; allowed: at least one above 0"
        )
    toward = value.get("toward", "")
    if not isinstance(toward, str) or any(mark not in exits for mark in toward):
        raise UserError(
            f"task {name}{_line(text, 'toward')}: toward is {toward!r}; "
            f"allowed: exits in quotes, of {', '.join(exits)}"
        )
    strength = value.get("strength", 1.0)
    if not _is_number(strength) or not 0 <= strength <= STRONGEST:
        raise UserError(
            f"task {name}{_line(text, 'strength')}: strength is {strength!r}; "
            f"allowed: numbers from 0 to {STRONGEST:g}"
        )
    up, down, left, right = map(float, weights)
    return Walk((up, down, left, right), toward, float(strength))


def _map(value: Any, text: str, name: str) -> str:
    if not isinstance(value, str):
        raise UserError(
            f"task {name}{_line(text, 'map')}: map is {value!r}; "
            "allowed: a multi-line string of '.', '#', 'S' and exits"
        )
    # The whole drawing may be indented, and may start or end with empty lines.
    drawing = "\n".join(line.rstrip() for line in textwrap.dedent(value).splitlines()).strip("\n")
    if len(drawing) > MOST_CELLS:
        raise UserError(f"task {name}{_line(text, 'map')}: map is too large; allowed: {MOST_CELLS} cells")
    return drawing
