"""Minari data sets in: what the export wrote and what Minari wrote, and what a mistake is answered with."""

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import gymnasium
import h5py
import minari
import numpy as np
import pytest
import torch
from minari.data_collector import EpisodeBuffer

from engine import experiments
from engine.errors import UserError
from engine.exports.job import carry_out
from engine.exports.kinds import Order
from engine.recording.recorder import record
from engine.replay import make_learner, replayed
from engine.rerun import rerun
from engine.run import Run
from engine.specification import DataSet, RunSpecification, Source, Value
from engine.tasks import data_set
from engine.tasks.dataset import Trajectories, base_data
from engine.tasks.make import make_environment
from engine.tasks.minari import read

CPU = torch.device("cpu")


def of(task: str, learner: str = "rvs", **others: object) -> RunSpecification:
    return RunSpecification(
        **{"name": learner, "task": task, "learner": learner, "seeds": (0, 3), "updates": 2, **others}
    )


def exported(task: str, folder: Path, learner: str = "rvs", **knobs: object) -> Path:
    """What a run of two seeds learned from, as a data set."""
    run = Run(of(task, learner, knobs=knobs or {"data_episodes": 40}), folder / f"{learner}.h5")
    run.update()
    run.close()
    record(run.journal_path)
    carry_out(Order("minari", (folder / f"{learner}.h5",), folder / f"{learner}-v0"))
    return folder / f"{learner}-v0"


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported("crossroads", tmp_path_factory.mktemp("minari"))


@pytest.fixture(scope="module")
def cartpole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten episodes of CartPole, written by Minari itself under a root of its own."""
    root = tmp_path_factory.mktemp("root")
    environment = gymnasium.make("CartPole-v1")
    environment.action_space.seed(1)
    buffers = []
    for seed in range(10):
        seen = [environment.reset(seed=seed)[0]]
        steps: list[tuple[int, float, bool, bool]] = []
        while not steps or not (steps[-1][2] or steps[-1][3]):
            action = int(environment.action_space.sample())
            observation, reward, terminated, truncated, _ = environment.step(action)
            seen.append(observation)
            steps.append((action, float(reward), terminated, truncated))
        actions, rewards, terminations, truncations = (list(column) for column in zip(*steps, strict=True))
        buffers.append(
            EpisodeBuffer(
                id=seed, observations=np.array(seen), actions=np.array(actions), rewards=rewards,
                terminations=terminations, truncations=truncations,
            )
        )  # fmt: skip
    environment.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINARI_DATASETS_PATH", str(root))
        minari.create_dataset_from_buffers(
            "cartpole/random-v0", buffers, env="CartPole-v1", eval_env="CartPole-v1",
            description="Random.", algorithm_name="random", author="nobody",
            author_email="nobody@example.org", code_permalink="https://example.org",
        )  # fmt: skip
    return root


def same_episodes(one: Trajectories, other: Trajectories) -> None:
    """Up to what lies after an episode's end, which means nothing."""
    assert torch.equal(one.mask, other.mask)
    for field in fields(Trajectories):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if mine.shape[:3] == one.mask.shape:
            mine, theirs = mine[one.mask], theirs[one.mask]
        assert torch.equal(mine, theirs), field.name


@pytest.mark.parametrize("task", ["crossroads", "CartPole-v1"])
def test_what_was_exported_comes_back_bit_for_bit(task: str, tmp_path: Path) -> None:
    environment = make_environment(task, "", CPU)
    found = read(data_set.found(str(exported(task, tmp_path)), tmp_path), environment, 2)
    made = base_data(environment, 40, (0, 3))
    # In the file the seeds take turns; here every seed has all episodes.
    for seed in (0, 1):
        own = Trajectories(**{f.name: getattr(found, f.name)[:1, seed::2] for f in fields(Trajectories)})
        wanted = Trajectories(
            **{f.name: getattr(made, f.name)[seed : seed + 1] for f in fields(Trajectories)}
        )
        longest = int(made.mask.sum(dim=2).max())
        cut = Trajectories(
            **{
                f.name: value[:, :, :longest] if value.dim() > 2 and value.shape[2] > longest else value
                for f in fields(Trajectories)
                for value in [getattr(wanted, f.name)]
            }
        )
        same_episodes(own, cut)


def test_an_rl_runs_own_episodes_are_data_for_a_predictor(tmp_path: Path) -> None:
    """The distributions that PPO drew from come along."""
    folder = exported("crossroads", tmp_path, "ppo", episodes=8)
    learner = make_learner(of("crossroads", data=data_set.found(str(folder), tmp_path)), CPU)
    data = learner.environment.data
    assert data is not None
    assert data.mask.shape[:2] == (2, 16)
    told = data.probabilities[data.mask]
    assert torch.allclose(told.sum(-1), torch.ones(len(told)), atol=1e-5)
    assert learner.update()["loss"].isfinite().all()


