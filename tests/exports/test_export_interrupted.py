"""A long export on the command line: it says how far it is, and Ctrl+C leaves no file."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import pytest
from export_samples import Recorded, recorded_run  # noqa: F401 (a fixture)

import main
from commands import progress
from engine import launch
from engine.exports.job import Job
from engine.exports.kinds import KINDS, Order


def test_without_a_terminal_it_says_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress.progress("export") as told:
        told(1, 200)  # nothing takes long here
    monkeypatch.setattr(progress, "SAY_EVERY", 0.0)
    with progress.progress("export") as told:
        told(40, 200)
        told(200, 200)
    said = capsys.readouterr()
    assert said.err == "export: 40 of 200\nexport: 200 of 200\n"
    assert said.out == ""


@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_leaves_no_file(
    recorded_run: Recorded,
    kind: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def interrupted(what: str) -> Iterator[progress.Told]:
        signal.raise_signal(signal.SIGINT)  # before anything is written; it is heeded at the first progress
        yield lambda done, of: pytest.fail("it went on")

    monkeypatch.setattr(progress, "_lines", interrupted)
    recording = str(recorded_run("reinforce"))
    assert main.main(["export", recording, "--to", kind, "--out", str(tmp_path / "out-v0")]) == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("ending", "said"),
    [("killed by signal 9", "export to csv: killed by signal 9"), ("", "export to csv ended without a word")],
)
def test_a_process_that_dies_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str, said: str
) -> None:
    ours, theirs = Pipe()
    process = SimpleNamespace(is_alive=lambda: not theirs.closed, ending=ending, pid=None)
    monkeypatch.setattr(launch, "start", lambda *_, **__: (process, ours))
    running = Job(Order("csv", (tmp_path / "a.h5",), tmp_path / "a.csv"))
    assert not running.poll()
    theirs.close()
    assert running.poll()
    assert running.error == said


def test_a_second_ctrl_c_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), progress.progress("export"):  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")
