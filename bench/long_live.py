"""Memory of the app while six runs go on for hours, in minutes: `python -m bench.long_live [--hours 8]`.

The runs of the default experiment make about 30,000 rows an hour together on two cores (3,053 were seen in
six minutes). Here another process writes rows like theirs, twenty times as fast, into recordings that the
app follows, as it does the live runs of another program; every tenth row has a policy. Printed at each half
hour's worth of rows: the app's resident memory, and how much of it readers keep.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

ROWS_AN_HOUR = 30_000
FASTER = 20
EVERY = 0.25  # seconds between two commits of a recording
POLICY_EVERY = 10
KEPT = 8  # rows that a run really makes; they come again and again, never quite the same


def write(folder: Path, rows: int) -> None:
    """Write so many rows into each of six recordings, at the pace of all of them together."""
    from engine import experiments
    from engine.recording import codec
    from engine.recording.files import Files
    from engine.recording.layout_h5 import RecordingFile
    from engine.recording.schema import Checkpoint, Event, Layout, Row
    from engine.run import Run, Sink

    class Kept(Run):
        """Its records stay with it."""

        def _open_journal(self, layout: Layout) -> Sink:
            self.layout, self.records = layout, []
            return self

        def row(self, row: Row) -> None:
            self.records.append(row)

        def event(self, event: Event) -> None:
            pass

        def checkpoint(self, checkpoint: Checkpoint | None = None) -> None:
            pass

    random = np.random.default_rng(0)
    runs = [
        Kept(run, folder / f"{place}.h5") for place, run in enumerate(experiments.load("crossroads").runs)
    ]
    files = []
    for run in runs:
        for _ in range(KEPT - 1):
            run.update()
        part = Files.of(run.path).part
        files.append(RecordingFile(str(part), run.layout, lossless=False, live=True))
    pace = FASTER * ROWS_AN_HOUR / 3600 / len(runs)  # rows a second of one recording
    began, written = time.monotonic(), 0
    while written < rows:
        until = min(rows, int(pace * (time.monotonic() - began)))
        for run, file in zip(runs, files, strict=True):
            block = []
            for number in range(written, until):
                row = run.records[number % KEPT]
                metrics = row.metrics * random.uniform(0.95, 1.05)
                policy = row.policy if number % POLICY_EVERY == 0 else None
                block.append(replace(row, step=number, seconds=number / pace, metrics=metrics, policy=policy))
            if block:
                data = codec.encode_block(codec.block_of(run.layout, block, lossless=False))
                file.append(codec.decode_block(run.layout, data, first_row=written))
                file.commit()
        if not written and until:
            print("ready", flush=True)
        written = until
        time.sleep(EVERY)
    sys.stdin.read()  # the files stay as they are until the app has seen enough
    for file in files:
        file.close()


def follow(folder: Path, hours: float) -> None:
    """Open what is written there, and tell how memory goes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from engine import launch
    from gui.app import application
    from gui.collector import Collector
    from gui.main_window import MainWindow
    from gui.model.session import Session
    from gui.settings import Settings
    from gui.theme import Look

    each = int(hours * ROWS_AN_HOUR / 6)
    command = [sys.executable, "-m", "bench.long_live", "--write", str(folder), "--rows", str(each)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        app = application()
        collector = Collector(app)
        settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        session = Session(folder, launch)
        window = MainWindow(session, Look("light"), settings)
        window.show()
        window.opening.open_alone(sorted(folder.glob("*.h5.part")))
        session.cursor.following = True
        told = 0.0
        while told <= hours and writer.poll() is None:
            app.processEvents()
            time.sleep(0.001)
            followed = [item.recording for item in session.items if item.recording is not None]
            rows = sum(recording.rows for recording in followed)
            if rows >= told * ROWS_AN_HOUR + (0 if told else 600):
                kept = sum(recording._curves.nbytes for recording in followed) / 1e6
                print(
                    f"{rows:,} rows, {rows / ROWS_AN_HOUR:.2f} h: {_megabytes():.0f} MB, of them "
                    f"{kept:.0f} MB read from recordings and kept within a bound",
                    flush=True,
                )
                told += 0.5
        window.dismiss()
        collector.close()
        writer.communicate()


def _megabytes() -> float:
    return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Write or follow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write is not None:
        write(given.write, given.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        follow(Path(folder), given.hours)


if __name__ == "__main__":
    main()
