"""Tasks given as tables: read whole, kept as text, and every mistake answered with array and entry."""

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from engine import experiments
from engine.errors import UserError
from engine.specification import RunSpecification
from engine.tasks import registry, size, table_file, task_file


def tables() -> dict[str, np.ndarray]:
    """From 0: action 0 goes to 1 (¾, pays .5) or ends in 3; action 1 stays. From 1: ends in 2, pays 1."""
    p = np.zeros((4, 2, 4))
    p[0, 0, [1, 3]] = 0.75, 0.25
    p[0, 1, 0] = p[1, :, 2] = 1.0
    r = np.zeros((4, 2, 4))
    r[0, 0, 1], r[1, :, 2] = 0.5, 1.0
    return {
        "P": p,
        "R": r,
        "start": np.array([0.5, 0.5, 0, 0]),
        "terminal": np.array([False, False, True, True]),
        "base": np.array([[0.2, 0.8], [0.5, 0.5], [0, 0], [0, 0]]),
        "horizon": np.array(3),
    }


def written(folder: Path, **changes: object) -> Path:
    """A file of the tables above, some changed, or left out where the change is None."""
    arrays = {name: array for name, array in {**tables(), **changes}.items() if array is not None}
    path = folder / "mine.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def loaded(path: Path):
    name, text = task_file.read(path)
    return registry.load(name, text)


def test_tables_are_read_as_they_say(tmp_path: Path) -> None:
    task = loaded(written(tmp_path))
    assert (task.name, task.horizon, task.reward_unit, task.states, task.actions) == ("mine", 3, 0.5, 4, 2)
    back = np.zeros((4, 2, 4))
    paid = np.zeros((4, 2, 4))
    for s, a, k in np.argwhere(task.probability > 0):
        back[s, a, task.next_state[s, a, k]] = task.probability[s, a, k]
        paid[s, a, task.next_state[s, a, k]] = task.reward[s, a, k]
    expected = tables()
    assert np.array_equal(back[:2], expected["P"][:2])
    assert np.array_equal(paid, expected["R"])
    assert np.array_equal(task.base[:2], expected["base"][:2])
    assert np.array_equal(task.start, expected["start"])
    assert task.outcome.tolist() == [-1, -1, 0, 1]
    assert task.outcome_names == ("state 2", "state 3")


def test_names_outcomes_a_unit_and_rewards_that_do_not_depend_on_where_one_comes(tmp_path: Path) -> None:
    task = loaded(
        written(
            tmp_path,
            R=np.array([[2.0, 0], [4, 4], [np.nan, 0], [0, 0]], dtype=np.float32),
            reward_unit=np.array(0.25),
            outcome=np.array([-1, -1, 0, 0]),
            state_names=np.array(["here", "there", "end", "ende"]),
            action_names=np.array(["go", "stay"]),
            outcome_names=np.array(["over"]),
            terminal=np.array([0, 0, 1, 1]),
        )
    )
    assert task.reward[0, 0].tolist() == [2.0, 2.0]
    assert (task.reward_unit, task.outcome_names, task.action_names) == (0.25, ("over",), ("go", "stay"))
    assert task.state_names == ("here", "there", "end", "ende")
    assert task.outcome.tolist() == [-1, -1, 0, 0]


def test_float32_tables_are_made_exact(tmp_path: Path) -> None:
    thirds = np.zeros((2, 3, 2), dtype=np.float32)
    thirds[0, :, 1], thirds[0, :, 0] = 0.1, 0.9
    task = loaded(
        written(
            tmp_path,
            P=thirds,
            R=np.ones((2, 3)),
            start=np.array([1.0, 0]),
            terminal=np.array([0, 1]),
            base=np.full((2, 3), 1 / 3, dtype=np.float32),
        )
    )
    assert task.base.sum(axis=1) == pytest.approx(1, abs=1e-15)
    assert task.probability.sum(axis=2) == pytest.approx(1, abs=1e-15)


def changed(name: str, entry: tuple[int, ...], value: float) -> np.ndarray:
    array = tables()[name].astype(np.float64)
    array[entry] = value
    return array


