"""SIGKILL of the run, of its recorder, or of both, at random moments; and of recovery, also at random."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import recording_samples as samples

from engine.recording.recovery import recover
from engine.recording.supervisor import start_recorder

HERE = Path(__file__).resolve().parents[1] / "recording"

# Appends rows for ever, tells how many are acknowledged, and keeps a recorder beside it.
WRITER = """
import sys, time
sys.path.insert(0, {here!r})
import recording_samples as samples
from pathlib import Path
from engine.recording import journal as journals
from engine.recording.supervisor import RecorderSupervisor
journals._PROMPT_FOR_SECONDS = {prompt}
journal = samples.JournalWriter(Path({path!r}), samples.layout(), lossless=True)
supervisor = RecorderSupervisor(Path({path!r}))
step = 0
while True:
    print(journal.acknowledged, supervisor.pid, flush=True)
    journal.row(samples.row(step))
    step += 1
    supervisor.check()
    time.sleep(0.001)
"""


def kills(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Of a journal's writer with a recorder beside it and no learner, so that many take minutes."""
    return repeated(folder, count, seed, _killed, samples.check)


def repeated(
    folder: Path,
    count: int,
    seed: int,
    killed: Callable[[Path, str, random.Random], int],
    check: Callable[[Path, int], int],
) -> dict[str, Any]:
    """Each time: a run is begun, killed with or without its recorder, recovered and checked. Four at once.

    Args:
        killed: begins a recording `k` in a folder and kills run, recorder or both; how many rows have to
            be recovered.
        check: raises AssertionError unless the recording holds so many; how many it holds.
    """
    told = {"run": 0, "recorder": 0, "both": 0, "recovery": 0}
    rows = needed = 0

    def one(number: int) -> tuple[str, bool, int, int]:
        chance = random.Random(1_000_000 * seed + number)
        what = ("run", "recorder", "both")[number % 3]
        place = folder / str(number)
        place.mkdir()
        least = killed(place, what, chance)
        recovering = None
        if number % 2 and (place / "k.journal").exists():
            recovering = start_recorder(place / "k.journal")
            time.sleep(chance.uniform(0.0, 0.7))
            kill(recovering.pid)
            recovering.wait()
        recover(place)
        left = [path.name for path in place.iterdir() if path.suffix != ".safetensors"]
        assert left == ["k.h5"], left
        recovered = check(place / "k.h5", least)
        shutil.rmtree(place)
        return what, recovering is not None, least, recovered

    with ThreadPoolExecutor(4) as pool:
        for what, twice, least, recovered in pool.map(one, range(count)):
            told[what] += 1
            told["recovery"] += twice
            rows += recovered
            needed += least
    return {"kills": count, **told, "rows_acknowledged": needed, "rows_recovered": rows}


def _killed(place: Path, what: str, chance: random.Random) -> int:
    """Begin a run and kill; how many rows it had acknowledged, by its own last words."""
    # Rows gather for long, or go on at once as they do after a command.
    script = WRITER.format(here=str(HERE), path=str(place / "k.journal"), prompt=chance.choice((0.0, 2.0)))
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert writer.stdout is not None
    pid = int(writer.stdout.readline().split()[1])
    time.sleep(chance.uniform(0.0, 1.2))
    if what != "run":
        os.set_blocking(writer.stdout.fileno(), False)
        said = (writer.stdout.read() or b"").splitlines()
        os.set_blocking(writer.stdout.fileno(), True)
        pid = int(said[-2].split()[1]) if len(said) > 1 else pid
        kill(pid)
        # A recorder that dies alone is started again by its run, and that may be killed as well.
        time.sleep(chance.uniform(0.0, 0.8) if what == "recorder" else 0.0)
        writer.kill()
    else:
        said = []
        writer.kill()
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait()
    lines = [line for line in rest[: rest.rfind(b"\n") + 1].splitlines() if len(line.split()) == 2]
    return int((lines or said[:-1] or [b"0 0"])[-1].split()[0])


def kill(pid: int) -> None:
    """Only ever a recorder that was started here."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
