"""What a run learned from, as a data set: read by Minari itself, and trained on."""

import gc
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import minari
import numpy as np
import pytest
import torch
from export_samples import Recorded, recorded_run  # noqa: F401 (a fixture)

from engine.errors import UserError
from engine.exports.job import carry_out
from engine.exports.kinds import Order
from engine.recording import recorder
from engine.recording.files import Files
from engine.replay import make_learner
from engine.run import Run
from engine.specification import Parent, RunSpecification
from engine.tasks import registry
from engine.tasks.dataset import base_data
from engine.tasks.make import make_environment

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(recorded_run: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data sets as Minari keeps them: the predictor's and the learner's own."""
    root = tmp_path_factory.mktemp("minari")
    (root / "supertask").mkdir()
    for learner in ("rvs", "reinforce"):
        carry_out(Order("minari", (recorded_run(learner),), root / "supertask" / f"{learner}-v0"))
    return root


def test_minari_loads_it_and_makes_the_environment_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))
    data = minari.load_dataset("supertask/rvs-v0")
    assert (data.total_episodes, data.spec.dataset_name, data.spec.version) == (2 * 150, "rvs", 0)
    environment = data.recover_environment()
    assert environment.spec.id == "supertask/Crossroads-v0"
    assert environment.observation_space == data.observation_space
    assert environment.action_space == data.action_space
    observation, _ = environment.reset(seed=0)
    assert observation == data[0].observations[0]  # the task has one start
    assert environment.unwrapped.task.horizon == 14
    environment.close()


def test_the_episodes_are_those_of_the_base(folder: Path) -> None:
    data = minari.MinariDataset(folder / "supertask" / "rvs-v0" / "data")
    made = base_data(make_environment("crossroads", "", CPU), 150, (0, 3))
    lengths = made.mask.sum(dim=2)
    assert data.total_steps == int(lengths.sum())
    for number in (0, 1, 7, 299):
        seed, episode = number % 2, number // 2
        length = int(lengths[seed, episode])
        read = data[number]
        assert len(read.actions) == length
        np.testing.assert_array_equal(read.actions, made.actions[seed, episode, :length])
        np.testing.assert_array_equal(read.observations[:-1], made.observations[seed, episode, :length])
        assert read.observations[-1] == made.final[seed, episode]
        np.testing.assert_array_equal(read.rewards, made.rewards[seed, episode, :length])
        np.testing.assert_array_equal(read.infos["policy"][:-1], made.probabilities[seed, episode, :length])
        assert np.isnan(read.infos["policy"][-1]).all()
        assert read.terminations[-1] != read.truncations[-1]
        assert not (read.terminations[:-1] | read.truncations[:-1]).any()
        assert read.terminations[-1] == (read.rewards.sum() > 0)  # only the exits end it, and they pay
    (metadata,) = data.storage.get_episode_metadata([1])
    assert metadata["run_seed"] == 3


def test_episodes_follow_the_dynamics_of_the_task(folder: Path) -> None:
    task = registry.load("crossroads")
    for episode in minari.MinariDataset(folder / "supertask" / "reinforce-v0" / "data").iterate_episodes():
        for state, action, reward, after in zip(
            episode.observations[:-1], episode.actions, episode.rewards, episode.observations[1:], strict=True
        ):
            branch = (task.next_state[state, action] == after) & (task.probability[state, action] > 0)
            assert reward == task.reward[state, action][branch].max()


def test_cloning_the_loaded_data_recovers_the_base(folder: Path) -> None:
    """Cross-entropy on what Minari gives, from nothing: the softmax it ends in is the base, which the
    recorded distributions say too."""
    data = minari.MinariDataset(folder / "supertask" / "rvs-v0" / "data")
    episodes = list(data.iterate_episodes())
    actions = torch.cat([torch.from_numpy(episode.actions) for episode in episodes])
    logits = torch.zeros(4, requires_grad=True)
    optimiser = torch.optim.SGD([logits], lr=3.0)
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits.expand(len(actions), 4), actions).backward()
        optimiser.step()
    learned = torch.softmax(logits, 0).detach().numpy()
    counted = np.bincount(actions, minlength=4) / len(actions)
    np.testing.assert_allclose(learned, counted, atol=1e-4)
    recorded = np.concatenate([episode.infos["policy"][:-1] for episode in episodes])
    error = np.sqrt(counted * (1 - counted) / len(actions))
    assert (np.abs(learned - recorded.mean(axis=0)) < 4 * error).all()


def test_a_learners_own_episodes_drift_as_it_learns(folder: Path) -> None:
    """Eight an update and seed, in order: the first update acts as the base does, the last does not."""
    data = minari.MinariDataset(folder / "supertask" / "reinforce-v0" / "data")
    assert data.total_episodes == 12 * 8 * 2
    first, last = data[0].infos["policy"][:-1], data[len(data) - 1].infos["policy"][:-1]
    np.testing.assert_allclose(first, 0.25, atol=0.02)
    assert np.abs(last - 0.25).max() > 0.05


def test_fewer_episodes_are_spread_over_the_run(recorded_run: Recorded, folder: Path, tmp_path: Path) -> None:
    carry_out(Order("minari", (recorded_run("reinforce"),), tmp_path / "few", episodes=20))
    few = minari.MinariDataset(tmp_path / "few" / "data")
    every = minari.MinariDataset(folder / "supertask" / "reinforce-v0" / "data")
    assert few.total_episodes == 20
    for number in range(20):
        seed, place = number % 2, number // 2
        whole = every[2 * (place * 96 // 10) + seed]
        np.testing.assert_array_equal(few[number].actions, whole.actions)


def test_what_was_turned_is_turned_again(recorded_run: Recorded, tmp_path: Path) -> None:
    """The episodes after the turn are not those of a run in which nothing was turned."""
    from engine.replay import replayed
    from engine.specification import Source

    run = RunSpecification("reinforce", "crossroads", "reinforce", {"episodes": 8}, (0, 3), 12)
    carry_out(Order("minari", (recorded_run("reinforce"),), tmp_path / "own"))
    unturned = replayed(Source(run), run, CPU).probabilities
    data = minari.MinariDataset(tmp_path / "own" / "data")

    def same(update: int) -> bool:
        read = data[2 * 8 * update].infos["policy"][:-1]
        return bool(np.array_equal(read, unturned[0, 8 * update, : len(read)]))

    assert [same(update) for update in (0, 5, 6, 11)] == [True, True, False, False]


@pytest.mark.parametrize("learner", ["reinforce", "rvs"])
def test_what_the_policy_does_is_acted_from_the_newest_checkpoint(
    learner: str, recorded_run: Recorded, tmp_path: Path
) -> None:
    """As the learner itself acts from there; a predictor asked for both levels."""
    recording = recorded_run(learner)
    carry_out(Order("minari", (recording,), tmp_path / "acts", episodes=40, acted=True))
    data = minari.MinariDataset(tmp_path / "acts" / "data")
    assert data.total_episodes == 40
    (state,) = recording.parent.glob(f"{learner}.step-00000012.safetensors")
    run = RunSpecification(
        learner, "crossroads", learner, {"episodes": 8} if learner != "rvs" else {}, (0, 3), 12
    )
    acting = make_learner(replace(run, parent=Parent("", 12, str(state))), CPU)
    first = data[0]  # seed 0, asked for 0 where it can be asked
    with torch.no_grad():
        act = acting.actor(0.0)
        for time, seen in enumerate(first.observations[:-1]):
            told = act(torch.full((2, 1), int(seen)), torch.zeros(2, 1).long(), torch.zeros(2, 1), time)
            np.testing.assert_allclose(first.infos["policy"][time], told[0, 0], atol=1e-6)
    assert "after update 12, acted by Supertask" in data.storage.metadata["description"]


def test_without_a_checkpoint_nothing_acts(recorded_run: Recorded, tmp_path: Path) -> None:
    shutil.copy(recorded_run("rvs"), tmp_path / "alone.h5")
    with pytest.raises(UserError, match="none of its checkpoints is there; allowed: a recording with"):
        carry_out(Order("minari", (tmp_path / "alone.h5",), tmp_path / "acts", acted=True))
    with pytest.raises(UserError, match="export to csv acts no episodes; allowed of: minari"):
        Order("csv", (tmp_path / "alone.h5",), tmp_path / "a.csv", acted=True).checked()


def test_mistakes_and_stops_leave_nothing(recorded_run: Recorded, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="learns from no episodes"):
        carry_out(Order("minari", (recorded_run("kl_oracle"),), tmp_path / "a"))
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match="is there already"):
        carry_out(Order("minari", (recorded_run("rvs"),), tmp_path / "there"))

    def stop(done: int, of: int) -> None:
        if of == 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(Order("minari", (recorded_run("rvs"),), tmp_path / "b"), stop)
    gc.collect()
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize(
    ("world", "space"),
    [
        ("Steer", "Box"),
        ("Several", "MultiDiscrete"),
    ],
)
def test_boxes_and_several_numbers_are_written_as_the_environment_was_told(
    world: str, space: str, tmp_path: Path
) -> None:
    """The first action of Steer is paid as it is; Several pays the sum of its numbers."""
    task = f"{Path(__file__).parents[1] / 'tasks' / 'worlds.py'}:{world}"
    run = Run(
        RunSpecification("mine", task, "ppo", {"episodes": 4, "collect": "episodes"}, (0, 1), 1),
        tmp_path / "mine.h5",
    )
    run.update()
    run.close()
    assert recorder.main(Files.of(tmp_path / "mine.h5").journal) == 0
    carry_out(Order("minari", (tmp_path / "mine.h5",), tmp_path / "mine-v0"))
    data = minari.MinariDataset(tmp_path / "mine-v0" / "data")
    assert data.total_episodes == 8
    assert type(data.action_space).__name__ == space
    for episode in data.iterate_episodes():
        assert all(data.action_space.contains(action) for action in episode.actions)
        paid = episode.actions[:, 0] if world == "Steer" else episode.actions.sum(axis=1)
        assert episode.rewards == pytest.approx(paid.astype(float), abs=1e-6)
