"""A recorded run made again: steered, forked, taught by another run's data, tampered with."""

import json
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import main
from engine import launch
from engine.errors import UserError
from engine.protocol import Acknowledged, Control, Refused, Report, SetKnob
from engine.recording import recorder
from engine.recording.reader import Recording
from engine.rerun import Verdict, rerun
from engine.run import Run
from engine.specification import Parent, RunSpecification, Source
from engine.worker import HAND_RESTS

PATIENCE = 60.0


def specification(learner: str = "reinforce", **others: Any) -> RunSpecification:
    values = {"name": learner, "task": "crossroads", "learner": learner, "seeds": (0, 2, 5), "updates": 8}
    return RunSpecification(**{**values, **others})


def recorded(
    path: Path,
    wanted: RunSpecification,
    turns: dict[int, list[tuple[str, Any, bool]]],
    ends: int | None = None,
) -> Path:
    """A finished recording whose knobs were turned: {step: (name, value, whether it rested)}. It `ends` with
    its budget, or earlier."""
    run = Run(wanted, path)
    while True:
        for name, value, measure in turns.get(run.step, []):
            run.set_knob(name, value, measure=measure, arrived=time.monotonic())
        if run.step == (run.budget if ends is None else ends):
            break
        run.update()
    run.close()
    assert recorder.main(path) == 0
    return path


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose learning rate was turned after 3 updates."""
    path = tmp_path_factory.mktemp("steered") / "run.h5"
    return recorded(path, specification(), {3: [("learning_rate", 0.02, False)]})


@pytest.fixture
def copy(steered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(steered, tmp_path / "copy.h5"))


@pytest.fixture
def handles() -> Iterator[list[launch.RunHandle]]:
    made: list[launch.RunHandle] = []
    yield made
    launch.close_all(made)


@pytest.mark.parametrize("learner", ["reinforce", "conditional_oracle", "rvs"])
def test_a_worker_steered_at_random_steps_replays(
    tmp_path: Path, handles: list[launch.RunHandle], learner: str
) -> None:
    chance = random.Random(3)
    wanted = specification(learner, updates=30, measure_every=7, policy_every=2, checkpoint_every=11)
    handle = launch.launch(wanted, tmp_path, hold=True)
    handles.append(handle)
    said: list[Report] = []

    def ask(request: Any) -> Report:
        handle.send(request)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            said.extend(handle.reports())
            for report in said:
                if isinstance(report, Acknowledged | Refused) and report.id == request.id:
                    return report
            time.sleep(0.002)
        raise AssertionError(f"no answer to {request}; said {said[-3:]}")

    controls = ("pause", "resume", "step", "step", "extend", "checkpoint")
    knob = ("learning_rate", 0.01, 0.3) if learner == "reinforce" else ("target", 0.0, 1.0)
    for number in range(1, 60):
        if chance.random() < 0.4:
            ask(SetKnob(number, knob[0], chance.uniform(*knob[1:])))
        else:
            ask(Control(number, chance.choice(controls)))
        time.sleep(chance.choice((0, 0, 0.01)))
    for request in (Control(97, "pause"), SetKnob(98, knob[0], knob[1]), SetKnob(99, knob[0], knob[2])):
        ask(request)
    time.sleep(2 * HAND_RESTS)  # a closer look
    ask(Control(100, "stop"))
    handle.close()
    with Recording.open(handle.recording) as recording:
        events = recording.events
        knobs = [event for event in events if event.kind == "knob"]
        assert len(knobs) > 5
        assert any(event.data.get("action") == "extend" for event in events)
        assert any(event.data["measured"] for event in knobs) == (knob[0] == "target")
        closer = [event for event in events if event.data.get("action") == "look closer"]
        assert bool(closer) == (knob[0] == "target")
        rows, checkpoints = recording.rows, len(recording.checkpoints)
    verdict = rerun(handle.recording)
    assert verdict.matches, str(verdict)
    assert (verdict.rows, verdict.checkpoints) == (rows, checkpoints)
    assert f"all {rows} rows match, bit for bit" in str(verdict)


def test_a_recording_from_before_closer_looks_replays(tmp_path: Path) -> None:
    run = Run(specification("conditional_oracle", updates=1), tmp_path / "run.h5")
    run.set_knob("target", 0.0, measure=True, arrived=time.monotonic(), closely=None)  # as its step has it
    assert not run.owes_a_closer_look
    run.close()
    assert recorder.main(run.path) == 0
    with Recording.open(run.path) as recording:
        assert np.isfinite(recording.metric("self_bleu")).all()  # rows of update 0, before and after the turn
        assert recording.rows == 2
    verdict = rerun(run.path)
    assert verdict.matches, str(verdict)


def test_one_seed_is_compared_alone(steered: Path) -> None:
    verdict = rerun(steered, (2,))
    assert verdict.matches, str(verdict)
    assert (verdict.rows, verdict.seeds, verdict.checkpoints) == (9, (2,), 0)
    with pytest.raises(UserError, match="has no seed 7; allowed: 0, 2, 5"):
        rerun(steered, (7,))


def test_a_number_that_was_changed_is_found(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        metrics = file["entry/metrics"]
        names = [name.decode() for name in file["entry/metric"][...]]
        column = names.index("drift")
        value = float(metrics[6, 1, column])
        metrics[6, 1, column] = np.nextafter(value, 9)  # the last of its 52 bits
        metrics[7, 0, 0] = 9.0  # a later one is not the first
    difference = rerun(copy).difference
    assert difference is not None
    assert (difference.what, difference.name, difference.row, difference.step) == ("metric", "drift", 6, 6)
    assert (difference.seed, difference.replayed) == (2, value)
    assert difference.recorded == np.nextafter(value, 9)
    assert "row 6, step 6, seed 2, metric drift: " in str(difference)
    assert rerun(copy, (5,)).matches  # that seed was left as it was


def test_a_policy_that_was_changed_is_found(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        file["entry/policy"][4, 2, 0, 1, 3] *= 1.01
    difference = rerun(copy).difference
    assert difference is not None
    assert (difference.what, difference.step, difference.seed) == ("policy", 4, 5)
    assert difference.at is not None
    assert difference.at["action"] == "right"
    assert "probe" in difference.at
    assert "relative difference 9.9e-03" in str(difference) or "1.0e-02" in str(difference)


def test_a_return_distribution_that_was_changed_is_found(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        file["entry/returns"][8, 0, 0, 1] = 0.5
    difference = rerun(copy).difference
    assert difference is not None
    assert (difference.what, difference.step, difference.seed) == ("returns", 8, 0)
    assert difference.recorded == 0.5


def test_a_command_log_that_was_changed_is_found(copy: Path) -> None:
    change_events(copy, b'"after": 0.02', b'"after": 0.03')
    difference = rerun(copy).difference
    assert difference is not None
    assert difference.step == 4  # the turn was made after update 3


def test_a_command_that_is_refused_now_is_a_difference(copy: Path) -> None:
    change_events(copy, b'"after": 0.02', b'"after": 9999')
    difference = rerun(copy).difference
    assert difference is not None
    assert (difference.what, difference.step, difference.name) == ("command", 3, "learning_rate")
    assert "out of range" in str(difference)


def change_events(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes of the command log by as many others."""
    assert len(old) == len(new)
    with h5py.File(path, "r+") as file:
        data = file["entry/event_bytes"][...].tobytes()
        assert old in data
        file["entry/event_bytes"][...] = np.frombuffer(data.replace(old, new), np.uint8)


