"""Where a person's files are kept unless they say otherwise, by the customs of the system."""

from pathlib import Path

import platformdirs


def recordings_folder() -> Path:
    """Of recordings."""
    return _data() / "recordings"


def experiments_folder() -> Path:
    """Of a person's own experiments; the gallery lists them."""
    return _data() / "experiments"


def _data() -> Path:
    return Path(platformdirs.user_data_dir("Supertask", appauthor=False))
