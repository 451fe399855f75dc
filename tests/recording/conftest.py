"""Sound recordings, to be spoiled."""

from pathlib import Path

import pytest

from tests.fuzz.harness import samples


@pytest.fixture(scope="session")
def sound_samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Of three rows, of forty, and one of the first version."""
    return samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def sound(tmp_path: Path, sound_samples: list[bytes]) -> Path:
    """A sound recording of 40 rows."""
    path = tmp_path / "a.h5"
    path.write_bytes(sound_samples[1])
    return path
