"""The app as a person starts it: a process of its own, on a display server, with a keyboard."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.recording.reader import Recording

ROOT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def display() -> Iterator[str]:
    """A display server of its own, on a number that is free."""
    for program in ("Xvfb", "xdotool"):
        assert shutil.which(program), f"{program} is missing; type: make test"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(20)


def rows(home: Path) -> int:
    """Rows of the longest recording below a home folder."""
    found = [0]
    for path in (home / ".local/share").rglob("*.h5*"):
        try:
            with Recording.open(path) as recording:
                found.append(recording.rows)
        except UserError:  # it has just begun
            continue
    return max(found)


@pytest.mark.display
@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["ctrl+q", signal.SIGINT, signal.SIGTERM])
def test_space_runs_and_every_way_out_leaves_whole_recordings(
    display: str, tmp_path: Path, way: str | signal.Signals
) -> None:
    dropped = ("QT_", "XDG_", "WAYLAND_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    environment |= {"DISPLAY": display, "HOME": str(tmp_path)}

    def xdotool(*words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    with (tmp_path / "said.txt").open("w") as said:
        app = subprocess.Popen(
            [sys.executable, "main.py"], cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        find = ("search", "--onlyvisible", "--pid", str(app.pid), "--name", "Supertask")
        until(lambda: xdotool(*find) or app.poll() is not None, 60, "a window")
        window = xdotool(*find).splitlines()[0]
        xdotool("windowfocus", "--sync", window)
        xdotool("key", "space")
        until(lambda: rows(tmp_path) > 10 or app.poll() is not None, 120, "rows")
        if isinstance(way, str):
            xdotool("key", way)
        else:
            app.send_signal(way)
        assert app.wait(90) == 0
    finally:
        if app.poll() is None:
            app.kill()
            app.wait()
    assert (tmp_path / "said.txt").read_text() == ""
    left = [p.name for p in (tmp_path / ".local/share").rglob("*") if p.suffix in (".journal", ".part")]
    assert left == []
    assert rows(tmp_path) > 10
