"""docs/reliability.md is true: its examples read a live file, whatever is written between their lines."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import recording_samples as samples
import xarray

from engine.recording.reader import Recording

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PLAIN, XARRAY, OURS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def look(example: str, folder: Path, append: Callable[[int], int], **names: Any) -> dict[str, Any]:
    """Run an example, with rows written after each of its lines."""
    for line in example.replace("runs/rvs", str(folder / "live")).splitlines():
        exec(line, names)
        append(7)
    return names


def assert_true(metrics: Any, rows: int, least: int) -> None:
    assert rows == len(metrics) >= least
    for step in range(rows):
        assert metrics[step].tobytes() == samples.row(step).metrics.tobytes(), step


def test_plain_h5py(tmp_path: Path, append: Callable[[int], int]) -> None:
    seen = look(PLAIN, tmp_path, append, h5py=h5py)
    assert_true(seen["metrics"], seen["rows"], 10)
    rows = append(1)
    again = []
    for line in PLAIN.splitlines()[1:]:  # another look: what its comment says comes first
        code, comment = line.split("#")
        again += [comment.split(": ")[-1], code]
    seen = look("\n".join(code.strip() for code in again), tmp_path, append, **seen)
    assert_true(seen["metrics"], seen["rows"], rows)


def test_xarray(tmp_path: Path, append: Callable[[int], int]) -> None:
    seen = look(XARRAY, tmp_path, append, h5py=h5py, xarray=xarray)
    seen["file"].close()
    data = seen["data"]
    assert_true(data["metrics"].values, seen["rows"], 10)
    assert data["metrics"].dims == ("step", "seed", "metric")
    assert data["step"].values.tolist() == list(range(seen["rows"]))
    for row, policy in zip(data["policy_row"].values, data["policy"].values, strict=True):
        assert policy.tobytes() == samples.row(row).policy.tobytes()


def test_xarray_when_a_dataset_is_looked_at_before_a_commit(
    tmp_path: Path, append: Callable[[int], int]
) -> None:
    """The worst moment: xarray knows an old length of one dataset and a new one of another."""
    opened, counted, *rest = XARRAY.splitlines()
    worst = [opened, counted, "file['entry/metrics'].shape", *rest]
    seen = look("\n".join(worst), tmp_path, append, h5py=h5py, xarray=xarray)
    assert_true(seen["data"]["metrics"].values, seen["rows"], 10)
    seen["file"].close()


def test_ours(tmp_path: Path, append: Callable[[int], int]) -> None:
    seen = look(OURS.replace("drift", "loss"), tmp_path, append, Recording=Recording)
    recording = seen["recording"]
    with recording:
        assert len(seen["loss"]) == recording.rows >= 17
    for step, values in enumerate(seen["loss"]):
        assert values.tobytes() == samples.row(step).metrics[:, 1].tobytes()
