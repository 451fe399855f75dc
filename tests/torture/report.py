"""Tables that the torture and the soak write into docs/reliability.md, each between two marks of its own."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import h5py


def put(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the marks `NAME begins` and `NAME ends`."""
    begin, end = (f"<!-- {name} {word} -->" for word in ("begins", "ends"))
    before, rest = page.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text("\n".join([before + begin, *lines, end]) + after, encoding="utf-8")


def circumstances(command: str, load: float) -> list[str]:
    """What was typed, where and with what, as lines.

    Args:
        load: mean over the run of the machine's load average.
    """
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "h5py", "xarray", "h5netcdf"))
    return [
        f"`{command}` on {datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load average {load:.1f};",
        f"Python {platform.python_version()}, HDF5 {h5py.version.hdf5_version}, {packages}.",
    ]