def test_every_episode_of_every_seed_is_exported_and_no_other(tmp_path: Path) -> None:
    """In as many steps seeds finish different numbers of episodes: they take turns while they have any."""
    knobs: dict[str, Value] = {"environments": 4, "steps": 80}
    data = minari.MinariDataset(exported("CartPole-v1", tmp_path, "ppo", **knobs) / "data")
    run = of("CartPole-v1", "ppo", updates=1, knobs=knobs)
    made = replayed(Source(run), run, CPU)
    few, many = sorted(made.counts.tolist())
    assert 0 < few < many
    assert (data.total_episodes, data.total_steps) == (few + many, int(made.mask.sum()))
    seeds = [0, 1] * few + [int(made.counts.argmax())] * (many - few)
    metadata = data.storage.get_episode_metadata(range(few + many))
    assert [one["run_seed"] for one in metadata] == [run.seeds[seed] for seed in seeds]
    for number, (seed, episode) in enumerate(zip(seeds, data.iterate_episodes(), strict=True)):
        own = seeds[:number].count(seed)
        np.testing.assert_array_equal(episode.actions, made.actions[seed, own][made.mask[seed, own]])


def test_minaris_own_are_read_as_minari_reads_them(cartpole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(cartpole))
    data = data_set.found("minari: cartpole/random-v0", Path("nowhere"))
    environment = make_environment("CartPole-v1", "", CPU)
    found = read(data, environment, 3)
    theirs = minari.load_dataset("cartpole/random-v0")
    for number, episode in enumerate(theirs.iterate_episodes()):
        length = len(episode.actions)
        assert found.mask[2, number].sum() == length
        seen = found.observations[2, number, :length].numpy()
        np.testing.assert_array_equal(seen, episode.observations[:-1].astype(np.float32))
        np.testing.assert_array_equal(found.actions[0, number, :length], episode.actions)
        np.testing.assert_array_equal(found.final[1, number], episode.observations[-1].astype(np.float32))
        assert float(found.returns[0, number]) == episode.rewards.sum()
        assert bool(found.truncated[0, number]) == bool(episode.truncations[-1])
    assert found.probabilities.isnan().all()  # Minari does not say
    for name in ("rvs", "published_transformer", "cloning"):
        learner = make_learner(of("CartPole-v1", name, data=data), CPU)
        assert all(bool(value.isfinite().all()) for value in learner.update().values())


def test_a_box_of_actions_comes_back(tmp_path: Path) -> None:
    task = "Pendulum-v1 | TimeLimit(max_episode_steps=5)"
    environment = make_environment(task, "", CPU)
    made = base_data(environment, 40, (0, 3))
    folder = exported(task, tmp_path)
    stored = minari.MinariDataset(folder / "data")[0].actions
    assert stored.shape == (5, 1)
    assert np.abs(stored).max() <= 2  # as the environment counts them
    found = read(data_set.found(str(folder), tmp_path), environment, 1)
    # Stretched and back in float32.
    assert found.actions[0, ::2].numpy() == pytest.approx(made.actions[0].numpy(), abs=1e-6)
    assert found.truncated.all()


def test_a_run_on_a_data_set_replays(crossroads: Path, tmp_path: Path) -> None:
    run = Run(of("crossroads", data=data_set.found(str(crossroads), tmp_path)), tmp_path / "a.h5")
    run.update()
    run.update()
    run.close()
    record(run.journal_path)
    assert RunSpecification.from_json(run.specification.to_json()) == run.specification
    assert rerun(tmp_path / "a.h5").difference is None


FILE = """
task = "crossroads"
[[runs]]
learner = "rvs"
data = "minari: {data}"
[[runs]]
learner = "reinforce"
"""


def test_experiments_and_the_command_line_name_it(crossroads: Path, tmp_path: Path) -> None:
    shutil.copytree(crossroads, tmp_path / "mine")
    path = tmp_path / "x.toml"
    path.write_text(FILE.format(data="mine"))
    experiment = experiments.load(str(path))
    expected = DataSet(str(tmp_path / "mine" / "data"), data_set.mark(crossroads / "data"))
    assert experiment.runs[0].data == expected
    path.write_text(FILE.format(data="none-v0"))
    with pytest.raises(UserError, match=r"x.toml line 5: data cannot be had: data set 'none-v0': no folder"):
        experiments.load(str(path))
    learners = {"rvs": {"from_data": True}, "reinforce": {"from_data": False}}
    for word, data in (("base", None), (f"minari:{tmp_path / 'mine'}", expected)):
        changed = experiments.learning_from(experiment, word, {"learners": learners})
        assert [run.data for run in changed.runs] == [data, None]
    with pytest.raises(UserError, match="allowed: base, a recording"):
        experiments.learning_from(experiment, "d4rl", {"learners": learners})
    only = replace(experiment, runs=experiment.runs[1:])
    with pytest.raises(UserError, match="no run learns from data; allowed learners: rvs"):
        experiments.learning_from(only, "base", {"learners": learners})


