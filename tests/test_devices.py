"""Where a run computes: as asked, or what was faster, and how that is told."""

import pytest
import torch

from engine import devices
from engine.errors import UserError
from engine.readout import Readout, read
from engine.specification import RunSpecification

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
WANTED = RunSpecification("run", "coin", "rvs", seeds=(0,), knobs={"data_episodes": 16})


def test_the_faster_of_two_is_taken_and_says_by_how_much() -> None:
    assert devices.faster({CUDA: 310.0, CPU: 100.0}) == devices.Choice(CUDA, "3.1 × faster here than cpu")
    assert devices.faster({CUDA: 100.0, CPU: 150.0}) == devices.Choice(CPU, "1.5 × faster here than cuda")


def test_without_a_gpu_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(devices, "updates_a_second", lambda *_: pytest.fail("there is nothing to choose"))
    choice = devices.chosen(WANTED)
    assert choice.device == CPU
    assert choice.text(1) == "cpu, 1 thread"
    with pytest.raises(UserError, match="device cuda: this machine has none"):
        devices.chosen(RunSpecification("run", "coin", "rvs", device="cuda"))


def test_with_a_gpu_both_are_tried_unless_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    rates = {CUDA: 50.0, CPU: 100.0}
    monkeypatch.setattr(devices, "updates_a_second", lambda _, device: rates[device])
    assert devices.chosen(WANTED).text(2) == "cpu, 2 threads: 2.0 × faster here than cuda"
    rates[CUDA] = 1000.0
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a card")
    assert devices.chosen(WANTED).text(1) == "cuda (a card), 1 thread: 10.0 × faster here than cpu"
    asked = RunSpecification("run", "coin", "rvs", device="cpu")
    assert devices.chosen(asked).text(1) == "cpu, 1 thread: as asked"
    exact = RunSpecification("run", "coin", "conditional_oracle")
    assert devices.chosen(exact).device == CPU


def test_a_gpu_that_fails_when_tried_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(_: RunSpecification, device: torch.device) -> float:
        if device == CUDA:
            raise RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB")
        return 1.0

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "updates_a_second", tried)
    assert devices.chosen(WANTED).text(1) == "cpu, 1 thread: cuda failed, CUDA out of memory."


def test_a_recording_says_where_the_run_is_to_be_made_again() -> None:
    assert devices.settled(WANTED, devices.Choice(CUDA)).device == "cuda"
    assert devices.settled(WANTED, devices.Choice(CPU)) == WANTED


def test_a_rate_is_of_updates() -> None:
    assert 1 < devices.updates_a_second(WANTED, CPU) < 1e6


def test_what_is_on_the_host_is_read_as_it_is() -> None:
    rows = torch.arange(6.0).reshape(2, 3)
    assert read(rows).tolist() == rows.tolist()
    assert Readout(rows.long().requires_grad_(False)).array().dtype == "int64"
