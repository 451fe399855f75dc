"""docs/format.md is true: its reader reads our recordings, and ours read what its writer writes."""

import re
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from engine.recording import frames, layout_h5, recorder
from engine.recording.gatekeeper import admit
from engine.recording.reader import Recording
from engine.recording.schema import SCHEMA_VERSION
from engine.run import Run
from engine.specification import RunSpecification

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
READER, WRITER = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def executed(code: str, path: Path) -> dict[str, Any]:
    names: dict[str, Any] = {"PATH": str(path)}
    exec(code, names)
    return names


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("format") / "run.h5"
    run = Run(RunSpecification("one", "ties", "reinforce", seeds=(0, 1), updates=40, policy_every=3), path)
    for _ in range(40):
        run.update()
        if run.step == 20:
            run.set_knob("learning_rate", 0.02, measure=False, arrived=0.0)
    run.close()
    assert recorder.main(path) == 0
    return path


@pytest.mark.parametrize("which", ["ours", "version 1"])
def test_the_reader_reads(ours: Path, which: str) -> None:
    path = ours if which == "ours" else ROOT / "tests" / "fixtures" / "version-1.h5"
    read = executed(READER, path)
    with Recording.open(path) as recording:
        np.testing.assert_array_equal(read["steps"], recording.steps)
        np.testing.assert_array_equal(read["returns"], recording.metric("return"))
        np.testing.assert_array_equal(read["policy"][-1], recording.policy(recording.rows))
        np.testing.assert_array_equal(read["policy_steps"], recording.steps[recording.policy_rows])
        assert [event["data"] for event in read["events"]] == [dict(e.data) for e in recording.events]
        assert read["specification"] == recording.layout.provenance.get("specification")
    if which == "ours":
        assert read["events"][0]["data"]["after"] == 0.02


def test_our_reader_reads_what_the_writer_writes(tmp_path: Path) -> None:
    path = tmp_path / "theirs.h5"
    written = executed(WRITER, path)
    admit(path)
    with Recording.open(path) as recording:
        assert (recording.rows, recording.layout.actions) == (100, ("a", "b", "c"))
        np.testing.assert_array_equal(recording.metric("loss"), written["metrics"][:, :, 1])
        np.testing.assert_array_equal(recording.policy(50), written["policy"][50])
        assert recording.curve("return", 0, 99, 20).x.size
    assert executed(READER, path)["returns"].shape == (100, 2)


def test_every_dataset_is_on_the_page_and_is_there(ours: Path) -> None:
    there = set()
    with h5py.File(ours) as file:
        file["entry"].visititems(
            lambda name, item: there.add(name) if isinstance(item, h5py.Dataset) else None
        )
        assert int(file["entry"].attrs["schema_version"]) == SCHEMA_VERSION
        assert {f"`{name}`" for name in file["entry"].attrs} <= set(re.findall(r"`\w+`", PAGE))
    for name in there:
        stated = re.sub(r"^constants/.*", "constants/NAME", re.sub(r"_\d+$", "_N", name))
        assert f"`{stated}`" in PAGE, name
    assert f"| `schema_version` | {SCHEMA_VERSION};" in PAGE
    for counter in layout_h5.COUNTERS:
        assert f"`{counter}`" in PAGE


def test_the_journals_header_is_as_the_page_says() -> None:
    assert frames.MAGIC == b"supertask journal 2\n"
    section = PAGE.split("## The journal")[1].split("## The session")[0]
    sizes = [int(size) for size in re.findall(r"^\| (\d) \|", section, flags=re.MULTILINE)]
    assert sum(sizes) == frames.HEADER
    assert sizes == [struct.calcsize(f"<{code}") for code in ("4s", "I", "I", "B", "I", "Q", "I", "I")]
    made = frames.frame(7, frames.BLOCK, 3, 11, b"xyz")
    assert made[:4] == bytes.fromhex("F553740A")
    assert struct.unpack_from("<IIBIQ", made, 4) == (7, 3, 2, 3, 11)
