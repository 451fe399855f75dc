"""The other side of a :class:`~engine.recording.disposable.Disposable`: answers requests, each in a process
that may die of it. Limits: memory, processor time, no writing, no core dump.
"""

import codecs
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

MEMORY = 1 << 30  # bytes of address space beyond what the libraries take
OUT_OF_MEMORY = 86  # exit status
FORKS = hasattr(os, "fork")

Work = Callable[[dict[str, Any]], Any]


def serve(work: Work) -> None:
    """Answer each line of JSON on standard input with one on standard output, until there are no more.

    A line of answer has `value`, what `work` gave; or `failure`, the error that it raised; or `status`, as
    `os.waitstatus_to_exitcode` gives it, of the process that ended without either. `peak` is the most memory
    that the process held, in bytes.
    """
    limit()
    for line in sys.stdin:
        request = json.loads(line)
        answer = _forked(work, request) if FORKS else {**_answered(work, request), "peak": 0}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def limit() -> None:
    """Where the system knows limits: memory, no core dumps, no writing."""
    for name in ("ascii", "utf-8", "latin-1"):  # files of Python's own that would be opened when needed
        codecs.lookup(name)
    with suppress(ImportError):
        import resource

        statm = Path("/proc/self/statm")
        size = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0
        for what, most in (
            (resource.RLIMIT_AS, size + MEMORY if size else resource.RLIM_INFINITY),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def no_more_files() -> None:
    """From here on every attempt of this process to open a file fails."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _forked(work: Work, request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _disposed(work, request, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    _, status, used = os.wait4(child, 0)
    exit_code = os.waitstatus_to_exitcode(status)
    answer: dict[str, Any] = {"status": exit_code}
    with suppress(ValueError):  # not JSON: it was killed before it had said all
        answer = json.loads(said)
    return {**answer, "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)}


def _disposed(work: Work, request: dict[str, Any], writing: int) -> NoReturn:
    """In the forked process: nothing of it is left afterwards."""
    import resource

    status = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):  # not its own: they are how the parent is asked
            os.dup2(null, stream)
        seconds = request["processor_seconds"]
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        said = memoryview(json.dumps(_answered(work, request)).encode())
        while said:
            said = said[os.write(writing, said) :]
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _answered(work: Work, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": work(request)}
    except MemoryError:
        raise
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]}
