"""A recording as Parquet: typed columns that know their units, for pandas, Polars, DuckDB, Arrow.

Through pyarrow, which is an extra: it is the reference implementation, has no dependencies of its own and
keeps metadata on every column; it is also 50 MB, which nobody who wants only CSV should have to install.
"""

import json

import numpy as np

from engine.exports.kinds import Order, Progress
from engine.exports.opened import opened
from engine.exports.snapshot import Snapshot
from engine.exports.table import PLACE, about, lines
from engine.exports.whole import whole


def write(order: Order, progress: Progress) -> None:
    """Write Parquet as `order` says. A metric that was not measured is null.

    The schema's metadata hold provenance (JSON under `supertask`), a column's its `unit`, `label`, `kind`
    and `help`.

    Raises:
        UserError: when the recording cannot be read or the file cannot be written.
    """
    import pyarrow
    from pyarrow import parquet

    with opened(order) as (recording,):
        snapshot = Snapshot(recording, order.first, order.last)
        types = (pyarrow.int64(), pyarrow.float64(), pyarrow.int64())
        fields = [
            pyarrow.field(name, kind, nullable=False, metadata={"unit": unit, "help": help})
            for (name, unit, help), kind in zip(PLACE, types, strict=True)
        ]
        for column in snapshot.layout.columns:
            said = {"unit": column.unit, "label": column.label, "kind": column.kind, "help": column.help}
            fields.append(pyarrow.field(column.name, pyarrow.float64(), metadata=said))
        schema = pyarrow.schema(fields, metadata={"supertask": json.dumps(about(snapshot))})
        done = 0
        with whole(order.out) as path, parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for step, seconds, seed, metrics in lines(snapshot):
                columns = [pyarrow.array(values) for values in (step, seconds, seed)]
                columns += [pyarrow.array(values, mask=np.isnan(values)) for values in metrics.T]
                writer.write_batch(pyarrow.record_batch(columns, schema=schema))
                done += len(step)
                progress(done, snapshot.rows * len(snapshot.layout.seeds))
