"""A file that is built as a recording is: what may be read of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import h5py

from engine.recording.inspection.findings import Findings


@dataclass(frozen=True)
class Contents:
    """What the looks at what a file says have in common.

    Attributes:
        datasets: by their names below `entry`, all that the schema demands.
        version: of the schema, as the file says.
        whole: all data are read, not only the two ends of each dataset.
        live: the file may be growing.
    """

    datasets: Mapping[str, h5py.Dataset]
    version: int
    whole: bool
    found: Findings
    live: bool
