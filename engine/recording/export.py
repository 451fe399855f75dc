"""A recording as a table that any program opens."""

import csv
import os
from pathlib import Path

from engine.errors import UserError
from engine.recording.reader import Recording


def to_csv(recording: Recording, path: Path, first: int | None = None, last: int | None = None) -> None:
    """Write one line for each step and seed: step, seconds, seed and every metric.

    Args:
        first, last: the steps to write, both included; all where left out.
        path: written whole or not at all. A metric that was not measured is an empty cell.

    Raises:
        UserError: when the file cannot be written.
    """
    names = [column.name for column in recording.layout.columns]
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["step", "seconds", "seed", *names])
            rows = (row for some in recording.table() for row in zip(*some, strict=True))
            for step, second, metrics in rows:
                if (first is not None and step < first) or (last is not None and step > last):
                    continue
                for place, seed in enumerate(recording.layout.seeds):
                    cells = ("" if value != value else repr(float(value)) for value in metrics[place])  # NaN
                    writer.writerow([int(step), f"{second:.6f}", seed, *cells])
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True) if partial.parent.is_dir() else None
        raise UserError(f"cannot write {path}: {error.strerror}") from None
