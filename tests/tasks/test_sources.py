"""Data from what another run saw: the very same episodes, and what a mistake is answered with."""

import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import experiments
from engine.errors import UserError
from engine.learners.knobs import make
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.recording.recorder import record
from engine.replay import make_learner, replayed
from engine.run import Run
from engine.specification import RunSpecification, Source, Value
from engine.tasks.dataset import Trajectories, base_data
from engine.tasks.make import make_environment
from engine.tasks.segments import Gathered, episodes_of
from engine.tasks.sources import TIMED, of_seeds, picked, training_data
from engine.tasks.streams import Streams

CPU = torch.device("cpu")
SEEDS = (0, 3)


def of(learner: str, **others: Any) -> RunSpecification:
    return RunSpecification(
        **{"name": learner, "task": "crossroads", "seeds": SEEDS, "updates": 4, "learner": learner, **others}
    )


def same(one: Trajectories, other: Trajectories) -> bool:
    return all(torch.equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Trajectories))


@pytest.mark.parametrize(
    ("learner", "task", "knobs"),
    [
        ("reinforce", "crossroads", {"episodes": 8}),
        ("ppo", "CartPole-v1", {"episodes": 8, "collect": "episodes"}),
        ("ppo", "CartPole-v1", {"environments": 4, "steps": 50}),
    ],
)
def test_episodes_made_again_are_those_the_run_saw(
    tmp_path: Path, learner: str, task: str, knobs: dict[str, Value]
) -> None:
    run = Run(of(learner, task=task, knobs=knobs), tmp_path / "a.h5")  # measured as it goes
    assert isinstance(run.learner, TrainedLearner)
    seen: Gathered = []
    run.learner.gathered = seen
    for step in range(4):
        if step == 2:
            run.set_knob("learning_rate", 0.01, measure=False, arrived=time.monotonic())
        run.update()
    run.close()
    assert "steps" in knobs or episodes_of(seen).mask.shape[1] == 32
    source = Source(run.specification, ((2, "learning_rate", 0.01),))
    again = replayed(source, of("rvs", task=task), CPU)
    assert same(again, episodes_of(seen))
    # Without the turn the later episodes differ, so that sameness means something.
    assert not same(replayed(Source(run.specification), of("rvs", task=task), CPU), again)


def test_a_predictor_has_its_own_seeds_episodes_and_learns_from_them() -> None:
    source = Source(of("reinforce"))
    every = replayed(source, of("rvs"), CPU)
    one = replayed(source, of("rvs", seeds=(3,)), CPU)
    assert same(one, of_seeds(every, [1]))
    for name in ("rvs", "cloning", "decision_transformer", "tabular_predictor"):
        learner = make_learner(of(name, data=source), CPU)
        assert learner.environment.data is not None
        assert same(learner.environment.data, every)
        assert all(bool(value.isfinite().all()) for value in learner.update().values())


SEGMENTS = of("ppo", task="CartPole-v1", seeds=(0, 3, 8), updates=3, knobs={"environments": 4, "steps": 50})
FROM_SEGMENTS = {
    "rvs": {},
    "cloning": {},
    "filtered_cloning": {"best_share": 25.0},
    "best_of_n": {"candidates": 3},
    "reward_weighted": {"temperature": 10.0},
    "advantage_weighted": {"temperature": 10.0},
    "decision_transformer": {},
    "published_transformer": {"layers": 2, "width": 16},
}


@pytest.mark.parametrize("learner", FROM_SEGMENTS)
@pytest.mark.parametrize("episodes", [12, 1000])  # of more, and all
def test_a_seed_learns_from_segments_alone_what_it_does_in_company(learner: str, episodes: int) -> None:
    """Of a PPO run whose seeds finished 25 to 29 episodes each: bit for bit."""
    wanted = of(learner, task="CartPole-v1", knobs={**FROM_SEGMENTS[learner], "data_episodes": episodes})

    def learns(seeds: tuple[int, ...]) -> TrainedLearner:
        learner = make_learner(replace(wanted, seeds=seeds, data=Source(replace(SEGMENTS, seeds=seeds))), CPU)
        assert isinstance(learner, TrainedLearner)
        return learner

    company = learns(SEGMENTS.seeds)
    assert company.environment.data is not None
    counts = company.environment.data.counts
    assert len(counts.unique()) == 3
    assert counts.min() > 12
    theirs = [company.update() for _ in range(3)]
    for row, seed in enumerate(SEGMENTS.seeds):
        alone = learns((seed,))
        assert alone.environment.data is not None
        assert alone.environment.data.counts.tolist() == [counts[row]]
        for told in theirs:
            mine = alone.update()
            assert all(torch.equal(mine[name][0], told[name][row]) for name in told)
        own, every = alone.state(), company.state()
        assert all(torch.equal(one[0], every[name][row]) for name, one in own.items() if one.dim())


def uneven() -> Trajectories:
    """Of seed 0 nine episodes of a small tabular task, of seed 3 only four; none as long as the horizon."""
    data = base_data(make_environment("crossroads", "", CPU), 9, SEEDS)
    missing = torch.tensor([9, 4])[:, None] <= torch.arange(9)
    timed = {name: getattr(data, name)[:, :, :9] for name in TIMED}
    timed["mask"] = timed["mask"] & ~missing[..., None]
    return replace(data, **timed | {"rewards": torch.where(timed["mask"], timed["rewards"], 0.0)})


