"""The arrays of a task in a NumPy file (.npz), read with care: the file may come from anywhere.

Only known arrays of numbers or text are read, after their declared sizes have been added up; a file that
declares more than it holds, or holds more than it declares, cannot make the program read more. Nothing is
ever unpickled.
"""

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from engine.errors import UserError, one_of
from engine.tasks import size

REQUIRED = ("P", "R", "start", "terminal", "base", "horizon")
OPTIONAL = ("reward_unit", "outcome", "state_names", "action_names", "outcome_names")
KINDS = {"P": "biuf", "R": "biuf", "start": "biuf", "terminal": "biuf", "base": "biuf", "horizon": "iuf"}
KINDS |= {
    "reward_unit": "iuf",
    "outcome": "iuf",
    "state_names": "U",
    "action_names": "U",
    "outcome_names": "U",
}
LONGEST_NAME = 200  # characters
Arrays = Mapping[str, np.ndarray]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """What the file holds. Declared sizes are added up before anything is read.

    Raises:
        UserError: for what is no such file, an array that is unknown, missing, twice there, of a wrong kind,
            or more numbers than a table may have (see `size`).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {}
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                if name not in (*REQUIRED, *OPTIONAL):
                    raise one_of(f"{path.name}: array", name, (*REQUIRED, *OPTIONAL))
                if name in members:
                    raise UserError(f"{path.name}: array {name} is there twice; allowed: once")
                members[name] = entry
            for name in REQUIRED:
                if name not in members:
                    raise UserError(f"{path.name}: array {name} is missing; needed: {', '.join(REQUIRED)}")
            declared = 0
            for name, entry in members.items():
                with archive.open(entry) as member:
                    declared += _declared(member, name, path.name)
            size.check(path.name, {"declared numbers": declared})
            arrays = {}
            for name, entry in members.items():
                with archive.open(entry) as member:
                    arrays[name] = np.asarray(npy.read_array(member, allow_pickle=False))
            return arrays
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, MemoryError) as error:
        # RuntimeError: encrypted, or (NotImplementedError) packed in a way that Python does not know.
        raise UserError(f"{path.name}: not a NumPy file of arrays (.npz): {first_line(error)}") from None


def _declared(member: IO[bytes], name: str, file: str) -> int:
    """Numbers of eight bytes that an array will take, from its header alone."""
    version = npy.read_magic(member)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = header(member)
    if kind.kind not in KINDS[name]:
        raise UserError(
            f"{file}: {name} holds {kind}; allowed: {'text' if KINDS[name] == 'U' else 'numbers'}"
        )
    if kind.kind == "U" and kind.itemsize > 4 * LONGEST_NAME:
        raise UserError(
            f"{file}: {name} holds names of {kind.itemsize // 4} characters; allowed: {LONGEST_NAME}"
        )
    if any(length < 0 for length in shape):
        raise UserError(f"{file}: {name} has shape {shape}; allowed: no negative lengths")
    return math.ceil(math.prod(shape) * kind.itemsize / size.BYTES)


def first_line(error: BaseException) -> str:
    """What an exception says, cut to one line."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