def test_a_row_that_the_run_does_not_give_is_a_difference(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        file["entry/step"][8] = 7
    difference = rerun(copy).difference
    assert difference is not None
    assert (difference.what, difference.row) == ("rows", 8)


def forked(folder: Path) -> tuple[Path, Path]:
    """A parent with a turned knob, and a fork at update 4 with another knob."""
    elder = recorded(
        folder / "elder.h5", specification(checkpoint_every=4), {2: [("learning_rate", 0.02, False)]}
    )
    parent = Parent(str(elder), 4, str(folder / "elder.step-00000004.safetensors"))
    wanted = specification(knobs={"learning_rate": 0.3}, updates=3, parent=parent)
    return elder, recorded(folder / "fork.h5", wanted, {5: [("entropy_bonus", 0.1, False)]})


def test_a_fork_replays_from_its_checkpoint_or_its_parent(tmp_path: Path) -> None:
    elder, fork = forked(tmp_path)

    def replayed(path: Path, *seeds: int) -> Verdict:
        verdict = rerun(path, seeds)
        assert verdict.matches, str(verdict)
        assert verdict.rows == 4
        return verdict

    checkpoint = tmp_path / "elder.step-00000004.safetensors"
    assert replayed(fork).begun_from == "checkpoint elder.step-00000004.safetensors"
    replayed(fork, 2, 5)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1] + b"?")  # no longer what it began from
    assert replayed(fork).begun_from == "checkpoint fork.step-00000004.safetensors"  # its own first one
    for file in tmp_path.glob("*.safetensors"):
        file.unlink()
    assert replayed(fork).begun_from == "its parent elder.h5, made again up to update 4"
    replayed(fork, 5)
    other = tmp_path / "elsewhere"
    other.mkdir()
    moved = Path(shutil.move(fork, other / "fork.h5"))
    assert "elder.h5" in replayed(moved).begun_from  # where it was when the fork began
    elder.rename(other / "elder.h5")
    assert "elder.h5" in replayed(moved).begun_from  # beside the fork
    (other / "elder.h5").unlink()
    with pytest.raises(UserError, match=r"a fork of elder\.h5 at update 4, and neither"):
        rerun(moved)


