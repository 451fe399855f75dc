"""SIGKILL of a real worker with a real learner, of its recorder, or of both; and of recovery."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import h5py
import recording_samples as samples
from faulty_disk import rows_in

from engine import launch
from engine.protocol import Status
from engine.recording import lock
from engine.recording.files import Files
from engine.specification import RunSpecification
from tests.torture.kills import kill, repeated

SPECIFICATION = RunSpecification("k", "crossroads", "reinforce", seeds=(0, 1), checkpoint_every=5)
COUNTED = (("step", "metrics"), ("policy_row", "policy"), ("returns_row", "returns"))  # in commit's order


def worker_kills(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """As `kills.kills`; what was recovered is compared with the same run, left in peace to its end."""
    handle = launch.launch(SPECIFICATION, folder, hold=False)
    while handle.alive():
        handle.reports()  # a full pipe would keep the worker from ending
        time.sleep(0.05)

    def check(path: Path, written: int) -> int:
        """Nothing that had been written is missing, and all there is is what the whole run has there."""
        with h5py.File(handle.recording, "r") as whole, h5py.File(path, "r") as file:
            found, wanted = file["entry"], whole["entry"]
            counts = found["commit"][:3].tolist()
            assert counts[0] >= written
            for names, number in zip(COUNTED, counts, strict=True):
                for name in names:
                    assert found[name][:number].tobytes() == wanted[name][:number].tobytes(), name
            for name, number in (("policy_row", counts[1]), ("returns_row", counts[2])):
                assert number == (wanted[name][...] < counts[0]).sum(), name
        return int(counts[0])

    return repeated(folder, count, seed, _killed, check)


def _killed(place: Path, what: str, chance: random.Random) -> int:
    """Start a worker and kill; how many rows stood in its journal, which are no fewer than were synced."""
    handle = launch.launch(SPECIFICATION, place, hold=True)
    files = Files.of(handle.recording)
    samples.until(lambda: any(isinstance(r, Status) and r.state == "running" for r in handle.reports()), 120)
    enough = chance.randint(1, 150)

    def reached() -> bool:
        handle.reports()  # a full pipe would keep the worker from its work
        return rows_in(files.journal.read_bytes()) >= enough

    samples.until(reached, 120)
    time.sleep(chance.uniform(0.0, 0.3))
    if what != "run":
        recorder = lock.holder(files.lock)
        if recorder is not None:
            kill(recorder)
        # A recorder that dies alone is started again by its run, and that may be killed as well.
        time.sleep(chance.uniform(0.0, 0.8) if what == "recorder" else 0.0)
    written = rows_in(files.journal.read_bytes())
    assert handle.pid is not None
    os.kill(handle.pid, signal.SIGKILL)
    samples.until(lambda: not handle.alive())
    return written
