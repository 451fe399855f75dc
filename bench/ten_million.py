"""A recording of ten million steps, about 10 GB: how fast it opens and is scrubbed, and in how much memory.

`python -m bench.ten_million [--rows N] [--folder FOLDER]`. The file is laid out as the recorder leaves it. So
that it is made in minutes, chunks of numbers that hardly shrink are compressed once and written again and
again; steps, times, policies and the overview are true to the rows.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.recording.layout_h5 import RecordingFile, overview_rows, overview_steps
from engine.recording.pyramid import FACTOR, SIZES, combined, entries_of_rows
from engine.recording.schema import Layout, MetricColumn

SEEDS, METRICS = 4, 30
PERIOD = 64  # chunks of metrics until they repeat
POLICY_EVERY = 1000
LOOKS = 120


def make(path: Path, rows: int) -> None:
    """Write the recording."""
    names = ["return", "drift", "asked", "collateral", *(f"metric_{i}" for i in range(METRICS - 4))]
    layout = Layout(
        seeds=tuple(range(SEEDS)),
        targets=(0.0, 1.0),
        probes=tuple(map(str, range(49))),
        actions=tuple("udlr"),
        columns=tuple(MetricColumn(name, name.title(), "", "", "exact") for name in names),
        returns=(0.0, 1.0),
    )
    file = RecordingFile(str(path), layout, lossless=False, live=False)
    growing = file._growing
    random = np.random.default_rng(0)
    chunk = growing["metrics"].chunks[0]
    metrics = random.normal(size=(PERIOD * chunk, SEEDS, METRICS))
    packed = [_packed(metrics[i * chunk : (i + 1) * chunk]) for i in range(PERIOD)]
    growing["metrics"].resize(rows, axis=0)
    for number in range(-(-rows // chunk)):
        growing["metrics"].id.write_direct_chunk((number * chunk, 0, 0), packed[number % PERIOD])
    for name, scale in (("step", 1), ("time", 0.01)):
        growing[name].resize(rows, axis=0)
        for first in range(0, rows, 1 << 20):
            growing[name][first : first + (1 << 20)] = np.arange(first, min(first + (1 << 20), rows)) * scale
    policies = np.arange(0, rows, POLICY_EVERY)
    file._extend("policy_row", "policies", policies)
    file._extend("returns_row", "returns", policies)
    some = random.dirichlet(np.ones(4), size=(64, SEEDS, 2, 49)).astype(np.float32)
    file._extend("policy", "policies", some[np.arange(len(policies)) % 64])
    file._extend("returns", "returns", np.full((len(policies), SEEDS, 2, 2), 0.5, dtype=np.float32))
    entries = combined(entries_of_rows(metrics), SIZES[0])  # a period holds whole blocks of the first level
    entries = np.resize(entries, (rows // SIZES[0], *entries.shape[1:]))
    for level, size in enumerate(SIZES):
        if level:
            entries = combined(entries[: len(entries) // FACTOR * FACTOR], FACTOR)
        for name, values in (
            (overview_rows(size), entries),
            (overview_steps(size), np.arange(len(entries)) * size),
        ):
            growing[name].resize(len(values), axis=0)
            growing[name][...] = values
    file._counts |= {"rows": rows, "policies": len(policies), "returns": len(policies)}
    file.close()


def _packed(values: np.ndarray) -> bytes:
    """Shuffled and compressed as HDF5 does it."""
    shuffled = np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.itemsize).T
    return zlib.compress(shuffled.tobytes(), 4)


def measure(path: Path) -> None:
    """In this process, which must be fresh: peak memory is its own."""
    from engine.recording.gatekeeper import admit, warm_up
    from engine.recording.reader import Recording

    before = _megabytes()
    warm_up()  # as the app does soon after its start
    time.sleep(2)
    began = time.perf_counter()
    admit(path)
    admitted = time.perf_counter() - began
    recording = Recording.open(path)
    last = recording.last_step
    opened = time.perf_counter() - began
    first = _seconds(lambda: recording.curve("return", 0, last, 1000))
    print(f"{path.stat().st_size / 1e9:.1f} GB, {recording.rows} rows")
    print(f"inspected in {admitted:.2f} s, open with its newest step after {opened:.2f} s in all")
    print(f"first curve over everything, 1000 columns: {1000 * first:.0f} ms")
    names = [column.name for column in recording.layout.columns]
    random = np.random.default_rng(1)

    def look(step: float) -> None:
        row = recording.row_at(step)
        for name in names:
            recording.at(name, recording.measured_at(name, step))
        recording.policy(row)
        recording.returns(row)

    _told("a look anywhere, every metric, policy and returns", look, random.integers(last, size=LOOKS))
    _told("the same, dragging slowly", look, np.linspace(0.4, 0.401, LOOKS) * last)
    ends = last * np.sort(random.random((LOOKS, 2)))
    _told("one curve over any range", lambda two: recording.curve("drift", *two, 1000), ends)
    print(f"memory: {before:.0f} MB before, {_megabytes():.0f} MB at its peak")


def measure_app(path: Path) -> None:
    """The whole window, drawn offscreen: the cursor is put somewhere else for every frame."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from engine import launch
    from engine.recording import gatekeeper
    from gui.app import application
    from gui.main_window import MainWindow
    from gui.model.session import Session
    from gui.settings import Settings
    from gui.theme import Look

    app = application()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        session = Session(Path(folder), launch)
        window = MainWindow(session, Look("light"), settings)
        window.resize(1500, 940)
        window.show()
        app.processEvents()
        window.timer.stop()
        gatekeeper.warm_up()
        time.sleep(2)
        began = time.perf_counter()
        window.opening.open_recording(path)
        window._tick()
        app.processEvents()
        print(f"app: opened and drawn after {time.perf_counter() - began:.2f} s")

        def frame(step: float) -> None:
            session.cursor.put(step)
            window._tick()
            window.timer.stop()
            app.processEvents()

        for words, steps in (
            ("anywhere", np.random.default_rng(1).integers(session.cursor.end, size=LOOKS)),
            ("dragged across everything", np.linspace(0, 1, LOOKS) * session.cursor.end),
        ):
            _told(f"app, cursor {words}: a frame", frame, steps)
        window.dismiss()
        print(f"app: {_megabytes():.0f} MB at its peak")


