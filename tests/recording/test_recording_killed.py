"""SIGKILL of the run, of its recorder, or of both, at random moments: nothing acknowledged is lost."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_recording_round_trip import assert_holds

from engine.recording.reader import Recording
from engine.recording.recovery import recover

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

# Appends rows for ever, tells how many are acknowledged, and keeps a recorder beside it.
WRITER = """
import sys, time
sys.path.insert(0, {here!r})
import recording_samples as samples
from pathlib import Path
from engine.recording.supervisor import RecorderSupervisor
journal = samples.JournalWriter(Path({path!r}), samples.layout(), lossless=True)
supervisor = RecorderSupervisor(Path({path!r}))
print(supervisor.pid, flush=True)
step = 0
while True:
    journal.row(samples.row(step))
    step += 1
    supervisor.check()
    print("acknowledged", journal.acknowledged, supervisor.pid, flush=True)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("attempt", range(12))
def test_what_was_acknowledged_survives(tmp_path: Path, attempt: int) -> None:
    chance = random.Random(attempt)
    path = tmp_path / "killed.journal"
    script = WRITER.format(here=str(HERE), path=str(path))
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    assert writer.stdout is not None
    recorder_pid = int(writer.stdout.readline())
    deadline = time.monotonic() + chance.uniform(0.4, 1.5)
    acknowledged = 0
    killed_recorder = False
    for line in writer.stdout:
        _, count, pid = line.split()
        acknowledged, recorder_pid = int(count), int(pid)
        if attempt % 3 and not killed_recorder and time.monotonic() > deadline - 0.2:
            _kill(recorder_pid)
            killed_recorder = True
        if time.monotonic() > deadline and (attempt % 3 != 1 or acknowledged):
            break
    writer.kill()
    rest = writer.stdout.read().split()
    writer.stdout.close()
    writer.wait()
    if len(rest) >= 3:  # what it still said before it died
        acknowledged = max(
            acknowledged,
            *(int(w) for w, before in zip(rest[1:], rest, strict=False) if before == "acknowledged"),
        )
    if attempt % 3 == 2:
        _kill(recorder_pid)  # and with it whatever it was doing to the file
    recover(tmp_path)
    with Recording.open(tmp_path / "killed.h5") as recording:
        assert recording.rows >= acknowledged
        assert_holds(recording, recording.rows)
    assert not path.exists()


def _kill(pid: int) -> None:
    """Only ever the recorder that this test's own writer named."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
