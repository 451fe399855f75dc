"""Three readers on a run that writes, for hours: `python -m tests.torture.soak --hours 0.5`.

One process writes rows that carry a checksum of themselves; its recorder is killed now and then. Beside
it read, each in a process of its own: this program's reader, plain h5py in SWMR mode, and xarray through
h5netcdf. Every row that a reader believes is checked. The last line is one JSON object.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from engine.errors import UserError
from engine.recording.files import Files
from engine.recording.journal import JournalWriter
from engine.recording.reader import Recording
from engine.recording.supervisor import RecorderSupervisor
from tests.torture import soak_rows

PER_SECOND = 50
MISSING = (OSError, KeyError, RuntimeError, ValueError)  # a file that is being replaced just now
Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # steps, metrics, policies


def write(path: Path, hours: float, kill_every: float) -> dict[str, Any]:
    """Write rows for so long, with a recorder beside that is killed now and then."""
    random_rows, chance = np.random.default_rng(0), random.Random(0)
    journal = JournalWriter(Files.of(path).journal, soak_rows.layout(), lossless=True)
    supervisor = RecorderSupervisor(Files.of(path).journal)
    began = time.monotonic()
    kill_at = began + chance.uniform(0.5, 1.5) * kill_every
    step = 0
    while (now := time.monotonic()) < began + hours * 3600:
        journal.row(soak_rows.row(step, random_rows))
        step += 1
        supervisor.check()
        if now > kill_at:
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor.pid, signal.SIGKILL)
            kill_at = now + chance.uniform(0.5, 1.5) * kill_every
        time.sleep(max(0.0, began + step / PER_SECOND - time.monotonic()))
    journal.close()
    finished = supervisor.finish(600)
    return {
        "rows": step,
        "recorders_killed": supervisor.restarts,
        "hangs": supervisor.hangs,
        "finished": finished,
    }


def ours(path: Path) -> Iterator[Chunk]:
    """This program's reader, kept open from the first row to the finished file."""
    recording = None
    while recording is None:
        with contextlib.suppress(UserError):
            recording = Recording.open(path)
        time.sleep(0.05)
    names = [column.name for column in recording.layout.columns]
    known = 0
    while True:
        recording.refresh()
        rows = recording.rows
        metrics = np.stack([recording.metric(name)[known:rows] for name in names], axis=-1)
        steps = np.array(recording.steps[known:rows])
        policies = [
            recording.policy(known + i) for i, step in enumerate(steps) if step % soak_rows.POLICY_EVERY == 0
        ]
        yield steps, metrics, np.array(policies)
        known = rows
        time.sleep(0.03)


def plain(path: Path) -> Iterator[Chunk]:
    """h5py alone, as in a notebook: SWMR, believing only what lies below the commit counter."""
    known = policies = 0
    while True:
        files = Files.of(path)
        live = not files.final.exists()
        with (
            contextlib.suppress(*MISSING),
            h5py.File(files.part if live else files.final, "r", swmr=live, locking=False) as file,
        ):
            entry = file["entry"]
            identity = files.part.stat().st_ino if live else 0
            while True:
                # The counter is read first: the datasets, refreshed after it, are at least as long.
                if live:
                    entry["commit"].refresh()
                rows, kept = (int(count) for count in entry["commit"][:2])
                for name in ("step", "metrics", "policy") if live else ():
                    entry[name].refresh()
                rows, kept = max(rows, known), max(kept, policies)  # a new recorder has to catch up first
                yield entry["step"][known:rows], entry["metrics"][known:rows], entry["policy"][policies:kept]
                known, policies = rows, kept
                time.sleep(0.03)
                if not live or files.part.stat().st_ino != identity:
                    break
        time.sleep(0.05)


def xarray(path: Path) -> Iterator[Chunk]:
    """xarray through h5netcdf, opened anew at each look."""
    import xarray as xr

    warnings.simplefilter("ignore")  # scales that are not netCDF's: h5netcdf says so at each opening
    known = policies = 0
    while True:
        files = Files.of(path)
        live = not files.final.exists()
        options: dict[str, Any] = {
            "group": "entry",
            "engine": "h5netcdf",
            "phony_dims": "access",
            "driver_kwds": {"swmr": live, "locking": False},
            "cache": False,
        }
        place = files.part if live else files.final
        with contextlib.suppress(*MISSING):
            # The counter first, the data from an opening after it: h5netcdf fills up with zeros what a
            # dataset of an earlier opening lacks.
            with xr.open_dataset(place, **options) as data:
                rows, kept = (int(count) for count in data["commit"][:2])
            with xr.open_dataset(place, **options) as data:
                if rows >= known and kept >= policies:
                    yield (
                        data["step"][known:rows].values,
                        data["metrics"][known:rows].values,
                        data["policy"][policies:kept].values,
                    )
                    known, policies = rows, kept
        time.sleep(0.5)


READERS = {"ours": ours, "plain": plain, "xarray": xarray}


def read(kind: str, path: Path) -> dict[str, Any]:
    """Check every row that a reader believes, until the finished file has been read to its end."""
    rows = bad = looks = 0
    began = time.monotonic()
    for steps, metrics, policies in READERS[kind](path):
        looks += 1
        bad += soak_rows.wrong(rows, steps, metrics, policies)
        rows += len(steps)
        end = path.with_suffix(".end")
        if end.exists() and rows >= int(end.read_text() or 10**18):
            break
    return {"rows": rows, "wrong": bad, "looks": looks, "hours": round((time.monotonic() - began) / 3600, 3)}


def soak(folder: Path, hours: float, kill_every: float) -> dict[str, Any]:
    """Writer and readers side by side; what each of them counted."""
    path = folder / "soak.h5"
    common = [sys.executable, "-m", "tests.torture.soak", "--path", str(path)]
    readers = {
        kind: subprocess.Popen([*common, "--role", kind], stdout=subprocess.PIPE, text=True)
        for kind in READERS
    }
    written = write(path, hours, kill_every)
    path.with_suffix(".end").write_text(str(written["rows"]))
    result: dict[str, Any] = {"hours": hours, "writer": written}
    for kind, process in readers.items():
        said, _ = process.communicate(timeout=300)
        result[kind] = json.loads(said.splitlines()[-1])
    return result


def main() -> int:
    """Run it; 1 where a wrong row was seen or a reader missed one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument(
        "--kill-every", type=float, default=60.0, help="seconds between two kills of the recorder"
    )
    parser.add_argument("--path", type=Path)
    parser.add_argument("--role", choices=READERS)
    options = parser.parse_args()
    if options.role:
        print(json.dumps(read(options.role, options.path)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        result = soak(Path(folder), options.hours, options.kill_every)
    print(json.dumps(result))
    complete = all(result[kind]["rows"] == result["writer"]["rows"] for kind in READERS)
    return int(not complete or any(result[kind]["wrong"] for kind in READERS))


if __name__ == "__main__":
    sys.exit(main())