def _told(words: str, look: Callable[[np.ndarray], object], places: np.ndarray) -> None:
    used = time.process_time()
    took = [_seconds(lambda place=place: look(place)) for place in places]
    used = 1000 * (time.process_time() - used) / len(took)
    median, late = 1000 * statistics.median(took), 1000 * float(np.quantile(took, 0.95))
    rate = len(took) / sum(took)
    print(
        f"{words}: {median:.1f} ms median, {late:.1f} ms at 95 %, {rate:.0f} a second; "
        f"{used:.1f} ms of processor time each"
    )


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def _megabytes() -> float:
    """At its peak. Linux counts the parent's in `getrusage`, so there it is read elsewhere."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(re.search(r"VmHWM:\s+(\d+)", status.read_text()).group(1)) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Make the file, measure in fresh processes, delete it."""
    parser = argparse.ArgumentParser(prog="python -m bench.ten_million")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where there is room for it")
    parser.add_argument("--measure", type=Path, help="only measure this recording")
    parser.add_argument("--app", action="store_true", help="with --measure: in the app's window")
    given = parser.parse_args()
    if given.measure:
        (measure_app if given.app else measure)(given.measure)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "large.h5"
        print(f"made in {_seconds(lambda: make(path, given.rows)):.0f} s")
        sys.stdout.flush()
        for more in ([], ["--app"]):
            subprocess.run(
                [sys.executable, "-m", "bench.ten_million", "--measure", str(path), *more], check=True
            )


if __name__ == "__main__":
    main()
