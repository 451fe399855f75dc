"""A process that is asked for: whoever asks does not wait, and hears of it when it could not begin."""

import threading
from pathlib import Path
from typing import Any

import pytest

from engine import launch
from engine.errors import UserError
from engine.protocol import Failed
from engine.specification import RunSpecification


class Process:
    """Stands for a process of multiprocessing whose start waits for the server to be ready."""

    name, pid = "stand-in", None

    def __init__(self, ready: threading.Event, error: OSError | None = None) -> None:
        self.ready, self.error, self.ended = ready, error, False

    def start(self) -> None:
        assert self.ready.wait(30)
        if self.error is not None:
            raise self.error
        self.pid = 4242

    def is_alive(self) -> bool:
        return not self.ended

    def join(self, timeout: float | None = None) -> None:
        pass

    def terminate(self) -> None:
        self.ended = True

    kill = terminate


class End:
    """Stands for the other end of a pipe."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_nobody_waits_for_the_server() -> None:
    ready, theirs = threading.Event(), End()
    started = launch.Started(Process(ready), theirs)
    assert started.pid is None
    assert started.is_alive()
    assert not theirs.closed
    ready.set()
    started._thread.join(30)
    assert (started.pid, theirs.closed, started.error) == (4242, True, "")


def test_one_that_is_not_wanted_any_more_ends_as_soon_as_it_has_begun() -> None:
    ready = threading.Event()
    process = Process(ready)
    started = launch.Started(process, End())
    started.terminate()
    started.join(0.01)  # waits no longer than that
    assert started.is_alive()
    ready.set()
    started._thread.join(30)
    assert process.ended
    assert not started.is_alive()


def test_one_that_cannot_begin_is_not_alive_and_says_why() -> None:
    ready = threading.Event()
    ready.set()
    started = launch.Started(Process(ready, OSError(11, "Resource temporarily unavailable")), End())
    started.join(30)
    started.terminate()  # is no error
    assert not started.is_alive()
    assert started.error == "a process could not be started: Resource temporarily unavailable"


class Context:
    """Stands for multiprocessing, on a machine that has no more processes to give."""

    def __init__(self) -> None:
        self.Pipe, self.Process = launch._context.Pipe, self._process

    def _process(self, **_: Any) -> Process:
        ready = threading.Event()
        ready.set()
        return Process(ready, OSError(11, "Resource temporarily unavailable"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, ""),
        (0, ""),
        (3, "ended with exit code 3"),
        (-9, "killed by signal 9"),
    ],
)
def test_how_it_ended_is_told_as_far_as_its_exit_code_does(code: int | None, words: str) -> None:
    ready = threading.Event()
    process = Process(ready)
    started = launch.Started(process, End())
    process.exitcode = code
    assert started.ending == words
    ready.set()


def test_a_run_that_cannot_begin_reports_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_context", Context())
    handle = launch.launch(RunSpecification("a", "ties", "reinforce"), tmp_path, hold=True)
    handle._process.join(30)
    (failed,) = handle.reports()
    assert isinstance(failed, Failed)
    assert failed.message.startswith("a process could not be started: ")
    assert handle.reports() == []
    handle.close()


def test_a_catalogue_that_never_comes_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_context", Context())
    monkeypatch.setattr(launch, "_catalogue_cache", lambda: tmp_path / "none.json")
    request = launch.CatalogueRequest()
    request._process.join(30)
    with pytest.raises(UserError, match="the engine could not say what it offers: a process could not be"):
        request.poll()


@pytest.mark.parametrize("taken", ["h5", "h5.part", "h5.new", "journal", "journal.damaged", "journal.lock"])
def test_a_name_of_which_there_is_any_file_is_taken(tmp_path: Path, taken: str) -> None:
    assert launch.recording_path(tmp_path, "PPO + KL").name == "ppo-+-kl.h5"
    (tmp_path / f"ppo-+-kl.{taken}").touch()
    (tmp_path / "ppo-+-kl.step-00000001.safetensors").touch()  # what a run leaves is none of its files
    (tmp_path / "ppo.h5").touch()
    assert launch.recording_path(tmp_path, "PPO + KL").name == "ppo-+-kl-2.h5"
    assert launch.recording_path(tmp_path, "ppo").name == "ppo-2.h5"
