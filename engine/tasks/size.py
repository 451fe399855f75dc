"""How large the exact tables of a task may get: told before they are built, and refused beyond a limit.

Memory and time grow as horizon × states × actions × return levels. One number bounds each array; a few
arrays of that size are held at a time, eight bytes an entry.
"""

import math
import os
from collections.abc import Mapping

from engine.errors import UserError

VARIABLE = "SUPERTASK_LARGEST_TABLE"
DEFAULT = 100_000_000  # entries; 0.8 GB an array
BYTES = 8


def largest() -> int:
    """Entries that one array may have: the environment variable, or the default.

    Raises:
        UserError: when the variable is no whole number from 1.
    """
    said = os.environ.get(VARIABLE, "")
    if not said:
        return DEFAULT
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not (number >= 1 and math.isfinite(number)):
        raise UserError(f"{VARIABLE} is '{said}'; allowed: a number of entries from 1, for example 4e8")
    return int(number)


def check(where: str, factors: Mapping[str, int]) -> None:
    """Refuse an array with so many entries along each of its axes.

    Raises:
        UserError: one line with the product, its memory, the limit, and how to raise it.
    """
    entries = math.prod(factors.values())
    most = largest()
    if entries > most:
        product = " × ".join(f"{count:,} {what}" for what, count in factors.items())
        raise UserError(
            f"{where}: {product} make {entries:,} entries ({entries * BYTES / 1e9:.2g} GB an array); "
            f"allowed: {most:,}; take fewer, or raise the limit with the environment variable "
            f"{VARIABLE}={entries}"
        )
