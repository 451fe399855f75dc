"""Sound recordings, to be spoiled, and one that grows when it is told to."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz.harness import samples

ROOT = Path(__file__).resolve().parents[2]

# Appends as many rows to a live file as each line of its input says, commits, and says how many there are.
WRITER = """
import sys
from dataclasses import replace
import recording_samples as samples
from engine.recording.codec import block_of
from engine.recording.layout_h5 import RecordingFile
layout = samples.layout()
file = RecordingFile(sys.argv[1], layout, lossless=True, live=True)
for line in sys.stdin:
    rows = [samples.row(file.rows + i) for i in range(int(line))]
    block = block_of(layout, rows, lossless=True)
    for name in ("policy_rows", "returns_rows"):
        block = replace(block, **{name: getattr(block, name) + file.rows})
    file.append(block)
    file.commit()
    print(file.rows, flush=True)
"""


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


@pytest.fixture
def append(tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Append so many rows to `live.h5.part`; how many there are then."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "live.h5.part")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        said = process.stdout

        def more(rows: int) -> int:
            print(rows, file=process.stdin, flush=True)
            return int(said.readline())

        more(10)
        yield more
        process.stdin.close()