@pytest.mark.parametrize("learner", ["tabular_predictor", "rvs", "cloning", "advantage_weighted"])
def test_a_seed_with_few_episodes_of_a_tabular_task_learns_from_those(learner: str) -> None:
    data = uneven()

    def learns(rows: list[int], episodes: Trajectories) -> TrainedLearner:
        knobs = {"episodes": 3} if learner == "tabular_predictor" else {}
        environment = make_environment("crossroads", "", CPU)
        environment.data = episodes
        seeds = tuple(SEEDS[row] for row in rows)
        kind = LEARNERS[learner]
        made = kind(environment, make(kind.Knobs, knobs), Streams(seeds, "train", CPU), CPU)
        assert isinstance(made, TrainedLearner)
        return made

    company = learns([0, 1], data)
    alone = learns([1], picked(of_seeds(data, [1]), slice(0, 4)))
    for update in range(1, 5):
        theirs, mine = company.update(), alone.update()
        assert all(torch.equal(mine[name][0], theirs[name][1]) for name in mine)
        if learner == "tabular_predictor":
            assert theirs["episodes_seen"].tolist() == [min(9, 3 * update), min(4, 3 * update)]
    targets = torch.tensor(company.environment.levels)
    assert torch.equal(alone.policy_table(targets)[0], company.policy_table(targets)[1])


def test_a_seed_without_an_episode_is_named() -> None:
    short = Source(replace(SEGMENTS, updates=1, knobs={"environments": 2, "steps": 12}))
    with pytest.raises(UserError, match=r"where seeds \[3, 8\] finished no episode; allowed: a run of more"):
        replayed(short, SEGMENTS, CPU)
    assert replayed(short, replace(SEGMENTS, seeds=(0,)), CPU).counts.tolist() == [1]


def test_of_too_many_episodes_it_takes_some_from_the_whole_course() -> None:
    environment = make_learner(of("rvs", data=Source(of("reinforce"))), CPU).environment
    assert environment.data is not None
    few = training_data(environment, 5, SEEDS)  # of 4 · 32: every 25.6th
    assert same(few, picked(environment.data, torch.tensor([0, 25, 51, 76, 102])))
    assert training_data(environment, 128, SEEDS) is environment.data


def test_the_table_counts_the_episodes_once_and_in_order() -> None:
    learner = make_learner(of("tabular_predictor", data=Source(of("reinforce")), knobs={"episodes": 50}), CPU)
    seen = [learner.update()["episodes_seen"].tolist() for _ in range(4)]
    assert seen == [[50, 50], [100, 100], [128, 128], [128, 128]]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (of("reinforce", task="levels"), "which is of task levels; allowed: a run of task crossroads"),
        (of("reinforce", seeds=(0,)), r"lacks seeds \[3\]; allowed: seeds among 0"),
        (of("cloning"), "learner cloning gathers no episodes of its own"),
        (of("kl_oracle"), "learner kl_oracle gathers no episodes of its own"),
    ],
)
def test_what_cannot_be_a_source_is_refused(source: RunSpecification, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_learner(of("rvs", data=Source(source)), CPU)


def test_who_learns_from_no_data_is_given_none() -> None:
    with pytest.raises(UserError, match="learner ppo learns from no data; allowed: rvs, "):
        make_learner(of("ppo", data=Source(of("reinforce"))), CPU)


FILE = """
task = "crossroads"
seeds = 2
updates = 3
[[runs]]
name = "RL"
learner = "reinforce"
[[runs]]
learner = "rvs"
data = "{data}"
"""


def test_an_experiment_names_another_of_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(FILE.format(data="run: RL"))
    rl, rvs = experiments.load(str(path)).runs
    assert rvs.data == Source(rl)
    path.write_text(FILE.format(data="run: PPO"))
    with pytest.raises(UserError, match=r'x.toml line 10: data is .*allowed: "base", a recording'):
        experiments.load(str(path))


CIRCLE = """
task = "Pendulum-v1"
seeds = 2
updates = 3
[[runs]]
name = "A"
learner = "reinforce"
base = "run: {base}"
[[runs]]
name = "B"
learner = "ppo"
base = "run: C"
[[runs]]
name = "C"
learner = "cloning"
{more}
"""


@pytest.mark.parametrize(("base", "more"), [("A", ""), ("B", 'data = "run: A"'), ("C", 'base = "run: C"')])
def test_no_run_is_made_from_itself(tmp_path: Path, base: str, more: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(CIRCLE.format(base=base, more=more))
    with pytest.raises(
        UserError, match=r"is .run: .*; allowed: a run that neither is this one nor learns from"
    ):
        experiments.load(str(path))
    path.write_text(CIRCLE.format(base="B", more=""))
    a, b, c = experiments.load(str(path)).runs
    assert (a.base.run.name, b.base.run.name, c.base) == ("B", "C", None)


def test_a_recording_is_a_source_with_what_was_turned(tmp_path: Path) -> None:
    run = Run(of("reinforce", updates=9), tmp_path / "a.h5")
    run.update()
    run.set_knob("learning_rate", 0.02, measure=False, arrived=time.monotonic())
    run.update()
    run.close()
    record(run.journal_path)
    path = tmp_path / "x.toml"
    path.write_text(FILE.format(data="a.h5"))
    source = experiments.load(str(path)).runs[1].data
    made = replace(run.specification, updates=2)
    assert source == Source(made, ((1, "learning_rate", 0.02),), str(tmp_path / "a.h5"))
