"""Where a recording's numbers come from: specification, versions, source, machine."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.specification import RunSpecification

PACKAGES = ("torch", "numpy", "scipy", "gymnasium", "h5py", "safetensors")


def provenance(specification: RunSpecification, device: str) -> dict[str, Any]:
    """Plain data: enough to run the same run again and to know what it was run with."""
    return {
        "specification": json.loads(specification.to_json()),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": device,
        "packages": versions(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "source": source_revision(),
    }


def versions() -> dict[str, str]:
    """The packages that decide the numbers."""
    return {name: version(name) for name in PACKAGES}


def machine() -> str:
    """Cores, system, versions and source in a line, for a page of results."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, torch {version('torch')}, source {source_revision()}"
    )


@cache
def source_revision() -> str:
    """The commit of the source, with `+` where files have changed since; "unknown" outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=here, capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip()
