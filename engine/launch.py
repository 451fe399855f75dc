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
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import platformdirs

from engine.protocol import Control, Report, Request
from engine.specification import RunSpecification

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


def start(module: str, *arguments: Any, name: str) -> "tuple[Any, Connection[Any, Any]]":
    """A process that runs `module.main(connection, *arguments)`, and our end of the connection."""
    ours, theirs = _context.Pipe()
    process = _context.Process(
        target=_enter, args=(module, (theirs, *arguments)), name=f"supertask {name}", daemon=True
    )
    process.start()
    theirs.close()
    return process, ours


class RunHandle:
    """One worker, seen from the process that started it. No method blocks but :meth:`close`."""

    def __init__(self, specification: RunSpecification, recording: Path, hold: bool) -> None:
        """Start the worker. `hold`: at the end of the budget it stays, steerable, until closed."""
        self.specification = specification
        self.recording = recording
        self._process, self._connection = start(
            "engine.worker", specification.to_json(), str(recording), hold, name=specification.name
        )

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        pid: int | None = self._process.pid
        return pid

    def send(self, request: Request) -> None:
        """Pass a request on; a worker that is gone takes none (its last report says why)."""
        with contextlib.suppress(OSError):
            self._connection.send(request)

    def reports(self) -> list[Report]:
        """Everything the worker said since the last call."""
        said: list[Report] = []
        with contextlib.suppress(EOFError, OSError):
            while self._connection.poll():
                said.append(self._connection.recv())
        return said

    def alive(self) -> bool:
        """False once the worker has ended, by itself or not."""
        return bool(self._process.is_alive())

    def ask_to_stop(self) -> None:
        """Ask for the last checkpoint and the end of the run."""
        self.send(Control(next_id(), "stop"))

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
    deadline = time.monotonic() + patience
    for handle in handles:
        process = handle._process
        while process.is_alive() and time.monotonic() < deadline:
            handle.reports()  # a full pipe would keep the worker from ending
            process.join(0.02)
        if process.is_alive():
            process.terminate()
            process.join(2.0)
        if process.is_alive():
            process.kill()
            process.join()


def launch(specification: RunSpecification, folder: Path, hold: bool) -> RunHandle:
    """Start a run whose recording will be a file of its own in `folder`."""
    return RunHandle(specification, recording_path(folder, specification.name), hold)


def recording_path(folder: Path, name: str) -> Path:
    """A free path for a recording: the run's name and, where taken, a number."""
    stem = re.sub(r"[^\w.+]+", "-", name.lower()).strip("-.") or "run"
    for number in itertools.count(1):
        path = folder / (f"{stem}.h5" if number == 1 else f"{stem}-{number}.h5")
        if not any(folder.glob(f"{path.stem}.h5*")) and not any(folder.glob(f"{path.stem}.journal*")):
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
        """The catalogue, or None while it is not there yet."""
        if self._connection is None:
            return dict(json.loads(self._cache.read_text(encoding="utf-8")))
        if not self._connection.poll():
            return None
        catalogue: dict[str, Any] = self._connection.recv()
        self._process.join()
        self._connection = None
        with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            partial = self._cache.with_suffix(f".{self._process.pid}")
            partial.write_text(json.dumps(catalogue), encoding="utf-8")
            partial.replace(self._cache)
        return catalogue


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
