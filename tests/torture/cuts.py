"""Power cuts and write prefixes of the journal; full disks; write prefixes of the live HDF5 file."""

import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import recording_samples as samples
from faulty_disk import FullDisk, Log, after_power_cut, rows_in

from engine.errors import UserError
from engine.recording import journal as journals
from engine.recording import recorder
from engine.recording.journal_reader import JournalReader
from engine.recording.reader import Recording
from engine.recording.supervisor import RecorderSupervisor

HERE = Path(__file__).resolve().parent


def logged(folder: Path, rows: int, chance: random.Random) -> Log:
    """What a journal asks of its disk for so many rows that come at random moments."""
    path = folder / "log.journal"
    with Log().taken() as log:
        writer = samples.JournalWriter(path, samples.layout(), lossless=True)
        for step in range(rows):
            writer.row(samples.row(step))
            time.sleep(chance.choice((0.0, 0.0, 0.01, 0.03)))
        writer.close()
    path.unlink()
    return log


def write_prefixes(folder: Path, seed: int) -> dict[str, Any]:
    """The journal after every one of its writes, recovered; and cut at every byte, read."""
    log = logged(folder, 250, random.Random(seed))
    for moment in range(1, len(log.moments) + 1):
        synced, written = log.before(moment)
        _recovered(folder, written, rows_in(synced))
    _, whole = log.before(len(log.moments))
    torn = folder / "torn.journal"
    before = 0
    sizes = range(len(whole) - 4_000 if len(whole) > 4_000 else 0, len(whole) + 1)
    for size in sizes:
        torn.write_bytes(whole[:size])
        reader = JournalReader(torn)
        rows = sum(len(block.steps) for block in reader.blocks())
        assert rows >= before
        assert reader.ended or reader.torn or not reader.unread
        before = rows
        reader.close()
    torn.unlink()
    assert before == 250
    return {"writes": len(log.moments), "bytes": len(sizes)}


def power_cuts(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Cuts at random moments of ten journals."""
    chance = random.Random(seed)
    acknowledged = rows = 0
    log = Log()
    for number in range(count):
        if number % max(1, count // 10) == 0:
            log = logged(folder, 120, chance)
        # From the first sync on: before it the run has not begun.
        synced, written = log.before(chance.randint(2, len(log.moments)))
        acknowledged += rows_in(synced)
        rows += _recovered(folder, after_power_cut(synced, written, chance), rows_in(synced))
    return {"cuts": count, "rows_acknowledged": acknowledged, "rows_recovered": rows}


def full_disks(folder: Path) -> dict[str, Any]:
    """A disk that is full at its n-th write or sync, for every n; then there is space again."""
    tried = refused = 0
    fast = {"RETRY_SECONDS": 0.002, "GATHER_SECONDS": 0.002, "PROMPT_SECONDS": 0.002, "SYNC_SECONDS": 0.025}
    with mock.patch.multiple(journals, **fast):  # each row in a block of its own, soon
        for full_at in range(2, 60):
            for full_for in (1, 7):
                path = folder / "full.journal"
                with FullDisk(full_at, full_for).in_place() as full:
                    writer = samples.JournalWriter(path, samples.layout(), lossless=True)
                    for step in range(60):
                        writer.row(samples.row(step))
                        time.sleep(0.004)
                    writer.close()
                refused += full.refused
                tried += full.refused > 0
                assert writer.acknowledged == 60
                _recovered(folder, path.read_bytes(), 60)
                path.unlink()
    return {"disks": tried, "requests_refused": refused}


def small_file_system(folder: Path) -> dict[str, Any]:
    """A real file system of 3 MiB that fills up under run and recorder, and is freed; needs root."""
    mounted = folder / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        return {"not_run": "no right to mount a file system here"}
    try:
        ballast = mounted / "ballast"
        ballast.write_bytes(bytes(2 << 20))
        path = mounted / "small.journal"
        writer = samples.JournalWriter(path, samples.layout(), lossless=True)
        supervisor = RecorderSupervisor(path)
        step, told = 0, ""
        deadline = time.monotonic() + 60
        while not told:
            writer.row(samples.row(step))
            step += 1
            supervisor.check()
            told = writer.obstacle or ""
            time.sleep(0.0005)
            assert time.monotonic() < deadline
        ballast.unlink()
        samples.until(lambda: not writer.obstacle)
        for _ in range(20):
            writer.row(samples.row(step))
            step += 1
        writer.close()
        assert supervisor.finish(120)
        rows = samples.check(mounted / "small.h5", step)
        return {"rows": rows, "recorders_restarted": supervisor.restarts}
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=False)


def hdf5_prefixes(folder: Path, rows: int) -> dict[str, Any]:
    """The live file after every single write of the recorder, opened as a reader opens it."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        return {"not_run": "needs Linux and a C compiler"}
    shim, log = folder / "writes.so", folder / "writes.log"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(shim), str(HERE / "writes.c"), "-ldl"], check=True
    )
    path = folder / "h.journal"
    writer = samples.JournalWriter(path, samples.layout(), lossless=True)
    environment = {**os.environ, "LD_PRELOAD": str(shim), "WRITES_LOG": str(log)}
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.recording.recorder", str(path)], env=environment
    )
    samples.until((folder / "h.h5.part").exists, 120)  # from here on the file is a live one
    with mock.patch.multiple(journals, GATHER_SECONDS=0.01, PROMPT_SECONDS=0.01):
        for step in range(rows):
            writer.row(samples.row(step))
            time.sleep(0.02)
        writer.close()
    assert process.wait() == 0
    samples.check(folder / "h.h5", rows)
    return _replayed(folder, log.read_bytes())


def _replayed(folder: Path, log: bytes) -> dict[str, Any]:
    held = bytearray()
    place = folder / "seen.h5.part"
    opened = refused = writes = most = at = 0
    while at < len(log):
        offset, length = struct.unpack_from("<qq", log, at)
        at += 16
        if offset < 0:
            held = held[:length].ljust(length, b"\0")
        else:
            held = held.ljust(offset, b"\0")
            held[offset : offset + length] = log[at : at + length]
            at += length
        writes += 1
        place.write_bytes(held)
        try:
            recording = Recording.open(place)
        except UserError:
            assert not most, "a file that could be opened can be opened no more"
            refused += 1  # before the file is complete; nobody sees it then under this name
            continue
        with recording:
            opened += 1
            count = recording.rows
            assert recording.steps.tolist() == list(range(count))
            for name, index in (("return", 0), ("loss", 1)):
                values = recording.metric(name)
                # The newest rows at every write, all of them now and then.
                for step in range(0 if writes % 100 == 0 else max(0, count - 5), count):
                    assert values[step].tobytes() == samples.row(step).metrics[:, index].tobytes()
            if count:
                wanted = samples.row((count - 1) // 2 * 2).policy
                assert recording.policy(count - 1).tobytes() == wanted.tobytes()
            most = max(most, count)
    return {"writes": writes, "opened": opened, "before_complete": refused, "rows": most}


def _recovered(folder: Path, journal: bytes, acknowledged: int) -> int:
    path = folder / "cut.journal"
    path.write_bytes(journal)
    assert recorder.main(path) == 0
    rows = samples.check(folder / "cut.h5", acknowledged)
    for left in folder.glob("cut.*"):
        left.unlink()
    return rows
