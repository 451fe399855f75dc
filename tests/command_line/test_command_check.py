"""`check`: what it says of a sound recording, of a bad one, of a session, and of none."""

import hashlib
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import main
from commands.check import ARCHIVE, CHECKS
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


def session(folder: Path, recording: bytes, checkpoint: bytes) -> Path:
    """A session of one run, named to move the cursor."""
    runs = [{"file": "runs/0/a.h5", "name": "bell \x07", "visible": True, "note": ""}]
    described = {"format": "supertask session", "version": 1, "runs": runs, "notes": "abc", "cursor": 2}
    path = folder / "mine.supertask"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("session.json", json.dumps(described))
        made.writestr("runs/0/a.h5", recording)
        made.writestr("runs/0/sample.step-1.safetensors", checkpoint)
    return path


def test_a_session_is_checked_with_all_that_is_in_it(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = tmp_path / "named.h5"
    named.write_bytes(recording.read_bytes())
    digest = hashlib.sha256(b"weights").hexdigest().encode()
    with h5py.File(named, "r+") as file:
        said = file["entry/checkpoint_bytes"][...].tobytes().replace(b"0" * 64, digest)
        file["entry/checkpoint_bytes"][...] = np.frombuffer(said, dtype=np.uint8)
    path = session(tmp_path, named.read_bytes(), b"weights")
    assert main.main(["check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(path),
        "holds   1 runs, looked at update 2; notes of 3 characters",
        f"ok      {ARCHIVE}",
        "ok      runs/0/a.h5, bell \N{REPLACEMENT CHARACTER}: 3 rows, 2 seeds, 1 checkpoints",
    ]
    session(tmp_path, named.read_bytes(), b"other weights")
    assert main.main(["check", str(path)]) == 1
    assert "sample.step-1.safetensors: is not the checkpoint that its" in capsys.readouterr().out
    session(tmp_path, named.read_bytes()[:9000], b"weights")
    assert main.main(["check", str(path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["runs"][0]["ok"]) == (False, False)
    assert found["runs"][0]["run"]["file"] == "runs/0/a.h5"
    assert found["runs"][0]["defects"][0]["kind"] == "damaged"


def test_a_damaged_session_is_told_in_a_line(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = session(tmp_path, recording.read_bytes(), b"weights")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"weights", b"weighty"))
    assert main.main(["check", str(path)]) == 1
    assert "defect  not a session that can be read (Bad CRC-32" in capsys.readouterr().out
    assert main.main(["check", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["defects"][0]["kind"] == "archive"
    assert main.main(["check", str(tmp_path / "none.supertask")]) == 2
