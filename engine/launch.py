"""Starting workers: one process a run, forked from a server that has torch loaded already.

Needs no torch itself: the worker is started by name. Where there is no forkserver (Windows) each
worker is a fresh interpreter.
"""

import contextlib
import hashlib
import importlib
import itertools
import json
import multiprocessing
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import platformdirs

from engine.errors import UserError
from engine.post import Post
from engine.protocol import Control, Failed, Report, Request
from engine.recording.files import Files
from engine.specification import RunSpecification

FORCED = 2.0  # seconds for a worker to go when it is made to
_ids = itertools.count(1)
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_context: Any = multiprocessing.get_context(_METHOD)  # typed per platform, used on all
if _METHOD == "forkserver":
    _context.set_forkserver_preload(["engine.worker"])


def next_id() -> int:
    """A fresh id for a command or a query."""
    return next(_ids)


def warm_up() -> None:
    """Start the server process, so that the first run need not wait for torch to load. Returns at once."""
    if _METHOD == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def _enter(module: str, arguments: tuple[Any, ...]) -> None:
    """First function of a new process: find the worker by name and hand over.

    Ctrl+C in a terminal reaches the whole group; here it is the parent's to answer, with a stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    importlib.import_module(module).main(*arguments)


class Started:
    """A process that was asked for. It begins in a thread, for the server it is forked from may still be
    loading torch, and whoever asks must not wait for that.

    Its connection can be used at once. `pid` is None until it has begun.
    """

    def __init__(self, process: Any, theirs: "Connection[Any, Any]") -> None:
        self._process = process
        self._error: OSError | None = None
        self._unwanted = False
        self._thread = threading.Thread(target=self._begin, args=(theirs,), name=process.name, daemon=True)
        self._thread.start()

    def _begin(self, theirs: "Connection[Any, Any]") -> None:
        try:
            self._process.start()
            if self._unwanted:
                self._process.terminate()
        except OSError as error:  # no memory, no more processes: it never was, and its end is what is seen
            self._error = error
        finally:
            theirs.close()

    @property
    def pid(self) -> int | None:
        """The process id."""
        pid: int | None = self._process.pid
        return pid

    @property
    def error(self) -> str:
        """Why it could not begin; empty where it could."""
        return "" if self._error is None else f"a process could not be started: {self._error.strerror}"

    @property
    def ending(self) -> str:
        """How it ended, as far as its exit code tells; empty where it tells nothing."""
        code: int | None = self._process.exitcode
        if not code:
            return ""
        return f"ended with exit code {code}" if code > 0 else f"killed by signal {-code}"

    def is_alive(self) -> bool:
        """False once it has ended, or could not begin."""
        return self._thread.is_alive() or (self.pid is not None and bool(self._process.is_alive()))

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(timeout)
        if not self._thread.is_alive() and self.pid is not None:
            self._process.join(timeout)

    def terminate(self) -> None:
        """Ask it to end; one that is only beginning, as soon as it has begun. Does not wait."""
        self._unwanted = True
        if self.pid is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End it. Does not wait."""
        self._unwanted = True
        if self.pid is not None:
            self._process.kill()


def start(module: str, *arguments: Any, name: str) -> "tuple[Started, Connection[Any, Any]]":
    """A process that runs `module.main(connection, *arguments)`, and our end of the connection. Returns at
    once."""
    ours, theirs = _context.Pipe()
    process = _context.Process(
        target=_enter, args=(module, (theirs, *arguments)), name=f"supertask {name}", daemon=True
    )
    return Started(process, theirs), ours


class Handle:
    """A process that takes requests and answers in reports. No method blocks."""

    def __init__(self, module: str, *arguments: Any, name: str) -> None:
        self._told = False  # that it could not begin
        self._process, connection = start(module, *arguments, name=name)
        self._post = Post(connection, name)

    @property
    def pid(self) -> int | None:
        """Its process id; None until it has begun."""
        return self._process.pid

    def send(self, request: Request) -> None:
        """Pass a request on; a process that is gone takes none (its last report says why)."""
        self._post.send(request)

    def reports(self) -> list[Report]:
        """Everything it said since the last call."""
        self._post.flush()
        said: list[Report] = self._post.heard(last=not self.alive())
        if self._process.error and not self._told:
            self._told = True
            said.append(Failed(0, self._process.error, ""))
        return said

    def alive(self) -> bool:
        """False once it has ended, by itself or not."""
        return self._process.is_alive()

    @property
    def ending(self) -> str:
        """How it ended, as far as its exit code tells; empty where it tells nothing."""
        return self._process.ending


