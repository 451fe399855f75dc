"""Three readers on a run that writes, for hours: `python -m tests.torture.soak --hours 8`.

One process writes rows that carry a checksum of themselves; its recorder is killed now and then. Beside it
read, each in a process of its own, the readers of `soak_readers`. Every row that a reader believes is
checked. Once a minute the counts so far are printed and, with --report, written into that page, so that a
soak that is cut short has told what it saw.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UserError
from engine.recording.files import Files
from engine.recording.journal import JournalWriter
from engine.recording.supervisor import RecorderSupervisor
from tests.torture import report, soak_rows
from tests.torture.soak_readers import READERS

PER_SECOND = 50
TELL_SECONDS = 60.0
PATIENCE = 600.0  # seconds for the readers to reach the end of the finished file
MISSING = (OSError, KeyError, RuntimeError, ValueError, UserError)  # a file that is being replaced just now
Counts = dict[str, Any]


def write(path: Path, hours: float, kill_every: float, tell: Callable[[Counts], None]) -> Counts:
    """Write rows for so long, with a recorder beside that is killed now and then."""
    random_rows, chance = np.random.default_rng(0), random.Random(0)
    journal = JournalWriter(Files.of(path).journal, soak_rows.layout(), lossless=True)
    supervisor = RecorderSupervisor(Files.of(path).journal)
    began = told = time.monotonic()
    kill_at = began + chance.uniform(0.5, 1.5) * kill_every
    step = 0

    def counts() -> Counts:
        hours_written = (time.monotonic() - began) / 3600
        return {
            "hours": hours_written,
            "rows": step,
            "killed": supervisor.restarts,
            "hangs": supervisor.hangs,
        }

    while (now := time.monotonic()) < began + hours * 3600:
        journal.row(soak_rows.row(step, random_rows))
        step += 1
        supervisor.check()
        if now > kill_at:
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor.pid, signal.SIGKILL)
            kill_at = now + chance.uniform(0.5, 1.5) * kill_every
        if now > told + TELL_SECONDS:
            told = now
            tell(counts())
        time.sleep(max(0.0, began + step / PER_SECOND - time.monotonic()))
    written = counts()
    journal.close()
    if not supervisor.finish(PATIENCE):
        raise TimeoutError("the recorder did not finish")
    return written


def read(kind: str, path: Path) -> None:
    """Check every row that a reader believes, until the finished file has been read to its end. The counts
    so far stand in a file of their own."""
    reader_class, pause, name = READERS[kind]
    files = Files.of(path)
    reader = reader_class(files)
    end, mine = _end(path), _counts(path, kind)
    policies = 0
    counts = {"rows": 0, "wrong": 0, "looks": 0, "refused": 0}
    while not (end.exists() and counts["rows"] >= int(end.read_text())):
        counts["looks"] += 1
        try:
            steps, metrics, new = reader.look(counts["rows"], policies)
        except MISSING:
            counts["refused"] += 1
        else:
            if wrong := soak_rows.wrong(counts["rows"], steps, metrics, new):
                sys.stderr.write(
                    f"{name}: row {counts['rows'] + wrong[0]} and {len(wrong) - 1} more of {len(steps)} are "
                    f"wrong; {int((metrics == 0).all(axis=(1, 2)).sum())} are zeros; {len(new)} policies\n"
                )
            counts["wrong"] += len(wrong)
            counts["rows"] += len(steps)
            policies += len(new)
        _replace(mine, json.dumps(counts))
        time.sleep(pause)


def soak(folder: Path, hours: float, kill_every: float, tell: Callable[[Counts], None]) -> Counts:
    """Writer and readers side by side; what each of them counted."""
    path = folder / "soak.h5"
    common = [sys.executable, "-m", "tests.torture.soak", "--path", str(path), "--role"]
    readers = {kind: subprocess.Popen([*common, kind]) for kind in READERS}

    def seen(written: Counts) -> Counts:
        return written | {kind: _load(_counts(path, kind)) for kind in READERS}

    try:
        written = write(path, hours, kill_every, lambda so_far: tell(seen(so_far)))
        _replace(_end(path), str(written["rows"]))
        deadline = time.monotonic() + PATIENCE
        for process in readers.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for process in readers.values():
            process.kill()
            process.wait()
    return seen(written)


def table(counts: Counts, hours: float, command: str, load: float) -> list[str]:
    """The counts as lines of Markdown."""
    return [
        *report.circumstances(command, load),
        f"{counts['hours']:.2f} of {hours:g} hours of writing, {counts['rows']:,} rows, {counts['killed']} "
        f"recorders killed.",
        "",
        "| reader | rows checked | wrong | looks | of these refused |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {seen['rows']:,} | {seen['wrong']:,} | {seen['looks']:,} | {seen['refused']:,} |"
            for kind, (_, _, name) in READERS.items()
            if (seen := counts[kind])
        ),
    ]


def _end(path: Path) -> Path:
    return path.with_suffix(".end")


def _counts(path: Path, kind: str) -> Path:
    return path.with_suffix(f".{kind}.json")


def _load(path: Path) -> Counts:
    """A reader's counts; empty while it has none."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _replace(path: Path, text: str) -> None:
    """Nobody sees half of it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def main() -> int:
    """Run it; 1 where a wrong row was seen or a reader missed one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument(
        "--kill-every", type=float, default=60.0, help="seconds between two kills of the recorder"
    )
    parser.add_argument("--report", type=Path, help="write the table into this page")
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--role", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        read(options.role, options.path)
        return 0
    loads: list[float] = []

    def tell(counts: Counts) -> None:
        loads.append(os.getloadavg()[0])
        print(json.dumps(counts), flush=True)
        if options.report:
            command = f"python -m tests.torture.soak --hours {options.hours:g}"
            report.put(options.report, "soak", table(counts, options.hours, command, float(np.mean(loads))))

    with tempfile.TemporaryDirectory() as folder:
        counts = soak(Path(folder), options.hours, options.kill_every, tell)
    tell(counts)
    seen = [counts[kind] for kind in READERS]
    return int(any(not of or of["wrong"] or of["rows"] != counts["rows"] for of in seen))


if __name__ == "__main__":
    sys.exit(main())