WRONG = [
    ({"P": changed("P", (0, 0, 1), 0.65)}, r"P\[0,0\] sums to 0\.9; expected 1"),
    ({"P": changed("P", (1, 1, 0), -1)}, r"P\[1,1,0\] is -1; expected a probability"),
    ({"P": changed("P", (1, 1, 0), np.nan)}, r"P\[1,1,0\] is nan; expected a probability"),
    ({"P": np.zeros((4, 2, 3))}, r"P has shape \(4, 2, 3\); expected \(states, actions, states\)"),
    ({"R": np.zeros((4, 3))}, r"R has shape \(4, 3\); expected \(4, 2, 4\) or \(4, 2\)"),
    ({"R": changed("R", (0, 0, 3), np.inf)}, r"R\[0,0,3\] is inf; expected a finite number"),
    ({"R": changed("R", (0, 0, 3), 0.3), "reward_unit": np.array(0.5)},
     r"R\[0,0,3\] is 0\.3; expected a whole multiple of reward_unit 0\.5; round R"),
    ({"R": changed("R", (0, 0, 3), 0.12345678)}, "the payment 0.12345678 is too fine"),
    ({"reward_unit": np.array(0.0)}, "reward_unit is 0; allowed: a number above 0"),
    ({"start": np.array([0.5, 0.4, 0, 0])}, r"start sums to 0\.9; expected 1"),
    ({"start": np.array([1.5, -0.5, 0, 0])}, r"start\[1\] is -0\.5; expected a probability"),
    ({"start": np.array([0.5, 0, 0.5, 0])}, r"start\[2\] is on a terminal state; expected 0 there"),
    ({"terminal": np.array([0, 2, 1, 1])}, r"terminal\[1\] is 2; expected true or false"),
    ({"base": changed("base", (1, 0), 0.6)}, r"base\[1\] sums to 1\.1; expected 1"),
    ({"base": changed("base", (1, 0), -0.5)}, r"base\[1,0\] is -0\.5; expected a probability"),
    ({"horizon": np.array(2.5)}, r"horizon is 2\.5; allowed: whole numbers from 1 to 10000"),
    ({"horizon": np.array([3])}, r"horizon has shape \(1,\); expected \(\)"),
    ({"horizon": None}, "array horizon is missing; needed: P, R, start, terminal, base, horizon"),
    ({"extra": np.array(1)}, "array 'extra' is unknown; allowed: P, R, start"),
    ({"outcome": np.array([-1, -1, 0, 7])}, r"outcome\[3\] is 7; expected whole numbers from -1"),
    ({"outcome_names": np.array(["one"])}, "outcome_names has 1 names; expected 2"),
    ({"state_names": np.array(["a", "b"])}, r"state_names has shape \(2,\); expected \(4,\)"),
    ({"start": np.array(["a", "b", "c", "d"])}, "start holds <U1; allowed: numbers"),
    ({"base": tables()["base"].astype(complex)}, "base holds complex128; allowed: numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_every_mistake_names_array_and_entry(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        loaded(written(tmp_path, **changes))
    assert str(caught.value).startswith("mine.npz: ")
    assert "\n" not in str(caught.value)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = written(tmp_path, base=np.array([[object()] * 2] * 4))
    with pytest.raises(UserError, match="base holds object; allowed: numbers"):
        task_file.read(path)


def header(shape: tuple[int, ...]) -> bytes:
    """An array that declares a shape and holds nothing."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return out.getvalue()


def test_a_bomb_is_refused_by_what_it_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    with zipfile.ZipFile(path) as good:
        members = {name: good.read(name) for name in good.namelist()}
    members["P.npy"] = header((30_000, 2, 30_000))
    with zipfile.ZipFile(path, "w") as bad:
        for name, content in members.items():
            bad.writestr(name, content)
    monkeypatch.setattr(np.lib.format, "read_array", None)  # nothing is read
    with pytest.raises(UserError, match=rf"mine\.npz: 1,8.* entries .*{size.VARIABLE}"):
        task_file.read(path)


def test_what_is_no_such_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    with pytest.raises(UserError, match=r"mine\.npz: cannot be read"):
        task_file.read(path)
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(UserError, match="not a NumPy file of arrays"):
        task_file.read(path)
    whole = written(tmp_path).read_bytes()
    for cut in range(0, len(whole), 97):  # damaged anywhere, it is refused, or still whole
        path.write_bytes(whole[:cut] + bytes([whole[cut] ^ 0x55]) + whole[cut + 1 :])
        with suppress(UserError):
            loaded(path)


def test_a_declared_shape_beyond_what_the_file_holds(tmp_path: Path) -> None:
    path = written(tmp_path)
    with zipfile.ZipFile(path) as good:
        members = {name: good.read(name) for name in good.namelist()}
    members["P.npy"] = header((4, 2, 4))
    with zipfile.ZipFile(path, "w") as bad:
        for name, content in members.items():
            bad.writestr(name, content)
    with pytest.raises(UserError, match="not a NumPy file of arrays"):
        task_file.read(path)


def test_the_text_is_all_that_a_run_needs(tmp_path: Path) -> None:
    """Through the specification's JSON and back, without the file: bit for bit the same task."""
    path = written(tmp_path)
    experiment = experiments.load(str(path))
    assert {run.knobs["target"] for run in experiment.runs if "target" in run.knobs} == {1.5}
    before = loaded(path)
    path.unlink()
    for run in experiment.runs:
        again = RunSpecification.from_json(run.to_json())
        after = registry.load(again.task, again.task_text)
        for what in ("next_state", "probability", "reward", "terminal", "start", "base", "outcome"):
            assert np.array_equal(getattr(before, what), getattr(after, what)), what


def test_an_experiment_may_name_tables_beside_it(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "experiment.toml"
    file.write_text('task = "mine.npz"\n[[runs]]\nlearner = "rvs"\n', encoding="utf-8")
    run = experiments.load(str(file)).runs[0]
    assert (run.task, registry.load(run.task, run.task_text).horizon) == ("mine", 3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("base"),
        lambda d: d.update(horizon=0),
        lambda d: d.update(horizon="long"),
        lambda d: d["transitions"]["next"].__setitem__(0, 99),
        lambda d: d["transitions"]["state"].__setitem__(0, -1),
        lambda d: d["transitions"]["probability"].__setitem__(0, float("nan")),
        lambda d: d["transitions"]["probability"].pop(),
        lambda d: d.update(outcome=[-1, -1, 0, 5]),
        lambda d: d.update(state_names=["one"]),
        lambda d: d.update(start=[1.0]),
        lambda d: d.update(start=[0.0, 0.0, 1.0, 0.0]),
        lambda d: d.update(start=[float("nan"), 0.0, 0.0, 0.0]),
        lambda d: d.update(base=3),
        lambda d: d.update(reward_unit=float("inf")),
    ],
)
def test_a_damaged_text_is_refused_in_one_line(tmp_path: Path, damage) -> None:
    data = json.loads(table_file.read(written(tmp_path)))
    damage(data)
    with pytest.raises(UserError, match="task mine: ") as caught:
        task_file.parse(json.dumps(data), "mine")
    assert "\n" not in str(caught.value)
