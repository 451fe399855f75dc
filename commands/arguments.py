"""Arguments that several verbs share. Their own readers, so that a mistake is answered in one plain line."""

import math
from pathlib import Path
from typing import Annotated

import tyro

from engine.errors import UserError


def whole(words: list[str]) -> int:
    if not words[0].isdigit() or int(words[0]) < 1:
        raise ValueError(f"'{words[0]}'; allowed: whole numbers from 1")
    return int(words[0])


def real(words: list[str]) -> float:
    try:
        number = float(words[0])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"'{words[0]}'; allowed: a number")
    return number


def assignment(text: str) -> tuple[str, str]:
    """What `--set KNOB=VALUE` says."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"--set {text}: allowed: KNOB=VALUE, for example --set learning_rate=0.1")
    return name.strip(), value.strip()


def count(left_out: str) -> tyro.constructors.PrimitiveConstructorSpec[int]:
    """A whole number from 1, and what holds in words where none is given: a list of them, for a text with
    spaces in it would be quoted in the help."""
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N",
        instance_from_str=whole,
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: [str(value)] if value else left_out.split(),
    )


# A folder that is made where none is named.
NewFolder = Annotated[
    Path | None,
    tyro.conf.arg(metavar="DIR", help_behavior_hint="(default: a new one where the app keeps its own)"),
]

# Numbers that may be left out.
Count = Annotated[int, count("as the experiment says")]
Number = Annotated[
    float,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="X",
        instance_from_str=real,
        is_instance=lambda value: isinstance(value, float),
        str_from_instance=lambda value: ["not", "asked"] if math.isnan(value) else [f"{value:g}"],
    ),
]


def pair_or_real(words: list[str]) -> float | tuple[float, float]:
    first, comma, second = words[0].partition(",")
    return (real([first]), real([second])) if comma else real(words)


Target = Annotated[
    float | tuple[float, float],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="G",
        instance_from_str=pair_or_real,
        is_instance=lambda value: isinstance(value, float | tuple),
        str_from_instance=lambda value: ["not", "asked"] if value != value else [str(value)],
    ),
]


def seed_list(words: list[str]) -> tuple[int, ...]:
    parts = words[0].split(",")
    if not all(part.isdigit() for part in parts):
        raise ValueError(f"'{words[0]}'; allowed: seeds with commas between them, for example 0,3")
    return tuple(int(part) for part in parts)


Seeds = Annotated[
    tuple[int, ...],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N,N",
        instance_from_str=seed_list,
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=lambda value: [",".join(map(str, value)) or "all"],
    ),
]
