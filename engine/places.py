"""Where a person's files are kept unless they say otherwise, by the customs of the system."""

from pathlib import Path

import platformdirs


def recordings_folder() -> Path:
    """Of recordings."""
    return _data() / "recordings"


def experiments_folder() -> Path:
    """Of a person's own experiments; the gallery lists them."""
    return _data() / "experiments"


def expanded(word: str) -> Path:
    """A path as it was written, `~` being a home folder where there is such a one."""
    try:
        return Path(word).expanduser()
    except RuntimeError:  # nobody is called so: then it is a name like any other
        return Path(word)


def _data() -> Path:
    return Path(platformdirs.user_data_dir("Supertask", appauthor=False))
