"""The process that looks at a file: how it dies, what it may have, and that the next file is looked at."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.recording.disposable import Disposable
from engine.recording.gatekeeper import Budget, defects_of
from engine.recording.inspection.findings import Defect
from engine.recording.served import FORKS

DEATHS = {
    "os.abort()": ("crash", "crash (SIGABRT)"),
    "os.kill(os.getpid(), signal.SIGKILL)": ("crash", "killed by the system, which may be short of memory"),
    "os._exit(3)": ("crash", "end (status 3)"),
    "bytearray(served.MEMORY + (1 << 28))": (
        "memory",
        "needs more memory to look at than a recording may (1024",
    ),
    "{}['x']": ("failure", "a defect of this program: KeyError: 'x'"),
    "any(iter(int, 1))": ("time", "more processor time to look at than a recording may (1 s)"),
    "time.sleep(60)": ("time", "takes longer to look at than a recording may (0.5 s)"),
}


@pytest.mark.skipif(not FORKS, reason="a process of its own for each file, as Linux and macOS have them")
@pytest.mark.parametrize("how", DEATHS)
def test_how_an_inspection_died_is_told_and_the_next_file_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (tmp_path / "dying.py").write_text(f"""
import os, signal, time
from engine.recording import served
served.serve(lambda request: {how} if request["file"] == "bad" else [])
""")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kind, words = DEATHS[how]
    process, budget = Disposable("dying"), Budget(1, 0.5 if "sleep" in how else 60.0)

    def ask(file: str, wall: float) -> list[Defect]:
        outcome = process.ask({"file": file}, processor_seconds=budget.processor, wall_seconds=wall)
        return defects_of(outcome, budget)

    try:
        assert ask("good", 60.0) == []
        (defect,) = ask("bad", budget.wall)
        assert defect.kind == kind
        assert words in str(defect)
        assert ask("good", 60.0) == []
    finally:
        process.close()


@pytest.mark.skipif(not FORKS, reason="the process that forks for each file")
def test_no_file_is_blamed_for_the_death_of_an_idle_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parent.py").write_text(
        "import os\nfrom engine.recording import served\nserved.serve(lambda request: os.getppid())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = Disposable("parent")
    try:
        first = process.ask({}, processor_seconds=5, wall_seconds=60.0).value
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # it is dead, and nobody was told
        second = process.ask({}, processor_seconds=5, wall_seconds=60.0).value
        assert second not in (None, first)
    finally:
        process.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits as Linux has them")
def test_an_inspection_can_have_no_more_memory_nor_other_files(sound: Path) -> None:
    """Held against what a file would make HDF5 do: take memory, open another file, write."""
    code = f"""
import pathlib
from engine.recording import served
from engine.recording.inspection.inspect import inspect
served.limit()
def take():
    try: bytearray(served.MEMORY + (1 << 28)); print("memory was had")
    except MemoryError: print("no memory")
    served.no_more_files()
    for name in ("/etc/passwd", "/dev/null"):
        try: open(name); print("a file was had")
        except OSError: print("no file")
print(inspect(pathlib.Path({str(sound)!r}), opened=take))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no memory", "no file", "no file", "[]"], done


def test_once_warm_it_is_the_same_process_that_is_asked(sound: Path) -> None:
    made = Disposable("engine.recording.inspector")
    made.begin()
    process = made._process
    request = {"file": str(sound), "thorough": False}
    assert made.ask(request, processor_seconds=20, wall_seconds=30.0).value == []
    assert (made._process is process) == FORKS
    made.close()
