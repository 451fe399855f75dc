"""Someone at a screen of their own: starts the app, presses keys, moves the mouse, and looks."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for anything that a worker has to do on a busy machine
OWN = ("QT_", "XDG_", "WAYLAND_", "HOME", "DISPLAY")


@contextlib.contextmanager
def display(size: str = "1600x1000") -> Iterator[str]:
    """A display server of its own, on a number that is free."""
    for program in ("Xvfb", "xdotool"):
        assert shutil.which(program), f"{program} is missing; type: make test"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
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


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for it. Raises AssertionError where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


class Person:
    """One app on one display. `home` is where it keeps everything; `sees` asks the app what it shows."""

    def __init__(self, shown_on: str, home: Path) -> None:
        self.home = home
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
        self.environment |= {"DISPLAY": shown_on, "HOME": str(home)}
        self.app: subprocess.Popen[bytes] | None = None

    def starts(self, *arguments: object) -> None:
        """Start the app and wait for its window."""
        socket = self.home / "eye"
        socket.unlink(missing_ok=True)
        with (self.home / "said.txt").open("a") as said:
            self.app = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.probe", str(socket), *map(str, arguments)],
                cwd=ROOT, env=self.environment, stdout=said, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until(lambda: self._is_heard(socket), "the app listens")
        until(lambda: self.sees("window is not None and window.isVisible()"), "a window")

    def _is_heard(self, socket: Path) -> bool:
        """Whether the app answers there. A socket has its name, and refuses, before anyone listens."""
        assert self.app.poll() is None, (self.home / "said.txt").read_text()
        try:
            self._eye = Client(str(socket))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def sees(self, expression: str) -> Any:
        """The value of an expression over the app's own `window`."""
        self._eye.send(expression)
        value = self._eye.recv()
        if isinstance(value, Exception):
            raise value
        return value

    def waits_for(self, expression: str) -> None:
        """Wait until that is so; a picture of the screen is kept where it never is."""
        try:
            until(lambda: self.sees(expression), expression)
        except AssertionError as error:
            picture = self.home / "screen.png"
            self.sees(f"app.primaryScreen().grabWindow(0).save({str(picture)!r})")
            raise AssertionError(f"{error}; see {picture}") from None

    def reads(self, words: str) -> None:
        """Wait until these words are somewhere in the window in front."""
        self.waits_for(f"{words!r} in said()")

    def presses(self, *keys: str) -> None:
        """Keys, by the names of X: `space`, `ctrl+z`, `bracketleft`."""
        window = self.sees("window_to_focus()")
        if window:
            self._xdotool("windowfocus", "--sync", str(window))
        for key in keys:
            self._xdotool("key", key)

    def selects(self, run: str) -> None:
        """N, until that run is the selected one."""
        while (name := self.sees("window.session.selected.name")) != run:
            self.presses("n")
            self.waits_for(f"window.session.selected.name != {name!r}")

    def fills_in(self, text: object) -> None:
        """Type this over what is in the field that has the keyboard, and read it there."""
        self.presses("ctrl+a")
        self._xdotool("type", "--delay", "15", str(text))
        self.reads(str(text))

    def clicks(self, name: str, across: float = 0.5) -> None:
        """Click a control, as far across it as told."""
        self.points_at(name, across)
        self._xdotool("click", "1")

    def drags(self, name: str, start: float, end: float) -> None:
        """Press a control there, drag across it in steps, let go."""
        self.points_at(name, start)
        self._xdotool("mousedown", "1")
        for part in range(1, 6):
            self.points_at(name, start + (end - start) * part / 5)
        self._xdotool("mouseup", "1")

    def leaves(self) -> None:
        """Ctrl+Q, and the app ends well."""
        self.presses("ctrl+q")
        assert self.app.wait(90) == 0, (self.home / "said.txt").read_text()
        self._eye.close()

    def processes(self) -> list[int]:
        """Every process below the app."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
        children: dict[int, list[int]] = {}
        for line in listed.stdout.splitlines():
            child, parent = map(int, line.split())
            children.setdefault(parent, []).append(child)
        found, new = [], [self.app.pid]
        while new:
            new = [child for parent in new for child in children.get(parent, [])]
            found += new
        return found

    def goes(self) -> None:
        """Whatever happened: nothing of the app is left."""
        if self.app is None:
            return
        left = [self.app.pid, *self.processes()] if self.app.poll() is None else []
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.app.wait(30)

    def points_at(self, name: str, across: float) -> tuple[int, int]:
        """Move the mouse there, half-way down. Returns where on the screen that is, pixels."""
        left, top, width, height = self.sees(f"place({name!r})")
        x, y = left + round((width - 1) * across), top + height // 2
        self._xdotool("mousemove", "--sync", str(x), str(y))
        return x, y

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=30)
