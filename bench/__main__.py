"""Print every figure, with the machine and the versions it was taken on."""

import os
import platform
from importlib.metadata import version

from bench import app, calls, device, first_update, large, library, recording, start, stepping

PACKAGES = ("torch", "numpy", "h5py", "PySide6-Essentials", "pyqtgraph")


def main() -> None:
    """Run the benches one after the other."""
    cores = os.cpu_count()
    print(f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    large.main()
    recording.main()
    start.main()
    first_update.main()
    app.main()
    calls.main()
    library.main()
    stepping.main()
    device.main()


if __name__ == "__main__":
    main()