class Onlooker(Handle):
    """A process that looks at a learner as it was at a checkpoint (`specification.parent`) and shows
    episodes of it."""

    def __init__(self, specification: RunSpecification) -> None:
        super().__init__("engine.onlooker", specification.to_json(), name=f"onlooker of {specification.name}")

    def dismiss(self) -> None:
        """End it: it keeps nothing that could be lost."""
        self._process.terminate()


class RunHandle(Handle):
    """One worker, seen from the process that started it. No method blocks but :meth:`close`."""

    def __init__(self, specification: RunSpecification, recording: Path, hold: bool) -> None:
        """Start the worker. `hold`: at the end of the budget it stays, steerable, until closed."""
        self.specification = specification
        self.recording = recording
        super().__init__(
            "engine.worker", specification.to_json(), str(recording), hold, name=specification.name
        )

    def ask_to_stop(self) -> None:
        """Ask for the last checkpoint and the end of the run."""
        self.send(Control(next_id(), "stop"))

    def end(self) -> None:
        """End the worker by force, as for one that hangs; does not wait. What it has recorded is kept."""
        self._process.kill()

    def close(self, patience: float = 20.0) -> None:
        """Stop the run and wait until its recording is whole; after `patience` seconds end it by force.

        Nothing is lost by force either: the journal stays and is recovered at the next opportunity.
        """
        close_all([self], patience)


def close_all(handles: Iterable[RunHandle], patience: float = 20.0) -> None:
    """Close several runs side by side: they finish their recordings at the same time."""
    handles = list(handles)
    for handle in handles:
        handle.ask_to_stop()
    _wait_for(handles, patience)
    for handle in handles:
        handle._process.terminate()
    _wait_for(handles, FORCED)
    for handle in handles:
        handle._process.kill()
    _wait_for(handles, FORCED)


def _wait_for(handles: list[RunHandle], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for handle in handles:
        while handle.alive() and time.monotonic() < deadline:
            handle._post.flush()  # that it should stop, where that still waits
            handle._process.join(0.02)


def launch(specification: RunSpecification, folder: Path, hold: bool) -> RunHandle:
    """Start a run whose recording will be a file of its own in `folder`."""
    return RunHandle(specification, recording_path(folder, specification.name), hold)


def onlook(specification: RunSpecification) -> Onlooker:
    """Start a process that shows episodes of the checkpoint that the specification begins from."""
    return Onlooker(specification)


def recording_path(folder: Path, name: str) -> Path:
    """A free path for a recording: the run's name and, where taken, a number."""
    stem = re.sub(r"[^\w.+]+", "-", name.lower()).strip("-.") or "run"
    for number in itertools.count(1):
        path = folder / (f"{stem}.h5" if number == 1 else f"{stem}-{number}.h5")
        if not Files.of(path).any_exists():
            return path
    raise AssertionError("unreachable")


class CatalogueRequest:
    """The engine described as data, asked of a worker and kept on disk until the engine changes."""

    def __init__(self) -> None:
        self._cache = _catalogue_cache()
        self._connection: Connection[Any, Any] | None = None
        if not self._cache.exists():
            self._process, self._connection = start("engine.catalogue", name="catalogue")

    def poll(self) -> dict[str, Any] | None:
        """The catalogue, or None while it is not there yet.

        Raises:
            UserError: when the process that was asked ended without an answer.
        """
        if self._connection is None:
            return dict(json.loads(self._cache.read_text(encoding="utf-8")))
        if not self._connection.poll():
            return None
        try:
            catalogue: dict[str, Any] = self._connection.recv()
        except (EOFError, OSError):
            reason = self._process.error or "its process ended; details are on standard error"
            raise UserError(f"the engine could not say what it offers: {reason}") from None
        self._process.join()
        self._connection = None
        with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            partial = self._cache.with_suffix(f".{self._process.pid}")
            partial.write_text(json.dumps(catalogue), encoding="utf-8")
            partial.replace(self._cache)
        return catalogue

    def wait(self) -> dict[str, Any]:
        """The catalogue, when it is there.

        Raises:
            UserError: as :meth:`poll`.
        """
        while (found := self.poll()) is None:
            time.sleep(0.005)
        return found


def _catalogue_cache() -> Path:
    """Named after the engine's own files, so that a changed engine is described afresh."""
    here = Path(__file__).resolve().parent
    files = sorted(here.rglob("*.py"))
    marks = [f"{p.relative_to(here)} {p.stat().st_mtime_ns} {p.stat().st_size}" for p in files]
    digest = hashlib.sha256("\n".join([sys.version, str(here), *marks]).encode()).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("Supertask")) / f"catalogue-{digest}.json"


def request_catalogue() -> CatalogueRequest:
    """Ask for the catalogue; poll the answer until it is there."""
    return CatalogueRequest()
