"""A process that may die of a file, and what is known of its end.

:class:`Disposable` starts a Python module that calls `served.serve`. Where the system can fork, that process
loads its libraries once, never looks at a file itself, and forks another for each request, so that no file
can touch what looks at the next one. On Windows a new process is started for each.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.recording.served import FORKS, OUT_OF_MEMORY

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What came of one request.

    Attributes:
        value: the answer; None where there was none.
        ending: why there was none: `late` (ended from outside after `wall_seconds`), `processor` (used up its
            processor time), `memory` (asked for more than it may have), `signal` (killed by one), `exit`
            (ended by itself), `failure` (an error of Python, a defect of ours). Empty with an answer.
        detail: the signal's name, the exit status, or the error in one line.
        peak: the most memory it held, bytes; 0 where that is not known.
    """

    value: Any = None
    ending: str = ""
    detail: str = ""
    peak: int = 0


class Disposable:
    """The process that runs `module`, started when it is needed and again after it died."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._environment = environment or {}
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start the process, so that the first request need not wait for its libraries. Returns at once."""
        self._started()

    def ask(self, request: Mapping[str, Any], *, processor_seconds: int, wall_seconds: float) -> Outcome:
        """Have one request, plain data for JSON, answered by a process of its own."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(wall_seconds, end)
        timer.start()
        try:
            process.stdin.write(json.dumps({**request, "processor_seconds": processor_seconds}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
            timer.join()  # it may have begun to end the process
        whole = answer.endswith("\n")
        if late.is_set() or not whole or not FORKS:
            self.close()
        if not whole:
            return Outcome(ending="late") if late.is_set() else _ended(process.returncode, 0)
        said = json.loads(answer)
        if "value" in said:
            return Outcome(said["value"], peak=said["peak"])
        if "failure" in said:
            return Outcome(ending="failure", detail=said["failure"], peak=said["peak"])
        return _ended(said["status"], said["peak"])

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it died while it had nothing to do, so no file is to blame
        if self._process is None:
            search = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": search, **self._environment},
                start_new_session=True,  # so that what it forked ends with it
            )
        return self._process

    def close(self) -> None:
        """End the process. It also ends when this one does."""
        process, self._process = self._process, None
        if process is not None:
            _kill(process)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()


def _kill(process: subprocess.Popen[str]) -> None:
    """The process, and the one that it forked."""
    if FORKS:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _ended(status: int, peak: int) -> Outcome:
    """`status` as `subprocess` gives it: a signal's number is negative."""
    if status == OUT_OF_MEMORY:
        return Outcome(ending="memory", peak=peak)
    if status >= 0:
        return Outcome(ending="exit", detail=f"status {status}", peak=peak)
    if -status == getattr(signal, "SIGXCPU", None):
        return Outcome(ending="processor", peak=peak)
    with suppress(ValueError):
        return Outcome(ending="signal", detail=signal.Signals(-status).name, peak=peak)
    return Outcome(ending="signal", detail=f"signal {-status}", peak=peak)
