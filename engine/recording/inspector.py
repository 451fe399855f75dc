"""The disposable process that looks at files from elsewhere: `python -m engine.recording.inspector`.

It takes a line of JSON on standard input for each file (`file`, `thorough`) and answers with one: a list of
defects. HDF5 may crash, hang or ask for memory here as a hostile file pleases: the process has limits, and
dies alone. Plugins are off, nothing can be written, and once the file is open no other file can be opened.
"""

import codecs
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Before HDF5 is loaded: no filters from shared libraries. One thread: less address space.
os.environ |= {"HDF5_PLUGIN_PRELOAD": "::", "HDF5_PLUGIN_PATH": os.devnull, "OPENBLAS_NUM_THREADS": "1"}

from engine.recording.inspection.inspect import inspect

MEMORY = 1 << 30  # bytes of address space beyond what the libraries take
SECONDS = 20  # of processor time for each file


def limit() -> None:
    """Where the system knows limits: memory, no core dumps, no writing."""
    for name in ("ascii", "utf-8", "latin-1"):  # files of Python's own that would be opened when needed
        codecs.lookup(name)
    with suppress(ImportError):
        import resource

        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _proc() else 0
        for what, most in (
            (resource.RLIMIT_AS, size + MEMORY if size else resource.RLIM_INFINITY),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def _proc() -> bool:
    return Path("/proc/self/statm").exists()


@contextmanager
def alone(thorough: bool) -> Iterator[None]:
    """A budget of processor time for one file; afterwards files may be opened again."""
    try:
        import resource
    except ImportError:
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS * (30 if thorough else 1), hard))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, files)


def no_more_files() -> None:
    """From here on every attempt to open a file fails."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def main() -> int:
    """Answer until standard input ends."""
    limit()
    for line in sys.stdin:
        path = json.loads(line)
        with alone(path["thorough"]):
            found = inspect(Path(path["file"]), thorough=path["thorough"], opened=no_more_files)
        sys.stdout.write(json.dumps([vars(defect) for defect in found]) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
