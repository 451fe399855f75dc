"""A worker that is at something that takes long says that it lives, and what it is at."""

import contextlib
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest
import torch

from engine import activity, launch, pulse
from engine.protocol import Busy, Failed, Status
from engine.specification import RunSpecification
from engine.tasks.dataset import base_data
from engine.tasks.make import make_environment

SLOW = """
import time
class Slow:
    def __init__(self):
        time.sleep(1.3)
        raise RuntimeError("no way")
def slow():
    return Slow()
"""


def test_what_is_under_way_is_the_innermost() -> None:
    assert activity.now() == ""
    with activity.at("making it") as outer:
        outer("half done")
        assert activity.now() == "making it: half done"
        with contextlib.suppress(ZeroDivisionError), activity.at("gathering data"):
            assert activity.now() == "gathering data"
            raise ZeroDivisionError
        assert activity.now() == "making it: half done"
    assert activity.now() == ""


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[object, pulse.Voice]]:
    monkeypatch.setattr(pulse, "BEAT", 0.05)
    ours, theirs = Pipe()
    yield ours, pulse.Voice(theirs)
    ours.close()
    theirs.close()


def test_the_pulse_beats_only_in_silence_and_says_what_is_under_way(beats) -> None:
    heard, voice = beats
    status = Status("running", 1, 2, 0.0, "cpu", "x.h5")
    with voice.pulse():
        for _ in range(20):
            voice.say(status)
            time.sleep(0.005)
        with activity.at("update 7"):
            time.sleep(0.3)
    assert not heard.closed
    said = []
    while heard.poll():
        said.append(heard.recv())
    busy = [report for report in said if isinstance(report, Busy)]
    assert said[:20] == [status] * 20 or len(busy) <= 5  # a busy machine may hold us for longer than a beat
    assert {"update 7"} == {report.words for report in busy[-2:]}
    assert busy[-1].seconds > busy[-2].seconds >= 0.05
    time.sleep(0.1)
    assert not heard.poll()  # it is over


def test_a_parent_that_is_gone_is_no_error(beats) -> None:
    heard, voice = beats
    heard.close()
    with voice.pulse():
        time.sleep(0.12)


def test_gathering_says_how_far_it_is() -> None:
    environment = make_environment("CartPole-v1", "", torch.device("cpu"))
    base, told = environment.base_probabilities, []

    def listening(observation: torch.Tensor) -> torch.Tensor:
        told.append(activity.now())
        return base(observation)

    environment.base_probabilities = listening
    base_data(environment, 16, (0, 1))
    assert told[0] == "gathering data: step 0 of 500, 16 episodes a seed"
    assert told[3] == "gathering data: step 3 of 500, 16 episodes a seed"


def test_a_worker_says_that_it_lives_before_its_first_row(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    specification = RunSpecification("s", f"{tmp_path}/slow.py:slow", "ppo", seeds=(0,))
    handle = launch.launch(specification, tmp_path, hold=True)
    said: list[object] = []
    deadline = time.monotonic() + 60
    while not any(isinstance(report, Failed) for report in said) and time.monotonic() < deadline:
        said += handle.reports()
        time.sleep(0.02)
    handle.close()
    busy = [report for report in said if isinstance(report, Busy)]
    assert busy[0].words == "making the task and the learner"
    assert busy[0].seconds >= pulse.BEAT
    assert isinstance(said[-1], Failed)


ENDLESS = """
import gymnasium, numpy
class Endless(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 1, (1,))
    action_space = gymnasium.spaces.Discrete(2)
    def reset(self, seed=None, options=None):
        return numpy.zeros(1, numpy.float32), {}
    def step(self, action):
        while True:
            pass
"""


def test_an_environment_that_never_answers_is_told_from_one_that_is_slow(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    specification = RunSpecification("e", f"{tmp_path}/endless.py:Endless", "ppo", seeds=(0,))
    handle = launch.launch(specification, tmp_path, hold=True)
    said: list[object] = []
    deadline = time.monotonic() + 60
    while not any(b.environment > 1.5 for b in said if isinstance(b, Busy)) and time.monotonic() < deadline:
        said += handle.reports()
        time.sleep(0.02)
    handle.ask_to_stop()
    assert handle.alive()  # it cannot hear that
    handle.end()
    handle.close(patience=0.0)
    assert not handle.alive()
    last = [report for report in said if isinstance(report, Busy)][-1]
    assert 1.5 < last.environment <= last.seconds + 1.0
    assert not last.held_up  # that is said after ten seconds
    assert Busy("update 2", 13.0, 12.4).held_up == "no answer for 12 s from its environment"


def test_only_the_call_under_way_counts() -> None:
    assert activity.unanswered() == 0
    for _ in range(2):
        with contextlib.suppress(ZeroDivisionError), activity.AskingAnEnvironment():
            time.sleep(0.02)
            assert 0.02 <= activity.unanswered() < 5
            raise ZeroDivisionError
        assert activity.unanswered() == 0
