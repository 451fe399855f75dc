"""Three readers of a run that writes, each as its users would write it.

A look takes how many rows and policies are known and returns what is new below the commit counter.
"""

import os
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.recording.files import Files
from engine.recording.reader import Recording

Chunk = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # steps [n], metrics [n, S, M], policies [k, …]


class Reader(Protocol):
    """Made with the recording's files."""

    def __init__(self, files: Files) -> None: ...
    def look(self, rows: int, policies: int) -> Chunk:
        """What is new. May raise what h5py raises for a file that is being replaced."""


class Ours:
    """This program's reader, kept open from the first row to the finished file."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._recording: Recording | None = None

    def look(self, rows: int, policies: int) -> Chunk:
        if self._recording is None:
            self._recording = Recording.open(self._files.final)
        recording = self._recording
        recording.refresh()
        steps = recording.read_steps(rows, recording.rows)
        new = np.array([recording.policy(row) for row in recording.policy_rows[policies:].tolist()])
        return steps, recording.read_metrics(rows, recording.rows), new


class Plain:
    """h5py alone in SWMR mode, as in a notebook: one opening for as long as the file is the same."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._file: h5py.File | None = None
        self._identity: os.stat_result | None = None

    def look(self, rows: int, policies: int) -> Chunk:
        live = not self._files.final.exists()
        place = self._files.part if live else self._files.final
        found = place.stat()
        if self._file is None or self._identity is None or not os.path.samestat(found, self._identity):
            if self._file is not None:
                self._file.close()
            self._file, self._identity = h5py.File(place, "r", swmr=live, locking=False), found
        entry = self._file["entry"]
        if live:
            entry["commit"].refresh()
        count, kept = entry["commit"][:2]
        if live:
            for name in ("step", "metrics", "policy"):
                entry[name].refresh()
        return entry["step"][rows:count], entry["metrics"][rows:count], entry["policy"][policies:kept]


class Xarray:
    """xarray through h5netcdf, on an h5py file opened anew for each look: the counter first."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def look(self, rows: int, policies: int) -> Chunk:
        import xarray as xr

        live = not self._files.final.exists()
        place = self._files.part if live else self._files.final
        with h5py.File(place, "r", swmr=live, locking=False) as file:
            count, kept = file["entry/commit"][:2]
            with xr.open_dataset(file, group="entry", engine="h5netcdf", phony_dims="access") as data:
                new = data.isel(step=slice(rows, count), policy_row=slice(policies, kept))
                return new["step"].values, new["metrics"].values, new["policy"].values


READERS: dict[str, tuple[type[Reader], float, str]] = {  # class, seconds between two looks, name
    "ours": (Ours, 0.05, "this program's"),
    "plain": (Plain, 0.05, "h5py, SWMR"),
    "xarray": (Xarray, 0.5, "xarray through h5netcdf"),
}
