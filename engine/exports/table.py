"""A recording as a table that any program opens: one line for each step and seed."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.exports.kinds import KINDS, Order, Progress
from engine.exports.opened import opened
from engine.exports.snapshot import Snapshot
from engine.exports.whole import whole

PLACE = (  # the columns before the metrics: name, unit, definition
    ("step", "updates", "Updates done."),
    ("seconds", "s", "Since the run began."),
    ("seed", "", "The replicate."),
)


def write(order: Order, progress: Progress) -> None:
    """Write CSV as `order` says, and beside it what each column means.

    The second file is CSV on the Web (W3C, 2015): `NAME.csv-metadata.json`, found by its name. The table
    itself has no comments, which many readers would take for data.

    Raises:
        UserError: when a recording cannot be read or a file cannot be written.
    """
    with opened(order) as (recording,):
        snapshot = Snapshot(recording, order.first, order.last)
        described = KINDS["csv"].beside(order.out)[0]
        with whole(order.out) as table, whole(described) as metadata:
            _write_lines(snapshot, table, progress)
            metadata.write_text(json.dumps(_described(snapshot, order.out.name), indent=1), encoding="utf-8")


def _write_lines(snapshot: Snapshot, path: Path, progress: Progress) -> None:
    names = [column.name for column in snapshot.layout.columns]
    done = 0
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*(name for name, _, _ in PLACE), *names])
        for steps, seconds, seeds, metrics in lines(snapshot):
            for step, second, seed, values in zip(
                steps.tolist(), seconds.tolist(), seeds.tolist(), metrics.tolist(), strict=True
            ):
                # What was not measured is NaN, the one number that does not equal itself.
                cells = ["" if value != value else repr(value) for value in values]
                writer.writerow([step, f"{second:.6f}", seed, *cells])
            done += len(steps)
            progress(done, snapshot.rows * len(snapshot.layout.seeds))


def lines(
    snapshot: Snapshot,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]]:
    """Some lines at a time, seeds within steps: step [n], seconds [n], seed [n], metrics [n, M]."""
    seeds = np.array(snapshot.layout.seeds, dtype=np.int64)
    for steps, seconds, metrics in snapshot.table():
        yield (
            np.repeat(steps, len(seeds)),
            np.repeat(seconds, len(seeds)),
            np.tile(seeds, len(steps)),
            metrics.reshape(-1, metrics.shape[2]),
        )


def about(snapshot: Snapshot) -> dict[str, Any]:
    """What every table says of where it is from."""
    return {
        "recording": snapshot.path.name,
        "updates": [int(snapshot.steps[0]), snapshot.last_step],
        "run_was_going_on": snapshot.live,
        "provenance": dict(snapshot.layout.provenance),
    }


def _described(snapshot: Snapshot, name: str) -> dict[str, Any]:
    columns = [{"name": name, "datatype": "number", "unit": unit, "dc:description": help}
               for name, unit, help in PLACE]  # fmt: skip
    columns += [
        {
            "name": column.name,
            "titles": column.label,
            "datatype": "number",
            "unit": column.unit,
            "kind": column.kind,
            "dc:description": column.help,
        }
        for column in snapshot.layout.columns
    ]
    context = "http://www.w3.org/ns/csvw"
    return {"@context": context, "url": name, "tableSchema": {"columns": columns}, **about(snapshot)}
