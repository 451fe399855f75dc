"""`check`: what it says of a sound recording, of a bad one, and of none."""

import json
from pathlib import Path

import h5py
import pytest

import main
from commands.check import CHECKS
from tests.fuzz.harness import samples


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    path = tmp_path / "a.h5"
    path.write_bytes(samples(tmp_path / "made")[0])
    return path


def test_a_sound_recording(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["check", str(recording)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(recording), *(f"{'ok':<8}{words}" for words, _ in CHECKS)]


def test_every_defect_has_a_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(recording, "r+") as file:
        file["entry/commit"][0] = 4
        file["entry/commit"][1] = -1
    assert main.main(["check", str(recording)]) == 1
    said = capsys.readouterr().out
    assert "defect  commit: counts 4 rows, but step holds 3" in said
    assert "defect  commit: counts -1 policies, but policy holds 2" in said
    assert f"-       {CHECKS[-1][0]}" in said
    assert main.main(["check", str(recording), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["defects"][0]["kind"]) == (False, "commit")


def test_verbs_that_read_refuse_it_in_one_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(recording, "r+") as file:
        file["entry/x"] = h5py.ExternalLink("/etc/passwd", "/")
    table = str(recording.with_suffix(".csv"))
    for words in (["info"], ["export", "--to", "csv", "--out", table], []):
        arguments = [*words[:1], str(recording), *words[1:]]
        assert main.main(arguments) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "refused: entry/x: is a link into another file" in said
    assert not Path(table).exists()


def test_nothing_to_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["check", str(tmp_path / "none.h5")]) == 2
    assert "no such recording" in capsys.readouterr().err
