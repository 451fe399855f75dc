"""The disposable process that looks at files from elsewhere: `python -m engine.recording.inspector`.

A request names a `file` and whether to be `thorough`; the answer is a list of defects. HDF5 may crash, hang
or ask for memory here as a hostile file pleases: each file has a process of its own, with limits, and it dies
alone. Plugins are off, nothing can be written, and once the file is open no other file can be opened.
"""

import os
from pathlib import Path
from typing import Any

# Before HDF5 is loaded: no filters from shared libraries. One thread: less address space.
os.environ |= {"HDF5_PLUGIN_PRELOAD": "::", "HDF5_PLUGIN_PATH": os.devnull, "OPENBLAS_NUM_THREADS": "1"}

from engine.recording.inspection.inspect import inspect
from engine.recording.served import no_more_files, serve


def look(request: dict[str, Any]) -> list[dict[str, str]]:
    """The defects of one file."""
    found = inspect(Path(request["file"]), thorough=request["thorough"], opened=no_more_files)
    return [vars(defect) for defect in found]


if __name__ == "__main__":
    serve(look)
