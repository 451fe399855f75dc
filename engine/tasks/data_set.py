"""Where a Minari data set is, and what tells it from another. Nothing here needs torch or HDF5.

Minari keeps a data set as a folder `data` with `main_data.hdf5` and `metadata.json`, in a folder of the data
set's name under ~/.minari/datasets, or under what the variable MINARI_DATASETS_PATH says.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.places import expanded
from engine.specification import DataSet

PREFIX = "minari:"  # of what an experiment says it learns from
FILE, METADATA = "main_data.hdf5", "metadata.json"
READ = 2**20  # bytes of the file's beginning and of its end, by which it is known again


def root() -> Path:
    """Where Minari keeps what is installed."""
    return Path(os.environ.get("MINARI_DATASETS_PATH") or Path.home() / ".minari" / "datasets")


def found(word: str, here: Path) -> DataSet:
    """The data set that ``minari: WORD`` names: of a path, sought from `here`, or else an installed one.

    Raises:
        UserError: when there is none, or it is kept in another format than HDF5.
    """
    word = word.removeprefix(PREFIX).strip()
    for place in (here / expanded(word), root() / word) if word else ():
        for folder in (place / "data", place):
            if (folder / METADATA).is_file():
                return DataSet(str(folder), mark(folder))
    whole = expanded(word).is_absolute()
    sought = "no data set is there" if whole else f"no folder of it in {here} or {root()}"
    raise UserError(
        f"data set '{word}': {sought}; allowed: after {PREFIX} the path of a "
        "Minari data set or the name of one that is installed, for example cartpole/random-v0"
    )


def mark(folder: Path) -> str:
    """Sixteen digits that change where the data set does: of its description, size, first and last bytes.

    Raises:
        UserError: when it cannot be read, or is kept in another format than HDF5.
    """
    kept = metadata(folder).get("data_format", "hdf5")
    if kept != "hdf5":
        raise UserError(f"data set {folder}: its episodes are kept as {kept}; allowed: hdf5")
    digest = hashlib.sha256((folder / METADATA).read_bytes())
    try:
        with (folder / FILE).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            digest.update(str(size).encode())
            for start in (0, max(0, size - READ)):
                file.seek(start)
                digest.update(file.read(READ))
    except OSError as error:
        raise UserError(f"data set {folder}: {FILE}: {error.strerror}") from None
    return digest.hexdigest()[:16]


def metadata(folder: Path) -> dict[str, Any]:
    """What the data set says of itself.

    Raises:
        UserError: when it says nothing that can be read.
    """
    try:
        said = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"data set {folder}: {METADATA}: {error.strerror}") from None
    except ValueError:
        raise UserError(f"data set {folder}: {METADATA} is not JSON") from None
    if not isinstance(said, dict):
        raise UserError(f"data set {folder}: {METADATA} is no table of JSON")
    return said
