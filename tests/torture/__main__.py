"""Everything that can be done to a recording, at length: `make torture`.

As many parts run side by side as there are cores. Their counts go to standard output as they come and, with
--report, once all are there, into the table of docs/reliability.md.
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recording"))

import crash_points
import recording_samples as samples

from tests.torture import cuts, kills, report, worker_kills

Part = Callable[[Path], dict[str, Any]]  # takes an empty folder, returns counts


def crashes(folder: Path) -> dict[str, Any]:
    """Recovery that dies at each of its acts, started again."""
    samples.write(folder / "sample.journal", 25)
    return {"crashes": crash_points.main(folder, 25, 1)}


def parts(options: argparse.Namespace) -> dict[str, tuple[str, Part]]:
    """Everything there is to do, by its short name; what takes longest comes first."""
    seed = options.seed
    return {
        "kills": (
            "SIGKILL of run, recorder, both, recovery",
            partial(kills.kills, count=options.kills, seed=seed),
        ),
        "workers": (
            "the same of a real worker with a real learner",
            partial(worker_kills.worker_kills, count=options.worker_kills, seed=seed),
        ),
        "power": ("power cuts", partial(cuts.power_cuts, count=options.power_cuts, seed=seed)),
        "prefixes": (
            "journal after every write, and cut at each of its last bytes",
            partial(cuts.write_prefixes, seed=seed),
        ),
        "full": ("disk full at the n-th write or sync, then freed", cuts.full_disks),
        "hdf5": ("live HDF5 file after every write", partial(cuts.hdf5_prefixes, rows=120)),
        "recovery": ("recovery that dies at each of its acts", crashes),
        "small": ("a real file system of 3 MiB, filled, then freed", cuts.small_file_system),
    }


def main() -> int:
    """Run it; the first row that is lost or wrong ends it with a traceback, and nothing is reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--worker-kills", type=int, default=50)
    parser.add_argument("--power-cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", nargs="*", help="short names of parts; default: all")
    which.add_argument("--report", type=Path, help="write the table into this page")
    options = parser.parse_args()
    chosen = {name: part for name, part in parts(options).items() if name in (options.only or [name])}
    began, loads = time.monotonic(), []
    lines: dict[str, str] = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(one, *part): name for name, part in chosen.items()}
        for done in as_completed(running):
            lines[running[done]] = done.result()
            loads.append(os.getloadavg()[0])
            print(done.result(), flush=True)
    if options.report:
        arguments = [word for word in sys.argv[1:] if word not in ("--report", str(options.report))]
        command = " ".join(["python -m tests.torture", *arguments])
        head = [
            *report.circumstances(command, float(np.mean(loads))),
            f"{(time.monotonic() - began) / 60:.0f} minutes, {os.cpu_count()} parts side by side.",
            "Every row was checked bit for bit; the first lost or wrong one would have ended the program.",
            "",
            "| what was done | counts | took |",
            "| --- | --- | --- |",
        ]
        report.put(options.report, "torture", [*head, *(lines[name] for name in chosen)])
    return 0


def one(what: str, part: Part) -> str:
    """Run one part; its line of the table."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, _quiet():
        counts = part(Path(folder))
    told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in counts.items())
    return f"| {what} | {told} | {time.monotonic() - began:.0f} s |"


@contextlib.contextmanager
def _quiet() -> Any:
    """What recorders say of damage that was made on purpose is not shown."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


if __name__ == "__main__":
    sys.exit(main())