def _set(name: str, values: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file["episode_1"][name]
        file["episode_1"][name] = values

    return change


def _without(name: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]

    return change


def _elsewhere(file: h5py.File) -> None:
    del file["episode_1"]["rewards"]
    file["episode_1"]["rewards"] = h5py.ExternalLink("/other.hdf5", "rewards")


def _empty(file: h5py.File) -> None:
    for name in list(file):
        del file[name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_empty, "no episodes; allowed: one or more"),
        (_without("episode_1/actions"), "episode_1 has no array of numbers actions"),
        (_elsewhere, "episode_1 has no array of numbers rewards"),
        (_set("rewards", [1.0, 2.0]), "episode_1 has 2 rewards of 6 steps; allowed: 6"),
        (_set("rewards", [1.0, np.nan, 0, 0, 0, 0]), "episode_1 has rewards that are no finite numbers"),
        (_set("actions", [0, 1, 2, 3, 4, 0]), "actions from 0 to 4, counted from the first; allowed: 0 to 3"),
        (_set("actions", np.zeros((6, 1))), "actions that are no numbers; allowed: whole numbers"),
        (
            _set("actions", np.zeros(15, dtype=int)),
            "an episode of 15 steps; allowed: up to 14, as task cross",
        ),
        (_set("actions", np.zeros(0, dtype=int)), "an episode of no steps; allowed: from 1"),
        (_set("observations", np.full(7, 49)), "observations from 49 to 49; allowed: 0 to 48"),
        (_set("observations", np.zeros(7)), "observations that are no numbers of states"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    crossroads: Path, tmp_path: Path, change: Callable[[h5py.File], None], message: str
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(crossroads, folder)
    with h5py.File(folder / "data" / data_set.FILE, "a") as file:
        for name in COLUMNS_OF_SIX:
            length = 7 if name == "observations" else 6
            del file["episode_1"][name]
            file["episode_1"][name] = np.zeros(length, dtype=int)
        change(file)
    with pytest.raises(UserError, match=message) as raised:
        read(data_set.found(str(folder), tmp_path), make_environment("crossroads", "", CPU), 1)
    assert "\n" not in str(raised.value)


COLUMNS_OF_SIX = ("observations", "actions", "rewards", "terminations", "truncations")


def test_another_data_set_of_the_same_name_is_refused(crossroads: Path, tmp_path: Path) -> None:
    environment = make_environment("crossroads", "", CPU)
    shutil.copytree(crossroads, tmp_path / "mine")
    data = data_set.found("mine", tmp_path)
    described = json.loads((tmp_path / "mine" / "data" / data_set.METADATA).read_text())
    for change, message in (
        ({"description": "another"}, "it has changed"),
        ({"data_format": "arrow"}, "kept as arrow; allowed: hdf5"),
    ):
        text = json.dumps({**described, **change})
        (tmp_path / "mine" / "data" / data_set.METADATA).write_text(text)
        with pytest.raises(UserError, match=message):
            read(data, environment, 1)
    (tmp_path / "mine" / "data" / data_set.METADATA).write_text("[")
    with pytest.raises(UserError, match=r"metadata\.json is not JSON"):
        data_set.found("mine", tmp_path)
    shutil.rmtree(tmp_path / "mine")
    with pytest.raises(UserError, match="no such folder; put it back"):
        read(data, environment, 1)


def test_of_another_task_it_is_refused(crossroads: Path, cartpole: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="observations of 1 numbers; allowed: 4, as task CartPole-v1 has"):
        read(data_set.found(str(crossroads), tmp_path), make_environment("CartPole-v1", "", CPU), 1)
    poles = data_set.found(str(cartpole / "cartpole" / "random-v0"), tmp_path)
    with pytest.raises(UserError, match=r"an episode of \d+ steps; allowed: up to 14"):
        read(poles, make_environment("crossroads", "", CPU), 1)
    with pytest.raises(UserError, match="observations of 4 numbers; allowed: 2"):
        read(poles, make_environment("MountainCar-v0", "", CPU), 1)
