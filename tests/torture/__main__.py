"""Everything that can be done to a recording, at length: `make torture`.

Counts go to standard output as they come and, with --report, into the table of docs/reliability.md.
"""

import argparse
import contextlib
import io
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recording"))

import crash_points
import recording_samples as samples

from tests.torture import cuts, kills

BEGIN, END = "<!-- torture begins -->", "<!-- torture ends -->"


def crashes(folder: Path) -> dict[str, Any]:
    """Recovery that dies at each of its acts, started again."""
    samples.write(folder / "sample.journal", 25)
    return {"crashes": crash_points.main(folder, 25, 1)}


def main() -> int:
    """Run it; the first row that is lost or wrong ends it with a traceback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--power-cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="names of the rows to run; default: all")
    parser.add_argument("--report", type=Path, help="write the table into this file")
    options = parser.parse_args()
    seed = options.seed
    tests: dict[str, tuple[str, Callable[[Path], dict[str, Any]]]] = {
        "prefixes": (
            "journal after every write, cut at every byte",
            lambda f: cuts.write_prefixes(f, seed),
        ),
        "power": ("power cuts", lambda f: cuts.power_cuts(f, options.power_cuts, seed)),
        "full": ("disk full at the n-th write or sync, then freed", cuts.full_disks),
        "small": ("a real file system of 3 MiB, filled, then freed", cuts.small_file_system),
        "hdf5": ("live HDF5 file after every write", lambda f: cuts.hdf5_prefixes(f, 120)),
        "recovery": ("recovery that dies at each of its acts", crashes),
        "kills": ("SIGKILL of run, recorder, both, recovery", lambda f: kills.kills(f, options.kills, seed)),
    }
    lines = []
    for name, (what, test) in tests.items():
        if options.only and name not in options.only:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, _quiet():
            counts = test(Path(folder))
        seconds = time.monotonic() - began
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in counts.items())
        lines.append(f"| {what} | {told} | {seconds:.0f} s |")
        print(lines[-1], flush=True)
    if options.report:
        _report(options.report, lines, " ".join(sys.argv[1:]))
    return 0


@contextlib.contextmanager
def _quiet() -> Any:
    """What recorders say of damage that was made on purpose is not shown."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def _report(path: Path, lines: list[str], options: str) -> None:
    """Put the table between its two marks."""
    text = path.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    versions = f"Python {platform.python_version()}, h5py {version('h5py')}, HDF5 {h5py.version.hdf5_version}"
    head = [
        f"`python -m tests.torture {options}`, {datetime.now(UTC):%Y-%m-%d}, {machine}, {versions}.",
        "Every row was checked bit for bit; the first that is lost or wrong would have ended the program.",
        "",
        "| what was done | counts | took |",
        "| --- | --- | --- |",
    ]
    path.write_text(f"{before}{BEGIN}\n" + "\n".join([*head, *lines]) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
