"""Random use in short, always the same: nothing breaks, and nothing is left at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_a_while_of_random_use(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.monkey", "--minutes", "0.2", "--seed", "1"],
        capture_output=True, text=True, timeout=280, check=False, cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    said = json.loads(ended.stdout.splitlines()[-1])
    assert said["wrong"] == [], ended.stderr[-4000:]
    assert ended.returncode == 0
    assert said["deeds"] > 0
