"""What a library of thousands costs: looking into its folders, and searching, sorting, showing it."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
FOLDERS, EACH = 500, 10
FILE = b"\x89HDF\r\n\x1a\n" + bytes(82) + b"entry" + bytes(4000)
REPEATS = 30


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder))
        _scans(Path(folder))
    _lists()


def _fill(folder: Path) -> None:
    for place in range(FOLDERS):
        below = folder / f"group {place % 7}" / f"2026-11-25 10.00.00 experiment-{place}"
        below.mkdir(parents=True)
        for each in range(EACH):
            path = below / f"run-{each}.h5"
            path.write_bytes(FILE)
            os.utime(path, (1e9 + place, 1e9 + place))
        os.utime(below, (1e9, 1e9))


def _scans(folder: Path) -> None:
    from gui.model.library.scan import Scanner

    scanner = Scanner()
    took = _timed(lambda: scanner.scan(folder), 1)
    print(f"{FOLDERS * EACH:,} recordings in {FOLDERS} folders, in the library's own thread:")
    print(f"  first look, the files in the system's cache: {took}")
    print(f"  look again, nothing changed: {_timed(lambda: scanner.scan(folder))}")


def _lists() -> None:
    from gui.app import application
    from gui.model.library.labels import Label
    from gui.model.library.query import ORDERS, Query, Row, arranged
    from gui.model.library.scan import Entry
    from gui.theme import Look
    from gui.views.recording_delegate import RecordingDelegate
    from gui.views.recordings_list import RecordingsList
    from gui.views.recordings_model import RecordingsModel

    keys = [f"2026-11-25 10.00.00 experiment-{n // 10}/run-{n % 10}.h5" for n in range(10_000)]
    rows = [
        Row.of(
            Entry("/recordings", key, float(hash(key) % 10**6), hash(key) % 10**7, False, key[:-3]),
            Label(n % 20 == 0, ("figure",) if n % 30 == 0 else ()),
        )
        for n, key in enumerate(sorted(keys))
    ]
    print("10,000 recordings:")
    for text in ("run-7", "experiment-12 run", "tag:fig", "star"):
        print(f"  search “{text}”: {_timed(lambda text=text: Query.of(text).matching(rows))}")
    for order, words in ORDERS.items():
        print(f"  sort, {words}: {_timed(lambda order=order: arranged(rows, order))}")
    app = application()
    model, listed = RecordingsModel(), RecordingsList()
    delegate = RecordingDelegate(model, Look("light"), list)
    listed.setItemDelegate(delegate)
    listed.setModel(model)
    listed.resize(260, 400)
    listed.show()
    texts = count()

    def typed() -> None:
        model.search(("experiment", "experiment-1")[next(texts) % 2])
        app.processEvents()

    model.show_rows(rows)
    app.processEvents()
    print(f"  a letter typed, and the list shown: {_timed(typed)}")
    bar = listed.verticalScrollBar()

    def scrolled() -> None:
        bar.setValue((next(texts) * 7919) % bar.maximum())
        app.processEvents()

    print(f"  scrolled anywhere, and shown: {_timed(scrolled)}")


def _timed(work: Callable[[], object], repeats: int = REPEATS) -> str:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    times.sort()
    if repeats == 1:
        return f"{times[0]:.0f} ms"
    return f"{statistics.median(times):.1f} ms median, {times[int(0.95 * len(times))]:.1f} ms at 95 %"


if __name__ == "__main__":
    main()