def test_a_hostile_file_is_not_opened(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(copy, "r+") as file:
        file["entry/x"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(UserError, match=r"copy\.h5: refused: entry/x: is a link into another file"):
        rerun(copy)
    assert main.main(["replay", str(copy)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "copy.h5: refused: entry/x: is a link into another file" in said.err


def test_a_hostile_parent_is_not_opened(tmp_path: Path) -> None:
    elder, fork = forked(tmp_path)
    for file in tmp_path.glob("*.safetensors"):
        file.unlink()  # only the parent is left to begin from
    with h5py.File(elder, "r+") as file:
        file["entry/x"] = h5py.SoftLink("/entry")
    with pytest.raises(UserError, match=r"elder\.h5: refused: entry/x: is a soft link"):
        rerun(fork)


def test_a_predictor_of_another_runs_data_replays(tmp_path: Path) -> None:
    source = Source(specification(updates=3), turns=((1, "learning_rate", 0.02),))
    wanted = specification("cloning", updates=2, data=source)
    assert rerun(recorded(tmp_path / "clone.h5", wanted, {})).matches


def test_the_command_line_says_so_and_sets_its_exit_status(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["replay", str(copy)]) == 0
    assert "all 9 rows match, bit for bit" in capsys.readouterr().out
    with h5py.File(copy, "r+") as file:
        file["entry/metrics"][5, 0, 0] = np.inf
    assert main.main(["replay", str(copy), "--json", "--seeds", "0,2"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["matches"]
    assert (said["rows"], said["difference"]["recorded"]) == (5, "inf")
    assert said["difference"]["step"] == 5
    assert main.main(["replay", str(copy), "--seeds", "one"]) == 2
    assert "allowed: seeds with commas between them" in capsys.readouterr().err


def test_a_session_is_replayed_run_by_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elder, fork = forked(tmp_path)
    file = tmp_path / "family.supertask"
    assert main.main(["export", str(elder), str(fork), "--to", "supertask", "--out", str(file)]) == 0
    capsys.readouterr()
    for path in (elder, fork, *tmp_path.glob("*.safetensors")):
        path.unlink()  # all of it is in the session
    assert main.main(["replay", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["matches"]
    assert [run["rows"] for run in said["runs"]] == [9, 4]
    assert said["runs"][0]["file"] == str(file / "runs" / "0" / "elder.h5")
    assert said["runs"][1]["begun_from"] == "checkpoint elder.step-00000004.safetensors"


def test_a_session_of_runs_that_went_on_is_cut_at_one_update_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = recorded(
        tmp_path / "slow.h5", specification(updates=7), {3: [("learning_rate", 0.02, False)]}, ends=5
    )
    fast = recorded(
        tmp_path / "fast.h5",
        specification("rvs", knobs={"data_episodes": 60}, checkpoint_every=2),
        {2: [("target", 0.0, False)], 5: [("target", 0.5, True), ("target", 0.0, True)]},
        ends=7,
    )
    for path in (slow, fast):
        path.rename(path.with_suffix(".h5.part"))  # as if their runs still wrote them
    file = tmp_path / "two.supertask"
    assert main.main(["export", str(slow), str(fast), "--to", "supertask", "--out", str(file)]) == 0
    assert "runs that go on as they were after update 5" in capsys.readouterr().err
    assert main.main(["replay", str(file), "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [run["recorded"] for run in runs] == [6, 8]  # the second rested at 5 and was measured twice more
    assert [run["checkpoints"] for run in runs] == [
        2,
        3,
    ]  # at the beginning and at the end; every other update
