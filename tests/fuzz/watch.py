"""Which files a process asks for, as a library sees it that comes before libc (Linux, with a compiler)."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOM = 1 << 20  # bytes that the pipe holds: names that were written and not read yet


def watchable() -> bool:
    """Whether there is what a watch needs."""
    return sys.platform == "linux" and shutil.which("cc") is not None


class Watch:
    """Hears of every file that processes with its `environment` ask for, also in vain."""

    def __init__(self, folder: Path) -> None:
        library, pipe = folder / "opens.so", folder / "opens"
        source = Path(__file__).with_name("opens.c")
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)
        os.mkfifo(pipe)
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _ROOM)
        self.environment = {"LD_PRELOAD": str(library), "OPENS": str(pipe)}

    def asked(self) -> list[str]:
        """The names since the last look."""
        said = bytearray()
        while True:
            try:
                said += os.read(self._pipe, _ROOM)
            except BlockingIOError:
                return [os.fsdecode(name) for name in bytes(said).split(b"\0")[:-1]]

    def close(self) -> None:
        os.close(self._pipe)
